"""Terms: every number of the agreement, dated and anchored. One file mirrors each clause."""

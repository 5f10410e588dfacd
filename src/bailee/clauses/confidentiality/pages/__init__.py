"""Pages of the register of staff: as the processor keeps it, as its members read and sign, as controllers see it."""

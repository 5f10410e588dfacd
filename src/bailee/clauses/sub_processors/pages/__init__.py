"""Pages of sub-processors: the processor keeps the list and judges, each controller reads it and decides."""

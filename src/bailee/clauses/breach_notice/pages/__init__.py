"""Pages of breaches: the processor's, and what a controller sees of its own."""

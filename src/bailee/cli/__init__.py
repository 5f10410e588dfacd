"""The command line: every command acts in-process on a data directory, as a named operator."""

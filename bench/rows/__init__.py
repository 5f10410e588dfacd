"""The rows of the performance table, one module for those that share their peers."""

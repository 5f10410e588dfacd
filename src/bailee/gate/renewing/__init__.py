"""Renewing: records go over to what was decided since they were written, in the background."""

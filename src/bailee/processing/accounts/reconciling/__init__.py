"""Reconciliation: duplicates found, explained, merged field by field, and parted again within a term.

Clause autonomy.self-service: combining data is the controller's own act (operation `combine`), never the
processor's. Nothing is looked for beyond one controller.
"""

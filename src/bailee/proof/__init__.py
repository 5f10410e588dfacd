"""Proof: hashes, signatures and receipts with which anyone checks us without us. It also ships alone."""

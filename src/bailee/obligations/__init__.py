"""Obligations: what was promised and has fallen due, by when, and what proves that it was kept.

The legal calendar (pure) says when; an event opens an obligation, evidence discharges it, and what is late is
written down as an infringement. Owed by either party to the other; every clause opens its own here.
"""

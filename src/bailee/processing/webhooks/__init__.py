"""Webhooks: the controller's own systems hear of accounts and people, by their ids alone.

Clauses: liability.handover (what the platform sends to a recipient that the controller designates is a transmission
under its instruction, recorded as such), residency.eu (every outbound flow checks its destination), purposes.limited.
Form: Standard Webhooks 1.0. A message carries an event's type, its time, ids and the name of its ledger entry; a
receiver that needs data asks for them, under its own credential and purpose.
"""

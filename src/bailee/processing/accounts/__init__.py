"""Accounts: a person's account from invitation to deletion, and everything the agreement lists about a person.

Clauses: accounts.lifecycle, data.*, services.access, autonomy.self-service, liability.handover. Owed to the
controller and its people; proven by the account's history in the ledger.
"""

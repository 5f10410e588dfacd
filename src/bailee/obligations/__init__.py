"""Obligations: a promise fallen due. Opened by an event, due at an instant, discharged by evidence, never forgotten.

Clauses: parties.cooperation, parties.addresses. Law: Regulation 1182/71 for the calendar. Owed by either party to the
other. Proven by the entries that open, remind of, infringe and end each. Stands beside the gate and knows nothing of
it: agreements and terms come as arguments.
"""

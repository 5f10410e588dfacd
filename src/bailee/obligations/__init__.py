"""Obligations: a promise fallen due. Opened by an event, due at an instant, discharged by evidence, never forgotten.

Clauses: parties.cooperation, parties.addresses. Stands beside the gate and knows nothing of it: agreements and terms
come as arguments.
"""

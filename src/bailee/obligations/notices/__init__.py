"""Notices: what has legal effect and must arrive. Written with the event, sent once, proven.

Clauses: parties.addresses. Proven by the entry of the sending, with the mail's digest and what its server answered.
"""

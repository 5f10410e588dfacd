"""Processing register: what is done for each controller, made from what is in force and from what really happened.

Clauses: register.art30-2, register.on-request (keeping-the-register.1 to .3). GDPR Art. 30(2) to (4). Owed to the
controller and to a supervisory authority. Proven by the versions, whose digests stand in the ledger, and by the record
of every copy that was given: to whom, when, with which digest.
"""

"""The gate: the one door to what the vault holds.

It keeps what is in force and who may ask (archive, credentials, standing), and it lets an access through
(passage) in one order only: rule, record, open. It knows nothing of clauses: they write standing, it
reads standing.
"""

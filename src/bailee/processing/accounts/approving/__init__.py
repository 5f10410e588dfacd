"""The second person: a dangerous act waits until somebody else has looked at exactly this request, and is done once.

What is bound is the request, word for word, by a keyed digest: another recipient, another role, another person is
another request. Evidence: `approval-asked`, `approval-given`, `approval-used` in the ledger, all with that digest.
"""

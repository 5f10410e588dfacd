"""The mechanisms of signing in: passwords, authenticators, recovery codes, passkeys, single sign-on, limits on guessing.

Nothing is stored here and no clock is read: who calls keeps the sealed means (`methods.Methods`), the sessions, the
spent challenges and the counts of failures, and says what time it is. A refusal is a value with a stable code.
Clauses: services.access, security.confidentiality.
"""

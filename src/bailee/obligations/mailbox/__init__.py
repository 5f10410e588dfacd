"""Acts from a mailbox: a controller answers what a notice asks of it, without a login.

Clauses: parties.cooperation, parties.addresses. A link alone does nothing: whoever fetches it sees the exact words, and
whoever answers needs a code that goes to the address on record. Proven by an entry of the act, with the digest of what was
shown and the keyed digest of the address.
"""

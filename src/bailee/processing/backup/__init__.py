"""Backup: sealed copies of the embedded servers and of the files, and the proof that they can be restored.

Clause: services.backup. GDPR Art. 32(1)(b), 32(1)(c). The processor owes it to every controller. Proven by the manifest
of each copy (digests, and how far every ledger had come), by drills that restore one aside, and by the entries of both
in the platform's log. What lies on the operator's own servers is the operator's to back up, and attested.

A copy is sealed to keys of the operator's choice, and holds ciphertext under keys whose own keys it does not hold: the
root keys, the destruction logs and the anchors are in none. So a copy restored revives nobody who was erased since.
"""

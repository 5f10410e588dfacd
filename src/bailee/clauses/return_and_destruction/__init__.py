"""The contract ends: everything is returned, every remaining copy destroyed in time, and both are proven.

Clauses: end.return, end.destroy, end.proof, retention.processor-max. Law: Art. 28(3)(g), 28(3)(h).
Owed to the controller. Proven by the signed manifest, the acknowledgement, the destruction log, the leaves
of the platform's ledger and a certificate that anyone verifies offline.
"""

"""Only on documented instructions: the agreement and what follows it are written, signed by both, and then in force.

Clauses: instructions.documented, instructions.contract-counts, instructions.written. GDPR Art. 28(3)(a). Owed to the
controller; proven by the signed documents on file and their entries.
"""

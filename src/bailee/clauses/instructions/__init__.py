"""Only on documented instructions: the agreement and what follows it are written, signed by both, and then in force.

Clauses: instructions.documented, instructions.contract-counts, instructions.written, instructions.challenge,
instructions.legal-compulsion, transfers.compelled. GDPR Art. 28(3)(a) and last subparagraph, 48. Owed to the controller;
proven by the signed documents on file, the originals beside them, notices, and their entries.
"""

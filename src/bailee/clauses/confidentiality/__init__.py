"""Whoever of the processor's staff may see personal data is bound to secrecy, and trained.

Clauses: staff.confidentiality, staff.training. GDPR Art. 28(3)(b), 29, 32(4), 39(1)(b). Owed to every controller;
proven by the register of undertakings and trainings, by the standing that it writes into each gate, and by the entries
of both. Without either the gate refuses, from the very second at which it ends.
"""

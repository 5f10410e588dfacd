"""Sub-processors: a list that is always current, and nothing flows to a new one before the controller had its say.

Clauses: subprocessors.list, subprocessors.consent, subprocessors.free, subprocessors.flow-down. GDPR Art. 28(2), 28(4).
Owed to every controller; proven by the list and its feed, the notices with their delivery, what each controller signed,
the matrix of judgements, and their entries.
"""

"""A breach of personal data is told at once, with who and how many computed, and the controller gets what it sends on.

Clauses: breach.notify, breach.content, breach.help. GDPR Art. 33(2) to 33(5), 34, 28(3)(f). Owed to every controller
concerned; proven by notices with their delivery proof, the elapsed time, every figure with where it comes from, entries.
"""

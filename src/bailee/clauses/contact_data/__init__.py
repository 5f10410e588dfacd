"""Who is reached where: notices go to the agreed addresses, officers are known, and every change is told at once.

Clauses: parties.addresses, parties.dpo. Law: Art. 28(3), 37(7). Owed to both parties. Proven by the history of each
address, the entries of its confirmation, and the notices that told of the change.
"""

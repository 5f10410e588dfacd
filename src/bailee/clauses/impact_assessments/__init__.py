"""Impact assessments: what the processor knows is given to whoever assesses, and what is concluded is done.

Clauses: dpia.assist, dpia.conclusions. GDPR Art. 28(3)(f), 35. Owed to the controller, whose assessment it is: what only
it can say is left to it. Proven by the digest of each pack that was given, by when questions were answered, and by when
each measure was applied.
"""

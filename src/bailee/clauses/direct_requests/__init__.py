"""Direct requests: what persons write to the processor goes to the controllers that it concerns, at once, unanswered.

Clauses: rights.forward, rights.complaint (exercising-personal-rights.3 and .4). GDPR Art. 28(3)(e), 12, 15 to 22, 77.
Owed to the controller. Proven by the obligations, each with the seconds from receipt to the mail server's answer, and
by a signed envelope that the controller holds. The person gets no answer unless the controller instructs one.
"""

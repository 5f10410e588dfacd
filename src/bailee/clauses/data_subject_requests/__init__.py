"""Rights of persons: the controller has a tool for every right, carried out on what is really held, with its clock.

Clauses: rights.tools, rights.recipients, rights.guidance, autonomy.self-service. GDPR Art. 12, 15 to 22, 28(3)(e).
Owed by the controller to the person; the tools and the guidance are owed to the controller. Proven by the request's
file: its entries with their receipts, its clock, and the digests of what was asked and answered.

Works as well for a controller none of whose people are held: the file, its clock, letters and evidence remain.
"""

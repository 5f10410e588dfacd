"""Audits: asked for, announced in working days, answered with evidence, and closed with what came of them.

Clauses: audits.respond, audits.notice, audits.refuse, audits.costs, audits.evidence. GDPR Art. 28(3)(h). Owed to the
controller; proven by the audit's file, its entries, and a signed evidence pack.
"""

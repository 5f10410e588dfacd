"""Terms of the clause `audits`: audits.notice, audits.refuse, audits.costs."""

from bailee.contract.terms.term import Strict, Term, Word


class AuditTerms(Strict, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The dated terms of this clause.

    costs: who bears them.
    conditions: where the conditions of audits stand: a slot, confirmed at signature.
    notice: how long before an audit the controller says so.
    """

    notice: Term
    costs: Term
    conditions: Word | None = None

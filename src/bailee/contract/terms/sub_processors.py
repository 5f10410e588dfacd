"""Terms of the clause `sub_processors`: subprocessors.consent, subprocessors.free."""

from bailee.contract.terms.term import Strict, Term


class SubProcessorTerms(Strict, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The dated terms of this clause.

    objection: how long the controller may object to a proposal outside the EU.
    objection_scope: which proposals may be objected to: `outside-eu` or `all`.
    objection_effect: what an objection does: `exclude`, `alternative` or `terminate`.
    """

    objection: Term
    objection_effect: Term
    objection_scope: Term

"""Terms of the clause `breach_notice`: breach.notify, breach.content, breach.help."""

from bailee.contract.terms.term import Strict, Term


class BreachTerms(Strict, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The dated terms of this clause.

    notice: our own target from awareness to notice: the text has no hours.
    """

    notice: Term

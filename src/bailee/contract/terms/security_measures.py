"""Terms of the clause `security_measures`: security.measures, security.no-regression."""

from bailee.contract.terms.term import Strict, Term


class SecurityTerms(Strict, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The dated terms of this clause.

    review: how often the measures are reviewed: our own figure.
    restore: how soon a measure that fails holds again: our own figure; without it the platform's own target stands.
    """

    review: Term
    restore: Term | None = None

"""Terms of the clause `confidentiality`: staff.confidentiality, staff.training."""

from bailee.contract.terms.term import Strict, Term


class ConfidentialityTerms(Strict, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The dated terms of this clause.

    training_valid: how long a training counts: our own figure.
    """

    training_valid: Term

"""Terms of the clause `impact_assessments`: dpia.assist, dpia.conclusions."""

from bailee.contract.terms.term import Strict, Term


class AssessmentTerms(Strict, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The dated terms of this clause.

    assistance: our own target for a first answer.
    """

    assistance: Term

"""Terms of the clause `data_subject_requests`: rights.tools, rights.complaint, rights.forward."""

from bailee.contract.terms.term import Strict, Term


class RequestTerms(Strict, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The dated terms of this clause.

    complaint: the most from receipt of a complaint to telling the controller.
    forward: when a direct request is passed on.
    answer: the legal time to answer a person.
    extension: by how much it may be extended.
    """

    complaint: Term
    forward: Term
    answer: Term
    extension: Term

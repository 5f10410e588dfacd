"""Terms of the clause `processing_register`: register.art30-2, register.on-request."""

from bailee.contract.terms.term import Strict, Term


class RegisterTerms(Strict, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The dated terms of this clause.

    on_request: our own target for giving the register.
    """

    on_request: Term

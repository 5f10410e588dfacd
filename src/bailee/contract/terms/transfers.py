"""Terms of the clause `transfers`: transfers.consent, transfers.adequacy-change."""

from bailee.contract.terms.term import Strict, Term, Word


class TransferTerms(Strict, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The dated terms of this clause.

    mechanisms: the guarantees that the text names.
    adequacy_notice: our own target for telling a change of adequacy.
    """

    adequacy_notice: Term
    mechanisms: tuple[Word, ...]

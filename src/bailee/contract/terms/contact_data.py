"""Terms of the clause `contact_data`: parties.contacts, parties.dpo."""

from bailee.contract.terms.term import Anchor, Strict, Term, Word


class ContactTerms(Strict, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The dated terms of this clause.

    categories, purposes: which contact data each party holds of the other, and what for.
    kept: how long contact data are kept after the contract: our own figure.
    officer_copy: whether the controller's officer gets a copy of each notice (`yes`, `no`); without it: no.
    """

    kept: Term
    categories: tuple[Word, ...]
    purposes: tuple[Word, ...]
    anchors: tuple[Anchor, ...]
    officer_copy: Term | None = None

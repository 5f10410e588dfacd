"""Terms of the clause `return_and_destruction`: end.return, end.destroy, end.proof."""

from bailee.contract.terms.term import Strict, Term, Value


class DestructionTerms(Strict, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The dated terms of this clause.

    destruction: by when every remaining copy is destroyed.
    reminders: after how long an unacknowledged return is escalated: our own figures.
    retrieval: how long the return stays available.
    """

    destruction: Term
    retrieval: Term
    reminders: tuple[Value, ...] = ()

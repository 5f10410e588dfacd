"""Terms of the clause `instructions`: instructions.documented, instructions.written, instructions.challenge, instructions.legal-compulsion."""

from bailee.contract.terms.term import Strict, Term


class InstructionTerms(Strict, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The dated terms of this clause.

    challenge_suspends: whether a challenged instruction is suspended until confirmed: `yes` or `no`.
    """

    challenge_suspends: Term

"""Law beside the agreement: where a term and the law differ, both are shown and the law's wins."""

import msgspec

from bailee.contract.agreement import Agreement, LawTerm
from bailee.contract.terms.term import Term
from bailee.vocabulary.periods import Period

DAYS = {"hours": 1 / 24, "days": 1.0, "working-days": 7 / 5, "months": 30.44, "years": 365.25}


class Conflict(msgspec.Struct, frozen=True):
    """A term of the agreement that the law does not allow as it is (`fatal`: the law names no such term)."""

    law: LawTerm
    path: str
    agreed: str
    fatal: bool = False

    def __str__(self) -> str:
        if self.fatal:
            return f"the law term {self.law.id!r} is about {self.path!r}, which is no term of the agreement"
        return (
            f"{self.path} is {self.agreed}, and {self.law.source} says {self.law.bound} {self.law.value}: "
            "the law's term wins"
        )


def conflicts(agreement: Agreement) -> list[Conflict]:
    """Every law term that applies and that the agreement's own term breaks."""
    found = []
    for law in agreement.law_terms:
        if law.applies == "data-act" and agreement.data_act == "no":
            continue
        term = _term(agreement, law.about)
        if term is None:
            found.append(Conflict(law, law.about, "", fatal=True))
        elif not _keeps(law, term):
            found.append(Conflict(law, law.about, term.value))
    return found


def _term(agreement: Agreement, path: str) -> Term | None:
    clause, _, name = path.partition(".")
    term = getattr(getattr(agreement.terms, clause, None), name, None)
    return term if isinstance(term, Term) else None


def _keeps(law: LawTerm, term: Term) -> bool:
    agreed, lawful = _days(term.value), _days(law.value)
    if law.bound == "at most":
        return agreed <= lawful
    return agreed >= lawful if law.bound == "at least" else agreed == lawful


def _days(text: str) -> float:
    period = Period.parse(text)
    return period.amount * DAYS[period.unit]

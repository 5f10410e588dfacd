"""Letters of a request: to the person, and to recipients. Queued in the transaction of what they tell.

What a letter says of the right, of the days and of the ways to complain is put together by its template, in the
language that the person is written to in.
"""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from bailee.clauses.data_subject_requests.events import Request
from bailee.contract.agreement import Agreement, Party
from bailee.ledger.committing import Transaction
from bailee.obligations.notices.notice import Notice
from bailee.obligations.notices.queueing import Queueing
from bailee.vocabulary.languages import Language

ROOM = "data_subject_requests"
# What was asked, as letters say it.
ASKED: dict[str, dict[str, str]] = {
    "en": {
        "access": "a copy of your data", "rectification": "the correction of your data",
        "erasure": "the erasure of your data", "restriction": "the restriction of processing",
        "recipients": "to whom your data were given", "portability": "your data to take along",
        "objection": "your objection", "automated-decision": "a human look at an automated decision",
    },
    "fr": {
        "access": "une copie de vos données", "rectification": "la rectification de vos données",
        "erasure": "l'effacement de vos données", "restriction": "la limitation du traitement",
        "recipients": "à qui vos données ont été communiquées", "portability": "vos données à emporter",
        "objection": "votre opposition", "automated-decision": "un regard humain sur une décision automatisée",
    },
}  # fmt: skip
DONE: dict[str, dict[str, str]] = {
    "en": {"rectification": "corrected", "erasure": "erased", "restriction": "restricted"},
    "fr": {"rectification": "rectifiées", "erasure": "effacées", "restriction": "soumises à limitation"},
}
FAR: dict[str, dict[str, str]] = {
    "en": {"granted": "It was granted.", "partly": "It was granted in part; the reasons stand below."},
    "fr": {"granted": "Il y est fait droit.", "partly": "Il y est fait droit en partie ; les raisons sont ci-dessous."},
}
AgreementOf = Callable[[UUID], Awaitable[Agreement]]


class Corresponding:
    """Queues the letters of requests."""

    def __init__(self, *, queueing: Queueing, agreement: AgreementOf) -> None:
        self._queueing = queueing
        self._agreement = agreement

    async def to_person(
        self, change: Transaction, one: Request, letter: str, words: str, *, by: str, discharges: UUID | None = None
    ) -> UUID:
        """A letter to who asked, at the address they gave."""
        assert one.papers is not None
        values = {
            "name": one.papers.name, "what": ASKED[one.papers.language][one.right],
            "article": one.right.cited(one.papers.language),
            "received": f"{one.received_at:%Y-%m-%d}", "due": f"{one.due.strict:%Y-%m-%d}",
            "words": words, "outcome": FAR[one.papers.language].get(one.outcome, ""), "request": str(one.id),
            **_writes((await self._agreement(one.controller)).parties.controller),
        }  # fmt: skip
        notice = Notice(
            kind="contact", clause="rights.tools", subject=f"request/{one.id}", letter=f"{ROOM}/{letter}",
            values=values, to=one.papers.contact, discharges=discharges, language=one.papers.language,
        )  # fmt: skip
        return await self._queueing.queue(change, notice, by=by)

    async def to_recipient(
        self, change: Transaction, one: Request, reached: tuple[str, str, Language], facts: dict[str, Any], *, by: str
    ) -> UUID:
        """A letter to a recipient (Art. 19): which ids are concerned, and what has become of their data."""
        recipient, address, language = reached
        values = {
            "recipient": recipient, "done": DONE[language][one.right], "article": one.right.cited(language),
            "request": str(one.id), "person": facts.get("person", ""), "records": facts.get("records", []),
            **_writes((await self._agreement(one.controller)).parties.controller),
        }  # fmt: skip
        notice = Notice(
            kind="contact", clause="rights.recipients", subject=f"request/{one.id}", letter=f"{ROOM}/recipient",
            values=values, to=address, language=language,
        )  # fmt: skip
        return await self._queueing.queue(change, notice, by=by)


def _writes(controller: Party) -> dict[str, str]:
    """Whom to write back to: the controller, and its officer where it has one."""
    officer = None if isinstance(controller.dpo, str) or controller.dpo is None else controller.dpo
    return {
        "company": controller.name or "", "place": controller.address or "",
        "officer": officer.name if officer else "", "email": officer.email if officer else "",
    }  # fmt: skip

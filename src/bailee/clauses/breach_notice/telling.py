"""Telling: a notice to one controller, written in the transaction of whatever makes it due; never waiting to be complete.

What is not known yet is named as such. A later notice says what is new. Each carries the same as a file that a system
reads, and the processor's contact point (Art. 33(3)(b)).
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from uuid import UUID

import msgspec

from bailee.clauses.breach_notice.deadlines import CONTENT, HELP, NOTIFY, subject_of
from bailee.clauses.breach_notice.events import Case, Description, Kind, Sent, changes, unknown
from bailee.clauses.breach_notice.mistakes import NotNow
from bailee.clauses.breach_notice.papers import Contact, paper
from bailee.clauses.breach_notice.wording import listed
from bailee.infra.clock import Clock
from bailee.ledger.committing import Transaction
from bailee.ledger.entries import Act
from bailee.obligations.notices.notice import Attachment, Notice
from bailee.obligations.notices.queueing import Queueing
from bailee.vocabulary.ids import new_id
from bailee.vocabulary.languages import LANGUAGES

CLAUSES: Mapping[Kind, str] = {"first": NOTIFY, "further": CONTENT, "closing": HELP}
INSTANT = "%Y-%m-%d %H:%M UTC"
LONGEST = 4_000
# The processor's contact point for a controller: its officer now, or whom to ask where none is appointed.
ContactOf = Callable[[UUID], Awaitable[Contact]]


class Telling:
    """Writes notices of breaches."""

    def __init__(self, *, queueing: Queueing, clock: Clock, contact: ContactOf, console: str = "") -> None:
        self._queueing = queueing
        self._clock = clock
        self.contact = contact
        self._console = console

    async def tell(
        self, change: Transaction, case: Case, kind: Kind, description: Description, *, by: str, news: str = ""
    ) -> Case:  # fmt: skip
        """Queue a notice of what is known now; the file with it in."""
        if (kind == "first") is bool(case.sent) or case.closed_at is not None:
            raise NotNow("first-notice-first" if kind != "first" else "told-already")
        figures, id, now = case.figures, new_id(), self._clock.now()
        sent = Sent(
            notice=id, kind=kind, at=now, by=by, description=description, figures=figures, news=news[:LONGEST],
            unknown=unknown(description, figures), new=changes(case.sent[-1], description, figures) if case.sent else (),
        )  # fmt: skip
        told = msgspec.structs.replace(case, description=description, sent=(*case.sent, sent))
        contact = await self.contact(change.controller)
        file = Attachment("breach.json", "application/json", msgspec.json.encode(paper(told, contact)))
        notice = Notice(
            kind="breach", clause=CLAUSES[kind], subject=subject_of(case.id), letter=f"breach_notice/{kind}",
            values=self._values(told, sent, contact), attachments=(file,), discharges=_discharged(told, sent), formal=True,
        )  # fmt: skip
        await self._queueing.queue(change, notice, by=by, id=id)
        details: dict[str, Any] = {
            "breach": str(case.id), "notice": str(id), "kind": kind, "unknown": sent.unknown, "new": sent.new,
            "persons": figures.persons, "records": figures.records, "source": figures.source,
        }  # fmt: skip
        await change.append([Act("breach-notice-written", change.controller, by, details)])
        return told

    def _values(self, case: Case, sent: Sent, contact: Contact) -> dict[str, Any]:
        said, figures = sent.description, sent.figures
        values: dict[str, Any] = {
            "reference": str(case.id), "what": said.what, "aware": case.aware_at.strftime(INSTANT),
            "began": said.began_at.strftime(INSTANT) if said.began_at else "",
            "ended": said.ended_at.strftime(INSTANT) if said.ended_at else "",
            "persons": _number(figures.persons), "records": _number(figures.records), "source": figures.source,
            "consequences": said.consequences, "measures": said.measures, "unknown": list(sent.unknown),
            "new": list(sent.new), "news": sent.news, "officer": contact.name, "email": contact.email,
            "number": str(len(case.sent)), "closing": "yes" if sent.kind == "closing" else "",
            "console": f"{self._console}/breach-notices/{case.id}" if self._console else "",
        }  # fmt: skip
        for language in LANGUAGES:
            values |= {
                f"natures_{language}": listed(language, "nature", said.natures),
                f"categories_{language}": listed(language, "category", figures.categories),
                f"groups_{language}": listed(language, "group", tuple(figures.groups)),
            }
        return values


def _discharged(case: Case, sent: Sent) -> UUID | None:
    """What a notice keeps: the first one the duty to tell; a later one, or the last, the duty to complete."""
    if sent.kind == "first":
        return case.telling
    return case.completing if sent.kind == "closing" or not sent.unknown else None


def _number(figure: int | None) -> str:
    return "" if figure is None else str(figure)

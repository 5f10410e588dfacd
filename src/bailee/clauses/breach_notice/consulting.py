"""Consulting: a controller reads its own file of a breach, takes along what it sends on, and says what it has done.

Nothing in it speaks of another controller. Whoever takes the list of persons or the file for the authority is on record.
"""

import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec

from bailee.clauses.breach_notice.counting import NIL
from bailee.clauses.breach_notice.events import REMARKS, Case, Computed, Remark, RemarkKind
from bailee.clauses.breach_notice.keeping import Keeping, Reached
from bailee.clauses.breach_notice.mistakes import Faulty, NothingThere, NotNow
from bailee.clauses.breach_notice.papers import document, paper
from bailee.clauses.breach_notice.telling import INSTANT, ContactOf
from bailee.clauses.breach_notice.wording import listed
from bailee.infra.clock import Clock
from bailee.ledger.committing import Committing
from bailee.ledger.entries import Act
from bailee.obligations.notices.letters import Letters
from bailee.obligations.obligations import Obligations
from bailee.vocabulary.ids import new_id
from bailee.vocabulary.languages import Language

PAGE = 1_000
LONGEST = 2_000
# The register of handovers: the controller, by whom, what of it an entry says, and the digest of what left.
Handed = Callable[[UUID, str, Mapping[str, Any], str], Awaitable[None]]


class Told:
    """A controller's own breaches."""

    def __init__(
        self, *, keeping: Keeping, committing: Committing, obligations: Obligations, letters: Letters, contact: ContactOf,
        handed: Handed, clock: Clock,
    ) -> None:  # fmt: skip
        self.keeping = keeping
        self._committing = committing
        self._obligations = obligations
        self._letters = letters
        self._contact = contact
        self._handed = handed
        self._clock = clock

    async def listed(self, controller: UUID) -> list[Case]:
        """Those that the controller was written to about, the newest first."""
        return [one for one in await self.keeping.cases(controller) if one.sent]

    async def one(self, controller: UUID, id: UUID) -> Case:
        """One of them, or `NothingThere`."""
        found = await self.keeping.case(controller, id)
        if not found.sent:
            raise NothingThere
        return found

    async def file(
        self, controller: UUID, id: UUID, form: Literal["json", "pdf"], language: Language, *, by: str
    ) -> bytes:  # fmt: skip
        """The facts for the authority's form, as last told; the taking is recorded first."""
        case, contact = await self.one(controller, id), await self._contact(controller)
        if form == "json":
            content = msgspec.json.format(msgspec.json.encode(paper(case, contact)), indent=2)
        else:
            content = document(case, contact, language, at=self._clock.now())
        digest = hashlib.sha256(content).hexdigest()
        await self._record("breach-file-taken", controller, by, {"breach": str(id), "form": form}, digest=digest)
        return content

    async def draft(self, controller: UUID, id: UUID, language: Language) -> str:
        """A draft of the letter to persons (Art. 34), for the controller to make its own: nobody is written to."""
        case, contact = await self.one(controller, id), await self._contact(controller)
        said, figures = case.sent[-1].description, case.sent[-1].figures
        values = {
            "what": said.what, "began": said.began_at.strftime(INSTANT) if said.began_at else "",
            "categories": listed(language, "category", figures.categories), "consequences": said.consequences,
            "measures": said.measures, "natures": list(said.natures), "processor": contact.processor,
        }  # fmt: skip
        written = self._letters.write("breach_notice/person", language, values)
        return f"{written.subject}\n\n{written.text}"

    async def persons(self, controller: UUID, id: UUID) -> AsyncIterator[Reached]:
        """Everyone whom the scope last computed reached, in the order of ids; `NotNow` where none was computed."""
        case = await self.one(controller, id)
        last, after = computed(case), NIL
        while rows := await self.keeping.reached(controller, id, last.number, after, PAGE):
            for row in rows:
                yield row
            after = rows[-1].person

    async def take(self, controller: UUID, id: UUID, *, by: str) -> AsyncIterator[bytes]:
        """The same, a line of JSON for each; the last one leaves when the handover is on record."""
        digest, many, records, last = hashlib.sha256(), 0, 0, b""
        async for row in self.persons(controller, id):
            if last:
                yield last
            last = msgspec.json.encode(row) + b"\n"
            digest.update(last)
            many, records = many + 1, records + row.records
        details = {
            "handover": str(new_id()), "form": "ndjson", "categories": [], "persons": many, "records": records,
            "recipient": "", "purpose": "breach", "breach": str(id), "complete": True,
        }  # fmt: skip
        await self._handed(controller, by, details, digest.hexdigest())
        yield last

    async def remark(
        self, controller: UUID, id: UUID, kind: RemarkKind, at: datetime, words: str, *, by: str
    ) -> None:  # fmt: skip
        """Say what was done, or decided against, about the authority or the persons: the controller's own word."""
        case, now = await self.one(controller, id), self._clock.now()
        found = [] if kind in REMARKS else ["no-such-remark"]
        found += ["in-the-future"] if at > now else []
        found += ["no-reason"] if kind.endswith("-not-told") and not words.strip() else []
        if found:
            raise Faulty(*found)
        said = Remark(kind=kind, at=at, words=words[:LONGEST], said_at=now, by=by)
        details = {"breach": str(id), "remark": kind, "when": at.isoformat()}
        digest = hashlib.sha256(said.words.encode()).hexdigest()
        async with self._committing.transaction(controller) as change:
            await self.keeping.write_case(change, msgspec.structs.replace(case, remarks=(*case.remarks, said)))
            await change.append([Act("breach-remarked", controller, by, details, digest=digest)])
            if kind.startswith("authority") and case.authority is not None:
                known = await self._obligations.one(controller, case.authority)
                if known is not None and known.state == "open":
                    await self._obligations.discharge(change, case.authority, by=by, proof=f"breach/{id}/{kind}")

    async def _record(self, kind: str, controller: UUID, by: str, details: dict[str, Any], *, digest: str) -> None:
        async with self._committing.transaction(controller) as change:
            await change.append([Act(kind, controller, by, details, digest=digest)])


def computed(case: Case) -> Computed:
    """The scope last computed, or `NotNow`."""
    done = [one for one in case.computed if one.done_at is not None]
    if not done:
        raise NotNow("not-computed-yet")
    return done[-1]

"""Exporting: the controller's people handed over to it in a file, and the record of it (liability.handover).

Every page is ruled and recorded before it leaves; the file's last bytes leave when the act `handed-over` is
durable: who, which categories, how many persons, which form, to whom, and the SHA-256 of the content. A download
that is broken off leaves the record of what had left by then.
"""

import hashlib
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import msgspec

from bailee.contract.ruling import AccessRequest, Refusal
from bailee.gate.people import People
from bailee.gate.sets import START, Of, Opened, Refused, Sets
from bailee.processing.accounts.export_forms import Form, writer
from bailee.processing.accounts.handovers import Handovers
from bailee.processing.accounts.import_jobs import Mandate
from bailee.vault.profile import PROFILE, TYPE
from bailee.vocabulary.ids import new_id
from bailee.vocabulary.operations import Operation

PAGE, CHOSEN = 500, 10_000
LEFT_OUT = ("photo", "ip_address")


class Wanted(msgspec.Struct, frozen=True):
    """An export asked for: its form, of whom (everyone for None), and to whom it goes, in words that name no person."""

    form: Form
    persons: tuple[UUID, ...] | None = None
    recipient: str = ""

    @property
    def is_of_several(self) -> bool:
        """Whether it is about more than one person: a list can be as long as everyone."""
        return self.persons is None or len(set(self.persons)) > 1

    def named(self) -> tuple[tuple[str, str], ...]:
        """Of whom, as it is shown to a second person: how many, and the digest of their ids in order."""
        if self.persons is None:
            return ()
        several = sorted(set(self.persons))
        digest = hashlib.sha256("\n".join(map(str, several)).encode()).hexdigest()
        return ("persons", str(len(several))), ("list", digest)


class Exporting:
    """Streams people out, with the record of the handover."""

    def __init__(self, *, sets: Sets, people: People, handovers: Handovers, place: str) -> None:
        self._sets = sets
        self._people = people
        self._handovers = handovers
        self._place = place

    async def stream(self, controller: UUID, mandate: Mandate, wanted: Wanted) -> AsyncIterator[bytes]:
        """The file, piece by piece. Raises `Refused` where the ruling says no; the first piece tells."""
        request = AccessRequest(
            actor=mandate.actor, controller=controller, operation=Operation.export, purpose=mandate.purpose,
            place=self._place, recipient=wanted.recipient or None,
        )  # fmt: skip
        made, digest, handed, done = writer(wanted.form), hashlib.sha256(), _Handed(), False
        try:
            async for page in self._pages(request, wanted):
                handed.add(page)
                piece = made.write(page)
                digest.update(piece)
                if piece:
                    yield piece
            rest = made.end()
            digest.update(rest)
            await self._record(request, wanted, handed, digest.hexdigest(), complete=True)
            done = True
            yield rest
        finally:
            if not done and handed.persons:
                await self._record(request, wanted, handed, digest.hexdigest(), complete=False)

    async def _pages(self, request: AccessRequest, wanted: Wanted) -> AsyncIterator[list[dict[str, Any]]]:
        """Records with their person and groups, in pages in the order of ids."""
        if wanted.persons is not None:
            for person in sorted(set(wanted.persons)):
                named = msgspec.structs.replace(request, persons=(person,))
                page = await self._sets.page_of_person(named, Of(person, PROFILE), START[1], PAGE)
                if isinstance(page, Refusal):
                    raise Refused(page)
                if page.released.records:
                    found = await self._people.get(named, person)
                    groups = () if found is None or isinstance(found, Refusal) else found.groups
                    yield [_row(one, groups) for one in page.released.records]
            return
        after, known = START, dict[UUID, tuple[str, ...]]()
        place: tuple[UUID, UUID] | None = after
        seen = START[0]
        while place is not None:
            page = await self._sets.page(request, PROFILE, place, PAGE)
            if isinstance(page, Refusal):
                raise Refused(page)
            records = page.released.records
            if records:
                seen = await self._groups(request, known, seen, records[-1].address.person)
                yield [_row(one, known.get(one.address.person, ())) for one in records]
                known = {one: groups for one, groups in known.items() if one >= records[-1].address.person}
            place = page.after

    async def _groups(
        self, request: AccessRequest, known: dict[UUID, tuple[str, ...]], seen: UUID, last: UUID
    ) -> UUID:  # fmt: skip
        """Learn the groups of people up to one, from where the last look ended."""
        while seen < last:
            people = await self._people.page(request, seen, PAGE)
            if isinstance(people, Refusal):
                raise Refused(people)
            if not people:
                return last
            known.update((one.id, one.groups) for one in people)
            seen = people[-1].id
        return seen

    async def _record(
        self, request: AccessRequest, wanted: Wanted, handed: "_Handed", digest: str, *, complete: bool
    ) -> None:
        details = {
            "handover": str(new_id()), "form": wanted.form, "categories": sorted(handed.categories),
            "persons": handed.persons, "records": handed.records, "recipient": wanted.recipient,
            "purpose": str(request.purpose), "complete": complete,
        }  # fmt: skip
        await self._handovers.record(request.controller, request.actor.id, details, digest)


class _Handed:
    """What has been handed over so far: counts and categories."""

    def __init__(self) -> None:
        self.persons = self.records = 0
        self.categories: set[str] = set()
        self._last = ""

    def add(self, page: list[dict[str, Any]]) -> None:
        fields: set[str] = set()
        for row in page:
            self.records += 1
            self.persons += row["person"] != self._last
            self._last = row["person"]
            fields.update(row)
        self.categories |= TYPE.categories(dict.fromkeys(fields))


def _row(opened: Opened, groups: tuple[str, ...]) -> dict[str, Any]:
    data = {k: v for k, v in msgspec.json.decode(opened.data).items() if k not in LEFT_OUT}
    return {"person": str(opened.address.person), "group": list(groups), **data}

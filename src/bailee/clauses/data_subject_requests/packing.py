"""Packing: everything that is held about someone, read through the gate and laid by under the request's key.

Pages of records are read in somebody's name, each ruled and recorded; a page and how far the work is are written
together, so that a stop in the middle goes on from there. The content of files is not copied: it is read through the
gate again when the pack is taken along.
"""

import hashlib
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any, Literal
from uuid import UUID

import msgspec

from bailee.clauses.data_subject_requests import contents, queries
from bailee.clauses.data_subject_requests.asking import Stopped, granted, request
from bailee.clauses.data_subject_requests.choices import Choices, Choosing
from bailee.clauses.data_subject_requests.corresponding import AgreementOf
from bailee.clauses.data_subject_requests.events import Request, Right, held
from bailee.clauses.data_subject_requests.keeping import Keeping
from bailee.clauses.data_subject_requests.portability import portable
from bailee.clauses.data_subject_requests.recipients import Recipients
from bailee.gate.archive import Archive, Dossier
from bailee.gate.files import FilesGate, Shown, Wanted
from bailee.gate.people import People
from bailee.gate.sets import Of, Opened, Sets
from bailee.infra.clock import Clock
from bailee.ledger.reading import Reading
from bailee.vault.profile import PROFILE
from bailee.vocabulary.operations import Operation
from bailee.vocabulary.periods import Period

PAGE, FILES, FIRST = 200, 200, UUID(int=0)
DATA, PAPER = "data.json", "answer.pdf"
PRINTED = 400  # records and entries that the paper shows; the document for programs has them all
TEMPLATE = Path(__file__).with_name("templates") / "access.typ"
# The forms that people's profiles are taken along in: `csv` and `vcard`, made by the room that knows them.
Forms = Callable[[Literal["csv", "vcard"], Sequence[dict[str, Any]]], bytes]
HeldAbout = Callable[[UUID, UUID], Awaitable[dict[str, Any]]]


class Packing:
    """Makes packs, slice by slice."""

    def __init__(
        self, *, keeping: Keeping, sets: Sets, people: People, files: FilesGate, reading: Reading, archive: Archive,
        recipients: Recipients, choosing: Choosing, agreement: AgreementOf, held_about: HeldAbout, forms: Forms,
        clock: Clock, place: str,
    ) -> None:  # fmt: skip
        self._keeping = keeping
        self._sets = sets
        self._people = people
        self._files = files
        self._reading = reading
        self._archive = archive
        self._recipients = recipients
        self._choosing = choosing
        self._agreement = agreement
        self._held_about = held_about
        self._forms = forms
        self._clock = clock
        self._place = place

    async def slice(self, one: Request) -> tuple[Request, list[tuple[str, bytes]], bool]:
        """One page further: the request as it is then, the pieces to be laid by, and whether the pack is complete."""
        assert one.papers is not None
        person, work = held(one), dict(one.papers.work)
        after = UUID(work["after"]) if "after" in work else FIRST
        dossier, choices = await self._dossier(one), await self._choosing.of(one.controller)
        pieces = [] if "after" in work else [(DATA, await self._head(one))]
        rows = await self._rows(one)
        page = granted(await self._sets.page_of_person(self._asked(one), Of(person, None), after, PAGE))
        until = page.after[1] if page.after else None
        await self._whole(
            one, {row["record_id"] for row in rows if row["record_id"] > after}, page.released.records, until
        )
        body = self._bodies(one, page.released.records, ({row["record_id"]: row for row in rows}, dossier, choices))
        work["categories"] = sorted({*work.get("categories", ()), *_categories(page.released.records, dossier)})
        if body:
            pieces.append((DATA, (b"," if work.get("records") else b"") + b",".join(body)))
        work["records"] = work.get("records", 0) + len(body)
        done = one.done + len(page.released.records)
        if page.after is not None:
            work["after"] = str(page.after[1])
            return _at(one, work, done), pieces, False
        pieces += await self._rest(one, pieces, work)
        return _at(one, work, done), pieces, True

    def _bodies(
        self, one: Request, records: Sequence[Opened], known: tuple[dict[UUID, Any], Dossier, Choices]
    ) -> list[bytes]:
        rows, dossier, choices = known
        found = []
        for record in records:
            row = rows.get(record.address.record)
            policy = dossier.classes.get(row["class_id"]) if row else None
            if one.right is Right.access:
                found.append(contents.record(record, policy, row["expires_at"] if row else None))
            else:
                data = msgspec.json.decode(record.data)
                fields = portable(policy, dossier.types.get(record.address.type), data, choices)
                found += [contents.carried(record, fields)] if fields else []
        return found

    async def _whole(self, one: Request, held_: set[UUID], records: Sequence[Opened], until: UUID | None) -> None:
        """Nothing of a page was left out: what the gate withholds of someone makes their copy incomplete."""
        missing = {id for id in held_ if until is None or id <= until} - {one.address.record for one in records}
        if missing:  # gone meanwhile, or over its term
            now = self._clock.now()
            missing &= {
                row["record_id"] for row in await self._rows(one) if row["expires_at"] is None or row["expires_at"] > now
            }  # fmt: skip
        if missing or any(record.withheld for record in records):
            raise Stopped("withheld", "Something of what is held is not covered, or the person is restricted.")

    async def _rest(
        self, one: Request, pieces: list[tuple[str, bytes]], work: dict[str, Any]
    ) -> list[tuple[str, bytes]]:
        """What follows the records: files, account, who saw it, recipients; then the paper and the manifest."""
        person = held(one)
        files = [(shown, await self._file(one, shown)) for shown in await self._listed(one, person)]
        parts: dict[str, Any] = {"files": [contents.file(shown, member) for shown, member in files]}
        if one.right is Right.access:
            told = [entry async for entry in self._reading.about(one.controller, person)]
            parts |= {
                "account": await self._held_about(one.controller, person),
                "seen": [said for entry in told if (said := contents.seen(entry))],
                "recipients": await self._recipients.of(one.controller, person, said=told),
            }  # fmt: skip
        last = contents.tail(**parts)
        before = await self.member(one, DATA) if work.get("after") else b""
        whole = before + b"".join(content for _, content in pieces) + last
        made = [(DATA, last), *self._forms_of(one, msgspec.json.decode(whole))]
        members = [contents.member(DATA, whole), *(contents.member(name, content) for name, content in made[1:])]
        members += [member for _, member in files]
        manifest = contents.manifest(one, members)
        work["members"] = msgspec.to_builtins(members)
        work["categories"] = sorted({*work["categories"], *(shown.metadata.category for shown, _ in files)})
        work["digest"] = contents.member("", manifest).sha256
        return [*made, ("manifest.json", manifest)]

    def _forms_of(self, one: Request, whole: dict[str, Any]) -> list[tuple[str, bytes]]:
        """The members beside the document: a paper for access; tables and cards for portability."""
        assert one.papers is not None
        if one.right is Right.access:
            from bailee.infra import pdf  # heavy, and needed by the jobs' process alone

            shown = whole | {"records": whole["records"][:PRINTED], "seen": whole["seen"][-PRINTED:]}
            cut = max(0, len(whole["records"]) - PRINTED), max(0, len(whole["seen"]) - PRINTED)
            language = one.papers.language
            said = {
                "language": language, "left_out": cut, "name": one.papers.name, "document": shown,
                "words": contents.words(language),
                "lasting": Period.parse(whole["retention"]["destroyed_within"]).said(language),
            }  # fmt: skip
            return [(PAPER, pdf.typeset(TEMPLATE, said))]
        by_type: dict[str, list[dict[str, Any]]] = {}
        for record in whole["records"]:
            by_type.setdefault(record["type"], []).append(record["data"])
        profiles = [{"person": str(held(one)), **data} for data in by_type.pop(PROFILE, [])]
        made = [("people.csv", self._forms("csv", profiles)), ("card.vcf", self._forms("vcard", profiles))]
        return [*(made if profiles else []), *((f"{name}.csv", contents.table(rows)) for name, rows in by_type.items())]

    async def _head(self, one: Request) -> bytes:
        person = granted(await self._people.get(self._asked(one, Operation.restrict), held(one)))
        if person is None:
            raise Stopped("not-held", "Nobody of that id is held any more.")
        said = {
            "id": person.id, "groups": person.groups, "restricted": person.restricted, "objections": person.objections
        }  # fmt: skip
        return contents.head(one, await self._agreement(one.controller), self._clock.now(), said)

    async def _listed(self, one: Request, person: UUID) -> list[Shown]:
        found, after = list[Shown](), FIRST
        while True:
            page = granted(await self._files.page_of_person(self._asked(one), person, after, FILES))
            if page.withheld:
                raise Stopped("withheld", "A file that is held is not covered by the agreement's service for rights.")
            found += page.shown
            if page.after is None:
                return found
            after = page.after[1]

    async def _file(self, one: Request, shown: Shown) -> contents.Member:
        """A file as a member. Of a photograph one size is taken along, and its digest is not known yet."""
        at = shown.file.place.address
        start, stop = contents.whole_of(shown.metadata, shown.file.size)
        sha256 = shown.metadata.sha256
        if shown.metadata.parts:
            reading = granted(await self._files.read(self._asked(one), Wanted(at.person, at.type, at.record)))
            made = hashlib.sha256()
            async for piece in reading.pieces(start, stop):
                made.update(piece)
            sha256 = made.hexdigest()
        return contents.Member(contents.member_of(shown), stop - start, sha256, at.record, at.type)

    async def member(self, one: Request, name: str) -> bytes:
        """The pieces of a member that are laid by, joined."""
        found = []
        async with self._keeping.committing.transaction(one.controller) as change:
            rows = await change.connection.fetch(queries.PARTS, one.controller, one.id)
        for row in rows:
            if row["name"] == name:
                found.append(await self.part(one, row["part"], name))
        return b"".join(found)

    async def part(self, one: Request, part: int, name: str) -> bytes:
        """One piece, opened."""
        async with self._keeping.committing.transaction(one.controller) as change:
            sealed = await change.connection.fetchval(queries.PART, one.controller, one.id, part)
        return await self._keeping.unseal(one, f"{part}/{name}", sealed)

    async def _rows(self, one: Request) -> list[Any]:
        async with self._keeping.committing.transaction(one.controller) as change:
            rows: list[Any] = await change.connection.fetch(queries.RECORDS, one.controller, one.person)
        return rows

    async def _dossier(self, one: Request) -> Dossier:
        dossier = await self._keeping.dossier(self._archive, one.controller)
        if dossier is None:
            raise Stopped("destroyed")
        return dossier

    def _asked(self, one: Request, operation: Operation = Operation.export) -> Any:
        assert one.mandate is not None
        return request(one.controller, one.mandate, operation, place=self._place, persons=(held(one),))


def _at(one: Request, work: dict[str, Any], done: int) -> Request:
    assert one.papers is not None
    return msgspec.structs.replace(one, papers=msgspec.structs.replace(one.papers, work=work), done=done)


def _categories(records: Sequence[Opened], dossier: Dossier) -> frozenset[str]:
    """The categories of what a page of records holds."""
    found = frozenset[str]()
    for record in records:
        if record.address.type in dossier.types:
            found |= dossier.types[record.address.type].categories(msgspec.json.decode(record.data))
    return found

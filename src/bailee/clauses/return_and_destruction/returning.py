"""Making the return: everything held for a controller, read through the gate and sealed to its key.

Every chunk has its entry in the ledger before it is read out; the ledger itself comes last, so that it
holds the entries of its own return. All means all, whatever purposes it is held for; what no instruction covers, or is
over, is counted and named in the manifest (`left_out`), and holds the end of the contract up for nobody. Whoever is
erased is in no bundle that is handed out from then on: one that was begun before is made anew.
"""

from collections.abc import Callable
from uuid import UUID

import msgspec

from bailee.clauses.return_and_destruction import queries, readme
from bailee.clauses.return_and_destruction.bundle import BundleWriter, write_atomically
from bailee.clauses.return_and_destruction.mistakes import Overtaken
from bailee.clauses.return_and_destruction.shelf import Shelf
from bailee.clauses.return_and_destruction.tables import as_csv
from bailee.clauses.return_and_destruction.whole_files import FILES_AT_ONCE, as_members
from bailee.contract.ruling import AccessRequest, Refusal
from bailee.gate.archive import Archive, Dossier
from bailee.gate.files import FilesGate
from bailee.gate.people import People
from bailee.gate.relating.relations import Relations
from bailee.gate.sets import CHUNK, Place, Refused, Sets
from bailee.infra.clock import Clock
from bailee.infra.database import Database
from bailee.ledger.reading import Reading
from bailee.ledger.signing import LogKey
from bailee.proof import entries
from bailee.proof.signing import state
from bailee.vocabulary.operations import Operation
from bailee.vocabulary.parties import Actor, ActorKind
from bailee.vocabulary.purposes import Purpose

ACTOR = Actor(id="platform:return", kind=ActorKind.processor_system, credential=UUID(int=0))
FORMAT = "bailee.dev/bundle/v1"
ENTRIES_AT_ONCE = 100_000
PEOPLE_AT_ONCE = 2000
FIRST = UUID(int=0)

# What a return leaves out, among the counts: `left-out/WHY/TYPE/FIELD`, the field empty for whole records.
LEFT_OUT, OVER, NOT_COVERED = "left-out", "over", "not-covered"

Progressed = Callable[[str, int], None]


class NotPossible(Exception):
    """The return cannot be made; the message says what is missing."""


class Returning:
    """Makes bundles."""

    def __init__(
        self, *, archive: Archive, sets: Sets, people: People, reading: Reading, log_key: LogKey, clock: Clock,
        files: FilesGate, relations: Relations, database: Database, shelf: Shelf,
    ) -> None:  # fmt: skip
        self._database = database
        self._relations = relations
        self._archive = archive
        self._sets = sets
        self._people = people
        self._reading = reading
        self._log_key = log_key
        self._clock = clock
        self._files = files
        self.shelf = shelf

    async def make(self, controller: UUID, name: str, progressed: Progressed) -> bytes:
        """Make the bundle, or go on with it; the manifest's bytes, signed and in place."""
        dossier = await self._archive.refresh(controller)
        in_force = dossier.in_force(self._clock.now()) if dossier else None
        if dossier is None or in_force is None:
            raise NotPossible("there is no agreement in force that says to whom the return is sealed")
        recipient = in_force.agreement.reversibility.recipient_key
        assert recipient is not None
        writer = BundleWriter(self.shelf.folder_of(controller), recipient)
        writer.begin(await self.shelf.erased(controller))
        await self._write(writer, dossier, progressed)
        if writer.progress.erased != await self.shelf.erased(controller):
            raise Overtaken
        return self._sign(writer, controller, name)

    async def _write(self, writer: BundleWriter, dossier: Dossier, progressed: Progressed) -> None:
        stages = {"documents": self._documents, "people": self._write_people, "records": self._records,
                  "files": self._write_files, "ledger": self._ledger}  # fmt: skip
        while writer.progress.stage != "done":
            await stages[writer.progress.stage](writer, dossier, progressed)

    async def _documents(self, writer: BundleWriter, dossier: Dossier, progressed: Progressed) -> None:
        writer.add("README.txt", readme.TEXT.encode())
        for number, document in enumerate(dossier.documents, 1):
            stem = f"documents/{number:04d}-{document.kind}"
            writer.add(f"{stem}.json", document.content)
            writer.add(f"{stem}.signatures.json", msgspec.json.format(msgspec.json.encode(document.signatures)))
        for one in dossier.types.values():
            writer.add(f"schemas/{one.name}.schema.json", msgspec.json.format(msgspec.json.encode(one.schema)))
        progressed("documents", len(dossier.documents))
        counts = {"documents": len(dossier.documents), "types": len(dossier.types), "blobs": 0}
        writer.move("people", "", counts)

    async def _write_people(self, writer: BundleWriter, dossier: Dossier, progressed: Progressed) -> None:
        counts = {**writer.progress.counts, "persons": 0}
        after, piece = FIRST, 0
        while True:
            found = await self._people.page(self._request(dossier.controller), after, PEOPLE_AT_ONCE)
            if isinstance(found, Refusal):
                raise Refused(found)
            if found:
                piece += 1
                lines = b"".join(msgspec.json.encode(one) + b"\n" for one in found)
                writer.add(f"persons/{piece:05d}.ndjson", lines)
                counts["persons"] += len(found)
                progressed("persons", counts["persons"])
            if len(found) < PEOPLE_AT_ONCE:
                break
            after = found[-1].id
        piece = 0
        async for parts in self._relations.every(self._request(dossier.controller)):
            piece += 1
            writer.add(f"relations/{piece:05d}.ndjson", b"".join(msgspec.json.encode(one) + b"\n" for one in parts))
        writer.move("records", "", counts)

    async def _records(self, writer: BundleWriter, dossier: Dossier, progressed: Progressed) -> None:
        counts = dict(writer.progress.counts)
        place: Place | None = _place(writer.progress.after)
        piece = writer.progress.pieces
        while place is not None:
            page = await self._sets.page(self._request(dossier.controller), None, place, CHUNK)
            if isinstance(page, Refusal):
                raise Refused(page)
            piece += 1
            by_type: dict[str, list[dict[str, object]]] = {}
            for one in page.released.records:
                for field in one.withheld:
                    _leave_out(counts, one.address.type, NOT_COVERED, field)
                row = {
                    "id": one.address.record, "person": one.address.person, "version": one.version,
                    "created_at": one.created_at, "updated_at": one.updated_at, "data": msgspec.json.decode(one.data),
                }  # fmt: skip
                by_type.setdefault(one.address.type, []).append(row)
            for type_name, rows in by_type.items():
                writer.add(
                    f"records/{type_name}/{piece:05d}.ndjson", b"".join(msgspec.json.encode(r) + b"\n" for r in rows)
                )
                writer.add(f"records/{type_name}/{piece:05d}.csv", as_csv(rows))
                counts[f"records/{type_name}"] = counts.get(f"records/{type_name}", 0) + len(rows)
            progressed("records", sum(n for name, n in counts.items() if name.startswith("records/")))
            place = page.after
            writer.progress.pieces = piece
            if place is not None:
                writer.move("records", f"{place[0]}/{place[1]}", counts)
        await self._missing(dossier.controller, counts)
        writer.move("files", "", counts)

    async def _missing(self, controller: UUID, counts: dict[str, int]) -> None:
        """Whole records that were not let through: those that are over, and those that nothing covers."""
        async with self._database.transaction(controller) as tx:
            rows = await tx.fetch(queries.HELD, controller, self._clock.now())
        for row in rows:
            missing = row["records"] - row["over"] - counts.get(f"records/{row['type']}", 0)
            _leave_out(counts, row["type"], OVER, many=row["over"])
            _leave_out(counts, row["type"], NOT_COVERED, many=max(0, missing))

    async def _write_files(self, writer: BundleWriter, dossier: Dossier, progressed: Progressed) -> None:
        counts = dict(writer.progress.counts)
        place: Place | None = _place(writer.progress.after)
        while place is not None:
            listed = await self._files.page(self._request(dossier.controller), place, FILES_AT_ONCE)
            if isinstance(listed, Refusal):
                raise Refused(listed)
            for one in listed.shown:
                address = one.file.place.address
                async for name, content in as_members(self._files, self._request(dossier.controller), one):
                    writer.add(name, content)
                counts["blobs"] += 1
                writer.move("files", f"{address.person}/{address.record}", counts)
            progressed("files", counts["blobs"])
            place = listed.after
        async with self._database.transaction(dossier.controller) as tx:
            held = await tx.fetchval(queries.HELD_FILES, dossier.controller)
        _leave_out(counts, "files", NOT_COVERED, many=max(0, held - counts["blobs"]))
        writer.move("ledger", "", counts)

    async def _ledger(self, writer: BundleWriter, dossier: Dossier, progressed: Progressed) -> None:
        controller = dossier.controller
        head = await self._reading.integrated(controller)
        counts = {**writer.progress.counts, "entries": head.size}
        start = int(writer.progress.after or 0)
        whole = head.size <= ENTRIES_AT_ONCE
        while start < head.size:
            stop = min(start + ENTRIES_AT_ONCE, head.size)
            lines = [
                entries.line(e.index, e.leaf, e.opened.salt, e.opened.body.decode())
                if e.opened
                else entries.line(e.index, e.leaf)
                async for e in self._reading.entries(controller, start, stop)
            ]
            name = "ledger/entries.ndjson" if whole else f"ledger/entries-{start // ENTRIES_AT_ONCE:05d}.ndjson"
            writer.add(name, b"".join(lines))
            progressed("entries", stop)
            start = stop
            if start < head.size:
                writer.move("ledger", str(start), counts)
        writer.add("ledger/checkpoint", head.checkpoint.encode())
        writer.add("ledger/keys.json", msgspec.json.encode({"verifier_key": self._log_key.verifier(controller)}))
        writer.move("done", "", counts)
        writer.seal_part()

    def _sign(self, writer: BundleWriter, controller: UUID, name: str) -> bytes:
        counts = writer.progress.counts
        manifest = msgspec.json.format(
            msgspec.json.encode(
                {
                    "format": FORMAT,
                    "controller": {"id": controller, "name": name},
                    "created_at": self._clock.now(),
                    "simulated": self._clock.simulated,
                    "blobs": [],
                    "counts": {name: many for name, many in counts.items() if not name.startswith(LEFT_OUT)},
                    "left_out": [_left_out(name, many) for name, many in counts.items() if name.startswith(LEFT_OUT)],
                    "parts": writer.progress.parts,
                    "verifier_key": self._log_key.verifier(controller),
                }
            )
        )
        note = state(self._log_key.statement_signer(), "bundle", "manifest.json", manifest)
        write_atomically(writer.folder / "manifest.json", manifest)
        write_atomically(writer.folder / "manifest.json.note", note.encode())
        return manifest

    def _request(self, controller: UUID) -> AccessRequest:
        return AccessRequest(
            actor=ACTOR, controller=controller, operation=Operation.return_, purpose=Purpose.storage_and_backup
        )


def _leave_out(counts: dict[str, int], type_name: str, why: str, field: str = "", *, many: int = 1) -> None:
    """Count what stays out of a return."""
    if many:
        name = f"{LEFT_OUT}/{why}/{type_name}/{field}"
        counts[name] = counts.get(name, 0) + many


def _left_out(name: str, many: int) -> dict[str, object]:
    """As the manifest names it: which field of how many records of a type, or how many records whole, and why."""
    _, why, type_name, field = name.split("/", 3)
    return {"type": type_name, "field": field or None, "records": many, "why": why}


def _place(after: str) -> Place:
    person, _, record = after.partition("/")
    return (UUID(person), UUID(record)) if after else (FIRST, FIRST)

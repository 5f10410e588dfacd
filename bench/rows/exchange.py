"""Rows 9, 16 and 17: an import through the real job, and an export of everyone; their pace, and the memory they add.

Row 9 is about encryption: people sealed, found by the same indexes and recorded in the ledger, beside PostgreSQL's own COPY
of the same people in clear; and everyone read, recorded, opened and written as NDJSON, beside COPY of the same table out.
It also sets the whole jobs beside COPY of the very same lines, which only moves bytes: it checks no line, looks for nobody
who is there already, seals nothing and records nothing. The ratio says what all that costs.
"""

import io
import os
import resource
import statistics
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec

from bailee.processing.accounts.columns import propose
from bailee.processing.accounts.exporting import Wanted
from bailee.processing.accounts.import_jobs import Mandate
from bailee.vocabulary.ids import Address
from bailee.vocabulary.operations import Operation
from bailee.vocabulary.parties import Actor, ActorKind
from bailee.vocabulary.purposes import Purpose
from bench.measuring import Row, own_cpu
from bench.standing import World, controller, prepared, request, take_in

HEADINGS = "Civilité;Prénom;Nom;Courriel;Téléphone;Société;Code postal;Ville;Pays;Référence\n"
FOUND_BY = ("email", "phone", "user_name", "external_id", "name")
PLAIN = (
    "DROP TABLE IF EXISTS peer.held",
    "CREATE TABLE peer.held (controller uuid NOT NULL, person uuid NOT NULL, record uuid NOT NULL, email text, phone text,"
    " user_name text, external_id text, name text, body jsonb NOT NULL, PRIMARY KEY (controller, person, record))",
    *(f"CREATE INDEX ON peer.held (controller, {field})" for field in FOUND_BY),
)
SEALED, OPENED = "9 sealed in bulk vs raw COPY, same indexes", "9 opened in bulk as NDJSON vs raw COPY"
PAGE_BYTES = resource.getpagesize()
SAMPLED_SECONDS = 0.02


class Peak:
    """The most memory of this process beyond what it had, in MB."""

    mb = 0.0


async def rows(world: World) -> list[Row]:
    """Both, at two sizes: memory that grows with the file would be seen."""
    found: list[Row] = []
    for count in (10_000, 100_000) if world.long else (1_000,):
        of = await controller(world.rooms)
        mandate = await _mandate(world, of)
        found += await _bulk(world, count)
        copied_in, copied_out = await _copied(world, count)
        found += await _importing(world, of, mandate, count, copied_in)
        found += await _exporting(world, of, mandate, count, copied_out)
    return found


async def _bulk(world: World, count: int) -> list[Row]:
    """Row 9 as it is meant: the bulk path through vault and ledger, nothing else, beside COPY of the same people."""
    into, out, plain_into, plain_out = list[float](), list[float](), list[float](), list[float]()
    [owner] = await world.owner(1)
    await owner.execute("CREATE SCHEMA IF NOT EXISTS peer")
    for _ in range(3):
        of = await controller(world.rooms)
        batches = prepared(of, count)
        began = time.perf_counter()
        for batch in batches:
            await take_in(world.rooms, batch)
        into.append(time.perf_counter() - began)
        written, began = io.BytesIO(), time.perf_counter()
        asked = msgspec.structs.replace(request(Operation.export, batches[0][0].records[0][0]), addresses=())
        async for released in world.rooms.sets.chunks(asked, "profile"):
            written.writelines(one.data + b"\n" for one in released.records)
        out.append(time.perf_counter() - began)
        assert written.getvalue().count(b"\n") == count
        for statement in PLAIN:
            await owner.execute(statement)
        rows = [_plain(address, draft.data) for batch in batches for one in batch for address, draft in one.records]
        began = time.perf_counter()
        await owner.copy_records_to_table("held", schema_name="peer", records=rows)
        plain_into.append(time.perf_counter() - began)
        written, began = io.BytesIO(), time.perf_counter()
        await owner.copy_from_table("held", schema_name="peer", columns=["body"], output=written)
        plain_out.append(time.perf_counter() - began)
    await owner.close()
    brought = statistics.median(a / b for a, b in zip(plain_into, into, strict=True))
    taken = statistics.median(a / b for a, b in zip(plain_out, out, strict=True))
    return [
        Row(row=SEALED, settings={"people": count}, ratio=round(brought, 4), floor=0.7, goal=0.9),
        Row(row="9 sealed in bulk", settings={"people": count}, value=round(count / min(into)), unit="/s"),
        Row(row=OPENED, settings={"people": count}, ratio=round(taken, 4), floor=0.25, goal=0.5),
        Row(row="9 opened in bulk", settings={"people": count}, value=round(count / min(out)), unit="/s"),
    ]


def _plain(address: Address, data: Mapping[str, Any]) -> tuple[object, ...]:
    """A person in clear, with each of the values that we find by."""
    name = f"{data['given_name']} {data['family_name']}"
    return (
        address.controller, address.person, address.record, data["email"], data["phone"], data["user_name"],
        data["external_id"], name, msgspec.json.encode(data).decode(),
    )  # fmt: skip


async def _copied(world: World, count: int) -> tuple[float, float]:
    """Seconds that COPY takes to bring the same lines into a plain table, and out of it: the median of five."""
    [owner] = await world.owner(1)
    columns = ", ".join(f"c{n} text" for n in range(HEADINGS.count(";") + 1))
    await owner.execute("CREATE SCHEMA IF NOT EXISTS peer")
    into, out, sent = list[float](), list[float](), _file(count)
    for _ in range(5):
        await owner.execute("DROP TABLE IF EXISTS peer.lines")
        await owner.execute(f"CREATE TABLE peer.lines ({columns})")
        began = time.perf_counter()
        await owner.copy_to_table(
            "lines", schema_name="peer", source=io.BytesIO(sent), format="csv", delimiter=";", header=True
        )
        into.append(time.perf_counter() - began)
        got, began = io.BytesIO(), time.perf_counter()
        await owner.copy_from_table("lines", schema_name="peer", output=got, format="csv")
        out.append(time.perf_counter() - began)
    await owner.close()
    return statistics.median(into), statistics.median(out)


async def _mandate(world: World, of: UUID) -> Mandate:
    until = world.rooms.clock.now() + timedelta(days=1)
    issued = await world.rooms.credentials.issue(
        of, by="bench", actor="system:bench", kind=ActorKind.controller_system,
        purposes=[str(Purpose.account_management)], expires_at=until,
    )  # fmt: skip
    actor = Actor("system:bench", ActorKind.controller_system, issued.credential)
    return Mandate(actor, Purpose.account_management, until)


async def _importing(world: World, of: UUID, mandate: Mandate, count: int, copied: float) -> list[Row]:
    """From the uploaded file to the last person held, one job process beside the two servers."""
    exchanging, settings = world.rooms.exchanging, {"people": count}
    job = await exchanging.importing.upload(of, mandate, _file(count))
    mapping = propose(job.chosen.headings).mapping
    await exchanging.importing.map(of, job.id, mapping, "create-only", groups=frozenset({"user"}))
    await exchanging.importing.run(of, job.id, mandate)
    began, cpu = time.perf_counter(), own_cpu()
    with _memory() as peak:
        while (state := await exchanging.importing.state(of, job.id)).state == "running":
            await exchanging.working.due(of)
    took, cpu = time.perf_counter() - began, own_cpu() - cpu
    assert (state.state, state.created) == ("done", count), state
    return [
        Row(
            row="9 whole import job vs raw COPY", settings=settings, ratio=round(copied / took, 4), floor=0.7, goal=0.9
        ),
        Row(row="16 import: people held", settings=settings, value=round(count / took), unit="/s"),
        Row(row="16 import: CPU of the job a person", settings=settings, value=round(cpu / count * 1e6), unit="us"),
        Row(row="16 import: memory added", settings=settings, value=round(peak.mb, 1), unit="MB", floor=128.0),
    ]


async def _exporting(world: World, of: UUID, mandate: Mandate, count: int, copied: float) -> list[Row]:
    """Everyone as CSV, ruled and recorded page by page."""
    settings, size = {"people": count}, 0
    began = time.perf_counter()
    with _memory() as peak:
        async for piece in world.rooms.exchanging.exporting.stream(of, mandate, Wanted("csv")):
            size += len(piece)
    took = time.perf_counter() - began
    assert size > count * 50, size
    return [
        Row(
            row="9 whole export job vs raw COPY", settings=settings, ratio=round(copied / took, 4), floor=0.25, goal=0.5
        ),
        Row(row="17 export: people handed over", settings=settings, value=round(count / took), unit="/s"),
        Row(row="17 export: memory added", settings=settings, value=round(peak.mb, 1), unit="MB", floor=128.0),
    ]


def _file(count: int) -> bytes:
    lines = (
        f"M.;Prénom{n};Nom{n};p{n}@bench.example;06 12 34 56 78;Alpages;74000;Annecy;France;bench-{n}\n"
        for n in range(count)
    )
    return (HEADINGS + "".join(lines)).encode()


@contextmanager
def _memory() -> Iterator[Peak]:
    """Sample the memory of this process while something runs."""
    peak, over, before = Peak(), threading.Event(), _resident()

    def sample() -> None:
        while not over.wait(SAMPLED_SECONDS):
            peak.mb = max(peak.mb, (_resident() - before) / 1e6)

    thread = threading.Thread(target=sample, daemon=True)
    thread.start()
    try:
        yield peak
    finally:
        over.set()
        thread.join()


def _resident() -> int:
    return int(Path(f"/proc/{os.getpid()}/statm").read_text().split()[1]) * PAGE_BYTES

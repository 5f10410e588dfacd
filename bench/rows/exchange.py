"""Rows 16 and 17: an import through the real job, and an export of everyone; their pace, and the memory they add."""

import os
import resource
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from bailee.processing.accounts.columns import propose
from bailee.processing.accounts.exporting import Wanted
from bailee.processing.accounts.import_jobs import Mandate
from bailee.vocabulary.parties import Actor, ActorKind
from bailee.vocabulary.purposes import Purpose
from bench.measuring import Row, own_cpu
from bench.standing import World, controller

HEADINGS = "Civilité;Prénom;Nom;Courriel;Téléphone;Société;Code postal;Ville;Pays;Référence\n"
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
        found += await _importing(world, of, mandate, count)
        found += await _exporting(world, of, mandate, count)
    return found


async def _mandate(world: World, of: UUID) -> Mandate:
    until = world.rooms.clock.now() + timedelta(days=1)
    issued = await world.rooms.credentials.issue(
        of, by="bench", actor="system:bench", kind=ActorKind.controller_system,
        purposes=[str(Purpose.account_management)], expires_at=until,
    )  # fmt: skip
    actor = Actor("system:bench", ActorKind.controller_system, issued.credential)
    return Mandate(actor, Purpose.account_management, until)


async def _importing(world: World, of: UUID, mandate: Mandate, count: int) -> list[Row]:
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
        Row(row="16 import: people held", settings=settings, value=round(count / took), unit="/s"),
        Row(row="16 import: CPU of the job a person", settings=settings, value=round(cpu / count * 1e6), unit="us"),
        Row(row="16 import: memory added", settings=settings, value=round(peak.mb, 1), unit="MB", floor=128.0),
    ]


async def _exporting(world: World, of: UUID, mandate: Mandate, count: int) -> list[Row]:
    """Everyone as CSV, ruled and recorded page by page."""
    settings, size = {"people": count}, 0
    began = time.perf_counter()
    with _memory() as peak:
        async for piece in world.rooms.exchanging.exporting.stream(of, mandate, Wanted("csv")):
            size += len(piece)
    took = time.perf_counter() - began
    assert size > count * 50, size
    return [
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

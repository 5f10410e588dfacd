"""Row 16: what a request of a person costs, in CPU: ours and that of both servers' backends.

Fifty wait; the oldest goes first. Each request is taken in, ordered, carried out and answered, on real data.
"""

import asyncio
import os
import time
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from bailee.clauses.data_subject_requests.events import Mandate, Right
from bailee.clauses.data_subject_requests.papers import Order
from bailee.clauses.data_subject_requests.requesting import Asked
from bailee.clauses.data_subject_requests.working import AT_ONCE
from bailee.promised import Promised
from bailee.vocabulary.ids import new_id
from bailee.vocabulary.parties import Actor, ActorKind
from bench.measuring import Row
from bench.standing import World, controller, fill

QUEUED = 50
TICKS = os.sysconf("SC_CLK_TCK")


async def rows(world: World) -> list[Row]:
    """Milliseconds of CPU for each access and each erasure, with fifty queued."""
    found = []
    for right in (Right.access, Right.erasure):
        of = await controller(world.rooms)
        held = [one.person for one in await fill(world.rooms, of, QUEUED + 2)]
        took = await _worked(world, of, held, right)
        found.append(
            Row(row=f"16 a request: {right}", settings={"queued": QUEUED}, value=round(took, 1), unit="ms CPU", floor=50.0, goal=25.0)
        )  # fmt: skip
    return found


async def _worked(world: World, of: UUID, held: list[UUID], right: Right) -> float:
    rooms, promised = world.rooms, Promised(world.rooms)
    rights = promised.rights
    mandate = Mandate(Actor("bench", ActorKind.controller_staff, new_id()), rooms.clock.now() + timedelta(hours=1))

    async def whole(person: UUID, age: int) -> UUID:
        at = rooms.clock.now() - timedelta(minutes=age)
        one = await rights.requests.open(
            of, Asked(right=right, channel="letter", person=person, received_at=at), by="b"
        )
        await rights.requests.order(of, one.id, Order(), mandate=mandate, by="b", version=one.version)
        return one.id

    async def answered(request: UUID) -> None:
        await rights.working.work(of, request)
        one = await rights.keeping.find(of, request)
        assert one.step == "done", one.reason
        await rights.requests.answer(of, request, "Here.", by="b", version=one.version)

    for person in held[QUEUED:]:  # whatever is made once is made now
        await answered(await whole(person, 0))
    masters = await _masters(world, of)
    began = _spent(masters)
    ids = [await whole(person, QUEUED - n) for n, person in enumerate(held[:QUEUED])]
    first = await rights.keeping.listed(of)
    assert {one.id for one in first if one.open} == set(ids)
    for at in range(0, QUEUED, AT_ONCE):
        await asyncio.gather(*map(answered, ids[at : at + AT_ONCE]))
    return (_spent(masters) - began) / QUEUED * 1000


def _spent(masters: Sequence[int]) -> float:
    """CPU seconds of this process, of both servers, and of every backend of theirs."""
    parents = {int(place.name): _parent(place) for place in Path("/proc").iterdir() if place.name.isdigit()}
    ours = [pid for pid, parent in parents.items() if pid in masters or parent in masters]
    return time.process_time() + sum(map(_cpu, ours))


def _parent(place: Path) -> int:
    try:
        return int((place / "stat").read_text().rpartition(")")[2].split()[1])
    except OSError:  # it has ended
        return 0


def _cpu(pid: int) -> float:
    """User and system seconds of a process, with those of its children that have ended."""
    try:
        parts = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(map(int, parts[11:15])) / TICKS


async def _masters(world: World, of: UUID) -> list[int]:
    """The process of each server: the parent of whoever serves a connection."""
    found = []
    for database in (world.rooms.data, world.rooms.key_store):
        async with database.transaction(of) as tx:
            found.append(_parent(Path(f"/proc/{await tx.fetchval('SELECT pg_backend_pid()')}")))
    return found

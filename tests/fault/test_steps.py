"""Every workflow, killed right after each of its durable points, and gone on with by a fresh process.

Short by default: every point of the short workflows, some of the long ones (SEED chooses). LONG=1: every point of all.
"""

import asyncio
import json
import os
import random
import sys
from typing import Any
from uuid import UUID

import pytest

from bailee.furnishing import furnish
from bailee.infra.keys.store import kek_name
from bailee.proof.verify import verify_paths
from bailee.vault import queries as vault_queries
from bailee.vault.destruction_log import controller_name, person_name
from bailee.vocabulary.ids import new_id

LONG = os.environ.get("LONG") == "1"
SEED = int(os.environ.get("SEED", "7"))
MOST = 200


class Played:
    """One run of a workflow in a process of its own."""

    def __init__(self, code: int, said: str, err: str) -> None:
        self.acknowledged = said.startswith("done")
        self.points = int(said.split()[1]) if self.acknowledged else None
        assert code in (0, -9), err
        assert (code == 0) == self.acknowledged or not self.acknowledged, err


async def play(settings: Any, workflow: str, last: int, given: dict[str, str]) -> Played:
    """Run it until its `last` durable point, or to its end."""
    environ = {**os.environ, "BAILEE_CLOCK": settings.clock, "BAILEE_PROCESSOR": settings.processor}
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.fault.dying", str(settings.data), str(last), workflow, json.dumps(given),
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, env=environ,
    )  # fmt: skip
    out, err = await child.communicate()
    return Played(child.returncode or 0, out.decode(), err.decode())


async def every_point(settings: Any, workflow: str, make: Any, check: Any, *, few: int = 0) -> int:
    """Play to the end once to count, then once for each point; the check goes on with it and looks."""
    given = await make()
    whole = await play(settings, workflow, MOST, given)
    assert whole.acknowledged
    await check(given, acknowledged=True)
    points = range(1, (whole.points or 0) + 1)
    chosen = list(points) if LONG or not few else sorted(random.Random(SEED).sample(points, min(few, len(points))))
    for point in chosen:
        given = await make()
        played = await play(settings, workflow, point, given)
        try:
            await check(given, acknowledged=played.acknowledged)
        except AssertionError as wrong:
            raise AssertionError(f"{workflow} killed after point {point} of {whole.points} (SEED={SEED})") from wrong
    return len(chosen)


@pytest.fixture
async def afresh(rooms, settings, premises):
    """Go on as a fresh process does: replay what is open, with rooms that remember nothing."""

    async def go_on() -> Any:
        async with furnish(settings, premises.addresses()) as fresh:
            await fresh.replay.replay(fresh.destruction_log.unconfirmed())

    return go_on


@pytest.fixture
async def one(hold):
    """A controller, its client, and what a workflow is given."""
    holder = await hold()
    return holder, await holder.client()


async def test_taking_someone_in_killed_anywhere_is_whole_or_nothing(one, rooms, settings, afresh):
    holder, client = one

    async def make() -> dict[str, Any]:
        ids = {"controller": str(holder.id), "person": str(new_id()), "record": str(new_id())}
        return {**ids, "data": {"language": "fr"}}

    async def check(given: dict[str, Any], *, acknowledged: bool) -> None:
        reply = await client("GET", f"/api/v1/persons/{given['person']}/profile/{given['record']}")
        assert reply.status == 200 if acknowledged else reply.status in (200, 404)
        written = [
            json.loads(o.opened.body)["kind"] async for o in rooms.reading.about(holder.id, UUID(given["person"]))
        ]
        assert ("change" in written) == (reply.status == 200), "an entry stands if and only if its change does"
        assert await rooms.scrubbing.person(holder.id, UUID(given["person"])) == []

    assert await every_point(settings, "create", make, check) >= 4


async def test_a_write_killed_anywhere_is_the_old_or_the_new_and_its_entry_agrees(one, rooms, settings):
    holder, client = one

    async def make() -> dict[str, Any]:
        person, record = await client.person({"language": "fr"})
        return {"controller": str(holder.id), "person": person, "record": record, "data": {"language": "it"}}

    async def check(given: dict[str, Any], *, acknowledged: bool) -> None:
        reply = await client("GET", f"/api/v1/persons/{given['person']}/profile/{given['record']}")
        assert reply.body["data"] in (
            [{"language": "it"}] if acknowledged else [{"language": "fr"}, {"language": "it"}]
        )
        assert await rooms.scrubbing.person(holder.id, UUID(given["person"])) == []

    assert await every_point(settings, "write", make, check) >= 2


async def test_an_erasure_killed_anywhere_is_not_begun_or_carried_out(one, rooms, settings, afresh):
    holder, client = one

    async def make() -> dict[str, Any]:
        person, record = await client.person({"language": "fr"})
        return {"controller": str(holder.id), "person": person, "record": record}

    async def check(given: dict[str, Any], *, acknowledged: bool) -> None:
        await afresh()
        person = UUID(given["person"])
        reply = await client("GET", f"/api/v1/persons/{person}/profile/{given['record']}")
        begun = (await rooms.erasing.state(holder.id, person)) is not None
        assert begun or not acknowledged
        assert reply.status == (404 if begun else 200)
        assert await rooms.keys.person_key_stands(holder.id, person) is not begun
        assert (person_name(holder.id, person) in rooms.destruction_log.destroyed()) is begun
        assert rooms.destruction_log.unconfirmed() == set()
        async with rooms.data.transaction(holder.id) as tx:
            left = await tx.fetchval(vault_queries.COUNT_RECORDS_OF_PERSON, holder.id, person)
        assert left == (0 if begun else 1)

    assert await every_point(settings, "erase", make, check) >= 8


async def test_a_key_turn_killed_anywhere_leaves_all_readable_and_goes_on(hold, rooms, settings):
    made: dict[str, Any] = {}

    async def make() -> dict[str, Any]:
        made["holder"] = await hold()
        made["client"] = await made["holder"].client()
        made["people"] = [await made["client"].person({"language": "fr"}) for _ in range(3)]
        return {"controller": str(made["holder"].id)}

    async def check(given: dict[str, Any], *, acknowledged: bool) -> None:
        rooms.keys.forget(made["holder"].id)
        for person, record in made["people"]:
            assert (await made["client"]("GET", f"/api/v1/persons/{person}/profile/{record}")).status == 200
        turn = await rooms.turn(made["holder"].id, by="tests")
        assert await rooms.keys.root_names(made["holder"].id) == [kek_name(made["holder"].id, turn.epoch)]
        rooms.keys.forget(made["holder"].id)
        for person, record in made["people"]:
            assert (await made["client"]("GET", f"/api/v1/persons/{person}/profile/{record}")).status == 200

    assert await every_point(settings, "turn", make, check) >= 5


async def _ended(hold: Any, rooms: Any, *, returned: bool) -> Any:
    from datetime import timedelta

    from bailee.cli.demo import parties

    holder = await hold()
    client = await holder.client()
    for _ in range(3):
        await client.person({"language": "fr"})
    document = parties.ended(holder.company, holder.agreement, rooms.clock.now() - timedelta(seconds=1))
    await rooms.ending.end(holder.id, document, by="tests")
    if returned:
        await rooms.ending.waive(holder.id, by="tests")
    return holder


async def test_a_return_killed_anywhere_is_made_whole(hold, rooms, settings):
    async def make() -> dict[str, Any]:
        holder = await _ended(hold, rooms, returned=False)
        return {"controller": str(holder.id)}

    async def check(given: dict[str, Any], *, acknowledged: bool) -> None:
        controller = UUID(given["controller"])
        ending = await rooms.ending.make_return(controller, by="tests", progressed=lambda _what, _count: None)
        assert ending.returned_at
        folder = rooms.settings.returns / str(controller)
        manifest = json.loads((folder / "manifest.json").read_text())
        assert manifest["counts"]["persons"] == 3
        findings = verify_paths([folder])
        assert findings
        assert all(finding.ok for finding in findings), findings

    assert await every_point(settings, "return", make, check, few=6) >= 5


async def test_a_destruction_killed_anywhere_is_carried_out(hold, rooms, settings, afresh):
    async def make() -> dict[str, Any]:
        holder = await _ended(hold, rooms, returned=True)
        return {"controller": str(holder.id)}

    async def check(given: dict[str, Any], *, acknowledged: bool) -> None:
        controller = UUID(given["controller"])
        await afresh()
        await rooms.ending.destroy(controller, by="tests", confirmed=True)
        assert await rooms.keys.keys_stand(controller) == 0
        async with rooms.data.transaction(controller) as tx:
            left = await tx.fetchrow(vault_queries.LEFT_BEHIND, controller)
        assert set(left.values()) == {0}
        assert controller_name(controller) in rooms.destruction_log.destroyed()
        assert controller_name(controller) not in rooms.destruction_log.unconfirmed()
        assert await rooms.ending.certify(controller, by="tests")

    assert await every_point(settings, "destroy", make, check, few=6) >= 5

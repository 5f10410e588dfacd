"""What is overtaken while it waits: a write that waited for a lock is held to the gate as it is then."""

import asyncio
import json
from uuid import UUID

import pytest
from tests.integration.test_ledger import owner

from bailee.gate import changing
from bailee.gate import queries as gate
from bailee.vault import queries as vault
from bailee.vault import scrubbing

__all__ = ["owner"]


async def waits(tx, task) -> None:
    """Until something waits for a lock that is held here."""
    while not task.done() and not await tx.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted"):
        await asyncio.sleep(0.02)
    assert not task.done()


@pytest.mark.parametrize("once", [{}, {"idempotency_key": "overtaken"}])
async def test_a_write_that_waited_while_its_credential_was_revoked_writes_nothing(hold, profile, rooms, once):
    holder = await hold()
    other, client = await holder.client(), await holder.client()
    person, record = await other.person(profile)
    path = f"/api/v1/persons/{person}/profile/{record}"
    async with rooms.data.transaction(holder.id) as tx:
        await tx.fetchrow(vault.LOCK_PERSON, holder.id, UUID(person))
        late = asyncio.create_task(client("PATCH", path, {"email": "late@alpages.example"}, **once))
        await waits(tx, late)
        assert await rooms.credentials.revoke(holder.id, client.credential, by="tests")
    assert (await late).status == 401
    kept = await other("GET", path)
    assert kept.body["data"]["email"] == profile["email"]
    assert kept.headers["etag"] == '"1"'


@pytest.mark.parametrize("revoked", [True, False])
async def test_a_batch_that_waited_for_another_controllers_lock_is_held_to_every_gate_once_more(
    hold, profile, rooms, monkeypatch, revoked
):
    """The first controller's update has passed its gate when the batch waits for the second one's person."""
    first, second = sorted([await hold(), await hold(1)], key=lambda one: one.id)
    clients = [await first.client(), await second.client()]
    reader = await first.client()
    people = [await clients[0].person(profile), await clients[1].person(profile)]
    paths = [f"/api/v1/persons/{person}/profile/{record}" for person, record in people]
    together, ready = rooms.records._rewriting._together, {}
    gathered = asyncio.Event()

    async def both(controller, one):
        """One batch of both, the first controller's first."""
        if gathered.is_set():
            return (await together([(controller, [one])]))[0]
        ready[controller] = one
        if len(ready) == 2:
            results = await together([(at, [ready[at]]) for at in sorted(ready)])
            ready.update(zip(sorted(ready), results, strict=True))
            gathered.set()
        await gathered.wait()
        return ready[controller]

    monkeypatch.setattr(rooms.records._rewriting._writing, "submit", both)
    async with rooms.data.transaction(second.id) as tx:
        await tx.fetchrow(vault.LOCK_PERSON, second.id, UUID(people[1][0]))
        late = [asyncio.create_task(clients[n]("PATCH", paths[n], {"language": "en"})) for n in (0, 1)]
        await waits(tx, late[1])
        if revoked:
            assert await rooms.credentials.revoke(first.id, clients[0].credential, by="tests")
        await asyncio.sleep(changing.WAITED_SECONDS * 1.1)
    answers = [(await one).status for one in late]
    assert answers == ([401, 200] if revoked else [200, 200])
    kept = await reader("GET", paths[0])
    assert kept.body["data"]["language"] == (profile["language"] if revoked else "en")
    assert kept.headers["etag"] == ('"1"' if revoked else '"2"')


async def test_a_write_that_waited_while_everything_was_destroyed_leaves_nothing(hold, profile, rooms):
    holder = await hold()
    client = await holder.client()
    person, _ = await client.person(profile)
    async with rooms.data.transaction(holder.id) as tx:
        await tx.fetchrow(vault.LOCK_PERSON, holder.id, UUID(person))
        late = asyncio.create_task(client("POST", f"/api/v1/persons/{person}/profile", {"data": {"language": "fr"}}))
        await waits(tx, late)
        async with rooms.data.transaction(holder.id) as closing:
            await closing.execute(gate.CLOSE_GATE, holder.id, "destroying")
        await asyncio.sleep(changing.WAITED_SECONDS)
    assert (await late).status in (401, 410)
    async with rooms.data.transaction(holder.id) as tx:
        assert await tx.fetchval("SELECT count(*) FROM bailee.record WHERE controller_id = $1", holder.id) == 1


async def test_a_slow_write_that_moves_the_gate_itself_is_written_once(hold, profile, rooms, monkeypatch):
    monkeypatch.setattr(changing, "WAITED_SECONDS", -1.0)
    holder = await hold()
    client = await holder.client()
    person, record = await client.person(profile)
    assert (await client("GET", f"/api/v1/persons/{person}/profile/{record}")).status == 200
    async with rooms.data.transaction(holder.id) as tx:
        assert await tx.fetchval("SELECT count(*) FROM bailee.person WHERE controller_id = $1", holder.id) == 1
        assert await tx.fetchval("SELECT count(*) FROM bailee.policy_class WHERE controller_id = $1", holder.id) == 1


async def test_of_a_value_that_many_share_no_more_is_looked_at_than_is_asked_for(hold, owner):
    holder = await hold()
    rows = [(holder.id, tag, UUID(int=n), UUID(int=n)) for tag in (b"common", b"other") for n in range(300)]
    await owner.executemany(vault.INSERT_TAG, [*rows, (holder.id, b"rare", UUID(int=1), UUID(int=1))])
    await owner.execute("ANALYZE bailee.blind_index")
    asked = (holder.id, [b"common", b"rare", b"none"], 7)
    found = await owner.fetch(gate.TAGGED, *asked)
    assert [row["tag"] for row in found].count(b"common") == 7
    assert [row["tag"] for row in found].count(b"rare") == 1
    assert [row["person_id"] for row in found] == sorted(row["person_id"] for row in found)
    [plan] = await owner.fetch("EXPLAIN (ANALYZE, FORMAT JSON) " + gate.TAGGED, *asked)
    assert looked_at(json.loads(plan[0])[0]["Plan"]) <= 3 * 7


def looked_at(plan) -> int:
    """How many rows a plan took from the index."""
    own = plan["Actual Rows"] * plan["Actual Loops"] if plan.get("Relation Name") == "blind_index" else 0
    return own + sum(looked_at(one) for one in plan.get("Plans", ()))


async def test_what_the_scrub_has_told_is_remembered_in_bounds(hold, profile, rooms, owner, monkeypatch):
    monkeypatch.setattr(scrubbing, "REMEMBERED", 1)
    holder = await hold()
    client = await holder.client()
    for language in ("fr", "it"):
        await client.person({"language": language})
    await owner.execute("UPDATE bailee.record SET version = 9 WHERE controller_id = $1", holder.id)
    assert len(await rooms.scrubbing.some(holder.id)) == 2
    assert len(rooms.scrubbing._told) == 1

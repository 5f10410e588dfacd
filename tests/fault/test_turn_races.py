"""Keys are turned by two at once, beside a destruction, on a key store that is put back: nothing opens less, nobody more."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest
from tests.fault.test_put_back_while_running import house, looked_over
from tests.household import signed_controller
from tests.speaking import Client

from bailee.api.data_plane import DataPlane
from bailee.furnishing import furnish
from bailee.gate import sweeping
from bailee.infra.keys import turning
from bailee.infra.keys.store import kek_name
from bailee.infra.root_keys import RootKeyGone
from bailee.serving import data_plane

__all__ = ["house"]
A_WHILE = 1.0  # long enough for what does not wait; what does wait is let go after it


@pytest.fixture
async def other(settings, premises):
    """Another process on the same servers."""
    async with furnish(settings, premises.addresses()) as rooms:
        yield rooms


class Held:
    """The first call of a step of another process, done and not gone on from until it is let go."""

    def __init__(self, owner, name) -> None:
        self._plain, self._reached, self._go_on = getattr(owner, name), asyncio.Event(), asyncio.Event()
        setattr(owner, name, self)

    async def __call__(self, *given):
        found = await self._plain(*given)
        if found and not self._reached.is_set():
            self._reached.set()
            await self._go_on.wait()
        return found

    async def while_held(self, going, meanwhile):
        """What both come to: one is held at the step, the other begins then."""
        first = asyncio.create_task(going)
        await self._reached.wait()
        second = asyncio.create_task(meanwhile)
        await asyncio.wait([second], timeout=A_WHILE)
        self._go_on.set()
        return await first, await second


async def all_open(client, rooms, controller, people) -> None:
    rooms.keys.forget(controller)
    for person, record in people:
        reply = await client("GET", f"/api/v1/persons/{person}/profile/{record}")
        assert reply.status == 200, reply.raw


async def test_two_turns_at_once_lose_no_key_and_leave_one_epoch(hold, rooms, other, monkeypatch):
    monkeypatch.setattr(turning, "CHUNK", 2)
    holder = await hold()
    client = await holder.client()
    people = [await client.person({"language": "fr"}) for _ in range(5)]
    held = Held(other.turning, "_rewrap")
    await held.while_held(other.turn(holder.id, by="worker"), rooms.turn(holder.id, by="operator"))
    await all_open(client, rooms, holder.id, people)
    last = await rooms.turn(holder.id, by="tests")
    assert await rooms.keys.root_names(holder.id) == [kek_name(holder.id, last.epoch)]
    await all_open(client, rooms, holder.id, people)


async def test_no_erasure_is_final_while_an_epoch_stands_that_wrapped_its_key(hold, rooms):
    holder = await hold()
    client = await holder.client()
    (gone, _), (stays, _) = await client.person({"language": "fr"}), await client.person({"language": "fr"})
    await client("DELETE", f"/api/v1/persons/{gone}")
    lock = "SELECT 1 FROM bailee.person_key WHERE controller_id = $1 AND person_id = $2 FOR UPDATE"
    async with rooms.key_store.transaction(holder.id) as tx:
        await tx.fetch(lock, holder.id, UUID(stays))
        turn = asyncio.create_task(rooms.turn(holder.id, by="tests"))
        await asyncio.wait([turn], timeout=A_WHILE)
    turned = await turn
    assert (turned.destroyed, turned.left) == ((1,), ())
    assert await rooms.keys.root_names(holder.id) == [kek_name(holder.id, 2)]
    assert (await client("GET", f"/api/v1/persons/{gone}/erasure")).body["final_at"] is not None


async def test_keys_that_are_destroyed_while_they_turn_stay_gone(hold, rooms, other):
    holder = await hold()
    await (await holder.client()).person({"language": "fr"})
    held = Held(other.root, "names")
    await held.while_held(other.turning.turn(holder.id), rooms.keys.shred_controller(holder.id))
    assert await rooms.keys.keys_stand(holder.id) == 0
    assert (await rooms.turning.turn(holder.id)).epoch == 0, "no epoch came back"


async def test_a_key_store_put_back_to_before_a_turn_is_not_turned_until_a_newer_one_is_there(hold, profile, rooms):
    holder = await hold()
    client = await holder.client()
    one = await client.person(profile)
    back = "UPDATE bailee.person_key SET epoch = $2, wrapped = $3 WHERE controller_id = $1"

    async def stored():
        async with rooms.key_store.transaction(holder.id) as tx:
            sql = "SELECT epoch, wrapped FROM bailee.person_key WHERE controller_id = $1"
            return await tx.fetchrow(sql, holder.id)

    async def put(row) -> None:
        async with rooms.key_store.transaction(holder.id) as tx:
            await tx.execute(back, holder.id, row["epoch"], row["wrapped"])

    old = await stored()
    await rooms.turn(holder.id, by="tests")
    new = await stored()
    await put(old)
    for _ in range(2):
        with pytest.raises(RootKeyGone, match="the key store was put back"):
            await rooms.turn(holder.id, by="tests")
    assert await rooms.keys.root_names(holder.id) == [kek_name(holder.id, 2)], "what the newer one needs stands"
    await put(new)
    await all_open(client, rooms, holder.id, [one])
    assert (await rooms.turn(holder.id, by="tests")).destroyed == (2,)
    await all_open(client, rooms, holder.id, [one])


async def test_a_key_store_put_back_in_the_middle_of_a_turn_brings_nobody_back_and_the_turn_goes_on(
    house, base, profile, monkeypatch
):
    monkeypatch.setattr(turning, "CHUNK", 2)
    monkeypatch.setattr(sweeping, "GROWN_UP", timedelta())
    house.cluster = house.premises.clusters[0]  # the key store is what is copied and put back here
    async with house.process() as rooms:
        controller, text = await signed_controller(rooms, base)
        client = Client(DataPlane(data_plane(rooms)), text)
        (gone, record), *people = [await client.person(profile | {"email": f"{n}@x.example"}) for n in range(6)]
        await house.copy()
        first = f"/api/v1/persons/{people[0][0]}/profile/{people[0][1]}"
        rooms.keys.forget(controller)
        assert (await looked_over(lambda: client("GET", first))).status == 200
        assert (await client("DELETE", f"/api/v1/persons/{gone}")).status == 202

        def cut(moved: int) -> None:
            raise KeyboardInterrupt(moved)

        with pytest.raises(KeyboardInterrupt):
            await rooms.turn(controller, by="tests", progress=cut)
        assert await rooms.keys.root_names(controller) == [kek_name(controller, 1), kek_name(controller, 2)]
        await house.put_back()
        rooms.keys.forget(controller)
        assert (await looked_over(lambda: client("GET", first))).status == 200
        assert await rooms.keys.person_key_stands(controller, UUID(gone)), "their key came back with the backup"
        assert (await client("GET", f"/api/v1/persons/{gone}/profile/{record}")).status == 404
        turn = await rooms.turn(controller, by="tests")
        assert not await rooms.keys.person_key_stands(controller, UUID(gone)), "it was carried into the next epoch"
        assert await rooms.keys.root_names(controller) == [kek_name(controller, turn.epoch)]
        await all_open(client, rooms, controller, people)
        assert (await client("GET", f"/api/v1/persons/{gone}/erasure")).body["final_at"] is not None

"""Keys: turned epochs, old backups, orphans, read-backs."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest
from cryptography.exceptions import InvalidTag
from tests.household import worked

from bailee.cli.demo import parties
from bailee.gate.replay import check_seal
from bailee.infra.keys import queries, turning
from bailee.infra.keys.store import associated, kek_name
from bailee.infra.root_keys import RootKeyGone


async def test_after_a_turn_an_old_copy_of_the_key_store_opens_nothing_and_all_living_data_open(hold, profile, rooms):
    holder = await hold()
    client = await holder.client()
    person, record = await client.person(profile)
    async with rooms.key_store.transaction(holder.id) as tx:
        backup = await tx.fetch(queries.PERSON_KEYS, holder.id, [UUID(person)])
    turn = await rooms.turn(holder.id, by="tests")
    assert turn.epoch == 2
    assert turn.destroyed == (1,)
    rooms.keys.forget(holder.id)
    assert (await client("GET", f"/api/v1/persons/{person}/profile/{record}")).status == 200
    [row] = backup
    bound = associated(holder.id, UUID(person).bytes, row["key_id"], row["epoch"])
    with pytest.raises(RootKeyGone):
        await rooms.root.unwrap(kek_name(holder.id, 1), [row["wrapped"]], [bound])
    with pytest.raises(InvalidTag):
        await rooms.root.unwrap(kek_name(holder.id, 2), [row["wrapped"]], [bound])


async def test_an_erasure_is_final_only_after_the_epoch_has_turned(hold, profile, rooms):
    holder = await hold()
    client = await holder.client()
    person, _ = await client.person(profile)
    erased = (await client("DELETE", f"/api/v1/persons/{person}")).body
    assert erased["step"] == "done"
    assert erased["unreadable_at"]
    assert erased["records"] == 1
    assert erased["final_at"] is None
    await rooms.turn(holder.id, by="tests")
    state = (await client("GET", f"/api/v1/persons/{person}/erasure")).body
    assert state["final_at"] is not None


async def test_a_wrapped_key_moved_to_another_person_does_not_open(hold, profile, rooms):
    holder = await hold()
    client = await holder.client()
    one, record = await client.person(profile)
    other, _ = await client.person({"language": "fr"})
    async with rooms.key_store.transaction(holder.id) as tx:
        rows = {r["person_id"]: r for r in await tx.fetch(queries.PERSON_KEYS, holder.id, [UUID(one), UUID(other)])}
        await tx.execute(
            "UPDATE bailee.person_key SET wrapped = $3 WHERE controller_id = $1 AND person_id = $2",
            holder.id, UUID(one), rows[UUID(other)]["wrapped"],
        )  # fmt: skip
    rooms.keys.forget(holder.id)
    found = await rooms.keys.person_keys([(holder.id, UUID(one), rows[UUID(one)]["key_id"])])
    assert found[rows[UUID(one)]["key_id"]].closed
    path = f"/api/v1/persons/{one}/profile"
    for reply in (
        await client("GET", f"{path}/{record}"),
        await client("PATCH", f"{path}/{record}", {"language": "it"}),
        await client("POST", path, {"data": {"language": "it"}}),
    ):
        assert (reply.status, reply.body["type"].rsplit("/", 1)[1]) == (500, "altered")


async def test_a_crash_between_mark_and_shred_is_finished_by_the_replay(hold, profile, rooms, monkeypatch):
    holder = await hold()
    client = await holder.client()
    person, _ = await client.person(profile)
    store = type(rooms.keys)
    original = store.shred_person

    async def cut(*_: object) -> None:
        raise ConnectionError("cut")

    monkeypatch.setattr(store, "shred_person", cut)
    assert (await client("DELETE", f"/api/v1/persons/{person}")).status == 500
    assert await rooms.keys.person_key_stands(holder.id, UUID(person))
    assert rooms.destruction_log.unconfirmed()
    monkeypatch.setattr(store, "shred_person", original)
    await worked(rooms.duties(), "erasures", holder.id)
    assert not await rooms.keys.person_key_stands(holder.id, UUID(person))
    assert (await rooms.erasing.state(holder.id, UUID(person))).step == "done"


async def test_a_restored_person_whom_the_log_names_is_erased_again(hold, profile, rooms):
    """The data server and key store come back from a backup; the destruction log does not."""
    from bailee.vault.destruction_log import person_name

    holder = await hold()
    client = await holder.client()
    person, _ = await client.person(profile)
    rooms.destruction_log.intend([person_name(holder.id, UUID(person))], rooms.clock.now())
    await check_seal(rooms.destruction_log, rooms.replay, destroy=rooms.ending.bring_to_end)
    assert rooms.destruction_log.unconfirmed() == set()
    await check_seal(rooms.destruction_log, rooms.replay, destroy=rooms.ending.bring_to_end)  # with nothing left to do
    assert not await rooms.keys.person_key_stands(holder.id, UUID(person))


async def test_the_key_of_someone_erased_that_a_key_store_brings_back_is_swept(hold, profile, rooms):
    """The key store alone is put back: no log is behind its anchor, and nobody comes back to life."""
    holder = await hold()
    client = await holder.client()
    (gone, _), (stays, record) = await client.person(profile), await client.person({"language": "fr"})
    row = "SELECT key_id, epoch, wrapped, made_at FROM bailee.person_key WHERE controller_id = $1 AND person_id = $2"
    async with rooms.key_store.transaction(holder.id) as tx:
        before = await tx.fetchrow(row, holder.id, UUID(gone))
    assert (await client("DELETE", f"/api/v1/persons/{gone}")).status == 202
    key_id, epoch, wrapped, made_at = before
    async with rooms.key_store.transaction(holder.id) as tx:
        old = made_at - timedelta(hours=1)
        await tx.execute(queries.INSERT_PERSON_KEY, holder.id, UUID(gone), key_id, epoch, wrapped, old)
    assert await rooms.sweeping.keys(holder.id) == 1
    assert not await rooms.keys.person_key_stands(holder.id, UUID(gone))
    assert (await client("GET", f"/api/v1/persons/{stays}/profile/{record}")).status == 200


async def test_a_key_that_nobodys_row_names_is_swept_and_its_person_can_no_longer_be_made(hold, rooms, settings):
    from pathlib import Path

    from bailee.vocabulary.ids import new_id

    holder = await hold()
    client = await holder.client()
    person, _ = await client.person({"language": "fr"})
    orphan = new_id()
    await rooms.keys.create_person_keys(holder.id, [orphan])
    await rooms.sweeping.keys(holder.id)
    assert await rooms.keys.person_key_stands(holder.id, orphan)
    clock = Path(settings.clock.removeprefix("file:"))
    clock.write_text("+11m")
    try:
        assert await rooms.sweeping.keys(holder.id) >= 1
    finally:
        clock.write_text("+0s")
    assert not await rooms.keys.person_key_stands(holder.id, orphan)
    assert await rooms.keys.person_key_stands(holder.id, UUID(person))


async def test_old_idempotency_keys_are_forgotten(hold, rooms, settings):
    from pathlib import Path

    holder = await hold()
    client = await holder.client()
    await client("POST", "/api/v1/persons", {"groups": ["user"]}, idempotency_key="k")
    assert await worked(rooms.duties(), "old idempotency keys", holder.id) == 0
    clock = Path(settings.clock.removeprefix("file:"))
    clock.write_text("+49h")
    try:
        assert await worked(rooms.duties(), "old idempotency keys", holder.id) >= 1
    finally:
        clock.write_text("+0s")


async def test_an_epoch_turns_while_people_are_read_taken_in_changed_and_erased(hold, profile, rooms, monkeypatch):
    monkeypatch.setattr(turning, "CHUNK", 7)
    holder = await hold()
    client = await holder.client()
    held = [await client.person({"language": "fr"}) for _ in range(30)]
    erased: list[str] = []
    statuses: set[int] = set()
    stop = asyncio.Event()

    async def read() -> None:
        while not stop.is_set():
            rooms.keys.forget_persons()
            for person, record in held[:20]:
                statuses.add((await client("GET", f"/api/v1/persons/{person}/profile/{record}")).status)

    async def write() -> None:
        while not stop.is_set():
            held.append(await client.person({"language": "it"}))
            person, record = held[3]
            statuses.add(
                (await client("PATCH", f"/api/v1/persons/{person}/profile/{record}", {"language": "en"})).status
            )

    async def erase() -> None:
        while not stop.is_set():
            if len(held) <= 25:  # they are erased faster than others are taken in
                await asyncio.sleep(0.01)
                continue
            person, _ = held.pop(25)
            erased.append(person)
            statuses.add((await client("DELETE", f"/api/v1/persons/{person}")).status)

    working = [asyncio.create_task(one()) for one in (read, write, erase)]
    turns = []
    for _ in range(4):
        turns.append(await rooms.turn(holder.id, by="tests"))
        await asyncio.sleep(0.3)
    stop.set()
    await asyncio.gather(*working)
    last = await rooms.turn(holder.id, by="tests")
    assert statuses <= {200, 202}
    assert [turn.epoch for turn in turns] == [2, 3, 4, 5]
    assert await rooms.keys.root_names(holder.id) == [kek_name(holder.id, last.epoch)]
    for person, record in held:
        assert (await client("GET", f"/api/v1/persons/{person}/profile/{record}")).status == 200
    for person in erased:
        state = (await client("GET", f"/api/v1/persons/{person}/erasure")).body
        assert state["unreadable_at"]
        assert state["final_at"]


async def test_a_turn_that_was_cut_goes_on_and_leaves_one_epoch(hold, rooms, monkeypatch):
    monkeypatch.setattr(turning, "CHUNK", 5)
    holder = await hold()
    client = await holder.client()
    held = [await client.person({"language": "fr"}) for _ in range(20)]

    def cut(moved: int) -> None:
        if moved > 8:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await rooms.turn(holder.id, by="tests", progress=cut)
    assert len(await rooms.keys.root_names(holder.id)) == 2
    rooms.keys.forget(holder.id)
    for person, record in held:
        assert (await client("GET", f"/api/v1/persons/{person}/profile/{record}")).status == 200
    turn = await rooms.turn(holder.id, by="tests")
    assert turn.destroyed == (1, 2)
    assert await rooms.keys.root_names(holder.id) == [kek_name(holder.id, 3)]


async def test_a_destroyed_controller_gets_no_new_keys_from_a_turn_or_a_scrub(hold, rooms):
    holder = await hold()
    await (await holder.client()).person({"language": "fr"})
    document = parties.ended(holder.company, holder.agreement, rooms.clock.now() - timedelta(seconds=1))
    await rooms.ending.end(holder.id, document, by="tests")
    await rooms.ending.waive(holder.id, by="tests")
    await rooms.ending.destroy(holder.id, by="tests", confirmed=True)
    assert (await rooms.turn(holder.id, by="tests")).epoch == 0
    assert await rooms.scrubbing.some(holder.id) == []
    assert await rooms.keys.keys_stand(holder.id) == 0


async def test_keys_that_are_not_asked_for_again_are_not_remembered_for_ever(rooms, hold, monkeypatch):
    holder, keys, now = await hold(), rooms.keys, rooms.clock.monotonic()
    for number in range(5):
        await keys.controller_key(holder.id, f"message/{number}")
    monkeypatch.setattr(type(rooms.clock), "monotonic", lambda _self: now + 120.0)
    await keys.controller_key(holder.id, "message/last")
    assert list(keys._controllers) == [(holder.id, "message/last")]


async def test_a_key_store_put_back_to_before_a_turn_is_said_to_be_away_and_put_forward_opens_all_again(
    hold, profile, rooms
):
    holder = await hold()
    client = await holder.client()
    person, record = await client.person(profile)
    every = "SELECT {} FROM bailee.person_key WHERE controller_id = $1"
    back = "UPDATE bailee.person_key SET epoch = $3, wrapped = $4 WHERE controller_id = $1 AND person_id = $2"

    async def stored():
        async with rooms.key_store.transaction(holder.id) as tx:
            return await tx.fetchrow(every.format("epoch, wrapped"), holder.id)

    async def put(row):
        async with rooms.key_store.transaction(holder.id) as tx:
            await tx.execute(back, holder.id, UUID(person), row["epoch"], row["wrapped"])
        rooms.keys.forget(holder.id)

    old = await stored()
    assert (await rooms.turn(holder.id, by="tests")).destroyed == (1,)
    new = await stored()
    await put(old)
    path = f"/api/v1/persons/{person}/profile/{record}"
    away = await client("GET", path)
    assert (away.status, away.headers["retry-after"]) == (503, "30"), away.raw
    await put(new)
    assert (await client("GET", path)).status == 200

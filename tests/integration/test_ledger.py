"""The ledger under load, put back, pruned, scrubbed; and who saw a person."""

import asyncio
import json
from uuid import UUID

import asyncpg
import pytest

from bailee.furnishing import put_back, sequencing
from bailee.ledger.anchors import Anchors
from bailee.ledger.closing import Closing
from bailee.ledger.entries import Act
from bailee.ledger.pruning import NotPruned
from bailee.ledger.queries import FRONTIER
from bailee.ledger.reading import Pending
from bailee.ledger.sequencing import Overtaken
from bailee.proof.checkpoint import Checkpoint
from bailee.proof.merkle import Invalid
from bailee.proof.tree import verify_consistency


def said(note: str) -> Checkpoint:
    return Checkpoint.parse(note.partition("\n\n")[0] + "\n")


@pytest.fixture
async def owner(premises):
    connection = await asyncpg.connect(premises.clusters[0].address())
    yield connection
    await connection.close()


async def test_any_two_checkpoints_taken_under_load_are_consistent_and_integration_takes_less_than_a_second(
    hold, rooms, settings, premises
):
    holder = await hold()
    seen: dict[int, bytes] = {}
    delays: list[float] = []
    stop = asyncio.Event()

    async def write(name: str) -> None:
        for n in range(60):
            began = rooms.clock.monotonic()
            recorded = await rooms.appending.append_one(Act("measured", holder.id, name, {"n": n}))
            if n % 20 == 0:
                while True:
                    try:
                        await rooms.reading.receipt(holder.id, recorded.batch.batch_id, recorded.position)
                        break
                    except Pending:
                        await asyncio.sleep(0.01)
                delays.append(rooms.clock.monotonic() - began)

    async def watch() -> None:
        while not stop.is_set():
            head = await rooms.reading.head(holder.id)
            if head is not None:
                checkpoint = said(head.checkpoint)
                assert seen.setdefault(checkpoint.size, checkpoint.root) == checkpoint.root, "a fork"
            await asyncio.sleep(0.005)

    async def rival() -> None:
        async with sequencing(settings, premises.addresses()) as second:
            while not stop.is_set():
                try:
                    await second.integrate_all()
                except (Overtaken, asyncpg.PostgresError):
                    continue
                await asyncio.sleep(0.01)

    watching, racing = asyncio.create_task(watch()), asyncio.create_task(rival())
    await asyncio.gather(*(write(f"writer-{n}") for n in range(6)))
    await rooms.reading.integrated(holder.id)
    await asyncio.sleep(0.05)
    stop.set()
    await asyncio.gather(watching, racing)
    sizes = sorted(size for size in seen if size)
    assert len(sizes) > 3
    for older in sizes:
        for newer in sizes:
            if older <= newer:
                proof = await rooms.reading.consistency(holder.id, older, newer)
                verify_consistency(older, newer, proof, seen[older], seen[newer])
    assert sorted(delays)[len(delays) * 9 // 10] < 1.0
    bodies = [json.loads(e.opened.body) async for e in rooms.reading.entries(holder.id, 0, 10_000)]
    measured = [(b["actor"], b["details"]["n"]) for b in bodies if b["kind"] == "measured"]
    assert sorted(measured) == sorted((f"writer-{w}", n) for w in range(6) for n in range(60))


async def test_who_saw_a_person_is_found_by_the_index_and_the_tail_that_is_not_integrated_yet(
    hold, profile, settings, premises, rooms
):
    holder = await hold()
    client = await holder.client()
    person, record = await client.person(profile)
    other, _ = await client.person({"language": "fr"})
    await client("GET", f"/api/v1/persons/{person}/profile/{record}")
    await rooms.reading.integrated(holder.id)
    at_once = await client("GET", f"/api/v1/persons/{person}/profile/{record}")
    told = [one async for one in rooms.reading.about(holder.id, UUID(person))]
    kinds = [json.loads(one.opened.body)["kind"] for one in told]
    assert kinds.count("permit") >= 2
    assert kinds.count("change") == 1
    assert at_once.body["entry"] in {one.name for one in told}
    assert all(person in one.opened.body.decode() for one in told)
    assert not any(other in one.opened.body.decode() for one in told)
    await rooms.reading.integrated(holder.id)
    assert all(one.index is not None for one in [o async for o in rooms.reading.about(holder.id, UUID(person))])


async def test_a_log_that_was_put_back_is_closed_and_goes_on_in_its_next_generation(
    hold, profile, rooms, settings, premises, owner
):
    holder = await hold()
    client = await holder.client()
    await client.person(profile)
    await rooms.reading.integrated(holder.id)
    before = await owner.fetchrow("SELECT * FROM bailee.ledger_head WHERE controller_id = $1", holder.id)
    tiles = await owner.fetch("SELECT * FROM bailee.ledger_tile WHERE controller_id = $1", holder.id)
    person, record = await client.person({"language": "fr"})
    lost = await client("GET", f"/api/v1/persons/{person}/profile/{record}")
    head = await rooms.reading.integrated(holder.id)
    async with owner.transaction():  # the server comes back as it was: head, tiles and batches
        await owner.execute(
            "DELETE FROM bailee.ledger_batch WHERE controller_id = $1 AND first_index >= $2", holder.id, before["size"]
        )
        await owner.execute("DELETE FROM bailee.ledger_tile WHERE controller_id = $1", holder.id)
        await owner.executemany(
            "INSERT INTO bailee.ledger_tile VALUES ($1, $2, $3, $4, $5)", [tuple(tile.values()) for tile in tiles]
        )
        await owner.execute(
            "UPDATE bailee.ledger_head SET size = $2, frontier = $3, checkpoint = $4, published = $4, published_size = $2"
            " WHERE controller_id = $1",
            holder.id, before["size"], before["frontier"], before["checkpoint"],
        )  # fmt: skip
    async with sequencing(settings, premises.addresses()):
        pass  # the check runs when a sequencer starts
    follows = await rooms.reading.integrated(holder.id)
    assert follows.generation == 2
    [opener] = [e async for e in rooms.reading.entries(holder.id, 0, 1)]
    body = json.loads(opener.opened.body)
    assert body["kind"] == "log-closed"
    assert body["details"]["lost"] == head.checkpoint
    assert body["details"]["restored-size"] == before["size"]
    [closed] = await rooms.reading.closed(holder.id)
    assert (closed.generation, said(closed.checkpoint).size) == (1, before["size"])
    await rooms.reading.integrated(rooms.platform)
    told = [e.opened.body async for e in rooms.reading.entries(rooms.platform, 0, 100_000) if e.opened]
    assert any(b"log-closed" in one and str(holder.id).encode() in one for one in told)
    written = await client("POST", "/api/v1/persons", {"groups": ["user"], "records": []})
    await rooms.reading.integrated(holder.id)
    batch, _, position = written.body["entry"].partition(".")
    assert "/2\n" in await rooms.reading.receipt(holder.id, UUID(batch), int(position))
    gone, _, place = lost.body["entry"].partition(".")
    with pytest.raises(Exception, match=gone):
        await rooms.reading.receipt(holder.id, UUID(gone), int(place))
    async with sequencing(settings, premises.addresses()):
        pass
    assert (await rooms.reading.head(holder.id)).generation == 2, "a closed log is closed once"


async def test_a_log_whose_entries_were_exchanged_under_the_same_size_is_closed_too(
    hold, profile, rooms, settings, premises, owner, monkeypatch
):
    async def found_before():
        return [holder.id]

    holder = await hold()
    await (await holder.client()).person(profile)
    await rooms.reading.integrated(holder.id)
    head = await owner.fetchrow("SELECT frontier FROM bailee.ledger_head WHERE controller_id = $1", holder.id)
    forged = head["frontier"][:8] + bytes(32) + head["frontier"][40:]
    await owner.execute("UPDATE bailee.ledger_head SET frontier = $2 WHERE controller_id = $1", holder.id, forged)
    async with sequencing(settings, premises.addresses()) as sequencer:
        checked = Closing(sequencer._database, sequencer, Anchors(settings.anchors), rooms.clock, rooms.platform)
        assert holder.id not in await checked.check()
        monkeypatch.setattr(checked, "behind", found_before)
        assert await checked.check() == [], "what another process closed meanwhile is closed once"
    assert (await rooms.reading.integrated(holder.id)).generation == 2


@pytest.mark.parametrize("harm", ["tile", "frontier"])
async def test_a_damaged_log_is_closed_and_keeps_no_other_waiting(
    hold, profile, rooms, settings, premises, owner, harm
):
    other, holder = await hold(1), await hold()
    client = await holder.client()
    await client.person(profile)
    await rooms.reading.integrated(holder.id)
    async with sequencing(settings, premises.addresses()) as sequencer:
        if harm == "tile":
            await owner.execute("DELETE FROM bailee.ledger_tile WHERE controller_id = $1", holder.id)
        else:
            cut = "UPDATE bailee.ledger_head SET frontier = '\\x00' WHERE controller_id = $1"
            await owner.execute(cut, holder.id)
        await rooms.appending.append_one(Act("measured", holder.id, "tests"))
        await rooms.appending.append_one(Act("measured", other.id, "tests"))
        await sequencer.integrate_all()
        head = await rooms.reading.integrated(holder.id)
        await sequencer.close(holder.id)  # who finds it at the same moment finds it closed
        assert await rooms.reading.integrated(other.id)
    assert head.generation == 2
    [opener] = [e async for e in rooms.reading.entries(holder.id, 0, 1)]
    said_of = json.loads(opener.opened.body)["details"]
    assert ("restored-root" in said_of) == (harm == "tile")
    reason = "SELECT reason FROM bailee.ledger_closed WHERE controller_id = $1"
    assert await owner.fetchval(reason, holder.id) == "damaged"


@pytest.mark.parametrize("frontier", [b"", bytes(8), bytes(7) + b"\x01"])
async def test_a_head_that_cannot_be_read_stops_no_start(hold, profile, rooms, settings, premises, owner, frontier):
    holder = await hold()
    await (await holder.client()).person(profile)
    await rooms.reading.integrated(holder.id)
    sql = "UPDATE bailee.ledger_head SET frontier = $2 WHERE controller_id = $1"
    await owner.execute(sql, holder.id, frontier)
    assert holder.id in await put_back(settings, premises.addresses())
    async with sequencing(settings, premises.addresses()) as sequencer:
        await sequencer.integrate_all()
    assert (await rooms.reading.integrated(holder.id)).generation == 2


async def test_a_sequencer_that_nobody_gave_a_way_to_close_says_what_is_damaged(rooms, settings, premises, monkeypatch):
    async with sequencing(settings, premises.addresses()) as sequencer:

        async def one():
            return [rooms.platform]

        async def damaged(_controller):
            raise Invalid("a tile ends early")

        monkeypatch.setattr(sequencer, "pending", one)
        monkeypatch.setattr(sequencer, "integrate", damaged)
        sequencer.close = None
        with pytest.raises(Invalid):
            await sequencer.integrate_all()


async def test_a_log_extends_what_was_anchored_of_it_as_far_as_its_tiles_show(hold, profile, rooms, settings, premises):
    holder = await hold()
    client = await holder.client()
    await client.person(profile)
    await rooms.reading.integrated(holder.id)
    anchored = said((await rooms.reading.head(holder.id)).checkpoint)
    await client.person(profile)
    await rooms.reading.integrated(holder.id)
    async with sequencing(settings, premises.addresses()) as sequencer:
        checked = Closing(sequencer._database, sequencer, Anchors(settings.anchors), rooms.clock, rooms.platform)
        async with sequencer._database.transaction() as tx:
            head = dict(await tx.fetchrow(FRONTIER, holder.id))
            assert head["size"] > anchored.size
            assert await checked._extends(tx, holder.id, head, anchored, 1)
            for claimed in (head["size"] + 1, 2**20):
                assert not await checked._extends(tx, holder.id, head | {"size": claimed}, anchored, 1)


async def test_pruning_forgets_bodies_and_keeps_the_tree(hold, profile, rooms, owner):
    holder = await hold()
    client = await holder.client()
    person, record = await client.person(profile)
    read = await client("GET", f"/api/v1/persons/{person}/profile/{record}")
    await rooms.reading.integrated(holder.id)
    batch, _, position = read.body["entry"].partition(".")
    handed_out = await rooms.reading.receipt(holder.id, UUID(batch), int(position))
    old = (await rooms.reading.head(holder.id)).size
    month = f"{rooms.clock.now():%Y-%m}"
    with pytest.raises(NotPruned):
        await rooms.pruning.prune(holder.id, "next month", by="tests")
    assert (await rooms.pruning.prune(holder.id, month, by="tests")).months == ()
    await owner.execute("UPDATE bailee.person SET held = true WHERE controller_id = $1", holder.id)
    with pytest.raises(NotPruned, match="held"):
        await rooms.pruning.prune(holder.id, "2999-01", by="tests")
    await owner.execute("UPDATE bailee.person SET held = false WHERE controller_id = $1", holder.id)
    assert (await rooms.pruning.prune(holder.id, "2999-01", by="tests")).months == (month,)
    entries = [e async for e in rooms.reading.entries(holder.id, 0, old)]
    assert [e.index for e in entries] == list(range(old))
    assert all(e.opened is None for e in entries)
    await client("GET", f"/api/v1/persons/{person}/profile/{record}")
    head = await rooms.reading.integrated(holder.id)
    assert head.size > old
    assert await rooms.reading.consistency(holder.id, old, head.size) is not None
    again = await rooms.reading.receipt(holder.id, UUID(batch), int(position))
    assert handed_out.split("\n")[0] == again.split("\n")[0]
    assert await owner.fetchval(
        "SELECT count(*) FROM bailee.ledger_batch WHERE controller_id = $1 AND body IS NULL", holder.id
    )


async def test_an_older_row_put_back_a_row_removed_and_a_row_revived_are_found_by_the_scrub(
    hold, profile, rooms, owner
):
    holder = await hold()
    client = await holder.client()
    person, record = await client.person(profile)
    _, removed = await client.person({"language": "fr"})
    gone, revived = await client.person({"language": "fr"})
    await client("PATCH", f"/api/v1/persons/{person}/profile/{record}", {"language": "en"})
    rows = "SELECT * FROM bailee.record WHERE controller_id = $1 AND record_id = $2"
    older = await owner.fetchrow(rows, holder.id, UUID(record))
    await client("PATCH", f"/api/v1/persons/{person}/profile/{record}", {"language": "it"})
    dead = await owner.fetchrow(rows, holder.id, UUID(revived))
    assert (await client("DELETE", f"/api/v1/persons/{gone}/profile/{revived}")).status == 200
    assert await rooms.scrubbing.some(holder.id) == []
    await owner.execute(
        "UPDATE bailee.record SET version = $3, sealed = $4 WHERE controller_id = $1 AND record_id = $2",
        holder.id, UUID(record), older["version"], older["sealed"],
    )  # fmt: skip
    await owner.execute(
        "DELETE FROM bailee.record WHERE controller_id = $1 AND record_id = $2", holder.id, UUID(removed)
    )
    await owner.execute(
        f"INSERT INTO bailee.record VALUES ({', '.join(f'${n + 1}' for n in range(len(dead)))})", *dead.values()
    )
    found = {str(one.record): (one.written, one.stored) for one in await rooms.scrubbing.some(holder.id)}
    assert found == {record: (3, 2), removed: (1, None), revived: (None, 1)}
    await rooms.scrubbing.some(holder.id)
    bodies = [json.loads(e.opened.body) async for e in rooms.reading.entries(holder.id, 0, 1000)]
    await rooms.reading.integrated(holder.id)
    bodies = [json.loads(e.opened.body) async for e in rooms.reading.entries(holder.id, 0, 1000)]
    told = [b["details"]["record"] for b in bodies if b["kind"] == "record-differs"]
    assert sorted(told) == sorted(found), "each is told once"

"""The edges of gate, ledger and vault: what seldom happens, happens here."""

import asyncio
import json
from contextlib import suppress
from datetime import datetime
from uuid import UUID, uuid4

import asyncpg
import msgspec
import pytest
from structlog.testing import capture_logs

from bailee.contract.ruling import AccessRequest, Permit, Refusal
from bailee.furnishing import sequencing
from bailee.gate import credentials, narrowing
from bailee.gate import replay as replaying
from bailee.gate.changing import Held, Narrowed, Unknown
from bailee.gate.filing import AlreadyFiled
from bailee.gate.passage import Destroyed, Revoked
from bailee.gate.people import CHUNK, NewPerson, allow_new
from bailee.gate.records import Draft
from bailee.gate.sets import Refused, Sought
from bailee.infra.batching import Batcher, Overloaded
from bailee.infra.database import Database, Unavailable
from bailee.infra.setbacks.looks import Look
from bailee.ledger import anchors as anchoring
from bailee.ledger import queries as ledger
from bailee.ledger import reading
from bailee.ledger.anchors import Anchor, Anchors, BrokenAnchors
from bailee.ledger.entries import Act, Repeated
from bailee.ledger.pruning import NotPruned
from bailee.ledger.reading import NoSuchEntry, Pending
from bailee.ledger.sealing import Unreadable
from bailee.ledger.sequencing import Overtaken, Sequencer
from bailee.proof.merkle import leaf_hash
from bailee.vault import amending, holding
from bailee.vault.destruction_log import person_name
from bailee.vault.erasing import KeyStillThere
from bailee.vault.holding import PolicyClass
from bailee.vault.opening import NotRecorded, Selected, View
from bailee.vault.record_types import RefusedData, RefusedType, declare
from bailee.vocabulary.ids import Address, new_id
from bailee.vocabulary.operations import Operation
from bailee.vocabulary.parties import Actor, ActorKind
from bailee.vocabulary.purposes import Purpose

SYSTEM = Actor(id="system:crm", kind=ActorKind.controller_system, credential=UUID(int=1))
POLICY = PolicyClass(type="profile", purposes=tuple(sorted(map(str, Purpose))))
LANGUAGE = frozenset({"language"})


def request(operation, *addresses, **more):
    return AccessRequest(
        actor=SYSTEM, controller=addresses[0].controller, operation=operation, purpose=Purpose.account_management,
        addresses=addresses, **more,
    )  # fmt: skip


@pytest.fixture
async def held(hold, rooms):
    """A controller with one person and one profile: its holder, its client and the address."""
    holder = await hold()
    client = await holder.client()
    person, record = await client.person({"language": "fr"})
    return holder, client, Address(holder.id, UUID(person), "profile", UUID(record))


@pytest.fixture
async def owner(premises):
    connection = await asyncpg.connect(premises.clusters[0].address())
    yield connection
    await connection.close()


async def test_every_kind_of_update_under_a_lock(held, rooms):
    _, client, at = held
    path = f"/api/v1/persons/{at.person}/profile/{at.record}"
    key = {"idempotency_key": "under-a-lock"}
    first = await client("PATCH", path, {"language": "it"}, **key)
    assert (first.status, first.body["version"]) == (200, 2)
    assert (await client("PATCH", path, {"language": "it"}, **key)).body["version"] == 2
    assert (await client("PATCH", path, {"language": "en"}, if_match='"1"', idempotency_key="another")).status == 412
    assert (await client("PATCH", path, {"language": "en"}, if_match='"1"')).status == 412
    assert (await client("PATCH", path, {"email": "ada@x.example"})).body["version"] == 3
    assert (await client("PUT", path, {"email": "ada@x.example", "language": "de"})).body["version"] == 4
    assert (await client("PUT", path, {"email": "other@x.example"})).body["version"] == 5
    found = await client("POST", "/api/v1/search", {"type": "profile", "field": "email", "value": "other@x.example"})
    assert len(found.body["records"]) == 1


async def test_an_update_of_what_is_gone_restricted_or_contended_takes_the_locked_way(held, rooms, monkeypatch):
    holder, client, at = held
    asked = request(Operation.modify, at, categories=LANGUAGE, named=True)
    monkeypatch.setattr(rooms.records._rewriting._writing, "_run", _nothing_written)
    written = await rooms.records.patch(asked, {"language": "it"}, None)
    assert written.version == 2
    monkeypatch.undo()
    assert (await client("PATCH", f"/api/v1/persons/{at.person}", {"restricted": True})).status == 200
    refused = await rooms.records.patch(asked, {"language": "en"}, None)
    assert refused.reason == "restricted"
    with pytest.raises(Unknown):
        await rooms.records.patch(request(Operation.modify, _other(at), categories=LANGUAGE, named=True), {}, None)
    with pytest.raises(Unknown):
        await rooms.records.replace(request(Operation.modify, _other(at, type="nonsense")), {}, None)
    with pytest.raises(Unknown):
        await rooms.records.delete(request(Operation.delete, _other(at)))
    with pytest.raises(Unknown):
        await rooms.records.create(request(Operation.store, _other(at, type="nonsense")), Draft({}, POLICY))


async def test_of_updates_written_together_only_what_still_stands_is_written_and_recorded(held, rooms):
    """One has another version by now, one comes twice, one was ruled under an older gate: the others are written."""
    holder, client, at = held
    stood = []
    for _ in range(3):
        person, record = await client.person({"language": "fr"})
        stood.append(Address(holder.id, UUID(person), "profile", UUID(record)))
    ready = [await _ready(rooms, one) for one in (at, *stood)]
    assert (await client("PATCH", f"/api/v1/persons/{at.person}/profile/{at.record}", {"language": "it"})).status == 200
    older = msgspec.structs.replace(ready[3][0], gate_version=ready[3][0].gate_version - 1), ready[3][1]
    asked = [ready[0], ready[1], ready[1], ready[2], older]
    found = await rooms.records._rewriting._together([(holder.id, asked)])
    assert [one is not None for one in found] == [False, True, False, True, False]
    assert [found[n].fact.address for n in (1, 3)] == stood[:2]
    assert await rooms.records._rewriting._together([(holder.id, [ready[1], ready[2]])]) == [None, None]
    for one, version in zip((at, *stood), (2, 2, 2, 1), strict=True):
        read = await client("GET", f"/api/v1/persons/{one.person}/profile/{one.record}")
        assert (read.status, read.body["version"]) == (200, version)
    assert await rooms.scrubbing.some(holder.id) == [], "each version has its entry"
    changes = [json.loads(e.opened.body) async for e in rooms.reading.about(holder.id, stood[0].person)]
    assert [one["version"] for one in changes if one["kind"] == "change" and one["version"] > 1] == [2]


async def _ready(rooms, at):
    dossier = await rooms.passage.dossier(at.controller)
    permit = rooms.passage.rule(dossier, request(Operation.modify, at, categories=LANGUAGE, named=True))
    [row] = await holding.Holding(rooms.data).fetch([(at.controller, [at])])

    def amended(permit, keys, record_type, current):
        return amending.amend(permit, keys, record_type, current, {"language": "en"})

    return await rooms.records._rewriting._ready(dossier, permit, row, amended, None)


async def _nothing_written(groups):
    return [None for _, group in groups for _ in group]


def _other(at, *, type="profile"):
    return Address(at.controller, at.person, type, new_id())


async def test_a_key_that_is_gone_under_a_living_row_is_as_good_as_unknown(held, rooms):
    holder, client, at = held
    await rooms.keys.shred_person(holder.id, at.person)
    rooms.keys.forget_persons()
    path = f"/api/v1/persons/{at.person}/profile"
    assert (await client("GET", f"{path}/{at.record}")).status == 404
    assert (await client("PATCH", f"{path}/{at.record}", {"language": "it"})).status == 404
    assert (await client("POST", path, {"data": {"language": "it"}})).status == 404


async def test_expired_records_unknown_types_and_many_views(held, rooms, owner, monkeypatch):
    holder, client, at = held
    path = f"/api/v1/persons/{at.person}/profile/{at.record}"
    monkeypatch.setattr(narrowing, "REMEMBERED", 1)
    person, other = await client.person({"language": "de"}, "employee")
    assert (await client("GET", path)).status == 200
    assert (await client("GET", f"/api/v1/persons/{person}/profile/{other}")).status in (200, 403)
    assert (await client("GET", path)).status == 200
    await owner.execute(
        "UPDATE bailee.record SET type = 'odd' WHERE controller_id = $1 AND record_id = $2", holder.id, at.record
    )
    assert (await client("GET", f"/api/v1/persons/{at.person}/odd/{at.record}")).status == 404
    await owner.execute(
        "UPDATE bailee.record SET type = 'profile', expires_at = now() - interval '1 day' WHERE controller_id = $1 AND record_id = $2",
        holder.id, at.record,
    )  # fmt: skip
    assert (await client("GET", path)).status == 404


async def test_people_too_many_at_once_outdated_held_and_of_a_group_that_is_not_covered(held, rooms, owner):
    holder, client, at = held
    many = [NewPerson(new_id(), frozenset({"user"})) for _ in range(CHUNK + 1)]
    with pytest.raises(ValueError, match="at most"):
        await rooms.people.create(request(Operation.store, at), many)
    stale = await client("PATCH", f"/api/v1/persons/{at.person}", {"groups": ["partner"]}, if_match='"7"')
    assert stale.status == 412
    permit = rooms.passage.rule(await rooms.passage.dossier(holder.id), request(Operation.store, at))
    assert isinstance(permit, Permit)
    with pytest.raises(Narrowed):
        allow_new(permit, NewPerson(new_id(), frozenset({"nobody"})))
    assert (await client("POST", "/api/v1/persons", {"groups": ["nobody"], "records": []})).status in (400, 403, 422)
    refused = await rooms.people.create(request(Operation.store, at), [NewPerson(new_id(), frozenset({"nobody"}))])
    assert refused.reason == "group-not-covered"
    await owner.execute("UPDATE bailee.person SET held = true WHERE controller_id = $1", holder.id)
    with pytest.raises(Held):
        await rooms.people.erase(request(Operation.erase, at), at.person)
    assert (await client("DELETE", f"/api/v1/persons/{at.person}")).status == 409


async def test_credentials_that_are_no_credentials_and_a_memory_that_is_full(held, rooms, monkeypatch):
    holder, client, _ = held
    assert await rooms.credentials.authenticate("bailee_" + "A" * 40) is None
    assert not await rooms.credentials.revoke(holder.id, uuid4(), by="tests")
    monkeypatch.setattr(credentials, "REMEMBERED", 1)
    for _ in range(3):
        fresh = await holder.client()
        assert await rooms.credentials.authenticate(fresh.token) is not None


async def test_a_revoked_credential_and_a_destroyed_controller_are_told_by_the_passage(held, rooms):
    holder, client, at = held
    caller = await holder.caller(client)
    await rooms.credentials.revoke(holder.id, client.credential, by="tests")
    asked = AccessRequest(
        actor=caller.actor, controller=holder.id, operation=Operation.consult, purpose=Purpose.account_management, addresses=(at,)
    )  # fmt: skip
    with pytest.raises(Revoked):
        await rooms.passage.read(asked)
    with pytest.raises(Destroyed):
        await rooms.passage.dossier(uuid4())


async def test_the_same_document_is_filed_once(hold, rooms):
    holder = await hold()
    dossier = await rooms.archive.dossier(holder.id)
    with pytest.raises(AlreadyFiled):
        await rooms.filing.file(holder.id, dossier.documents[0], by="tests")


async def test_an_export_that_is_refused_says_so_and_a_search_refused_by_its_record(held, rooms):
    holder, client, at = held
    asked = request(Operation.export, at)
    staff = Actor(id="staff:x", kind=ActorKind.processor_staff, credential=UUID(int=2))
    import msgspec

    with pytest.raises(Refused):
        _ = [one async for one in rooms.sets.chunks(msgspec.structs.replace(asked, actor=staff, addresses=()))]
    given = [one async for one in rooms.sets.chunks(request(Operation.retrieve, at), "profile")]
    assert [len(one.records) for one in given] == [1]


async def test_a_refusal_that_cannot_be_recorded_is_not_answered(held, rooms, monkeypatch):
    _, client, at = held

    async def away(*_: object) -> None:
        raise Unavailable("away")

    monkeypatch.setattr(rooms.refusing._appending, "append_one", away)
    staff = request(Operation.profile if hasattr(Operation, "profile") else Operation.destruct, at)
    with pytest.raises(Unavailable):
        await rooms.passage.refuse(_refusal(staff))
    monkeypatch.undo()
    assert (await rooms.passage.refuse(_refusal(staff))).reason == "tried"


async def test_a_refusal_that_repeats_one_is_answered_when_that_one_is_durable_and_not_before(held, rooms, monkeypatch):
    _, _, at = held
    written, failing = asyncio.Event(), [True]
    append_one = rooms.refusing._appending.append_one

    async def slow(fact):
        if isinstance(fact, Refusal):
            await written.wait()
            if failing:
                failing.clear()
                raise Unavailable("away")
        return await append_one(fact)

    monkeypatch.setattr(rooms.refusing._appending, "append_one", slow)
    refusal = _refusal(request(Operation.destruct, at))
    tried = [asyncio.create_task(rooms.passage.refuse(refusal)) for _ in range(3)]
    await asyncio.sleep(0.05)
    assert not any(one.done() for one in tried)
    written.set()
    first, *others = await asyncio.gather(*tried, return_exceptions=True)
    assert isinstance(first, Unavailable)
    assert others == [refusal, refusal], "who repeated it tried for themselves, and one of them was recorded"
    await rooms.refusing.flush()


async def test_a_count_is_written_although_the_process_stops_as_soon_as_the_first_is_durable(held, rooms, monkeypatch):
    _, _, at = held
    facts, append_one = [], rooms.refusing._appending.append_one

    async def noted(fact):
        facts.append(fact)
        return await append_one(fact)

    monkeypatch.setattr(rooms.refusing._appending, "append_one", noted)
    refusal = _refusal(request(Operation.destruct, at))

    async def refused_and_stopped():
        await rooms.refusing.record(refusal)
        await rooms.refusing.flush()

    await asyncio.gather(refused_and_stopped(), rooms.refusing.record(refusal))
    assert facts == [refusal, Repeated(refusal=refusal, count=1)]


async def test_a_round_of_the_sequencer_is_bounded_in_batches_and_in_entries(hold, rooms, settings, premises):
    holder = await hold()
    await rooms.reading.integrated(holder.id)
    async with sequencing(settings, premises.addresses()) as second, second._database.transaction() as tx:
        await tx.fetch(ledger.LOCK_HEAD, holder.id)  # nobody else places them meanwhile
        for _ in range(3):
            await rooms.appending.append(holder.id, [Act("measured", holder.id, "tests")] * 2)
        for bounds, batches in {(9, 9): 3, (9, 3): 2, (9, 1): 1, (1, 9): 1}.items():
            waiting = await tx.fetch(ledger.PENDING_BATCHES, holder.id, *bounds)
            assert [row["entries"] for row in waiting] == [2] * batches
    assert (await rooms.reading.integrated(holder.id)).size


async def test_a_count_that_cannot_be_recorded_is_said(held, rooms, monkeypatch):
    _, _, at = held
    append_one = rooms.refusing._appending.append_one

    async def away(fact):
        if isinstance(fact, Repeated):
            raise Unavailable("away")
        return await append_one(fact)

    monkeypatch.setattr(rooms.refusing._appending, "append_one", away)
    with capture_logs() as said:
        for _ in range(3):
            await rooms.passage.refuse(_refusal(request(Operation.destruct, at)))
        await rooms.refusing.flush()
    assert [(one["count"], one["reason"]) for one in said if "repeated refusals" in one["event"]] == [(2, "tried")]


def _refusal(asked):
    return Refusal(asked, "purposes.limited", "tried", "Nothing.")


async def test_a_nearly_full_volume_takes_nothing_in(held, rooms, monkeypatch):
    _, client, at = held
    monkeypatch.setattr(rooms.appending._writing._space, "low", lambda: True)
    reply = await client("GET", f"/api/v1/persons/{at.person}/profile/{at.record}")
    assert (reply.status, reply.headers["retry-after"]) == (503, "30")


async def test_entries_that_are_not_there_and_logs_that_are_not_begun(hold, rooms):
    holder = await hold()
    recorded = await rooms.appending.append_one(Act("measured", holder.id, "tests"))
    assert recorded.leaf == leaf_hash(b"\x01" + recorded.batch.commitment(0))
    await rooms.reading.integrated(holder.id)
    with pytest.raises(NoSuchEntry):
        await rooms.reading.receipt(holder.id, uuid4(), 0)
    with pytest.raises(NoSuchEntry):
        await rooms.reading.consistency(holder.id, 1, 10**6)
    assert [e async for e in rooms.reading.entries(uuid4(), 0, 5)] == []
    assert [e async for e in rooms.reading.about(uuid4(), uuid4())] == []
    assert await rooms.reading.tile(holder.id, 1, 0, 0)
    with pytest.raises(Pending):
        await rooms.reading.integrated(uuid4(), within=0.1)
    async with rooms.committing.transaction(holder.id) as change:
        [appended] = await change.append([Act("measured", holder.id, "tests")])
        with pytest.raises(RuntimeError, match="committed"):
            change.recorded(appended)
        assert await change.append_all([]) == []


async def test_a_month_that_is_not_integrated_is_not_pruned(hold, rooms, monkeypatch):
    holder = await hold()

    paused = asyncio.Event()

    async def pause(*_: object) -> list[UUID]:
        paused.set()
        return []

    monkeypatch.setattr(Sequencer, "pending", pause)
    await paused.wait()  # the round that was under way is over
    await rooms.appending.append_one(Act("measured", holder.id, "tests"))
    with pytest.raises(NotPruned, match="not integrated"):
        await rooms.pruning.prune(holder.id, "2999-01", by="tests")


async def test_a_sequencer_overtaken_throws_its_round_away_and_an_idle_one_does_nothing(
    hold, rooms, settings, premises, monkeypatch
):
    holder = await hold()
    await rooms.reading.integrated(holder.id)
    async with sequencing(settings, premises.addresses()) as second:
        assert await second.integrate(holder.id) == 0
        async with second._database.transaction() as tx:
            [head] = await tx.fetch("SELECT * FROM bailee.ledger_head WHERE controller_id = $1", holder.id)
            stale = {**dict(head), "size": head["size"] + 1}
            batch = {"batch_id": uuid4(), "entries": 1, "commitments": bytes(32), "person_tags": b""}
            monkeypatch.setattr(second, "_tiles", _no_tiles)
            with pytest.raises(Overtaken):
                await second.place(tx, holder.id, stale, [batch])


async def _no_tiles(*_: object) -> list[object]:
    return []


async def test_a_log_whose_tiles_or_head_are_gone_is_closed(hold, rooms, settings, premises, owner):
    tiles, heads = await hold(0), await hold(1)
    for one in (tiles, heads):
        await (await one.client()).person({"language": "fr"})
        await rooms.reading.integrated(one.id)
        await rooms.appending.append_one(Act("measured", one.id, "tests"))
        await rooms.reading.integrated(one.id)
    await owner.execute("DELETE FROM bailee.ledger_tile WHERE controller_id = $1", tiles.id)
    await owner.execute("UPDATE bailee.ledger_head SET size = size + 1 WHERE controller_id = $1", tiles.id)
    await owner.execute("DELETE FROM bailee.ledger_head WHERE controller_id = $1", heads.id)
    async with sequencing(settings, premises.addresses()):
        pass
    for one in (tiles, heads):
        assert (await rooms.reading.integrated(one.id)).generation == 2
    [first] = [e async for e in rooms.reading.entries(heads.id, 0, 1)]
    assert "restored-size" not in json.loads(first.opened.body)["details"]


async def test_opening_refuses_what_no_entry_names(held, rooms):
    holder, _, at = held
    dossier = await rooms.passage.dossier(holder.id)
    recorded = await rooms.appending.append_one(rooms.passage.rule(dossier, request(Operation.consult, at)))
    [row] = await holding.Holding(rooms.data).fetch([(holder.id, [at])])
    sealed = holding.sealed_row(_other(at), row)
    for view in (View(recorded.fact.categories, None), View(frozenset({"beyond"}), None)):
        for address in (sealed, holding.sealed_row(at, row)):
            if address is not sealed or view.categories:
                chosen = Selected(address, view, row["created_at"], row["updated_at"])
                if address is not sealed and view.categories == recorded.fact.categories:
                    continue
                with pytest.raises(NotRecorded):
                    rooms.passage._crossing._opening.open(recorded, [chosen], {})


async def test_amending_holds_a_patch_to_its_permit(held, rooms):
    holder, _, at = held
    dossier = await rooms.passage.dossier(holder.id)
    permit = rooms.passage.rule(dossier, request(Operation.modify, at, categories=LANGUAGE, named=True))
    with pytest.raises(PermissionError, match="email"):
        amending.amend(permit, (None, None), dossier.types["profile"], None, {"email": "x@x.example"})


async def test_an_erasure_whose_key_stays_is_not_reported_as_done(held, rooms, monkeypatch):
    holder, client, at = held
    real = rooms.keys.person_key_stands

    async def stands(*_: object) -> bool:
        return True

    monkeypatch.setattr(rooms.keys, "person_key_stands", stands)
    with pytest.raises(KeyStillThere):
        await rooms.people.erase(request(Operation.erase, at), at.person)
    monkeypatch.setattr(rooms.keys, "person_key_stands", real)
    monkeypatch.setattr(replaying, "CHUNK", 1)
    await rooms.replay.replay(rooms.destruction_log.unconfirmed() | {person_name(holder.id, new_id())})
    assert await rooms.erasing.pending_final(holder.id) == 1
    assert (await rooms.erasing.proceed(holder.id, at.person)).step == "done"
    assert await rooms.erasing.proceed(holder.id, new_id()) is None


async def test_the_scrub_goes_round_and_is_silent_once_the_end_has_begun(held, rooms, owner, monkeypatch):
    holder, client, at = held
    await client.person({"language": "it"})
    assert await rooms.scrubbing.some(holder.id, 1) == []
    assert await rooms.scrubbing.some(holder.id, 1) == []
    await owner.execute(
        "UPDATE bailee.record SET version = 9 WHERE controller_id = $1 AND record_id = $2", holder.id, at.record
    )
    found = await rooms.scrubbing.person(holder.id, at.person)
    assert found
    await owner.execute("UPDATE bailee.gate SET state = 'destroying' WHERE controller_id = $1", holder.id)
    assert not await rooms.scrubbing._tell(holder.id, found)
    assert await rooms.scrubbing.some(holder.id) == []
    await owner.execute("UPDATE bailee.gate SET state = 'open' WHERE controller_id = $1", holder.id)

    async def too_late(*_: object) -> bool:
        return False

    with monkeypatch.context() as patched:
        patched.setattr(rooms.scrubbing, "_tell", too_late)
        assert [await rooms.scrubbing.some(holder.id) for _ in range(2)] == [[], []]
    await owner.execute("UPDATE bailee.gate SET state = 'open' WHERE controller_id = $1", holder.id)
    assert found in [await rooms.scrubbing.some(holder.id) for _ in range(2)]


async def test_the_scrub_goes_on_where_it_was_before_a_restart_and_says_since_when_all_was_compared(
    held, rooms, owner, monkeypatch, settings
):
    holder, client, _ = held
    last, _ = await client.person({"language": "it"})
    some = rooms.scrubbing.some
    monkeypatch.setattr(rooms.scrubbing, "some", lambda controller: some(controller, 1))

    async def look():
        """The next part, by a process that remembers nothing; and what is said afterwards."""
        rooms.scrubbing._after.clear()
        found = await rooms.looking_through.go_on(holder.id)
        row = "SELECT began_at, whole_at FROM bailee.look WHERE controller_id = $1"
        return found, *(await owner.fetchrow(row, holder.id) or (None, None))

    await owner.execute("DELETE FROM bailee.look")
    assert await rooms.looks.oldest() is None
    _, first, whole = await look()
    assert whole is None
    assert await rooms.looks.oldest() == Look(holder.id, first, whole=False)
    sql = "UPDATE bailee.record SET version = 9 WHERE controller_id = $1 AND person_id = $2"
    await owner.execute(sql, holder.id, last)
    assert await look() == (1, first, None), "the second of two, though the process is another one"
    _, _, whole = await look()
    assert whole == first, "everyone has been looked at since the first part began"
    _, second, _ = await look()
    assert second > first
    await look()
    assert (await look())[2] == second
    assert await rooms.looks.oldest() == Look(holder.id, second, whole=True)
    await owner.execute("UPDATE bailee.gate SET state = 'destroying' WHERE controller_id = $1", holder.id)
    assert await look() == (0, None, None), "where data are destroyed nothing is compared any more"
    assert await rooms.looks.oldest() is None
    await owner.execute("UPDATE bailee.gate SET state = 'open' WHERE controller_id = $1", holder.id)


async def test_someone_who_cannot_be_compared_keeps_nobody_from_it_and_every_look_from_being_whole(
    held, rooms, owner, monkeypatch
):
    holder, client, _ = held
    await client.person({"language": "it"})
    persons = [row["person_id"] for row in await owner.fetch(
        "SELECT person_id FROM bailee.person WHERE controller_id = $1 ORDER BY person_id", holder.id
    )]  # fmt: skip
    assert len(persons) == 2
    some, person, parts, broken, looked = rooms.scrubbing.some, rooms.scrubbing.person, [1], {persons[1]}, []

    async def seen(controller, who):
        looked.append(who)
        if who in broken:
            raise Unreadable("its batch was damaged")
        return await person(controller, who)

    async def look():
        looked.clear()
        with suppress(Unreadable):
            await rooms.looking_through.go_on(holder.id)
        row = await owner.fetchrow("SELECT after_person, whole_at FROM bailee.look WHERE controller_id = $1", holder.id)
        return list(looked), *row

    monkeypatch.setattr(rooms.scrubbing, "some", lambda controller: some(controller, parts[0]))
    monkeypatch.setattr(rooms.scrubbing, "person", seen)
    await owner.execute("DELETE FROM bailee.look")
    rooms.scrubbing._after.clear()
    one, two = persons
    assert await look() == ([one], one, None)
    assert await look() == ([two], one, None), "it cannot be compared"
    assert await look() == ([], one, None), "the end"
    assert await look() == ([one], one, None), "and from the start again, while that one waits"
    assert await look() == ([two], one, None)
    assert await look() == ([], one, None)
    parts[0] = 2
    broken.clear()
    assert await look() == ([one, two], one, None), "past it, in other parts"
    seen_last, place, whole = await look()
    assert (seen_last, place) == ([two], UUID(int=0))
    assert whole is not None, "now everyone was compared"


def test_anchors_are_made_anew_when_they_have_grown_and_say_when_they_are_broken(tmp_path, monkeypatch):
    anchors = Anchors(tmp_path / "anchors")
    assert anchors.checkpoints() == {}
    anchors.keep([])
    assert not anchors.standing
    root = "n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg="
    notes = [f"log.example/one/1\n{size}\n{root}\n\n— log.example/one/1 c2ln\n" for size in (3, 9, 4)]
    monkeypatch.setattr(anchoring, "GROWN", 10)
    anchors.keep(
        [Anchor(checkpoint=note) for note in notes] + [Anchor(destroyed=2, digest="d"), Anchor(destroyed=1, digest="c")]
    )
    file = tmp_path / "anchors" / "anchors.ndjson"
    assert len(file.read_bytes().splitlines()) == 2
    assert anchors.checkpoints() == {"log.example/one/1": notes[1]}
    assert anchors.destroyed() == Anchor(destroyed=2, digest="d")
    with pytest.raises(BrokenAnchors, match="cannot be read"):
        anchoring._said("no checkpoint")
    file.write_text("no anchor\n")
    with pytest.raises(BrokenAnchors, match="line 1"):
        anchors.checkpoints()


async def test_a_batch_that_fails_fails_alone_and_too_much_is_refused():
    def run(bad):
        async def together(groups):
            await asyncio.sleep(0)
            items = [item for _, group in groups for item in group]
            if bad in items:
                raise ValueError(bad)
            return items

        return together

    one, other = uuid4(), uuid4()
    batcher = Batcher(run(3), limit=8)
    waiting = [batcher.submit(one if n % 2 else other, n) for n in range(20)]
    done = await asyncio.gather(*waiting, return_exceptions=True)
    assert [n for n in done if not isinstance(n, Exception)] == [n for n in range(20) if n != 3]
    assert isinstance(done[3], ValueError)
    await batcher.idle()
    small = Batcher(run(None), most=2)
    first, second = small.submit(one, 1), small.submit(one, 2)
    with pytest.raises(Overloaded):
        small.submit(one, 3)
    first.cancel()
    assert await second == 2
    cancelled = Batcher(run(7), limit=4)
    several = [cancelled.submit(one, n) for n in (7, 8)]
    several[1].cancel()
    with pytest.raises(ValueError, match="7"):
        await several[0]


async def test_who_comes_together_leaves_together_and_who_comes_meanwhile_need_not_wait():
    sizes: list[int] = []
    arrived = asyncio.Event()

    async def run(groups):
        sizes.append(sum(len(group) for _, group in groups))
        await arrived.wait()
        return [item for _, group in groups for item in group]

    batcher, of = Batcher(run, limit=64, depth=2), uuid4()
    waiting = [batcher.submit(of, n) for n in range(32)]
    while not sizes:
        await asyncio.sleep(0)
    waiting.append(batcher.submit(of, 32))
    while len(sizes) < 2:
        await asyncio.sleep(0)
    waiting += [batcher.submit(of, n) for n in (33, 34)]  # two are under way: these share the third
    arrived.set()
    assert await asyncio.gather(*waiting) == list(range(35))
    assert sizes == [32, 1, 2]


async def test_a_loud_controller_waits_behind_its_own_work():
    seen: list[list[tuple[UUID, int]]] = []

    async def run(groups):
        seen.append([(controller, len(group)) for controller, group in groups])
        await asyncio.sleep(0.001)
        return [item for _, group in groups for item in group]

    loud, quiet = uuid4(), uuid4()
    batcher = Batcher(run, limit=10, depth=1)
    waiting = [batcher.submit(loud, n) for n in range(100)] + [batcher.submit(quiet, n) for n in range(3)]
    await asyncio.gather(*waiting[100:])
    assert len(seen) <= 2, "the quiet one went with the first batches"
    await asyncio.gather(*waiting)
    assert all(sum(count for _, count in batch) <= 10 for batch in seen)


@pytest.mark.parametrize(
    ("name", "schema", "words"),
    [
        ("Note", {}, "lower-case"), ("records", {}, "meaning of its own"), ("note", {"type": "array"}, "object with"),
        ("note", {"type": "object", "properties": {"a": {"type": 5}}}, "not a valid JSON Schema"),
        ("note", {"type": "object", "properties": {"a": True}}, "must be an object"),
        ("note", {"type": "object", "properties": {"a": {"type": "string", "format": "x"}}}, "keyword 'format'"),
        ("note", {"type": "object", "properties": {"a": {"x-category": "unknown", "x-purposes": ["nonsense"], "x-search": "like"}}}, "unknown purpose"),
        ("note", {"type": "object", "x-search-name": ["b"], "properties": {"a": {"type": "array", "items": True}}}, "x-search-name"),
        ("note", {"type": "object", "properties": {"a": {"type": "object", "properties": {"b": {"type": "object", "properties": {"c": {"type": "object", "properties": {"d": {"type": "object", "properties": {"e": {"type": "object", "properties": {"f": {"type": "object", "properties": {"g": {"type": "string"}}}}}}}}}}}}}}}, "nested deeper"),
    ],
)  # fmt: skip
def test_types_that_are_refused_say_everything(name, schema, words):
    with pytest.raises(RefusedType, match=words):
        declare(name, schema, frozenset({"title"}))


def test_data_that_do_not_fit_say_where_and_never_what():
    tags = {"x-category": "title", "x-purposes": ["account-management"]}
    schema = {
        "type": "object", "x-erasure": "with-person", "additionalProperties": False, "required": ["a"],
        "properties": {
            "a": {"type": "string", "maxLength": 3, **tags}, "b": {"enum": ["x"], **tags},
            "c": {"type": "integer", "maximum": 3, **tags},
        },
    }  # fmt: skip
    made = declare("note", schema, frozenset({"title"}))
    with pytest.raises(RefusedData) as refused:
        made.check({"b": "secret", "c": 99, "d": 1})
    said = " ".join(what for _, what in refused.value.problems)
    assert "secret" not in said
    assert "99" not in said
    assert "missing: a" in said
    with pytest.raises(RefusedData):
        made.check({"a": "too long"})
    with pytest.raises(RefusedData):
        made.check({"a": 5})


async def test_the_narrowing_row_wins_over_the_ruling_under_a_lock(held, rooms, owner):
    holder, client, at = held
    path = f"/api/v1/persons/{at.person}/profile"
    assert (await client("PATCH", f"/api/v1/persons/{at.person}", {"restricted": True})).status == 200
    deleted = await client("PATCH", f"{path}/{at.record}", {"language": "it"}, idempotency_key="restricted")
    assert deleted.body["clause"] == "rights.tools"
    await owner.execute(
        "UPDATE bailee.person SET restricted = false, state = 'erasing' WHERE controller_id = $1 AND person_id = $2",
        holder.id, at.person,
    )  # fmt: skip
    assert (await client("PATCH", f"{path}/{at.record}", {"language": "it"})).status == 404
    assert (await client("POST", path, {"data": {"language": "it"}})).status == 404


async def test_a_group_that_an_instruction_leaves_out_narrows_fields_asked_for_by_name(held, rooms, monkeypatch):
    from bailee.gate import changing

    holder, client, at = held
    permit = rooms.passage.rule(
        await rooms.passage.dossier(holder.id), request(Operation.modify, at, categories=LANGUAGE, named=True)
    )
    import msgspec

    by_group = {"user": frozenset({"email"}), "employee": LANGUAGE}
    mixed = msgspec.structs.replace(permit, by_group=by_group, categories=LANGUAGE | {"email"})
    row = {"facts": "living||user|"}
    with pytest.raises(Narrowed):
        changing.allow(mixed, row, frozenset({"account-management"}))
    with pytest.raises(Unknown):
        changing.allow(mixed, {"facts": "erased||user|"}, None)


async def test_a_duplicate_id_without_a_key_is_a_defect_and_not_a_replay(held, rooms):
    _, _, at = held
    again = NewPerson(at.person, frozenset({"user"}))
    with pytest.raises(asyncpg.UniqueViolationError):
        await rooms.people.create(request(Operation.store, at), [again])
    with pytest.raises(asyncpg.UniqueViolationError):
        await rooms.records.create(request(Operation.store, at), Draft({"language": "fr"}, POLICY))


async def test_a_gate_that_moves_in_the_middle_is_ruled_on_again(held, rooms, owner, monkeypatch):
    holder, client, at = held
    path = f"/api/v1/persons/{at.person}"
    bump = "UPDATE bailee.gate SET gate_version = gate_version + 1 WHERE controller_id = $1"
    for method, place, body in (
        ("POST", f"{path}/profile", {"data": {"language": "it"}}),
        ("PATCH", f"{path}/profile/{at.record}", {"language": "it"}),
        ("GET", f"{path}/profile/{at.record}", None),
        ("GET", f"{path}/records", None),
        ("GET", path, None),
    ):
        await owner.execute(bump, holder.id)
        assert (await client(method, place, body)).status in (200, 201)


async def test_a_set_ruled_on_again_may_be_refused(held, rooms, owner, monkeypatch):
    holder, _, at = held
    ruled = rooms.passage.rule
    times = iter(range(10))

    def first_only(dossier, asked):
        return ruled(dossier, asked) if next(times) == 0 else _refusal(asked)

    asked = request(Operation.retrieve, at)
    await rooms.passage.dossier(holder.id)
    newer = "UPDATE bailee.gate SET gate_version = gate_version + 1 WHERE controller_id = $1"
    await owner.execute(newer, holder.id)
    monkeypatch.setattr(rooms.passage, "rule", first_only)
    assert (await rooms.sets.page(asked, None, (UUID(int=0), UUID(int=0)), 5)).reason == "tried"
    await owner.execute(newer, holder.id)
    times = iter(range(10))
    sought = Sought("profile", "email", "a@x.example")
    assert (await rooms.sets.search(asked, sought, (UUID(int=0), UUID(int=0)), 5)).reason == "tried"
    times = iter(range(10))
    assert (await rooms.people.get(request(Operation.consult, at), at.person)).reason == "tried"


async def test_receipts_of_closed_generations_and_of_keys_that_are_gone(hold, rooms, settings, premises, owner):
    holder = await hold()
    recorded = await rooms.appending.append_one(Act("measured", holder.id, "tests"))
    head = await rooms.reading.integrated(holder.id)
    batch = recorded.batch.batch_id
    await owner.execute("UPDATE bailee.ledger_head SET published_size = 0 WHERE controller_id = $1", holder.id)
    with pytest.raises(Pending):
        await rooms.reading.receipt(holder.id, batch, 0)
    await owner.execute("UPDATE bailee.ledger_head SET published_size = size WHERE controller_id = $1", holder.id)
    text = "UPDATE bailee.ledger_head SET generation = 7 WHERE controller_id = $1"
    await owner.execute(text, holder.id)
    with pytest.raises(Pending):
        await rooms.reading.receipt(holder.id, batch, 0)
    await owner.execute(
        "INSERT INTO bailee.ledger_closed VALUES ($1, 3, $2, 'restored', now()), ($1, 1, $2, 'restored', now())",
        holder.id, head.checkpoint,
    )  # fmt: skip
    assert head.checkpoint in await rooms.reading.receipt(holder.id, batch, 0)
    await owner.execute("UPDATE bailee.ledger_head SET generation = 1 WHERE controller_id = $1", holder.id)
    await rooms.keys.shred_controller_key(holder.id, recorded.batch.body_key)
    found = [e async for e in rooms.reading.entries(holder.id, 0, 5)]
    assert found
    assert all(e.opened is None for e in found)
    assert recorded.leaf in {e.leaf for e in found}


async def test_the_platforms_own_log_is_closed_without_a_second_leaf(rooms, settings, premises, owner):
    from bailee.ledger.closing import Closing

    await rooms.reading.integrated(rooms.platform)
    before = await owner.fetchval("SELECT generation FROM bailee.ledger_head WHERE controller_id = $1", rooms.platform)
    async with sequencing(settings, premises.addresses()) as second:
        closing = Closing(second._database, second, Anchors(settings.anchors), rooms.clock, rooms.platform)
        await owner.execute(
            "UPDATE bailee.ledger_head SET size = size - 1, published_size = size - 1 WHERE controller_id = $1",
            rooms.platform,
        )
        assert rooms.platform in await closing.check()
    assert (await rooms.reading.integrated(rooms.platform)).generation == before + 1


async def test_a_write_that_was_overtaken_under_the_lock_says_so(held, rooms, monkeypatch):
    _, client, at = held

    async def overtaken(*_: object) -> bool:
        return False

    monkeypatch.setattr(holding, "replace", overtaken)
    reply = await client(
        "PATCH", f"/api/v1/persons/{at.person}/profile/{at.record}", {"language": "it"}, idempotency_key="x"
    )
    assert reply.status == 412


async def test_replacing_a_version_that_is_not_there_changes_nothing(held, rooms):
    holder, _, at = held
    async with rooms.committing.transaction(holder.id) as change:
        held_now = holding.Held(at, 1, b"box", None)
        assert not await holding.replace(change.connection, held_now, 99, rooms.clock.now())


async def test_several_months_are_pruned_at_once_and_a_view_of_less_withholds_nothing_that_is_not_there(
    hold, rooms, monkeypatch
):
    from bailee.ledger import appending

    holder = await hold()
    for month in ("body/2020-01", "body/2020-02"):
        monkeypatch.setattr(appending, "month_key", lambda _at, name=month: name)
        await rooms.appending.append_one(Act("measured", holder.id, "tests"))
    monkeypatch.undo()
    await rooms.reading.integrated(holder.id)
    assert (await rooms.pruning.prune(holder.id, "2020-03", by="tests")).months == ("2020-01", "2020-02")
    client = await holder.client()
    person, record = await client.person({"language": "fr"})
    at = Address(holder.id, UUID(person), "profile", UUID(record))
    recorded = await rooms.appending.append_one(
        rooms.passage.rule(await rooms.passage.dossier(holder.id), request(Operation.consult, at))
    )
    [row] = await holding.Holding(rooms.data).fetch([(holder.id, [at])])
    opening = rooms.passage._crossing._opening
    chosen = Selected(
        holding.sealed_row(at, row), View(LANGUAGE, frozenset({"language"})), row["created_at"], row["updated_at"]
    )
    [opened] = opening.open(recorded, [chosen], await opening.keys_of([chosen]))
    assert (json.loads(opened.data), opened.withheld) == ({"language": "fr"}, ())


async def test_the_times_of_a_record_that_was_read_are_those_that_the_server_holds(hold, rooms, owner):
    holder = await hold()
    client = await holder.client()
    person, record = await client.person({"language": "fr"})
    path = f"/api/v1/persons/{person}/profile/{record}"
    assert (await client("PATCH", path, {"language": "it"})).status == 200
    [row] = await owner.fetch(
        "SELECT created_at, updated_at FROM bailee.record WHERE controller_id = $1 AND record_id = $2",
        holder.id, UUID(record),
    )  # fmt: skip
    shown = (await client("GET", path)).body
    assert row["created_at"] < row["updated_at"]
    assert [datetime.fromisoformat(shown[name]) for name in ("created_at", "updated_at")] == list(row)


async def test_entries_begin_inside_a_batch_and_end_where_batches_are_missing(hold, rooms, owner, monkeypatch):
    holder = await hold()
    await rooms.appending.append(holder.id, [Act("measured", holder.id, "tests", {"n": n}) for n in range(4)])
    await rooms.appending.append_one(Act("measured", holder.id, "last"))
    head = await rooms.reading.integrated(holder.id)
    from_inside = [e.index async for e in rooms.reading.entries(holder.id, head.size - 3, head.size)]
    assert from_inside == [head.size - 3, head.size - 2, head.size - 1]
    monkeypatch.setattr(reading, "ENTRIES", 1)  # however little is in memory at once, all is read
    assert [e.index async for e in rooms.reading.entries(holder.id, 0, 1000)] == list(range(head.size))
    [last] = await owner.fetch(  # two batches of the same millisecond may stand in either order
        "DELETE FROM bailee.ledger_batch WHERE controller_id = $1 AND first_index = ("
        "SELECT max(first_index) FROM bailee.ledger_batch WHERE controller_id = $1) RETURNING first_index",
        holder.id,
    )
    assert [e.index async for e in rooms.reading.entries(holder.id, 0, 1000)] == list(range(last["first_index"]))


async def test_a_use_that_could_not_be_written_is_written_with_the_next(held, rooms, monkeypatch):
    holder, client, _ = held
    await rooms.credentials.flush()
    rooms.credentials._noted.clear()
    away = await Database.open("postgresql://bailee_app@/bailee?host=/nowhere", size=1)
    with monkeypatch.context() as without:
        without.setattr(rooms.credentials, "_database", away)
        assert rooms.credentials.known(client.token) is not None
        await rooms.credentials.flush()
    assert client.credential not in rooms.credentials._noted
    assert rooms.credentials.known(client.token) is not None
    await rooms.credentials.flush()
    [listed] = [one for one in await rooms.credentials.listed(holder.id) if one.credential == client.credential]
    assert listed.used_at is not None


async def test_what_an_entry_says_is_asked_by_a_name_that_there_is(held, rooms):
    holder, _, at = held
    released = await rooms.passage.read(request(Operation.consult, at))
    batch, _, position = released.entry.partition(".")
    assert json.loads(await rooms.reading.body(holder.id, UUID(batch), int(position)))["kind"] == "permit"
    for absent in ((new_id(), 0), (UUID(batch), 10_000), (UUID(batch), -1)):
        with pytest.raises(NoSuchEntry):
            await rooms.reading.body(holder.id, *absent)


async def test_a_log_whose_last_tile_is_exactly_full_goes_on_with_a_new_one(hold, rooms):
    holder = await hold()
    size = (await rooms.reading.integrated(holder.id)).size
    await rooms.appending.append(holder.id, [Act("measured", holder.id, "tests")] * (256 - size % 256))
    full = await rooms.reading.integrated(holder.id)
    assert full.size % 256 == 0
    await rooms.appending.append_one(Act("measured", holder.id, "tests"))
    after = await rooms.reading.integrated(holder.id)
    assert after.size == full.size + 1
    assert len(await rooms.reading.tile(holder.id, after.generation, 0, full.size // 256)) == 32
    assert await rooms.reading.consistency(holder.id, full.size, after.size)

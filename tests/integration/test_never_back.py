"""Who was erased comes back by nothing that arrives late: an import under way, a directory's call, an undoing, a retry."""

import asyncio
import os
from datetime import timedelta
from uuid import UUID

import pytest
from tests.household import until_done
from tests.integration.test_end_of_contract import ended, quiet
from tests.integration.test_importing import HEAD, app, carried, everyone, line, speak, uploaded
from tests.integration.test_ledger import owner
from tests.integration.test_reconciling import desk, twins
from tests.integration.test_scim_directories import GROUP, entra, patch, scim
from tests.integration.test_webhooks import receiver, scene

from bailee.cli.demo import parties
from bailee.furnishing import put_back, unseal
from bailee.gate import queries as gate
from bailee.gate.replay import check_seal
from bailee.infra.database import Unavailable
from bailee.processing.accounts.reconciling.conflicts import CannotUndo
from bailee.processing.accounts.scim.users import Users
from bailee.vault.destruction_log import controller_name

ON_DATA = ("person", "record", "blind_index", "erasure", "ledger_batch", "ledger_tile", "ledger_head")
GENERATED = {"facts"}

__all__ = ["app", "desk", "ended", "owner", "receiver", "scene", "scim", "speak", "twins"]


async def erased(client, person) -> None:
    reply = await client("DELETE", f"/api/v1/persons/{person}")
    assert reply.status == 202, reply.raw


async def state(rooms, controller, person) -> str:
    async with rooms.data.transaction(controller) as tx:
        sql = "SELECT state FROM bailee.person WHERE controller_id = $1 AND person_id = $2"
        return await tx.fetchval(sql, controller, UUID(str(person)))


async def test_an_import_under_way_brings_nobody_in_again_who_was_erased_since_its_upload(rooms, speak):
    mark = os.urandom(4).hex()
    await carried(rooms, speak, (await uploaded(speak, HEAD + line(1, mark) + line(2, mark)))["id"])
    job = await uploaded(
        speak, HEAD + line(1, mark) + line(2, mark, phone="+33 1 99 99 99 99") + line(3, mark), "update"
    )
    assert (await speak("POST", f"/api/v1/imports/{job['id']}/run")).status == 202
    [person] = [one["person"] for one in await everyone(speak) if one["external_id"] == f"{mark}-1"]
    await erased(speak, person)
    for _ in range(5):
        await rooms.exchanging.working.due(speak.holder.id)
    done = (await speak("GET", f"/api/v1/imports/{job['id']}")).body
    assert (done["state"], done["created"], done["updated"], done["rejected"]) == ("done", 1, 1, 1)
    lines = (await speak("GET", f"/api/v1/imports/{job['id']}/lines")).body["lines"]
    assert [(one["line"], one["reasons"]) for one in lines if one["outcome"] == "rejected"] == [(2, ["erased-since"])]
    assert sorted(one["external_id"] for one in await everyone(speak)) == [f"{mark}-2", f"{mark}-3"]
    returned = (await speak("GET", f"/api/v1/imports/{job['id']}/rejected")).raw.decode()
    assert f"{mark}-1" not in returned, "nor is their line kept"
    assert await tags_kept(rooms, speak.holder.id) == 0
    again = await carried(rooms, speak, (await uploaded(speak, HEAD + line(1, mark)))["id"])
    assert again["created"] == 1, "what is uploaded afterwards is meant"


NAMESAKE = "mme;Zoé;{};{};01 23 45 67 89;France;français;{};utilisateur\n"


@pytest.mark.parametrize(
    ("theirs", "reasons"),
    [
        (NAMESAKE.format("Martin-1", "other.{0}@alpages.example", "{0}-x"), ["erased-since"]),
        (NAMESAKE.format("Other", "P1.{0}@Alpages.example", "{0}-x"), ["erased-since"]),
        (NAMESAKE.format("Other", "other.{0}@alpages.example", "{0}-1"), ["erased-since"]),
        (NAMESAKE.format("Other", "other.{0}@alpages.example", "{0}-x"), []),  # the telephone of the office alone
    ],
)
@pytest.mark.parametrize("finished", [True, False])
async def test_a_line_is_theirs_by_name_address_or_id_and_a_dry_run_says_so(
    rooms, speak, monkeypatch, *, theirs, reasons, finished
):
    mark = os.urandom(4).hex()
    await carried(rooms, speak, (await uploaded(speak, HEAD + line(1, mark)))["id"])
    job = await uploaded(speak, HEAD + theirs.format(mark))
    path = f"/api/v1/imports/{job['id']}"
    assert (await speak("POST", f"{path}/check")).status == 202
    [person] = [one["person"] for one in await everyone(speak)]
    if not finished:  # their key still stands, and so do their tags
        away = Unavailable("away")

        async def shred(*_):
            raise away

        monkeypatch.setattr(rooms.keys, "shred_person", shred)
    assert (await speak("DELETE", f"/api/v1/persons/{person}")).status in (202, 503)
    assert await state(rooms, speak.holder.id, person) == ("erased" if finished else "erasing")
    for act in ("check", "run"):
        if act == "run":
            assert (await speak("POST", f"{path}/run")).status == 202
        await until_done(rooms.exchanging.working.due, speak.holder.id)
        [said] = (await speak("GET", f"{path}/lines")).body["lines"]
        assert said["reasons"] == reasons, act


async def test_an_erasure_that_an_import_could_not_see_has_all_of_it_uploaded_anew(rooms, speak):
    mark = os.urandom(4).hex()
    await carried(rooms, speak, (await uploaded(speak, HEAD + line(1, mark)))["id"])
    job = await uploaded(speak, HEAD + line(2, mark))
    assert (await speak("POST", f"/api/v1/imports/{job['id']}/run")).status == 202
    [person] = [one["person"] for one in await everyone(speak)]
    await erased(speak, person)
    async with rooms.data.transaction(speak.holder.id) as tx:  # as where the upload was committed in that very moment
        await tx.execute("UPDATE bailee.import_job SET erased_persons = '{}' WHERE controller_id = $1", speak.holder.id)
    await until_done(rooms.exchanging.working.due, speak.holder.id)
    done = (await speak("GET", f"/api/v1/imports/{job['id']}")).body
    assert (done["state"], done["failure"], done["created"]) == ("failed", "erased-meanwhile", 0)


async def tags_kept(rooms, controller) -> int:
    async with rooms.data.transaction(controller) as tx:
        return await tx.fetchval(
            "SELECT coalesce(sum(cardinality(erased_tags)), 0) FROM bailee.import_job WHERE controller_id = $1",
            controller,
        )


async def test_a_directory_that_changes_someone_while_they_are_erased_opens_nothing_for_them(rooms, scim, monkeypatch):
    made, write = await scim.user(), Users._write
    client = await scim.hold.client()

    async def overtaken(self, before, after):
        await erased(client, made["id"])

    monkeypatch.setattr(Users, "_write", overtaken)
    for body in ({"active": False}, {"active": True}):
        late = await scim("PUT", f"/Users/{made['id']}", entra(userName=made["userName"]) | body)
        monkeypatch.setattr(Users, "_write", write)
        assert late.status == 404, late.raw
    assert await state(rooms, scim.hold.id, made["id"]) == "erased"
    async with rooms.data.transaction(scim.hold.id) as tx:
        sql = "SELECT count(*) FROM bailee.account WHERE controller_id = $1"
        assert await tx.fetchval(sql, scim.hold.id) == 0


async def test_a_group_takes_in_nobody_who_is_being_erased(rooms, scim):
    made = await scim.user()
    group = (await scim("POST", "/Groups", {"schemas": [GROUP], "displayName": "Snow"})).body["id"]
    add = patch({"op": "add", "path": "members", "value": [{"value": made["id"]}]})
    async with rooms.data.transaction(scim.hold.id) as tx:
        sql = "UPDATE bailee.person SET state = 'erasing' WHERE controller_id = $1 AND person_id = $2"
        await tx.execute(sql, scim.hold.id, UUID(made["id"]))
        late = asyncio.create_task(scim("PATCH", f"/Groups/{group}", add))
        while not late.done() and not await tx.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted"):
            await asyncio.sleep(0.02)
    assert (await late).status == 400
    assert (await scim("GET", f"/Groups/{group}")).body.get("members", []) == []


async def test_a_merge_is_undone_for_nobody_who_was_erased(rooms, desk, twins):
    (a, _, _), (b, _, _) = twins
    merge = await desk.merge(a, b, "phone")
    await erased(desk.client, a)
    with pytest.raises(CannotUndo):
        await desk.undo(merge)
    assert await state(rooms, desk.holder.id, a) == "erased"
    assert await state(rooms, desk.holder.id, b) != "living"


async def test_a_message_that_is_sent_again_after_an_erasure_says_last_that_they_are_gone(scene, profile):
    scene.receiver.status = lambda _got: 500
    person, _ = await scene.people.person(profile)
    await until_done(scene.carrier().delivering.deliver, scene.holder.id)
    await erased(scene.people, person)
    scene.receiver.status, scene.receiver.got = lambda _got: 204, []
    for hours in (1, 2, 3):
        scene.clock.ahead = timedelta(hours=hours)
        await until_done(scene.carrier().delivering.deliver, scene.holder.id)
    assert [event for event, _ in scene.said()] == ["person.created", "person.erased"]


async def sealed(rooms, put_back=()):
    """What a start does before anything is served."""
    await check_seal(rooms.destruction_log, rooms.replay, put_back, destroy=rooms.ending.bring_to_end)


async def kept(connection, controller, *tables):
    """What a backup of these tables would hold of a controller."""
    sql = "SELECT * FROM bailee.{} WHERE controller_id = $1"
    return {table: await connection.fetch(sql.format(table), controller) for table in tables}


async def bring_back(connection, controller, backup):
    for table in reversed(backup):
        await connection.execute(f"DELETE FROM bailee.{table} WHERE controller_id = $1", controller)
    for table, rows in ((table, rows) for table, rows in backup.items() if rows):
        names = [name for name in rows[0].keys() if name not in GENERATED]  # noqa: SIM118 -- a row iterates its values
        given = ", ".join(f"${number}" for number in range(1, len(names) + 1))
        sql = f"INSERT INTO bailee.{table} ({', '.join(names)}) VALUES ({given})"
        await connection.executemany(sql, [[row[name] for name in names] for row in rows])


async def test_who_was_erased_is_erased_again_before_a_start_on_servers_that_were_put_back(
    hold, profile, rooms, settings, premises, owner
):
    await sealed(rooms)  # what other tests left open
    before = rooms.destruction_log.unconfirmed()
    holder = await hold()
    client = await holder.client()
    (gone, _), (stays, record) = await client.person(profile), await client.person({"language": "fr"})
    await rooms.reading.integrated(holder.id)
    data = await kept(owner, holder.id, *ON_DATA)
    async with rooms.key_store.transaction(holder.id) as tx:
        keys = await kept(tx, holder.id, "person_key")
    await erased(client, gone)
    await rooms.reading.integrated(holder.id)
    assert rooms.destruction_log.unconfirmed() == before, "the log has nothing of theirs open: destroyed to the end"
    assert holder.id not in await put_back(settings, premises.addresses())
    await bring_back(owner, holder.id, data)
    async with rooms.key_store.transaction(holder.id) as tx:
        await bring_back(tx, holder.id, keys)
    assert await state(rooms, holder.id, gone) == "living"
    found = await put_back(settings, premises.addresses())
    assert holder.id in found
    await sealed(rooms, found)
    assert await state(rooms, holder.id, gone) == "erased"
    assert not await rooms.keys.person_key_stands(holder.id, UUID(gone))
    assert (await client("GET", f"/api/v1/persons/{stays}/profile/{record}")).status == 200


async def test_a_start_asks_once_who_has_an_open_erasure_and_looks_through_nobody_without_need(
    hold, profile, rooms, monkeypatch
):
    await sealed(rooms)  # what other tests left open
    holder = await hold()
    client = await holder.client()
    person, _ = await client.person(profile)
    shred = type(rooms.keys).shred_person

    async def cut(*_: object) -> None:
        raise ConnectionError("cut")

    async def nobody(_self, _controller):
        pytest.fail("everyone was looked through, though a row of work says who it is")
        yield

    monkeypatch.setattr(type(rooms.keys), "shred_person", cut)
    assert (await client("DELETE", f"/api/v1/persons/{person}")).status == 500
    monkeypatch.setattr(type(rooms.keys), "shred_person", shred)
    async with rooms.data.transaction(holder.id) as tx:
        await tx.execute(gate.CLOSE_GATE, holder.id, "destroying")
    rooms.destruction_log.intend([controller_name(holder.id)], rooms.clock.now())  # being destroyed: no person's name
    monkeypatch.setattr(type(rooms.replay), "_living", nobody)
    asked = []
    go_on = type(rooms.replay).go_on

    async def counted(self, controller):
        asked.append(controller)
        return await go_on(self, controller)

    monkeypatch.setattr(type(rooms.replay), "go_on", counted)
    await sealed(rooms)
    assert await state(rooms, holder.id, person) == "erased"
    assert set(asked) == {holder.id}, "only who has an open erasure"
    rooms.destruction_log.confirm([controller_name(holder.id)], rooms.clock.now())


ALL_ON_DATA = (*ON_DATA, "gate", "document", "credential", "standing", "contract_end", "policy_class")
ON_KEYS = ("key_epoch", "person_key", "controller_key")


async def destroyed(rooms, controller) -> UUID:
    """The end of a contract, to its certificate."""
    ending = await rooms.ending.make_return(controller, by="tests", progressed=quiet)
    await rooms.ending.acknowledge(controller, ending.manifest_digest, by="tests")
    await rooms.ending.destroy(controller, by="tests", confirmed=True)
    return await rooms.ending.certify(controller, by="tests")


@pytest.mark.parametrize(("before_the_end", "facts"), [(True, True), (True, False), (False, True)])
async def test_a_controller_whose_data_were_destroyed_is_shut_and_destroyed_again_after_a_restore(
    hold, ended, profile, rooms, settings, premises, owner, *, before_the_end, facts
):
    """A backup from before the destruction of both servers; `facts` lie beside the certificate, or are lost as well."""
    await sealed(rooms)
    holder = await hold() if before_the_end else ended
    client = await holder.client()
    if before_the_end:
        await client.person(profile)
    await rooms.reading.integrated(holder.id)
    data = await kept(owner, holder.id, *ALL_ON_DATA)
    async with rooms.key_store.transaction(holder.id) as tx:
        keys = await kept(tx, holder.id, *ON_KEYS)
    if before_the_end:
        document = parties.ended(holder.company, holder.agreement, rooms.clock.now() - timedelta(seconds=1))
        await rooms.ending.end(holder.id, document, by="tests")
    certificate = await destroyed(rooms, holder.id)
    first = await rooms.ending.state(holder.id)
    await bring_back(owner, holder.id, data)
    async with rooms.key_store.transaction(holder.id) as tx:
        await bring_back(tx, holder.id, keys)
    folder = settings.certificates / str(holder.id)
    if not facts:
        (folder / "facts.json").unlink()
        (folder / "certificate.json").unlink()
    rooms.archive.forget(holder.id)
    assert (await client("GET", "/api/v1/persons")).status != 401, "the credential is back"
    await unseal(rooms, settings, premises.addresses())
    assert await rooms.keys.keys_stand(holder.id) == 0
    assert (await client("GET", "/api/v1/persons")).status in (401, 410)
    async with rooms.data.transaction(holder.id) as tx:
        assert (await tx.fetchrow(gate.GATE, holder.id))["state"] == "destroyed"
        for table in ("record", "blind_index", "credential"):
            assert not await tx.fetchval(f"SELECT count(*) FROM bailee.{table} WHERE controller_id = $1", holder.id)
        living = "SELECT count(*) FROM bailee.person WHERE controller_id = $1 AND state <> 'erased'"
        assert not await tx.fetchval(living, holder.id)
    again = await rooms.ending.state(holder.id)
    assert again.destroyed_at is not None
    if facts:
        assert again.certificate_id == certificate
        assert (again.ended_at, again.last_day) == (first.ended_at, first.last_day)
        assert again.acknowledged_at == first.acknowledged_at
        assert await rooms.ending.certify(holder.id, by="tests") == certificate, "it is not made anew"
    assert await rooms.ending.due(holder.id) == 0
    await unseal(rooms, settings, premises.addresses())
    assert (await rooms.ending.state(holder.id)).destroyed_at == again.destroyed_at, "a further start does nothing more"


async def test_where_the_anchors_are_lost_everyone_the_destruction_log_ever_named_is_looked_for(
    hold, profile, rooms, settings, premises, owner
):
    await sealed(rooms)
    holder = await hold()
    client = await holder.client()
    gone, _ = await client.person(profile)
    await rooms.reading.integrated(holder.id)
    data = await kept(owner, holder.id, *ON_DATA)
    await erased(client, gone)
    await rooms.reading.integrated(holder.id)
    await bring_back(owner, holder.id, data)
    anchors = settings.anchors / "anchors.ndjson"
    held = anchors.with_suffix(".held")
    anchors.rename(held)
    try:
        await unseal(rooms, settings, premises.addresses())
        assert await state(rooms, holder.id, gone) == "erased"
        assert rooms.destruction_log.anchored
    finally:
        held.replace(anchors)

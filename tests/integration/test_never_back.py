"""Who was erased comes back by nothing that arrives late: an import under way, a directory's call, an undoing, a retry."""

import asyncio
import os
from datetime import timedelta
from uuid import UUID

import pytest
from tests.household import until_done
from tests.integration.test_importing import HEAD, app, carried, everyone, line, speak, uploaded
from tests.integration.test_reconciling import desk, twins
from tests.integration.test_scim_directories import GROUP, entra, patch, scim
from tests.integration.test_webhooks import receiver, scene

from bailee.processing.accounts.reconciling.conflicts import CannotUndo
from bailee.processing.accounts.scim.users import Users

__all__ = ["app", "desk", "receiver", "scene", "scim", "speak", "twins"]


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
    assert (done["state"], done["created"], done["updated"], done["rejected"]) == ("done", 0, 1, 2)
    lines = (await speak("GET", f"/api/v1/imports/{job['id']}/lines")).body["lines"]
    assert [one["reasons"] for one in lines if one["outcome"] == "rejected"] == [["erased-since"]] * 2
    assert [one["external_id"] for one in await everyone(speak)] == [f"{mark}-2"]
    again = await carried(rooms, speak, (await uploaded(speak, HEAD + line(3, mark)))["id"])
    assert again["created"] == 1, "what is uploaded afterwards is meant"


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

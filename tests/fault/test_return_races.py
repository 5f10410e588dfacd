"""A return that is being made, or lies ready, while people are erased or everything is destroyed by another process."""

import asyncio
import hashlib
import io
import json
import tarfile
from datetime import timedelta
from uuid import UUID

import pyrage
import pytest
from tests.household import Household, commanded
from tests.integration.test_end_of_contract import ended, quiet
from tests.integration.test_instructions_api import operator as operator_of

from bailee.api.application import Application
from bailee.clauses.return_and_destruction import bundle
from bailee.clauses.return_and_destruction.mistakes import NotReturned
from bailee.cli.verifying import findings
from bailee.furnishing import furnish
from bailee.serving import control_plane, data_plane

__all__ = ["ended"]


@pytest.fixture
async def other(settings, premises):
    """Another process on the same servers."""
    async with furnish(settings, premises.addresses()) as rooms:
        yield rooms


@pytest.fixture
def small_parts(monkeypatch):
    """Every piece is a part of its own: what is read is soon on disk."""
    original = bundle.BundleWriter.__init__
    monkeypatch.setattr(bundle.BundleWriter, "__init__", lambda self, folder, key: original(self, folder, key, 2))


async def people_of(holder) -> list[str]:
    async with holder.rooms.data.transaction(holder.id) as tx:
        sql = "SELECT person_id FROM bailee.person WHERE controller_id = $1 AND state = 'living' ORDER BY person_id"
        return [str(row["person_id"]) for row in await tx.fetch(sql, holder.id)]


def folder_of(holder):
    return holder.rooms.settings.returns / str(holder.id)


def held(holder) -> set[str]:
    """Whom a bundle holds: by their list and by their records, opened with the controller's own key."""
    found = set()
    for part in folder_of(holder).glob("part-*.age"):
        with tarfile.open(fileobj=io.BytesIO(pyrage.decrypt(part.read_bytes(), [holder.company.opening]))) as tar:
            for name in tar.getnames():
                if name.startswith(("persons/", "records/")) and name.endswith(".ndjson"):
                    lines = map(json.loads, tar.extractfile(name).read().splitlines())
                    found |= {one.get("person", one["id"]) for one in lines}
    return found


def before(owner, name, number, do) -> None:
    """Have something happen before the given call of a step that another process takes."""
    plain, calls = getattr(owner, name), []

    async def stepped(*given, **named):
        calls.append(name)
        if len(calls) == number:
            await do()
        return await plain(*given, **named)

    setattr(owner, name, stepped)


async def said(rooms, controller, kind) -> list[dict]:
    """The entries of one kind, oldest first."""
    head = await rooms.reading.integrated(controller)
    bodies = [
        json.loads(one.opened.body) async for one in rooms.reading.entries(controller, 0, head.size) if one.opened
    ]
    return [one for one in bodies if one["kind"] == kind]


async def made(rooms, controller):
    """What the worker does, as long as no return lies ready."""
    while not await rooms.ending.handed_out(controller):
        await rooms.ending.make_return(controller, by="worker", progressed=quiet)
    return await rooms.ending.state(controller)


@pytest.mark.parametrize("step", ["files are looked for", "all is read", "it is written down"])
async def test_who_is_erased_while_a_return_is_made_is_in_none_that_is_handed_out(
    ended, rooms, other, small_parts, step
):
    client, erasing = await ended.client(), []
    gone, *stay = await people_of(ended)

    async def erase() -> None:
        assert gone in held(ended), "they were read before they were erased"
        erasing.append(asyncio.create_task(client("DELETE", f"/api/v1/persons/{gone}")))
        while gone in await people_of(ended):
            await asyncio.sleep(0.01)

    making = other.ending._returning
    place = {
        "files are looked for": (making._files, "page", 1), "all is read": (making.shelf, "erased", 2),
        "it is written down": (making.shelf, "still", 1),
    }  # fmt: skip
    before(*place[step], erase)
    await other.ending.make_return(ended.id, by="worker", progressed=quiet)
    [answered] = await asyncio.gather(*erasing)
    assert answered.status == 202
    ending = await made(rooms, ended.id)
    assert held(ended) == set(stay)
    assert all(one.ok for one in findings([folder_of(ended)], [ended.company.verifier_key]))
    assert [one["digest"] for one in await said(rooms, ended.id, "returned")] == [ending.manifest_digest]


async def test_an_erasure_takes_a_return_back_that_lay_ready_and_the_next_says_instead_of_which_it_is(ended, rooms):
    client = await ended.client()
    gone, *stay = await people_of(ended)
    operator = await operator_of(Application(data_plane(rooms), control_plane(rooms)), rooms)
    file = f"/api/v1/controllers/{ended.id}/end/return/manifest.json"
    first = await rooms.ending.make_return(ended.id, by="worker", progressed=quiet)
    assert (await operator("GET", file)).status == 200
    assert (await client("DELETE", f"/api/v1/persons/{gone}")).status == 202
    assert (await operator("GET", file)).status == 404
    with pytest.raises(NotReturned):
        await rooms.ending.acknowledge(ended.id, first.manifest_digest, by="tests")
    assert await rooms.ending.due(ended.id) == 1, "the worker sees to it by itself"
    second = await rooms.ending.state(ended.id)
    assert hashlib.sha256((await operator("GET", file)).raw).hexdigest() == second.manifest_digest
    assert held(ended) == set(stay)
    one, other = await said(rooms, ended.id, "returned")
    assert (one["digest"], other["digest"]) == (first.manifest_digest, second.manifest_digest)
    assert other["details"]["instead_of"] == first.manifest_digest
    assert (await rooms.ending.acknowledge(ended.id, second.manifest_digest, by="tests")).acknowledged_at


async def test_a_return_that_was_acknowledged_is_not_handed_out_again_once_someone_in_it_was_erased(ended, rooms):
    client = await ended.client()
    gone, *_ = await people_of(ended)
    ending = await rooms.ending.make_return(ended.id, by="worker", progressed=quiet)
    await rooms.ending.acknowledge(ended.id, ending.manifest_digest, by="tests")
    assert (await client("DELETE", f"/api/v1/persons/{gone}")).status == 202
    assert not await rooms.ending.handed_out(ended.id)
    assert held(ended) == set(), "nothing of it stays"


@pytest.mark.parametrize("left", ["nothing", "what another state of the servers knew"])
async def test_a_return_that_does_not_stand_and_that_nobody_erased_took_back_is_made_anew_when_it_is_asked_for(
    ended, rooms, left
):
    operator = await operator_of(Application(data_plane(rooms), control_plane(rooms)), rooms)
    file = f"/api/v1/controllers/{ended.id}/end/return/manifest.json"
    await rooms.ending.make_return(ended.id, by="worker", progressed=quiet)
    if left == "nothing":
        bundle.clear(folder_of(ended))
    else:
        progress = folder_of(ended) / bundle.PROGRESS
        progress.write_text(json.dumps(json.loads(progress.read_text()) | {"erased": "2/0"}))
    assert (await operator("GET", file)).status == 404
    assert await rooms.ending.due(ended.id) == 1
    second = await rooms.ending.state(ended.id)
    assert hashlib.sha256((await operator("GET", file)).raw).hexdigest() == second.manifest_digest
    assert held(ended) == set(await people_of(ended))


async def test_a_command_that_could_make_no_return_says_so_and_ends_as_a_finding(ended, rooms, premises):
    await rooms.ending.waive(ended.id, by="tests")
    await rooms.ending.destroy(ended.id, by="tests", confirmed=True)
    house = Household(rooms, ended.id, ended)
    typed = ("return", "--controller", str(ended.id))
    said = await commanded(house, premises, *typed)
    assert (said.exit_code, "there is no return" in said.output, "returned:" in said.output) == (1, True, False)
    told = await commanded(house, premises, *typed, "--json")
    assert (told.exit_code, json.loads(told.output)["destroying_at"] is None) == (1, False)


async def test_a_return_that_is_overtaken_again_and_again_holds_nothing_up_for_ever(ended, rooms):
    plain, counted = rooms.ending._shelf.erased, iter(range(100))

    async def another(controller) -> str:
        return f"{await plain(controller)}/{next(counted)}"

    rooms.ending._shelf.erased = another
    ending = await rooms.ending.make_return(ended.id, by="worker", progressed=quiet)
    assert (ending.returned_at, ending.manifest_digest) == (None, None)
    del rooms.ending._shelf.erased
    assert (await made(rooms, ended.id)).returned_at is not None
    assert held(ended) == set(await people_of(ended))


async def records_of(holder) -> list[tuple[str, str, str]]:
    sql = "SELECT person_id, type, record_id FROM bailee.record WHERE controller_id = $1 ORDER BY record_id"
    async with holder.rooms.data.transaction(holder.id) as tx:
        return [tuple(map(str, row)) for row in await tx.fetch(sql, holder.id)]


async def test_a_record_that_is_deleted_takes_a_return_back_that_lay_ready_whosoever_stays(ended, rooms):
    client, (gone, *stay) = await ended.client(), await records_of(ended)
    first = await rooms.ending.make_return(ended.id, by="worker", progressed=quiet)
    assert await rooms.ending.handed_out(ended.id)
    assert (await client("DELETE", "/api/v1/persons/{}/{}/{}".format(*gone))).status == 200
    assert not await rooms.ending.handed_out(ended.id)
    assert held(ended) == set(), "nothing of it stays"
    with pytest.raises(NotReturned):
        await rooms.ending.acknowledge(ended.id, first.manifest_digest, by="tests")
    assert await rooms.ending.due(ended.id) == 1, "the worker sees to it by itself"
    manifest = json.loads((folder_of(ended) / "manifest.json").read_bytes())
    assert (manifest["counts"]["persons"], manifest["counts"]["records/profile"]) == (len(stay) + 1, len(stay))
    assert await rooms.ending.handed_out(ended.id)


async def test_a_record_that_is_over_before_the_return_is_does_not_have_it_made_anew(ended, rooms):
    over, *_ = await records_of(ended)
    change = "UPDATE bailee.record SET expires_at = $3 WHERE controller_id = $1 AND record_id = $2"
    async with rooms.data.transaction(ended.id) as tx:
        await tx.execute(change, ended.id, UUID(over[2]), rooms.clock.now() + timedelta(days=20))
    await rooms.ending.make_return(ended.id, by="worker", progressed=quiet)
    async with rooms.data.transaction(ended.id) as tx:
        await tx.execute(
            "DELETE FROM bailee.record WHERE controller_id = $1 AND record_id = $2", ended.id, UUID(over[2])
        )
    assert await rooms.ending.handed_out(ended.id)


async def test_two_who_make_the_same_return_make_one_and_neither_stands_in_the_way_of_anything_else(
    ended, rooms, other, small_parts
):
    waited = asyncio.Event()

    async def hold_up() -> None:
        await waited.wait()

    before(rooms.ending._returning._sets, "page", 1, hold_up)
    first = asyncio.create_task(rooms.ending.make_return(ended.id, by="worker", progressed=quiet))
    second = asyncio.create_task(rooms.ending.make_return(ended.id, by="operator", progressed=quiet))
    third = asyncio.create_task(other.ending.make_return(ended.id, by="operator", progressed=quiet))
    async with asyncio.timeout(30):
        await rooms.ending.state(ended.id)  # the process goes on while they wait for each other
    waited.set()
    digests = {(await one).manifest_digest for one in (first, second, third)}
    assert len(digests) == 1
    assert len(await said(rooms, ended.id, "returned")) == 1


@pytest.mark.parametrize("step", ["records are read", "all is read"])
async def test_what_is_destroyed_while_its_return_is_made_leaves_no_bundle_and_is_not_called_returned(
    ended, rooms, other, small_parts, step
):
    await rooms.ending.waive(ended.id, by="tests")
    destroying = []

    async def destroy() -> None:
        destroying.append(asyncio.create_task(rooms.ending.destroy(ended.id, by="tests", confirmed=True)))
        while (await rooms.ending.state(ended.id)).destroying_at is None:
            await asyncio.sleep(0.01)

    making = other.ending._returning
    place = {"records are read": (making._sets, "page", 1), "all is read": (making.shelf, "erased", 2)}
    before(*place[step], destroy)
    made = await other.ending.make_return(ended.id, by="worker", progressed=quiet)
    [done] = await asyncio.gather(*destroying)
    assert done.destroyed_at is not None
    assert (made.returned_at, done.returned_at) == (None, None)
    assert not folder_of(ended).exists(), "nothing was written after it had been removed"
    assert "returned" not in done.entries
    assert await rooms.keys.keys_stand(ended.id) == 0
    again = await other.ending.make_return(ended.id, by="worker", progressed=quiet)
    assert again.destroyed_at is not None
    assert not folder_of(ended).exists()

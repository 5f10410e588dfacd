"""The end of a contract on real servers: returned, acknowledged, destroyed, certified, verified."""

import io
import json
import shutil
import subprocess
import tarfile
from datetime import timedelta
from uuid import UUID

import pyrage
import pytest
from tests.household import Household, commanded

from bailee.clauses.return_and_destruction.deadlines import TooEarly
from bailee.clauses.return_and_destruction.mistakes import NotEnded, WrongManifest
from bailee.cli.demo import parties, tampering
from bailee.cli.verifying import findings


def quiet(_what: str, _count: int) -> None:
    return None


@pytest.fixture
async def ended(hold, profile, rooms):
    """A controller whose contract has just ended, with three people and one erased."""
    holder = await hold()
    client = await holder.client()
    people = [await client.person(profile | {"email": f"{n}.{profile['email']}"}) for n in range(4)]
    await client("DELETE", f"/api/v1/persons/{people[0][0]}")
    document = parties.ended(holder.company, holder.agreement, rooms.clock.now() - timedelta(seconds=1))
    await rooms.ending.end(holder.id, document, by="tests")
    return holder


async def test_after_the_end_services_stop_and_destruction_waits_for_the_acknowledgement(ended, rooms):
    client = await ended.client()
    assert (await client("GET", "/api/v1/persons")).body["clause"] == "end.return"
    early = await rooms.ending.destroy(ended.id, by="tests", confirmed=True)
    assert isinstance(early, TooEarly)
    assert "not been returned" in early.reason


async def test_a_running_contract_is_neither_returned_nor_destroyed(hold, rooms):
    holder = await hold()
    with pytest.raises(NotEnded):
        await rooms.ending.make_return(holder.id, by="tests", progressed=quiet)
    with pytest.raises(NotEnded):
        await rooms.ending.destroy(holder.id, by="tests", confirmed=True)


async def test_the_return_holds_everything_and_only_the_controller_opens_it(ended, rooms, profile, folder):
    await rooms.ending.make_return(ended.id, by="tests", progressed=quiet)
    bundle = rooms.settings.returns / str(ended.id)
    manifest = json.loads((bundle / "manifest.json").read_text())
    assert manifest["counts"]["persons"] == manifest["counts"]["records/profile"] == 3
    sealed = b"".join(part.read_bytes() for part in bundle.glob("part-*.age"))
    assert profile["family_name"].encode() not in sealed
    names, content = [], b""
    for part in sorted(bundle.glob("part-*.age")):
        with tarfile.open(fileobj=io.BytesIO(pyrage.decrypt(part.read_bytes(), [ended.company.opening]))) as tar:
            for member in tar.getmembers():
                names.append(member.name)
                content += tar.extractfile(member).read()
    assert {name.split("/")[0] for name in names} == {
        "README.txt",
        "documents",
        "schemas",
        "persons",
        "records",
        "ledger",
    }
    assert content.count(profile["family_name"].encode()) == 2 * 3  # NDJSON and CSV
    tampering.open_ledger(bundle, ended.company.opening, folder / "ledger")
    for what in (bundle, folder / "ledger"):
        assert all(one.ok for one in findings([what], [ended.company.verifier_key]))


async def test_an_interrupted_return_goes_on_from_its_finished_parts(ended, rooms, monkeypatch):
    from bailee.clauses.return_and_destruction import bundle

    original = bundle.BundleWriter.__init__
    monkeypatch.setattr(bundle.BundleWriter, "__init__", lambda self, folder, key: original(self, folder, key, 2))
    sealed = []

    def stop_at_records(what: str, _count: int) -> None:
        if what == "records":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await rooms.ending.make_return(ended.id, by="tests", progressed=stop_at_records)
    folder = rooms.settings.returns / str(ended.id)
    sealed = {part.name: part.read_bytes() for part in folder.glob("part-*.age")}
    assert sealed
    await rooms.ending.make_return(ended.id, by="tests", progressed=quiet)
    assert all((folder / name).read_bytes() == content for name, content in sealed.items())
    assert all(one.ok for one in findings([folder], [ended.company.verifier_key]))


@pytest.mark.system
async def test_the_standard_age_tool_opens_the_bundle(ended, rooms, folder):
    if shutil.which("age") is None:
        pytest.skip("the program `age` is not installed")
    await rooms.ending.make_return(ended.id, by="tests", progressed=quiet)
    key = folder / "key.txt"
    key.write_text(f"{ended.company.opening}\n")
    part = rooms.settings.returns / str(ended.id) / "part-0001.age"
    done = subprocess.run(["age", "-d", "-i", key, part], capture_output=True, check=True)
    assert tarfile.open(fileobj=io.BytesIO(done.stdout)).getnames()[0] == "README.txt"


async def test_only_the_signed_manifest_can_be_acknowledged(ended, rooms):
    ending = await rooms.ending.make_return(ended.id, by="tests", progressed=quiet)
    with pytest.raises(WrongManifest):
        await rooms.ending.acknowledge(ended.id, "0" * 64, by="tests")
    done = await rooms.ending.acknowledge(ended.id, ending.manifest_digest.upper(), by="tests")
    assert done.acknowledged_at is not None


async def test_destroyed_means_no_key_no_row_no_body_and_a_certificate_that_verifies(ended, rooms, profile):
    client = await ended.client()
    ending = await rooms.ending.make_return(ended.id, by="tests", progressed=quiet)
    await rooms.ending.acknowledge(ended.id, ending.manifest_digest, by="tests")
    done = await rooms.ending.destroy(ended.id, by="tests", confirmed=True)
    assert done.destroyed_at is not None
    assert await rooms.keys.keys_stand(ended.id) == 0
    assert not (rooms.settings.returns / str(ended.id)).exists()
    assert (await client("GET", "/api/v1/persons")).status in (401, 410)
    assert [e async for e in rooms.reading.entries(ended.id, 0, 9) if e.opened] == []
    await rooms.ending.certify(ended.id, by="tests")
    folder = rooms.settings.certificates / str(ended.id)
    certificate = json.loads((folder / "certificate.json").read_text())
    assert certificate["tried"] == {"ciphertexts": 3, "opened": 0, "with": "every root key left on the provider"}
    assert set(certificate["proofs"]) >= {"ended", "returned", "acknowledged", "destroying", "destroyed"}
    assert certificate["simulated"] is True
    assert profile["family_name"] not in json.dumps(certificate)
    assert all(one.ok for one in findings([folder], [ended.company.verifier_key]))
    assert await rooms.ending.certify(ended.id, by="tests") == UUID(certificate["id"])


@pytest.mark.parametrize("step", ["shred_controller", "forget"])
async def test_a_destruction_cut_at_any_step_is_gone_on_from(ended, rooms, monkeypatch, step):
    await rooms.ending.waive(ended.id, by="tests")
    keys = type(rooms.keys)
    original = getattr(keys, step)

    def cut(*_a: object, **_k: object) -> object:
        raise ConnectionError("cut")

    monkeypatch.setattr(keys, step, cut)
    with pytest.raises(ConnectionError):
        await rooms.ending.destroy(ended.id, by="tests", confirmed=True)
    monkeypatch.setattr(keys, step, original)
    done = await rooms.ending.destroy(ended.id, by="tests", confirmed=True)
    assert done.destroyed_at is not None
    assert await rooms.keys.keys_stand(ended.id) == 0


async def test_the_last_day_comes_by_itself_but_not_by_a_jumping_clock_alone(ended, rooms, settings):
    from pathlib import Path

    await rooms.ending.make_return(ended.id, by="tests", progressed=quiet)
    clock = Path(settings.clock.removeprefix("file:"))
    clock.write_text("+31d")
    try:
        held = await rooms.ending.destroy(ended.id, by="platform", confirmed=False)
        assert isinstance(held, TooEarly)
        assert "confirmed" in held.reason
    finally:
        clock.write_text("+0s")


async def manifest_of(rooms, holder) -> dict:
    document = parties.ended(holder.company, holder.agreement, rooms.clock.now() - timedelta(seconds=1))
    await rooms.ending.end(holder.id, document, by="tests")
    await rooms.ending.make_return(holder.id, by="tests", progressed=quiet)
    return json.loads((rooms.settings.returns / str(holder.id) / "manifest.json").read_text())


MARK = {
    "type": "object", "additionalProperties": False, "x-erasure": "with-person",
    "properties": {
        "for": {"type": "string", "maxLength": 40, "x-category": "account-identifier", "x-purposes": ["prospecting"]},
        "of": {"type": "string", "maxLength": 10, "x-category": "company", "x-purposes": ["prospecting"]},
    },
}  # fmt: skip


async def test_what_is_held_for_no_purpose_of_storage_is_returned_like_all_else(hold, profile, rooms):
    holder = await hold()
    await rooms.filing.declare_type(holder.id, "mark", MARK, by="tests")
    client = await holder.client()
    person, _ = await client.person(profile)
    sent = {"data": {"for": "the fair", "of": "2000"}, "purposes": ["account-management", "prospecting"]}
    made = await client("POST", f"/api/v1/persons/{person}/mark", sent)
    assert made.status == 201, made.raw
    manifest = await manifest_of(rooms, holder)
    assert (manifest["counts"]["records/mark"], manifest["left_out"]) == (1, [])


async def test_a_return_that_cannot_hold_everything_says_so_and_holds_the_end_up_for_nobody(hold, profile, rooms):
    covered = {
        "profile-photo",
        "title",
        "name",
        "company",
        "email",
        "phone",
        "postal-address",
        "language",
        "birth-date",
    }
    holder = await hold(**{
        "services.return.categories": sorted(covered), "services.return.groups": ["user", "administrator", "employee"],
    })  # fmt: skip
    await rooms.filing.declare_type(holder.id, "mark", MARK, by="tests")
    client = await holder.client()
    person, _ = await client.person(profile)
    partner, _ = await client.person(profile | {"email": "p@alpages.example"}, "partner")
    over = (rooms.clock.now() + timedelta(days=1)).isoformat()
    for one, more in ((person, {}), (partner, {}), (person, {"expires_at": over})):
        sent = {"data": {"for": "the fair", "of": "2000"}, "purposes": ["account-management"]} | more
        assert (await client("POST", f"/api/v1/persons/{one}/mark", sent)).status == 201
    for category in ("name", "account-identifier"):
        made = await client(
            "POST", f"/api/v1/persons/{person}/files", raw=b"text", query=f"name=a.txt&category={category}"
        )
        assert made.status == 201, made.raw
    async with rooms.data.transaction(holder.id) as tx:
        ended = "UPDATE bailee.record SET expires_at = $2 WHERE controller_id = $1 AND expires_at IS NOT NULL"
        await tx.execute(ended, holder.id, rooms.clock.now() - timedelta(seconds=1))
    manifest = await manifest_of(rooms, holder)
    assert (manifest["counts"]["records/mark"], manifest["counts"]["blobs"]) == (1, 1)
    said = {(one["type"], one["field"], one["why"]): one["records"] for one in manifest["left_out"]}
    assert said.pop(("profile", "external_id", "not-covered"), 1) == 1
    assert said.pop(("profile", "user_name", "not-covered"), 1) == 1
    assert said == {
        ("mark", "for", "not-covered"): 1, ("mark", None, "not-covered"): 1, ("mark", None, "over"): 1,
        ("profile", None, "not-covered"): 1, ("files", None, "not-covered"): 1,
    }  # fmt: skip
    waived = await rooms.ending.waive(holder.id, by="tests")
    assert waived.waived_at is not None


async def test_a_certificate_names_its_controller_like_every_command_and_the_clock_answers_programs(
    ended, rooms, premises
):
    house = Household(rooms, ended.id, ended)
    confirmed = await commanded(house, premises, "clock", "confirm", "--by", "ada", "--json")
    assert json.loads(confirmed.output) == {"confirmed_by": "ada", "doubted": False}
    await rooms.ending.waive(ended.id, by="tests")
    await rooms.ending.destroy(ended.id, by="tests", confirmed=True)
    made = str(await rooms.ending.certify(ended.id, by="tests"))
    for whose in (["--controller", str(ended.id)], [str(ended.id)]):
        said = await commanded(house, premises, "certificate", *whose, "--json")
        assert json.loads(said.output)["certificate"] == made, said.output
    assert (await commanded(house, premises, "certificate")).exit_code == 2

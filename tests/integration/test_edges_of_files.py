"""The edges of files, of matching and of moving: what is withheld, what changes under way, what is not what it says."""

import os
from uuid import UUID

import msgspec
import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bailee.contract.ruling import AccessRequest, Refusal
from bailee.gate import files
from bailee.gate.changing import Unknown
from bailee.gate.files import Cut, Shown, Wanted
from bailee.gate.matching import AT_ONCE, Matching
from bailee.gate.passage import TooLate
from bailee.gate.sets import Sought, UnknownField
from bailee.infra.keys.key import Key
from bailee.vault import moving, profile
from bailee.vault.chunks import Place, cipher
from bailee.vault.files import Files, NotRecorded, _blob
from bailee.vault.sealing import Altered, Sealed, seal
from bailee.vocabulary.ids import Address, new_id
from bailee.vocabulary.operations import Operation
from bailee.vocabulary.parties import Actor, ActorKind
from bailee.vocabulary.purposes import Purpose


class Held:
    """A person with one file, and requests about it."""

    def __init__(self, rooms, holder, client, person: str, file: str) -> None:
        self.rooms, self.holder, self.client = rooms, holder, client
        self.person, self.file = UUID(person), UUID(file)

    def asks(
        self, operation: Operation = Operation.consult, purpose: str = "account-management", **more
    ) -> AccessRequest:
        actor = Actor("system:crm", ActorKind.controller_system, self.client.credential)
        return AccessRequest(
            actor=actor, controller=self.holder.id, operation=operation, purpose=Purpose(purpose), **more
        )

    async def read(self, **more):
        return await self.rooms.files.read(
            self.asks(persons=(self.person,), **more), Wanted(self.person, "files", self.file)
        )


@pytest.fixture
async def held(hold, rooms, profile):
    holder = await hold()
    client = await holder.client()
    person, _ = await client.person(profile)
    made = await client("POST", f"/api/v1/persons/{person}/files", raw=b"content", query="name=a.txt&category=name")
    assert made.status == 201, made.raw
    return Held(rooms, holder, client, person, made.body["record"])


async def test_a_file_of_another_category_than_asked_for_is_withheld(held):
    refused = await held.read(categories=frozenset({"email"}), named=True)
    assert isinstance(refused, Refusal)
    assert refused.reason == "category-not-covered"


async def test_a_reading_goes_on_only_while_what_allowed_it_is_so(held):
    reading = await held.read()
    gate, dossier = held.rooms.files, reading._dossier
    permit, shown = reading.recorded.fact, Shown(reading.file, reading.metadata)
    await gate.look_again(dossier, permit, shown)
    older = msgspec.structs.replace(dossier, version=dossier.version - 1)
    await gate.look_again(older, permit, shown)
    elsewhere = msgspec.structs.replace(permit.request, purpose=Purpose.prospecting)
    with pytest.raises(Cut):
        await gate.look_again(older, msgspec.structs.replace(permit, request=elsewhere), shown)
    uncovered = msgspec.structs.replace(reading.metadata, category="email")
    few = msgspec.structs.replace(permit.request, categories=frozenset({"name"}), named=True)
    with pytest.raises(Cut):
        await gate.look_again(older, msgspec.structs.replace(permit, request=few), Shown(reading.file, uncovered))
    await held.client("DELETE", f"/api/v1/persons/{held.person}/files/{held.file}")
    with pytest.raises(Cut):
        await gate.look_again(dossier, permit, shown)


async def test_a_reading_that_took_too_long_to_open_is_not_begun(held, monkeypatch):
    monkeypatch.setattr(files, "FRESH_SECONDS", -1.0)
    with pytest.raises(TooLate):
        await held.read()


async def test_content_is_given_only_under_the_entry_that_names_it(held):
    reading = await held.read()
    place = msgspec.structs.replace(
        reading.file.place, address=msgspec.structs.replace(reading.file.place.address, record=new_id())
    )
    other = msgspec.structs.replace(reading.file, place=place)
    with pytest.raises(NotRecorded):
        async for _ in held.rooms.files.files.pieces(reading.recorded, reading._key, other, 0, 1):
            pass
    assert [
        piece async for piece in held.rooms.files.files.pieces(reading.recorded, reading._key, reading.file, 5, 5)
    ] == []
    assert _blob("not/an/id") is None


def test_a_key_that_does_not_open_seals_no_blob():
    secret = os.urandom(32)
    closed = Key(key_id=new_id(), secret=secret, cipher=AESGCM(secret), closed=True)
    address = Address(controller=new_id(), person=new_id(), type="files", record=new_id())
    with pytest.raises(Altered):
        cipher(closed, Place(address, new_id()))


async def test_matching_is_ruled_bounded_and_knows_its_fields(held):
    rooms = held.rooms
    matching = Matching(passage=rooms.passage, appending=rooms.appending, database=rooms.data, keys=rooms.keys)
    email = Sought("profile", "email", "nobody@x.example")
    with pytest.raises(ValueError, match="at most"):
        await matching.match(held.asks(Operation.query), [email] * (AT_ONCE + 1))
    with pytest.raises(UnknownField):
        await matching.match(held.asks(Operation.query), [Sought("profile", "city", "x")])
    with pytest.raises(UnknownField):
        await matching.match(held.asks(Operation.query), [Sought("nothing", "email", "x")])
    refused = await matching.match(held.asks(Operation.query, "prospecting"), [email])
    assert isinstance(refused, Refusal)
    assert (await matching.match(held.asks(Operation.query), [email])).found == {}


async def test_matching_finds_all_who_hold_a_value_in_chunks_and_says_where_there_are_too_many(
    held, profile, monkeypatch
):
    rooms, client = held.rooms, await held.holder.client()
    matching = Matching(passage=rooms.passage, appending=rooms.appending, database=rooms.data, keys=rooms.keys)
    mark = os.urandom(4).hex()
    few, crowd = f"few.{mark}@x.example", f"crowd.{mark}@x.example"
    for number, address in enumerate((few, few, few, crowd, crowd, crowd, crowd)):
        await client.person(profile | {"email": address, "user_name": f"{mark}-{number}"})
    wanted = [Sought("profile", "email", address) for address in (few, crowd)]
    whole = await matching.match(held.asks(Operation.query), wanted)
    assert ([len(whole.found[one]) for one in wanted], whole.crowded) == ([3, 4], frozenset())
    monkeypatch.setattr("bailee.gate.matching.ALIKE", 3)
    monkeypatch.setattr("bailee.gate.matching.AT_ONCE", 2)
    found = await matching.match(held.asks(Operation.query), wanted)
    assert {one: len(records) for one, records in found.found.items()} == {wanted[0]: 3}
    assert found.crowded == {wanted[1]}, "nothing is cut off in silence"


async def test_an_agreement_that_ended_while_values_were_matched_opens_nothing(held, profile, monkeypatch):
    rooms = held.rooms
    matching = Matching(passage=rooms.passage, appending=rooms.appending, database=rooms.data, keys=rooms.keys)
    look = matching._hits

    async def ended(*given):
        hits = await look(*given)
        rooms.archive._dossiers[held.holder.id] = msgspec.structs.replace(
            await rooms.passage.dossier(held.holder.id), documents=(), _in_force=None
        )
        return hits

    monkeypatch.setattr(matching, "_hits", ended)
    refused = await matching.match(held.asks(Operation.query), [Sought("profile", "email", profile["email"])])
    rooms.archive.forget(held.holder.id)
    assert isinstance(refused, Refusal)


def test_what_the_permit_does_not_cover_is_not_moved():
    keys = [Key(key_id=new_id(), secret=(s := os.urandom(32)), cipher=AESGCM(s)) for _ in range(2)]
    address = Address(controller=new_id(), person=new_id(), type="profile", record=new_id())
    box = seal(keys[0], address, 1, b'{"email":"a@b.example","given_name":"A"}')
    record = Sealed(address, 1, keys[0].key_id, box)
    place = moving.Place(keys[1], msgspec.structs.replace(record, key_id=keys[1].key_id))
    with pytest.raises(moving.NotCovered) as found:
        moving.carried(keys[0], record, place, profile.TYPE, index=keys[1], covered=frozenset({"name"}))
    assert found.value.categories == {"email"}


async def test_an_upload_whose_person_went_meanwhile_holds_nothing(held, monkeypatch):
    from bailee.infra.keys.store import KeyStore

    async def gone(self, wanted):
        return {}

    with monkeypatch.context() as patched:
        patched.setattr(KeyStore, "person_keys", gone)
        lost = await held.client("POST", f"/api/v1/persons/{held.person}/files", raw=b"x", query="name=b&category=name")
    assert lost.status == 404


async def test_a_photograph_is_held_where_the_profile_went_in_between(held, monkeypatch):
    from tests.unit.test_photographs import halves, saved

    from bailee.gate.records import Records

    async def went(self, *_):
        raise Unknown

    with monkeypatch.context() as patched:
        patched.setattr(Records, "patch", went)
        made = await held.client("PUT", f"/api/v1/persons/{held.person}/photo", raw=saved(halves(), "JPEG"))
    assert made.status == 201, made.raw
    assert (await held.client("GET", f"/api/v1/persons/{held.person}/photo")).status == 200


async def test_who_is_restricted_is_found_by_nobody_and_said_to_be_withheld(held, profile):
    rooms, client = held.rooms, held.client
    matching = Matching(passage=rooms.passage, appending=rooms.appending, database=rooms.data, keys=rooms.keys)
    shared = {"type": "profile", "data": profile | {"user_name": "another", "external_id": "another"}}
    twin = (await client("POST", "/api/v1/persons", {"groups": ["user"], "records": [shared]})).body["person"]
    email = Sought("profile", "email", profile["email"])
    both = await matching.match(held.asks(Operation.query), [email])
    assert {one.address.person for one in both.found[email]} == {held.person, UUID(twin)}
    assert (await client("PATCH", f"/api/v1/persons/{twin}", {"restricted": True})).status == 200
    one = await matching.match(held.asks(Operation.query), [email])
    assert [found.address.person for found in one.found[email]] == [held.person]
    assert one.withheld == {email}
    assert (await client("PATCH", f"/api/v1/persons/{held.person}", {"restricted": True})).status == 200
    none = await matching.match(held.asks(Operation.query), [email])
    assert isinstance(none, Refusal) or not none.found


async def test_files_of_someone_restricted_are_not_listed(held):
    listed = await held.client("GET", f"/api/v1/persons/{held.person}/files")
    assert len(listed.body["files"]) == 1
    assert (await held.client("PATCH", f"/api/v1/persons/{held.person}", {"restricted": True})).status == 200
    after = await held.client("GET", f"/api/v1/persons/{held.person}/files")
    assert after.status == 403 or after.body["files"] == []
    everyone = await held.rooms.files.page(held.asks(), (UUID(int=0), UUID(int=0)), 10)
    assert isinstance(everyone, Refusal) or everyone.shown == ()


async def test_a_photograph_of_someone_without_a_profile_is_held(held):
    from tests.unit.test_photographs import halves, saved

    made = await held.client("POST", "/api/v1/persons", {"groups": ["user"], "records": []})
    person = made.body["person"]
    assert (await held.client("PUT", f"/api/v1/persons/{person}/photo", raw=saved(halves(), "PNG"))).status == 201


async def test_files_are_listed_and_taken_in_for_an_instructed_purpose_alone(held):
    refused = await held.rooms.files.page(held.asks(purpose="prospecting"), (UUID(int=0), UUID(int=0)), 10)
    assert isinstance(refused, Refusal)
    other = await held.holder.client("prospecting")
    path = f"/api/v1/persons/{held.person}/files"
    assert (await other("POST", path, raw=b"x", query="name=b&category=name")).status == 403


async def test_a_file_whose_key_is_gone_is_unknown_and_in_no_list(held):
    rooms = held.rooms
    await rooms.keys.shred_person(held.holder.id, held.person)
    rooms.keys.forget_persons()
    with pytest.raises(Unknown):
        await held.read()
    listed = await rooms.files.page(held.asks(), (UUID(int=0), UUID(int=0)), 10)
    assert (listed.shown, listed.withheld) == ((), 1)


async def test_a_list_asked_for_one_category_shows_no_file_of_another(held):
    start = UUID(int=0)
    asked = held.asks(categories=frozenset({"email"}), named=True, persons=(held.person,))
    listed = await held.rooms.files.page_of_person(asked, held.person, start, 10)
    assert (listed.shown, listed.withheld) == ((), 1)
    covered = held.asks(categories=frozenset({"name"}), named=True, persons=(held.person,))
    assert len((await held.rooms.files.page_of_person(covered, held.person, start, 10)).shown) == 1


async def test_an_upload_that_was_swept_away_while_it_came_in_holds_nothing(held, monkeypatch):
    written = Files.write

    async def swept(self, key, place, pieces):
        sums = await written(self, key, place, pieces)
        await self.let_go(place.address.controller, place.address.person, place.address.record)
        return sums

    with monkeypatch.context() as patched:
        patched.setattr(Files, "write", swept)
        lost = await held.client("POST", f"/api/v1/persons/{held.person}/files", raw=b"x", query="name=b&category=name")
    assert lost.status == 404
    listed = await held.client("GET", f"/api/v1/persons/{held.person}/files")
    assert [one["id"] for one in listed.body["files"]] == [str(held.file)]

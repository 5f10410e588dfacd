"""Duplicates end to end: found, merged field by field, parted again, and everything that may come in between."""

import asyncio
import hashlib
import json
import os
import re
import sys
from contextvars import ContextVar
from urllib.parse import urlencode
from uuid import UUID

import asyncpg
import msgspec
import pytest
from tests.household import worked

from bailee.contract.ruling import AccessRequest, Refusal
from bailee.gate.changing import Held, Outdated, Unknown
from bailee.infra.database import Unavailable
from bailee.processing.accounts.lifecycle import Step
from bailee.processing.accounts.reconciling import merging as merging_module
from bailee.processing.accounts.reconciling.conflicts import CannotMerge, CannotUndo, ChangedSince
from bailee.processing.accounts.reconciling.merging import Plan
from bailee.processing.accounts.reconciling.undoing import Later
from bailee.processing.accounts.sessions import Device
from bailee.serving import Doors
from bailee.vocabulary.ids import new_id
from bailee.vocabulary.operations import Operation
from bailee.vocabulary.parties import Actor, ActorKind
from bailee.vocabulary.purposes import Purpose
from bailee.wings import Wings

NOTE = {
    "type": "object", "additionalProperties": False, "x-erasure": "with-person",
    "properties": {
        "text": {"type": "string", "maxLength": 200, "x-category": "name", "x-purposes": ["account-management"], "x-search": "eq"},
    },
}  # fmt: skip


class Desk:
    """A controller's staff at the duplicates desk."""

    def __init__(self, holder, client, kind=ActorKind.controller_staff):
        self.holder, self.client = holder, client
        self.wings = Wings(holder.rooms)
        self.room = self.wings.reconciling
        self.actor = Actor("staff:1", kind, new_id())

    def ask(self, *persons):
        return AccessRequest(
            actor=self.actor, controller=self.holder.id, operation=Operation.combine,
            purpose=Purpose.account_management, persons=tuple(persons),
        )  # fmt: skip

    async def pages(self):
        found, after = [], b""
        while after is not None:
            page = await self.room.finding.page(self.ask(), after)
            assert not isinstance(page, Refusal), page
            found += page.candidates
            after = page.after
        return found

    async def plan(self, survivor, absorbed, *taken):
        pair = await self.room.finding.pair(self.ask(), survivor, absorbed)
        versions = {one.person: one.version for one in (pair.first, pair.second)}
        return Plan(survivor, absorbed, frozenset(taken), (versions[survivor], versions[absorbed]))

    async def merge(self, survivor, absorbed, *taken):
        return await self.room.merging.merge(self.ask(survivor, absorbed), await self.plan(survivor, absorbed, *taken))

    async def undo(self, merge, later=Later.ask):
        return await self.room.undoing.undo(self.ask(), merge, later)

    async def person(self, profile):
        person, record = await self.client.person(profile)
        return UUID(person), UUID(record)

    async def read(self, person, record, type_="profile"):
        return await self.client("GET", f"/api/v1/persons/{person}/{type_}/{record}")

    async def acts(self, *kinds):
        head = await self.holder.rooms.reading.integrated(self.holder.id)
        entries = [e async for e in self.holder.rooms.reading.entries(self.holder.id, 0, head.size)]
        said = [msgspec.json.decode(e.opened.body) for e in entries]
        return [one for one in said if one["kind"] in kinds]

    async def scrub(self, person):
        return await self.holder.rooms.scrubbing.person(self.holder.id, person)


@pytest.fixture
async def desk(hold):
    holder = await hold()
    return Desk(holder, await holder.client())


@pytest.fixture
async def owner(premises):
    connection = await asyncpg.connect(premises.clusters[0].address())
    yield connection
    await connection.close()


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    monkeypatch.setattr(merging_module, "BITES_AFTER_SECONDS", 0.0)


@pytest.fixture
async def twins(desk, profile):
    """The same human twice: the elder with one address of mail, the younger with another and a phone."""
    elder, elder_record = await desk.person({k: v for k, v in profile.items() if k not in ("phone", "external_id")})
    younger = profile | {
        "email": "new." + profile["email"],
        "family_name": profile["family_name"].upper(),
        "user_name": "b." + profile["user_name"],
    }
    other, other_record = await desk.person(younger)
    return (elder, elder_record, {k: v for k, v in profile.items() if k not in ("phone", "external_id")}), (
        other,
        other_record,
        younger,
    )


def lines(reply):
    return dict(reply.body["data"])


async def test_a_pair_is_found_with_its_reasons_and_strangers_are_not(desk, twins, profile):
    await desk.person({"given_name": "Max", "family_name": "Nobody", "email": "max@else.example"})
    [found] = await desk.pages()
    assert {found.first.person, found.second.person} == {twins[0][0], twins[1][0]}
    assert found.first.person < found.second.person
    reasons = {c.code for c in found.similarity.contributions}
    assert {"same-name", "same-address", "same-company"} <= reasons
    [scope, read] = [one for one in await desk.acts("permit") if one["operation"] == "combine"]
    assert "records" not in scope
    assert {r[0] for r in read["records"]} == {str(twins[0][0]), str(twins[1][0])}


async def test_pages_are_bounded_and_miss_nobody(desk, monkeypatch):
    from bailee.processing.accounts.reconciling import finding

    monkeypatch.setattr(finding, "WINDOW", 7)
    monkeypatch.setattr(finding, "STEPS", 2)
    monkeypatch.setattr(finding, "PAIRS", 3)
    wanted = set()
    for number in range(8):
        mark = os.urandom(4).hex()
        pair = [
            (await desk.person({"given_name": name, "family_name": f"F{mark}", "email": f"{mark}@x.example", "phone": f"+3361234{number:04d}"}))[0]
            for name in ("Ana", "Anna")
        ]  # fmt: skip
        wanted.add(tuple(sorted(pair)))
    found = {(one.first.person, one.second.person) for one in await desk.pages()}
    assert found == wanted


async def test_likely_pairs_come_first_over_several_looks_and_the_lesser_are_counted(desk, browser, monkeypatch):
    from bailee.processing.accounts.reconciling import finding

    walk = await browser()
    status, body, _ = await walk("GET", "/duplicates")
    assert "No duplicates are in sight" in body
    for number in range(6):  # a name in common, and nothing else: possible
        for place in ("a", "b"):
            held = {"given_name": "Ines", "family_name": f"Brun{number}", "email": f"{place}{number}@x.example"}
            await desk.person(held)
    status, body, _ = await walk("GET", "/duplicates")
    assert status == 200
    assert "6 other pairs share little more than a name" in body
    assert "No likely duplicates are in sight" in body
    assert (await walk("GET", "/duplicates", "show=all"))[1].count(">Compare<") == 6
    both = {"given_name": "Max", "family_name": "Roux", "email": "max@x.example", "phone": "+33611223344"}
    pair = {(await desk.person(both))[0] for _ in range(2)}
    status, body, _ = await walk("GET", "/duplicates")
    assert body.count(">Compare<") == 1
    assert "very likely" in body
    monkeypatch.setattr(finding, "PAIRS", 1)
    [one] = (await desk.room.finding.likely(desk.ask())).candidates
    assert {one.first.person, one.second.person} == pair
    monkeypatch.setattr(finding, "LOOKS", 1)
    found, after, looks = [], b"", 0
    while after is not None:
        page = await desk.room.finding.likely(desk.ask(), after)
        found, after, looks = [*found, *page.candidates], page.after, looks + 1
    assert {one.first.person for one in found} | {one.second.person for one in found} == pair
    assert looks > 6, "it says where it stopped, whether it found anything or not"


async def test_a_number_that_a_crowd_shares_says_nothing(desk):
    for number in range(10):
        await desk.person({"given_name": f"N{number}", "family_name": os.urandom(4).hex(), "phone": "+33123456789"})
    assert await desk.pages() == []


async def test_a_dismissed_pair_is_not_shown_again(desk, twins):
    await desk.room.dismissing.dismiss(desk.ask(twins[0][0], twins[1][0]), twins[1][0], twins[0][0])
    await desk.room.dismissing.dismiss(desk.ask(twins[0][0], twins[1][0]), twins[0][0], twins[1][0])
    assert await desk.pages() == []
    assert {tuple(one["persons"]) for one in await desk.acts("duplicate-dismissed")} == {
        tuple(sorted((str(twins[0][0]), str(twins[1][0]))))
    }


async def test_field_by_field_and_the_other_becomes_an_alias(desk, twins):
    (a, record_a, was), (b, record_b, other) = twins
    merge = await desk.merge(a, b, "email", "phone")
    assert isinstance(merge, UUID)
    after = await desk.read(a, record_a)
    assert lines(after) == was | {"email": other["email"], "phone": other["phone"]}
    assert (await desk.read(b, record_b)).status == 404
    assert (await desk.client("GET", f"/api/v1/persons/{b}")).status == 404
    assert (await desk.client("DELETE", f"/api/v1/persons/{b}")).status == 404
    hits = await desk.client("POST", "/api/v1/search", {"type": "profile", "field": "email", "value": other["email"]})
    assert [one["person"] for one in hits.body["records"]] == [str(a)]
    assert await desk.room.merges.survivor_of(desk.holder.id, b) == a
    assert await desk.pages() == []
    [act] = await desk.acts("merged")
    assert act["persons"] == [str(a), str(b)]
    assert act["details"]["categories"] == ["email", "phone"]
    assert other["email"] not in str(await desk.acts("merged", "permit", "change"))
    assert await desk.scrub(a) == []


async def test_an_emptied_field_is_a_choice_too(desk, twins):
    (a, _, was), (b, record_b, other) = twins
    await desk.merge(b, a, "phone", "family_name")
    after = lines(await desk.read(b, record_b))
    assert "phone" not in after
    assert after["family_name"] == was["family_name"]


async def test_undo_gives_both_back_as_they_were(desk, twins):
    (a, record_a, was), (b, record_b, other) = twins
    merge = await desk.merge(a, b, "email", "phone", "user_name")
    undone = await desk.undo(merge)
    assert undone.id == merge
    assert lines(await desk.read(a, record_a)) == was
    assert lines(await desk.read(b, record_b)) == other
    for value, whose in ((was["email"], a), (other["email"], b)):
        hits = await desk.client("POST", "/api/v1/search", {"type": "profile", "field": "email", "value": value})
        assert [one["person"] for one in hits.body["records"]] == [str(whose)]
    assert await desk.room.merges.survivor_of(desk.holder.id, b) is None
    assert await desk.scrub(a) == await desk.scrub(b) == []
    with pytest.raises(CannotUndo, match="over"):
        await desk.undo(merge)
    again = await desk.merge(a, b, "phone")
    assert isinstance(again, UUID)
    assert await desk.scrub(a) == []


@pytest.fixture
async def noted(desk, twins):
    """A note about the younger, of a type of the controller's own."""
    await desk.holder.rooms.filing.declare_type(desk.holder.id, "note", NOTE, by="tests")
    reply = await desk.client("POST", f"/api/v1/persons/{twins[1][0]}/note", {"data": {"text": "prefers the morning"}})
    assert reply.status == 201, reply.raw
    return UUID(reply.body["record"])


async def notes(desk, person):
    reply = await desk.client("GET", f"/api/v1/persons/{person}/note")
    return [(UUID(one["id"]), one["data"]["text"]) for one in reply.body["records"]] if reply.status == 200 else []


async def test_other_records_move_and_go_back(desk, twins, noted):
    (a, _, _), (b, _, _) = twins
    merge = await desk.merge(a, b)
    [(moved, text)] = await notes(desk, a)
    assert (text, moved != noted, await notes(desk, b)) == ("prefers the morning", True, [])
    hits = await desk.client("POST", "/api/v1/search", {"type": "note", "field": "text", "value": text})
    assert [one["person"] for one in hits.body["records"]] == [str(a)]
    assert await desk.scrub(a) == []
    await desk.undo(merge)
    assert await notes(desk, b) == [(noted, text)]
    assert await notes(desk, a) == []
    assert await desk.scrub(a) == await desk.scrub(b) == []


async def change_since(desk, twins, how):
    (a, record_a, was), (b, _, other) = twins
    merge = await desk.merge(a, b, "email")
    [(moved, _)] = await notes(desk, a)
    if how == "changed":
        await desk.client("PATCH", f"/api/v1/persons/{a}/profile/{record_a}", {"language": "en"})
        await desk.client("PUT", f"/api/v1/persons/{a}/note/{moved}", {"text": "prefers the evening"})
    else:
        await desk.client("DELETE", f"/api/v1/persons/{a}/profile/{record_a}")
        await desk.client("DELETE", f"/api/v1/persons/{a}/note/{moved}")
    with pytest.raises(ChangedSince) as found:
        await desk.undo(merge)
    assert {(one.type, one.done) for one in found.value.since} == {("profile", how), ("note", how)}
    assert (await desk.client("GET", f"/api/v1/persons/{b}")).status == 404
    return merge


async def profiles(desk, person):
    reply = await desk.client("GET", f"/api/v1/persons/{person}/profile")
    return [one["data"] for one in reply.body["records"]] if reply.status == 200 else []


@pytest.mark.parametrize("how", ["changed", "deleted"])
async def test_what_was_changed_since_is_surfaced_and_can_be_put_back(desk, twins, noted, how):
    (a, _, was), (b, record_b, other) = twins
    merge = await change_since(desk, twins, how)
    await desk.undo(merge, Later.put_back)
    assert await profiles(desk, a) == [was]
    assert lines(await desk.read(b, record_b)) == other
    assert await notes(desk, b) == [(noted, "prefers the morning")]
    assert await notes(desk, a) == []
    assert await desk.scrub(a) == await desk.scrub(b) == []


@pytest.mark.parametrize("how", ["changed", "deleted"])
async def test_what_was_changed_since_can_be_kept(desk, twins, noted, how):
    (a, _, was), (b, record_b, other) = twins
    merge = await change_since(desk, twins, how)
    await desk.undo(merge, Later.keep)
    kept = [was | {"email": other["email"], "language": "en"}] if how == "changed" else []
    assert await profiles(desk, a) == kept
    assert lines(await desk.read(b, record_b)) == other
    assert await notes(desk, b) == ([(noted, "prefers the evening")] if how == "changed" else [])
    assert await notes(desk, a) == []
    assert await desk.scrub(a) == await desk.scrub(b) == []


async def test_files_go_along_and_go_back(desk, twins, settings):
    (a, record_a, was), (b, _, _) = twins
    content = os.urandom(150_000)
    sent = await desk.client("POST", f"/api/v1/persons/{b}/files", raw=content, query="name=a.bin&category=name")
    file = sent.body["record"]
    merge = await desk.merge(a, b)
    [listed] = (await desk.client("GET", f"/api/v1/persons/{a}/files")).body["files"]
    assert (await desk.client("GET", f"/api/v1/persons/{a}/files/{listed['id']}")).raw == content
    assert (await desk.client("GET", f"/api/v1/persons/{b}/files/{file}")).status == 404
    assert await desk.scrub(a) == []
    await desk.undo(merge)
    assert (await desk.client("GET", f"/api/v1/persons/{b}/files/{file}")).raw == content
    assert (await desk.client("GET", f"/api/v1/persons/{a}/files")).body["files"] == []
    blobs = [f for f in (settings.blobs_folder / str(desk.holder.id) / str(a)).rglob("*") if f.is_file()]
    assert blobs == []


async def test_a_merge_that_fails_leaves_no_copy_of_a_file(desk, twins, settings):
    (a, _, _), (b, _, _) = twins
    await desk.client("POST", f"/api/v1/persons/{b}/files", raw=b"x" * 100, query="name=a&category=name")
    with pytest.raises(Outdated):
        await desk.room.merging.merge(desk.ask(a, b), Plan(a, b, frozenset(), (1, 7)))
    assert (await desk.client("GET", f"/api/v1/persons/{a}/files")).body["files"] == []
    assert [f for f in (settings.blobs_folder / str(desk.holder.id) / str(a)).rglob("*") if f.is_file()] == []
    assert (await desk.client("GET", f"/api/v1/persons/{b}")).status == 200


async def test_objections_and_groups_of_both_stand_and_go_back(desk, twins):
    (a, _, _), (b, _, _) = twins
    await desk.client("PATCH", f"/api/v1/persons/{b}", {"groups": ["employee"], "objections": ["prospecting"]})
    merge = await desk.merge(a, b)
    standing = (await desk.client("GET", f"/api/v1/persons/{a}")).body
    assert (standing["groups"], standing["objections"]) == (["employee", "user"], ["prospecting"])
    await desk.client("PATCH", f"/api/v1/persons/{a}", {"objections": ["prospecting", "profiling"]})
    await desk.undo(merge)
    standing = (await desk.client("GET", f"/api/v1/persons/{a}")).body
    assert (standing["groups"], standing["objections"]) == (["user"], ["profiling"])
    standing = (await desk.client("GET", f"/api/v1/persons/{b}")).body
    assert (standing["groups"], standing["objections"]) == (["employee"], ["prospecting"])


async def test_restriction_and_hold_are_refused(desk, twins, owner):
    (a, _, _), (b, _, _) = twins
    plan = await desk.plan(a, b, "email")
    await desk.client("PATCH", f"/api/v1/persons/{b}", {"restricted": True})
    found = await desk.room.merging.merge(desk.ask(a, b), plan)
    assert isinstance(found, Refusal)
    assert found.reason == "restricted"
    assert await desk.pages() == []
    pair = await desk.room.finding.pair(desk.ask(), a, b)
    assert isinstance(pair, Refusal)
    await desk.client("PATCH", f"/api/v1/persons/{b}", {"restricted": False})
    await owner.execute(
        "UPDATE bailee.person SET held = true WHERE controller_id = $1 AND person_id = $2", desk.holder.id, b
    )
    with pytest.raises(Held):
        await desk.room.merging.merge(desk.ask(a, b), plan)
    assert (await desk.client("GET", f"/api/v1/persons/{b}")).status == 200
    assert await desk.acts("merged") == []


async def test_it_is_the_controllers_own_act(desk, twins):
    (a, _, _), (b, _, _) = twins
    plan = await desk.plan(a, b)
    for kind in (ActorKind.processor_staff, ActorKind.processor_system, ActorKind.auditor, ActorKind.person):
        stranger = Desk(desk.holder, desk.client, kind)
        for answer in (
            await stranger.room.merging.merge(stranger.ask(a, b), plan),
            await stranger.room.finding.page(stranger.ask()),
            await stranger.room.dismissing.dismiss(stranger.ask(a, b), a, b),
        ):
            assert isinstance(answer, Refusal), kind
    assert (await desk.client("GET", f"/api/v1/persons/{b}")).status == 200


async def test_others_ids_are_as_unknown_as_any(desk, twins, hold):
    (a, _, _), (b, _, _) = twins
    other = await hold(1)
    theirs = Desk(other, await other.client())
    own, _ = await theirs.person({"given_name": "Elsewhere", "email": "e@x.example"})
    merge = await desk.merge(a, b)
    for survivor, absorbed in ((own, a), (a, own), (own, new_id())):
        with pytest.raises(Unknown):
            await theirs.room.merging.merge(
                theirs.ask(survivor, absorbed), Plan(survivor, absorbed, frozenset(), (1, 1))
            )
        assert await theirs.room.finding.pair(theirs.ask(), survivor, absorbed) is None
        with pytest.raises(Unknown):
            await theirs.room.dismissing.dismiss(theirs.ask(), survivor, absorbed)
    for unknown in (merge, new_id()):
        with pytest.raises(Unknown):
            await theirs.undo(unknown)
    assert await theirs.room.merges.open(other.id) == []
    assert await theirs.room.merges.survivor_of(other.id, b) is None


async def test_hostile_plans(desk, twins):
    (a, _, _), (b, _, _) = twins
    with pytest.raises(CannotMerge, match="same-person"):
        await desk.room.merging.merge(desk.ask(a), Plan(a, a, frozenset(), (1, 1)))
    with pytest.raises(CannotMerge, match="same-person"):
        await desk.room.finding.pair(desk.ask(), a, a)
    with pytest.raises(ValueError, match="chosen"):
        await desk.room.merging.merge(desk.ask(a, b), Plan(a, b, frozenset({"photo"}), (1, 1)))
    bare = UUID((await desk.client("POST", "/api/v1/persons", {"groups": ["user"], "records": []})).body["person"])
    with pytest.raises(CannotMerge, match="no-profile"):
        await desk.room.merging.merge(desk.ask(a, bare), Plan(a, bare, frozenset(), (1, 1)))


async def test_one_who_was_erased_meanwhile_is_not_merged(desk, twins):
    (a, _, _), (b, _, _) = twins
    plan = await desk.plan(a, b)
    assert (await desk.client("DELETE", f"/api/v1/persons/{b}")).status == 202
    with pytest.raises(Unknown):
        await desk.room.merging.merge(desk.ask(a, b), plan)
    [withheld] = [one for one in await desk.acts("withheld") if one["operation"] == "combine"]
    assert withheld["reason"] == "unknown"


async def test_two_merges_at_once_one_wins(desk, twins, profile):
    (a, _, _), (b, _, _) = twins
    c, _ = await desk.person(profile | {"user_name": "third"})
    plans = [await desk.plan(a, b), await desk.plan(b, a), await desk.plan(c, b), await desk.plan(a, b)]
    done = await asyncio.gather(
        *(desk.room.merging.merge(desk.ask(p.survivor, p.absorbed), p) for p in plans), return_exceptions=True
    )
    won = [one for one in done if isinstance(one, UUID)]
    lost = [one for one in done if isinstance(one, Exception)]
    assert len(won) == 1 or (len(won) == 2 and isinstance(done[1], UUID) != isinstance(done[0], UUID)), done
    assert all(isinstance(one, Unknown | Outdated) for one in lost), done
    assert len(await desk.acts("merged")) == len(won)
    for person in (a, b, c):
        assert await desk.scrub(person) == []


async def test_a_chain_is_undone_from_its_end(desk, twins, profile):
    (a, _, _), (b, record_b, other) = twins
    c, _ = await desk.person(profile | {"user_name": "third"})
    first = await desk.merge(b, a, "email")
    second = await desk.merge(c, b)
    assert await desk.room.merges.survivor_of(desk.holder.id, a) == c
    with pytest.raises(CannotUndo, match="survivor-merged"):
        await desk.undo(first)
    await desk.undo(second)
    await desk.undo(first)
    assert lines(await desk.read(b, record_b)) == other


async def end_term(owner, desk, merge):
    await owner.execute(
        "UPDATE bailee.merge SET due_at = merged_at - interval '1 second' WHERE controller_id = $1 AND merge_id = $2",
        desk.holder.id, merge,
    )  # fmt: skip


LEFT = "SELECT (SELECT count(*) FROM bailee.merge_record WHERE controller_id = $1) + (SELECT count(*) FROM bailee.record WHERE controller_id = $1 AND person_id = $2)"


async def test_when_the_term_is_over_the_absorbed_is_erased(desk, twins, owner):
    (a, record_a, _), (b, _, _) = twins
    rooms = desk.holder.rooms
    merge = await desk.merge(a, b, "phone")
    assert await desk.room.ending.due(desk.holder.id) == 0
    await end_term(owner, desk, merge)
    with pytest.raises(CannotUndo, match="over"):
        await desk.undo(merge)
    assert await desk.room.ending.due(desk.holder.id) == 1
    assert await desk.room.ending.due(desk.holder.id) == 0
    assert not await rooms.keys.person_key_stands(desk.holder.id, b)
    assert await owner.fetchval(LEFT, desk.holder.id, b) == 0
    assert "phone" in lines(await desk.read(a, record_a))
    assert [one["persons"] for one in await desk.acts("erased")] == [[str(b)]]
    assert (await desk.client("GET", f"/api/v1/persons/{b}/erasure")).body["step"] == "done"
    with pytest.raises(CannotUndo, match="over"):
        await desk.undo(merge)


async def test_a_hold_on_the_absorbed_outlasts_the_term(desk, twins, owner):
    (a, _, _), (b, _, _) = twins
    merge = await desk.merge(a, b)
    await end_term(owner, desk, merge)
    hold_it = "UPDATE bailee.person SET held = $3 WHERE controller_id = $1 AND person_id = $2"
    await owner.execute(hold_it, desk.holder.id, b, True)
    assert await desk.room.ending.due(desk.holder.id) == 0
    await owner.execute(hold_it, desk.holder.id, b, False)
    await desk.holder.rooms.ticking.tick()
    await desk.holder.rooms.ticking.confirm()
    assert await worked(Wings(desk.holder.rooms).duties(), "ends of merges", desk.holder.id) == 1


async def test_whoever_was_merged_follows_an_erased_survivor_through_a_chain(desk, twins, profile, owner):
    (a, _, _), (b, _, _) = twins
    c, _ = await desk.person(profile | {"user_name": "third"})
    first, second = await desk.merge(b, a), await desk.merge(c, b)
    assert (await desk.client("DELETE", f"/api/v1/persons/{c}")).status == 202
    with pytest.raises(CannotUndo, match="survivor-gone"):
        await desk.undo(second)
    assert (
        await owner.fetchval(
            "SELECT count(*) FROM bailee.merge_record WHERE controller_id = $1 AND person_id = $2", desk.holder.id, c
        )
        == 0
    )
    assert [await desk.room.ending.due(desk.holder.id) for _ in range(3)] == [1, 1, 0]
    for person in (a, b, c):
        assert not await desk.holder.rooms.keys.person_key_stands(desk.holder.id, person)
    with pytest.raises(CannotUndo):
        await desk.undo(first)


async def test_a_restored_alias_is_destroyed_again(desk, twins, owner, rooms):
    """The absorbed was erased; a restore of the data server brings it back as an alias: the log names it still."""
    from bailee.vault.destruction_log import person_name

    (a, _, _), (b, _, _) = twins
    await desk.merge(a, b)
    assert await rooms.replay.replay({person_name(desk.holder.id, b)}) == 1
    assert not await rooms.keys.person_key_stands(desk.holder.id, b)


async def account(desk, person, *roles):
    link = await desk.wings.accounts.invite(desk.holder.id, person, f"{person}@x.example", roles, by="tests")
    assert link.text
    return await desk.wings.accounts.find(desk.holder.id, person)


async def test_accounts(desk, twins, owner):
    (a, _, _), (b, _, _) = twins
    await account(desk, b)
    with pytest.raises(CannotMerge, match="account-is-absorbed"):
        await desk.merge(a, b)
    await account(desk, a, "controller-administrator")
    with pytest.raises(CannotMerge, match="account-has-roles"):
        await desk.merge(b, a)
    merge = await desk.merge(a, b)
    assert await desk.wings.accounts.find(desk.holder.id, b) is None
    assert (await desk.wings.accounts.find(desk.holder.id, a)).roles == ("controller-administrator",)
    await desk.undo(merge)
    assert (await desk.wings.accounts.find(desk.holder.id, b)).state == "invited"


async def test_nothing_is_half_done_wherever_it_breaks(desk, twins, noted, monkeypatch):
    """Each statement of a merge, and of an undoing, fails in turn: all is as it was, and the next try goes through."""
    (a, record_a, was), (b, record_b, other) = twins
    plan = await desk.plan(a, b, "email")

    class Broken(Unavailable):
        def __init__(self):
            super().__init__("broken on purpose")

    plain = {
        name: getattr(asyncpg.Connection, name) for name in ("execute", "executemany", "fetch", "fetchrow", "fetchval")
    }
    left = [0]
    mine = ContextVar("mine", default=False)  # the sequencer goes on undisturbed
    mine.set(True)

    def breaking(method):
        async def broken(self, query, *args, **named):
            if mine.get() and "bailee." in query and "bailee.enter" not in query:
                left[0] -= 1
                if left[0] == 0:
                    raise Broken
            return await method(self, query, *args, **named)

        return broken

    async def until_done(act):
        for step in range(1, 60):
            with monkeypatch.context() as patched:
                for name, method in plain.items():
                    patched.setattr(asyncpg.Connection, name, breaking(method))
                left[0] = step
                try:
                    return step, await act()
                except Broken:
                    pass
            yielded = (await profiles(desk, a), await profiles(desk, b), await desk.scrub(a), await desk.scrub(b))
            assert yielded == state, step
        raise AssertionError

    state = ([was], [other], [], [])
    steps, merge = await until_done(lambda: desk.room.merging.merge(desk.ask(a, b), plan))
    assert steps > 15
    state = ([was | {"email": other["email"]}], [], [], [])
    steps, _ = await until_done(lambda: desk.undo(merge))
    assert steps > 10
    assert (await profiles(desk, a), await profiles(desk, b)) == ([was], [other])
    assert len(await desk.acts("merged")) == len(await desk.acts("merge-undone")) == 1


class Killed:
    """Twins with a file, and the process that works at them until it is killed after one of its durable points."""

    def __init__(self, desk, settings, profile, owner):
        self.desk, self.settings, self.profile, self.owner = desk, settings, profile, owner

    async def twins(self):
        mark = os.urandom(4).hex()
        self.a, self.record = await self.desk.person(self.profile | {"email": f"{mark}@x.example"})
        self.b, self.other = await self.desk.person(self.profile | {"email": f"new.{mark}@x.example"})
        self.was, self.new = f"{mark}@x.example", f"new.{mark}@x.example"
        path = f"/api/v1/persons/{self.b}/files"
        await self.desk.client("POST", path, raw=b"x" * 70_000, query="name=a&category=name")
        return {"controller": str(self.desk.holder.id), "survivor": str(self.a), "absorbed": str(self.b)}

    async def play(self, workflow, last, given):
        environ = {**os.environ, "BAILEE_CLOCK": self.settings.clock, "BAILEE_PROCESSOR": self.settings.processor}
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.fault.dying_merges", str(self.settings.data), str(last), workflow,
            json.dumps(given), stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, env=environ,
        )  # fmt: skip
        out, err = await child.communicate()
        assert child.returncode in (0, -9), err.decode()
        return int(out.split()[1]) if out.startswith(b"done") else None

    async def look(self):
        """(the survivor's e-mail, the absorbed's, files of each), and nothing the ledger does not know of."""
        found = []
        for person in (self.a, self.b):
            held = await profiles(self.desk, person)
            files = await self.desk.client("GET", f"/api/v1/persons/{person}/files")
            found.append((held[0]["email"] if held else None, len(files.body["files"]) if files.status == 200 else 0))
            if await self.desk.holder.rooms.keys.person_key_stands(self.desk.holder.id, person):
                assert await self.desk.scrub(person) == []
        return tuple(found)


@pytest.mark.parametrize("workflow", ["merge", "undo", "end"])
async def test_killed_anywhere_it_is_whole_or_nothing_and_goes_on(desk, settings, profile, owner, workflow):
    one = Killed(desk, settings, profile, owner)
    rooms = desk.holder.rooms

    async def made():
        given = await one.twins()
        if workflow != "merge":
            merge = await desk.merge(one.a, one.b, "email")
            given["merge"] = str(merge)
            if workflow == "end":
                await end_term(owner, desk, merge)
        return given

    points = await one.play(workflow, 200, await made())
    assert points is not None
    assert points >= 3
    apart = ((one.was, 0), (one.new, 1))
    few = range(1, points + 1) if points < 8 else sorted({1, 2, points // 2, points - 2, points - 1, points})
    for point in few:
        given = await made()
        done = await one.play(workflow, point, given) is not None
        apart, merged = ((one.was, 0), (one.new, 1)), ((one.new, 1), (None, 0))
        stands = await one.look()
        if workflow == "merge":
            assert stands in ((merged,) if done else (apart, merged)), point
            if stands == apart:
                await desk.merge(one.a, one.b, "email")
                assert await one.look() == merged
        elif workflow == "undo":
            assert stands in ((apart,) if done else (apart, merged)), point
            if stands == merged:
                await desk.undo(UUID(given["merge"]))
                assert await one.look() == apart
        else:
            await desk.room.ending.due(desk.holder.id)
            await rooms.replay.replay(rooms.destruction_log.unconfirmed())
            assert await one.look() == merged
            assert not await rooms.keys.person_key_stands(desk.holder.id, one.b)
    await rooms.sweeping.files(desk.holder.id)
    await rooms.sweeping.blobs(desk.holder.id)


class Browser:
    """A browser signed in to the console, in-process: it keeps its cookies and knows its token against forgery."""

    def __init__(self, desk, text):
        self.doors = Doors(desk.holder.rooms)
        self.cookies = {"session": text}
        self.csrf = hashlib.sha256(b"bailee/csrf\n" + text.encode()).hexdigest()[:32]

    async def __call__(self, method, path, query="", **form):
        sent = urlencode({**form, "csrf": self.csrf}).encode() if method == "POST" else b""
        headers = [
            (b"host", b"localhost:8000"), (b"origin", b"http://localhost:8000"),
            (b"content-type", b"application/x-www-form-urlencoded"),
            (b"cookie", "; ".join(f"{k}={v}" for k, v in self.cookies.items()).encode()),
        ]  # fmt: skip
        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "scheme": "http", "method": method,
            "path": path, "raw_path": path.encode(), "root_path": "", "query_string": query.encode(), "headers": headers,
            "client": ("127.0.0.1", 1), "server": ("localhost", 8000),
        }  # fmt: skip
        got = {"body": b""}
        inbox = [{"type": "http.request", "body": sent, "more_body": False}]

        async def receive():
            return inbox.pop() if inbox else {"type": "http.disconnect"}

        async def send(message):
            if message["type"] == "http.response.start":
                got["status"] = message["status"]
                got["headers"] = {k.decode(): v.decode() for k, v in message["headers"]}
            else:
                got["body"] += message.get("body", b"")

        await self.doors(scope, receive, send)
        return got["status"], got["body"].decode(), got["headers"].get("location", "")


@pytest.fixture
async def browser(desk):
    """Staff of the controller with a role, signed in."""

    async def signed_in(role="controller-administrator"):
        person, _ = await desk.person({"given_name": "Sam", "family_name": os.urandom(4).hex()})
        await desk.wings.accounts.invite(desk.holder.id, person, f"{person}@x.example", [role], by="tests")
        await desk.wings.accounts.step(desk.holder.id, person, Step.accept, by="tests")
        account = await desk.wings.accounts.find(desk.holder.id, person)
        return Browser(desk, await desk.wings.sessions.open(desk.holder.id, account, ("passkey",), Device("", "tests")))

    return signed_in


async def test_the_pages_are_walked_from_the_list_to_the_undoing(desk, twins, browser):
    (a, record_a, was), (b, record_b, other) = twins
    walk = await browser()
    status, body, _ = await walk("GET", "/duplicates")
    assert status == 200, body
    assert "the same name" in body
    assert was["email"] not in body
    status, body, _ = await walk("GET", f"/duplicates/{b}/{a}")
    assert status == 200, body
    assert 'name="field_email" value="a"' in body
    assert was["email"] not in body
    assert was["phone"] not in body if "phone" in was else other["phone"] not in body
    status, body, _ = await walk("POST", f"/duplicates/{a}/{b}/unmask", reason="identity")
    assert status == 200
    assert was["email"] in body
    assert other["phone"] in body
    assert (await walk("POST", f"/duplicates/{a}/{b}/unmask", reason="because"))[0] == 422
    [unmasked] = await desk.acts("unmasked")
    assert set(unmasked["persons"]) == {str(a), str(b)}
    form = {"keep": "a", "version_a": "1", "version_b": "1", "field_email": "b", "field_phone": "b", "field_photo": "b"}
    assert (await walk("POST", f"/duplicates/{a}/{b}", **form | {"keep": "c"}))[0] == 422
    assert (await walk("POST", f"/duplicates/{a}/{b}", **form | {"version_b": "3"}))[0] == 409
    status, body, location = await walk("POST", f"/duplicates/{a}/{b}", **form)
    assert (status, location) == (303, f"/people/{a}"), body
    assert lines(await desk.read(a, record_a)) == was | {"email": other["email"], "phone": other["phone"]}
    assert (await walk("GET", f"/duplicates/{a}/{b}"))[0] == 404
    assert (await walk("GET", f"/people/{b}"))[::2] == (303, f"/people/{a}")
    status, body, _ = await walk("GET", f"/people/{a}/activity")
    assert status == 200
    assert body.count("Merged with a duplicate") == 1
    assert await desk.room.merges.absorbed_by(desk.holder.id, a) == [b]
    status, body, _ = await walk("GET", "/duplicates")
    [merge] = set(re.findall(r"/merges/([0-9a-f-]{36})/undo", body))
    await desk.client("PATCH", f"/api/v1/persons/{a}/profile/{record_a}", {"language": "en"})
    status, body, _ = await walk("POST", f"/merges/{merge}/undo")
    assert status == 409
    assert "Nothing is undone yet" in body
    status, body, location = await walk("POST", f"/merges/{merge}/undo", later="put-back")
    assert (status, location) == (303, f"/people/{b}"), body
    assert lines(await desk.read(a, record_a)) == was
    assert lines(await desk.read(b, record_b)) == other
    assert (await walk("POST", f"/merges/{merge}/undo"))[0] == 409
    status, _, location = await walk("POST", f"/duplicates/{a}/{b}/dismiss")
    assert (status, location) == (303, "/duplicates")
    status, body, _ = await walk("GET", "/duplicates")
    assert "No duplicates are in sight" in body


async def test_pages_in_french_hostile_paths_and_the_roles(desk, twins, browser):
    (a, _, _), (b, _, _) = twins
    walk = await browser("operator")
    walk.cookies["language"] = "fr"
    status, body, _ = await walk("GET", "/duplicates")
    assert "le même nom" in body
    status, body, _ = await walk("GET", f"/duplicates/{a}/{b}")
    assert "La même personne" in body
    for path in (f"/duplicates/{a}/{a}", f"/duplicates/{a}/{new_id()}", f"/duplicates/{a}", "/duplicates/x/y"):
        assert (await walk("GET", path))[0] == 404, path
    for query in ("after=%00", "after=zz", "after=" + "A" * 5000):
        assert (await walk("GET", "/duplicates", query))[0] == 200, query
    assert (await walk("POST", f"/merges/{new_id()}/undo"))[0] == 404
    assert (await walk("POST", f"/merges/{new_id()}/undo", later="nonsense"))[0] == 404
    viewer = await browser("viewer")
    for method, path in (
        ("GET", "/duplicates"), ("GET", f"/duplicates/{a}/{b}"), ("POST", f"/duplicates/{a}/{b}"),
        ("POST", f"/duplicates/{a}/{b}/dismiss"), ("POST", f"/duplicates/{a}/{b}/unmask"), ("POST", f"/merges/{new_id()}/undo"),
    ):  # fmt: skip
        assert (await viewer(method, path))[0] == 403, path
    viewer.csrf = "0" * 32
    assert (await viewer("POST", f"/duplicates/{a}/{b}/dismiss"))[0] == 403
    assert await desk.acts("merged", "duplicate-dismissed") == []

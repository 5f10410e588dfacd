"""Registers on real servers: counted from real traffic, kept as versions, owed and given, until the contract is over."""

import asyncio
import csv
import hashlib
import io
import json
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest
from tests.household import ADMIN, VIEWER, Household, commanded, until_done, worked
from tests.integration.test_contacts import clock, told  # noqa: F401 -- fixtures
from tests.speaking import Client

from bailee.api.application import Application
from bailee.clauses.contact_data.events import Reached
from bailee.clauses.processing_register import forms
from bailee.clauses.processing_register.commands import NotAsked, To
from bailee.clauses.processing_register.events import FORMS, Measure, Pattern, Register
from bailee.clauses.processing_register.registers import NothingInForce, NotYet
from bailee.clauses.processing_register.sources import AsOf
from bailee.cli.demo import parties
from bailee.contract.documents import InstructionText, SignedDocument, content_of
from bailee.contract.signing import Signatory, sign
from bailee.promised import Promised
from bailee.serving import control_plane, data_plane
from bailee.vocabulary.parties import ActorKind

COUNTED = "what was done, counted"
OWN = "account-management", "service:own-acts"


class Kept:
    """A controller with traffic, and the rooms of its register."""

    def __init__(self, rooms: Any, holder: Any) -> None:
        self.rooms, self.holder, self.id = rooms, holder, holder.id
        self.house = Household(rooms, holder.id, holder)
        self.promised: Promised = self.house.wings.promised
        self.registers, self.giving = self.promised.registers, self.promised.register_giving
        self.duties = self.promised.duties()

    async def count(self) -> int:
        """What the worker counts, once everything is in its place."""
        await self.rooms.reading.integrated(self.id)
        return await worked(self.duties, COUNTED, self.id)

    async def instruct(self, id: str, **more: Any) -> None:
        """File an instruction of the controller's."""
        now = self.rooms.clock.now()
        parts: dict[str, Any] = {
            "purposes": ("prospecting",), "operations": ("consult",), "categories": ("email", "name"),
            "groups": ("user",), "actors": ("controller_system",), "reason": "spring",
            "in_force_from": now - timedelta(seconds=1),
        }  # fmt: skip
        text = InstructionText(format="bailee.dev/instruction/v1", id=id, **parts | more)
        document = SignedDocument(kind="instruction", content=content_of(text), signatures=())
        role = next(one.role for one in self.holder.agreement.signatories if one.party == "controller")
        signed = sign(document, Signatory(party="controller", role=role, name="N"), self.holder.company.signing, now)
        await self.rooms.filing.file(self.id, signed, by="tests")

    async def api(self, *, operator: bool = False, kind: ActorKind = ActorKind.controller_staff) -> Client:
        """A credential for the control plane."""
        issued = await self.rooms.credentials.issue(
            self.rooms.platform if operator else self.id, by="tests", actor="staff:x",
            kind=ActorKind.processor_staff if operator else kind, purposes=["contract-administration"],
            expires_at=self.rooms.clock.now() + timedelta(days=1),
        )  # fmt: skip
        given = control_plane(self.rooms)
        return Client(Application(data_plane(self.rooms), given), issued.text)

    @property
    def path(self) -> str:
        return f"/api/v1/controllers/{self.id}/register"


@pytest.fixture
async def kept(rooms, hold) -> Kept:
    return Kept(rooms, await hold())


def times(register: Register, **wanted: str) -> int:
    """How often what has these parts was observed."""
    return sum(
        one.times for one in register.observed.uses
        if all(getattr(one.pattern, name) == value for name, value in wanted.items())
    )  # fmt: skip


async def test_what_is_counted_is_what_was_done_and_nothing_is_counted_twice(kept, profile):
    client = await kept.holder.client()
    people = [await client.person(profile | {"email": f"{n}.{profile['email']}"}) for n in range(3)]
    for person, record in people[:2]:
        assert (await client("GET", f"/api/v1/persons/{person}/profile/{record}")).status == 200
    reply = await client("GET", f"/api/v1/persons/{people[0][0]}/profile/{people[0][1]}", query="fields=email")
    assert reply.body["data"].keys() == {"email"}
    other = await kept.holder.client("prospecting")
    assert (await other("GET", f"/api/v1/persons/{people[0][0]}/profile/{people[0][1]}")).status == 403
    assert await kept.count() > 6
    assert await kept.count() == 0, "each entry is read once"
    register = await kept.registers.at(kept.id)
    shared = {"outcome": "used", "instruction": OWN[1], "purpose": OWN[0], "category": ""}
    assert times(register, **shared, operation="consult") == 3
    emails = times(register, outcome="used", category="email", operation="consult")
    phones = times(register, outcome="used", category="phone", operation="consult")
    assert (emails, phones) == (3, 2), "who asked for one field used no other"
    assert times(register, outcome="refused", purpose="prospecting") == 1
    stray = next(one for one in register.strays if one.kind == "refused")
    assert (stray.reason, stray.times) == ("purpose-not-agreed", 1)
    entries = [one for one in await kept.house.entries() if one["kind"] in ("permit", "change")]
    by_hand = Counter((one["purpose"], one["operation"], each) for one in entries for each in one["categories"])
    counted: Counter[tuple[str, str, str]] = Counter()
    for use in register.observed.uses:
        if use.pattern.category:
            counted[use.pattern.purpose, use.pattern.operation, use.pattern.category] += use.times
    assert counted == by_hand
    assert register.observed.behind <= 2


async def test_two_workers_count_the_same_entries_once_and_go_on_from_there(kept, profile):
    client = await kept.holder.client()
    await client.person(profile)
    await kept.rooms.reading.integrated(kept.id)
    first, second = (Promised(kept.rooms)._counting for _ in range(2))
    await asyncio.gather(until_done(first.due, kept.id), until_done(second.due, kept.id))
    once = await kept.registers.at(kept.id)
    assert times(once, outcome="used", operation="store", category="email") == 1
    await client.person(profile | {"email": f"b.{profile['email']}"})
    await kept.count()
    twice = await kept.registers.at(kept.id)
    assert times(twice, outcome="used", operation="store", category="email") == 2
    assert twice.digest == once.digest, "what happens is no new version of what is declared"


async def test_controllers_are_counted_and_kept_apart(kept, rooms, hold, profile):
    other = Kept(rooms, await hold(1))
    await (await kept.holder.client()).person(profile)
    await kept.count()
    await other.count()
    mine, theirs = await kept.registers.at(kept.id), await other.registers.at(other.id)
    assert times(mine, outcome="used", category="email") > 0
    assert times(theirs, category="email") == 0
    assert theirs.declared.controller.name == "Harbour Chandlers Ltd"
    await kept.giving.give(kept.id, ["json"], To(receiver="controller"), language="en", by="tests")
    assert await other.giving.given(other.id) == []
    [copy] = await kept.giving.given(kept.id)
    assert await other.giving.again(other.id, copy.id, "json") is None


async def test_with_whom_nothing_is_agreed_there_is_no_register(kept, rooms):
    empty = await rooms.filing.open_dossier("Nobody yet", by="tests")
    for controller in (empty, uuid4(), rooms.platform):
        with pytest.raises(NothingInForce):
            await kept.registers.at(controller)
        assert await kept.registers.due(controller) == 0
        with pytest.raises(NothingInForce):
            await kept.giving.ask(controller, "controller", by="tests")
    assert await kept.registers.keeping.versions(empty) == []
    assert await kept.registers.keeping.latest(empty) is None


async def test_a_version_is_kept_when_what_is_declared_changes_and_the_ledger_has_its_digest(kept):
    assert await worked(kept.duties, "registers", kept.id) == 1
    assert await kept.registers.due(kept.id) == 0
    before = kept.rooms.clock.now()
    await kept.instruct("spring", recipients=("Poste SA",))
    assert await worked(kept.duties, "registers", kept.id) == 1
    versions = await kept.registers.keeping.versions(kept.id)
    assert [one.number for one in versions] == [2, 1]
    made = [one for one in await kept.house.entries() if one["kind"] == "register-made"]
    assert [one["digest"] for one in made] == [one.digest for one in reversed(versions)]
    _, (_, declared), found = await kept.registers.difference(kept.id, 1, 2)
    assert [(one.how, one.part, one.which) for one in found] == [("new", "activities", "spring")]
    assert "spring" in {one.id for one in declared.activities}
    now, then = await kept.registers.at(kept.id), await kept.registers.at(kept.id, before)
    assert (now.number, then.number) == (2, 1)
    assert {one.id for one in now.declared.activities} - {one.id for one in then.declared.activities} == {"spring"}
    with pytest.raises(NotYet):
        await kept.registers.at(kept.id, kept.rooms.clock.now() + timedelta(hours=1))
    with pytest.raises(NothingInForce):
        await kept.registers.at(kept.id, before - timedelta(days=1))


async def test_another_room_that_tells_a_part_is_heard_and_the_past_says_what_was_told_then(kept):
    async def told_otherwise(_of: AsOf) -> list[Measure]:
        return [Measure(id="vigil", words={"en": "Somebody stays awake.", "fr": "Quelqu'un veille."})]

    first, before = await kept.registers.at(kept.id), kept.rooms.clock.now()
    assert "ledger" in {one.id for one in first.declared.measures}
    sources = msgspec.structs.replace(kept.promised.register_sources, measures=told_otherwise)
    kept.promised.__dict__.pop("registers")
    kept.promised.__dict__["register_sources"] = sources
    registers = kept.promised.registers
    now, then = await registers.at(kept.id), await registers.at(kept.id, before)
    assert [one.id for one in now.declared.measures] == ["vigil"]
    assert (then.declared, then.number, now.number) == (first.declared, first.number, first.number + 1)


async def test_when_days_have_passed_what_has_ended_and_what_is_out_of_use_is_told(kept, profile, clock):  # noqa: F811
    client, now = await kept.holder.client(), kept.rooms.clock.now()
    person, record = await client.person(profile)
    await kept.instruct("spring", in_force_until=now + timedelta(days=1))
    caller = await kept.holder.client("prospecting")
    assert (await caller("GET", f"/api/v1/persons/{person}/profile/{record}")).status == 200
    await kept.count()
    young = await kept.registers.at(kept.id)
    assert young.strays == (), "all is in force, and young"
    clock.write_text("+2d")
    later = await kept.registers.at(kept.id)
    assert [(one.kind, one.activity, one.times) for one in later.strays] == [("ended", "spring", 1)]
    assert "spring" not in {one.id for one in later.declared.activities}
    then = await kept.registers.at(kept.id, young.at)
    assert then.declared == young.declared
    clock.write_text("+91d")
    old = {(one.activity, one.part): one for one in (await kept.registers.at(kept.id)).strays if one.kind == "unused"}
    assert (old["service:own-acts", ""].last_at is None, old["service:support", ""].last_at) == (False, None)


async def test_an_officer_is_told_as_known_then(told):  # noqa: F811 -- the fixture
    registers = told.promised.registers
    first = await registers.at(told.id)
    assert first.declared.processor.officer is not None
    assert first.declared.processor.officer.email == "dpo@passerelle.example"
    before = told.rooms.clock.now()
    await told.promised.contacts.appoint(told.id, Reached("new@passerelle.example", "Ada"), by="tests")
    now, then = await registers.at(told.id), await registers.at(told.id, before)
    assert (now.declared.processor.officer.name, now.number) == ("Ada", first.number + 1)
    assert then.declared == first.declared
    await told.promised.contacts.appoint(told.id, Reached("third@passerelle.example", "Bo"), by="tests")
    again = await registers.at(told.id, now.at)
    assert again.declared.processor.officer.name == "Ada", "also where a third has come since"


async def test_whoever_asks_is_owed_it_and_giving_it_is_the_proof(kept):
    ask = await kept.giving.ask(kept.id, "controller", by="tests")
    theirs = await kept.giving.ask(kept.id, "authority", whom="CNIL", by="tests")
    owed = {one.id: one for one in await kept.rooms.owing.obligations.open_of([kept.id])}
    assert owed[ask.obligation].promise.clause == "register.on-request"
    assert (owed[ask.obligation].promise.owed_to, owed[theirs.obligation].promise.owed_to) == (
        "controller",
        "authority",
    )
    staff = To(receiver="processor")
    await kept.giving.give(kept.id, ["json"], staff, language="en", by="tests")
    assert all(one.open for one in await kept.giving.asks(kept.id)), "what our staff look at is given to nobody"
    handed = await kept.giving.give(
        kept.id, ["pdf", "csv"], To(receiver="processor", request=theirs.id), language="fr", by="tests"
    )
    assert (handed.given.to, handed.given.whom) == ("authority", "CNIL")
    assert {one.id: one.open for one in await kept.giving.asks(kept.id)} == {ask.id: True, theirs.id: False}
    with pytest.raises(NotAsked):
        await kept.giving.give(kept.id, ["pdf"], To(receiver="processor", request=theirs.id), language="fr", by="t")
    await kept.giving.give(kept.id, ["json"], To(receiver="controller"), language="en", by="tests")
    assert not [one for one in await kept.giving.asks(kept.id) if one.open], "who reads it has been given it"
    done = await kept.rooms.owing.obligations.one(kept.id, ask.obligation)
    assert done is not None
    assert (done.state, done.proof.startswith("register-copy/")) == ("discharged", True)
    entries = [one for one in await kept.house.entries() if one["kind"] == "register-given"]
    assert [one["details"]["to"] for one in entries] == ["processor", "authority", "controller"]
    assert [one["digest"] for one in entries] == [one.digest for one in reversed(await kept.giving.given(kept.id))]


async def test_a_copy_can_be_had_again_as_it_was_given(kept):
    handed = await kept.giving.give(kept.id, FORMS, To(receiver="controller"), language="fr", by="tests")
    await kept.instruct("later")
    for form in FORMS:
        given, content = await kept.giving.again(kept.id, handed.given.id, form) or (None, b"")
        assert given is not None
        assert content == handed.files[form], form
        assert hashlib.sha256(content).hexdigest() == given.files[form]
    assert handed.given.digest == hashlib.sha256(handed.files["json"]).hexdigest()


async def test_a_request_as_of_a_day_is_answered_as_of_that_day_and_by_letter(kept):
    at = kept.rooms.clock.now()
    ask = await kept.giving.ask(kept.id, "controller", whom="Ms Noël", at=at, by="tests")
    await kept.instruct("later")
    await kept.giving.give(kept.id, ["json"], To(receiver="controller"), language="en", by="tests")
    assert [one.open for one in await kept.giving.asks(kept.id)] == [True], "that was as of another instant"
    to = To(receiver="processor", request=ask.id, by_letter=True)
    handed = await kept.giving.give(kept.id, ["json"], to, language="en", by="tests")
    assert handed.register.at == at
    assert "later" not in {one.id for one in handed.register.declared.activities}
    queued = [one for one in await kept.promised.book.listed(kept.id) if one.clause == "register.on-request"]
    assert [(one.letter, one.subject) for one in queued] == [
        ("processing_register/given", f"register/{handed.given.id}")
    ]


async def test_after_the_end_the_register_says_so_and_after_destruction_what_was_signed_is_left(kept, profile):
    await (await kept.holder.client()).person(profile)
    await kept.count()
    running = kept.rooms.clock.now()
    document = parties.ended(kept.holder.company, kept.holder.agreement, kept.rooms.clock.now() - timedelta(seconds=1))
    await kept.rooms.ending.end(kept.id, document, by="tests")
    ended = await kept.registers.at(kept.id)
    assert ended.declared.ended_at is not None
    assert times(ended, outcome="used", category="email") == 1
    assert (await kept.registers.at(kept.id, running)).declared.ended_at is None or running >= ended.declared.ended_at
    await kept.rooms.ending.waive(kept.id, by="tests")
    await kept.rooms.ending.destroy(kept.id, by="tests", confirmed=True)
    left = await kept.registers.at(kept.id)
    assert (left.destroyed, left.observed.uses, left.strays) == (True, (), ())
    assert left.declared.activities == ended.declared.activities
    assert await kept.registers.keeping.versions(kept.id) == []
    assert await kept.giving.given(kept.id) == []
    assert await kept.count() == 0
    assert await kept.registers.due(kept.id) == 0
    with pytest.raises(NothingInForce):
        await kept.giving.ask(kept.id, "authority", whom="CNIL", by="tests")
    handed = await kept.giving.give(kept.id, ["pdf"], To(receiver="processor"), language="en", by="tests")
    assert handed.files["pdf"].startswith(b"%PDF-")
    platform = Household(kept.rooms, kept.rooms.platform)
    acts = [one for one in await platform.entries() if one["kind"] == "register-given"]
    assert (acts[-1]["controller"], acts[-1]["digest"]) == (str(kept.id), handed.given.digest)


async def test_over_the_api_a_controller_takes_its_own_in_every_form(kept, rooms, hold):
    await kept.instruct("spring")
    client, operator = await kept.api(), await kept.api(operator=True)
    for form, media in forms.MEDIA.items():
        reply = await client("GET", kept.path, query=f"format={form}&language=fr")
        assert (reply.status, reply.headers["content-type"].split(";")[0]) == (200, media.split(";")[0]), form
        assert len(reply.headers["bailee-register"]) == 64
    plain = (await operator("GET", kept.path)).body
    assert "spring" in {one["id"] for one in plain["declared"]["activities"]}
    rows = list(csv.reader(io.StringIO((await client("GET", kept.path, query="format=csv")).raw.decode("utf-8-sig"))))
    assert {row[0] for row in rows[1:]} == {one["id"] for one in plain["declared"]["activities"]}
    given = (await client("GET", f"{kept.path}/given")).body
    assert {one["to"] for one in given} == {"controller", "processor"}
    other = Kept(rooms, await hold(1))
    stranger = await other.api()
    for path in ("", "/versions", "/given", "/requests"):
        assert (await stranger("GET", kept.path + path)).status == 404, path
    assert (await client("POST", f"{kept.path}/requests", {"asker": "controller"})).status == 201
    asked = (await client("GET", f"{kept.path}/requests")).body
    assert [one["open"] for one in asked] == [True]
    auditor = await kept.api(kind=ActorKind.auditor)
    assert (await auditor("GET", kept.path)).status == 200
    assert (await client("GET", f"{kept.path}/requests")).body[0]["open"], "an auditor's copy is not the controller's"
    assert (await operator("GET", kept.path, query=f"request={asked[0]['id']}")).status == 200
    assert not (await client("GET", f"{kept.path}/requests")).body[0]["open"]


async def test_over_the_api_versions_are_compared_and_what_cannot_be_is_said(kept):
    client, operator = await kept.api(), await kept.api(operator=True)
    await client("GET", kept.path)
    await kept.instruct("spring")
    await client("GET", kept.path)
    assert [one["number"] for one in (await client("GET", f"{kept.path}/versions")).body] == [2, 1]
    found = (await client("GET", f"{kept.path}/difference", query="before=1&after=2")).body
    assert [(one["how"], one["which"]) for one in found] == [("new", "spring")]
    for path, query, status, kind in (
        ("/difference", "before=1&after=9", 404, "no-version"), ("", "at=2020-01-01", 409, "no-agreement"),
        ("", "at=2200-01-01", 422, "coming"), ("", "at=yesterday", 422, "instant"),
        ("", "at=2026-01-01T00:00:00", 422, "instant"),
    ):  # fmt: skip
        reply = await client("GET", kept.path + path, query=query)
        assert (reply.status, reply.body["type"].rsplit("/", 1)[-1]) == (status, kind), query
    reply = await operator("GET", kept.path, query=f"request={uuid4()}")
    assert (reply.status, reply.body["type"].rsplit("/", 1)[-1]) == (409, "not-asked")


async def test_by_command_the_files_are_written_and_the_copy_is_recorded(kept, premises, tmp_path):
    done = await commanded(
        kept.house, premises, "register", "export", "--controller", str(kept.id), "--format", "pdf,csv,json-ld,json",
        "--language", "fr", "--to", str(tmp_path / "out"), "--by", "ada", "--json",
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    said = json.loads(done.output)
    for form, file in said["files"].items():
        assert hashlib.sha256(Path(file["path"]).read_bytes()).hexdigest() == file["sha256"], form
    register = msgspec.json.decode(
        (tmp_path / "out").joinpath(said["files"]["json"]["path"]).read_bytes(), type=Register
    )
    assert register.controller == kept.id
    [given] = await kept.giving.given(kept.id)
    assert (given.to, given.by, given.digest) == ("processor", "ada", said["digest"])
    for typed, code, words in (
        (("--format", "docx"), 2, "--format is one or more"), (("--at", "soon"), 2, "--at is a day"),
        (("--at", "2200-01-01"), 2, "still to come"), (("--at", "2020-01-01"), 1, "nothing was in force"),
        (("--request", str(uuid4())), 2, "no such request"),
    ):  # fmt: skip
        line = ("register", "export", "--controller", str(kept.id), "--to", str(tmp_path), *typed)
        done = await commanded(kept.house, premises, *line)
        assert (done.exit_code, words in done.output) == (code, True), (typed, done.output)
    done = await commanded(
        kept.house, premises, "register", "export", "--controller", str(kept.id), "--to", str(tmp_path)
    )
    assert "Coopérative des Alpages" in done.output


async def test_in_the_console_a_controller_reads_its_sheet_and_takes_a_copy(kept, profile):
    await (await kept.holder.client()).person(profile)
    await kept.instruct("spring")
    await kept.count()
    browser = await kept.house.signed_in(await kept.house.staff(ADMIN))
    shown = await browser.get("/register")
    assert shown.status == 200
    for words in (b"Processing register", b"spring", b"declared and used", b"Passerelle SAS", b"Its versions"):
        assert words in shown.raw, words
    french = (await browser.get("/register", accept_language="fr")).raw.decode()
    assert "Registre des traitements" in french or 'lang="en"' in french
    for form in FORMS:
        copy = await browser.post(f"/register/{kept.id}/give", form=form)
        assert (copy.status, copy.headers["content-disposition"].startswith("attachment")) == (200, True), form
    again = (await kept.giving.given(kept.id))[0]
    assert (await browser.get(f"/register/{kept.id}/copies/{again.id}?form=csv")).status == 200
    assert (await browser.get(f"/register/{kept.id}/copies/{uuid4()}")).status == 404
    await kept.instruct("autumn", categories=("phone",))
    assert (await browser.get("/register")).status == 200
    version = await browser.get(f"/register/{kept.id}/versions")
    assert b"autumn" in version.raw
    assert b"Purposes and data, before and after" in version.raw
    assert (await browser.get(f"/register/{kept.id}/versions?number=77")).status == 404
    assert b"nothing to compare" in (await browser.get(f"/register/{kept.id}/versions?number=1")).raw
    assert b"Nothing was in force then" in (await browser.get("/register?at=2020-01-01")).raw
    assert (await browser.get("/register?at=2200-01-01")).status == 422
    assert (await browser.get("/register?at=soon")).status == 422
    viewer = await kept.house.signed_in(await kept.house.staff(VIEWER))
    assert (await viewer.get("/register")).status == 403


async def test_in_the_console_the_processor_reads_all_and_gives_what_was_asked_for(kept, rooms, hold):
    other = Kept(rooms, await hold(1))
    await other.registers.due(other.id)
    platform = Household(rooms, rooms.platform)
    browser = await platform.signed_in(await platform.staff("processor-dpo"))
    assert (await browser.get("/register")).status == 200
    assert (await browser.get(f"/register/{other.id}")).status == 200
    assert b"Harbour Chandlers" in (await browser.get(f"/register/{other.id}")).raw
    nameless = await browser.post(f"/register/{other.id}/ask", asker="authority")
    assert nameless.status == 422
    noted = await browser.post(f"/register/{other.id}/ask", asker="authority", whom="DPC")
    assert noted.status == 303
    shown = await browser.get(f"/register/{other.id}")
    assert b"DPC" in shown.raw
    assert b"Give it as PDF" in shown.raw
    [ask] = await other.giving.asks(other.id)
    obligation = await browser.get(f"/obligations/{other.id}/{ask.obligation}")
    assert b"Give the register" in obligation.raw
    copy = await browser.post(f"/register/{other.id}/give", request=str(ask.id))
    assert copy.raw.startswith(b"%PDF-")
    twice = await browser.post(f"/register/{other.id}/give", request=str(ask.id))
    assert twice.status == 409
    assert (await browser.get(f"/register/{uuid4()}")).status == 404
    support = await platform.signed_in(await platform.staff("support"))
    assert (await support.get(f"/register/{other.id}")).status == 403
    mine = await kept.house.signed_in(await kept.house.staff(ADMIN))
    for path in ("", "/versions", f"/copies/{(await other.giving.given(other.id))[0].id}"):
        assert (await mine.get(f"/register/{other.id}{path}")).status == 404, path
    empty = await rooms.filing.open_dossier("Nobody yet", by="tests")
    assert b"Nothing was in force then" in (await browser.get(f"/register/{empty}")).raw


def test_a_pattern_is_small_and_of_the_vocabulary_alone():
    assert len(msgspec.json.encode(Pattern("used", "support", "consult", "service:support", category="email"))) < 100
    assert UUID(int=0) not in msgspec.structs.astuple(Pattern("used", "support", "consult"))

"""The rights of persons on real data: every right, through the gate, with its clock, its proof and its file."""

import asyncio
import hashlib
import io
import json
import zipfile
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import asyncpg
import pytest
from tests.household import Household
from tests.receiving import receiving

from bailee.clauses.data_subject_requests import deadlines, working
from bailee.clauses.data_subject_requests.asking import Stopped
from bailee.clauses.data_subject_requests.choices import Choices, Reached, RefusedChoice
from bailee.clauses.data_subject_requests.events import Asked, Mandate, NotNow, Right, State, Step
from bailee.clauses.data_subject_requests.keeping import ChangedMeanwhile, NoSuchRequest
from bailee.clauses.data_subject_requests.ordering import DoesNotFit
from bailee.clauses.data_subject_requests.papers import Correction, Kept, Order, Review, Target, Weighed
from bailee.clauses.data_subject_requests.requesting import NoSuchPerson, TooLate
from bailee.clauses.data_subject_requests.restricting import TellFirst
from bailee.gate import files as gate_files
from bailee.gate.files import Cut
from bailee.infra.keys.store import KeyGone
from bailee.proof.note import Verifier, open_note
from bailee.proof.verify import verify_paths
from bailee.vault.sealing import Altered
from bailee.vocabulary.ids import Address
from bailee.vocabulary.operations import Operation
from bailee.vocabulary.parties import Actor, ActorKind


@pytest.fixture
async def house(rooms, hold):
    holder = await hold()
    return Household(rooms, holder.id, holder)


@pytest.fixture
def rights(house):
    made = house.wings.promised.rights

    return made


def mandate(rooms, kind=ActorKind.controller_staff, hours=1):
    return Mandate(Actor("staff", kind, uuid4()), rooms.clock.now() + timedelta(hours=hours))


async def held(house, profile, **more):
    client = await house.holder.client()
    record = {"type": "profile", "data": profile, **more}
    reply = await client("POST", "/api/v1/persons", {"groups": ["user"], "records": [record]})
    assert reply.status == 201, reply.raw
    return UUID(reply.body["person"]), UUID(reply.body["records"][0])


class Desk:
    """Someone of the controller who works on requests."""

    def __init__(self, rooms, rights, house, premises):
        self.rooms, self.rights, self.house, self.premises = rooms, rights, house, premises

    async def open(self, right, person=None, **more):
        given = {"channel": "letter", "words": "please", "contact": "her@home.example", "name": "Élodie"} | more
        return await self.rights.requests.open(self.house.id, Asked(right=right, person=person, **given), by="staff")

    async def order(self, one, order=Order(), **more):
        return await self.rights.requests.order(
            self.house.id, one.id, order, mandate=mandate(self.rooms, **more), by="staff", version=one.version
        )

    async def work(self, one):
        await self.rights.working.due(self.house.id)
        return await self.now(one)

    async def now(self, one):
        return await self.rights.keeping.find(self.house.id, one.id)

    async def done(self, right, person, order=Order(), **more):
        one = await self.work(await self.order(await self.open(right, person, **more), order))
        assert (one.step, one.reason) == (Step.done, ""), one.papers
        return one

    async def answer(self, one, words="Here it is."):
        return await self.rights.requests.answer(self.house.id, one.id, words, by="staff", version=one.version)

    async def pack(self, one, kind=ActorKind.controller_staff):
        pieces = await self.rights.taking_along.take(self.house.id, one.id, mandate(self.rooms, kind))
        content = b"".join([piece async for piece in pieces])
        with zipfile.ZipFile(io.BytesIO(content)) as pack:
            return {name: pack.read(name) for name in pack.namelist()}

    async def rest(self, pieces):
        return b"".join([piece async for piece in pieces])

    async def owed(self, one, clause="rights.tools"):
        listed = await self.house.wings.promised.obligations.listed(self.house.id)
        return sorted(
            (o.promise.subject.removeprefix(f"request/{one.id}"), o.state)
            for o in listed
            if str(one.id) in o.promise.subject and o.promise.clause == clause
        )

    async def let_through(self, person):
        """What the person's row says is excepted, without its end."""
        return [one.partition("@")[0] for one in (await self.facts(person))["exceptions"]]

    async def facts(self, person):
        async with self.rooms.data.transaction(self.house.id) as tx:
            return await tx.fetchrow(
                "SELECT state, restricted, exceptions, objections, held FROM bailee.person"
                " WHERE controller_id = $1 AND person_id = $2",
                self.house.id, person,
            )  # fmt: skip

    async def held_for(self, source, *purposes):
        """What was taken in from a source is held for these purposes from now on, as if an instruction had covered it."""
        owner = await asyncpg.connect(self.premises.clusters[0].address())
        await owner.execute(
            "UPDATE bailee.policy_class SET purposes = $2 WHERE controller_id = $1 AND source = $3",
            self.house.id, list(purposes), source,
        )  # fmt: skip
        await owner.close()
        await self.set("UPDATE bailee.gate SET gate_version = gate_version + 1 WHERE controller_id = $1")

    async def set(self, sql, *more):
        async with self.rooms.data.transaction(self.house.id) as tx:
            await tx.execute(sql, self.house.id, *more)


@pytest.fixture
def desk(rooms, rights, house, premises):
    return Desk(rooms, rights, house, premises)


async def test_access_gives_everything_that_is_held_as_a_paper_and_for_programs(rooms, house, desk, profile):
    person, record = await held(house, profile, recipients=["Post SA"], source="a fair", retention="2 years")
    await desk.held_for("a fair", "prospecting")
    client = await house.holder.client()
    path = f"/api/v1/persons/{person}/files"
    assert (await client("POST", path, raw=b"a letter", query="name=letter.txt&category=name")).status == 201
    await house.wings.accounts.invite(house.id, person, profile["email"], [], by="tests")
    one = await desk.done(Right.access, person, language="fr")
    pack = await desk.pack(one)
    [file] = [name for name in pack if name.startswith("files/")]
    assert list(pack) == ["data.json", "answer.pdf", "manifest.json", file]
    data = json.loads(pack["data.json"])
    [held_] = data["records"]
    assert (held_["id"], held_["data"]) == (str(record), profile)
    assert (held_["purposes"], held_["source"], held_["recipients"]) == (["prospecting"], "a fair", ["Post SA"])
    assert data["recipients"] == ["Post SA"]
    assert data["retention"]["destroyed_within"] == "30 days", "how long, where no record's own rule says it"
    assert data["account"]["address"] == profile["email"]
    assert [host["country"] for host in data["hosts"]] == ["IE"]
    assert {"store", "export"} <= {seen.get("operation") for seen in data["seen"]}
    assert pack[file] == b"a letter"
    assert pack["answer.pdf"].startswith(b"%PDF")
    for member in json.loads(pack["manifest.json"])["members"]:
        content = pack[member["name"]]
        assert (len(content), hashlib.sha256(content).hexdigest()) == (member["bytes"], member["sha256"])
    kinds = [entry for entry in await house.entries() if entry.get("details", {}).get("request") == str(one.id)]
    assert [entry["kind"] for entry in kinds] == [
        "request-received", "request-ordered", "request-carried-out", "pack-taken",
    ]  # fmt: skip
    assert kinds[2]["details"]["result"]["digest"] == kinds[3]["details"]["digest"]
    assert profile["email"] not in json.dumps(kinds)


async def test_who_looks_through_the_pack_may_still_answer_what_they_had_before_them(house, desk, profile):
    person, _ = await held(house, profile)
    seen = await desk.done(Right.access, person)
    await desk.pack(seen)
    await desk.pack(seen)
    assert (await desk.now(seen)).version > seen.version
    late = await desk.answer(seen)
    assert late.state == "answered"
    again = await desk.done(Right.access, person)
    await desk.pack(again)
    fresh = await desk.now(again)
    await desk.rights.requests.extend(house.id, fresh.id, "much", send=False, by="staff", version=fresh.version)
    with pytest.raises(ChangedMeanwhile):
        await desk.answer(again)


async def test_a_photograph_goes_along_whole(house, desk, profile, rooms):
    from PIL import Image

    person, _ = await held(house, profile)
    out = io.BytesIO()
    Image.new("RGB", (400, 300), "teal").save(out, "PNG")
    client = await house.holder.client()
    reply = await client("PUT", f"/api/v1/persons/{person}/photo", raw=out.getvalue())
    assert reply.status == 201, reply.raw
    pack = await desk.pack(await desk.done(Right.access, person))
    [photo] = [name for name in pack if name.startswith("files/")]
    [member] = [m for m in json.loads(pack["manifest.json"])["members"] if m["name"] == photo]
    assert hashlib.sha256(pack[photo]).hexdigest() == member["sha256"]
    assert Image.open(io.BytesIO(pack[photo])).size == (400, 300)


async def test_an_access_of_many_pages_goes_on_where_it_was_stopped(rooms, house, desk, rights, profile, monkeypatch):
    from bailee.clauses.data_subject_requests import packing

    monkeypatch.setattr(packing, "PAGE", 2)
    person, _ = await held(house, profile)
    client = await house.holder.client()
    for number in range(4):
        reply = await client("POST", f"/api/v1/persons/{person}/profile", {"data": {"company": f"Works {number}"}})
        assert reply.status == 201
    one = await desk.order(await desk.open(Right.access, person))
    whole, begun = rights.packing.slice, []

    async def dying(request):
        begun.append(request.done)
        if len(begun) == 2:
            raise asyncio.CancelledError
        return await whole(request)

    rights.packing.slice = dying
    with pytest.raises(asyncio.CancelledError):
        await rights.working.work(house.id, one.id)
    stopped = await desk.now(one)
    assert (stopped.step, stopped.done) == (Step.running, 2)
    one = await desk.work(one)
    assert begun == [0, 2, 2, 4]
    assert (one.step, one.done, one.total) == (Step.done, 5, 5)
    data = json.loads((await desk.pack(one))["data.json"])
    assert [r["data"] for r in data["records"]] == [profile, *({"company": f"Works {n}"} for n in range(4))]


async def test_what_the_gate_withholds_makes_no_copy_that_looks_whole(rooms, house, desk, profile):
    person, _ = await held(house, profile)
    one = await desk.open(Right.access, person)
    one = await desk.work(await desk.order(one, kind=ActorKind.auditor))
    assert (one.step, one.reason) == (Step.stopped, "operation-not-covered")
    assert "instruction" in one.papers.trouble
    with pytest.raises(NotNow):
        await desk.answer(one)
    one = await desk.work(await desk.order(one))
    assert one.step is Step.done


async def test_a_mandate_that_is_over_stops_the_work(house, desk, profile):
    person, _ = await held(house, profile)
    one = await desk.work(await desk.order(await desk.open(Right.access, person), hours=-1))
    assert (one.step, one.reason) == (Step.stopped, "mandate-over")


async def test_rectification_is_read_back_and_its_recipients_are_owed_word(rooms, house, desk, rights, profile):
    person, record = await held(house, profile, recipients=["Post SA", "Bank AG"])
    other = await (await house.holder.client())(
        "POST", f"/api/v1/persons/{person}/profile", {"data": {"language": "fr"}, "recipients": ["Elsewhere"]}
    )
    assert other.status == 201, other.raw
    patch = {"family_name": "Kerouédan-Roy", "title": None, "postal_address": {"city": "Nantes"}}
    order = Order(corrections=(Correction("profile", record, patch),))
    one = await desk.done(Right.rectification, person, order)
    reply = await (await house.holder.client())("GET", f"/api/v1/persons/{person}/profile/{record}")
    assert (reply.body["data"]["family_name"], reply.body["data"]["postal_address"]["city"]) == (
        "Kerouédan-Roy",
        "Nantes",
    )
    assert "title" not in reply.body["data"]
    assert [r.name for r in await rights.recipients.listed(one)] == ["Bank AG", "Post SA"]
    assert await desk.owed(one, "rights.recipients") == [("", "open")]
    choices = Choices(recipients={"Post SA": Reached("dpo@post.example", "fr")})
    await rights.choosing.choose(house.id, choices, by="staff")
    await rights.recipients.tell(house.id, one.id, by="staff")
    states = {r.name: (r.state, r.reason, r.notice is not None) for r in await rights.recipients.listed(one)}
    assert states == {"Post SA": ("told", "letter", True), "Bank AG": ("open", "", False)}
    assert await desk.owed(one, "rights.recipients") == [("", "open")]
    await rights.recipients.excuse(house.id, one.id, "Bank AG", "impossible", by="staff")
    assert await desk.owed(one, "rights.recipients") == [("", "discharged")]
    with pytest.raises(NotNow):
        await rights.recipients.excuse(house.id, one.id, "Bank AG", "impossible", by="staff")


async def test_a_correction_that_does_not_fit_its_record_is_not_made(house, desk, profile):
    person, _ = await held(house, profile)
    order = Order(corrections=(Correction("profile", uuid4(), {"company": "X"}),))
    one = await desk.work(await desk.order(await desk.open(Right.rectification, person), order))
    assert (one.step, one.reason) == (Step.stopped, "not-held")


async def test_erasure_is_read_back_and_leaves_nothing_but_evidence(rooms, house, desk, rights, profile, folder):
    person, record = await held(house, profile, recipients=["Post SA"])
    earlier = await desk.answer(await desk.done(Right.access, person, words=f"all about {profile['email']}"))
    one = await desk.done(Right.erasure, person, contact=profile["email"])
    assert (one.outcome, one.person) == ("granted", None)
    reply = await (await house.holder.client())("GET", f"/api/v1/persons/{person}/profile/{record}")
    assert reply.status == 404
    gone = await desk.now(earlier)
    assert (gone.person, gone.papers) == (None, None)
    with pytest.raises(NotNow):
        await desk.pack(gone)
    one = await desk.answer(one)
    assert one.papers is not None, "a recipient is to be told still"
    await rights.recipients.excuse(house.id, one.id, "Post SA", "told-otherwise", by="staff")
    assert await rights.working.tidy(house.id) == 2
    assert (await desk.now(one)).papers is None
    for request in (earlier, one):
        with pytest.raises(KeyGone):
            await rooms.keys.controller_key(house.id, f"request/{request.id}", create=False)
    assert await rights.working.tidy(house.id) == 0
    async with rooms.data.transaction(house.id) as tx:
        parts = await tx.fetchval("SELECT count(*) FROM bailee.rights_part WHERE controller_id = $1", house.id)
        known = await tx.fetchval(
            "SELECT count(*) FROM bailee.rights_request WHERE controller_id = $1 AND person_id = $2", house.id, person
        )
    assert (parts, known) == (0, 0)
    assert await desk.owed(one) == [("", "discharged")]
    content = await rights.proving.zip(house.id, one.id)
    with zipfile.ZipFile(io.BytesIO(content)) as file:
        file.extractall(folder)
        assert "papers.json" not in file.namelist()
    receipts = sorted((folder / "receipts").iterdir())
    said = json.loads((folder / "request.json").read_text())
    assert len(receipts) == len(said["entries"]) == 5
    findings = verify_paths(receipts, [rooms.log_key.verifier(house.id)])
    assert findings
    assert all(finding.ok for finding in findings)


async def test_an_erasure_that_was_cut_off_anywhere_is_finished(rooms, house, desk, rights, profile, monkeypatch):
    for step in ("intend", "_finish", "proceed"):
        person, _ = await held(
            house, profile | {"email": f"{step.strip('_')}@x.example", "user_name": step, "external_id": step}
        )
        one = await desk.order(await desk.open(Right.erasure, person))
        with monkeypatch.context() as patched:

            async def cut(*_arguments):
                raise asyncio.CancelledError

            patched.setattr(rooms.erasing, step, cut)
            with pytest.raises(asyncio.CancelledError):
                await rights.working.work(house.id, one.id)
        assert (await desk.now(one)).step is Step.running
        one = await desk.work(one)
        assert (one.step, one.outcome, one.person) == (Step.done, "granted", None), (step, one.reason)
        assert (await desk.facts(person))["state"] == "erased"


async def test_part_of_an_erasure_keeps_what_the_law_keeps_and_says_why(rooms, house, desk, profile):
    person, record = await held(house, profile)
    client = await house.holder.client()
    invoice = await client("POST", f"/api/v1/persons/{person}/profile", {"data": {"company": "Invoiced"}})
    await client("POST", f"/api/v1/persons/{person}/files", raw=b"x", query="name=a&category=name")
    kept = Kept(
        UUID(invoice.body["records"][0] if "records" in invoice.body else invoice.body["record"]),
        "legal-obligation",
        "Invoices: ten years.",
    )
    one = await desk.done(Right.erasure, person, Order(kept=(kept,)))
    assert (one.outcome, one.papers.work["result"]["erased"]) == ("partly", 2)
    assert one.papers.work["result"]["kept"] == [str(kept.record)]
    assert (await client("GET", f"/api/v1/persons/{person}/profile/{record}")).status == 404
    assert (await client("GET", f"/api/v1/persons/{person}/profile/{kept.record}")).status == 200
    one = await desk.answer(one)
    assert one.outcome == "partly"


async def test_a_hold_stops_an_erasure_whole_or_in_part(rooms, house, desk, profile):
    person, record = await held(house, profile)
    await desk.set("UPDATE bailee.person SET held = true WHERE controller_id = $1 AND person_id = $2", person)
    kept = Order(kept=(Kept(uuid4(), "legal-claims", "a claim"),))
    for order in (Order(), kept):
        one = await desk.work(await desk.order(await desk.open(Right.erasure, person), order))
        assert (one.step, one.reason) == (Step.stopped, "hold")
    client = await house.holder.client()
    assert (await client("GET", f"/api/v1/persons/{person}/profile/{record}")).status == 200
    refused = await desk.rights.requests.refuse(house.id, one.id, "exempt", "A hold.", by="staff", version=one.version)
    assert (refused.state, refused.outcome) == (State.refused, "refused")
    await desk.set("UPDATE bailee.person SET held = false WHERE controller_id = $1 AND person_id = $2", person)


async def test_restriction_lets_only_what_is_excepted_through_and_is_lifted_after_telling(
    rooms, house, desk, rights, profile
):
    person, record = await held(house, profile)
    client = await house.holder.client()
    path = f"/api/v1/persons/{person}/profile/{record}"
    one = await desk.answer(await desk.done(Right.restriction, person, Order(ground="accuracy")))
    assert (await client("GET", path)).body["type"].endswith("restricted")
    mine, now = mandate(rooms), rooms.clock.now()
    exception = await rights.restricting.except_(
        house.id, person, mine, ground="legal-claims", purpose="account-management", operation=Operation.consult,
        until=now + timedelta(hours=1),
    )  # fmt: skip
    assert (await client("GET", path)).status == 200
    assert (await client("PATCH", path, {"language": "en"})).status == 403
    await rights.restricting.end_exception(house.id, person, exception, mine)
    assert (await client("GET", path)).status == 403
    with pytest.raises(TellFirst):
        await rights.restricting.lift(house.id, one.id, mine, by="staff")
    one = await rights.restricting.announce(house.id, one.id, "It is correct now.", by="staff")
    with pytest.raises(TellFirst):
        await rights.restricting.lift(house.id, one.id, mine, by="staff")
    assert await desk.owed(one) == [("", "discharged"), ("/lifting", "open")]
    obligations = house.wings.promised.obligations
    async with rooms.committing.transaction(house.id) as change:  # as the sending of the letter does
        id = await obligations.find(change, "rights.tools", f"request/{one.id}/lifting")
        await obligations.discharge(change, id, by="platform", proof="notice/1")
    await rights.restricting.lift(house.id, one.id, mine, by="staff")
    assert (await client("GET", path)).status == 200


async def test_an_exception_ends_by_itself(rooms, house, desk, rights, profile):
    person, _ = await held(house, profile)
    await desk.done(Right.restriction, person, Order(ground="unlawful"))
    await rights.restricting.except_(
        house.id, person, mandate(rooms), ground="consent", purpose="account-management",
        operation=Operation.consult, until=rooms.clock.now() + timedelta(minutes=5),
    )  # fmt: skip
    assert await desk.let_through(person) == ["account-management/consult"]
    assert await rights.restricting.sweep(house.id) == 0
    await desk.set("UPDATE bailee.rights_exception SET ends_at = granted_at WHERE controller_id = $1")
    assert await rights.restricting.sweep(house.id) == 1
    assert await desk.let_through(person) == []
    with pytest.raises(NotNow):
        await rights.restricting.except_(
            house.id, person, mandate(rooms), ground="consent", purpose="account-management",
            operation=Operation.consult, until=rooms.clock.now(),
        )  # fmt: skip


async def test_an_exception_lets_nothing_through_from_its_end_on_while_nobody_has_closed_it(
    rooms, house, desk, rights, profile, settings
):
    """As when the worker was down: the instant is judged when the ruling is made."""
    person, record = await held(house, profile)
    client, path = await house.holder.client(), f"/api/v1/persons/{person}/profile/{record}"
    await desk.done(Right.restriction, person, Order(ground="unlawful"))
    given = {"ground": "consent", "purpose": "account-management"}
    for operation, minutes in ((Operation.consult, 5), (Operation.modify, 5), (Operation.consult, 3)):
        until = rooms.clock.now() + timedelta(minutes=minutes)
        await rights.restricting.except_(house.id, person, mandate(rooms), operation=operation, until=until, **given)
    clock = Path(settings.clock.removeprefix("file:"))
    try:
        for moved, status in (("+0s", 200), ("+4m", 200), ("+6m", 403), ("+0s", 200)):
            clock.write_text(moved)
            assert (await client("GET", path)).status == status, moved
            assert (await client("PATCH", path, {"language": "it"})).status == status, moved
        assert sorted(set(await desk.let_through(person))) == [
            "account-management/consult",
            "account-management/modify",
        ]
    finally:
        clock.write_text("+0s")


async def test_an_exception_ends_though_the_gate_would_allow_no_change_any_more(
    rooms, house, desk, rights, profile, monkeypatch
):
    person, _ = await held(house, profile)
    await desk.done(Right.restriction, person, Order(ground="unlawful"))
    given = {"ground": "consent", "purpose": "account-management", "until": rooms.clock.now() + timedelta(hours=1)}
    ended = await rights.restricting.except_(
        house.id, person, mandate(rooms), operation=Operation.consult, **given
    )  # fmt: skip
    await rights.restricting.except_(house.id, person, mandate(rooms), operation=Operation.export, **given)

    async def refused(*_given):
        raise Stopped("contract-ended")

    monkeypatch.setattr(rights.restricting._people, "change", refused)  # ends are noted, and then the process stops
    with pytest.raises(NotNow):
        await rights.restricting.end_exception(house.id, uuid4(), ended, mandate(rooms))
    with pytest.raises(Stopped):
        await rights.restricting.end_exception(house.id, person, ended, mandate(rooms))
    assert await rights.restricting.sweep(house.id) == 1
    assert await desk.let_through(person) == ["account-management/export"]
    assert await rights.restricting.sweep(house.id) == 0
    with pytest.raises(NotNow):
        await rights.restricting.end_exception(house.id, person, ended, mandate(rooms))
    monkeypatch.undo()
    [left] = await rights.restricting.exceptions(house.id, person)
    await rights.restricting.end_exception(house.id, person, left.id, mandate(rooms))
    assert await desk.let_through(person) == []
    assert await rights.restricting.sweep(house.id) == 1, "what the row says already is only tidied"


async def test_a_text_that_is_gone_is_not_written_back_by_who_had_read_it(rooms, house, desk, rights, profile):
    person, _ = await held(house, profile)
    of_erased = await desk.answer(await desk.done(Right.recipients, person))
    over = await desk.open(Right.access)
    over = await rights.requests.refuse(house.id, over.id, "unfounded", "No.", by="staff", version=over.version)
    assert (await (await house.holder.client())("DELETE", f"/api/v1/persons/{person}")).status == 202
    sql = "UPDATE bailee.rights_request SET keep_until = ended_at WHERE controller_id = $1 AND request_id = $2"
    await desk.set(sql, over.id)
    await rights.keeping.forget(house.id)
    for one in (of_erased, over):
        assert one.papers is not None
        with pytest.raises(ChangedMeanwhile):
            async with rooms.committing.transaction(house.id) as change:
                await rights.keeping.save(change, one)
        assert (await desk.now(one)).papers is None


async def test_who_is_erased_while_a_copy_is_made_leaves_nothing_in_it(
    rooms, house, desk, rights, profile, monkeypatch
):
    person, _ = await held(house, profile)
    client, whole = await house.holder.client(), rights.packing.slice

    async def erased_meanwhile(request):
        made = await whole(request)
        assert (await client("DELETE", f"/api/v1/persons/{person}")).status == 202
        return made

    monkeypatch.setattr(rights.packing, "slice", erased_meanwhile)
    one = await desk.work(await desk.order(await desk.open(Right.access, person)))
    assert (one.step, one.reason, one.person) == (Step.stopped, "not-held", None)
    async with rooms.data.transaction(house.id) as tx:
        assert await tx.fetch("SELECT part FROM bailee.rights_part WHERE controller_id = $1", house.id) == []


async def test_what_fails_again_and_again_waits_behind_the_others(rooms, house, desk, rights, profile, monkeypatch):
    person, _ = await held(house, profile)
    monkeypatch.setattr(working, "AT_ONCE", 1)
    bad, good = [await desk.order(await desk.open(Right.recipients, person)) for _ in range(2)]
    carrying = rights.working._carrying
    carry = carrying.out

    async def failing(one, order):
        if one.id == bad.id:
            raise ZeroDivisionError
        return await carry(one, order)

    monkeypatch.setattr(rights.working._carrying, "out", failing)
    with pytest.raises(ZeroDivisionError):
        await rights.working.due(house.id)
    assert (await desk.work(good)).step is Step.done
    with pytest.raises(ZeroDivisionError):
        await rights.working.due(house.id)
    monkeypatch.setattr(rights.working._carrying, "out", carry)
    assert (await desk.work(bad)).step is Step.done


@pytest.mark.parametrize("reason", ["not-as-ordered", "altered"])
async def test_what_no_further_try_would_mend_stops_for_a_human(house, desk, rights, profile, monkeypatch, reason):
    person, _ = await held(house, profile)

    async def failing(one, _order):
        if reason == "altered":
            raise Altered(Address(house.id, person, "profile", uuid4()))
        raise NotNow(reason)

    monkeypatch.setattr(rights.working._carrying, "out", failing)
    one = await desk.work(await desk.order(await desk.open(Right.recipients, person)))
    assert (one.step, one.reason) == (Step.stopped, reason)


async def test_who_is_restricted_still_gets_a_copy_and_nothing_else_passes(rooms, house, desk, rights, profile):
    person, record = await held(house, profile)
    await desk.done(Right.restriction, person, Order(ground="unlawful"))
    one = await desk.done(Right.access, person)
    assert json.loads((await desk.pack(one))["data.json"])["records"][0]["data"] == profile
    assert await desk.let_through(person) == ["rights-of-persons/export"]
    [said] = [entry for entry in await house.entries() if entry["kind"] == "restriction-excepted"]
    assert (said["details"]["ground"], said["details"]["request"]) == ("consent", str(one.id))
    client = await house.holder.client()
    assert (await client("GET", f"/api/v1/persons/{person}/profile/{record}")).status == 403


@pytest.fixture
def clock(settings):
    """The file of the simulated clock, put back afterwards."""
    file = Path(settings.clock.removeprefix("file:"))
    yield file
    file.write_text("+0s")


async def with_files(house, desk, profile):
    """A copy of what is held about someone, two papers of theirs in it, who is restricted then."""
    person, _ = await held(house, profile)
    client = await house.holder.client(expires=timedelta(days=2))
    names = []
    for name in ("a.txt", "b.txt"):
        made = await client(
            "POST", f"/api/v1/persons/{person}/files", raw=b"paper" * 50_000, query=f"name={name}&category=name"
        )
        names.append(made.body["record"])
    await desk.done(Right.restriction, person, Order(ground="unlawful"))
    return person, names, client, await desk.done(Right.access, person)


async def test_the_copy_of_who_is_restricted_is_taken_along_whole_whenever(house, desk, rights, profile, clock):
    person, _, _, one = await with_files(house, desk, profile)
    for offset in ("+14m", "+16m", "+26h"):
        clock.write_text(offset)
        await rights.working.tidy(house.id)
        pack = await desk.pack(one)
        assert sum(content == b"paper" * 50_000 for content in pack.values()) == 2, offset
    clock.write_text("+27h")
    await rights.working.tidy(house.id)
    assert list((await desk.facts(person))["exceptions"]) == [], "what was let through is closed again"


async def test_what_a_restriction_lets_through_stays_open_while_a_copy_streams(
    rooms, house, desk, rights, profile, clock, monkeypatch
):
    person, _, _, one = await with_files(house, desk, profile)
    monkeypatch.setattr(gate_files, "LOOK_SECONDS", -1.0)
    content, minutes = b"", 0
    for_long = Mandate(Actor("staff", ActorKind.controller_staff, uuid4()), rooms.clock.now() + timedelta(days=1))
    async for piece in await rights.taking_along.take(house.id, one.id, for_long):
        content, minutes = content + piece, minutes + 4
        clock.write_text(f"+{minutes}m")
        await rights.working.tidy(house.id)
    assert minutes > 30, "longer than what is let through at once"
    with zipfile.ZipFile(io.BytesIO(content)) as pack:
        assert pack.testzip() is None
        assert sum(name.startswith("files/") for name in pack.namelist()) == 2


async def test_a_copy_that_may_not_leave_whole_does_not_begin_to_leave(house, desk, rights, profile):
    person, names, client, one = await with_files(house, desk, profile)
    await desk.set("UPDATE bailee.person SET restricted = false WHERE controller_id = $1 AND person_id = $2", person)
    assert (await client("DELETE", f"/api/v1/persons/{person}/files/{names[1]}")).status == 200
    before = len([entry for entry in await house.entries() if entry["kind"] == "pack-taken"])
    with pytest.raises(NotNow, match="changed-since"):
        await rights.taking_along.take(house.id, one.id, mandate(desk.rooms))
    with pytest.raises(NotNow, match="no-undertaking"):
        await rights.taking_along.take(house.id, one.id, mandate(desk.rooms, ActorKind.processor_staff))
    assert len([entry for entry in await house.entries() if entry["kind"] == "pack-taken"]) == before


async def test_a_copy_that_is_cut_in_the_middle_opens_nowhere(house, desk, rights, profile, monkeypatch):
    person, _, _, one = await with_files(house, desk, profile)
    monkeypatch.setattr(gate_files, "LOOK_SECONDS", -1.0)
    content, pieces = b"", await rights.taking_along.take(house.id, one.id, mandate(desk.rooms))
    while b"paper" not in content:
        content += await anext(pieces)
    await desk.set("UPDATE bailee.person SET state = 'erasing' WHERE controller_id = $1 AND person_id = $2", person)
    with pytest.raises(Cut):
        await desk.rest(pieces)
    with pytest.raises(zipfile.BadZipFile):
        zipfile.ZipFile(io.BytesIO(content))


async def test_portability_takes_along_what_was_provided_on_consent_or_contract(rooms, house, desk, rights, profile):
    person, _ = await held(house, profile, purposes=["account-management"])
    client = await house.holder.client()
    for data, source in (({"company": "Scored"}, "inferred"), ({"company": "Kept for law"}, "court")):
        reply = await client("POST", f"/api/v1/persons/{person}/profile", {"data": data, "source": source})
        assert reply.status == 201, reply.raw
    await desk.held_for("court", "legal-obligation")
    choices = Choices(not_provided=frozenset({"account-identifier"}))
    await rights.choosing.choose(house.id, choices, by="staff")
    pack = await desk.pack(await desk.done(Right.portability, person))
    assert list(pack) == ["data.json", "people.csv", "card.vcf", "manifest.json"]
    [only] = json.loads(pack["data.json"])["records"]
    provided = {k: v for k, v in profile.items() if k not in ("user_name", "external_id")}
    assert only["data"] == provided
    assert profile["email"].encode() in pack["people.csv"]
    assert b"BEGIN:VCARD" in pack["card.vcf"]
    assert b"Scored" not in b"".join(pack.values())


def named(house, recipient):
    """The controller's signed instruction that names a recipient for portability."""
    from bailee.contract.documents import InstructionText, SignedDocument, content_of
    from bailee.contract.signing import Signatory, sign

    text = InstructionText(
        format="bailee.dev/instruction/v1", id="moving", purposes=("rights-of-persons",), operations=("transmit",),
        categories=house.holder.agreement.category_ids(), groups=("user",), actors=("processor_system",),
        recipients=(recipient,), reason="portability", in_force_from=house.rooms.clock.now() - timedelta(days=1),
    )  # fmt: skip
    document = SignedDocument(kind="instruction", content=content_of(text), signatures=())
    for required in house.holder.agreement.signatories:
        if required.party == "controller":
            who = Signatory(party="controller", role=required.role, name="N")
            document = sign(document, who, house.holder.company.signing, house.rooms.clock.now())
    return document


async def test_portability_goes_straight_to_a_recipient_that_an_instruction_names_and_to_no_other(
    rooms, house, desk, rights, profile
):
    person, _ = await held(house, profile)
    async with receiving() as receiver:
        url = f"http://127.0.0.1:{receiver.port}/take"
        order = Order(target=Target("Autre Banque", url, "FR"))
        one = await desk.work(await desk.order(await desk.open(Right.portability, person), order))
        assert (one.step, one.reason) == (Step.stopped, "operation-not-covered")
        await rooms.filing.file(house.id, named(house, "Autre Banque"), by="tests")
        await rooms.archive.refresh(house.id)
        other = Order(target=Target("Somebody else", url, "FR"))
        one = await desk.work(await desk.order(one, other))
        assert (one.step, one.reason) == (Step.stopped, "recipient-not-named")
        assert receiver.got == []
        receiver.status = lambda _got: 503
        one = await desk.work(await desk.order(one, order))
        assert (one.step, one.reason) == (Step.stopped, "status-503")
        receiver.status = lambda _got: 202
        one = await desk.work(await desk.order(one, order))
        assert (one.step, one.reason) == (Step.done, "")
        line, headers, body = receiver.got[-1]
    sent = json.loads(body)
    assert (line.split()[0], headers["idempotency-key"]) == ("POST", str(one.id))
    verifier = Verifier.parse(rooms.log_key.verifier(house.id))
    text = open_note(sent["note"], [verifier])
    whole = body[body.index(b'"document":') + len(b'"document":') : -1]
    assert hashlib.sha256(whole).hexdigest() in text
    assert sent["document"]["records"][0]["data"] == profile
    handed = [e for e in await house.entries() if e["kind"] == "handed-over"]
    assert [(e["details"]["recipient"], e["digest"]) for e in handed] == [
        ("Autre Banque", hashlib.sha256(whole).hexdigest())
    ] * 2


async def test_an_objection_bites_and_one_to_marketing_cannot_be_weighed(rooms, house, desk, profile):
    person, _ = await held(house, profile)
    order = Order(purposes=("prospecting",), weighed=(Weighed("statistics", "Needed to bill by use."),))
    one = await desk.done(Right.objection, person, order)
    assert (one.outcome, list((await desk.facts(person))["objections"])) == ("partly", ["prospecting"])
    only = await desk.done(Right.objection, person, Order(weighed=(Weighed("statistics", "Needed."),)))
    assert only.outcome == "refused"
    again = await desk.open(Right.objection, person)
    for order in (
        Order(weighed=(Weighed("prospecting", "we like it"),)),
        Order(weighed=(Weighed("statistics", " "),)),
        Order(purposes=("account-management",)),
        Order(purposes=("no such purpose",)),
        Order(),
    ):
        with pytest.raises(DoesNotFit):
            await desk.order(again, order)


async def test_a_decision_by_a_machine_is_looked_at_by_a_human(house, desk, profile):
    person, _ = await held(house, profile)
    review = Review("credit refused by score", "staff:anne", True, "Granted: the score had an old address.")
    one = await desk.done(Right.automated_decision, person, Order(review=review))
    [said] = [e for e in await house.entries() if e["kind"] == "request-carried-out"]
    assert said["details"]["result"] == {"changed": True, "reviewer": "staff:anne"}
    assert one.papers.order.review == review


async def test_who_it_went_to_is_told_on_request(house, desk, profile, rooms):
    person, _ = await held(house, profile, recipients=["Post SA"])
    from bailee.processing.accounts.exporting import Wanted
    from bailee.processing.accounts.import_jobs import Mandate as Exporter
    from bailee.vocabulary.purposes import Purpose

    actor = Actor("staff", ActorKind.controller_staff, uuid4())
    exporter = Exporter(actor, Purpose.account_management, rooms.clock.now() + timedelta(hours=1))
    exported = rooms.exchanging.exporting.stream(house.id, exporter, Wanted("csv", (person,), "Our printer"))
    assert [piece async for piece in exported]
    one = await desk.done(Right.recipients, person)
    assert one.papers.work["result"]["recipients"] == ["Our printer", "Post SA"]


async def test_a_controller_whose_people_are_elsewhere_has_the_file_its_clock_and_letters(rooms, house, desk, rights):
    one = await desk.open(Right.access, words="what do you know of me?", channel="email")
    with pytest.raises(NotNow):
        await desk.order(one)
    one = await rights.requests.ask_identity(house.id, one.id, "Which account?", send=True, by="s", version=one.version)
    assert one.state is State.identity
    with pytest.raises(NotNow):
        await desk.answer(one)
    one = await rights.requests.identify(house.id, one.id, "document", by="s", version=one.version)
    assert (one.state, one.identity) == (State.received, "document")
    one = await desk.answer(one, "Nothing.")
    assert (one.state, one.outcome) == (State.answered, "granted")
    assert await desk.owed(one) == [("", "discharged")]
    async with rooms.data.transaction(house.id) as tx:
        queued = await tx.fetchval("SELECT count(*) FROM bailee.notice WHERE controller_id = $1", house.id)
    assert queued == 2
    said = [entry for entry in await house.entries() if entry["kind"].startswith("request")]
    assert "Nothing." not in json.dumps(said)


async def test_time_is_extended_on_the_last_day_and_no_longer_on_the_day_after(rooms, house, desk, rights):
    now = rooms.clock.now()
    agreement = await rights.requests.agreement(house.id)
    inside, outside = now - timedelta(days=27), now - timedelta(days=27)
    while deadlines.answer(agreement, inside - timedelta(days=1)).generous >= now:
        inside -= timedelta(days=1)
    while deadlines.answer(agreement, outside).generous >= now:
        outside -= timedelta(days=1)
    assert inside - outside == timedelta(days=1)
    last = await desk.open(Right.access, received_at=inside)
    late = await desk.open(Right.access, received_at=outside)
    with pytest.raises(NotNow):
        await rights.requests.extend(house.id, last.id, " ", send=False, by="s", version=last.version)
    after = await rights.requests.extend(house.id, last.id, "Many archives.", send=True, by="s", version=last.version)
    assert after.state is State.extended
    assert after.due.strict > last.due.generous + timedelta(days=50)
    [owed] = [o for o in await house.wings.promised.obligations.listed(house.id) if str(last.id) in o.promise.subject]
    assert (owed.state, owed.promise.due) == ("open", after.due)
    with pytest.raises(NotNow):
        await rights.requests.extend(house.id, last.id, "Again.", send=True, by="s", version=after.version)
    with pytest.raises(TooLate):
        await rights.requests.extend(house.id, late.id, "Many.", send=True, by="s", version=late.version)
    answered = await desk.answer(after)
    assert await desk.owed(answered) == [("", "discharged")]


async def test_the_month_counts_after_the_regulation_for_both_readings(rights, house):
    from datetime import UTC, datetime

    agreement = await rights.requests.agreement(house.id)
    due = deadlines.answer(agreement, datetime(2027, 1, 31, 9, tzinfo=UTC))
    assert (f"{due.strict:%m-%d %H:%M}", f"{due.generous:%m-%d %H:%M}") == ("02-28 22:59", "03-01 22:59")
    longer = deadlines.extended(agreement, datetime(2026, 11, 30, 9, tzinfo=UTC))
    assert f"{longer.strict:%Y-%m-%d}" == "2027-02-28"


async def test_an_answer_in_time_and_one_that_is_late_are_told_apart(rooms, house, desk):
    now = rooms.clock.now()
    one = await desk.open(Right.access, received_at=now - timedelta(days=40))
    await house.wings.promised.obligations.look(house.id)
    one = await desk.answer(one)
    [end] = [e for e in await house.entries() if e["kind"] == "obligation-discharged"]
    assert end["details"]["late"] is True
    infringed = [e for e in await house.entries() if e["kind"] == "obligation-infringed"]
    assert [e["details"]["subject"] for e in infringed] == [f"request/{one.id}"]
    with pytest.raises(NotNow):
        await desk.open(Right.access, received_at=now + timedelta(days=1))


async def test_a_refusal_needs_a_ground_and_reasons_and_a_withdrawal_leaves_nothing_owed(
    rooms, house, desk, rights, profile
):
    person, _ = await held(house, profile)
    one = await desk.open(Right.access, person)
    for ground, words in (("because", "no"), ("excessive", "")):
        with pytest.raises(NotNow):
            await rights.requests.refuse(house.id, one.id, ground, words, by="s", version=one.version)
    queued = await desk.order(one)
    gone = await rights.requests.withdraw(house.id, one.id, by="s", version=queued.version)
    assert (gone.state, gone.step) == (State.withdrawn, Step.none)
    assert await desk.owed(one) == [("", "withdrawn")]
    assert await rights.working.due(house.id) == 0
    with pytest.raises(NotNow):
        await desk.order(gone)


async def test_two_people_at_one_request_do_not_write_over_each_other(rooms, house, desk, rights, profile):
    person, _ = await held(house, profile)
    one = await desk.open(Right.access, person)
    outcomes = await asyncio.gather(
        *(rights.requests.identify(house.id, one.id, "declared", by="s", version=one.version) for _ in range(4)),
        return_exceptions=True,
    )
    assert sum(isinstance(o, ChangedMeanwhile) for o in outcomes) == 3
    assert [e["kind"] for e in await house.entries()].count("request-identified") == 1


async def test_the_oldest_is_served_first_and_an_extension_meanwhile_harms_nothing(rooms, house, desk, rights, profile):
    person, _ = await held(house, profile)
    now, order = rooms.clock.now(), []
    some = [await desk.open(Right.recipients, person, received_at=now - timedelta(days=n % 7)) for n in range(9)]
    some = [await desk.order(one) for one in some]
    whole = rights.working._slice

    async def noted(controller, request):
        order.append(request)
        return await whole(controller, request)

    rights.working._slice = noted
    while await rights.working.due(house.id):
        pass
    by_age = sorted(some, key=lambda one: (one.received_at, one.id))
    assert {*order[:4]} == {one.id for one in by_age[:4]}
    assert {*order[4:8]} == {one.id for one in by_age[4:8]}
    late = await desk.order(await desk.open(Right.recipients, person))
    extended = await rights.requests.extend(house.id, late.id, "So many.", send=False, by="s", version=late.version)
    assert (extended.state, extended.step) == (State.working, Step.queued)
    assert (await desk.work(late)).step is Step.done


async def test_one_request_is_worked_on_by_one_process(rooms, house, desk, rights, profile):
    person, _ = await held(house, profile)
    one = await desk.order(await desk.open(Right.recipients, person))
    assert sorted(await asyncio.gather(*(rights.working.work(house.id, one.id) for _ in range(3)))) == [
        False,
        False,
        True,
    ]


async def test_of_another_controller_nothing_is_found_and_nobody_is_taken_for_held(
    rooms, hold, house, desk, rights, profile
):
    person, _ = await held(house, profile)
    one = await desk.open(Right.access, person)
    foreign = await hold(1)
    with pytest.raises(NoSuchRequest):
        await rights.keeping.find(foreign.id, one.id)
    asked = Asked(right=Right.access, channel="letter", person=person)
    with pytest.raises(NoSuchPerson):
        await rights.requests.open(foreign.id, asked, by="s")
    with pytest.raises(NoSuchPerson):
        await desk.open(Right.access, uuid4())


async def test_self_service_answers_at_once_what_the_controller_switched_on(rooms, house, desk, rights, profile):
    person, _ = await held(house, profile)
    with pytest.raises(RefusedChoice):
        await rights.choosing.choose(house.id, Choices(offers={"erasure": "at-once"}), by="s")
    chosen = await rights.choosing.choose(house.id, Choices(offers={"access": "at-once"}), by="s")
    assert chosen.offer(Right.access) == "at-once"
    with pytest.raises(ChangedMeanwhile):
        await rights.choosing.choose(house.id, Choices(), by="s")
    await rights.choosing.choose(house.id, chosen, by="s")
    asked = Asked(right=Right.access, channel="self-service", person=person, identity="signed-in", language="fr")
    own = mandate(rooms, ActorKind.controller_system)
    one = await rights.requests.open(house.id, asked, by=str(person), mandate=own)
    one = await desk.work(one)
    assert (one.state, one.outcome) == (State.answered, "granted")
    assert "data.json" in await desk.pack(one)
    assert await desk.owed(one) == [("", "discharged")]


async def test_orders_that_do_not_fit_their_right_are_refused_before_anything_is_done(house, desk, profile):
    person, record = await held(house, profile)
    correction = (Correction("profile", record, {"company": "X"}),)
    for right, order in (
        (Right.rectification, Order()),
        (Right.access, Order(corrections=correction)),
        (Right.access, Order(kept=(Kept(record, "legal-claims", "x"),))),
        (Right.access, Order(target=Target("A", "https://a.example", "FR"))),
        (Right.erasure, Order(kept=(Kept(record, "we like it", "x"),))),
        (Right.restriction, Order(ground="whim")),
        (Right.automated_decision, Order(review=Review("", "a", False, ""))),
    ):
        one = await desk.open(right, person)
        with pytest.raises(DoesNotFit):
            await desk.order(one, order)
        assert (await desk.now(one)).step is Step.none


async def test_papers_moved_to_another_request_do_not_open(rooms, house, desk, rights):
    from bailee.clauses.data_subject_requests.keeping import AlteredPapers

    one, other = await desk.open(Right.access), await desk.open(Right.access)
    async with rooms.data.transaction(house.id) as tx:
        sealed = await tx.fetchval(
            "SELECT sealed FROM bailee.rights_request WHERE controller_id = $1 AND request_id = $2", house.id, one.id
        )
    await desk.set(
        "UPDATE bailee.rights_request SET sealed = $2 WHERE controller_id = $1 AND request_id = $3", sealed, other.id
    )
    with pytest.raises(AlteredPapers):
        await desk.now(other)

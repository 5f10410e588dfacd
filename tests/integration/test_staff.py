"""The processor's staff at the gates: refused before, let in once bound and trained, refused the second after."""

import json
import os
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.household import until_done, worked

from bailee.clauses.confidentiality import queries, texts
from bailee.clauses.confidentiality.commands import LARGEST, Bound, Taught
from bailee.clauses.confidentiality.counting import FOREVER
from bailee.clauses.confidentiality.events import Paper
from bailee.clauses.confidentiality.gates import terms_of
from bailee.clauses.confidentiality.keeping import AlteredStaff
from bailee.clauses.confidentiality.mistakes import ChangedMeanwhile, Faulty, NothingThere, NotNow
from bailee.gate import queries as gate
from bailee.gate.archive import Archive
from bailee.vocabulary.parties import ActorKind
from bailee.wings import Wings

SECOND, DAY = timedelta(seconds=1), timedelta(days=1)
PAPER = Paper(name="undertaking.pdf", content=b"%PDF-1.7 signed by hand")


class Desk:
    """The processor's officer, and one member of staff with a label nobody else has."""

    def __init__(self, rooms) -> None:
        self.rooms = rooms
        self.promised = Wings(rooms).promised
        self.staff, self.gates = self.promised.staff, self.promised.gates
        self.label = f"staff:{os.urandom(5).hex()}"

    @property
    def today(self):
        return self.rooms.clock.now().date()

    async def reader(self, holder, profile):
        """Someone is held there; who reads them with a credential of the label."""
        person, record = await (await holder.client()).person(profile)
        client = await holder.client("support", kind=ActorKind.processor_staff, actor=self.label)

        async def read():
            return await client("GET", f"/api/v1/persons/{person}/profile/{record}")

        return read

    async def noted(self):
        return await self.staff.note(self.label, by="tests", name="Ana Gil")

    async def bind(self, member, **more):
        given = {"way": "statute", "since": self.today, "reference": "Art. 226-13 CP"}
        return await self.staff.bind(member.id, Bound(**(given | more)), by="tests")

    async def train(self, member, on=None, **more):
        given = {"what": "Data protection", "on": on or self.today, "given_by": "DPO", "digest": "0" * 64}
        return await self.staff.train(member.id, Taught(**(given | more)), by="tests")

    async def known_at(self, controller: UUID) -> dict:
        async with self.rooms.data.transaction(controller) as tx:
            rows = await tx.fetch(gate.STANDING, controller)
        return {row["fact"]: row["until"] for row in rows if row["actor"] == self.label}

    async def owed(self, member) -> list:
        found = await self.promised.obligations.listed(self.rooms.platform)
        return [one for one in found if one.promise.subject.startswith(f"staff/{member.id}/")]

    async def entries(self, controller: UUID) -> list[dict]:
        head = await self.rooms.reading.integrated(controller)
        found = [one async for one in self.rooms.reading.entries(controller, 0, head.size)]
        return [json.loads(one.opened.body) for one in found if one.opened]


@pytest.fixture
def desk(rooms):
    return Desk(rooms)


async def test_nobody_of_the_staff_is_let_in_before_an_undertaking_and_a_training_are_on_record(desk, hold, profile):
    holder = await hold()
    read, member = await desk.reader(holder, profile), await desk.noted()
    assert (await read()).body["clause"] == "staff.confidentiality"
    await desk.bind(member)
    assert (await read()).body["clause"] == "staff.training"
    training = await desk.train(member)
    assert (await read()).status == 200
    await desk.staff.end(training.id, by="tests")
    assert (await read()).body["clause"] == "staff.training", "struck out"
    with pytest.raises(NotNow):
        await desk.staff.end(training.id, by="tests")


async def test_each_ending_refuses_from_its_very_second_on(desk, hold, profile, rooms, settings):
    holder = await hold()
    read, member = await desk.reader(holder, profile), await desk.noted()
    terms = terms_of(holder.agreement)
    await desk.train(member)
    # The undertaking names its last day; a training of longer ago runs out before that.
    await desk.bind(member, until=desk.today + 400 * DAY)
    known = await desk.known_at(holder.id)
    assert known["confidential_until"] == terms.calendar.first(desk.today + 401 * DAY)
    for fact, clause in (("trained_until", "staff.training"), ("confidential_until", "staff.confidentiality")):
        until = (await desk.known_at(holder.id))[fact]
        dossier = await rooms.archive.refresh(holder.id)
        for at, refused in ((until - DAY, False), (until - SECOND, False), (until, True), (until + DAY, True)):
            standing = dossier.standing(desk.label)
            assert (getattr(standing, fact) <= at) is refused, (clause, at)
    assert (await read()).status == 200


async def test_how_long_a_training_counts_is_each_agreements_own_term(desk, hold, rooms):
    sample = await hold(0)
    short = await hold(1, **{"terms.confidentiality.training_valid.value": "6 months"})
    member = await desk.noted()
    await desk.train(member)
    for holder in (sample, short):
        await until_done(desk.gates.tell, holder.id)
    here, there = [(await desk.known_at(one.id))["trained_until"] for one in (sample, short)]
    now = rooms.clock.now()
    assert here - now > timedelta(days=363)
    assert timedelta(days=179) < there - now < timedelta(days=186)


async def test_a_controller_that_comes_later_is_told_by_the_worker_and_marked_ones_are_too(desk, hold, profile, rooms):
    member = await desk.noted()
    await desk.bind(member)
    await desk.train(member)
    holder = await hold()
    duties = desk.promised.duties()
    read = await desk.reader(holder, profile)
    assert (await read()).body["clause"] == "staff.confidentiality"
    assert await worked(duties, "standing of staff under a changed agreement", holder.id) == 2 or (
        await desk.known_at(holder.id)
    )
    assert (await read()).status == 200
    async with rooms.data.transaction(rooms.platform) as tx:
        await tx.execute(queries.STIR, [holder.id], rooms.platform)
    assert holder.id in await named(duties, "standing of staff")
    await until_done(desk.gates.tell, holder.id)
    assert holder.id not in await named(duties, "standing of staff")


async def named(duties, name) -> list[UUID]:
    [round_] = [duty.do for duty in duties if duty.name == name]
    return list(await round_.who.due())


async def test_where_nothing_is_agreed_any_more_nobody_stands(desk, hold, rooms):
    bare = await rooms.filing.open_dossier("Nothing signed", by="tests")
    await rooms.filing.write_standing(bare, desk.label, "trained_until", FOREVER, by="tests")
    assert await desk.gates.tell(bare) == 1
    assert (await desk.known_at(bare))["trained_until"] <= rooms.clock.now()
    assert await desk.gates.tell(uuid4()) == 0, "a controller that never was"


async def test_one_gate_that_cannot_be_told_stops_no_other_and_is_told_later(desk, hold, profile, rooms, monkeypatch):
    good, bad = await hold(0), await hold(1)
    reads = [await desk.reader(one, profile) for one in (bad, good)]
    member = await desk.noted()
    await desk.bind(member)
    await desk.train(member)
    assert [(await read()).status for read in reads] == [200, 200]
    whole = Archive.current

    async def broken(self, controller):
        if controller == bad.id:
            raise OSError("this one only")
        return await whole(self, controller)

    monkeypatch.setattr(Archive, "current", broken)
    undertaking = (await desk.staff.one(member.id)).undertaking
    await desk.staff.end(undertaking.id, by="tests")
    assert [(await read()).status for read in reads] == [200, 403]
    [round_] = [duty.do for duty in desk.promised.duties() if duty.name == "standing of staff"]
    assert bad.id in await round_.who.due()
    assert good.id not in await round_.who.due()
    await round_()
    shown = [(one.controller, one.duty) for one in await rooms.setbacks.listed()]
    assert (bad.id, "standing of staff") in shown
    assert (await desk.gates.access([bad.id]))[0].behind
    monkeypatch.setattr(Archive, "current", whole)
    round_._held_up.clear()  # its pause is over
    round_._held_up[bad.id] = (1, 0.0)
    await round_()
    assert (await reads[0]()).body["clause"] == "staff.confidentiality"
    assert (bad.id, "standing of staff") not in [(one.controller, one.duty) for one in await rooms.setbacks.listed()]


async def test_whoever_is_let_go_is_refused_everywhere_and_stays_bound(desk, hold, profile, rooms):
    holders = [await hold(0), await hold(1)]
    reads = [await desk.reader(one, profile) for one in holders]
    member = await desk.noted()
    await desk.bind(member)
    await desk.train(member)
    left = await desk.staff.release(member.id, by="tests")
    assert {one.access.controller for one in left} == {one.id for one in holders}
    assert all(one.revoked for one in left)
    assert [(await read()).status for read in reads] == [401, 401]
    for one in holders:
        assert all(until <= rooms.clock.now() for until in (await desk.known_at(one.id)).values())
    stands = await desk.staff.one(member.id)
    assert stands.state == "released"
    assert stands.entry.undertakings[0].ended_at is None, "the duty of secrecy goes on"
    for act in (desk.bind(member), desk.train(member), desk.staff.release(member.id, by="tests")):
        with pytest.raises(NotNow):
            await act
    # Another takes the label over: what the first was is not theirs.
    other = await desk.noted()
    assert other.id != member.id
    again = await desk.reader(holders[0], profile | {"email": f"n.{os.urandom(5).hex()}@alpages.example"})
    assert (await again()).body["clause"] == "staff.confidentiality"
    [entry] = [one for one in await desk.entries(rooms.platform) if one.get("kind") == "staff-released"
               and one["details"]["member"] == str(member.id)]  # fmt: skip
    assert set(entry["details"]["credentials"]) == {str(one.access.credential) for one in left}


async def test_a_credential_that_cannot_be_revoked_is_named_and_its_gate_refuses_it(desk, hold, profile, monkeypatch):
    holder = await hold()
    read, member = await desk.reader(holder, profile), await desk.noted()
    await desk.bind(member)
    await desk.train(member)

    async def broken(*_given, **_more):
        raise OSError

    monkeypatch.setattr(type(desk.rooms.credentials), "revoke", broken)
    [left] = await desk.staff.release(member.id, by="tests")
    assert not left.revoked
    assert (await read()).body["clause"] == "staff.confidentiality"
    [anew] = [
        one for one in await desk.staff.listed() if one.entry.member.label == desk.label and one.state == "unbound"
    ]
    assert anew.entry.member.id != member.id, "a label with access and nobody behind it stands in the register"


async def test_the_text_that_was_signed_is_the_text_whose_digest_is_kept(desk, rooms):
    account, key = uuid4(), Ed25519PrivateKey.generate()
    text = texts.current("fr")
    with pytest.raises(ChangedMeanwhile):
        await desk.staff.sign(account, "fr", texts.current("en").digest, "Ana Gil", key=key)
    assert await desk.staff.of(account) is None
    one = await desk.staff.sign(account, "fr", text.digest, "Ana Gil", key=key)
    stands = await desk.staff.of(account)
    [kept] = stands.entry.undertakings
    assert kept == one
    assert texts.holds(kept)
    assert (kept.text, kept.digest, kept.reference) == (
        text.words,
        texts.digest_of(kept.text),
        "undertaking/2026-11-26/fr",
    )
    assert stands.state == "untrained"
    said = [e for e in await desk.entries(rooms.platform) if e.get("kind") == "staff-bound" and kept.digest in str(e)]
    assert said
    assert "Ana" not in str(said)
    twice = await desk.staff.sign(account, "en", texts.current("en").digest, "Ana Gil", key=key)
    assert twice.member == one.member


async def test_a_paper_is_kept_as_it_came_with_its_digest_and_no_name_leaves_the_seal(desk, rooms):
    member = await desk.noted()
    kept, evidence = await desk.staff.keep(PAPER), await desk.staff.keep(PAPER)
    one = await desk.bind(member, way="paper", reference="", paper=kept)
    assert await desk.staff.keeping.paper(one.paper) == PAPER
    assert (one.digest, one.reference) == (texts.digest_of(PAPER.content.decode()), "undertaking.pdf")
    trained = await desk.train(member, digest="", paper=evidence)
    assert trained.digest == one.digest
    told = [str(e) for e in await desk.entries(rooms.platform) if str(member.id) in str(e)]
    assert len(told) == 3
    assert not any("Ana" in line or "undertaking.pdf" in line or "Data protection" in line for line in told)
    for paper in (uuid4(), kept):  # one that is not there, one that another record is made of
        with pytest.raises(NothingThere):
            await desk.bind(member, way="paper", paper=paper)
    with pytest.raises(NothingThere):
        await desk.staff.keeping.record(uuid4())
    with pytest.raises(NothingThere):
        await desk.staff.one(uuid4())


async def test_what_says_too_little_or_cannot_be_is_not_recorded(desk):
    member = await desk.noted()
    tomorrow = desk.today + 2 * DAY
    for code, given in {
        "paper": {"way": "paper"}, "reference": {"reference": ""}, "days": {"since": tomorrow},
    }.items():  # fmt: skip
        with pytest.raises(Faulty, match=code):
            await desk.bind(member, **given)
    with pytest.raises(Faulty, match="paper"):
        await desk.bind(member, way="signed")
    with pytest.raises(Faulty, match="days"):
        await desk.bind(member, until=desk.today - DAY)
    for content in (b"", b"x" * (LARGEST + 1)):
        with pytest.raises(Faulty, match="paper"):
            await desk.staff.keep(Paper(name="a", content=content))
    for code, given in {
        "training": {"what": ""}, "days": {"on": tomorrow}, "evidence": {"digest": "abc"},
    }.items():  # fmt: skip
        with pytest.raises(Faulty, match=code):
            await desk.train(member, **given)
    with pytest.raises(Faulty, match="known-already"):
        await desk.noted()
    with pytest.raises(Faulty, match="label"):
        await desk.staff.note("Ana Gil", by="tests")


async def test_an_account_and_a_label_are_put_together_and_both_are_let_in(desk, hold, rooms):
    holder, account = await hold(), uuid4()
    await desk.staff.sign(account, "en", texts.current("en").digest, "Ana", key=Ed25519PrivateKey.generate())
    signer = (await desk.staff.of(account)).entry
    await desk.noted()
    change = {"account": account, "by": "tests", "name": "Ana Gil"}
    await desk.staff.change(signer.member.id, desk.label, version=signer.version, **change)
    entry = (await desk.staff.of(account)).entry
    assert entry.member.actors == (desk.label, str(account))
    assert await desk.gates.tell(holder.id) >= 0
    assert (await desk.known_at(holder.id))["confidential_until"] == FOREVER
    with pytest.raises(ChangedMeanwhile):
        await desk.staff.change(signer.member.id, desk.label, version=signer.version, **change)
    with pytest.raises(Faulty):
        await desk.staff.change(signer.member.id, "Ana!", version=entry.version, **change)
    busy = Desk(rooms)
    await busy.bind(await busy.noted())
    with pytest.raises(Faulty, match="known-already"):
        await desk.staff.change(signer.member.id, busy.label, version=entry.version, **change)


async def test_what_is_owed_opens_by_itself_and_the_record_discharges_it(desk, hold, profile, rooms):
    holder = await hold()
    await desk.reader(holder, profile)
    await desk.staff.clocks.look()
    [stands] = [one for one in await desk.staff.listed() if one.entry.member.label == desk.label]
    member = stands.entry.member
    assert (stands.state, member.name, member.noted_by) == ("unbound", "", "platform")
    assert {one.promise.clause: one.state for one in await desk.owed(member)} == {
        "staff.confidentiality": "open", "staff.training": "open",
    }  # fmt: skip
    await desk.staff.clocks.look()
    assert len(await desk.owed(member)) == 2
    undertaking = await desk.bind(member)
    training = await desk.train(member, on=desk.today - 340 * DAY)
    states = {(one.promise.subject, one.state, one.proof) for one in await desk.owed(member)}
    ahead = (f"staff/{member.id}/{training.id}/0", "open", "")
    assert ahead in states, "it runs out within thirty days"
    assert {one[1:] for one in states - {ahead}} == {
        ("discharged", f"record/{undertaking.id}"),
        ("discharged", f"record/{training.id}"),
    }
    newer = await desk.train(member)
    proofs = {one.promise.subject: one.proof for one in await desk.owed(member)}
    assert proofs[f"staff/{member.id}/{training.id}/0"] == f"record/{newer.id}"
    await desk.staff.end(undertaking.id, by="tests")
    [again] = [one for one in await desk.owed(member) if one.state == "open"]
    assert again.promise.clause == "staff.confidentiality"
    await desk.staff.release(member.id, by="tests")
    assert [(one.state, one.proof) for one in await desk.owed(member) if one.id == again.id] == [
        ("withdrawn", "not-needed")
    ]


async def test_a_term_that_changes_moves_the_day_on_which_the_next_training_is_owed(desk, hold, profile, rooms):
    holder = await hold()
    await desk.reader(holder, profile)
    member = await desk.noted()
    training = await desk.train(member, on=desk.today - 340 * DAY)
    [one] = [
        each for each in await desk.owed(member) if each.promise.subject.startswith(f"staff/{member.id}/{training.id}")
    ]
    sooner = one.promise.due.strict - 5 * DAY
    async with rooms.data.transaction(holder.id) as tx:
        await tx.execute(gate.WRITE_STANDING, holder.id, desk.label, "trained_until", sooner, rooms.clock.now())
    await desk.staff.clocks.look()
    [moved] = [each for each in await desk.owed(member) if each.id == one.id]
    assert moved.promise.due.strict == sooner - timedelta(microseconds=1)
    assert await desk.gates.tell(holder.id) == 1, "the gate is put right where it differs from the register"


async def test_what_one_controller_sees_is_its_own_gate_and_labels_alone(desk, hold, profile):
    mine, other = await hold(0), await hold(1)
    await desk.reader(mine, profile)
    await desk.bind(await desk.noted())
    [seen] = [one for one in await desk.staff.seen(mine.id) if one.label == desk.label]
    assert (seen.credentials, seen.let_in, seen.purposes) == (1, False, ("support",))
    assert seen.bound_until == FOREVER
    assert [one for one in await desk.staff.seen(other.id) if one.label == desk.label] == []
    assert "Ana" not in str(seen)


async def test_a_row_of_the_register_that_was_put_in_anothers_place_does_not_open(desk, rooms):
    one, two = await desk.noted(), await desk.staff.note(f"{desk.label}.b", by="tests")
    async with rooms.data.transaction(rooms.platform) as tx:
        sql = "UPDATE bailee.staff_member SET sealed = $3 WHERE controller_id = $1 AND member_id = $2"
        find = "SELECT sealed FROM bailee.staff_member WHERE controller_id = $1 AND member_id = $2"
        [mine, other] = [await tx.fetchval(find, rooms.platform, id.id) for id in (one, two)]
        await tx.execute(sql, rooms.platform, one.id, other)
    try:
        with pytest.raises(AlteredStaff):
            await desk.staff.one(one.id)
    finally:
        async with rooms.data.transaction(rooms.platform) as tx:
            await tx.execute(sql, rooms.platform, one.id, mine)


async def test_a_paper_of_which_no_record_was_made_is_forgotten_after_a_day(desk, rooms, settings):
    kept = await desk.staff.keep(PAPER)
    member = await desk.noted()
    used = await desk.staff.keep(PAPER)
    await desk.bind(member, way="paper", paper=used)

    async def since(age: timedelta) -> None:
        async with rooms.data.transaction(rooms.platform) as tx:
            sql = "UPDATE bailee.staff_paper SET kept_at = $2 WHERE controller_id = $1 AND paper_id = ANY ($3::uuid[])"
            await tx.execute(sql, rooms.platform, rooms.clock.now() - age, [kept, used])
        await desk.staff.clocks.look()

    await since(DAY - timedelta(minutes=5))
    assert await desk.staff.keeping.paper(kept) == PAPER
    await since(DAY + SECOND)
    with pytest.raises(NothingThere):
        await desk.staff.keeping.paper(kept)
    assert await desk.staff.keeping.paper(used) == PAPER

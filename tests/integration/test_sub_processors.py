"""Sub-processors from a proposal to the gate: told or asked by rule, and nothing flows before, on real servers."""

import os
from datetime import date, timedelta
from pathlib import Path
from xml.etree import ElementTree

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.browsing import Browser
from tests.household import worked
from tests.integration.test_mail import read, serving
from tests.integration.test_notices import Later, Told
from tests.speaking import Client
from tests.unit.test_bounces import report

from bailee.api.application import Application
from bailee.clauses.sub_processors import evidence, flow_down, queries
from bailee.clauses.sub_processors.commands import Judged
from bailee.clauses.sub_processors.deciding import FORMAT
from bailee.clauses.sub_processors.events import Mechanism, SubProcessor
from bailee.clauses.sub_processors.mistakes import ChangedMeanwhile, Faulty, NothingThere, NotNow, Unjudged
from bailee.clauses.sub_processors.wording import OBJECTION
from bailee.contract.authorising import NotAuthorised, signed
from bailee.contract.documents import Consent
from bailee.obligations.mailbox.intents import Intent, Stale
from bailee.obligations.notices.bounces import bounced
from bailee.serving import control_plane, data_plane
from bailee.vocabulary.ids import new_id
from bailee.vocabulary.parties import ActorKind

DOCUMENT = "5e" * 32
OFFICER = Ed25519PrivateKey.generate()
HOUR = timedelta(hours=1)
CLAUSES = Mechanism(
    means="standard-clauses", document="d0" * 32, reference="SCC of 3 May, module 3", module="3", assessment="a5" * 32
)
COPIED = {
    "parties.controller.dpo": {"name": "E. Kerouédan", "email": "dpo@alpages.example"},
    "terms.contact_data.officer_copy": {"value": "yes", "clause": "parties.dpo"},
}
SCOPE = {"terms.sub_processors.objection_scope.value": "all"}


@pytest.fixture
def clock(settings):
    """The file of the simulated clock, put back afterwards."""
    file = Path(settings.clock.removeprefix("file:"))
    yield file
    file.write_text("+0s")


@pytest.fixture
async def told(rooms, hold, clock):
    """Controllers whose letters a server of the test's own takes over."""
    keeping = Later()
    async with serving(keeping) as port:

        async def made(number=0, **changes):
            return Chained(rooms, await hold(number, **changes), keeping, clock).connected(port)

        yield made


class Chained(Told):
    """A controller, the staff who keep the list, and the worker."""

    @property
    def chain(self):
        return self.promised.chain

    async def work(self):
        """Whatever of sub-processors and their letters is due."""
        duties = [*self.promised.chain_due(), *self.promised.letters_due()]
        for name in ("sub-processors", "notices", "sub-processors"):
            await worked(duties, name, self.id)

    async def approved(self, entry, kind="add", **more):
        what = await self.chain.propose(
            kind, entry, begins_at=more.pop("begins_at", None), reason="growth", by="staff", **more
        )
        await self.judged(what.id)
        return await self.chain.approve(what.id, by="officer")

    async def judged(self, proposal, *clauses, verdict="same"):
        found = Judged(
            clauses=clauses or flow_down.OBLIGATIONS,
            verdict=verdict,
            reason="section 4 of their terms",
            document=DOCUMENT,
        )
        return await self.chain.judge(proposal, found, name="Olga Officer", key=OFFICER, by="officer")

    async def judging(self, what):
        listed = await self.promised.obligations.listed(self.rooms.platform)
        [found] = [one for one in listed if one.promise.subject == f"proposal/{what.id}"]
        return found

    async def state(self, what):
        found = (await self.chain.keeping.decisions(self.id)).get(what.id)
        return found.state if found else None

    async def decide(self, what, decision, **changes):
        text = Consent(
            format=FORMAT, proposal=what.id, content=changes.pop("content", what.digest), decision=decision,
            at=self.rooms.clock.now(), reason="we looked at it",
        )  # fmt: skip
        key = changes.pop("key", self.holder.company.signing)
        await self.promised.deciding.decide(self.id, text, name="Ada Alpage", key=key, by="ada")

    async def taking(self, entry, person, record):
        """What the gate says when the sub-processor asks for a profile, under a credential of its own."""
        client = await self.holder.client(kind=ActorKind.processor_system, actor=entry.label)
        return await client("GET", f"/api/v1/persons/{person}/profile/{record}")

    async def obligations(self, what):
        listed = await self.promised.obligations.listed(self.id)
        return {
            one.promise.subject.removeprefix(f"proposal/{what.id}"): one
            for one in listed
            if str(what.id) in one.promise.subject
        }


def entry(**changes):
    parts = {
        "id": new_id(), "slug": f"t-{os.urandom(6).hex()}", "name": "Nuage SARL", "address": "1 quai du Port, Marseille",
        "country": "FR", "contact": "privacy@nuage.example", "role": "sends mail", "categories": ("name", "email"),
        "safeguards": "ISO 27001, encryption at rest",
    }  # fmt: skip
    return SubProcessor(**parts | changes)


def abroad(**changes):
    return entry(**{"name": "Cloud Inc.", "country": "US", "mechanism": CLAUSES} | changes)


async def test_the_register_tells_of_whom_is_engaged_and_on_what_a_transfer_rests(told):
    one, other = await told(), await told(1)

    async def both():
        return [one.id, other.id]

    one.promised.everyone = both
    inside, outside = entry(name="Nuage du registre"), abroad(name="Cloud of the register")
    for known in (inside, outside):
        what = await one.approved(known)
        for each in (one, other):
            await each.work()
    await one.decide(what, "consent")

    async def said(whose):
        declared = (await whose.promised.registers.at(whose.id)).declared
        return {c.name for c in declared.companies}, {(t.recipient, t.guarantee) for t in declared.transfers}

    companies, transfers = await said(one)
    assert {inside.name, outside.name} <= companies
    assert (outside.name, CLAUSES.reference) in transfers
    companies, transfers = await said(other)
    assert inside.name in companies
    assert outside.name not in companies | {name for name, _ in transfers}, "silence is no consent"


async def test_outside_the_union_nothing_flows_before_a_signed_consent_nor_after_it_is_taken_back(told, profile):
    one = await told()
    person, record = await (await one.holder.client()).person(profile)
    who = abroad()
    refused = await one.taking(who, person, record)
    assert (refused.status, refused.body["clause"]) == (403, "subprocessors.consent")
    what = await one.approved(who)
    await one.work()
    assert await one.state(what) == "open"
    assert (await one.taking(who, person, record)).status == 403, "told is not consented"
    with pytest.raises(NotAuthorised):
        await one.decide(what, "consent", key=Ed25519PrivateKey.generate())
    with pytest.raises(ChangedMeanwhile):
        await one.decide(what, "consent", content="0" * 64)
    with pytest.raises(NotNow):
        await one.decide(what, "withdraw")
    await one.decide(what, "consent")
    assert await one.state(what) == "consented"
    allowed = await one.taking(who, person, record)
    assert allowed.status == 200, allowed.raw
    assert set(allowed.body["data"]) <= {"given_name", "family_name", "email"}, "the named categories alone"
    assert {about: (found.state, found.promise.owed_by) for about, found in (await one.obligations(what)).items()} == {
        "": ("discharged", "controller"), "/notice": ("discharged", "processor"),
    }  # fmt: skip
    await one.decide(what, "withdraw")
    refused = await one.taking(who, person, record)
    assert (refused.status, refused.body["clause"]) == (403, "subprocessors.consent")
    said = [kind for kind in await one.kinds() if kind.startswith("sub-processor")]
    assert said == [
        "sub-processor-announced", "sub-processor-told", "sub-processor-consented", "sub-processor-engaged",
        "sub-processor-withdrawn", "sub-processor-disengaged",
    ]  # fmt: skip


async def test_the_time_to_object_runs_from_arrival_and_silence_is_no_consent(told, profile):
    one = await told()
    person, record = await (await one.holder.client()).person(profile)
    what = await one.approved(abroad())
    assert await one.state(what) == "due"
    await one.work()
    found = (await one.chain.keeping.decisions(one.id))[what.id]
    owed = (await one.obligations(what))[""].promise
    assert (owed.due.strict, owed.due.generous, owed.owed_by) == (found.strict_at, found.generous_at, "controller")
    assert owed.binding == found.generous_at, "the time is the controller's"
    assert timedelta(7) - HOUR < found.strict_at - found.told_at <= timedelta(8) + HOUR, (
        "an hour for the turn of the clocks"
    )
    left = found.generous_at - one.rooms.clock.now()
    one.clock.write_text(f"+{int(left.total_seconds()) - 3600}s")  # an hour before midnight of the last day
    await one.work()
    assert await one.state(what) == "open"
    one.clock.write_text(f"+{int(left.total_seconds()) + 3600}s")
    await one.work()
    assert await one.state(what) == "silent"
    assert (await one.taking(what.entry, person, record)).status == 403
    assert (await one.obligations(what))[""].state == "withdrawn"
    await one.decide(what, "consent")
    assert (await one.taking(what.entry, person, record)).status == 200, "whoever consents late has consented"


async def test_a_letter_that_comes_back_opens_no_time_to_object(told):
    one = await told()
    one.keeping.at_rcpt[one.holder.agreement.addresses.sub_processor] = "550 no such mailbox"
    what = await one.approved(abroad())
    await one.work()
    assert await one.state(what) == "telling"
    notice = (await one.chain.keeping.decisions(one.id))[what.id].notice
    assert (await one.entered(notice)).state == "failed"
    one.clock.write_text("+20d")
    await one.work()
    assert await one.state(what) == "telling", "however long nothing arrives, no time runs"
    one.keeping.at_rcpt.clear()
    await one.promised.tending.again(one.id, notice, by="tests")
    await one.work()
    found = (await one.chain.keeping.decisions(one.id))[what.id]
    assert found.state == "open"
    assert found.told_at > what.approved_at + timedelta(19), "it runs from the day on which it arrives"
    bounce = bounced(report(id=read(one.keeping.mails[-1].content)["Message-ID"]))
    assert await one.promised.bouncing.note(bounce)
    await one.work()
    assert await one.state(what) == "telling", "it had not arrived after all"
    assert {found.state for about, found in (await one.obligations(what)).items() if about != "/notice"} == {
        "withdrawn"
    }
    await one.promised.tending.again(one.id, notice, by="tests")
    await one.work()
    assert await one.state(what) == "open"
    assert sorted(found.state for found in (await one.obligations(what)).values()) == [
        "discharged",
        "open",
        "withdrawn",
    ]


async def test_a_copy_that_does_not_arrive_takes_no_time_from_the_controller(told):
    one = await told(**COPIED)
    one.keeping.at_rcpt["dpo@alpages.example"] = "550 no such mailbox"
    what = await one.approved(abroad())
    await one.work()
    found = (await one.chain.keeping.decisions(one.id))[what.id]
    assert ((await one.entered(found.notice)).state, found.state) == ("failed", "open")
    assert await one.promised.chain_told.due(one.id) == 0


async def test_inside_the_union_the_controller_is_told_and_then_it_stands(told, profile):
    one = await told()
    person, record = await (await one.holder.client()).person(profile)
    what = await one.approved(entry())
    assert (await one.taking(what.entry, person, record)).status == 403, "not before it is told"
    await one.work()
    assert await one.state(what) == "standing"
    assert (await one.taking(what.entry, person, record)).status == 200
    assert (await one.obligations(what))[""].promise.clause == "subprocessors.free"
    with pytest.raises(NotNow):
        await one.decide(what, "object")
    [mail] = [mail for sent in one.keeping.mails if "Nuage SARL" in (mail := read(sent.content))["subject"]]
    assert "exclusively inside the European Union" in mail.get_body(("plain",)).get_content()


async def test_support_from_outside_makes_it_outside_and_no_personal_data_makes_it_free(told, profile):
    one = await told()
    person, record = await (await one.holder.client()).person(profile)
    reached = await one.approved(entry(remote=("IN",), mechanism=CLAUSES))
    norwegian = await one.approved(entry(country="NO"))
    nothing = await one.approved(entry(country="US", categories=(), personal_data=False))
    await one.work()
    paths = {id: found.path for id, found in (await one.chain.keeping.decisions(one.id)).items()}
    assert (paths[reached.id], paths[norwegian.id], paths[nothing.id]) == ("outside", "outside", "no-data")
    assert await one.state(nothing) == "standing"
    assert (await one.taking(nothing.entry, person, record)).status == 403, "nothing personal flows to it all the same"


async def test_a_wider_right_to_object_is_honoured(told, profile):
    one = await told(**SCOPE)
    person, record = await (await one.holder.client()).person(profile)
    objected, silent = await one.approved(entry()), await one.approved(entry())
    await one.work()
    assert (await one.state(objected), await one.state(silent)) == ("open", "open")
    assert (await one.taking(silent.entry, person, record)).status == 403, "while it may object, nothing flows"
    assert (await one.obligations(silent))["/window"].promise.owed_by == "processor"
    await one.decide(objected, "object")
    one.clock.write_text("+20d")
    await one.work()
    assert (await one.state(objected), await one.state(silent)) == ("objected", "standing")
    assert (await one.taking(silent.entry, person, record)).status == 200
    assert (await one.taking(objected.entry, person, record)).status == 403
    assert (await one.obligations(silent))["/window"].state == "discharged"


async def test_of_two_controllers_one_consents_and_one_objects_from_its_mailbox(told, profile):
    yes, no = await told(), await told(1, **{"terms.sub_processors.objection_effect.value": "alternative"})

    async def both():
        return [yes.id, no.id]

    yes.promised.everyone = both
    people = [(one, *await (await one.holder.client()).person(profile)) for one in (yes, no)]
    what = await yes.approved(abroad())
    await yes.work()
    await no.work()
    await yes.decide(what, "consent")
    asked = await no.promised.deciding.question(no.id, what.id, "fr")
    assert asked.choices == ("object",), "the mailbox can close, only a signature opens"
    intent = Intent(
        controller=no.id, act=OBJECTION, choice="object", content="", arguments=asked.arguments, notice=new_id()
    )
    async with no.rooms.committing.transaction(no.id) as change:
        await no.promised.acts[OBJECTION](change, intent, by="mailbox:x")
    assert [(await one.taking(what.entry, person, record)).status for one, person, record in people] == [200, 403]
    answers = {one.controller: one.state for one in await yes.chain.answers(what.id, [yes.id, no.id])}
    assert answers == {yes.id: "consented", no.id: "objected"}
    async with no.rooms.committing.transaction(no.id) as change:
        with pytest.raises(Stale):
            await no.promised.acts[OBJECTION](change, intent, by="mailbox:x")
    assert await no.promised.deciding.question(no.id, what.id, "en") is None
    effect = (await no.obligations(what))["/effect"]
    assert (effect.state, effect.promise.evidence) == ("open", "objection-alternative")
    await no.promised.deciding.carried_out(no.id, what.id, "another sender from 1 March", by="staff")
    with pytest.raises(NotNow):
        await no.promised.deciding.carried_out(no.id, what.id, "again", by="staff")
    with pytest.raises(NotNow):
        await yes.promised.deciding.carried_out(yes.id, what.id, "nothing", by="staff")
    assert (await no.obligations(what))["/effect"].state == "discharged"


async def test_an_unjudged_obligation_and_a_gap_keep_it_from_being_approved(told):
    one = await told()
    what = await one.chain.propose("add", entry(), begins_at=None, reason="growth", by="staff")
    with pytest.raises(Unjudged) as none:
        await one.chain.approve(what.id, by="officer")
    assert none.value.args == flow_down.OBLIGATIONS
    await one.judged(what.id)
    await one.judged(what.id, "breach.notify", verdict="gap")
    with pytest.raises(Unjudged) as gap:
        await one.chain.approve(what.id, by="officer")
    assert gap.value.args == ("breach.notify",)
    assert await one.state(what) is None, "nobody was told"
    judged = await one.judged(what.id, "breach.notify", verdict="same-in-substance")
    [row] = [row for row in flow_down.matrix(judged.judgements) if row.clause == "breach.notify"]
    assert (row.blocks, row.judgement.name, row.judgement.document) == (False, "Olga Officer", DOCUMENT)
    changed = msgspec.structs.replace(row.judgement, verdict="same")
    assert flow_down.blocking([changed])[0] == flow_down.OBLIGATIONS[0]
    assert not flow_down.holds(changed), "what was signed counts, not what is written"
    assert (await one.judging(what)).state == "open", "that it waits to be judged has a clock among our own"
    await one.chain.approve(what.id, by="officer")
    assert (await one.judging(what)).state == "discharged"
    with pytest.raises(NotNow):
        await one.chain.approve(what.id, by="officer")
    for clauses, reason in ((("nothing",), "r"), (("breach.notify",), "")):
        other = await one.chain.propose("add", entry(), begins_at=None, reason="growth", by="staff")
        with pytest.raises(Faulty):
            await one.chain.judge(
                other.id, Judged(clauses=clauses, verdict="same", reason=reason, document=DOCUMENT), name="O", key=OFFICER,
                by="officer",
            )  # fmt: skip
        await one.chain.drop(other.id, by="staff")
        assert (await one.judging(other)).state == "withdrawn"


async def test_a_change_takes_the_place_on_its_day_and_an_end_closes(told, profile):
    one = await told()
    person, record = await (await one.holder.client()).person(profile)
    who = entry()
    await one.approved(who)
    await one.work()
    assert (await one.taking(who, person, record)).status == 200
    soon = one.rooms.clock.now() + timedelta(days=2)
    moved = msgspec.structs.replace(who, country="US", mechanism=CLAUSES)
    change = await one.approved(moved, "change", begins_at=soon)
    await one.work()
    assert (await one.taking(who, person, record)).status == 200, "until its day it works as it did"
    one.clock.write_text("+3d")
    assert (await one.taking(who, person, record)).status == 403, "the consent to what it became is missing"
    await one.decide(change, "consent")
    assert (await one.taking(who, person, record)).status == 200
    end = await one.approved(moved, "end")
    await one.work()
    assert await one.state(end) == "standing"
    assert (await one.taking(who, person, record)).status == 403
    listed = evidence.current(await one.chain.keeping.listed(), one.rooms.clock.now())
    assert who.id not in {found.entry.id for found in listed}


async def test_a_replaced_proposal_is_no_longer_asked_and_a_mechanism_ends_what_rests_on_it(told, profile):
    one = await told()
    person, record = await (await one.holder.client()).person(profile)
    first = await one.approved(abroad())
    await one.work()
    until = (one.rooms.clock.now() + timedelta(days=3)).date()
    other = abroad(mechanism=msgspec.structs.replace(CLAUSES, until=until))
    second = await one.approved(other, "replace", replaces=first.entry.id)
    await one.work()
    assert (await one.state(first), await one.state(second)) == ("over", "open")
    with pytest.raises(NotNow):
        await one.decide(first, "consent")
    await one.decide(second, "consent")
    assert (await one.taking(other, person, record)).status == 200
    one.clock.write_text("+5d")
    assert (await one.taking(other, person, record)).status == 403, "its mechanism is over"


async def test_whom_the_agreement_names_needs_nothing_and_a_later_controller_is_told_of_the_rest(told, profile):
    one = await told()
    named = one.holder.agreement.hosting.sub_processors[0]
    host = entry(name=named.name, country=named.country, role=named.role, categories=named.categories, main_host=True)
    what, other = await one.approved(host), await one.approved(entry())
    await one.work()
    found = (await one.chain.keeping.decisions(one.id))[what.id]
    assert (found.path, found.state, found.notice) == ("agreement", "standing", None)
    later = await told(1)
    assert await later.state(what) is None
    await later.promised.chain_told.catch_up(later.id)
    await later.work()
    assert (await later.state(what), await later.state(other)) == ("standing", "standing")
    assert await later.promised.chain_told.catch_up(later.id) == 0
    unsigned = await one.rooms.filing.open_dossier("Nobody yet", by="tests")
    await one.rooms.data.fetch(queries.LOOK_AT, [unsigned], what.id, one.rooms.clock.now())
    assert await one.promised.chain_told.catch_up(unsigned) == 0
    assert await one.promised.chain_told.due(unsigned) == 0
    assert await one.chain.answers(what.id, [unsigned]) == []


async def test_a_consent_that_is_filed_over_the_api_counts_like_one_of_the_console(told, profile):
    one = await told()
    person, record = await (await one.holder.client()).person(profile)
    what = await one.approved(abroad())
    await one.work()
    served = Application(data_plane(one.rooms), control_plane(one.rooms))
    client = Client(served, (await one.holder.client("contract-administration")).token)
    [asked] = [
        found for found in (await client("GET", f"/api/v1/controllers/{one.id}/sub-processors")).body
        if found["proposal"] == str(what.id)
    ]  # fmt: skip
    assert (asked["path"], asked["why"], asked["choices"]) == ("outside", ["stands-outside:US"], ["consent", "object"])
    now = one.rooms.clock.now()
    text = msgspec.convert(asked["consent"] | {"decision": "consent", "at": now.isoformat(), "reason": "ok"}, Consent)
    force = await one.rooms.archive.in_force(one.id)
    document = signed(force, "consent", text, name="Ada Alpage", key=one.holder.company.signing, at=now)
    await one.rooms.filing.file(one.id, document, by="api")
    duties = one.promised.chain_due()
    await worked(duties, "sub-processors under a changed agreement", one.id)
    assert await one.state(what) == "consented"
    assert (await one.taking(what.entry, person, record)).status == 200
    await one.promised.deciding.hear(one.id)
    assert (await one.kinds()).count("sub-processor-consented") == 1, "it is heard once"


async def test_the_public_list_and_its_feed_say_nothing_of_controllers(told, rooms):
    one = await told()
    who = abroad(name="Cloud & <Sons>")
    what = await one.approved(who)
    child = await one.approved(entry(name="Below Ltd", above=who.id))
    await one.work()
    await one.decide(what, "object")
    assert (await one.obligations(what)).get("/effect") is None, "the term keeps the data out, and asks no more"
    browser = Browser(one.app)
    listed = (await browser.get("/list/sub-processors")).raw.decode()
    feed = await browser.get("/list/sub-processors/feed?language=fr")
    names = [found.name for found in await rooms.filing.listed() if found.kind == "controller"]
    for text in (listed, feed.raw.decode()):
        assert "Cloud &amp; &lt;Sons&gt;" in text
        assert [name for name in names if name in text] == []
        assert str(one.id) not in text
    assert listed.index("Cloud &amp;") < listed.index("Below Ltd"), "whoever works through another follows it"
    assert "privacy@nuage.example" not in listed
    tree = ElementTree.fromstring(feed.raw)
    ids = [found.text for found in tree.iter("{http://www.w3.org/2005/Atom}id")]
    assert {f"urn:uuid:{what.id}", f"urn:uuid:{child.id}"} <= set(ids)
    assert feed.headers["content-type"].startswith("application/atom+xml")


async def test_what_cannot_stand_in_the_list_is_refused_with_its_faults(told):
    one = await told()
    who = await one.approved(entry())
    taken = entry(slug=who.entry.slug)
    cases = {
        "no-mechanism": ("add", entry(country="US")), "slug-taken": ("add", taken), "not-listed": ("end", entry()),
        "listed-already": ("add", who.entry), "category-unknown": ("add", entry(categories=("shoe-size",))),
        "data-without-category": ("add", entry(categories=())), "text-missing": ("add", entry(role="")),
        "category-without-data": ("add", entry(personal_data=False)), "nothing-above": ("add", entry(above=new_id())),
        "country-malformed": ("add", entry(country="France")), "slug-malformed": ("add", entry(slug="Big Host")),
        "slug-changed": ("change", msgspec.structs.replace(who.entry, slug=f"t-{os.urandom(4).hex()}")),
        "chain-circular": ("change", msgspec.structs.replace(who.entry, above=who.entry.id)),
        "module-missing": ("add", abroad(mechanism=msgspec.structs.replace(CLAUSES, module=""))),
        "document-malformed": ("add", abroad(mechanism=msgspec.structs.replace(CLAUSES, document="x"))),
        "mechanism-over": ("add", abroad(mechanism=msgspec.structs.replace(CLAUSES, until=date(2020, 1, 1)))),
        "assessment-missing": ("add", abroad(mechanism=msgspec.structs.replace(CLAUSES, assessment=""))),
        "nothing-replaced": ("replace", entry()),
    }  # fmt: skip
    for code, (kind, proposed) in cases.items():
        with pytest.raises(Faulty) as faulty:
            await one.chain.propose(kind, proposed, begins_at=None, reason="growth", by="staff")
        assert code in faulty.value.args, code
    await one.approved(entry(above=who.entry.id))
    with pytest.raises(Faulty) as below:
        await one.chain.propose("end", who.entry, begins_at=None, reason="over", by="staff")
    assert below.value.args == ("others-below",)
    with pytest.raises(NothingThere):
        await one.chain.approve(new_id(), by="officer")

"""Breaches: who and how many is computed from real traffic, each controller is told in time, and learns nothing of others."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import msgspec
import pytest
from tests.household import Household, worked
from tests.integration.test_mail import Keeping, read, serving

from bailee.clauses.breach_notice import scoping
from bailee.clauses.breach_notice.commands import Figured
from bailee.clauses.breach_notice.counting import NIL
from bailee.clauses.breach_notice.events import Description, Scope
from bailee.clauses.breach_notice.evidence import register
from bailee.clauses.breach_notice.mistakes import AlteredBreach, ChangedMeanwhile, Faulty, NothingThere, NotNow
from bailee.clauses.breach_notice.opening import Given, named
from bailee.gate import queries as gate
from bailee.ledger import reading
from bailee.promised import Promised

WHAT = Description(
    what="A laptop with an open session was stolen.",
    natures=("confidentiality",),
    consequences="Letters that pretend to come from you.",
    measures="The session was ended, the credential revoked.",
)
SCARCE = Description(what="Something is wrong with the export server.")


class Office:
    """The processor's staff with two controllers, and a mail server of the test's own."""

    def __init__(self, rooms, holders, clock) -> None:
        self.rooms, self.holders, self.clock = rooms, holders, clock
        self.promised = Promised(rooms)
        self.promised.everyone = self._everyone  # type: ignore[method-assign]  # -- these and the platform
        self.keeping = Keeping()

    async def _everyone(self):
        return [self.rooms.platform, *(one.id for one in self.holders)]

    @property
    def breaches(self):
        return self.promised.breaches

    def connect(self, port: int) -> None:
        changed = msgspec.structs.replace(self.rooms.settings, smtp_url=f"smtp://127.0.0.1:{port}", sandbox=False)
        self.promised.mailing._settings = changed

    def now(self) -> datetime:
        return self.rooms.clock.now()

    def whom(self, *holders) -> dict[UUID, str]:
        return {one.id: one.company.name for one in holders}

    async def go_on(self) -> None:
        """What the worker does about breaches and notices, at the platform and at these controllers."""
        await worked(self.promised.duties(), "breaches", self.rooms.platform)
        for one in self.holders:
            await worked(self.promised.duties(), "breaches", one.id)
            await worked(self.promised.letters_due(), "notices that do not leave", one.id)
            await worked(self.promised.letters_due(), "notices", one.id)
            await worked(self.promised.duties(), "breaches", one.id)
            await self.promised.obligations.look(one.id)

    async def case(self, breach, holder):
        found = {each.controller: case for each, case in await self.breaches.cases(breach)}
        return found[holder.id]

    async def open(self, *holders, described=WHAT, tell=True, **more):
        given = Given(
            description=described, aware_at=more.pop("aware_at", self.now()), controllers=self.whom(*holders), tell=tell,
            **more,
        )  # fmt: skip
        return await self.breaches.open(given, by="staff:dpo")

    async def owed(self, holder) -> dict[tuple[str, str], object]:
        found = await self.promised.obligations.listed(holder.id)
        return {(one.promise.clause, one.promise.subject.partition("/")[0]): one for one in found}

    async def log(self, controller) -> list[dict]:
        head = await self.rooms.reading.integrated(controller)
        found = self.rooms.reading.entries(controller, 0, head.size)
        return [json.loads(one.opened.body) async for one in found if one.opened]


@pytest.fixture
def clock(settings):
    """The file of the simulated clock, put back afterwards."""
    file = Path(settings.clock.removeprefix("file:"))
    yield file
    file.write_text("+0s")


@pytest.fixture
async def office(rooms, hold, clock):
    made = Office(rooms, [await hold(0), await hold(1)], clock)
    async with rooms.data.transaction(rooms.platform) as tx:
        await tx.execute("DELETE FROM bailee.mail_route WHERE controller_id = $1", rooms.platform)
        await tx.execute("DELETE FROM bailee.breach WHERE controller_id = $1", rooms.platform)
    async with serving(made.keeping) as port:
        made.connect(port)
        yield made


def access(since, until, **more) -> Scope:
    return Scope(kind="access", since=since, until=until, **more)


async def test_a_breach_is_told_at_once_with_what_is_not_known_yet_and_then_what_is_new(office):
    one, other = office.holders
    breach = await office.open(one, described=SCARCE)
    await office.go_on()
    [envelope] = office.keeping.mails
    mail = read(envelope.content)
    assert envelope.rcpt_tos == ["privacy@alpages.example"]
    text = mail.get_body(("plain",)).get_content()
    assert (
        "Not known yet: its nature, how many persons, how many records, which data, likely consequences, measures"
        in text
    )
    assert "> Something is wrong with the export server." in text
    assert "dpo@passerelle.example" in text
    files = {part.get_filename(): part.get_content() for part in mail.iter_attachments()}
    assert json.loads(files["breach.json"])["unknown"] == [
        "nature", "persons", "records", "categories", "consequences", "measures"
    ]  # fmt: skip
    assert files["first.pdf"].startswith(b"%PDF-")
    owed = await office.owed(one)
    assert owed["breach.notify", "breach"].state == "discharged"
    assert owed["breach.content", "breach"].state == "open", "it is not complete"

    breach = await office.breaches.opening.describe(breach.id, WHAT, by="staff:dpo", version=breach.version)
    given = Figured(persons=12, records=30, categories=("name", "email"), reason="counted by hand")
    case = await office.case(breach, one)
    await office.breaches.figure(breach.id, one.id, given, by="staff:dpo", version=case.version)
    assert await office.breaches.tell(breach.id, by="staff:dpo", news="We know who had it.") == [one.id]
    await office.go_on()
    text = read(office.keeping.mails[1].content).get_body(("plain",)).get_content()
    assert (
        "New since the last notice: what happened, its nature, how many persons, how many records, which data" in text
    )
    assert "> We know who had it." in text
    assert "Not known yet" not in text
    assert "Persons, approximately: 12" in text
    assert (await office.owed(one))["breach.content", "breach"].state == "discharged"
    with pytest.raises(NotNow):
        await office.breaches.close(breach.id, by="staff:dpo")
    await office.breaches.tell(breach.id, by="staff:dpo", closing=True)
    await office.go_on()
    assert "closing report" in read(office.keeping.mails[2].content)["Subject"]
    assert (await office.breaches.close(breach.id, by="staff:dpo")).state == "closed"
    kinds = [entry["kind"] for entry in await office.log(one.id) if entry["kind"].startswith("breach-")]
    assert kinds == [
        "breach-opened", "breach-notice-written", "breach-told", "breach-figured", "breach-notice-written",
        "breach-notice-written",
    ]  # fmt: skip
    assert [entry for entry in await office.log(other.id) if entry["kind"].startswith("breach-")] == []
    said = str(await office.log(one.id))
    assert "laptop" not in said
    assert "export server" not in said
    assert "counted by hand" not in said


async def test_who_and_how_many_is_counted_from_what_was_really_accessed(office, hold, profile, monkeypatch):
    one, other = office.holders
    monkeypatch.setattr(reading, "BATCHES", 3)
    monkeypatch.setattr(scoping, "CHUNK", 2)
    crm, thief, refused = await one.client(), await one.client(actor="system:thief"), await one.client("prospecting")
    people = [
        await crm.person(profile | {"email": f"{n}.{profile['email']}", "user_name": f"{n}{profile['user_name']}"})
        for n in range(6)
    ]

    async def read_by(client, number: int) -> int:
        person, record = people[number]
        return (await client("GET", f"/api/v1/persons/{person}/profile/{record}")).status

    assert await read_by(thief, 5) == 200, "before the window"
    office.clock.write_text("+1h")
    since = office.now()
    for number in (0, 1, 1, 2):
        assert await read_by(thief, number) == 200
    assert await read_by(crm, 3) == 200, "somebody else"
    assert await read_by(refused, 4) == 403, "refused"
    assert (await crm("DELETE", f"/api/v1/persons/{people[2][0]}")).status in (200, 202), "erased since"
    until = office.now()
    office.clock.write_text("+2h")
    assert await read_by(thief, 5) == 200, "after the window"

    breach = await office.open(one, scope=access(since, until, actor="system:thief"), tell=False)
    await office.go_on()
    case = await office.case(breach, one)
    [made] = case.computed
    assert (made.persons, made.records, made.exact, made.erased, made.unread) == (3, 3, True, 1, 0)
    assert made.types == {"profile": 3}
    assert {"name", "email"} <= set(made.categories)
    assert made.groups == {"user": 2}, "who is erased is in no group any more"
    found = await office.breaches.reached(breach.id, one.id, 1, NIL, 50)
    assert {str(row.person): (row.records, row.types, row.held) for row in found} == {
        people[0][0]: (1, ("profile",), True), people[1][0]: (1, ("profile",), True),
        people[2][0]: (1, ("profile",), False),
    }  # fmt: skip

    by_credential = access(since, until, credential=thief.credential)
    by_person = access(since - timedelta(days=1), office.now(), persons=(UUID(people[5][0]),))
    for number, (scope, persons) in enumerate(((by_credential, 3), (by_person, 1)), 2):
        await office.breaches.scope(breach.id, scope, by="staff:dpo")
        await office.go_on()
        case = await office.case(breach, one)
        assert case.computed[-1].number == number
        assert case.figures.persons == persons
    assert [len(case.computed), case.computed[0].persons] == [3, 3], "what was computed before stays"


async def test_persons_who_were_merged_count_as_one(office, profile):
    one, _ = office.holders
    house = Household(office.rooms, one.id, one)
    crm = await one.client()
    twins = [
        await crm.person(profile | {"user_name": f"{n}{profile['user_name']}", "email": f"{n}.{profile['email']}"})
        for n in range(2)
    ]
    since = office.now()
    for person, record in twins:
        assert (await crm("GET", f"/api/v1/persons/{person}/profile/{record}")).status == 200
    until = office.now()
    survivor, absorbed = (UUID(person) for person, _ in twins)
    async with office.rooms.data.transaction(one.id) as tx:
        await tx.execute(
            "INSERT INTO bailee.merge (controller_id, merge_id, survivor_id, absorbed_id, state, actor, merged_at, due_at,"
            " groups_before, groups_after, objections_before, objections_after) VALUES"
            " ($1, gen_random_uuid(), $2, $3, 'open', 'tests', $4, $4, '{}', '{}', '{}', '{}')",
            one.id, survivor, absorbed, until,
        )  # fmt: skip
        await tx.execute(
            "UPDATE bailee.person SET state = 'merged' WHERE controller_id = $1 AND person_id = $2", one.id, absorbed
        )
    assert house.id == one.id
    breach = await office.open(one, scope=access(since, until, actor="system:crm"), tell=False)
    store = Scope(kind="store", since=since, until=until)
    await office.go_on()
    await office.breaches.scope(breach.id, store, by="staff:dpo")
    await office.go_on()
    accessed, held = (await office.case(breach, one)).computed
    assert (accessed.persons, accessed.records, accessed.erased) == (1, 2, 0)
    assert (held.persons, held.records, held.exact) == (1, 2, False)
    [row] = await office.breaches.reached(breach.id, one.id, 1, NIL, 10)
    assert row.person == survivor


async def test_what_a_store_held_is_an_upper_bound_with_what_has_gone_since(office, profile, monkeypatch):
    one, other = office.holders
    monkeypatch.setattr(scoping, "CHUNK", 2)
    crm = await one.client()

    def made(n):
        return crm.person(profile | {"user_name": f"{n}{profile['user_name']}", "email": f"{n}.{profile['email']}"})

    gone = await made("gone")
    assert (await crm("DELETE", f"/api/v1/persons/{gone[0]}")).status in (200, 202)
    office.clock.write_text("+1h")
    since = office.now()
    people = [await made(n) for n in range(3)]
    photo = await crm("POST", f"/api/v1/persons/{people[0][0]}/files", raw=b"kept", query="name=a&category=name")
    assert photo.status == 201, photo.raw
    office.clock.write_text("+2h")
    until = office.now()
    office.clock.write_text("+3h")
    await made("later")
    assert (await crm("DELETE", f"/api/v1/persons/{people[2][0]}")).status in (200, 202)
    async with office.rooms.data.transaction(one.id) as tx:
        erased = await tx.fetchval(
            "SELECT records FROM bailee.erasure WHERE controller_id = $1 AND person_id = $2", one.id, UUID(people[2][0])
        )
    breach = await office.open(one, other, scope=Scope(kind="store", since=since, until=until), tell=False)
    await office.go_on()
    found = (await office.case(breach, one)).computed[0]
    assert (found.persons, found.records, found.exact) == (3, 2 + erased, False)
    assert found.types["profile"] == 2
    assert {"name", "email"} <= set(found.categories)
    assert (await office.case(breach, other)).computed[0].persons == 0, "nobody is held there"
    for store, persons, records in (("blobs", 1, 1), ("key-store", 3, 3 + erased), ("backup", 3, 3 + erased)):
        await office.breaches.scope(
            breach.id, Scope(kind="store", since=since, until=until, store=store), by="staff:dpo"
        )
        await office.go_on()
        found = (await office.case(breach, one)).computed[-1]
        assert (store, found.persons, found.records) == (store, persons, records)


@pytest.mark.parametrize(("hours", "late"), [(23, False), (25, True)])
async def test_the_clock_runs_from_awareness_and_being_late_cannot_be_hidden(office, hours, late):
    one, _ = office.holders
    breach = await office.open(one, aware_at=office.now() - timedelta(hours=hours), tell=False)
    await office.promised.obligations.look(one.id)
    owed = (await office.owed(one))["breach.notify", "breach"]
    assert owed.promise.due.rule.startswith("our own target, the agreement names no hours: 24 hours after")
    assert (owed.infringed_at is not None) is late
    await office.breaches.tell(breach.id, by="staff:dpo")
    await office.go_on()
    case = await office.case(breach, one)
    owed = (await office.owed(one))["breach.notify", "breach"]
    assert (owed.state, owed.infringed_at is not None) == ("discharged", late)
    assert hours * 3600 <= case.elapsed < hours * 3600 + 600
    [told] = [entry for entry in await office.log(one.id) if entry["kind"] == "breach-told"]
    assert told["details"]["seconds"] == int(case.elapsed)
    late_there = [entry for entry in await office.log(one.id) if entry["kind"] == "obligation-infringed"]
    assert bool(late_there) is late
    [line] = register(breach, await office.breaches.cases(breach), office.now())
    assert (line.seconds, line.state, line.late) == (case.elapsed, "told", late)


async def test_while_no_server_takes_mail_it_stays_untold_and_falls_late_then_goes_out_once(office, rooms):
    one, _ = office.holders
    port = office.promised.mailing._settings.smtp_url
    office.connect(1)
    breach = await office.open(one)
    await office.go_on()
    assert (await office.case(breach, one)).told_at is None
    assert (await office.owed(one))["breach.notify", "breach"].state == "open"
    office.clock.write_text("+25h")
    await office.promised.obligations.look(one.id)
    assert (await office.owed(one))["breach.notify", "breach"].infringed_at is not None
    office.promised.mailing._settings = msgspec.structs.replace(office.promised.mailing._settings, smtp_url=port)
    office.clock.write_text("+26h")
    office.promised.__dict__.pop("post", None)
    async with rooms.data.transaction(rooms.platform) as tx:
        await tx.execute("DELETE FROM bailee.mail_route WHERE controller_id = $1", rooms.platform)
    await office.go_on()
    assert len(office.keeping.mails) == 1
    case = await office.case(breach, one)
    assert case.elapsed >= 25 * 3600
    assert (await office.owed(one))["breach.notify", "breach"].state == "discharged"


async def test_a_controller_without_a_valid_address_is_somebodys_to_act_on(office, hold):
    silent = await hold(0, **{"addresses.breach": "breach@nowhere.invalid"})
    office.holders.append(silent)
    office.keeping.recipient = "550 no such user"
    breach = await office.open(silent)
    await office.go_on()
    owed = await office.owed(silent)
    assert owed["breach.notify", "breach"].state == "open"
    assert owed["parties.addresses", "notice"].state == "open", "a human gives it another way"
    assert (await office.case(breach, silent)).told_at is None


async def test_two_controllers_of_one_breach_learn_nothing_of_each_other(office, profile):
    one, other = office.holders
    crm = await other.client()
    await crm.person(profile)
    breach = await office.open(
        one, other, scope=Scope(kind="store", since=office.now() - timedelta(hours=1), until=office.now())
    )
    await office.go_on()
    cases = [await office.case(breach, each) for each in (one, other)]
    assert cases[0].id != cases[1].id
    assert [case.figures.persons for case in cases] == [0, 1]
    for mine, yours, case, foreign in ((one, other, *cases), (other, one, *cases[::-1])):
        file = await office.promised.told.file(mine.id, case.id, "json", "en", by="staff:a")
        log, mails = (
            str(await office.log(mine.id)),
            [m for m in office.keeping.mails if m.rcpt_tos[0].endswith(mine.company.domain)],
        )
        everything = file.decode() + log + "".join(mail.content.decode("latin-1") for mail in mails)
        assert len(mails) == 1
        for told in (yours.company.name, str(yours.id), str(foreign.id), str(breach.id)):
            assert told not in everything
        assert [known.id for known in await office.promised.told.listed(mine.id)] == [case.id]
        with pytest.raises(NothingThere):
            await office.promised.told.one(mine.id, foreign.id)


async def test_a_suspicion_has_no_clock_until_somebody_confirms_it(office):
    one, _ = office.holders
    found = await office.breaches.open(Given(description=SCARCE), by="probe")
    assert (found.state, found.waits) == ("finding", False)
    assert await office.owed(one) == {}
    with pytest.raises(NotNow):
        await office.breaches.tell(found.id, by="staff:dpo")
    with pytest.raises(Faulty, match="awareness-in-the-future"):
        await office.breaches.confirm(
            found.id, office.now() + timedelta(minutes=5), office.whom(one), tell=True, by="staff:dpo"
        )
    aware = office.now()
    confirmed = await office.breaches.confirm(found.id, aware, office.whom(one), tell=True, by="staff:dpo")
    assert (confirmed.state, confirmed.aware_at) == ("open", aware)
    await office.go_on()
    assert len(office.keeping.mails) == 1
    other = await office.breaches.open(Given(description=SCARCE), by="probe")
    with pytest.raises(Faulty, match="no-reason"):
        await office.breaches.opening.dismiss(other.id, " ", by="staff:dpo")
    dismissed = await office.breaches.opening.dismiss(other.id, "A test of ours.", by="staff:dpo")
    assert (dismissed.state, dismissed.reason) == ("dismissed", "A test of ours.")
    with pytest.raises(NotNow):
        await office.breaches.confirm(other.id, aware, office.whom(one), tell=False, by="staff:dpo")
    kinds = [entry["kind"] for entry in await office.log(office.rooms.platform) if entry["kind"].startswith("breach-")]
    assert kinds[-4:] == ["breach-found", "breach-confirmed", "breach-found", "breach-dismissed"]


async def test_where_an_actor_was_met_with_is_found_and_then_told(office, profile):
    one, other = office.holders
    since = office.now()
    for holder in (one, other):
        await (await holder.client()).person(profile)
    thief = await other.client(actor="system:rogue")
    person, record = await (await other.client()).person(
        profile | {"user_name": "x" + profile["user_name"], "email": "x" + profile["email"]}
    )
    await thief("GET", f"/api/v1/persons/{person}/profile/{record}")
    scope = access(since, office.now(), actor="system:rogue")
    breach = await office.breaches.open(
        Given(description=WHAT, aware_at=office.now(), scope=scope, search=True), by="staff:dpo"
    )
    assert breach.found == {str(other.id): 1}
    breach = await office.breaches.concern(breach.id, office.whom(other), tell=True, by="staff:dpo")
    await office.go_on()
    assert (await office.case(breach, other)).figures.persons == 1
    with pytest.raises(Faulty):
        await office.breaches.opening.search(breach.id, Scope(kind="store", since=since, until=since), by="staff:dpo")
    again = await office.breaches.opening.search(breach.id, access(since, since, actor="nobody"), by="staff:dpo")
    assert again.searching
    await office.go_on()
    assert (await office.breaches.keeping.breach(breach.id)).found == {}


async def test_with_whom_nothing_is_agreed_any_more_is_told_in_another_way(office, rooms):
    one, gone = office.holders
    async with rooms.data.transaction(gone.id) as tx:
        await tx.execute(gate.CLOSE_GATE, gone.id, "destroyed")
    rooms.archive.forget(gone.id)
    breach = await office.open(one, gone)
    [_, apart] = breach.concerned
    assert (apart.opened, apart.apart) == (True, True)
    await office.go_on()
    assert len(office.keeping.mails) == 1
    with pytest.raises(NotNow, match="told-by-notice"):
        await office.breaches.opening.told_otherwise(breach.id, one.id, office.now(), "by phone", by="staff:dpo")
    with pytest.raises(Faulty):
        await office.breaches.opening.told_otherwise(breach.id, gone.id, office.now(), "", by="staff:dpo")
    await office.breaches.tell(breach.id, by="staff:dpo", closing=True)
    with pytest.raises(NotNow, match="told-otherwise-first"):
        await office.breaches.close(breach.id, by="staff:dpo")
    breach = await office.breaches.opening.told_otherwise(breach.id, gone.id, office.now(), "by letter", by="staff:dpo")
    states = [line.state for line in register(breach, await office.breaches.cases(breach), office.now())]
    assert states == ["closed", "apart"]
    assert (await office.breaches.close(breach.id, by="staff:dpo")).state == "closed"


async def test_the_controllers_own_clock_begins_when_it_is_told_and_it_says_itself_what_it_did(office):
    one, _ = office.holders
    breach = await office.open(one)
    case = await office.case(breach, one)
    told = office.promised.told
    await office.go_on()
    case = await told.one(one.id, case.id)
    own = (await office.owed(one))["breach.help", "breach"]
    assert (own.promise.owed_by, own.promise.owed_to, own.state) == ("controller", "authority", "open")
    assert own.promise.due.strict == case.told_at + timedelta(hours=72)
    with pytest.raises(Faulty):
        await told.remark(one.id, case.id, "authority-not-told", office.now(), "", by="staff:a")
    with pytest.raises(Faulty):
        await told.remark(one.id, case.id, "authority-told", office.now() + timedelta(hours=1), "", by="staff:a")
    await told.remark(one.id, case.id, "persons-not-told", office.now(), "no high risk", by="staff:a")
    assert (await office.owed(one))["breach.help", "breach"].state == "open"
    await told.remark(one.id, case.id, "authority-told", office.now(), "26-0042", by="staff:a")
    own = (await office.owed(one))["breach.help", "breach"]
    assert (own.state, own.proof) == ("discharged", f"breach/{case.id}/authority-told")
    await told.remark(one.id, case.id, "authority-told", office.now(), "26-0042, corrected", by="staff:a")
    case = await told.one(one.id, case.id)
    assert case.remarked("authority").words == "26-0042, corrected"
    assert case.remarked("persons").kind == "persons-not-told"
    assert "26-0042" not in str(await office.log(one.id))


async def test_the_files_that_a_controller_sends_on(office):
    one, _ = office.holders
    strange = msgspec.structs.replace(WHAT, measures="The lock 🔒 is new: \u0642\u0641\u0644.")
    breach = await office.open(one, described=strange)
    await office.go_on()
    id = (await office.case(breach, one)).id
    told = office.promised.told
    data = json.loads(await told.file(one.id, id, "json", "en", by="staff:a"))
    assert data["nature"] == [{"term": "confidentiality", "iri": "https://w3id.org/dpv/risk#ConfidentialityBreach"}]
    assert data["processor"]["contact_point"]["email"] == "dpo@passerelle.example"
    for language in ("en", "fr"):
        assert (await told.file(one.id, id, "pdf", language, by="staff:a")).startswith(b"%PDF-")
        draft = await told.draft(one.id, id, language)
        assert "> A laptop with an open session was stolen." in draft
        assert "Passerelle SAS" in draft
    with pytest.raises(NotNow):
        _ = [row async for row in told.persons(one.id, id)]
    taken = [entry for entry in await office.log(one.id) if entry["kind"] == "breach-file-taken"]
    assert [entry["details"]["form"] for entry in taken] == ["json", "pdf", "pdf"]


async def test_two_hands_on_one_file_are_told_apart_and_a_changed_row_is_found(office, rooms):
    one, other = office.holders
    breach = await office.open(one, tell=False)
    case = await office.case(breach, one)
    given = Figured(persons=1, records=None, categories=(), reason="a first look")
    await office.breaches.figure(breach.id, one.id, given, by="staff:dpo", version=case.version)
    with pytest.raises(ChangedMeanwhile):
        await office.breaches.figure(breach.id, one.id, given, by="staff:dpo", version=case.version)
    with pytest.raises(ChangedMeanwhile):
        await office.breaches.opening.describe(breach.id, WHAT, by="staff:dpo", version=breach.version - 1)
    wrong = Figured(persons=-1, records=None, categories=("shoes",), reason="")
    with pytest.raises(Faulty, match="no-reason"):
        await office.breaches.figure(breach.id, one.id, wrong, by="staff:dpo", version=case.version + 1)
    with pytest.raises(NotNow):
        await office.breaches.figure(breach.id, other.id, given, by="staff:dpo", version=1)
    with pytest.raises(NotNow):
        await office.breaches.tell(breach.id, by="staff:dpo", closing=True)
    with pytest.raises(NothingThere):
        await office.breaches.keeping.breach(case.id)
    with pytest.raises(NothingThere):
        await office.promised.told.one(one.id, case.id)
    async with rooms.data.transaction(one.id) as tx:
        await tx.execute(
            "UPDATE bailee.breach_case SET sealed = sealed || '\\x00'::bytea WHERE controller_id = $1", one.id
        )
    with pytest.raises(AlteredBreach):
        await office.breaches.cases(breach)


async def test_a_file_that_is_opened_twice_at_once_stands_once(office):
    one, _ = office.holders
    given = Given(description=WHAT, aware_at=office.now(), controllers=office.whom(one), tell=True)
    breach = await office.breaches.opening.open(given, by="staff:dpo")
    working = office.promised.breach_work
    await working._open(breach)
    await working._open(breach)
    await office.go_on()
    assert len(office.keeping.mails) == 1
    assert len(await office.promised.breach_files.cases(one.id)) == 1


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"what": " "}, "nothing-said"), ({"what": "x" * 4_001}, "too-long"),
        ({"what": "x", "began_at": datetime(2090, 1, 1, tzinfo=UTC)}, "ends-before-it-begins"),
    ],
)  # fmt: skip
async def test_what_does_not_fit_is_refused_before_anything_is_written(office, given, code):
    with pytest.raises(Faulty, match=code):
        await office.breaches.open(Given(description=Description(**given)), by="staff:dpo")
    with pytest.raises(Faulty, match="nobody-named"):
        await office.breaches.open(Given(description=WHAT, scope=access(office.now(), office.now())), by="staff:dpo")
    with pytest.raises(Faulty, match="no-such-controller"):
        named([(office.holders[0].id, "A")], [NIL])
    assert await office.breaches.keeping.breaches() == []


async def test_what_is_changed_while_a_notice_is_written_is_read_anew_and_nothing_is_told_twice(office, monkeypatch):
    one, other = office.holders
    breach = await office.open(one, other, tell=False)
    tell, given = (
        office.promised.telling_breaches.tell,
        Figured(persons=7, records=7, categories=("name",), reason="seen"),
    )

    async def overtaken(change, case, *rest, **more):
        if not case.edited:  # somebody else is quicker, once at each
            await office.breaches.figure(breach.id, change.controller, given, by="staff:b", version=case.version)
        return await tell(change, case, *rest, **more)

    with monkeypatch.context() as quicker:
        quicker.setattr(office.promised.telling_breaches, "tell", overtaken)
        assert await office.breaches.tell(breach.id, by="staff:dpo") == [one.id, other.id]
    await office.go_on()
    assert len(office.keeping.mails) == 2
    assert [(await office.case(breach, each)).sent[0].figures.persons for each in (one, other)] == [7, 7]
    assert await office.breaches.tell(breach.id, by="staff:dpo") == [], "nothing is new"
    assert await office.breaches.tell(breach.id, by="staff:dpo", news="Still looking.", controllers=[other.id]) == [
        other.id
    ]

    async def always(change, case, *_rest, **_more):
        raise ChangedMeanwhile

    monkeypatch.setattr(office.promised.telling_breaches, "tell", always)
    with pytest.raises(ChangedMeanwhile):
        await office.breaches.tell(breach.id, by="staff:dpo", news="Again.")

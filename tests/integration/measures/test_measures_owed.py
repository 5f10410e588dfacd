"""What comes of measures: incidents with the agreement's clock, reviews in their term, starts that are refused, decisions."""

import json
from datetime import timedelta

import msgspec
import pytest
from tests.household import ADMIN, Household, commanded

from bailee.__main__ import founded
from bailee.clauses.security_measures import catalogue, doctoring, queries
from bailee.clauses.security_measures.commands import Measures
from bailee.clauses.security_measures.deadlines import RESTORE, REVIEW
from bailee.clauses.security_measures.declared import declared
from bailee.clauses.security_measures.events import Words
from bailee.clauses.security_measures.keeping import Keeping
from bailee.clauses.security_measures.mistakes import Changed, NoMeasure, NotEqual, Regression
from bailee.clauses.security_measures.starting import Starting
from bailee.obligations.promises import Obligation
from bailee.promised import Promised

SAID = Words("Ada Laurent", "Seen at the machines.")
MEASURE = "keys.two-copies"


@pytest.fixture(autouse=True)
async def forgotten(rooms):
    """Nothing is known of measures from a test before."""
    async with rooms.data.transaction(rooms.platform) as tx:
        for sql in (queries.DELETE_ALL, queries.DELETE_KEPT, queries.DELETE_INCIDENTS, queries.DELETE_SAID,
                    queries.DELETE_LEVELS, queries.DELETE_LINES):  # fmt: skip
            await tx.execute(sql, rooms.platform)


@pytest.fixture
def measures(promised) -> Measures:
    return promised.measures


async def owed(promised: Promised, controller, clause: str) -> list[Obligation]:
    return [one for one in await promised.obligations.listed(controller) if one.promise.clause == clause]


async def test_a_measure_that_fails_opens_one_incident_owed_to_each_controller_and_closes_by_itself(
    promised,
    measures,
    hold,
    settings,
    clock,
):
    holder = await hold()
    await measures.look()
    await measures.due(holder.id)
    before = await owed(promised, holder.id, RESTORE)
    settings.root_keys_escrow.chmod(0o644)
    for hours, mode in ((0, 0o644), (1, 0o600), (1.5, 0o644), (2, 0o600), (2.5, 0o644)):  # it flaps
        clock.write_text(f"+{int(hours * 60)}m")
        settings.root_keys_escrow.chmod(mode)
        await measures.look()
        await measures.due(holder.id)
    opened = [one for one in await owed(promised, holder.id, RESTORE) if one not in before]
    [incident] = [one for one in opened if MEASURE in one.promise.subject]
    assert incident.state == "open"
    assert incident.promise.owed_by == "processor"
    since = incident.opened_at
    assert abs(incident.promise.binding - since - timedelta(hours=72)) < timedelta(minutes=1)
    statement = await measures.statement()
    assert not statement.holds
    assert [one.measure for one in statement.incidents].count(MEASURE) == 1
    settings.root_keys_escrow.chmod(0o600)
    for minutes in (180, 239):
        clock.write_text(f"+{minutes}m")
        await measures.look()
        await measures.due(holder.id)
    assert (await promised.obligations.one(holder.id, incident.id)).state == "open"
    clock.write_text("+241m")
    await measures.look()
    await measures.due(holder.id)
    kept = await promised.obligations.one(holder.id, incident.id)
    assert (kept.state, kept.proof) == ("discharged", incident.promise.subject)
    _, incidents, _ = await measures.history(MEASURE)
    assert incidents[0].closed_by.reason == "two-copies"
    house = Household(promised.rooms, promised.rooms.platform)
    kinds = [one["kind"] for one in await house.entries() if one.get("details", {}).get("measure") == MEASURE]
    assert kinds.count("measure-incident-opened") == kinds.count("measure-incident-closed") == 1


async def test_a_measure_that_is_not_restored_in_time_is_an_infringement_the_day_after(
    promised,
    measures,
    hold,
    settings,
    clock,
):
    holder = await hold()
    settings.root_keys_escrow.chmod(0o644)
    await measures.look()
    await measures.due(holder.id)
    [incident] = [one for one in await owed(promised, holder.id, RESTORE) if MEASURE in one.promise.subject]
    clock.write_text("+71h")
    await promised.obligations.look(holder.id)
    assert (await promised.obligations.one(holder.id, incident.id)).infringed_at is None
    clock.write_text("+73h")
    await promised.obligations.look(holder.id)
    assert (await promised.obligations.one(holder.id, incident.id)).infringed_at is not None
    settings.root_keys_escrow.chmod(0o600)


async def test_a_review_is_owed_within_the_term_and_ends_what_every_controller_is_owed(
    promised,
    measures,
    hold,
    clock,
):
    first, second = await hold(), await hold(1, **{"terms.security_measures.review.value": "6 months"})
    for holder in (first, second):
        await measures.due(holder.id)
        await measures.due(holder.id)
    [year], [half] = [await owed(promised, one.id, REVIEW) for one in (first, second)]
    assert 180 < (half.promise.binding - half.opened_at).days < 186
    assert 364 < (year.promise.binding - year.opened_at).days < 367
    statement = await measures.statement()
    with pytest.raises(Changed):
        await measures.review(SAID, "0" * 64, by="tests")
    with pytest.raises(NotEqual):
        await measures.review(Words("", "All well."), statement.digest, by="tests")
    clock.write_text("+181d")  # the day before the shorter term is over
    review = await measures.review(SAID, statement.digest, by="tests")
    for holder, before in ((first, year), (second, half)):
        found = {one.id: one for one in await owed(promised, holder.id, REVIEW)}
        ended = found.pop(before.id)
        assert (ended.state, ended.proof) == ("discharged", f"review/{review.id}")
        assert ended.ended_at <= ended.promise.binding
        [again] = found.values()
        assert again.state == "open"
        assert (again.promise.binding - review.at).days in range(180, 368)
    clock.write_text("+400d")  # a day after the second's next term, no more
    await promised.obligations.look(second.id)
    late = next(one for one in await owed(promised, second.id, REVIEW) if one.state == "open")
    assert late.infringed_at is not None
    entries = [json.dumps(one) for one in await Household(promised.rooms, promised.rooms.platform).entries()]
    assert any(statement.digest in one and "measures-reviewed" in one for one in entries)
    assert not any("Ada" in one for one in entries)


async def test_somebody_vouches_until_a_day_and_the_day_after_that_is_an_incident(promised, measures, clock):
    now = promised.rooms.clock.now()
    for until, measure in ((now, "premises.guarded"), (now + timedelta(days=400), "premises.guarded")):
        with pytest.raises(NotEqual):
            await measures.attest(measure, SAID, until, by="tests")
    with pytest.raises(NoMeasure):
        await measures.attest(MEASURE, SAID, now + timedelta(days=9), by="tests")
    await measures.attest("premises.guarded", SAID, now + timedelta(days=30), by="tests")

    async def found() -> tuple[str, int]:
        await measures.look()
        statement = await measures.statement()
        [row] = [one for one in statement.rows if one.line.measure == "premises.guarded"]
        return row.found.state, sum(one.measure == "premises.guarded" for one in statement.incidents)

    clock.write_text("+29d")
    assert await found() == ("attested", 0)
    clock.write_text("+31d")
    assert await found() == ("unknown", 1)
    await measures.attest("premises.guarded", SAID, promised.rooms.clock.now() + timedelta(days=30), by="tests")
    assert await found() == ("attested", 1)
    clock.write_text("+32d")
    assert await found() == ("attested", 0)


def starting(promised: Promised, **changed) -> Starting:
    """A start with other settings."""
    rooms = promised.rooms
    other = msgspec.structs.replace(rooms.settings, **{"sandbox": False, "clock": ""} | changed)
    return Starting(keeping=Keeping(rooms.data, rooms.keys, rooms.platform), settings=other, clock=rooms.clock)


async def test_a_start_with_less_is_refused_and_accepted_after_a_decision_that_every_controller_is_told(
    promised,
    measures,
    hold,
):
    holder = await hold()
    rooms, everyone = promised.rooms, await promised.everyone()
    longer, wider = {"notice_text_days": "60"}, {"blobs": "s3://x", "blobs_country": "IE"}
    await starting(promised).stand(rooms.committing, everyone)
    assert await starting(promised).problems(everyone) == []
    for changed, said in ((longer, "60"), (wider, "IE"), ({"sandbox": True}, "sandbox")):
        with pytest.raises(Regression) as refused:
            await starting(promised, **changed).stand(rooms.committing, everyone)
        [problem] = refused.value.problems
        assert said in problem
    assert "measures decide" not in refused.value.problems[0]
    assert "measures decide letters.forgotten" in (await starting(promised, **longer).problems(everyone))[0]
    await starting(promised, notice_text_days="20").stand(rooms.committing, everyone)  # better is taken in
    assert "20" in (await starting(promised).problems(everyone))[0]

    to = declared(starting(promised, **longer)._settings)["letters.forgotten"]
    words = Words("Ada Laurent", "Bounces come late.", "Texts are sealed to a key that is destroyed weekly.")
    refusals = [
        ("letters.forgotten", "lower", words, "not-equal"), ("letters.forgotten", "equal", SAID, "unnamed"),
        ("letters.forgotten", "equal", Words("A", "b", "letters.forgotten"), "instead-does-not-hold"),
        ("letters.forgotten", "equal", Words("A", "b", "restore.rehearsed"), "instead-does-not-hold"),
    ]  # fmt: skip
    for measure, judged, said, code in refusals:
        with pytest.raises(NotEqual) as wrong:
            await measures.decide(measure, to, judged, said, by="tests")
        assert wrong.value.code == code
    with pytest.raises(NotEqual) as wrong:
        await measures.decide("platform.real", declared(rooms.settings)["platform.real"], "better", words, by="tests")
    assert wrong.value.code == "undecidable"
    with pytest.raises(NoMeasure):
        await measures.decide(MEASURE, to, "better", words, by="tests")
    await measures.decide("letters.forgotten", to, "better", words, by="tests")
    assert await starting(promised, **longer).problems(everyone) == []
    assert "61" in (await starting(promised, notice_text_days="61").problems(everyone))[0]
    with pytest.raises(NotEqual) as wrong:
        await measures.decide("letters.forgotten", to, "better", words, by="tests")
    assert wrong.value.code == "not-lower"
    for _ in range(2):
        await measures.due(holder.id)
    told = [one for one in await promised.book.listed(holder.id) if one.letter == "security_measures/replaced"]
    assert len(told) == 1


async def test_while_nobody_was_taken_on_settings_go_up_and_down(promised):
    rooms = promised.rooms
    alone = [rooms.platform]
    await starting(promised, notice_text_days="5").stand(rooms.committing, alone)
    await starting(promised, notice_text_days="50").stand(rooms.committing, alone)
    assert (await promised.measures.reached())["letters.forgotten"][0] == -50


async def test_a_catalogue_that_was_changed_in_its_past_is_refused(promised, monkeypatch):
    rooms = promised.rooms
    await starting(promised).stand(rooms.committing, [rooms.platform])
    lines = catalogue.lines()
    changed = (msgspec.structs.replace(lines[0], level=1), *lines[1:])
    monkeypatch.setattr(catalogue, "lines", lambda: changed)
    with pytest.raises(Regression, match="line 1 of the catalogue"):
        await starting(promised).stand(rooms.committing, [rooms.platform])
    better = msgspec.structs.replace(lines[0], level=3)
    monkeypatch.setattr(catalogue, "lines", lambda: (*lines, better))
    await starting(promised).stand(rooms.committing, [rooms.platform])
    monkeypatch.setattr(catalogue, "lines", lambda: lines)
    with pytest.raises(Regression):
        await starting(promised).stand(rooms.committing, [rooms.platform])


async def test_pages_show_each_side_its_own_view_and_only_staff_may_decide(promised, measures, hold):
    holder = await hold()
    await measures.look()
    house, platform = Household(promised.rooms, holder.id, holder), Household(promised.rooms, promised.rooms.platform)
    theirs = await house.signed_in(await house.staff(ADMIN))
    ours = await platform.signed_in(await platform.staff("processor-dpo"))
    for browser in (theirs, ours):
        for path in ("/measures", *(f"/measures/{line.measure}" for line in catalogue.lines())):
            shown = await browser.get(path)
            assert shown.status == 200, path
            assert str(promised.rooms.settings.data).encode() not in shown.raw
        assert (await browser.get("/measures/statement.pdf")).raw.startswith(b"%PDF")
        assert (await browser.get("/measures/nothing")).status == 404
    french = await theirs.get("/measures", accept_language="fr")
    assert "Chaque enregistrement est scellé" in french.raw.decode()
    assert (await theirs.post("/measures/look")).status == 403
    assert (await ours.post("/measures/look")).status == 303
    until = f"{promised.rooms.clock.now() + timedelta(days=60):%Y-%m-%d}"
    done = await ours.post("/measures/disks.encrypted/attest", name="Ada", words="Seen.", until=until)
    assert done.status == 303
    assert b"Seen." in (await ours.get("/measures/disks.encrypted")).raw
    assert b"Seen." not in (await theirs.get("/measures/disks.encrypted")).raw
    for until in ("yesterday", "", "0001-01-01"):
        assert (await ours.post("/measures/disks.encrypted/attest", name="A", words="S", until=until)).status == 422
    document = (await theirs.get("/measures/statement.json")).body
    assert document["format"] == "bailee.dev/measures/v1"
    assert {one["measure"] for one in document["measures"]} == {line.measure for line in catalogue.lines()}
    asked = {"digest": document["digest"], "name": "Ada", "words": "As it must be."}
    assert (await ours.post("/measures/review", **asked)).status == 303
    assert (await ours.post("/measures/review", **asked | {"digest": "0" * 64})).status == 409
    assert (await ours.post("/measures/review", **asked | {"name": ""})).status == 422
    await promised.measures.stand()
    form = {"name": "Ada", "words": "Why not.", "instead": "A wall.", "judged": "weaker", "number": "90"}
    refused = await ours.post("/measures/letters.forgotten/replace", **form)
    assert refused.status == 422
    assert b"what is weaker is refused" in refused.raw
    assert (await ours.post("/measures/letters.forgotten/replace", **form | {"judged": "equal"})).status == 303
    assert (await ours.post("/measures/nothing/replace", **form)).status == 404
    assert (await ours.post(f"/measures/{MEASURE}/replace", **form)).status == 404
    assert b"A wall." in (await theirs.get("/measures/letters.forgotten")).raw


async def test_the_same_by_the_api(promised, measures, hold):
    from tests.speaking import Client

    from bailee.vocabulary.parties import ActorKind

    rooms, holder = promised.rooms, await hold()
    house = Household(rooms, holder.id, holder)
    theirs = await holder.client("contract-administration", kind=ActorKind.controller_staff, actor="staff:x")
    issued = await rooms.credentials.issue(
        rooms.platform, by="tests", actor="operator", kind=ActorKind.processor_staff,
        purposes=["contract-administration"], expires_at=rooms.clock.now() + timedelta(days=1),
    )  # fmt: skip
    theirs, ours = Client(house.app.api, theirs.token), Client(house.app.api, issued.text)
    looked = await ours("POST", "/api/v1/measures/looks")
    assert looked.status == 200, looked.raw
    seen = await theirs("GET", "/api/v1/measures", query="language=fr")
    assert {one["state"] for one in seen.body["measures"]} <= {"proven", "attested", "unknown", "broken", "idle"}
    assert seen.body["digest"] == looked.body["digest"]
    assert (await theirs("GET", "/api/v1/measures/statement.pdf")).raw.startswith(b"%PDF")
    assert (await theirs("POST", "/api/v1/measures/looks")).status == 404
    review = {"name": "Ada", "conclusion": "Good.", "digest": looked.body["digest"]}
    assert (await ours("POST", "/api/v1/measures/reviews", review | {"digest": "0" * 64})).status == 409
    assert (await ours("POST", "/api/v1/measures/reviews", review)).status == 204
    until = (rooms.clock.now() + timedelta(days=20)).isoformat()
    seen_it = {"name": "Ada", "seen": "Tried.", "until": until}
    assert (await ours("POST", "/api/v1/measures/restore.rehearsed/attestations", seen_it)).status == 204
    assert (await ours("POST", f"/api/v1/measures/{MEASURE}/attestations", seen_it)).status == 404
    late = seen_it | {"until": "2020-01-01T00:00:00Z"}
    assert (await ours("POST", "/api/v1/measures/restore.rehearsed/attestations", late)).status == 409
    await promised.measures.stand()
    instead = {"name": "Ada", "reason": "So.", "instead": "restore.rehearsed", "judged": "better", "number": 300}
    assert (await ours("POST", "/api/v1/measures/letters.forgotten/replacements", instead)).status == 204
    assert (await ours("POST", "/api/v1/measures/letters.forgotten/replacements", instead)).status == 409
    assert (await ours("POST", "/api/v1/measures/nothing/replacements", instead)).status == 404


async def test_the_doctor_and_a_start_say_what_would_be_lowered(promised, hold, settings, premises):
    await hold()
    rooms = promised.rooms
    await starting(promised).stand(rooms.committing, await promised.everyone())
    real = msgspec.structs.replace(settings, sandbox=False, clock="")
    for changed, good in ((real, True), (msgspec.structs.replace(real, notice_text_days="60"), False)):
        [check] = await doctoring.checks(changed, premises.addresses())
        assert check.good is good
        assert ("was" in check.words) is not good
        if good:
            await founded(changed, "tests")
        else:
            with pytest.raises(Regression, match="letters"):
                await founded(changed, "tests")


async def test_the_command_line_looks_states_and_decides(promised, hold, premises, monkeypatch):
    holder = await hold()
    await starting(promised).stand(promised.rooms.committing, await promised.everyone())
    house = Household(promised.rooms, holder.id, holder)
    looked = await commanded(house, premises, "measures", "--json")
    assert looked.exit_code == 1, "a sandbox is no platform in service"
    states = {one["measure"]: one["state"] for one in json.loads(looked.stdout)["measures"]}
    assert states["isolation.roles"] == "proven"
    assert states["platform.real"] == "broken"
    told = await commanded(house, premises, "measures", "--last")
    assert "isolation.roles" in told.stdout
    decide = (
        "measures",
        "decide",
        "letters.forgotten",
        "--judged",
        "better",
        "--reason",
        "Late bounces.",
        "--name",
        "Ada",
    )
    assert (await commanded(house, premises, *decide, "--instead", "a key destroyed weekly")).exit_code == 2
    monkeypatch.setenv("BAILEE_NOTICE_TEXT_DAYS", "45")
    assert (await commanded(house, premises, *decide, "--instead", "letters.forgotten")).exit_code == 2
    assert (await commanded(house, premises, *decide, "--instead", "a key destroyed weekly")).exit_code == 0
    assert (await promised.measures.reached())["letters.forgotten"][0] == -45
    decide = ("measures", "decide", "nothing", *decide[3:])
    assert (await commanded(house, premises, *decide, "--instead", "x")).exit_code == 2


async def test_the_rule_of_the_platform_is_not_lowered_in_the_console_once_controllers_were_promised_it(promised, hold):
    await hold()
    platform = Household(promised.rooms, promised.rooms.platform)
    ours = await platform.signed_in(await platform.staff("processor-administrator"))
    refused = await ours.post("/approvals/rule", ("dangers", "switches"))
    assert refused.status == 409
    assert b"would lower a measure of security" in refused.raw
    assert (await ours.post("/approvals/rule", ("dangers", "switches"), ("dangers", "administrators"))).status == 303

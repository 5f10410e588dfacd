"""Audits in the console and on the command line: asked for, taken in, answered and charged by forms, in words."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from litestar.datastructures import FormMultiDict
from tests.household import ADMIN, VIEWER, Household, commanded

from bailee.clauses.audits.pages.acting import step_of
from bailee.clauses.audits.steps import Answer, Propose, Redate, Report, Spend
from bailee.infra.web.answers import Wrong
from bailee.promised import Promised

DAY = timedelta(days=1)


@pytest.fixture
def clock(settings):
    """The file of the simulated clock, put back afterwards."""
    file = Path(settings.clock.removeprefix("file:"))
    yield file
    file.write_text("+0s")


async def test_an_audit_from_the_first_form_to_its_statement(rooms, premises, hold, clock):
    holder, promised = await hold(), Promised(rooms)
    house, platform = Household(rooms, holder.id), Household(rooms, rooms.platform)
    admin = await house.signed_in(await house.staff(ADMIN))
    dpo = await platform.signed_in(await platform.staff("processor-dpo"))
    first = rooms.clock.now().date() + 60 * DAY
    form = (
        ("by", "third-party"), ("first", f"{first}"), ("last", ""), ("name", "<b>Ada</b>"), ("company", "Audit SA"),
        ("qualification", "CISA"), ("clauses", "security.confidentiality"), ("clauses", "services.backup"),
        ("questions", "Who holds the keys?\n\nAnd at night?"), ("systems", "all"),
    )  # fmt: skip
    answer = await admin.post("/audits/new", *form)
    place = answer.headers["location"]
    shown = (await admin.get(place)).raw.decode()
    assert "notice in time" in shown
    assert "&lt;b&gt;Ada&lt;/b&gt;" in shown
    assert "last day, Mon–Fri" in shown, "the days are drawn"
    assert "And at night?" in shown
    assert (await admin.post("/audits/new", ("by", "controller"))).status == 422
    viewer = await house.signed_in(await house.staff(VIEWER))
    assert (await viewer.get("/audits")).status == 403
    audit = place.rpartition("/")[2]
    ours = f"/controllers/{holder.id}/audits"
    assert b"Ada" in (await dpo.get(ours)).raw
    refused = await dpo.post(
        f"{ours}/{audit}/steps", step="refuse", ground="competitor", reason="They sell the same.", name="P. Rocessor"
    )
    assert refused.status == 303, refused.raw[-600:]
    shown = (await admin.get(place)).raw.decode()
    assert "They sell the same." in shown
    assert "The auditor is refused; the audit is not." in shown
    again = {"step": "propose", "name": "Bo", "company": "Other", "qualification": "CISA"}
    assert (await admin.post(f"{place}/steps", **again)).status == 303
    assert (await admin.post(f"{place}/steps", step="accept")).status == 403, "the processor's to take"
    assert (await dpo.post(f"{ours}/{audit}/steps", step="accept")).status == 303
    assert (await dpo.post(f"{ours}/{audit}/steps", step="begin")).status == 409, "it was not announced"
    assert (await dpo.post(f"{ours}/{audit}/steps", step="accept", version="1")).status == 409, "another version"
    today = f"{rooms.clock.now().date()}"
    spent = {"step": "spend", "day": today, "who": "Ann", "what": "mail", "minutes": "1:30", "rate": "100,00"}
    assert (await dpo.post(f"{ours}/{audit}/steps", **spent)).status == 303
    assert "EUR\xa0150.00" in (await admin.get(place)).raw.decode()
    for path in (f"{place}/costs/pdf", f"{ours}/{audit}/costs/pdf"):
        assert (await (admin if path.startswith("/audits") else dpo).get(path)).raw.startswith(b"%PDF-")
    assert (await dpo.post(f"{ours}/{audit}/costs")).status == 303
    assert (await dpo.post(f"{ours}/{audit}/evidence")).status == 303
    [pack] = (await promised.audits.listed(holder.id))[0].packs
    assert (await admin.get(f"{place}/evidence/{pack.digest}")).raw[:2] == b"PK"
    assert (await admin.get(f"{place}/evidence/{'0' * 64}")).status == 404

    listed = await commanded(house, premises, "audits", "--controller", str(holder.id), "--json")
    [told] = json.loads(listed.output)
    assert (told["state"], told["notice"], told["unanswered"], told["late"]) == ("accepted", "in-time", 2, False)
    assert "Bo" not in listed.output, "nobody's name"
    assert listed.exit_code == 0


async def test_a_written_request_is_taken_in_and_the_controller_is_told(rooms, hold):
    holder, promised = await hold(), Promised(rooms)
    platform = Household(rooms, rooms.platform)
    dpo = await platform.signed_in(await platform.staff("processor-dpo"))
    first = rooms.clock.now().date() + 3 * DAY
    form = (("by", "controller"), ("first", f"{first}"), ("clauses", "services.storage"))
    place = f"/controllers/{holder.id}/audits"
    assert (await dpo.post(f"{place}/new", *form)).status == 422, "what came is to be said"
    answer = await dpo.post(f"{place}/new", *form, ("taken_in", "Mail of 3 November by Ms Roche."))
    shown = (await dpo.get(answer.headers["location"])).raw.decode()
    assert "This day is too early." in shown
    assert "Mail of 3 November by Ms Roche." in shown
    [audit] = await promised.audits.listed(holder.id)
    assert audit.state == "flagged"
    waived = await dpo.post(f"{place}/{audit.id}/steps", step="waive", name="P. Rocessor")
    assert waived.status == 303
    assert "P. Rocessor" in (await dpo.get(f"{place}/{audit.id}")).raw.decode()


def read(*pairs):
    return step_of(FormMultiDict(pairs))


def test_forms_are_read_as_steps():
    redate = read(("step", "redate"), ("first", "2027-01-11"), ("last", ""), ("csrf", "x"), ("version", "3"))
    assert isinstance(redate, Redate)
    assert redate.last == redate.first
    answer = read(("step", "answer"), ("n", "2"), ("text", "x"), ("references", "services.storage\nentry 12"))
    assert isinstance(answer, Answer)
    assert [(one.kind, one.id) for one in answer.references] == [("clause", "services.storage"), ("entry", "12")]
    rows = (("clause", "services.storage"), ("severity", "minor"), ("text", "")) * 2
    report = read(
        ("step", "report"),
        ("conclusion", "good"),
        *rows,
        ("clause", "services.access"),
        ("severity", "major"),
        ("text", "x"),
    )
    assert isinstance(report, Report)
    assert [(one.clause, one.severity) for one in report.findings] == [("services.access", "major")]
    named = read(("step", "propose"), ("name", "a"), ("company", "b"), ("qualification", "c"))
    assert isinstance(named, Propose)


@pytest.mark.parametrize(
    ("typed", "minutes"),
    [("90", 90), ("1:30", 90), ("", 0), (":20", None), ("x", None), ("1:x", None), ("99:00", None)],
)
def test_time_is_minutes_or_hours_and_minutes(typed, minutes):
    fields = (("step", "spend"), ("day", "2027-01-11"), ("who", "a"), ("what", "b"), ("minutes", typed), ("spent", "1"))
    if minutes is None:
        with pytest.raises(Wrong):
            read(*fields)
    else:
        step = read(*fields)
        assert isinstance(step, Spend)
        assert step.minutes == minutes


@pytest.mark.parametrize(
    ("typed", "cents"),
    [("12", 1_200), ("1 234,5", 123_450), ("0.05", 5), ("", 0), ("1.234", None), ("-1", None), ("12345678", None)],
)
def test_amounts_are_read_to_the_cent(typed, cents):
    fields = (("step", "spend"), ("day", "2027-01-11"), ("who", "a"), ("what", "b"), ("minutes", "1"), ("spent", typed))
    if cents is None:
        with pytest.raises(Wrong):
            read(*fields)
    else:
        assert read(*fields).spent == cents

"""Letters about what falls due: one a day for each office in charge, however much it is, and nobody's data in it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.household import Household
from tests.integration.test_mail import read, serving
from tests.integration.test_notices import Later, Told

from bailee.obligations import queries, reminding
from bailee.obligations.calendar import Due
from bailee.obligations.promises import Obligation, Promise
from bailee.obligations.reminding import A_DAY, MOST, SOON, digests, said
from bailee.vocabulary.ids import new_id

OFFICER = "dpo@passerelle.example"
NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)


@pytest.fixture
def clock(settings):
    file = Path(settings.clock.removeprefix("file:"))
    yield file
    file.write_text("+0s")


@pytest.fixture
async def told(rooms, hold, clock):
    made = Told(rooms, await hold(), Later(), clock)
    async with serving(made.keeping) as port:
        made.connect(port)
        yield made


async def owe(told, subject, *, days, clause="rights.tools", by="controller", reminders=()):
    now = told.rooms.clock.now()
    at = now + timedelta(days=days)
    promise = Promise(
        clause=clause, subject=subject, owed_by=by, owed_to="person", due=Due(at, at, "in time"), evidence="answer",
        reminders=tuple(now + timedelta(days=one) for one in reminders),
    )  # fmt: skip
    async with told.rooms.committing.transaction(told.id) as change:
        return await told.promised.obligations.open(change, promise, by="tests")


async def due(told) -> bool:
    """Whether the worker would look at the controller now."""
    rows = await told.rooms.data.fetch(queries.WITH_REMINDERS, [told.id], told.rooms.clock.now())
    return [row["controller"] for row in rows] == [told.id]


async def arrived(told) -> list[tuple[str, str]]:
    """To whom letters went, and what they say."""
    before = len(told.keeping.mails)
    await told.go_on()
    return [
        (one.rcpt_tos[0], read(one.content).get_body(("plain",)).get_content()) for one in told.keeping.mails[before:]
    ]


async def test_each_office_in_charge_hears_once_a_day_of_all_that_presses(told, clock):
    for number in range(MOST + 3):
        await owe(told, f"request/{new_id()}", days=10 + number / 100, reminders=(3, 5))
    await owe(told, "complaint/1", days=4, clause="rights.complaint", by="processor", reminders=(3,))
    write = told.promised.reminding.write
    clock.write_text("+71h")
    assert not await due(told), "no reminder has come"
    clock.write_text("+73h")
    assert await due(told)
    assert await write(told.id) == 2
    assert (await write(told.id), await due(told)) == (0, False)
    letters = dict(await arrived(told))
    assert set(letters) == {"privacy@alpages.example", OFFICER}
    theirs = letters["privacy@alpages.example"]
    assert theirs.count("\n- ") == MOST
    assert "And 3 more." in theirs
    assert "request/" not in theirs
    assert letters[OFFICER].count("\n- ") == 1
    clock.write_text("+121h")
    assert await write(told.id) == 2, "the complaint is late meanwhile, the requests were reminded of again"
    assert "Late, with the day they were due" in dict(await arrived(told))[OFFICER]
    clock.write_text("+150h")
    assert (await due(told), await write(told.id)) == (False, 0), "nothing new has come"
    kinds = [one["kind"] for one in await Household(told.rooms, told.id).entries()]
    assert kinds.count("notice-queued") == 4


async def test_however_much_is_open_all_of_it_is_looked_at(told, clock, monkeypatch):
    monkeypatch.setattr(reminding, "PAGE", 2)
    for _ in range(5):
        await owe(told, f"request/{new_id()}", days=20)
    await owe(told, f"request/{new_id()}", days=30, reminders=(3,))
    clock.write_text("+73h")
    assert await told.promised.reminding.write(told.id) == 1
    [(to, text)] = await arrived(told)
    assert (to, text.count("\n- ")) == ("privacy@alpages.example", 1), "the one that is due last of all"


async def test_what_no_mailbox_can_answer_stands_in_the_letter_without_a_link(told, clock):
    await owe(told, f"request/{new_id()}", days=4, reminders=(3,))
    await owe(told, "privacy-notice/0/contact", days=4, clause="rights.inform")
    clock.write_text("+73h")
    assert await told.promised.reminding.write(told.id) == 1
    [(_, text)] = await arrived(told)
    assert (text.count("\n- "), "/act/" in text) == (2, False)


async def test_without_an_agreement_in_force_nobody_is_written_to(told, rooms):
    assert await told.promised.reminding.write(rooms.platform) == 0


def owed(days, *, clause="rights.tools", by="controller", reminders=()):
    at = NOW + timedelta(days=days)
    promise = Promise(
        clause=clause, subject=str(new_id()), owed_by=by, owed_to="person", due=Due(at, at, ""), evidence="",
        reminders=tuple(NOW + timedelta(days=one) for one in reminders),
    )  # fmt: skip
    return Obligation(id=new_id(), controller=new_id(), promise=promise, opened_at=NOW - timedelta(days=99))


def test_what_came_since_the_last_letter_makes_one_and_what_presses_stands_in_it():
    last = NOW - A_DAY
    reminded, soon, far = owed(30, reminders=(-0.5,)), owed(SOON.days), owed(SOON.days + 0.1)
    assert digests([reminded, soon, far], last, NOW) == {("controller", "request"): [soon, reminded]}
    assert digests([soon, far], last, NOW) == {}, "it was said already"
    assert digests([owed(30, reminders=(-1,))], last, NOW) == {}, "at that very instant it was in the last one"
    late, known = owed(-0.5, clause="end.return"), owed(-2, clause="end.destroy")
    assert digests([late, known], last, NOW) == {("controller", "end"): [known, late]}
    assert digests([known], None, NOW) == {("controller", "end"): [known]}, "the first letter says it all"
    ours = owed(-0.1, by="processor", clause="end.return")
    assert digests([ours], last, NOW) == {("processor", "officer"): [ours]}
    words = said([known, late, soon], NOW)
    assert (len(words["late_en"]), len(words["soon_fr"]), words["many"], words["others"]) == (2, 1, 2, 0)

"""A controller says from its mailbox what becomes of a passed-on request: taken on, extended, answered by itself."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.browsing import Browser
from tests.integration.test_direct_requests import ERASE, Desk, mail
from tests.integration.test_mail import read, serving
from tests.integration.test_notices import Later, Told

from bailee.clauses.data_subject_requests.events import State
from bailee.clauses.direct_requests.taking_on import STEP
from bailee.obligations.mailbox.answering import Answered, NoteMissing, ShownOtherwise, WrongCode
from bailee.obligations.mailbox.intents import Intent, Stale
from bailee.obligations.mailbox.questions import Question
from bailee.serving import Doors
from bailee.vocabulary.ids import new_id

BOTH = "Hello,\n\nPlease send me a copy of my data and then delete all my personal data.\n"


@pytest.fixture
def clock(settings):
    file = Path(settings.clock.removeprefix("file:"))
    yield file
    file.write_text("+0s")


class Steps(Told):
    """A controller that a person's message is passed on to, and its mailbox."""

    async def passed_on(self, address: str, text: str = ERASE) -> str:
        desk = Desk(self.rooms)
        await desk.passed_on(mail(address, text), sender=address)
        return await self.link()

    async def link(self) -> str:
        """The link in the newest letter."""
        await self.go_on()
        text = read(self.keeping.mails[-1].content).get_body(("plain",)).get_content()
        return re.search(r"/act/([A-Za-z0-9_-]+)", text)[1]

    async def given(self, link: str) -> dict[str, str]:
        """What is sent with an answer: the content that is shown, and the code that came to the address on record."""
        shown = await self.promised.answering.show(link)
        await self.promised.answering.send_code(link)
        said = read(self.keeping.mails[-1].content).get_body(("plain",)).get_content()
        return {"content": shown.question.content, "code": re.search(r"\b\d{8}\b", said)[0]}

    async def say(self, link: str, choice: str, **more: str) -> None:
        await self.promised.answering.answer(link, choice, **await self.given(link), **more)

    async def requests(self):
        keeping = self.promised.rights.requests.keeping
        return [await keeping.find(self.id, one.id) for one in await keeping.listed(self.id)]

    async def owed_states(self) -> list[str]:
        listed = await self.promised.obligations.listed(self.id)
        return [one.state for one in listed if one.promise.clause == "rights.tools"]


@pytest.fixture
async def steps(rooms, hold, profile, clock):
    holder = await hold()
    await (await holder.client()).person(profile)
    made = Steps(rooms, holder, Later(), clock)
    async with serving(made.keeping) as port:
        made.connect(port)
        yield made


@pytest.fixture
def address(profile):
    return profile["email"]


async def test_from_the_letter_to_the_evidence_each_step_by_its_own_link(steps, address):
    first = await steps.passed_on(address, BOTH)
    assert {one.right.article for one in await steps.requests()} == {"Art. 15", "Art. 17"}
    before = [(one.state, one.version) for one in await steps.requests()]
    shown = await steps.promised.answering.show(first)
    assert shown.question.choices == ("take-on", "extend-complex", "extend-many", "answered")
    assert "erasure (Art. 17)" in shown.question.words or "effacement (art. 17)" in shown.question.words
    assert shown.to not in shown.question.words
    assert [(one.state, one.version) for one in await steps.requests()] == before, "looking changes nothing"
    await steps.say(first, "take-on")
    assert [(one.state, one.version) for one in await steps.requests()] == before, "the month runs on"
    with pytest.raises(Answered):
        await steps.say(first, "take-on")

    second = await steps.link()
    assert second != first
    due = {one.id: one.due.strict for one in await steps.requests()}
    await steps.say(second, "extend-complex")
    for one in await steps.requests():
        assert (one.state, one.due.strict > due[one.id]) == (State.extended, True)
        assert one.papers.extension == "The request is complex."
    assert await steps.owed_states() == ["open", "open"]
    await steps.go_on()
    to_person = [one for one in steps.keeping.mails if one.rcpt_tos == [address]]
    assert len(to_person) == 2, "the person is told of each"

    third = next(
        found[1]
        for one in reversed(steps.keeping.mails)
        if (found := re.search(r"/act/([A-Za-z0-9_-]+)", read(one.content).get_body(("plain",)).get_content()))
    )
    assert third not in (first, second)
    assert (await steps.promised.answering.show(third)).question.choices == ("answered",)
    given = await steps.given(third)
    for note in (" ", "x" * 1_001):
        with pytest.raises(NoteMissing):
            await steps.promised.answering.answer(third, "answered", **given, note=note)
    await steps.promised.answering.answer(third, "answered", **given, note="By letter, on 3 August.")
    for one in await steps.requests():
        assert (one.state, one.papers.answer, one.outcome) == (State.answered, "By letter, on 3 August.", "")
    assert await steps.owed_states() == ["discharged", "discharged"]
    await steps.go_on()
    assert len([one for one in steps.keeping.mails if one.rcpt_tos == [address]]) == 2, "nobody writes to the person"
    told = [one for one in await steps.entries() if one["kind"] == "request-stepped"]
    assert [one["details"]["step"] for one in told] == ["take-on", "extend-complex", "answered"]
    assert all(one["actor"].startswith("mailbox:") for one in told)
    assert "3 August" not in str(await steps.entries())


async def test_a_forwarded_link_does_nothing_without_the_code_that_goes_to_the_address_on_record(steps, address):
    link = await steps.passed_on(address)
    given = await steps.given(link)
    wrong = "0" * 8 if given["code"] != "0" * 8 else "1" * 8
    with pytest.raises(WrongCode):
        await steps.promised.answering.answer(link, "answered", content=given["content"], code=wrong, note="Mine.")
    with pytest.raises(ShownOtherwise):
        await steps.promised.answering.answer(link, "answered", content="0" * 64, code=given["code"], note="Mine.")
    [one] = await steps.requests()
    assert one.state == State.received
    assert steps.keeping.mails[-1].rcpt_tos != [address], "the code went to the controller"


async def test_a_link_of_what_was_read_otherwise_since_does_nothing(steps, address):
    link = await steps.passed_on(address)
    given = await steps.given(link)
    [one] = await steps.promised.direct.listed(steps.id)
    await steps.promised.direct.correct(steps.id, one.id, ("A15",), by="staff")
    for choice in ("take-on", "extend-many", "answered"):
        with pytest.raises(Stale):
            await steps.promised.answering.answer(link, choice, **given, note="By letter.")
    assert sorted(one.state for one in await steps.requests()) == [State.received, State.withdrawn]
    assert "request-stepped" not in await steps.kinds()
    assert (await steps.promised.answering.show(link)).choice == "", "nothing was used up"


async def test_a_link_of_what_was_answered_since_does_nothing(steps, address):
    link = await steps.passed_on(address)
    given = await steps.given(link)
    [one] = await steps.requests()
    await steps.promised.rights.requests.refuse(
        steps.id, one.id, "excessive", "Again and again.", send=False, by="staff", version=one.version
    )
    for choice in ("take-on", "extend-many", "answered"):
        with pytest.raises(Stale):
            await steps.promised.answering.answer(link, choice, **given, note="By letter.")
    assert "request-stepped" not in await steps.kinds()


@pytest.mark.parametrize(("late", "after"), [(False, State.extended), (True, State.received)])
async def test_time_is_extended_once_and_within_the_first_month(steps, address, clock, late, after):
    await steps.passed_on(address)
    [one] = await steps.requests()
    [row] = await steps.promised.direct.listed(steps.id)
    days = (one.due.generous - steps.rooms.clock.now()).days + late  # the last day before, or the first after
    clock.write_text(f"+{days}d")
    asked = Intent(
        controller=steps.id, act=STEP, choice="extend-many", content="", notice=new_id(),
        arguments={"request": str(row.id), "kinds": list(row.kinds)},
    )  # fmt: skip

    async def extend() -> None:
        async with steps.rooms.committing.transaction(steps.id) as change:
            await steps.promised.acts[STEP](change, asked, by="mailbox:x")

    if not late:
        await extend()
    with pytest.raises(Stale):
        await extend()
    [one] = await steps.requests()
    assert one.state == after


async def test_what_no_rule_understood_can_be_taken_on_alone(steps, address):
    link = await steps.passed_on(address, "Hello, how are you?")
    question = (await steps.promised.answering.show(link)).question
    assert (question.choices, question.noted) == (("take-on",), ())
    sent = len(steps.keeping.mails)
    await steps.say(link, "take-on")
    await steps.go_on()
    assert len(steps.keeping.mails) == sent + 1, "the code, and no other letter"


@pytest.mark.parametrize(("language", "button"), [
    ("en", "We have answered the person ourselves"), ("fr", "Nous avons répondu nous-mêmes à la personne"),
])  # fmt: skip
async def test_the_page_keeps_the_note_of_whoever_mistypes_the_code(steps, address, language, button):
    link = await steps.passed_on(address)
    steps.wings.promised = steps.promised
    browser = Browser(Doors(steps.rooms, steps.wings))
    given = await steps.given(link)
    seen = await browser.get(f"/act/{link}", accept_language=language)
    assert button in seen.raw.decode()
    form = seen.raw.decode().partition('name="content"')[0].rpartition("<form")[2]
    assert "<button disabled hidden>" in form, "Enter after the code chooses nothing"
    wrong = "0" * 8 if given["code"] != "0" * 8 else "1" * 8
    answer = {"choice": "answered", "content": given["content"], "note": "By <letter>."}
    again = await browser.post(f"/act/{link}", code=wrong, **answer)
    assert (again.status, "By &lt;letter&gt;." in again.raw.decode()) == (422, True)
    done = await browser.post(f"/act/{link}", code=given["code"], **answer)
    assert done.status == 200
    [one] = await steps.requests()
    assert one.papers.answer == "By <letter>."
    twice = await browser.post(f"/act/{link}", code=given["code"], **answer)
    assert twice.status == 409


def test_what_was_asked_before_there_were_notes_is_still_what_was_digested():
    plain = Question(
        act="a", choices=("x",), heading="h", words="w", until=datetime(2026, 7, 1, 12, 30, 5, 250, tzinfo=UTC)
    )
    noted = Question(act="a", choices=("x",), heading="h", words="w", until=plain.until, noted=("x",))
    assert plain.content == "0450c1a32d3eeecc4c01d3c4f51da3daa4240c0cf9324963c1a1ba87460e0ab9"
    assert noted.content != plain.content

"""Whoever is reminded of a matter answers exactly that one from the reminder, without an account, however late it is."""

import re
from datetime import datetime, timedelta
from email.message import EmailMessage

import pytest
from tests.household import Household
from tests.integration.test_contacts import NEW, OLD, goes_to, link, mails, told  # noqa: F401 -- fixtures
from tests.integration.test_direct_requests import Desk, mail
from tests.integration.test_mail import read
from tests.integration.test_request_steps import BOTH, address, clock, steps  # noqa: F401 -- fixtures

from bailee.clauses.data_subject_requests.by_mail import STEP
from bailee.clauses.data_subject_requests.events import Asked, Right, State
from bailee.obligations.mailbox.answering import Answered, NotAsked, WrongCode
from bailee.obligations.mailbox.intents import Stale
from bailee.obligations.mailbox.replies import replied
from bailee.vocabulary.ids import new_id

COMPLAINT = "I want to complain: you shared my data without my consent."
HOUR = timedelta(hours=1)
SPOIL = """
UPDATE bailee.rights_request SET sealed = set_byte(sealed, 20, get_byte(sealed, 20) # 1)
WHERE controller_id = $1 AND request_id = $2
"""


def at(clock, when: datetime) -> None:  # noqa: F811
    """Move the platform's clock to an instant."""
    clock.write_text(when.isoformat())


async def reminder(house) -> EmailMessage:
    """The letter that today's worker writes."""
    assert await house.promised.reminding.write(house.id) == 1
    await house.go_on()
    return read(house.keeping.mails[-1].content)


def links(letter: EmailMessage) -> list[str]:
    text, html = (letter.get_body((form,)).get_content() for form in ("plain", "html"))
    found = re.findall(r"/act/([A-Za-z0-9_-]+)", text)
    assert found == re.findall(r"/act/([A-Za-z0-9_-]+)", html)
    return found


async def about(house, text: str):
    """The request that a link is about."""
    question = (await house.promised.answering.show(text)).question
    found = {str(one.id): one for one in await house.requests()}
    assert f"{found[question.arguments['request']].right.article}" in question.words
    return found[question.arguments["request"]]


async def test_each_request_has_a_link_of_its_own_and_one_answer_leaves_the_other_open(steps, address, clock):  # noqa: F811
    first = await steps.passed_on(address, BOTH)
    due = (await steps.requests())[0].due.strict
    at(clock, due - timedelta(days=11) - HOUR)
    assert await steps.promised.reminding.write(steps.id) == 0, "the day before a reminder comes"
    at(clock, due - timedelta(days=10) + HOUR)
    one, other = links(await reminder(steps))
    seen, left = await about(steps, one), await about(steps, other)
    assert seen.id != left.id
    assert (await steps.promised.answering.show(one)).question.choices[1:] == (
        "extend-complex",
        "extend-many",
        "answered",
        "ask-who",
        "refuse-request",
    )
    assert all(now.open for now in await steps.requests()), "looking changes nothing"
    content = (await steps.promised.answering.show(one)).question.content
    with pytest.raises(WrongCode):
        await steps.promised.answering.answer(one, "answered", content=content, code="", note="By letter.")
    await steps.say(one, "answered", note="By letter, yesterday.")
    now = {found.id: found for found in await steps.requests()}
    assert (now[seen.id].state, now[seen.id].papers.answer) == (State.answered, "By letter, yesterday.")
    assert now[left.id].state == State.received
    with pytest.raises(Answered):
        await steps.say(one, "answered", note="Again.")
    await steps.say(other, "extend-complex")
    now = {found.id: found for found in await steps.requests()}
    assert (now[left.id].state, now[left.id].papers.extension) == (State.extended, "The request is complex.")
    with pytest.raises(Stale):  # the link of the first letter is about what is extended, too
        await steps.say(first, "extend-many")
    await steps.say(first, "answered", note="Both, by letter.")
    assert {found.state for found in await steps.requests()} == {State.answered}
    assert {one["actor"].partition(":")[0] for one in await steps.entries() if one["kind"] == "mailbox-answered"} == {
        "mailbox"
    }


async def test_a_request_that_was_altered_is_named_as_such_and_the_others_are_reminded_of(steps, address, clock):  # noqa: F811
    await steps.passed_on(address, BOTH)
    spoilt, whole = await steps.requests()
    async with steps.rooms.data.transaction(steps.id) as tx:
        assert await tx.execute(SPOIL, steps.id, spoilt.id) == "UPDATE 1"
    at(clock, spoilt.due.strict - timedelta(days=10) + HOUR)
    letter = await reminder(steps)
    [text] = links(letter)
    assert (await steps.promised.answering.show(text)).question.arguments["request"] == str(whole.id)
    for form in ("plain", "html"):
        said = letter.get_body((form,)).get_content()
        assert len(re.findall("was changed outside this platform|a été modifié en dehors", said)) == 1, form
    log = Household(steps.rooms, steps.rooms.platform)
    found = [one["details"] for one in await log.entries() if one["kind"] == "found-altered"]
    assert ("worker: reminders", str(spoilt.id)) in [(one["where"], one["id"]) for one in found]


async def test_who_acts_from_a_late_reminder_is_never_too_late_to_answer(steps, address, clock):  # noqa: F811
    first = await steps.passed_on(address)
    began = steps.rooms.clock.now()
    await steps.say(first, "extend-many")
    await steps.go_on()
    every = [text for one in steps.keeping.mails if one.rcpt_tos == [OLD] for text in links(read(one.content))]
    second = every[-1]
    assert second != first
    [one] = await steps.requests()
    at(clock, one.due.generous + HOUR)
    [late] = links(await reminder(steps))
    assert (await steps.promised.answering.show(late)).question.choices == (
        "erase",
        "answered",
        "ask-who",
        "refuse-request",
    )
    at(clock, began + timedelta(days=124))
    with pytest.raises(NotAsked):
        await steps.promised.answering.show(second)
    await steps.say(late, "answered", note="At last.")
    assert [one.state for one in await steps.requests()] == [State.answered]


@pytest.mark.parametrize(("days", "choices"), [
    (0, ("erase", "extend-complex", "extend-many", "answered", "ask-who", "refuse-request")),
    (1, ("erase", "answered", "ask-who", "refuse-request")),
])  # fmt: skip
async def test_time_is_offered_on_the_last_day_of_the_first_month_and_not_after(steps, address, clock, days, choices):  # noqa: F811
    await steps.passed_on(address)
    [one] = await steps.requests()
    at(clock, one.due.generous + timedelta(days=days) - HOUR)
    question = await steps.promised.by_mail.question(steps.id, one.id, "en")
    assert question.choices == choices
    if days:
        content = await steps.promised.by_mail.question(steps.id, one.id, "fr")
        assert content.heading.startswith("La demande d'une personne")


async def test_a_request_that_came_another_way_is_answered_from_its_reminder_too(steps, clock):  # noqa: F811
    asked = Asked(right=Right.rectification, channel="letter", words="My name is wrong.", contact="e@x.example")
    one = await steps.promised.rights.requests.open(steps.id, asked, by="staff")
    at(clock, one.due.strict - timedelta(days=10) + HOUR)
    [text] = links(await reminder(steps))
    given = await steps.given(text)
    now = (await steps.requests())[0]
    await steps.promised.rights.requests.withdraw(steps.id, one.id, by="staff", version=now.version)
    for choice in ("answered", "extend-many"):
        with pytest.raises(Stale):
            await steps.promised.answering.answer(text, choice, **given, note="By letter.")
    assert await steps.promised.by_mail.question(steps.id, one.id, "en") is None, "nothing is owed for it any more"
    assert await steps.promised.by_mail.question(steps.id, new_id(), "en") is None


async def test_whose_identity_is_asked_for_gets_more_time_and_no_answer_yet(steps, address, clock):  # noqa: F811
    await steps.passed_on(address)
    [one] = await steps.requests()
    await steps.promised.rights.requests.ask_identity(
        steps.id, one.id, "Who are you?", send=False, by="staff", version=one.version
    )
    question = await steps.promised.by_mail.question(steps.id, one.id, "en")
    known = ("known-by-document", "known-by-word")
    assert (question.choices, question.noted) == (
        (*known, "extend-complex", "extend-many", "refuse-request"),
        ("refuse-request",),
    )
    at(clock, one.due.generous + HOUR)
    assert (await steps.promised.by_mail.question(steps.id, one.id, "en")).choices == (*known, "refuse-request")


async def test_a_human_says_which_of_a_letters_questions_a_reply_answers(steps, address, clock):  # noqa: F811
    await steps.passed_on(address, BOTH)
    due = (await steps.requests())[0].due.strict
    at(clock, due - timedelta(days=10) + HOUR)
    letter = await reminder(steps)
    reply = EmailMessage()
    reply["From"], reply["In-Reply-To"] = "Ada <ada@alpages.example>", str(letter["Message-ID"])
    reply.set_content("The erasure is answered, by letter.\n")
    found = replied(reply.as_bytes())
    kept = await steps.promised.replying.receive(found)
    asked = await steps.promised.replying.asked(steps.id, found.notice)
    assert [one.question.act for one in asked] == [STEP, STEP]
    with pytest.raises(NotAsked):
        await steps.promised.replying.decide(steps.id, kept, "answered", by="tests")
    operator = await steps.operator()
    path = f"/notices/{steps.id}/{found.notice}"
    opened = (await operator.post(path, act="open")).raw.decode()
    assert opened.count('name="act" value="') >= 2
    erasing = next(one for one in asked if "Art. 17" in one.question.words)
    decided = await operator.post(f"{path}/replies/{kept}", act=str(erasing.id), choice="answered")
    assert decided.status == 303
    states = {one.right: one.state for one in await steps.requests()}
    assert states == {Right.access: State.received, Right.erasure: State.answered}
    [open_] = [one for one in await steps.promised.replying.asked(steps.id, found.notice) if one.open]
    assert open_.id != erasing.id


async def test_a_complaint_is_taken_on_and_then_answered_from_its_letter(steps, address):  # noqa: F811
    text = await steps.passed_on(address, COMPLAINT)
    shown = await steps.promised.answering.show(text)
    assert (shown.question.choices, shown.question.noted) == (("take-on", "replied"), ())
    assert (
        "plainte" in shown.question.heading
        or "complaint" in shown.question.heading
        or "réclamation" in shown.question.heading
    )
    await steps.say(text, "take-on")
    with pytest.raises(Answered):
        await steps.say(text, "replied")
    following = await steps.link()
    letter = read(steps.keeping.mails[-1].content)
    assert "réclamation" in letter["Subject"] or "complaint" in letter["Subject"]
    assert (await steps.promised.answering.show(following)).question.choices == ("replied",)
    await steps.say(following, "replied")
    sent = len(steps.keeping.mails)
    await steps.go_on()
    assert len(steps.keeping.mails) == sent, "nobody is written to"
    stepped = [one["details"] for one in await steps.entries() if one["kind"] == "request-stepped"]
    assert [(one["step"], one["about"]) for one in stepped] == [
        ("take-on", "rights.complaint"), ("replied", "rights.complaint"),
    ]  # fmt: skip


async def test_of_a_message_that_is_both_each_letter_asks_about_its_own_part(steps, address):  # noqa: F811
    desk = Desk(steps.rooms)
    await desk.passed_on(mail(address, f"{COMPLAINT} Delete all my data now."), sender=address)
    await steps.go_on()
    letters = {
        bool(re.search("complaint|réclamation", str(read(one.content)["Subject"]))): link(read(one.content))
        for one in steps.keeping.mails
    }
    asked = {complaint: (await steps.promised.answering.show(text)).question for complaint, text in letters.items()}
    assert asked[False].choices == ("take-on", "extend-complex", "extend-many", "answered")
    assert asked[True].choices == ("take-on", "replied")
    await steps.say(letters[True], "replied")
    [one] = await steps.requests()
    assert one.state == State.received, "the request is owed all the same"
    given = await steps.given(letters[False])
    [direct] = await steps.promised.direct.listed(steps.id)
    await steps.promised.direct.correct(steps.id, direct.id, ("A17",), by="staff")
    with pytest.raises(Stale):
        await steps.promised.answering.answer(letters[False], "take-on", **given)


async def test_a_complaint_that_never_was_one_is_not_taken_on(steps, address):  # noqa: F811
    text = await steps.passed_on(address, COMPLAINT)
    given = await steps.given(text)
    [direct] = await steps.promised.direct.listed(steps.id)
    await steps.promised.direct.correct(steps.id, direct.id, ("A15",), by="staff")
    with pytest.raises(Stale):
        await steps.promised.answering.answer(text, "take-on", **given)


async def code(house, text: str) -> dict[str, str]:
    shown = await house.promised.answering.show(text)
    await house.promised.answering.send_code(text)
    said = read(house.keeping.mails[-1].content).get_body(("plain",)).get_content()
    return {"content": shown.question.content, "code": re.search(r"\b\d{8}\b", said)[0]}


async def test_an_address_that_nobody_confirmed_is_asked_once_more_or_taken_back(told):  # noqa: F811
    ids = await told.promised.contacts.change(told.id, ["request", "breach"], NEW, by="tests")
    await told.go_on()
    verify = link(mails(told, NEW.email)[0])
    told.clock.write_text("+169h")
    with pytest.raises(NotAsked):
        await told.promised.answering.show(verify)
    [text] = links(await reminder(told))
    assert (await told.promised.answering.show(text)).question.choices == ("ask-again", "take-back")
    await told.promised.answering.answer(text, "ask-again", **await code(told, text))
    await told.go_on()
    again = link(mails(told, NEW.email)[-1])
    shown = await told.promised.answering.show(again)
    await told.promised.answering.answer(again, "confirm", content=shown.question.content, code="")
    assert await goes_to(told) == await goes_to(told, "breach") == (NEW.email,)
    assert (await told.owed())[f"contact/{ids[0]}/confirm"] == "discharged"
    assert await told.promised.offering.waiting(told.id, ids[0]) is None


async def test_what_was_taken_back_meanwhile_is_not_asked_once_more(told):  # noqa: F811
    ids = await told.promised.contacts.change(told.id, ["request", "breach"], NEW, by="tests")
    await told.go_on()
    told.clock.write_text("+169h")
    [text] = links(await reminder(told))
    given = await code(told, text)
    await told.promised.contacts.drop(told.id, ids[1], by="tests")
    with pytest.raises(Stale):
        await told.promised.answering.answer(text, "ask-again", **given)
    with pytest.raises(Stale):
        await told.promised.answering.answer(text, "take-back", **given)
    assert await told.promised.offering.waiting(told.id, ids[0]) is not None


async def test_a_challenge_is_answered_from_the_reminder_of_it(told):  # noqa: F811
    force = await told.promised.in_force(told.id)
    assert force is not None
    made = await told.promised.challenging.challenge(told.id, "service:storage", "no ground", by="dpo")
    await told.go_on()
    told.clock.write_text("+49h")
    letter = await reminder(told)
    assert mails(told, OLD)[-1]["Subject"] == letter["Subject"]
    [text] = links(letter)
    assert "no ground" in (await told.promised.answering.show(text)).question.words
    await told.promised.answering.answer(text, "confirm", **await code(told, text))
    assert (await told.owed())[f"challenge/{made.id}"] == "discharged"
    assert await told.promised.challenging.question(told.id, made.id, "en") is None

"""By mailbox alone: a person's request is decided as on the console's page, refused with reasons among it."""

from email.message import EmailMessage
from uuid import UUID

import msgspec
import pytest
from tests.browsing import Browser
from tests.integration.test_answered_from_reminders import links
from tests.integration.test_carried_out_by_mail import clock, house  # noqa: F401 -- fixtures
from tests.integration.test_direct_requests import ERASE
from tests.integration.test_request_steps import BOTH

from bailee.clauses.data_subject_requests.choices import Choices, Reached
from bailee.clauses.data_subject_requests.events import Asked, Right, State, Step
from bailee.clauses.data_subject_requests.papers import RESTRICTING
from bailee.obligations.mailbox.answering import Answered, NoteMissing, ShownOtherwise
from bailee.obligations.mailbox.intents import Stale
from bailee.obligations.mailbox.replies import replied
from bailee.serving import Doors

REASONS = "The invoices are kept for ten years; nothing else is held."


def text(letter: EmailMessage) -> str:
    return letter.get_body(("plain",)).get_content()


async def test_a_refusal_is_the_letter_of_the_console_with_the_reasons_and_the_ways_to_complain(house, profile):  # noqa: F811
    _, link = await house.taken_on(profile["email"], ERASE)
    question = (await house.promised.answering.show(link)).question
    assert question.choices[-1] == "refuse-request"
    assert question.noted == ("answered", "ask-who", "refuse-request")
    assert "12(4)" in question.words or "art. 12, par. 4" in question.words
    given = await house.given(link)
    for note in ("", "  ", "x" * 1_001):
        with pytest.raises(NoteMissing):
            await house.promised.answering.answer(link, "refuse-request", **given, note=note)
    assert [one.state for one in await house.requests()] == [State.received]
    await house.promised.answering.answer(link, "refuse-request", **given, note=REASONS)
    [one] = await house.requests()
    assert (one.state, one.outcome, one.step, str(one.person)) == (State.refused, "refused", Step.none, house.person)
    assert one.papers.answer == REASONS
    assert await house.owed_states() == ["discharged"]
    await house.go_on()
    mine = house.newest(profile["email"])
    for said in (REASONS, "CNIL", "79", str(one.id)):
        assert said in " ".join(text(mine).split())
    refused = [entry for entry in await house.entries() if entry["kind"] == "request-refused"]
    assert [entry["actor"].partition(":")[0] for entry in refused] == ["mailbox"]
    assert REASONS not in str(await house.entries())
    with pytest.raises(Answered):
        await house.say(link, "refuse-request", note=REASONS)
    client = await house.holder.client()
    assert (await client("GET", f"/api/v1/persons/{house.person}")).status == 200


async def test_the_page_asks_again_for_a_missing_note_and_the_same_code_still_opens(house, profile):  # noqa: F811
    _, link = await house.taken_on(profile["email"], ERASE)
    house.wings.promised = house.promised
    browser, given = Browser(Doors(house.rooms, house.wings)), await house.given(link)
    await browser.get(f"/act/{link}")
    answer = await browser.post(f"/act/{link}", choice="refuse-request", note=" ", **given)
    assert answer.status == 422
    assert '<option value="refuse-request"' in answer.raw.decode()
    assert [one.state for one in await house.requests()] == [State.received]
    answer = await browser.post(f"/act/{link}", choice="refuse-request", note=REASONS, **given)
    assert answer.status == 200
    assert [one.state for one in await house.requests()] == [State.refused]


async def test_the_letter_is_to_the_word_that_of_the_console(house, profile):  # noqa: F811
    asked = Asked(right=Right.access, channel="letter", name="Ada", contact=profile["email"], language="en")
    rights, told = house.promised.rights.requests, []
    for by_mail in (True, False):
        one = await rights.open(house.id, asked, by="staff")
        if by_mail:
            question = await house.promised.by_mail.question(house.id, one.id, "en")
            await house.do(question, "refuse-request", REASONS)
        else:
            await rights.refuse(house.id, one.id, "exempt", REASONS, by="staff", version=one.version)
        await house.go_on()
        told.append(text(house.newest(profile["email"])).replace(str(one.id), "id"))
    assert told[0] == told[1]
    assert "Art. 79" in told[0]


async def test_of_two_requests_one_is_refused_and_the_other_goes_on(house, profile):  # noqa: F811
    _, access, erase = await house.taken_on(profile["email"], BOTH)
    await house.say(erase, "refuse-request", note=REASONS)
    assert {one.right: one.state for one in await house.requests()} == {
        Right.access: State.received, Right.erasure: State.refused
    }  # fmt: skip
    with pytest.raises(Answered):
        await house.say(erase, "erase")
    await house.say(access, "carry-out")


async def test_what_was_ended_or_is_being_worked_on_is_not_refused(house, profile):  # noqa: F811
    _, link = await house.taken_on(profile["email"], ERASE)
    given = await house.given(link)
    [one] = await house.requests()
    question = await house.promised.by_mail.question(house.id, one.id, "en")
    await house.do(question, "erase")
    later = await house.promised.by_mail.question(house.id, one.id, "en")
    assert "refuse-request" not in later.choices, "it is being erased"
    with pytest.raises(Stale):
        await house.promised.answering.answer(link, "refuse-request", **given, note=REASONS)
    await house.work()
    assert await house.promised.by_mail.question(house.id, one.id, "en") is None
    with pytest.raises(Stale):
        await house.do(question, "refuse-request", REASONS)


async def test_no_reply_is_handed_on_as_the_reasons(house, profile):  # noqa: F811
    _, link = await house.taken_on(profile["email"], ERASE)
    sent = house.newest()
    reply = EmailMessage()
    reply["From"], reply["In-Reply-To"] = "Ada <ada@alpages.example>", str(sent["Message-ID"])
    reply.set_content("No. And he is a nuisance, between you and me.\n")
    found = replied(reply.as_bytes())
    kept = await house.promised.replying.receive(found)
    acts = await house.promised.replying.asked(house.id, found.notice)
    [act] = [one.id for one in acts if "refuse-request" in one.question.choices]
    with pytest.raises(ShownOtherwise):
        await house.promised.replying.decide(house.id, kept, "refuse-request", by="tests", act=act)
    assert (await house.promised.answering.show(link)).choice == ""


@pytest.mark.parametrize(("choice", "identity"), [("known-by-document", "document"), ("known-by-word", "declared")])
async def test_who_it_is_is_asked_and_noted_and_the_request_goes_on(house, profile, choice, identity):  # noqa: F811
    _, link = await house.taken_on(profile["email"], ERASE)
    [before] = await house.requests()
    given = await house.given(link)
    with pytest.raises(NoteMissing):
        await house.promised.answering.answer(link, "ask-who", **given)
    wanted = "Your customer number, for two people share this address."
    await house.promised.answering.answer(link, "ask-who", **given, note=wanted)
    await house.go_on()
    assert wanted in " ".join(text(house.newest(profile["email"])).split())
    assert [(one.state, one.due) for one in await house.requests()] == [(State.identity, before.due)], (
        "the clock runs on"
    )
    [next_] = links(house.newest())
    question = (await house.promised.answering.show(next_)).question
    assert "erase" not in question.choices, "nobody knows yet who asks"
    for done in ("erase", "answered", "ask-who"):
        with pytest.raises(Stale):
            await house.do(question, done, "Now.")
    assert question.choices[:2] == ("known-by-document", "known-by-word")
    await house.say(next_, choice)
    await house.go_on()
    [one] = await house.requests()
    assert (one.state, one.identity) == (State.received, identity)
    [last] = links(house.newest())
    choices = (await house.promised.answering.show(last)).question.choices
    assert choices[0] == "erase"
    assert ("ask-who" in choices) is (identity == "declared"), "once a document showed it, there is no doubt left"
    kinds = [one["kind"] for one in await house.entries() if one["actor"].startswith("mailbox:")]
    assert [one for one in kinds if "identi" in one] == ["request-identity-asked", "request-identified"]
    assert wanted not in str(await house.entries())
    await house.say(last, "erase")


async def test_who_it_is_is_asked_only_where_it_is_known_where_to_ask(house):  # noqa: F811
    for contact, identity in (("", "none"), ("e@x.example", "none"), ("e@x.example", "signed-in")):
        asked = Asked(right=Right.access, channel="letter", contact=contact, identity=identity)
        one = await house.promised.rights.requests.open(house.id, asked, by="staff")
        choices = (await house.promised.by_mail.question(house.id, one.id, "en")).choices
        assert ("ask-who" in choices) is (bool(contact) and identity == "none")
        if "ask-who" in choices:
            question = await house.promised.by_mail.question(house.id, one.id, "fr")
            await house.promised.rights.requests.withdraw(house.id, one.id, by="staff", version=one.version)
            for choice in ("ask-who", "known-by-word"):
                with pytest.raises(Stale):
                    await house.do(question, choice, "Who?")


@pytest.mark.parametrize(("language", "said"), [("en", "No address of the person"), ("fr", "Aucune adresse")])
async def test_where_no_address_is_known_the_page_says_who_has_to_tell_the_person(house, language, said):  # noqa: F811
    for contact in ("", "e@x.example"):
        asked = Asked(right=Right.rectification, channel="letter", contact=contact)
        one = await house.promised.rights.requests.open(house.id, asked, by="staff")
        question = await house.promised.by_mail.question(house.id, one.id, language)
        assert "refuse-request" in question.choices
        assert (said in question.words) is not bool(contact)


DECIDED = "I contest the automated decision about me and ask that a human reviews it (Art. 22).\n"
OBJECT = "I object to the processing of my data (Art. 21).\n"
RESTRICT = "Please restrict the processing of my data (Art. 18), for it is not accurate.\n"


async def test_a_restriction_bites_at_the_gate_and_the_person_and_recipients_hear_of_it(house, profile):  # noqa: F811
    choices = Choices(recipients={"Post SA": Reached("dpo@post.example", "fr")})
    await house.promised.rights.choosing.choose(house.id, choices, by="tests")
    _, link = await house.taken_on(profile["email"], RESTRICT)
    question = (await house.promised.answering.show(link)).question
    assert question.choices[:4] == tuple(f"restrict-{ground}" for ground in RESTRICTING)
    assert question.words.count("18(1)") + question.words.count("art. 18, par. 1") == 1, (
        "said once for the four grounds"
    )
    client = await house.holder.client()
    assert (await client("GET", f"/api/v1/persons/{house.person}")).body["restricted"] is False
    await house.say(link, "restrict-accuracy")
    await house.work()
    [one] = await house.requests()
    assert (one.right, one.state, one.outcome) == (Right.restriction, State.answered, "granted")
    assert (one.papers.order.ground, one.papers.work["result"]["restricted"]) == ("accuracy", True)
    assert (await client("GET", f"/api/v1/persons/{house.person}")).body["restricted"] is True
    assert "18(2)" in text(house.newest(profile["email"])) or "art. 18, par. 2" in text(house.newest(profile["email"]))
    assert house.newest("dpo@post.example")
    assert {known.name: known.state for known in await house.promised.rights.recipients.listed(one)} == {
        "Bank AG": "open", "Post SA": "told"
    }  # fmt: skip
    with pytest.raises(Stale):
        await house.do(question, "restrict-unlawful")


@pytest.mark.parametrize(("choice", "stopped"), [
    ("stop-marketing", ["prospecting"]),
    ("stop-purposes", [
        "customer-relations", "invoicing", "product-knowledge", "profiling", "prospecting", "risk", "statistics",
    ]),
])  # fmt: skip
async def test_an_objection_stops_exactly_what_the_page_names(house, profile, choice, stopped):  # noqa: F811
    _, link = await house.taken_on(profile["email"], OBJECT)
    question = (await house.promised.answering.show(link)).question
    assert question.choices[:2] == ("stop-marketing", "stop-purposes")
    assert "la prospection" in question.words or "prospecting" in question.words
    assert sorted(question.arguments["stops"][choice]) == stopped
    await house.say(link, choice)
    await house.work()
    [one] = await house.requests()
    assert (one.right, one.state, one.outcome) == (Right.objection, State.answered, "granted")
    seen = (await (await house.holder.client())("GET", f"/api/v1/persons/{house.person}")).body
    assert sorted(seen["objections"]) == stopped
    told = " ".join(text(house.newest(profile["email"])).split())
    assert "prospecting" in told or "la prospection" in told
    assert ("profiling" in told or "le profilage" in told) is (choice == "stop-purposes")


async def test_a_link_stops_what_it_showed_or_nothing(house):  # noqa: F811
    asked = Asked(right=Right.objection, channel="letter", person=UUID(house.person))
    one = await house.promised.rights.requests.open(house.id, asked, by="staff")
    for language, name in (("en", "invoicing"), ("fr", "la facturation")):
        question = await house.promised.by_mail.question(house.id, one.id, language)
        assert name in question.words
    for stops in ({}, {"stop-purposes": ["account-management"]}):  # what no longer can be objected to
        with pytest.raises(Stale):
            await house.do(
                msgspec.structs.replace(question, arguments=question.arguments | {"stops": stops}), "stop-purposes"
            )
    assert [known.step for known in await house.requests()] == [Step.none]


@pytest.mark.parametrize(("choice", "changed", "said"), [
    ("reviewed-stands", False, ("it stands", "maintenue")), ("reviewed-changed", True, ("changed it", "changée")),
])  # fmt: skip
async def test_a_decision_of_a_machine_is_looked_at_and_the_person_told_what_was_found(
    house, profile, choice, changed, said  # noqa: F811
):  # fmt: skip
    _, link = await house.taken_on(profile["email"], DECIDED)
    given = await house.given(link)
    with pytest.raises(NoteMissing):
        await house.promised.answering.answer(link, choice, **given)
    found = "The income was read from an old payslip; the score does not hang on it."
    await house.promised.answering.answer(link, choice, **given, note=found)
    await house.work()
    [one] = await house.requests()
    assert (one.right, one.state, one.outcome) == (Right.automated_decision, State.answered, "granted")
    review = one.papers.order.review
    assert (review.changed, review.result, review.reviewer.partition(":")[0]) == (changed, found, "mailbox")
    [carried] = [entry for entry in await house.entries() if entry["kind"] == "request-carried-out"]
    assert carried["details"]["result"]["changed"] is changed
    told = " ".join(text(house.newest(profile["email"])).split())
    assert found in told
    assert any(words in told for words in said)
    assert found not in str(await house.entries())


@pytest.mark.parametrize(("right", "offered"), [
    (Right.restriction, "restrict-"), (Right.objection, "stop-"), (Right.automated_decision, "reviewed-"),
])  # fmt: skip
async def test_of_nobody_who_is_held_nothing_is_offered_to_be_carried_out(house, right, offered):  # noqa: F811
    requests = house.promised.rights.requests
    mine = await requests.open(house.id, Asked(right=right, channel="letter", person=UUID(house.person)), by="staff")
    question = await house.promised.by_mail.question(house.id, mine.id, "en")
    assert any(choice.startswith(offered) for choice in question.choices)
    one = await requests.open(house.id, Asked(right=right, channel="letter"), by="staff")
    none = await house.promised.by_mail.question(house.id, one.id, "en")
    assert not any(choice.startswith(offered) for choice in none.choices)
    with pytest.raises(Stale):  # as if it had been
        await house.do(msgspec.structs.replace(question, arguments=none.arguments), question.choices[0], "Why.")
    assert not any(known.startswith("request-ordered") for known in await house.kinds())


async def test_of_who_was_erased_meanwhile_nothing_is_carried_out_any_more(house, profile):  # noqa: F811
    _, erase, restrict = await house.taken_on(profile["email"], f"{ERASE}{RESTRICT}")
    await house.say(erase, "erase")
    await house.work()
    with pytest.raises(Stale):
        await house.say(restrict, "restrict-accuracy")
    found = {one.right: one for one in await house.requests()}
    assert found[Right.restriction].step is Step.none
    question = await house.promised.by_mail.question(house.id, found[Right.restriction].id, "en")
    assert "restrict-accuracy" not in question.choices
    await house.say(restrict, "refuse-request", note="Your data were erased, as you asked too.")
    assert {one.state for one in await house.requests()} == {State.answered, State.refused}

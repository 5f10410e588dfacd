"""By mailbox alone: a person's request is taken on, carried out on what is held, handed over, and recipients are told."""

import io
import json
import re
import zipfile
from email.message import EmailMessage
from uuid import UUID, uuid4

import pytest
from tests.browsing import Browser
from tests.integration.test_answered_from_reminders import COMPLAINT, at, clock, links, reminder  # noqa: F401 -- fixture
from tests.integration.test_contacts import OLD
from tests.integration.test_direct_requests import ERASE
from tests.integration.test_mail import read, serving
from tests.integration.test_notices import Later
from tests.integration.test_request_steps import BOTH, Steps

from bailee.clauses.data_subject_requests.by_mail import STEP
from bailee.clauses.data_subject_requests.choices import Choices, Reached
from bailee.clauses.data_subject_requests.events import Right, State, Step
from bailee.clauses.data_subject_requests.keeping import key_name
from bailee.obligations.mailbox.answering import Answered, ShownOtherwise
from bailee.obligations.mailbox.intents import Intent, Stale
from bailee.obligations.mailbox.replies import replied
from bailee.serving import Doors

ACCESS = "Hello,\n\nPlease send me a copy of my data.\n"


class House(Steps):
    """A controller that answers from its mailbox alone."""

    async def work(self) -> None:
        """What the jobs' process does for requests, and for their letters."""
        await self.promised.rights.working.due(self.id)
        await self.go_on()

    async def taken_on(self, address: str, text: str) -> list[str]:
        """The links of the letter that follows on the word that a request is taken on."""
        await self.say(await self.passed_on(address, text), "take-on")
        await self.go_on()
        return links(self.newest())

    async def do(self, question, choice: str, note: str = "") -> None:
        """What a link's command does, once its code was right."""
        asked = Intent(
            controller=self.id, act=question.act, choice=choice, content=question.content, note=note,
            arguments=question.arguments, notice=uuid4(),
        )  # fmt: skip
        async with self.rooms.committing.transaction(self.id) as change:
            await self.promised.acts[question.act](change, asked, by="mailbox:x")

    def newest(self, to: str = OLD):
        return [read(one.content) for one in self.keeping.mails if one.rcpt_tos == [to]][-1]

    async def post(self, link: str, choice: str, **more: str):
        """Answer on the page, as a browser does."""
        self.wings.promised = self.promised
        browser = Browser(Doors(self.rooms, self.wings))
        await browser.get(f"/act/{link}")
        return await browser.post(f"/act/{link}", choice=choice, **await self.given(link), **more)


@pytest.fixture
async def house(rooms, hold, profile, clock):  # noqa: F811
    holder = await hold()
    record = {"type": "profile", "data": profile, "recipients": ["Bank AG", "Post SA"]}
    reply = await (await holder.client())("POST", "/api/v1/persons", {"groups": ["user"], "records": [record]})
    made = House(rooms, holder, Later(), clock)
    made.person = reply.body["person"]
    async with serving(made.keeping) as port:
        made.connect(port)
        yield made


async def test_an_erasure_is_carried_out_from_the_mailbox_and_everyone_hears(house, profile, clock):  # noqa: F811
    choices = Choices(recipients={"Post SA": Reached("dpo@post.example", "fr")})
    await house.promised.rights.choosing.choose(house.id, choices, by="tests")
    general, erase = await house.taken_on(profile["email"], ERASE)
    assert (await house.promised.answering.show(general)).question.choices[0] == "extend-complex"
    question = (await house.promised.answering.show(erase)).question
    assert question.choices == ("erase", "extend-complex", "extend-many", "answered", "ask-who", "refuse-request")
    await house.say(erase, "erase")
    with pytest.raises(Answered):
        await house.say(erase, "erase")
    await house.work()
    [one] = await house.requests()
    assert (one.right, one.state, one.outcome, one.person) == (Right.erasure, State.answered, "granted", None)
    client = await house.holder.client()
    assert (await client("GET", f"/api/v1/persons/{house.person}")).status in (404, 410)
    told = house.newest(profile["email"]).get_body(("plain",)).get_content()
    assert one.papers.language == "fr"
    assert "effacé pour de bon" in told
    assert house.newest("dpo@post.example")
    erased = [entry for entry in await house.entries() if entry["kind"] == "request-carried-out"]
    assert [entry["actor"].partition(":")[0] for entry in erased] == ["mailbox"]

    states = {known.name: known.state for known in await house.promised.rights.recipients.listed(one)}
    assert states == {"Bank AG": "open", "Post SA": "told"}, "whose address nobody named is told by the controller"
    owed = next(known for known in await house.promised.obligations.listed(house.id) if known.state == "open")
    assert owed.promise.clause == "rights.recipients"
    at(clock, owed.promise.reminders[0])
    [link] = links(await reminder(house))
    question = (await house.promised.answering.show(link)).question
    assert question.choices == ("told-otherwise", "impossible", "disproportionate")
    assert "Bank AG" in question.words
    assert "Post SA" not in question.words
    await house.say(link, "told-otherwise")
    assert {known.state for known in await house.promised.rights.recipients.listed(one)} == {"told"}
    assert "open" not in {known.state for known in await house.promised.obligations.listed(house.id)}
    assert await house.promised.by_mail.telling(house.id, one.id, "en") is None


async def test_a_link_about_a_request_whose_texts_have_served_says_that_things_have_changed(house, profile):
    await house.taken_on(profile["email"], ERASE)
    [one] = await house.requests()
    await house.rooms.keys.shred_controller_key(house.id, key_name(one.id))
    for choice in ("erase", "extend-complex", "answered"):
        intent = Intent(
            controller=house.id, act=STEP, choice=choice, content="", arguments={"request": str(one.id)},
            notice=uuid4(), note="said",
        )  # fmt: skip
        with pytest.raises(Stale):
            async with house.rooms.committing.transaction(house.id) as change:
                await house.promised.acts[STEP](change, intent, by="mailbox:x")


async def test_recipients_are_written_to_from_the_reminder_once_an_address_is_named(house, profile, clock):  # noqa: F811
    _, erase = await house.taken_on(profile["email"], ERASE)
    await house.say(erase, "erase")
    await house.work()
    [one] = await house.requests()
    choices = Choices(recipients={name: Reached("dpo@post.example", "fr") for name in ("Post SA", "Bank AG")})
    await house.promised.rights.choosing.choose(house.id, choices, by="tests")
    owed = next(known for known in await house.promised.obligations.listed(house.id) if known.state == "open")
    at(clock, owed.promise.reminders[0])
    [link] = links(await reminder(house))
    given = await house.given(link)
    await house.promised.rights.recipients.excuse(house.id, one.id, "Bank AG", "impossible", by="staff")
    with pytest.raises(Stale):
        await house.promised.answering.answer(link, "tell", **given)
    question = await house.promised.by_mail.telling(house.id, one.id, "fr")
    assert question.choices[0] == "tell"
    await house.do(question, "tell")
    await house.go_on()
    assert house.newest("dpo@post.example")
    assert {known.state for known in await house.promised.rights.recipients.listed(one)} == {"told", "excused"}


@pytest.mark.parametrize(("text", "right"), [
    (ACCESS, Right.access), ("Please send me my data in a machine-readable format (portability).", Right.portability),
])  # fmt: skip
async def test_what_answers_it_is_fetched_once_by_whoever_has_the_code(house, profile, text, right):
    _, link = await house.taken_on(profile["email"], text)
    await house.say(link, "carry-out")
    await house.work()
    [one] = await house.requests()
    assert (one.right, one.step, one.state) == (right, Step.done, State.working), "nobody was answered"
    assert not [mail for mail in house.keeping.mails if mail.rcpt_tos == [profile["email"]]]
    [ready] = links(house.newest())
    question = (await house.promised.answering.show(ready)).question
    assert (question.choices, question.handing) == (("fetch", "answered"), ("fetch",))
    answer = await house.post(ready, "fetch")
    assert (answer.status, answer.headers["content-type"]) == (200, "application/zip")
    with zipfile.ZipFile(io.BytesIO(answer.raw)) as pack:
        assert profile["email"] in json.dumps(json.loads(pack.read("data.json")))
    with pytest.raises(Answered):
        await house.say(ready, "fetch")
    taken = [entry for entry in await house.entries() if entry["kind"] == "pack-taken"]
    assert [entry["actor"].partition(":")[0] for entry in taken] == ["mailbox"]
    await house.go_on()
    [following] = links(house.newest())
    assert following != ready
    assert re.search("fetched|retiré", house.newest().get_body(("plain",)).get_content())
    await house.say(following, "answered", note="Handed over in person.")
    assert [known.state for known in await house.requests()] == [State.answered]


async def test_of_two_requests_each_has_its_own_link_in_the_next_letter(house, profile):
    general, *each = await house.taken_on(profile["email"], BOTH)
    asked = [(await house.promised.answering.show(link)).question for link in each]
    assert [question.choices[0] for question in asked] == ["carry-out", "erase"]
    assert len({question.arguments["request"] for question in asked}) == 2
    await house.say(general, "answered", note="Both.")
    for link, choice in zip(each, ("carry-out", "erase"), strict=True):
        with pytest.raises(Stale):
            await house.say(link, choice)


async def test_what_could_not_be_carried_out_says_so_and_may_be_begun_again(house, profile):
    _, link = await house.taken_on(profile["email"], ERASE)
    sql = "UPDATE bailee.person SET held = true WHERE controller_id = $1 AND person_id = $2"
    async with house.rooms.data.transaction(house.id) as tx:
        await tx.execute(sql, house.id, UUID(house.person))
    await house.say(link, "erase")
    await house.work()
    [one] = await house.requests()
    assert (one.step, one.reason) == (Step.stopped, "hold")
    question = await house.promised.by_mail.question(house.id, one.id, "en")
    assert "could not be finished" in question.words
    assert question.choices[0] == "erase"
    letter = house.newest().get_body(("plain",)).get_content()
    assert re.search("A hold stands|Un gel pèse", letter), "whoever ordered it need not wait for the reminder"
    [again] = links(house.newest())
    async with house.rooms.data.transaction(house.id) as tx:
        await tx.execute(sql.replace("true", "false"), house.id, UUID(house.person))
    await house.say(again, "erase")
    await house.work()
    assert [(one.state, one.outcome) for one in await house.requests()] == [(State.answered, "granted")]


async def test_what_somebody_else_ordered_is_no_mail_to_the_controller(house, profile):
    await house.passed_on(profile["email"], ACCESS)
    [one] = await house.requests()
    sent = len(house.keeping.mails)
    async with house.rooms.committing.transaction(house.id) as change:
        await house.promised.by_mail.ready(change, one)
    await house.go_on()
    assert len(house.keeping.mails) == sent


async def test_who_confirms_a_reply_is_handed_nothing(house, profile):
    _, link = await house.taken_on(profile["email"], ACCESS)
    await house.say(link, "carry-out")
    await house.work()
    sent = house.newest()
    reply = EmailMessage()
    reply["From"], reply["In-Reply-To"] = "Ada <ada@alpages.example>", str(sent["Message-ID"])
    reply.set_content("Send it.\n")
    found = replied(reply.as_bytes())
    kept = await house.promised.replying.receive(found)
    with pytest.raises(ShownOtherwise):
        await house.promised.replying.decide(house.id, kept, "fetch", by="tests")


async def test_a_complaint_offers_nothing_to_carry_out(house, profile):
    links_ = await house.taken_on(profile["email"], COMPLAINT)
    assert len(links_) == 1

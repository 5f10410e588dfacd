"""A controller answers from its mailbox: what is fetched, forwarded or guessed does nothing; what is meant is done once."""

import re
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path

import msgspec
import pytest
from tests.browsing import Browser
from tests.household import ADMIN
from tests.integration.test_mail import read, serving
from tests.integration.test_notices import NOTICE, Later, Told

from bailee.clauses.contact_data.events import Reached
from bailee.clauses.contact_data.telling import BACK, CONFIRM
from bailee.infra.tokens import Token, fresh, parse
from bailee.obligations.mailbox.answering import (
    Answered,
    NoMoreCodes,
    NotAsked,
    NotSent,
    ShownOtherwise,
    WrongCode,
)
from bailee.obligations.mailbox.asking import UnknownAct
from bailee.obligations.mailbox.intents import Stale
from bailee.obligations.mailbox.questions import Question
from bailee.obligations.mailbox.replies import replied
from bailee.vocabulary.ids import new_id

TO = "privacy@alpages.example"


@pytest.fixture
def clock(settings):
    file = Path(settings.clock.removeprefix("file:"))
    yield file
    file.write_text("+0s")


class Asked(Told):
    """A controller that is asked things, and what was done."""

    def __init__(self, *args) -> None:
        super().__init__(*args)
        self.done: list = []
        self.stale = False
        self.promised.__dict__["acts"] = {"thing-decide": self.decide}

    async def decide(self, change, intent, *, by):
        if self.stale:
            raise Stale
        self.done.append((intent.choice, intent.arguments, by))

    async def ask(self, **changes) -> str:
        """Ask, send, and give the link's text that arrived."""
        given = {
            "act": "thing-decide", "choices": ("approve", "refuse"), "heading": "Approve the thing?",
            "words": "The thing, exactly.\nAll <b>of</b> it.", "until": self.rooms.clock.now() + timedelta(days=7),
            "arguments": {"thing": "1"},
        }  # fmt: skip
        question = Question(**(given | changes))
        notice = msgspec.structs.replace(NOTICE, letter="contact_data/verify", values={"address": "-", "slots": ["x"]})
        async with self.rooms.committing.transaction(self.id) as change:
            self.notice = await self.promised.asking.ask(change, notice, question, by="tests")
        await self.go_on()
        text = read(self.keeping.mails[-1].content).get_body(("plain",)).get_content()
        self.content = question.content
        return re.search(r"/act/([A-Za-z0-9_-]+)", text)[1]

    async def code(self, text: str) -> str:
        await self.promised.answering.send_code(text)
        envelope = self.keeping.mails[-1]
        assert envelope.rcpt_tos == [TO], "to the address on record, whoever asks"
        return re.search(r"\b\d{8}\b", read(envelope.content).get_body(("plain",)).get_content())[0]

    async def answer(self, text: str, choice: str = "approve", *, code: str, content: str = "") -> None:
        await self.promised.answering.answer(text, choice, content=content or self.content, code=code)


@pytest.fixture
async def asked(rooms, hold, clock):
    made = Asked(rooms, await hold(), Later(), clock)
    async with serving(made.keeping) as port:
        made.connect(port)
        made.wings.promised = made.promised
        from bailee.serving import Doors

        made.app = Doors(rooms, made.wings)
        yield made


async def test_a_link_and_a_code_to_the_address_on_record_do_it_once(asked):
    text = await asked.ask()
    code = await asked.code(text)
    await asked.answer(text, code=code)
    [(choice, arguments, by)] = asked.done
    assert (choice, arguments) == ("approve", {"thing": "1"})
    assert re.fullmatch(r"mailbox:[0-9a-f]{32}", by)
    with pytest.raises(Answered):
        await asked.answer(text, code=code)
    assert len(asked.done) == 1
    [entry] = [one for one in await asked.entries() if one["kind"] == "mailbox-answered"]
    assert entry["actor"] == by
    assert entry["details"] == {
        "act": "thing-decide", "choice": "approve", "notice": str(asked.notice), "content": asked.content,
        "actor_kind": "controller_staff", "proof": "code",
    }  # fmt: skip


async def test_scanners_that_fetch_the_link_change_nothing_however_often(asked):
    text = await asked.ask()
    before = await asked.kinds()
    for agent in ("Mozilla/5.0", "Barracuda", ""):
        for _ in range(3):
            page = await Browser(asked.app).get(f"/act/{text}", user_agent=agent)
            assert page.status == 200
    shown = page.raw.decode()
    assert "The thing, exactly.</p><p>All &lt;b&gt;of&lt;/b&gt; it.</p>" in shown
    assert "p…@alpages.example" in shown
    assert TO not in shown
    assert asked.content in shown
    assert (await asked.kinds()) == before
    assert asked.done == []


async def test_in_the_browser_by_mailbox_alone(asked):
    text = await asked.ask()
    browser = Browser(asked.app)
    sent = await browser.post(f"/act/{text}")
    assert sent.status == 200
    code = re.search(r"\b\d{8}\b", read(asked.keeping.mails[-1].content).get_body(("plain",)).get_content())[0]
    wrong = await browser.post(f"/act/{text}", choice="approve", content=asked.content, code="00000000")
    assert wrong.status == 422
    assert "That is not the code" in wrong.raw.decode()
    done = await browser.post(f"/act/{text}", choice="refuse", content=asked.content, code=f"{code[:4]} {code[4:]}")
    assert done.status == 200
    assert "Answered, and the ledger says so" in done.raw.decode()
    assert asked.done[0][0] == "refuse"
    again = await browser.post(f"/act/{text}", choice="approve", content=asked.content, code=code)
    assert again.status == 409
    french = await Browser(asked.app).get(f"/act/{text}", accept_language="fr")
    assert "Refuser" in french.raw.decode()


async def test_a_forwarded_link_without_the_mailbox_does_nothing(asked):
    text = await asked.ask()
    for code in ("", "00000000", "x" * 100):
        with pytest.raises(WrongCode):
            await asked.answer(text, code=code)
    right = await asked.code(text)
    for _ in range(5):
        with pytest.raises(WrongCode):
            await asked.answer(text, code=f"{(int(right) + 1) % 10**8:08}")
    with pytest.raises(WrongCode):
        await asked.answer(text, code=right)
    for _ in range(4):
        right = await asked.code(text)
    with pytest.raises(NoMoreCodes):
        await asked.promised.answering.send_code(text)
    assert asked.done == []
    await asked.answer(text, code=right)


async def test_a_code_answers_for_the_address_that_it_was_mailed_to_and_for_no_other(asked):
    text = await asked.ask()
    code = await asked.code(text)
    contacts, moved = asked.promised.contacts, Reached("new@alpages.example")
    asked.promised.acts[CONFIRM], asked.promised.acts[BACK] = contacts.confirm, asked.promised.offering.take_back
    await contacts.change(asked.id, [NOTICE.kind], moved, by="tests")
    await asked.go_on()
    [verify] = [one.content for one in asked.keeping.mails if one.rcpt_tos == [moved.email]]
    link = re.search(r"/act/([A-Za-z0-9_-]+)", read(verify).get_body(("plain",)).get_content())[1]
    shown = await asked.promised.answering.show(link)
    await asked.promised.answering.answer(link, "confirm", content=shown.question.content, code="")
    assert (await asked.promised.answering.show(text)).to == moved.email, "the address on record is another one now"
    with pytest.raises(WrongCode):
        await asked.answer(text, code=code)
    assert asked.done == []
    await asked.promised.answering.send_code(text)
    mail = asked.keeping.mails[-1]
    assert mail.rcpt_tos == [moved.email]
    with pytest.raises(WrongCode):
        await asked.answer(text, code="00000000")
    anew = re.search(r"\b\d{8}\b", read(mail.content).get_body(("plain",)).get_content())[0]
    await asked.answer(text, code=anew)
    refused = [one["details"]["reason"] for one in await asked.entries() if one["kind"] == "mailbox-code-refused"]
    assert (refused, len(asked.done)) == (["address", "code"], 1)


async def test_a_code_opens_for_a_quarter_of_an_hour_and_the_question_until_its_day(asked):
    text = await asked.ask()
    code = await asked.code(text)
    asked.clock.write_text("+16m")
    with pytest.raises(WrongCode):
        await asked.answer(text, code=code)
    code = await asked.code(text)
    asked.clock.write_text("+30m")
    await asked.answer(text, code=code)
    asked.clock.write_text("+0s")
    other = await asked.ask()
    asked.clock.write_text("+6d")
    await asked.promised.answering.show(other)
    asked.clock.write_text("+8d")
    for act in (
        asked.promised.answering.show(other),
        asked.promised.answering.send_code(other),
        asked.answer(other, code="1"),
    ):
        with pytest.raises(NotAsked):
            await act


async def test_only_exactly_what_was_shown_is_answered(asked):
    text = await asked.ask()
    code = await asked.code(text)
    for choice, content in (("approve", "0" * 64), ("delete-everything", asked.content), ("approve", "é")):
        with pytest.raises(ShownOtherwise):
            await asked.answer(text, choice, code=code, content=content)
    async with asked.rooms.data.transaction(asked.id) as tx:
        await tx.execute("UPDATE bailee.mailbox_act SET content = $2 WHERE controller_id = $1", asked.id, "0" * 64)
    with pytest.raises(ShownOtherwise):
        await asked.answer(text, code=code, content="0" * 64)
    assert (await Browser(asked.app).get(f"/act/{text}")).status == 404
    assert asked.done == []


async def test_what_has_changed_meanwhile_undoes_the_answer_whole(asked):
    text = await asked.ask()
    code = await asked.code(text)
    asked.stale = True
    with pytest.raises(Stale):
        await asked.answer(text, code=code)
    assert "mailbox-answered" not in await asked.kinds()
    asked.stale = False
    await asked.answer(text, code=code)
    assert len(asked.done) == 1


async def test_a_link_that_is_none_or_anothers_opens_nothing(asked, rooms, hold):
    text = await asked.ask()
    link = parse(text)
    others = Token(link.controller, link.id, b"x" * 32), Token(new_id(), link.id, link.secret), fresh(asked.id)
    for one in ("", "x", text[:-2], text + "AAAA", *(each.text for each in others)):
        with pytest.raises(NotAsked):
            await asked.promised.answering.show(one)
        if one:
            assert (await Browser(asked.app).get(f"/act/{one}")).status == 404
            assert (await Browser(asked.app).post(f"/act/{one}", choice="approve", code="1")).status == 404


async def test_while_no_mail_leaves_no_code_is_promised(asked):
    text = await asked.ask()
    asked.connect(1)
    with pytest.raises(NotSent):
        await asked.promised.answering.send_code(text)
    assert (await Browser(asked.app).post(f"/act/{text}")).status == 503


async def test_an_act_that_the_house_does_not_know_is_never_asked(asked):
    with pytest.raises(UnknownAct):
        await asked.ask(act="nothing")


def reply(asked, words: str) -> bytes:
    mail = EmailMessage()
    mail["From"], mail["In-Reply-To"] = (
        "Ada <ada@alpages.example>",
        str(read(asked.keeping.mails[0].content)["Message-ID"]),
    )
    mail.set_content(words)
    return mail.as_bytes()


async def test_a_reply_waits_for_a_human_of_the_processor_and_is_then_the_controllers_act(asked):
    text = await asked.ask()
    replying = asked.promised.replying
    found = replied(reply(asked, "We approve.\n\n> Approve the thing?"))
    kept = await replying.receive(found)
    assert await replying.receive(found) is None, "once"
    assert asked.done == [], "a mail proves nobody"
    assert (await asked.owed())[f"reply/{kept}"] == "open"
    operator = await asked.operator()
    path = f"/notices/{asked.id}/{asked.notice}"
    opened = (await operator.post(path, act="open")).raw.decode()
    assert "We approve." in opened
    assert "ada@alpages.example" in opened
    assert text not in opened
    decided = await operator.post(f"{path}/replies/{kept}", choice="approve")
    assert decided.status == 303
    assert (await operator.post(f"{path}/replies/{kept}", choice="refuse")).status == 409
    assert asked.done[0][0] == "approve"
    assert re.fullmatch(r"mailbox:[0-9a-f]{32}", asked.done[0][2])
    [entry] = [one for one in await asked.entries() if one["kind"] == "mailbox-answered"]
    assert entry["details"]["proof"] == "reply"
    assert entry["details"]["confirmed_by"]
    assert (await asked.owed())[f"reply/{kept}"] == "discharged"
    controller = await asked.signed_in(await asked.staff(ADMIN))
    assert (await controller.post(f"{path}/replies/{kept}", choice="approve")).status == 404


async def test_a_reply_may_be_set_aside_and_one_to_nothing_is_not_kept(asked):
    await asked.ask()
    replying = asked.promised.replying
    found = replied(reply(asked, "Who are you?"))
    kept = await replying.receive(found)
    await replying.decide(asked.id, kept, "", by="tests")
    [one] = await replying.of(asked.id, asked.notice)
    assert (one.state, asked.done) == ("set-aside", [])
    assert await replying.receive(msgspec.structs.replace(found, notice=new_id())) is None
    assert await replying.receive(msgspec.structs.replace(found, recipient="0" * 16, digest="1")) is None
    with pytest.raises(Answered):
        await replying.decide(asked.id, new_id(), "approve", by="tests")

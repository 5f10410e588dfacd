"""An instruction on record is told to the controller's mailbox, and withdrawn from there without an account."""

import re
from datetime import timedelta

import pytest
from tests.integration.test_instructions import clock, held, reading, signed  # noqa: F401 -- fixtures
from tests.integration.test_mail import read, serving
from tests.integration.test_notices import Later, Told

from bailee.obligations.mailbox.answering import Answered, NotAsked, ShownOtherwise, WrongCode
from bailee.obligations.mailbox.intents import Stale


@pytest.fixture
async def told(rooms, hold, clock):  # noqa: F811
    made = Told(rooms, await hold(), Later(), clock)
    async with serving(made.keeping) as port:
        made.connect(port)
        yield made


async def links(told) -> list[str]:
    """The links of the letters that tell of instructions, the oldest first."""
    await told.promised.informing.due(told.id)
    await told.go_on()
    texts = [read(one.content).get_body(("plain",)).get_content() for one in told.keeping.mails]
    return [found[1] for text in texts if (found := re.search(r"/act/([A-Za-z0-9_-]+)", text))]


async def given(told, link: str) -> dict[str, str]:
    shown = await told.promised.answering.show(link)
    await told.promised.answering.send_code(link)
    said = read(told.keeping.mails[-1].content).get_body(("plain",)).get_content()
    return {"content": shown.question.content, "code": re.search(r"\b\d{8}\b", said)[0]}


async def test_it_is_told_once_and_withdrawn_from_there_and_the_gate_refuses_at_once(told, profile):
    person, record = await held(told.holder, profile)
    await signed(told.promised, told.holder)
    [link] = await links(told)
    assert await told.promised.informing.due(told.id) == 0, "once"
    shown = (await told.promised.answering.show(link)).question
    assert shown.choices == ("withdraw",)
    assert "Our systems may consult names" in shown.words
    assert (await reading(told.holder, person, record)).status == 200, "looking withdraws nothing"
    answer = await given(told, link)
    wrong = "0" * 8 if answer["code"] != "0" * 8 else "1" * 8
    with pytest.raises(WrongCode):
        await told.promised.answering.answer(link, "withdraw", content=answer["content"], code=wrong)
    with pytest.raises(ShownOtherwise):
        await told.promised.answering.answer(link, "withdraw", content="0" * 64, code=answer["code"])
    await told.promised.answering.answer(link, "withdraw", **answer)
    assert (await reading(told.holder, person, record)).status == 403
    assert (await reading(told.holder, person, record, purpose="account-management")).status == 200, "it alone"
    with pytest.raises(Answered):
        await told.promised.answering.answer(link, "withdraw", **answer)
    [one] = await told.promised.instructing.on_file(told.id)
    assert one.state == "suspended"
    [entry] = [one for one in await told.entries() if one["kind"] == "instruction-stopped"]
    assert entry["actor"].startswith("mailbox:")
    assert entry["details"]["instruction"] == "year-end"
    assert await told.promised.informing.due(told.id) == 0, "what is stopped is told no more"
    await told.promised.instructing.withdraw(told.id, "year-end", "Ada", key=told.holder.company.signing, by="tests")
    [one] = await told.promised.instructing.on_file(told.id)
    assert one.state == "over", "a signed withdrawal ends it for good"


async def test_a_challenge_to_it_is_answered_by_the_withdrawal(told):
    await signed(told.promised, told.holder)
    [link] = await links(told)
    made = await told.promised.challenging.challenge(told.id, "year-end", "no ground", by="dpo")
    await told.promised.answering.answer(link, "withdraw", **await given(told, link))
    [known] = await told.promised.challenging.listed(told.id)
    assert (known.id, known.state) == (made.id, "withdrawn")
    assert known.proof.startswith("notice/")
    assert (await told.owed())[f"challenge/{made.id}"] == "discharged"


async def test_what_is_over_meanwhile_is_not_withdrawn_again(told):
    await signed(told.promised, told.holder)
    [link] = await links(told)
    answer = await given(told, link)
    await told.promised.instructing.withdraw(told.id, "year-end", "Ada", key=told.holder.company.signing, by="tests")
    with pytest.raises(Stale):
        await told.promised.answering.answer(link, "withdraw", **answer)
    assert "instruction-stopped" not in await told.kinds()


async def test_the_link_opens_until_the_instruction_ends_though_the_letters_text_is_gone(told):
    end = told.rooms.clock.now() + timedelta(days=40)
    await signed(told.promised, told.holder, in_force_until=end)
    [link] = await links(told)
    for days in (31, 39):
        told.clock.write_text(f"+{days}d")
        await told.promised.keeping.forget(told.id)
        assert (await told.promised.answering.show(link)).question.choices == ("withdraw",), days
        assert await told.promised.informing.due(told.id) == 0
    told.clock.write_text("+41d")
    with pytest.raises(NotAsked):
        await told.promised.answering.show(link)
    assert await told.promised.informing.due(told.id) == 0, "it is over"


async def test_an_instruction_without_an_end_is_told_anew_before_a_year_is_over(told):
    await signed(told.promised, told.holder)
    assert len(await links(told)) == 1
    told.clock.write_text("+350d")
    assert await told.promised.informing.due(told.id) == 0
    told.clock.write_text("+353d")
    assert await told.promised.informing.due(told.id) == 1

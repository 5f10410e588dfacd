"""A controller changes where its notices go, and who its officer is, from its mailbox alone."""

import re
from datetime import timedelta

import pytest
from tests.household import ADMIN
from tests.integration.test_contacts import NEW, OLD, clock, confirm, goes_to, link, mails, told  # noqa: F401 -- fixtures
from tests.integration.test_mail import read

from bailee.clauses.contact_data.events import Reached
from bailee.clauses.contact_data.mistakes import NothingWaits
from bailee.clauses.contact_data.offering import written
from bailee.clauses.contact_data.slots import NOBODY, THEIRS
from bailee.obligations.mailbox.answering import Answered, NotAsked, WrongCode
from bailee.obligations.mailbox.intents import Stale, Unfit


async def offered(told) -> str:  # noqa: F811
    """The link of the letter that offers a change."""
    await told.promised.offering.due(told.id)
    await told.go_on()
    return link(mails(told, OLD)[-1])


async def given(told, text: str) -> dict[str, str]:  # noqa: F811
    shown = await told.promised.answering.show(text)
    await told.promised.answering.send_code(text)
    said = read(told.keeping.mails[-1].content).get_body(("plain",)).get_content()
    return {"content": shown.question.content, "code": re.search(r"\b\d{8}\b", said)[0]}


async def say(told, text: str, choice: str, note: str = "") -> None:  # noqa: F811
    await told.promised.answering.answer(text, choice, **await given(told, text), note=note)


async def test_one_address_is_changed_from_the_letter_and_used_once_the_new_one_confirms(told):  # noqa: F811
    text = await offered(told)
    assert await told.promised.offering.due(told.id) == 0, "one such letter is open at a time"
    shown = (await told.promised.answering.show(text)).question
    assert OLD in shown.words
    assert shown.choices[0] == "all"
    before = len(told.keeping.mails)
    await say(told, text, "breach", NEW.email)
    with pytest.raises(Answered):
        await say(told, text, "breach", NEW.email)
    await told.go_on()
    assert await goes_to(told, "breach") == (OLD,), "until it is confirmed from there"
    assert await told.promised.offering.due(told.id) == 1
    asked = [one for one in mails(told, OLD)[-2:] if NEW.email not in one.as_string()]
    assert asked, "the address before hears at once"
    [verify] = mails(told, NEW.email)
    await confirm(told, link(verify))
    assert await goes_to(told, "breach") == (NEW.email,)
    assert await goes_to(told) == (OLD,)
    assert len(told.keeping.mails) > before
    [asked_for] = [one for one in await told.entries() if one["kind"] == "contact-asked"]
    assert asked_for["actor"].startswith("mailbox:")
    assert NEW.email not in str(await told.entries())


async def test_every_address_and_the_officer_can_be_changed_so(told):  # noqa: F811
    await say(told, await offered(told), "all", NEW.email)
    await told.go_on()
    await confirm(told, link(mails(told, NEW.email)[0]))
    for kind in ("request", "breach", "complaint", "sub_processor", "hold", "end"):
        assert await goes_to(told, kind) == (NEW.email,)
    await told.promised.offering.due(told.id)
    await told.go_on()
    assert mails(told, NEW.email)[-1]["Subject"] != mails(told, NEW.email)[0]["Subject"], (
        "the new address is offered it now"
    )
    await say(told, link(mails(told, NEW.email)[-1]), THEIRS, "Ada Roche <ada@alpages.example>")
    await told.go_on()
    await confirm(told, link(mails(told, "ada@alpages.example")[0]))
    assert (await told.promised.addresses.now(told.id)).slots[THEIRS] == Reached("ada@alpages.example", "Ada Roche")


async def test_that_there_is_no_officer_any_more_is_said_from_the_letter_and_holds_at_once(told):  # noqa: F811
    officer = Reached("ada@alpages.example", "Ada Roche")
    await told.promised.contacts.change(told.id, [THEIRS], officer, by="tests")
    await told.go_on()
    await confirm(told, link(mails(told, officer.email)[0]))
    await told.promised.contacts.change(told.id, [THEIRS], NEW, by="tests")
    text = await offered(told)
    question = (await told.promised.answering.show(text)).question
    assert question.choices[-2:] == (THEIRS, "no-officer")
    given_ = await given(told, text)
    await told.promised.answering.answer(text, "no-officer", **given_)
    now = await told.promised.addresses.now(told.id)
    assert now.slots[THEIRS] == NOBODY
    assert not any(one.slot == THEIRS and one.state == "asked" for one in now.known), (
        "whoever was asked is not any more"
    )
    [entry] = [one for one in await told.entries() if one["kind"] == "officer-named"]
    assert (entry["actor"].partition(":")[0], entry["details"]["none"]) == ("mailbox", True)
    owed = await told.owed()
    assert owed[f"contact/{entry['details']['contact']}"] == "open", "it opens a notice"
    before = {one.rcpt_tos[0]: len(mails(told, one.rcpt_tos[0])) for one in told.keeping.mails}
    await told.go_on()
    assert (await told.owed())[f"contact/{entry['details']['contact']}"] == "discharged"
    for to in (OLD, officer.email, "dpo@passerelle.example"):
        assert len(mails(told, to)) > before.get(to, 0), to
    assert "none appointed" in mails(told, officer.email)[-1].get_body(("plain",)).get_content()
    following = (await told.promised.answering.show(await offered(told))).question
    assert "no-officer" not in following.choices, "there is none to take away"


async def test_what_was_said_of_the_officer_before_is_not_said_twice(told):  # noqa: F811
    await told.promised.contacts.change(told.id, [THEIRS], NEW, by="tests")
    await told.go_on()
    await confirm(told, link(mails(told, NEW.email)[0]))
    text = await offered(told)
    code = await given(told, text)
    await told.promised.contacts.no_officer(told.id, by="tests")
    with pytest.raises(Stale):
        await told.promised.answering.answer(text, "no-officer", **code)
    with pytest.raises(NothingWaits):
        await told.promised.contacts.no_officer(told.id, by="tests")


async def test_the_page_says_that_there_is_no_officer(told):  # noqa: F811
    await told.promised.contacts.change(told.id, [THEIRS], NEW, by="tests")
    await told.go_on()
    await confirm(told, link(mails(told, NEW.email)[0]))
    controller = await told.signed_in(await told.staff(ADMIN))
    assert "We have no officer" in (await controller.get("/contacts")).raw.decode()
    assert (await controller.post("/contacts", officer="none")).status == 303
    assert "We have no officer" not in (await controller.get("/contacts")).raw.decode()
    assert (await controller.post("/contacts", officer="none")).status == 409


async def test_a_mailbox_that_is_no_address_on_record_any_more_has_no_say(told):  # noqa: F811
    """Whoever has left keeps letters, and may still read the old mailbox: the code goes to the address on record now."""
    text = await offered(told)
    await told.promised.contacts.change(told.id, ["breach"], NEW, by="tests")
    await told.go_on()
    back, verify = mails(told, OLD)[-1], mails(told, NEW.email)[0]
    await confirm(told, link(verify))
    with pytest.raises(Stale):
        await say(told, link(back), "take-back")
    await told.promised.contacts.change(told.id, ["request"], NEW, by="tests")
    await told.go_on()
    await confirm(told, link(mails(told, NEW.email)[-1]))
    sent = len(told.keeping.mails)
    await say(told, text, "end", "next@alpages.example")
    assert told.keeping.mails[sent].rcpt_tos == [NEW.email], "the code went to who is on record now"


async def test_the_address_before_takes_a_change_back(told):  # noqa: F811
    await told.promised.contacts.change(told.id, ["request", "breach"], NEW, by="tests")
    await told.go_on()
    back = link(mails(told, OLD)[-1])
    with pytest.raises(WrongCode):
        await told.promised.answering.answer(
            back, "take-back", content=(await told.promised.answering.show(back)).question.content, code=""
        )
    await say(told, back, "take-back")
    with pytest.raises(Stale):
        await confirm(told, link(mails(told, NEW.email)[0]))
    assert await goes_to(told) == (OLD,)
    assert "open" not in (await told.owed()).values(), "nothing is owed for what was taken back"


async def test_what_is_no_address_changes_nothing_and_may_be_said_again(told):  # noqa: F811
    text = await offered(told)
    code = await given(told, text)
    for note in ("nobody", "a@b.example and c@d.example", "a@nowhere"):
        with pytest.raises(Unfit):
            await told.promised.answering.answer(text, "request", **code, note=note)
    await told.promised.answering.answer(text, "request", **code, note=NEW.email)
    assert [one["kind"] for one in await told.entries()].count("contact-asked") == 1


async def test_the_link_opens_for_a_year_though_its_letters_text_is_gone_after_a_month(told):  # noqa: F811
    text = await offered(told)
    start = told.rooms.clock.now()
    for days in (31, 365):
        told.clock.write_text(f"+{days}d")
        await told.promised.keeping.forget(told.id)
        assert (await told.promised.answering.show(text)).to == OLD, days
    assert await told.promised.offering.due(told.id) == 0
    told.clock.write_text("+367d")
    assert told.rooms.clock.now() - start > timedelta(days=366)
    with pytest.raises(NotAsked):
        await told.promised.answering.show(text)
    assert await told.promised.offering.due(told.id) == 1, "another letter follows"


async def test_who_is_offered_it_is_found_by_one_question(told):  # noqa: F811
    from bailee.clauses.contact_data import queries

    async def found():
        rows = await told.rooms.data.fetch(queries.WITH_OFFERS, [told.id], told.rooms.clock.now())
        return [row["controller"] for row in rows]

    assert await found() == [told.id]
    await told.promised.offering.due(told.id)
    assert await found() == []
    [id] = await told.promised.contacts.change(told.id, ["request"], NEW, by="tests")
    told.clock.write_text("+367d")
    assert await found() == [told.id], "the link is too old, and nothing can be confirmed any more"
    [id] = await told.promised.contacts.change(told.id, ["request"], NEW, by="tests")
    assert await found() == [], "a confirmation is waited for"
    await told.promised.contacts.drop(told.id, id, by="tests")
    assert await found() == [told.id]


def test_an_address_is_read_as_it_is_written():
    assert written("Ada Roche <ada@x.example>") == Reached("ada@x.example", "Ada Roche")
    assert written("It is ada@x.example.\n") == Reached("ada@x.example")
    assert written('Hello,\n"Roche, Ada" <ada@x.example>') == Reached("ada@x.example", "Roche, Ada")
    with pytest.raises(Unfit):
        written("")

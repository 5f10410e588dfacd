"""Notices go to the addresses that are valid; a change is confirmed from the new one, and told to the old one at once."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.integration.test_mail import read, serving
from tests.integration.test_notices import Later, Told

from bailee.clauses.contact_data.commands import Contacts
from bailee.clauses.contact_data.events import Reached
from bailee.clauses.contact_data.mistakes import NoAddress, NotAll, NothingAgreed, NothingWaits
from bailee.clauses.contact_data.slots import OURS, THEIRS
from bailee.contract.documents import Amendment, Changed, SignedDocument, content_of
from bailee.contract.signing import Signatory, sign
from bailee.infra.database import Unavailable
from bailee.obligations.mailbox.answering import NotAsked
from bailee.obligations.mailbox.intents import Stale
from bailee.vocabulary.ids import new_id

NEW = Reached("new@alpages.example")
OLD = "privacy@alpages.example"


@pytest.fixture
def clock(settings):
    file = Path(settings.clock.removeprefix("file:"))
    yield file
    file.write_text("+0s")


@pytest.fixture
async def told(rooms, hold, clock, monkeypatch):
    """A controller whose agreement can be amended: both parties' keys are at hand."""
    from bailee.cli.demo import parties

    processor = Ed25519PrivateKey.generate()
    signed = parties.signed
    monkeypatch.setattr(parties, "signed", lambda a, company, _key, at: signed(a, company, processor, at))
    made = Told(rooms, await hold(), Later(), clock)
    made.processor = processor
    async with serving(made.keeping) as port:
        made.connect(port)
        await made.promised.contacts.due(made.id)
        yield made


def mails(told, address: str) -> list:
    return [read(one.content) for one in told.keeping.mails if one.rcpt_tos == [address]]


def link(mail) -> str:
    return re.search(r"/act/([A-Za-z0-9_-]+)", mail.get_body(("plain",)).get_content())[1]


async def confirm(told, text: str) -> None:
    shown = await told.promised.answering.show(text)
    await told.promised.answering.answer(text, "confirm", content=shown.question.content, code="")


async def goes_to(told, kind="request") -> tuple[str, ...]:
    return (await told.promised.addresses.route(told.id, kind, "controller")).to


async def amend(told, at, **changes) -> None:
    listed = tuple(
        Changed(path=path.replace("__", "."), value=value, reason="agreed") for path, value in changes.items()
    )
    text = Amendment(format="bailee.dev/amendment/v1", since=at.date(), changes=listed)
    document = SignedDocument(kind="amendment", content=content_of(text), signatures=())
    for one in told.holder.agreement.signatories:
        ours = one.party == "processor"
        key = told.processor if ours else told.holder.company.signing
        name = "A. Passeur" if ours else f"For {told.holder.company.name}"
        document = sign(document, Signatory(party=one.party, role=one.role, name=name), key, at)
    await told.rooms.filing.file(told.id, document, by="tests")


async def test_a_new_address_is_used_once_it_is_confirmed_and_the_old_one_hears_at_once(told):
    await told.promised.contacts.change(told.id, ["request", "breach"], NEW, by="tests")
    await told.go_on()
    assert await goes_to(told) == (OLD,), "until it is confirmed"
    [asked], [verify] = mails(told, OLD), mails(told, NEW.email)
    assert NEW.email not in asked.as_string(), "the old address is told of a change, not of a colleague"
    assert sorted((await told.owed()).values()) == ["discharged", "open"], "told; not confirmed yet"
    await confirm(told, link(verify))
    assert await goes_to(told) == (NEW.email,)
    assert await goes_to(told, "breach") == (NEW.email,)
    assert await goes_to(told, "complaint") == (OLD,)
    assert set((await told.owed()).values()) == {"discharged"}
    [entry] = [one for one in await told.entries() if one["kind"] == "mailbox-answered"]
    assert entry["actor"].startswith("mailbox:")
    assert entry["details"]["actor_kind"] == "controller_staff"
    assert NEW.email not in str(await told.entries())
    await told.go_on()
    assert len(mails(told, "dpo@passerelle.example")) == 1, "our own people hear of it"


async def test_a_change_that_is_taken_back_or_overtaken_is_never_used(told):
    contacts = told.promised.contacts
    [id] = await contacts.change(told.id, ["request"], NEW, by="tests")
    await told.go_on()
    await contacts.drop(told.id, id, by="tests")
    with pytest.raises(NothingWaits):
        await contacts.drop(told.id, id, by="tests")
    with pytest.raises(Stale):
        await confirm(told, link(mails(told, NEW.email)[0]))
    assert await goes_to(told) == (OLD,)
    assert "withdrawn" in (await told.owed()).values()
    kinds = await told.kinds()
    assert "mailbox-answered" not in kinds, "what is stale leaves nothing behind"


async def test_an_earlier_address_that_was_corrected_cannot_be_confirmed_any_more(told):
    mistyped = Reached("newer@alpages.example")
    await told.promised.contacts.change(told.id, ["request"], mistyped, by="tests")
    await told.promised.contacts.change(told.id, ["request"], NEW, by="tests")
    await told.go_on()
    await confirm(told, link(mails(told, NEW.email)[0]))
    with pytest.raises(Stale):
        await confirm(told, link(mails(told, mistyped.email)[0]))
    assert await goes_to(told) == (NEW.email,)
    assert "open" not in (await told.owed()).values(), "nothing is owed for what was corrected"


async def test_the_link_opens_for_seven_days(told):
    await told.promised.contacts.change(told.id, ["request"], NEW, by="tests")
    await told.go_on()
    text = link(mails(told, NEW.email)[0])
    told.clock.write_text("+6d")
    await told.promised.answering.show(text)
    told.clock.write_text("+8d")
    with pytest.raises(NotAsked):
        await told.promised.answering.show(text)


async def test_a_change_counts_from_its_day(told):
    since = told.rooms.clock.now() + timedelta(days=3)
    await told.promised.contacts.change(told.id, ["request"], NEW, since=since, by="tests")
    await told.go_on()
    await confirm(told, link(mails(told, NEW.email)[0]))
    told.clock.write_text("+2d")
    assert await goes_to(told) == (OLD,)
    told.clock.write_text("+4d")
    assert await goes_to(told) == (NEW.email,)


async def test_a_waiting_notice_goes_to_the_address_that_is_valid_when_it_is_sent(told):
    await told.promised.contacts.change(told.id, ["request"], NEW, by="tests")
    await told.go_on()
    text = link(mails(told, NEW.email)[0])
    told.keeping.at_rcpt[OLD] = "450 later"
    notice = await told.queue()
    await told.go_on()
    await confirm(told, text)
    told.clock.write_text("+2m")
    await told.go_on()
    found = {one.state for one in (await told.entered(notice)).deliveries}
    assert found == {"sent", "dropped"}
    assert any("officer" in str(one["Subject"]) for one in mails(told, NEW.email))


async def test_an_amendment_that_names_other_addresses_is_told_at_once_and_ends_the_changes_before(told):
    contacts = told.promised.contacts
    await contacts.change(told.id, ["request"], NEW, by="tests")
    await told.go_on()
    await confirm(told, link(mails(told, NEW.email)[0]))
    assert await contacts.due(told.id) == 0, "nothing is told twice"
    third = {"addresses__request": "third@alpages.example"}
    await amend(told, told.rooms.clock.now(), **third)
    assert await goes_to(told) == ("third@alpages.example",)
    assert await contacts.due(told.id) == 1
    assert await contacts.due(told.id) == 0
    told.keeping.mails.clear()
    await told.go_on()
    assert len(mails(told, "third@alpages.example")) == 1
    assert set((await told.owed()).values()) == {"discharged"}


async def test_a_change_of_officer_on_either_side_is_told_at_once(told):
    contacts = told.promised.contacts
    await amend(told, told.rooms.clock.now(), parties__controller__dpo={"name": "Ada", "email": "ada@alpages.example"})
    assert await contacts.due(told.id) == 1
    assert await contacts.appoint_for_all(Reached("neu@passerelle.example", "Neu"), by="tests") == 1
    assert await contacts.appoint_for_all(Reached("neu@passerelle.example", "Neu"), by="tests") == 0
    owed = await told.promised.obligations.listed(told.id)
    assert [(one.promise.clause, one.promise.owed_by, one.state) for one in owed] == [
        ("parties.dpo", "processor", "open"), ("parties.dpo", "processor", "open"),
    ]  # fmt: skip
    await told.go_on()
    said = [one.get_body(("plain",)).get_content() for one in mails(told, OLD)]
    assert sorted("ada@" in one for one in said) == [False, True]
    assert sorted("neu@passerelle.example" in one for one in said) == [False, True]
    assert set((await told.owed()).values()) == {"discharged"}
    now = await told.promised.addresses.now(told.id)
    assert (now.slots[OURS].email, now.slots[THEIRS].email) == ("neu@passerelle.example", "ada@alpages.example")


async def test_what_is_no_address_no_slot_or_no_agreement_is_refused(told, rooms):
    contacts = told.promised.contacts
    for slots, email in ((["request"], "no address"), ([], NEW.email), ([OURS], NEW.email), (["x"], NEW.email)):
        with pytest.raises(NoAddress):
            await contacts.change(told.id, slots, Reached(email), by="tests")
    with pytest.raises(NoAddress):
        await contacts.appoint(told.id, Reached("a@x.example\nBcc: b@y.example", "N"), by="tests")
    nobody = await rooms.filing.open_dossier("Nobody", by="tests")
    with pytest.raises(NothingAgreed):
        await contacts.change(nobody, ["request"], NEW, by="tests")


async def test_the_page_shows_and_changes_the_addresses(told):
    from tests.household import ADMIN

    browser = await told.signed_in(await told.staff(ADMIN))
    shown = (await browser.get("/contacts")).raw.decode()
    assert shown.count(OLD) >= 6
    wrong = await browser.post("/contacts", ("slots", "breach"), email="nobody at all", name="Nora")
    assert wrong.status == 422
    for typed in (b'value="Nora"', b'value="nobody at all"', b'value="breach" checked'):
        assert typed in wrong.raw, "what was typed and ticked stays"
    assert wrong.raw.count(b" checked>") == 1
    asked = await browser.post("/contacts", ("slots", "request"), email=NEW.email)
    assert asked.status == 303
    page = (await browser.get("/contacts")).raw.decode()
    [id] = re.findall(r"/contacts/([0-9a-f-]+)/drop", page)
    assert (await browser.post(f"/contacts/{id}/drop")).status == 303
    assert (await browser.post(f"/contacts/{id}/drop")).status == 409
    ours = await (await told.operator()).post("/contacts", name="", email="x")
    assert ours.status == 422


async def test_one_controller_that_cannot_be_told_of_our_officer_keeps_no_other_from_it(told, monkeypatch):
    contacts = told.promised.contacts
    appoint, all_of_them, broken = Contacts.appoint, contacts._controllers, new_id()

    async def with_one_more():
        return [broken, *await all_of_them()]

    async def away(_self, controller, officer, *, by):
        if controller == broken:
            raise Unavailable("away")
        return await appoint(contacts, controller, officer, by=by)

    now = contacts._addresses.now

    async def as_theirs(controller):
        return await now(told.id if controller == broken else controller)

    monkeypatch.setattr(contacts, "_controllers", with_one_more)
    monkeypatch.setattr(contacts._addresses, "now", as_theirs)
    monkeypatch.setattr(Contacts, "appoint", away)
    officer = Reached("zoe@passerelle.example", "Zoe")
    with pytest.raises(NotAll, match="1"):
        await contacts.appoint_for_all(officer, by="tests")
    assert (await now(told.id)).slots[OURS] == officer
    monkeypatch.setattr(contacts, "_controllers", all_of_them)
    assert await contacts.appoint_for_all(officer, by="tests") == 0, "nobody is told twice"
    monkeypatch.setattr(Contacts, "appoint_for_all", refused)
    shown = await (await told.operator()).post("/contacts", name="Zoe", email="zoe@passerelle.example")
    assert (shown.status, b'value="Zoe"' in shown.raw) == (503, True)


async def refused(*_: object, **__: object) -> int:
    raise NotAll(1)

"""Direct requests: what a person writes reaches its controllers at once, sealed, once, and nobody answers."""

import asyncio
import hashlib
import io
import os
import zipfile
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path
from uuid import UUID

import aiosmtplib
import msgspec
import pytest
from jsonschema import Draft202012Validator
from tests.household import Household, worked
from tests.receiving import Authority

from bailee.clauses.direct_requests import commands, envelope
from bailee.clauses.direct_requests.addressing import Addresses
from bailee.clauses.direct_requests.commands import Decided, Gone, Messages
from bailee.clauses.direct_requests.consulting import NoRequest
from bailee.clauses.direct_requests.events import Received, Written
from bailee.clauses.direct_requests.listening import Mailbox, listening
from bailee.clauses.direct_requests.maildir import Maildir
from bailee.contract.documents import InstructionText, SignedDocument, content_of
from bailee.contract.signing import Signatory, sign
from bailee.infra.database import Unavailable
from bailee.infra.outbound import trust
from bailee.obligations.notices.queueing import NOTICES
from bailee.promised import Promised
from bailee.proof.verify import verify_paths

OURS = "privacy@passerelle.example"
ERASE = "Bonjour,\n\nJe vous demande de supprimer toutes mes données personnelles.\n\nCordialement"


class Desk:
    """The platform's intake, and what reaches controllers."""

    def __init__(self, rooms):
        self.rooms = rooms
        self.promised = Promised(rooms)
        self.messages: Messages = self.promised.messages
        self.keeping = self.promised.incoming
        own = Addresses(frozenset({OURS}))
        given = {"keeping": self.keeping, "addresses": own, "whose": self.promised.slugs.whose, "clock": rooms.clock}
        self.mailbox = Mailbox(**given)
        self.given = given

    async def mailed(self, content: bytes, *, sender="", to=OURS, **options):
        """Bring a mail by SMTP, as another server would; what ours said."""
        async with listening(self.mailbox, "127.0.0.1:0", host_name="mx.passerelle.example", **options) as port:
            async with aiosmtplib.SMTP(hostname="127.0.0.1", port=port, start_tls=False) as client:
                return await client.sendmail(sender, [to], content)

    async def wrote(self, **fields):
        written = Written(**{"reply_to": "", "text": ""} | fields)
        return await self.keeping.take_in(Received(channel="form", received_at=self.rooms.clock.now(), written=written))

    async def letters(self, controller):
        """The letters that wait for a controller, opened, by clause."""
        sql = "SELECT notice_id, sealed, sealed_under, state FROM bailee.notice WHERE controller_id = $1 ORDER BY notice_id"
        async with self.rooms.data.transaction(controller) as tx:
            rows = await tx.fetch(sql, controller)
        found = []
        for row in rows:
            key = await self.rooms.keys.controller_key(controller, row["sealed_under"], create=False)
            found.append(NOTICES.unseal(key, controller, row["notice_id"], row["sealed"]))
        return found

    async def obligations(self, controller):
        return {one.promise.clause: one for one in await self.promised.obligations.listed(controller)}

    async def passed_on(self, content, *, sender="", to=OURS):
        """Bring a mail, and let the worker look at all that waits; how the mail stands then."""
        await self.mailed(content, sender=sender, to=to)
        await self.messages.due()
        return await newest(self)


def mail(sender: str, text: str = ERASE, subject: str = "Mes données", **headers: str) -> bytes:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, OURS, subject
    message["Message-ID"] = f"<{os.urandom(8).hex()}@elsewhere.example>"
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content(text)
    return message.as_bytes()


@pytest.fixture
async def desk(rooms):
    return Desk(rooms)


@pytest.fixture
async def held(hold, profile):
    """A controller that holds somebody, and who."""
    holder = await hold()
    person, _ = await (await holder.client()).person(profile)
    return holder, UUID(person), profile["email"]


@pytest.fixture
def clock(settings):
    """The file of the simulated clock, put back afterwards."""
    file = Path(settings.clock.removeprefix("file:"))
    yield file
    file.write_text("+0s")


async def newest(desk):
    states = ("received", "unassigned", "forwarded", "own", "dismissed", "automatic")
    return (await desk.keeping.listed(states, 1))[0]


async def test_a_mail_reaches_the_controller_of_its_person_with_its_clock_and_a_signed_envelope(desk, held, rooms):
    holder, person, address = held
    content = mail(address)
    found = await desk.passed_on(content, sender=address)
    assert (found.state, found.reason, found.forwarded, found.readable) == ("forwarded", "held", 1, False)
    [notice] = await desk.letters(holder.id)
    assert (notice.kind, notice.clause, notice.letter) == ("request", "rights.forward", "direct_requests/request")
    assert (notice.values["sender"], notice.values["rights"]) == (address, ["A17"])
    clocks = await desk.obligations(holder.id)
    assert clocks["rights.forward"].id == notice.discharges
    assert clocks["rights.tools"].promise.owed_by == "controller", "its own clock runs since the same receipt"
    whole, note, original = notice.attachments
    assert original.content.replace(b"\r\n", b"\n").rstrip() == content.rstrip()
    said = msgspec.json.decode(whole.content)
    Draft202012Validator(envelope.schema(), format_checker=Draft202012Validator.FORMAT_CHECKER).validate(said)
    assert (said["subject_request_type"], said["not_answered"]) == ("erasure", True)
    assert said["persons"] == [str(person)]
    assert said["original"]["sha256"] == hashlib.sha256(original.content).hexdigest()
    entries = await Household(rooms, holder.id).entries()
    received = next(one for one in entries if one["kind"] == "request-received")
    assert received["persons"] == [str(person)]
    assert address not in str(entries)
    forwarded = next(one for one in entries if one["kind"] == "request-forwarded")
    assert forwarded["digest"] == hashlib.sha256(whole.content).hexdigest()
    with pytest.raises(Gone):
        await desk.messages.opened(found.message_id, by="tests")


async def test_what_a_controller_gets_by_mail_verifies_offline_against_the_key_of_its_agreement(
    desk, held, rooms, folder
):
    holder, _, address = held
    await desk.passed_on(mail(address))
    [letter] = await desk.letters(holder.id)
    for one in letter.attachments:
        (folder / one.name).write_bytes(one.content)
    whole = folder / letter.attachments[0].name
    batch, position = msgspec.json.decode(whole.read_bytes())["receipt"].rsplit(".", 1)
    await rooms.reading.integrated(holder.id)
    receipt = await rooms.reading.receipt(holder.id, UUID(batch), int(position))
    whole.with_suffix(".tlog-proof").write_text(receipt)
    found = verify_paths([whole], [holder.agreement.ledger.verifier_key])
    assert [one.words for one in found if not one.ok] == []
    said = " ".join(one.words for one in found)
    assert "is the message as it came" in said
    assert "it is recorded as entry" in said
    whole.write_bytes(whole.read_bytes().replace(address.encode(), b"x" * len(address)))
    assert any(not one.ok for one in verify_paths([whole], [holder.agreement.ledger.verifier_key]))


async def test_each_controller_is_told_only_of_its_own_and_the_others_hear_nothing(desk, hold, profile, rooms):
    one, other, nobody = await hold(), await hold(1), await hold()
    for holder in (one, other):
        await (await holder.client()).person(profile)
    found = await desk.passed_on(mail(profile["email"]))
    assert found.forwarded == 2
    [first], [second] = await desk.letters(one.id), await desk.letters(other.id)
    ids = {letter.values["request"] for letter in (first, second)}
    assert len(ids) == 2, "two controllers cannot compare"
    assert str(other.id) not in str(first.attachments[0].content)
    assert second.values["controller"] not in first.values["text"] + str(first.attachments[0].content)
    assert await desk.letters(nobody.id) == []
    kinds = {entry["kind"] for entry in await Household(rooms, nobody.id).entries()}
    assert not kinds & {"request-received", "person-sought"}


async def test_its_letter_leads_to_the_very_page_where_the_console_has_an_address_and_nowhere_else(desk, held):
    holder, _, address = held
    await desk.passed_on(mail(address))
    desk.promised.forwarding._console = "https://console.example"
    await desk.passed_on(mail(address, "I want to complain: you shared my data without my consent."))
    first, second = await desk.letters(holder.id)
    [one] = [each for each in await desk.promised.direct.listed(holder.id) if each.kinds == ("A77",)]
    assert (first.values["console"], second.values["console"]) == ("", f"https://console.example/received/{one.id}")
    for language in ("en", "fr"):
        plain, linked = [desk.promised.letters.write(each.letter, language, each.values) for each in (first, second)]
        assert "/received/" not in plain.text + plain.html
        assert second.values["console"] in linked.text
        assert f'href="{second.values["console"]}"' in linked.html
    del second.values["console"]  # as it was queued by a version before
    bare = desk.promised.letters.write(second.letter, "en", second.values).text
    assert [one for one in bare.split() if one.startswith("http")] == [second.values["link"]], "but the one that acts"


async def test_who_is_unknown_is_answered_alike_and_a_human_decides_under_a_clock(desk, held, rooms):
    holder, _, address = held
    known, unknown = [await desk.mailed(mail(one)) for one in (address, "nobody@elsewhere.example")]
    assert known == unknown
    await desk.messages.due()
    [found] = await desk.keeping.listed(("unassigned",), 1)
    assert found.reason == "nobody-found"
    waits = [
        one for one in await desk.promised.obligations.listed(rooms.platform)
        if one.promise.subject == f"message/{found.message_id}"
    ]  # fmt: skip
    assert [(one.promise.clause, one.promise.binding - found.received_at) for one in waits] == [
        ("rights.forward", timedelta(hours=72))
    ]
    shown, read = await desk.messages.opened(found.message_id, by="tests")
    assert read.text == ERASE
    assert await desk.messages.assign(found.message_id, [holder.id], ["A77"], by="tests") == 1
    clocks = await desk.obligations(holder.id)
    assert clocks["rights.complaint"].promise.due.strict == found.received_at + timedelta(hours=72)
    assert [one.values["rights"] for one in await desk.letters(holder.id)] == [["A17"], ["A77"]]
    ended = await desk.promised.obligations.one(rooms.platform, waits[0].id)
    assert ended.state == "discharged"
    with pytest.raises(Decided):
        await desk.messages.assign(found.message_id, [holder.id], ["A17"], by="tests")


async def test_a_message_that_is_both_runs_both_clocks_and_goes_to_both_addresses(desk, held):
    holder, _, address = held
    text = "I want to complain: you shared my data without my consent. Delete all my data now."
    await desk.passed_on(mail(address, text))
    letters = {one.kind: one for one in await desk.letters(holder.id)}
    assert set(letters) == {"request", "complaint"}
    clocks = await desk.obligations(holder.id)
    assert set(clocks) == {"rights.forward", "rights.complaint", "rights.tools"}
    received = (await newest(desk)).received_at
    assert clocks["rights.complaint"].promise.binding - received == timedelta(hours=72)
    [one] = await desk.promised.direct.listed(holder.id)
    assert one.verdict == "both"
    assert {clock.clause for clock in one.clocks} == {"rights.forward", "rights.complaint"}
    assert all(0 <= clock.seconds < 600 and not clock.late for clock in one.clocks)


async def test_a_text_that_no_rule_understands_is_forwarded_like_a_request(desk, held):
    holder, _, address = held
    await desk.passed_on(mail(address, "Prosim, potrebuji s vami mluvit o mem uctu."))
    [letter] = await desk.letters(holder.id)
    assert (letter.kind, letter.values["verdict"]) == ("request", "unclear")


async def test_a_sub_address_and_a_form_field_name_a_controller_that_holds_nobody(desk, hold):
    holder, other, _namesake = await hold(), await hold(1), await hold(1)
    slug = await desk.promised.slugs.of(holder.id)
    local, _, domain = OURS.partition("@")
    found = await desk.passed_on(mail("someone@new.example"), to=f"{local}+{slug}@{domain}")
    assert (found.state, found.reason) == ("forwarded", "addressed")
    await desk.wrote(reply_to="someone@new.example", text="Delete my data", company="harbour chandlers")
    await desk.messages.due()
    found = await newest(desk)
    assert found.state == "unassigned", "two companies have that name"
    assert found.reason == "company-unknown"
    assert len(await desk.letters(holder.id)) == 1
    assert await desk.letters(other.id) == []


async def test_who_claims_several_senders_or_none_is_left_to_a_human(desk, held):
    holder, _, address = held
    for sender in (f"{address}, other@elsewhere.example", "not an address", ""):
        content = mail("x@y.example").replace(b"From: x@y.example", f"From: {sender}".encode())
        found = await desk.passed_on(content)
        assert (found.state, found.reason) == ("unassigned", "nobody-found"), sender
    assert await desk.letters(holder.id) == []


async def test_nothing_written_in_a_mail_becomes_a_header_or_a_line_of_ours(desk, held):
    holder, _, address = held
    content = mail(address).replace("Subject: Mes données".encode(), b"Subject: x")
    lines = [one for one in content.split(b"\n") if not one.lower().startswith(b"subject:")]
    content = b"Subject: =?utf-8?q?Hello=0D=0ABcc:_x@y.example=0A=E2=80=AEexe?=\n" + b"\n".join(lines)
    await desk.passed_on(content)
    [letter] = await desk.letters(holder.id)
    assert letter.values["subject_line"] == "Hello Bcc: x@y.example exe"
    assert not any(ord(one) < 32 for one in letter.values["name"] + letter.values["sender"])


async def test_the_same_mail_brought_twice_is_one_message_and_forwarded_once(desk, held):
    holder, _, address = held
    content = mail(address)
    for _ in range(2):
        await desk.mailed(content, sender=address)
        await desk.messages.due()
    assert len(await desk.letters(holder.id)) == 1


async def test_a_maildir_is_emptied_and_what_comes_again_is_known(desk, held, folder):
    holder, _, address = held
    maildir = Maildir(folder, **desk.given)
    for name in ("new", "cur", "tmp"):
        (folder / name).mkdir()
    content = mail(address)
    (folder / "new" / "1.a.host").write_bytes(content)
    (folder / "tmp" / "2.b.host").write_bytes(content)
    (folder / "new" / "3.link").symlink_to(folder / "tmp" / "2.b.host")
    assert await maildir.take() == 1
    assert not (folder / "new" / "1.a.host").exists()
    (folder / "cur" / "1.a.host:2,S").write_bytes(content)  # as after a kill before it was removed
    assert await maildir.take() == 1
    await desk.messages.due()
    assert len(await desk.letters(holder.id)) == 1
    assert (folder / "tmp" / "2.b.host").exists()


class Waits:
    """Someone who waits for what comes back."""

    def __init__(self, *, bounces=False, replies=False):
        self.seen, self.bounces, self.replies = [], bounces, replies

    async def bounced(self, content, _to):
        self.seen.append(("bounce", content))
        return self.bounces

    async def replied(self, content):
        self.seen.append(("reply", content))
        return self.replies


MACHINES = [
    ({"Auto_Submitted": "auto-replied"}, "reply"),
    ({"X_Autoreply": "yes"}, "reply"),
    ({"List_Id": "<news.example>"}, "list"),
    ({"Precedence": "bulk"}, "list"),
    ({"Return_Path": "<>"}, "bounce"),
]


@pytest.mark.parametrize(("headers", "reason"), MACHINES)
async def test_a_machines_mail_is_set_aside_and_reaches_nobody(desk, held, headers, reason):
    holder, _, address = held
    found = await desk.passed_on(mail(address, "Our autumn collection is here.", "News", **headers))
    assert (found.state, found.reason) == ("automatic", reason)
    assert await desk.letters(holder.id) == []


@pytest.mark.parametrize("headers", [headers for headers, reason in MACHINES if reason != "bounce"])
async def test_a_mailing_that_plainly_asks_for_a_right_waits_for_a_human_under_its_clock(
    desk, held, rooms, clock, headers
):
    holder, _, address = held
    found = await desk.passed_on(mail(address, **headers))
    assert (found.state, found.reason, found.kinds) == ("unassigned", "machine-asks", ("A17",))
    assert await desk.letters(holder.id) == [], "nothing of a machine is passed on unseen"
    owed = [one for one in await desk.promised.obligations.listed(rooms.platform)
            if one.promise.subject == f"message/{found.message_id}"]  # fmt: skip
    assert [one.promise.binding - found.received_at for one in owed] == [timedelta(hours=72)]
    clock.write_text("+8d")
    await desk.keeping.forget()
    assert (await desk.keeping.find(found.message_id)).readable, "it lies there until someone has decided"
    assert await desk.messages.assign(found.message_id, [holder.id], ["A17"], by="tests") == 1


async def test_of_two_who_decide_at_once_the_second_is_told_and_nobody_else_hears_of_the_person(desk, hold):
    first, second = await hold(), await hold(1)
    found = await desk.passed_on(mail("nobody@elsewhere.example"))
    forward, tried = desk.messages._forwarding.forward, []

    async def slowly(controller, letter):
        for decide in (
            desk.messages.assign(found.message_id, [second.id], ["A17"], by="another"),
            desk.messages.set_aside(found.message_id, "dismissed", by="another"),
        ):
            with pytest.raises(Decided):
                await decide
            tried.append(controller)
        return await forward(controller, letter)

    desk.messages._forwarding.forward = slowly
    assert await desk.messages.assign(found.message_id, [first.id], ["A17"], by="one") == 1
    assert tried == [first.id, first.id]
    assert len(await desk.letters(first.id)) == 1
    assert await desk.letters(second.id) == []
    assert (await newest(desk)).forwarded == 1


async def test_a_decision_that_failed_can_be_taken_again_at_once(desk, hold):
    holder = await hold()
    found = await desk.passed_on(mail("nobody@elsewhere.example"))
    forward = desk.messages._forwarding.forward

    async def away(_controller, _letter):
        raise Unavailable("away")

    desk.messages._forwarding.forward = away
    with pytest.raises(Unavailable):
        await desk.messages.assign(found.message_id, [holder.id], ["A17"], by="one")
    desk.messages._forwarding.forward = forward
    assert await desk.messages.assign(found.message_id, [holder.id], ["A17"], by="another") == 1


async def test_what_has_travelled_too_far_or_comes_from_us_goes_no_further(desk, held):
    holder, _, address = held
    hops = b"".join(b"Received: from a by b; Wed, 25 Nov 2026 10:00:00 +0000\n" for _ in range(51))
    far = await desk.passed_on(hops + mail(address))
    ours = await desk.passed_on(mail(desk.rooms.settings.sender))
    assert [(one.state, one.reason) for one in (far, ours)] == [("automatic", "loop")] * 2
    assert await desk.letters(holder.id) == []


async def test_a_program_that_asks_for_somebody_is_heard_and_one_that_asks_nothing_is_not(desk, held):
    holder, _, address = held
    asks = await desk.passed_on(mail(address, Auto_Submitted="auto-generated"))
    assert asks.state == "forwarded"
    nothing = await desk.passed_on(
        mail(address, "Weekly report: 7 jobs ran.", "Report", Auto_Submitted="auto-generated")
    )
    assert (nothing.state, nothing.reason) == ("automatic", "generated")
    assert len(await desk.letters(holder.id)) == 1


async def test_bounces_and_answers_of_ours_go_to_who_waits_for_them_and_are_shredded_at_once(rooms, held):
    _, _, address = held
    desk, waits = Desk(rooms), Waits(bounces=True, replies=True)
    desk.messages._returned = waits
    bounce = mail("MAILER-DAEMON@elsewhere.example")
    found = await desk.passed_on(bounce)
    assert (found.state, found.reason, found.readable) == ("automatic", "bounce-of-ours", False)
    found = await desk.passed_on(mail(address, "Confirmed", "Re: a letter"))
    assert (found.state, found.reason, found.readable) == ("automatic", "reply-to-ours", False)
    assert [kind for kind, _ in waits.seen] == ["bounce", "reply"]


async def test_twenty_megabytes_and_a_zip_are_passed_on_unopened(desk, held):
    holder, _, address = held
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bomb", b"\0" * 4_000_000)
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = address, OURS, "Suppression"
    message.set_content("Supprimez mes données, voir les pièces jointes.")
    message.add_attachment(packed.getvalue(), maintype="application", subtype="zip", filename="../../evil.zip")
    message.add_attachment(os.urandom(14_000_000), maintype="application", subtype="octet-stream", filename="big")
    content = message.as_bytes()
    assert len(content) > 18_000_000
    await desk.passed_on(content)
    [letter] = await desk.letters(holder.id)
    assert letter.values["rights"] == ["A17"]
    assert letter.values["attached"] is False
    assert [one.name.endswith((".json", ".note")) for one in letter.attachments] == [True, True]
    said = msgspec.json.decode(letter.attachments[0].content)
    [one] = await desk.promised.direct.listed(holder.id)
    name, original = await desk.promised.direct.original(holder.id, one.id, by="tests")
    assert (name, hashlib.sha256(original).hexdigest()) == ("message.eml", said["original"]["sha256"])
    with pytest.raises(aiosmtplib.SMTPException) as refused:
        await desk.mailed(b"Subject: x\r\n\r\n" + b"a" * 76 + b"\r\n" + b"b\r\n" * 9_000_000)
    assert refused.value.code == 552


async def test_it_is_no_relay_and_what_cannot_be_kept_now_is_refused_for_now(desk, monkeypatch):
    with pytest.raises(aiosmtplib.SMTPRecipientsRefused):
        await desk.mailed(mail("a@b.example"), to="victim@elsewhere.example")

    async def full(*_given, **_named):
        raise Unavailable("the disk is nearly full")

    monkeypatch.setattr(desk.keeping, "take_in", full)
    with pytest.raises(aiosmtplib.SMTPDataError) as refused:
        await desk.mailed(mail("a@b.example"))
    assert refused.value.code == 451


async def test_with_a_certificate_mail_comes_over_starttls(desk, folder):
    authority = Authority(folder, "127.0.0.1")
    async with listening(desk.mailbox, "127.0.0.1:0", host_name="mx.example", tls=authority.server()) as port:
        client = aiosmtplib.SMTP(hostname="127.0.0.1", port=port, start_tls=True, tls_context=trust(authority.pem))
        async with client:
            assert not client.supports_extension("auth")
            await client.sendmail("", [OURS], mail("a@b.example"))
    await desk.messages.due()
    assert (await newest(desk)).state == "unassigned"


async def test_what_nobody_is_found_for_may_be_ours_or_neither(desk, rooms, clock):
    await desk.wrote(reply_to="jo@elsewhere.example", text="Delete my application.", about_us=True)
    await desk.messages.due()
    found = await newest(desk)
    assert (found.state, found.reason) == ("own", "own")
    owed = [one for one in await desk.promised.obligations.listed(rooms.platform)
            if one.promise.subject == f"message/{found.message_id}"]  # fmt: skip
    assert [(one.promise.clause, one.promise.owed_to) for one in owed] == [("parties.contacts", "person")]
    await desk.messages.answered(found.message_id, by="tests")
    assert (await desk.promised.obligations.one(rooms.platform, owed[0].id)).state == "discharged"
    other = await desk.passed_on(mail("jo@elsewhere.example", "Hello", "Hello"))
    await desk.messages.set_aside(other.message_id, "dismissed", by="tests")
    assert await desk.keeping.open(other.message_id) is not None
    clock.write_text("+6d")
    await desk.keeping.forget()
    assert await desk.keeping.open(other.message_id) is not None, "the day before"
    clock.write_text("+8d")
    await desk.keeping.forget()
    assert await desk.keeping.open(other.message_id) is None
    assert await desk.keeping.open(found.message_id) is None


async def test_a_controllers_copy_is_shredded_after_its_term_and_the_evidence_stays(desk, held, rooms, clock):
    holder, _, address = held
    await desk.passed_on(mail(address))
    direct = desk.promised.direct
    [one] = await direct.listed(holder.id)
    _, read = await direct.opened(holder.id, one.id, by="staff")
    assert read.sender == address
    kinds = [entry["kind"] for entry in await Household(rooms, holder.id).entries()]
    assert kinds.count("request-opened") == 1
    clock.write_text("+29d")
    await rooms.ticking.confirm()
    await worked(desk.promised.duties(), "messages that have served", holder.id)
    assert (await direct.one(holder.id, one.id)).readable
    clock.write_text("+31d")
    await rooms.ticking.confirm()
    await worked(desk.promised.duties(), "messages that have served", holder.id)
    with pytest.raises(NoRequest):
        await direct.opened(holder.id, one.id, by="staff")
    gone = await direct.one(holder.id, one.id)
    assert (gone.readable, gone.kinds) == (False, ("A17",))


async def test_the_key_of_a_request_that_never_came_to_be_is_swept_after_an_hour(desk, held, rooms, clock):
    holder, _, address = held
    open_within, orphans = desk.promised.rights.requests.open_within, desk.promised.orphans

    async def kept():
        before = rooms.clock.now() + timedelta(seconds=1)
        return set(await rooms.keys.old_names(holder.id, "request/", before=before, after="", limit=100))

    async def dies(change, asked, **more):
        await open_within(change, asked, **more)
        raise RuntimeError("in the middle of its transaction")

    await desk.mailed(mail(address))
    desk.promised.rights.requests.open_within = dies
    with pytest.raises(RuntimeError):
        await desk.messages.due()
    left = await kept()
    assert len(left) == 2, "the message's, and the request's that it would have become"
    desk.promised.rights.requests.open_within = open_within
    clock.write_text("+1m")
    assert await desk.messages.due() == 1
    assert len(await kept()) == 4
    clock.write_text("+59m")
    assert await orphans.sweep(holder.id) == 0, "a transaction may be under way"
    clock.write_text("+2h")
    assert await orphans.sweep(holder.id) == 2
    assert await orphans.sweep(holder.id) == 0
    assert not left & await kept()
    [one] = await desk.promised.direct.listed(holder.id)
    _, read = await desk.promised.direct.opened(holder.id, one.id, by="staff")
    assert read.sender == address
    [asked] = await desk.promised.rights.keeping.listed(holder.id)
    assert (await desk.promised.rights.keeping.find(holder.id, asked.id)).papers is not None
    entries = await Household(rooms, holder.id).entries()
    assert [one["details"]["keys"] for one in entries if one["kind"] == "orphan-keys-shredded"] == [2]


async def test_a_complaint_that_the_rules_missed_runs_since_its_receipt(desk, held):
    holder, _, address = held
    found = await desk.passed_on(mail(address))
    direct = desk.promised.direct
    [one] = await direct.listed(holder.id)
    await direct.correct(holder.id, one.id, ("A17", "A77"), by="staff")
    clocks = await desk.obligations(holder.id)
    assert clocks["rights.complaint"].promise.binding == found.received_at + timedelta(hours=72)
    assert [letter.kind for letter in await desk.letters(holder.id)] == ["request", "complaint"]
    await direct.correct(holder.id, one.id, ("A15", "A77"), by="staff")
    assert len(await desk.letters(holder.id)) == 2
    corrected = await direct.one(holder.id, one.id)
    assert (corrected.kinds, corrected.reasons[-1]) == (("A15", "A77"), "human")


async def asked_of(desk, controller):
    """The requests that stand at a controller: right, state, reason."""
    return sorted(
        (str(one.right), str(one.state), one.reason) for one in await desk.promised.rights.keeping.listed(controller)
    )


async def test_a_message_read_again_is_taken_for_what_it_is_once_and_no_longer_for_what_it_is_not(desk, held, rooms):
    holder, person, address = held
    found = await desk.passed_on(mail(address))
    direct, rights = desk.promised.direct, desk.promised.rights
    [one] = await direct.listed(holder.id)
    assert await asked_of(desk, holder.id) == [("erasure", "received", "")]
    for _ in range(2):
        await direct.correct(holder.id, one.id, ("A15",), by="staff")
        assert await asked_of(desk, holder.id) == [("access", "received", ""), ("erasure", "withdrawn", "misread")]
    [access] = [each for each in await rights.keeping.listed(holder.id) if each.open]
    assert (access.person, access.received_at, access.message) == (person, found.received_at, one.id)
    assert (await rights.keeping.find(holder.id, access.id)).papers.contact == address
    owed = {each.promise.subject: each.state for each in await desk.promised.obligations.listed(holder.id)}
    assert owed[access.subject] == "open"
    assert sorted(owed.values()) == ["open", "open", "withdrawn"], "the letter, the new month, the month that was none"
    assert len(await desk.letters(holder.id)) == 1, "it was passed on as a request before"
    await direct.correct(holder.id, one.id, ("A15", "A17"), by="staff")
    again = [("access", "received", ""), ("erasure", "received", ""), ("erasure", "withdrawn", "misread")]
    assert await asked_of(desk, holder.id) == again
    told = [each for each in await Household(rooms, holder.id).entries() if each["kind"] == "request-corrected"]
    assert [each["details"]["rights"] for each in told] == [["A15"], ["A15"], ["A15", "A17"]]


async def test_a_complaint_that_is_a_request_is_passed_on_as_one_and_its_own_clock_ends(desk, held):
    holder, person, address = held
    found = await desk.passed_on(mail(address, "I want to complain: you shared my data.", "Complaint"))
    direct = desk.promised.direct
    [one] = await direct.listed(holder.id)
    assert (one.kinds, await asked_of(desk, holder.id)) == (("A77",), [])
    await direct.correct(holder.id, one.id, ("A18",), by="staff")
    letters = await desk.letters(holder.id)
    assert [each.kind for each in letters] == ["complaint", "request"]
    said = msgspec.json.decode(letters[1].attachments[0].content)
    assert [each["article"] for each in said["rights"]] == ["A18"]
    assert said["persons"] == [str(person)]
    clocks = await desk.obligations(holder.id)
    assert clocks["rights.complaint"].state == "discharged"
    assert clocks["rights.complaint"].proof.startswith("entry/")
    assert clocks["rights.forward"].promise.binding == found.received_at + timedelta(hours=1)
    assert clocks["rights.tools"].promise.owed_by == "controller"
    await direct.correct(holder.id, one.id, ("A77",), by="staff")
    assert len(await desk.letters(holder.id)) == 2, "it was told as a complaint before"
    assert await asked_of(desk, holder.id) == [("restriction", "withdrawn", "misread")]


async def test_what_was_answered_stays_answered_however_its_message_is_read_later(desk, held):
    holder, _, address = held
    await desk.passed_on(mail(address))
    direct, rights = desk.promised.direct, desk.promised.rights
    [one] = await direct.listed(holder.id)
    [asked] = await rights.keeping.listed(holder.id)
    await rights.requests.refuse(
        holder.id, asked.id, "unfounded", "It is not yours.", send=False, by="staff", version=asked.version
    )
    for kinds in ((), ("A17",)):
        await direct.correct(holder.id, one.id, kinds, by="staff")
        assert await asked_of(desk, holder.id) == [("erasure", "refused", "")]


async def test_two_who_correct_at_once_take_a_right_in_once(desk, held):
    holder, _, address = held
    await desk.passed_on(mail(address, "I want to complain: you shared my data.", "Complaint"))
    direct = desk.promised.direct
    [one] = await direct.listed(holder.id)
    await asyncio.gather(*(direct.correct(holder.id, one.id, ("A15", "A77"), by="staff") for _ in range(4)))
    assert await asked_of(desk, holder.id) == [("access", "received", "")]
    assert [each.kind for each in await desk.letters(holder.id)] == ["complaint", "request"]


def instructed(holder, at, recipient="persons who ask"):
    """The controller's own instruction to tell persons that their message was passed on."""
    text = InstructionText(
        format="bailee.dev/instruction/v1", id="acknowledge", purposes=("legal-obligation",), operations=("transmit",),
        categories=("email",), groups=("user",), actors=("processor_system",), recipients=(recipient,),
        in_force_from=at, reason="persons are told that their message arrived",
    )  # fmt: skip
    role = next(one.role for one in holder.agreement.signatories if one.party == "controller")
    document = SignedDocument(kind="instruction", content=content_of(text), signatures=())
    signatory = Signatory(party="controller", role=role, name="J. Alpage")
    return sign(document, signatory, holder.company.signing, at)


@pytest.mark.parametrize(("recipient", "told"), [("persons who ask", True), ("an insurer", False)])
async def test_a_person_hears_something_only_where_the_controller_instructs_it(desk, held, rooms, recipient, told):
    holder, _, address = held
    document = instructed(holder, rooms.clock.now() - timedelta(seconds=1), recipient)
    await rooms.filing.file(holder.id, document, by="tests")
    await desk.passed_on(mail(address))
    letters = await desk.letters(holder.id)
    assert [one.to for one in letters if one.letter == "direct_requests/acknowledgement"] == [address] * told
    said = msgspec.json.decode(letters[0].attachments[0].content)
    assert (said["not_answered"], said["acknowledged"]) == (not told, told)


async def test_who_is_held_under_another_name_than_the_address_written_from_hears_nothing(desk, held, profile, rooms):
    holder, _, address = held
    await rooms.filing.file(holder.id, instructed(holder, rooms.clock.now() - timedelta(seconds=1)), by="tests")
    await desk.wrote(reply_to="curious@elsewhere.example", known_as=address, text=ERASE)
    await desk.wrote(reply_to=address, text=ERASE)
    assert await desk.messages.due() == 2
    letters = await desk.letters(holder.id)
    assert len([one for one in letters if one.letter == "direct_requests/request"]) == 2
    assert [one.to for one in letters if one.letter == "direct_requests/acknowledgement"] == [address]


async def taken_over(desk, controller, letter) -> str:
    """The Message-ID of a letter, as if a server had taken it over."""
    sql = "SELECT notice_id FROM bailee.notice WHERE controller_id = $1 AND letter = $2"
    delivered = """
        INSERT INTO bailee.notice_delivery (controller_id, notice_id, recipient, role, state, attempts, reason, message_id,
            digest, answer, changed_at, sent_at)
        VALUES ($1, $2, $3, 'to', 'sent', 1, '', '', '', '', now(), now())
        """
    mark = "0123456789abcdef" * 2
    async with desk.rooms.data.transaction(controller) as tx:
        id = await tx.fetchval(sql, controller, letter)
        await tx.execute(delivered, controller, id, mark)
    return f"<n.{controller.hex}.{id.hex}.{mark[:16]}@passerelle.example>"


async def test_what_a_person_answers_to_a_letter_is_passed_on_and_what_a_controller_answers_is_kept(desk, held, rooms):
    holder, _, address = held
    await rooms.filing.file(holder.id, instructed(holder, rooms.clock.now() - timedelta(seconds=1)), by="tests")
    await desk.passed_on(mail(address))
    theirs = await taken_over(desk, holder.id, "direct_requests/acknowledgement")
    found = await desk.passed_on(mail(address, "Je porte plainte.", "Re: votre message", In_Reply_To=theirs))
    assert (found.state, found.kinds) == ("forwarded", ("A77",))
    ours = await taken_over(desk, holder.id, "direct_requests/request")
    found = await desk.passed_on(mail("dpo@alpages.example", "Merci.", "Re: une demande", In_Reply_To=ours))
    assert (found.state, found.reason) == ("automatic", "reply-to-ours")


async def test_a_server_that_is_away_is_no_fault_of_the_message(desk, held, monkeypatch):
    _, _, address = held
    await desk.mailed(mail(address))
    monkeypatch.setattr(commands, "CLAIMED_FOR", timedelta(0))
    handle = desk.messages._handle

    async def away(_message):
        raise Unavailable("away")

    monkeypatch.setattr(desk.messages, "_handle", away)
    for _ in range(commands.ATTEMPTS + 1):
        with pytest.raises(Unavailable):
            await desk.messages.due()
    monkeypatch.setattr(desk.messages, "_handle", handle)
    await desk.messages.due()
    assert (await newest(desk)).state == "forwarded"


async def test_a_message_that_cannot_be_looked_at_is_put_before_a_human_and_stops_no_other(desk, held, monkeypatch):
    holder, _, address = held
    await desk.mailed(mail(address))
    monkeypatch.setattr(commands, "CLAIMED_FOR", timedelta(0))

    async def broken(_message):
        raise RuntimeError("a defect")

    handle = desk.messages._handle
    monkeypatch.setattr(desk.messages, "_handle", broken)
    for _ in range(commands.ATTEMPTS):
        with pytest.raises(RuntimeError):
            await desk.messages.due()
    monkeypatch.setattr(desk.messages, "_handle", handle)
    await desk.messages.due()
    found = await newest(desk)
    assert (found.state, found.reason) == ("unassigned", "failed")
    assert await desk.messages.assign(found.message_id, [holder.id], [], by="tests") == 1

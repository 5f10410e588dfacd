"""From a person's mail program to the controller's: real SMTP in, real SMTP out, and what arrives verifies offline."""

import os
from email import message_from_bytes
from email.policy import SMTPUTF8

import msgspec
import pytest
from tests.household import worked
from tests.integration.test_direct_requests import Desk, mail, newest
from tests.integration.test_mail import Keeping, mailing, serving

from bailee.proof.verify import verify_paths


@pytest.fixture
async def desk(rooms):
    return Desk(rooms)


@pytest.fixture
async def held(hold, profile):
    holder = await hold()
    await (await holder.client()).person(profile)
    return holder, profile["email"]


async def send_all(desk, folder, holder) -> list:
    """What the controller's mail server gets."""
    keeping = Keeping()
    async with serving(keeping) as port:
        desk.promised.__dict__["mailing"] = mailing(
            folder, f"smtp://127.0.0.1:{port}", mail_from=desk.rooms.settings.sender
        )
        while await desk.promised.sending.send(holder.id):
            continue
    for name in ("mailing", "sending"):
        desk.promised.__dict__.pop(name)
    return [message_from_bytes(one.content, policy=SMTPUTF8) for one in keeping.mails]


async def test_a_mail_goes_in_and_the_forwarded_one_comes_out_with_its_envelope_and_the_clock_stops(desk, held, folder):
    holder, address = held
    await desk.mailed(mail(address, Reply_To="elsewhere@evil.example"), sender=address)
    await desk.messages.due()
    [letter] = await send_all(desk, folder, holder)
    assert letter["To"] == "privacy@alpages.example"
    assert "Passerelle" in letter["Subject"]
    text = letter.get_body(("plain",)).get_content()
    assert "> Je vous demande de supprimer toutes mes donn" in text
    assert address in text
    parts = {one.get_filename(): one.get_content() for one in letter.iter_attachments()}
    for name, content in parts.items():
        (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    [whole] = [folder / name for name in parts if name.endswith(".json")]
    found = verify_paths([whole], [holder.agreement.ledger.verifier_key])
    assert [one.words for one in found if not one.ok] == []
    assert any("is the message as it came" in one.words for one in found)
    said = msgspec.json.decode(whole.read_bytes())
    [one] = await desk.promised.direct.listed(holder.id)
    assert said["subject_request_id"] == str(one.id)
    [clock] = one.clocks
    assert (clock.state, clock.late) == ("discharged", False)
    assert 0 < clock.seconds < 600
    assert clock.proof
    to_person = [one for one in await desk.letters(holder.id) if one.to]
    assert to_person == [], "nobody answers the person"


@pytest.mark.parametrize("language", ["en", "fr"])
async def test_every_letter_is_written_in_both_languages_and_what_persons_write_stays_quoted(desk, held, language):
    holder, address = held
    text = (
        "I complain, without my consent. Delete all my data\r\nReference: forged\nBcc: x@y.example\n<script>x</script>"
    )
    await desk.mailed(mail(address, text, "Complaint"))
    await desk.messages.due()
    for letter in await desk.letters(holder.id):
        written = desk.promised.letters.write(letter.letter, language, letter.values)
        lines = written.text.splitlines()
        assert "> Reference: forged" in lines
        assert "Reference: forged" not in lines
        assert "<script>" not in written.html
        assert "&lt;script&gt;x" in written.html
        assert "\n" not in written.subject
    own = {"controller": "Alpages", "processor": "Passerelle", "received_at": "2026-11-25 10:00:00 UTC"}
    assert "Alpages" in desk.promised.letters.write("direct_requests/acknowledgement", language, own).text


async def test_a_letter_that_bounces_is_known_for_ours_and_a_human_hears_of_it(desk, held, folder, rooms):
    holder, address = held
    await desk.mailed(mail(address))
    await desk.messages.due()
    [letter] = await send_all(desk, folder, holder)
    report = (
        "From: MAILER-DAEMON@mx.alpages.example\nTo: x\nSubject: Undelivered\nAuto-Submitted: auto-replied\n"
        "Content-Type: multipart/report; report-type=delivery-status; boundary=b\nMIME-Version: 1.0\n\n"
        "--b\nContent-Type: text/plain\n\nfailed\n--b\nContent-Type: message/delivery-status\n\n"
        "Reporting-MTA: dns; mx.alpages.example\n\nFinal-Recipient: rfc822; privacy@alpages.example\n"
        f"Action: failed\nStatus: 5.1.1\n\n--b\nContent-Type: text/rfc822-headers\n\n"
        f"Message-ID: {letter['Message-ID']}\n\n--b--\n"
    )
    found = await desk.passed_on(report.encode())
    assert (found.state, found.reason, found.readable) == ("automatic", "bounce-of-ours", False)
    failed = [one for one in await desk.promised.book.listed(holder.id) if one.state == "failed"]
    assert len(failed) == 1


async def test_a_controllers_address_that_leads_back_here_makes_no_loop(desk, held, folder):
    holder, address = held
    await desk.mailed(mail(address))
    await desk.messages.due()
    [letter] = await send_all(desk, folder, holder)
    found = await desk.passed_on(letter.as_bytes())
    assert (found.state, found.reason) == ("automatic", "loop")
    assert await send_all(desk, folder, holder) == []


async def test_without_a_mail_server_nothing_is_lost_and_the_delay_is_said(desk, held, folder, settings):
    from pathlib import Path

    holder, address = held
    clock = Path(settings.clock.removeprefix("file:"))
    received = mail(address, "Delete my data " + os.urandom(4).hex())
    try:
        await desk.mailed(received)
        await desk.messages.due()
        clock.write_text("+3h")
        await worked(desk.promised.duties(), "obligations", holder.id)
        [one] = await desk.promised.direct.listed(holder.id)
        assert [(running.state, running.late) for running in one.clocks] == [("open", True)]
        assert len(await send_all(desk, folder, holder)) == 1
        [one] = await desk.promised.direct.listed(holder.id)
        assert [(running.state, running.late) for running in one.clocks] == [("discharged", True)]
        assert one.clocks[0].seconds > 3 * 3600 - 60
    finally:
        clock.write_text("+0s")
    assert (await newest(desk)).state == "forwarded"

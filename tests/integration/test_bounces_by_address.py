"""A bounce names its letter by the address that it comes to, where its report does not say which mail it is about."""

import base64
from email.message import EmailMessage

import aiosmtplib
import pytest
from tests.integration.test_direct_requests import Desk, newest
from tests.integration.test_mail import serving
from tests.integration.test_notices import Later, Told

from bailee.clauses.direct_requests.addressing import Addresses
from bailee.clauses.direct_requests.listening import Mailbox, listening
from bailee.infra.letters import Mail, build
from bailee.obligations.notices.bounces import failure
from bailee.obligations.notices.returning import LENGTH

WORDS = "Your message could not be delivered: 550 5.1.1 no such user here. That is all that we say."


@pytest.fixture
async def told(rooms, hold, settings):
    made = Told(rooms, await hold(), Later())
    made.promised.returning._on = True
    async with serving(made.keeping) as port:
        made.connect(port)
        yield made


def bare(words: str = WORDS) -> bytes:
    """A bounce that returns nothing of the mail, and is no report in parts."""
    message = EmailMessage()
    message["From"], message["Subject"] = "MAILER-DAEMON@mx.alpages.example", "Undelivered mail"
    message.set_content(words)
    return message.as_bytes()


async def comes_back(told, address: str, content: bytes):
    """Another server brings a bounce; what became of it."""
    desk = Desk(told.rooms)
    addresses = Addresses(frozenset({told.rooms.settings.sender.lower()}))
    mailbox = Mailbox(**(desk.given | {"addresses": addresses}))
    async with listening(mailbox, "127.0.0.1:0", host_name="mx.passerelle.example") as port:
        async with aiosmtplib.SMTP(hostname="127.0.0.1", port=port, start_tls=False) as client:
            await client.sendmail("", [address], content)
    await desk.messages.due()
    return await newest(desk)


async def test_a_bounce_that_says_nothing_of_its_mail_is_known_by_where_it_comes(told):
    id = await told.queue()
    await told.go_on()
    envelope = told.keeping.mails[-1]
    local, _, tag = envelope.mail_from.partition("@")[0].partition("+")
    assert (f"{local}@", len(tag)) == (told.rooms.settings.sender.partition("@")[0] + "@", LENGTH)
    assert f"From: {told.rooms.settings.sender}".encode() in envelope.content, "who reads it sees the address alone"
    assert id.hex not in tag
    upper = f"{local}+{tag.upper()}@{envelope.mail_from.partition('@')[2]}"
    found = await comes_back(told, upper, bare())
    assert (found.state, found.reason, found.readable) == ("automatic", "bounce-of-ours", False)
    one = await told.promised.book.one(told.id, id)
    assert one.state == "failed"
    [entry] = [one for one in await told.entries() if one["kind"] == "notice-bounced"]
    assert (entry["details"]["notice"], entry["details"]["status"]) == (str(id), "5.1.1")


async def test_a_tag_that_we_did_not_make_names_nothing(told, hold, rooms):
    id = await told.queue()
    await told.go_on()
    address = told.keeping.mails[-1].mail_from
    tag = address.partition("+")[2].partition("@")[0]
    raw = base64.b32decode(tag.upper())
    returning = told.promised.returning
    assert await returning.named([f"<{address}>"]) is not None
    for place in range(len(raw)):
        forged = bytes(b ^ 1 if n == place else b for n, b in enumerate(raw))
        assert await returning.named([address.replace(tag, base64.b32encode(forged).decode().lower())]) is None, place
    for other in ("", "no-reply@x.example", "a+b@x.example", f"a+{'!' * LENGTH}@x.example", f"a+{tag}x@x.example"):
        assert await returning.named([other]) is None
    stranger = Told(rooms, await hold(1), Later()).promised.returning
    stranger._on = True
    foreign = await stranger.tag((await hold(1)).id, id, "ab" * 16)
    assert await returning.named([f"x+{foreign}@x.example"]) is None
    found = await comes_back(told, f"{told.rooms.settings.sender.replace('@', '+' + foreign + '@')}", bare())
    assert (found.state, found.reason) == ("automatic", "bounce")
    assert (await told.promised.book.one(told.id, id)).state == "sent"


async def test_a_delay_or_words_of_success_fail_nothing(told):
    id = await told.queue()
    await told.go_on()
    address = told.keeping.mails[-1].mail_from
    for words in ("Your message is delayed: 451 4.4.1 no answer. We go on trying.", "Delivered.", ""):
        found = await comes_back(told, address, bare(words))
        assert (found.state, found.reason) == ("automatic", "bounce")
    assert (await told.promised.book.one(told.id, id)).state == "sent"


async def test_without_the_setting_letters_leave_from_the_address_as_it_is(told):
    told.promised.returning._on = False
    await told.queue()
    await told.go_on()
    assert told.keeping.mails[-1].mail_from == told.rooms.settings.sender


def test_where_there_is_no_room_for_a_tag_there_is_none(rooms):
    mail = Mail(to="a@x.example", subject="s", text="t", returns="t" * LENGTH)
    for name, tagged in (("n" * 15, True), ("n" * 16, False)):
        built = build(mail, sender=f"{name}@x.example", host="x.example", at=rooms.clock.now())
        assert built.sender == f"{name}+{'t' * LENGTH}@x.example" if tagged else f"{name}@x.example"


def test_only_a_failure_for_ever_has_a_status():
    assert failure(bare()) == "5.1.1"
    assert failure(bare("4.2.2 mailbox full")) == ""
    assert failure(b"\xff\x00") == ""
    report = (
        "Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\n"
        "Content-Type: message/delivery-status\n\nReporting-MTA: dns; x\n\nAction: {}\nStatus: {}\n\n--b--\n"
    )
    assert failure(report.format("failed", "5.7.1").encode()) == "5.7.1"
    assert failure(report.format("delayed", "4.4.1").encode()) == ""

"""Direct requests: what a person writes reaches its controllers at once, sealed, once, and nobody answers."""

import hashlib
import os
from datetime import timedelta
from email.message import EmailMessage
from uuid import UUID

import aiosmtplib
import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from jsonschema import Draft202012Validator
from tests.household import Household
from tests.receiving import Authority

from bailee.cli.demo import parties
from bailee.clauses.direct_requests import envelope
from bailee.clauses.direct_requests.addressing import Addresses
from bailee.clauses.direct_requests.commands import Decided, Gone, Messages
from bailee.clauses.direct_requests.events import Received, Written
from bailee.clauses.direct_requests.listening import Mailbox, listening
from bailee.clauses.direct_requests.maildir import Maildir
from bailee.infra.database import Unavailable
from bailee.infra.outbound import trust
from bailee.obligations.notices.queueing import unseal
from bailee.promised import Promised

OURS = "privacy@passerelle.example"
ERASE = "Bonjour,\n\nJe vous demande de supprimer toutes mes données personnelles.\n\nCordialement"


class Desk:
    """The platform's intake, and what reaches controllers."""

    def __init__(self, rooms):
        self.rooms = rooms
        self.promised = Promised(rooms)
        self.messages: Messages = self.promised.messages
        self.keeping = self.promised.keeping
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
            found.append(unseal(key, controller, row["notice_id"], row["sealed"]))
        return found

    async def obligations(self, controller):
        return {one.promise.clause: one for one in await self.promised.obligations.listed(controller)}


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


async def state_of(desk, message):
    found = await desk.keeping.find(message)
    return found.state, found.reason


async def newest(desk):
    states = ("received", "unassigned", "forwarded", "own", "dismissed", "automatic")
    return (await desk.keeping.listed(states, 1))[0]


async def test_a_mail_reaches_the_controller_of_its_person_with_the_clocks_and_the_envelope(desk, held, rooms, folder):
    holder, person, address = held
    content = mail(address)
    await desk.mailed(content, sender=address)
    assert await desk.messages.due() == 1
    [notice] = await desk.letters(holder.id)
    assert (notice.kind, notice.clause, notice.letter) == ("request", "rights.forward", "direct_requests/request")
    assert notice.values["sender"] == address
    assert notice.values["rights"] == ["A17"]
    [obligation] = [one for one in await desk.promised.obligations.listed(holder.id)]
    assert obligation.id == notice.discharges
    whole, note, original = notice.attachments
    assert original.content.replace(b"\r\n", b"\n").rstrip() == content.rstrip()
    said = msgspec.json.decode(whole.content)
    Draft202012Validator(envelope.schema(), format_checker=Draft202012Validator.FORMAT_CHECKER).validate(said)
    assert said["subject_request_type"] == "erasure"
    assert said["not_answered"] is True
    assert said["persons"] == [str(person)]
    assert said["original"]["sha256"] == hashlib.sha256(original.content).hexdigest()
    entries = await Household(rooms, holder.id).entries()
    received = next(one for one in entries if one["kind"] == "request-received")
    assert received["persons"] == [str(person)]
    assert address not in str(entries)
    forwarded = next(one for one in entries if one["kind"] == "request-forwarded")
    assert forwarded["digest"] == hashlib.sha256(whole.content).hexdigest()
    found = await newest(desk)
    assert (found.state, found.reason, found.forwarded, found.readable) == ("forwarded", "held", 1, False)
    with pytest.raises(Gone):
        await desk.messages.opened(found.message_id, by="tests")

"""The mailbox: an SMTP server that takes mail for our own addresses alone, and says 250 when the mail is durable.

It relays nothing, asks for no password and answers no mail. What cannot be taken in now is refused for now (451), and
the sender's server brings it again; the same bytes brought twice are one message.
"""

import asyncio
import logging
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import structlog
from aiosmtpd.smtp import SMTP, Envelope, Session

from bailee.clauses.direct_requests.addressing import Addresses, Whose
from bailee.clauses.direct_requests.events import Received
from bailee.clauses.direct_requests.keeping import LARGEST, Keeping
from bailee.clauses.direct_requests.limits import Buckets, Rate, source_of
from bailee.infra.clock import Clock
from bailee.infra.database import Unavailable

RATE = Rate(60, 10.0)
RECIPIENTS, AT_ONCE, SILENT_SECONDS = 20, 64, 120.0

log = structlog.get_logger()


class Mailbox:
    """What the SMTP server does with what it hears."""

    def __init__(self, *, keeping: Keeping, addresses: Addresses, whose: Whose, clock: Clock) -> None:
        self._keeping = keeping
        self._addresses = addresses
        self._whose = whose
        self._clock = clock
        self._buckets = Buckets(RATE)

    async def handle_RCPT(  # noqa: N802 -- the library's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Ours, or no."""
        if not self._addresses.takes(address):
            return "550 5.7.1 no mail is taken for this address"
        if len(envelope.rcpt_tos) >= RECIPIENTS:
            return "452 4.5.3 too many recipients"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 ok"

    async def handle_DATA(self, _server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 -- as above
        """Make the mail durable, and only then say so."""
        peer = session.peer[0] if isinstance(session.peer, tuple) else "here"
        if not self._buckets.take(source_of(str(peer)), self._clock.monotonic()):
            return "451 4.7.1 too much at once from this place, later please"
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        try:
            await self._keeping.take_in(await self._received(envelope, content))
        except Unavailable:
            return "451 4.3.0 not now, later please"
        return "250 2.0.0 it is kept"

    async def handle_exception(self, error: Exception) -> str:
        """A defect, told without what the mail says; the sender's server brings it again."""
        log.error("a mail could not be taken in", kind=type(error).__name__, exc_info=error)
        return "451 4.3.0 not now, later please"

    async def _received(self, envelope: Envelope, content: bytes) -> Received:
        to = tuple(map(_readable, envelope.rcpt_tos))
        return Received(
            channel="mail", received_at=self._clock.now(), mail_from=_readable(envelope.mail_from), mail_to=to, mail=content,
             addressed=await self._addresses.named(to, self._whose),
        )  # fmt: skip


@asynccontextmanager
async def listening(
    mailbox: Mailbox, place: str, *, host_name: str, tls: ssl.SSLContext | None = None
) -> AsyncIterator[int]:
    """Serve at `host:port`; gives the port. With a certificate STARTTLS is offered."""
    host, _, port = place.rpartition(":")
    loop = asyncio.get_running_loop()
    logging.getLogger("mail.log").setLevel(logging.CRITICAL)  # the library's own words hold addresses
    room = _Room(AT_ONCE)

    def session() -> SMTP:
        return _Bounded(
            mailbox, room=room, hostname=host_name, ident="bailee", loop=loop, enable_SMTPUTF8=True,
            decode_data=False, data_size_limit=LARGEST, timeout=SILENT_SECONDS, tls_context=tls,
            auth_exclude_mechanism=("LOGIN", "PLAIN"),
        )  # fmt: skip

    server = await loop.create_server(session, host.strip("[]"), int(port))
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await server.wait_closed()


class _Room:
    """How many connections are open."""

    def __init__(self, limit: int) -> None:
        self.limit, self.open = limit, 0


class _Bounded(SMTP):
    """An SMTP session that counts among so many; one too many is told to come later."""

    def __init__(self, mailbox: Mailbox, *, room: _Room, **given: Any) -> None:
        super().__init__(mailbox, **given)
        self._room = room
        self._counted = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take a place, or say that there is none."""
        if not self._counted and self._room.open >= self._room.limit and isinstance(transport, asyncio.WriteTransport):
            transport.write(b"421 4.3.2 too many at once, later please\r\n")
            transport.close()
            return
        self._room.open += not self._counted
        self._counted = True
        super().connection_made(transport)

    def eof_received(self) -> bool | None:
        """The other side says no more."""
        return super().eof_received() if self._counted else None

    def connection_lost(self, error: Exception | None) -> None:
        """Give the place back."""
        if self._counted:
            self._room.open -= 1
            self._counted = False
            super().connection_lost(error)


def _readable(address: object) -> str:
    """An address as text that can be stored."""
    return str(address or "")[:320].encode("utf-8", "replace").decode()


def certificate(file: str) -> ssl.SSLContext | None:
    """The server's side of TLS from a file with certificate and key; None where none is set."""
    if not file:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(Path(file))
    return context

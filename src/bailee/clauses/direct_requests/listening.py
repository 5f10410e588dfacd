"""The mailbox: an SMTP server that takes mail for our own addresses alone, and says 250 when the mail is durable.

It relays nothing, asks for no password and answers no mail. What cannot be taken in now is refused for now (451), and
the sender's server brings it again; the same bytes brought twice are one message. How many may come at once, and how much
of their mail is in memory, is bounded altogether and for each source (`room.py`).
"""

import asyncio
import logging
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from pathlib import Path
from typing import Any

import structlog
from aiosmtpd.smtp import SMTP, Envelope, Session, syntax

from bailee.clauses.direct_requests.addressing import Addresses, Whose
from bailee.clauses.direct_requests.events import Received
from bailee.clauses.direct_requests.keeping import LARGEST, Keeping
from bailee.clauses.direct_requests.limits import Buckets, Rate, source_of
from bailee.clauses.direct_requests.room import Limits, Room, Space
from bailee.infra.clock import Clock
from bailee.infra.database import Unavailable

RATE = Rate(60, 10.0)
RECIPIENTS, LARGE = 20, 1024 * 1024
SILENT_SECONDS, LONGEST_SECONDS = 120.0, 900.0
FULL = "452 4.3.1 too much at once, later please"

log = structlog.get_logger()


class Mailbox:
    """What the SMTP server does with what it hears."""

    def __init__(self, *, keeping: Keeping, addresses: Addresses, whose: Whose, clock: Clock) -> None:
        self._keeping = keeping
        self._addresses = addresses
        self._whose = whose
        self._clock = clock
        self._buckets = Buckets(RATE)
        self._large = asyncio.Semaphore(1)  # sealing a mail takes its size several times over

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
        if not self._buckets.take(_source(session.peer), self._clock.monotonic()):
            return "451 4.7.1 too much at once from this place, later please"
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        try:
            async with self._large if len(content) > LARGE else nullcontext():
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
    room = Room(Limits())

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


class _Bounded(SMTP):
    """An SMTP session that counts among so many, and holds no more of a mail than it was given room for."""

    def __init__(self, mailbox: Mailbox, *, room: Room, **given: Any) -> None:
        super().__init__(mailbox, **given)
        self._room = room
        self._source: str | None = None  # while it is counted
        self._end: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take a place, or say that there is none."""
        if self._source is None:
            source = _source(transport.get_extra_info("peername"))
            if not self._room.enter(source):
                assert isinstance(transport, asyncio.WriteTransport)
                transport.write(b"421 4.3.2 too many at once, later please\r\n")
                transport.close()
                return
            self._source = source
            self._end = self.loop.call_later(LONGEST_SECONDS, transport.close)
        super().connection_made(transport)

    def data_received(self, data: bytes) -> None:
        """Whoever says something is not silent, in the middle of a mail too."""
        super().data_received(data)
        if self._source is not None:
            self._reset_timeout()

    def eof_received(self) -> bool | None:
        """The other side says no more."""
        return super().eof_received() if self._source is not None else None

    def connection_lost(self, error: Exception | None) -> None:
        """Give the place back."""
        if self._source is not None:
            self._room.leave(self._source)
            self._source = None
            if self._end is not None:
                self._end.cancel()
            super().connection_lost(error)

    @syntax("DATA")
    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802 -- the library's name
        """Take a mail in as one piece of memory, which is room that was asked for; the library keeps each line apart."""
        if await self.check_helo_needed() or await self.check_auth_needed("DATA"):
            return
        assert self.envelope is not None
        if arg or not self.envelope.rcpt_tos:
            await self.push("501 Syntax: DATA" if arg else "503 Error: need RCPT command")
            return
        with self._room.space(self._source or "") as space:
            if not space.more(0):
                await self.push(FULL)
                return
            await self.push("354 End data with <CR><LF>.<CR><LF>")
            said = await self._body(space)
            if not said:
                self.envelope.content = self.envelope.original_content = bytes(space.content)
                said = await self._call_handler_hook("DATA")
        self.envelope = self._create_envelope()
        await self.push(said)

    async def _body(self, space: Space) -> str:
        """Hear a mail to its end; why it is refused, empty where it is not. What is refused is heard and dropped."""
        why, begins = "", True
        while True:
            try:
                line, ends = await self._reader.readuntil(b"\r\n"), True
            except asyncio.LimitOverrunError as over:
                line, ends = await self._reader.read(over.consumed), False
                why = why or "500 Line too long (see RFC5321 4.5.3.1.6)"
            if begins and line == b".\r\n":
                return why
            line = line[1:] if begins and line.startswith(b".") else line
            begins = ends
            if not why and len(space.content) + len(line) > LARGEST:
                why = "552 5.3.4 too much mail data"
            elif not why and not space.more(len(line)):
                why = FULL
            if why:
                space.drop()
            else:
                space.content += line


def _source(peer: object) -> str:
    return source_of(str(peer[0])) if isinstance(peer, tuple) else "here"


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

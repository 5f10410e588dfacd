"""Sending mail: built so that nothing in it can become a header, handed to one server over TLS.

The server is the processor's own choice (`BAILEE_SMTP_URL`). On the way to another machine STARTTLS is required,
and the server's certificate must be good. Without a server a sandbox keeps its mail in `<data>/outbox`; anywhere
else a mail is unreachable. Trouble with mail is an answer, never an exception: the one who asked decides.
"""

import asyncio
import ssl
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

import aiosmtplib
import msgspec

from bailee.infra.clock import Clock
from bailee.infra.letters import Built, Mail, MalformedMail, build
from bailee.infra.outbox import Outbox
from bailee.infra.setting_values import LOOPBACK
from bailee.infra.settings import Settings

SECONDS = 30.0
PORTS = {"smtp": 587, "smtps": 465}


class Accepted(msgspec.Struct, frozen=True):
    """A server took the mail over, or the outbox of a sandbox did. The id stands in the mail's Message-ID.

    `digest` is the SHA-256 of the mail's bytes, `answer` what the server said when it took them.
    """

    message_id: str
    digest: str = ""
    answer: str = ""


class Refused(msgspec.Struct, frozen=True):
    """This mail will not be taken, today or tomorrow: `code` is ours (`recipient-malformed`...) or SMTP's (`550`)."""

    code: str


class Unreachable(msgspec.Struct, frozen=True):
    """Not now: no server is set, it is away, or it is not the one it should be. The same mail may be tried again."""

    code: str


class Mailing:
    """Sends mail for the house. `tls` is given by tests."""

    def __init__(self, settings: Settings, clock: Clock, *, tls: ssl.SSLContext | None = None) -> None:
        self._settings = settings
        self._clock = clock
        self._tls = tls

    @property
    def has_server(self) -> bool:
        """Whether mail leaves this machine; else a sandbox keeps it."""
        return bool(self._settings.smtp_url)

    async def send(self, mail: Mail) -> Accepted | Refused | Unreachable:
        """Send one mail to one address, within half a minute."""
        settings = self._settings
        try:
            built = build(mail, sender=settings.sender, host=settings.log_name, at=self._clock.now())
        except MalformedMail as malformed:
            return Refused(malformed.code)
        if not settings.smtp_url:
            return self._kept(mail, built) if settings.sandbox else Unreachable("no-server")
        try:
            async with asyncio.timeout(SECONDS):
                return await self._handed_over(built)
        except TimeoutError:
            return Unreachable("timed-out")

    async def _handed_over(self, mail: Built) -> Accepted | Refused | Unreachable:
        try:
            async with self._server() as server:
                options = _options(server, mail.sender, mail.recipient)
                if options is None:
                    return Refused("international-address")
                _, answer = await server.sendmail(
                    mail.sender, [mail.recipient], mail.content, mail_options=[*options, *_envelope(server, mail.id)],
                    rcpt_options=_wanted(server),
                )  # fmt: skip
        except aiosmtplib.SMTPRecipientsRefused as refused:
            return _by_code(refused.recipients[0].code)
        except aiosmtplib.SMTPAuthenticationError:
            return Unreachable("credentials-refused")
        except aiosmtplib.SMTPResponseException as answered:
            return _by_code(answered.code)
        except (aiosmtplib.SMTPException, OSError, UnreadableCredentials) as trouble:
            return Unreachable(_reason(trouble))
        return Accepted(mail.id, mail.digest, answer)

    def _server(self) -> aiosmtplib.SMTP:
        """A connection to be opened: with TLS from the first byte, or with STARTTLS before anything is said."""
        parts = urlsplit(self._settings.smtp_url)
        host = parts.hostname or ""
        at_once = parts.scheme == "smtps"
        required = None if host in LOOPBACK else True  # on this machine it is used where it is offered
        user, password = _credentials(self._settings.smtp_credentials)
        return aiosmtplib.SMTP(
            hostname=host, port=parts.port or PORTS[parts.scheme], use_tls=at_once, timeout=SECONDS,
            start_tls=False if at_once else required, tls_context=self._tls or _trust(),
            username=user, password=password, local_hostname=self._settings.log_name,
        )  # fmt: skip

    def _kept(self, mail: Mail, built: Built) -> Accepted:
        """In a sandbox without a server: the mail as a file, for its owner's eyes, apart for each controller and person."""
        name = built.id.strip("<>").partition("@")[0]
        Outbox(self._settings.outbox).keep(mail.controller, mail.person, name, built.content)
        return Accepted(built.id, built.digest, "kept in the outbox")


@cache
def _trust() -> ssl.SSLContext:
    """Whom this machine trusts: read once for the process, for it takes longer than a mail."""
    return ssl.create_default_context()


class UnreadableCredentials(Exception):
    """The file of BAILEE_SMTP_CREDENTIALS is not there, can be read by others, or holds no `user:password`."""


def _credentials(path: str) -> tuple[str | None, str | None]:
    """User and password from their file, read anew for each mail so that they can be changed; none where none is set."""
    if not path:
        return None, None
    file = Path(path)
    try:
        if file.stat().st_mode & 0o077:
            raise UnreadableCredentials
        user, colon, password = file.read_text().strip().partition(":")
    except (OSError, UnicodeDecodeError) as error:
        raise UnreadableCredentials from error
    if not (user and colon and password):
        raise UnreadableCredentials
    return user, password


def _options(server: aiosmtplib.SMTP, sender: str, recipient: str) -> list[str] | None:
    """What the server is told of the mail; None where it does not take an international address."""
    options = ["BODY=8BITMIME"] if server.supports_extension("8bitmime") else []
    if (sender + recipient).isascii():
        return options
    return [*options, "SMTPUTF8"] if server.supports_extension("smtputf8") else None


def _envelope(server: aiosmtplib.SMTP, id: str) -> list[str]:
    """Where the server reports on deliveries (RFC 3461): headers alone, under the mail's own id."""
    return ["RET=HDRS", f"ENVID={id.strip('<>')}"] if server.supports_extension("dsn") else []


def _wanted(server: aiosmtplib.SMTP) -> list[str]:
    """What it should report on: failures, and nothing else."""
    return ["NOTIFY=FAILURE"] if server.supports_extension("dsn") else []


def _by_code(code: int) -> Refused | Unreachable:
    """SMTP's own difference: 5yz is for ever, 4yz is for now."""
    return Refused(str(code)) if code >= 500 else Unreachable(str(code))


def _reason(trouble: BaseException) -> str:
    if isinstance(trouble, UnreadableCredentials):
        return "credentials-unreadable"
    seen: BaseException | None = trouble
    while seen is not None:
        if isinstance(seen, ssl.SSLError):
            return "certificate-refused"
        seen = seen.__cause__ or seen.__context__
    if isinstance(trouble, aiosmtplib.SMTPException) and "STARTTLS" in str(trouble):
        return "starttls-missing"
    return "away"

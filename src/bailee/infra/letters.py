"""A mail's content: text and its HTML alternative, under headers that nothing given can add to. Pure.

A line break, another control character or a mark that turns the direction of writing has no place in an address
or a subject: the mail is refused, not repaired. Domains are written in ASCII (IDNA); a local part may be
international, and then the server must say that it takes one. With an `id` and a `dated` of its own a mail has the
same bytes whenever it is built: a server that has taken it over once recognises it.
"""

import hashlib
import re
import unicodedata
from datetime import datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import format_datetime
from uuid import UUID

import msgspec
from email_validator import EmailNotValidError, validate_email

from bailee.vocabulary.ids import new_id

LONGEST_SUBJECT = 300
LONGEST_LOCAL = 64
LARGEST = 10 * 1024 * 1024
MEDIA_TYPE = re.compile(r"[a-z]{1,20}/[a-z0-9.+-]{1,80}")
OWN_ID = re.compile(r"[a-z0-9.-]{1,160}")
TURNING = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


class Attachment(msgspec.Struct, frozen=True):
    """A file that goes with a letter."""

    name: str
    media_type: str
    content: bytes


class Mail(msgspec.Struct, frozen=True, kw_only=True):
    """A mail to one person. `to` is a bare address; `language` a BCP 47 tag; `html` may be empty.

    `controller` is for whom it is sent, None for the processor's own; `person` who is held and reads it. `id` is the
    Message-ID without its host, and `dated` when the letter was ready; both are made where they are left out.
    `returns` is a tag for the address that the mail leaves from, for whatever comes back of it.
    """

    to: str
    subject: str
    text: str
    html: str = ""
    language: str = "en"
    controller: UUID | None = None
    person: UUID | None = None
    attachments: tuple[Attachment, ...] = ()
    id: str = ""
    returns: str = ""
    dated: datetime | None = None


class Built(msgspec.Struct, frozen=True):
    """A mail as it travels: the envelope's two addresses, and the bytes. `id` is its Message-ID, brackets included."""

    id: str
    sender: str
    recipient: str
    content: bytes

    @property
    def digest(self) -> str:
        """SHA-256 of the bytes, in hex."""
        return hashlib.sha256(self.content).hexdigest()


class MalformedMail(Exception):
    """What is wrong with a mail, as a code."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def build(mail: Mail, *, sender: str, host: str, at: datetime) -> Built:
    """The mail's bytes, from `sender`, with a Message-ID of `host`; or `MalformedMail`."""
    own, other = _sender(sender), _recipient(mail.to)
    _check(mail)
    international = not (own.addr_spec + other.addr_spec).isascii()
    message = EmailMessage(SMTPUTF8 if international else SMTP)
    id = f"<{mail.id or new_id().hex}@{host}>"
    message["From"] = own
    message["To"] = other
    message["Subject"] = mail.subject
    message["Date"] = format_datetime(mail.dated or at)
    message["Message-ID"] = id
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(mail.text, cte="quoted-printable")
    if mail.html:
        message.add_alternative(mail.html, subtype="html", cte="quoted-printable")
    for one in mail.attachments:
        main, _, sub = one.media_type.partition("/")
        message.add_attachment(one.content, maintype=main, subtype=sub, filename=one.name)
    _bound(message, id)
    message["Content-Language"] = mail.language
    return Built(id, _tagged(own.addr_spec, mail.returns), other.addr_spec, message.as_bytes())


def _tagged(sender: str, tag: str) -> str:
    """The sender as a sub-address; as it is where there is no tag, or no room for one."""
    local, _, domain = sender.rpartition("@")
    return f"{local}+{tag}@{domain}" if tag and len(local) + 1 + len(tag) <= LONGEST_LOCAL else sender


def _check(mail: Mail) -> None:
    """Nothing in a mail that could become a header, or that no mail may hold."""
    if not mail.subject.strip() or len(mail.subject) > LONGEST_SUBJECT or not _is_plain(mail.subject):
        raise MalformedMail("subject-malformed")
    if not _is_plain(mail.language) or not mail.language.isascii():
        raise MalformedMail("language-malformed")
    if any(ord(one) < 32 and one not in "\t\r\n" for one in mail.text + mail.html):
        raise MalformedMail("text-malformed")
    if mail.id and not OWN_ID.fullmatch(mail.id):
        raise MalformedMail("id-malformed")
    for one in mail.attachments:
        if not _is_plain(one.name) or not 0 < len(one.name) <= 120 or set(one.name) & set('/\\"<>'):
            raise MalformedMail("attachment-malformed")
        if not MEDIA_TYPE.fullmatch(one.media_type) or one.media_type.startswith(("message/", "multipart/")):
            raise MalformedMail("attachment-malformed")
    if sum(len(one.content) for one in mail.attachments) > LARGEST:
        raise MalformedMail("attachment-too-large")


def _bound(message: EmailMessage, id: str) -> None:
    """Boundaries that follow from the id; no part that is encoded as ours are can hold one (`=_`)."""
    digest = hashlib.sha256(id.encode()).hexdigest()[:24]
    for number, part in enumerate(message.walk()):
        if part.is_multipart():
            part.set_boundary(f"=_{number}_{digest}")


def is_address(text: str) -> bool:
    """Whether mail could be sent to this: one bare address, reachable from anywhere."""
    try:
        _recipient(text)
    except MalformedMail:
        return False
    return True


def _recipient(text: str) -> Address:
    """An address without a name beside it, that mail could reach from anywhere; its domain in ASCII."""
    if not _is_plain(text):
        raise MalformedMail("recipient-malformed")
    try:
        found = validate_email(text, check_deliverability=False)
    except EmailNotValidError as error:
        raise MalformedMail("recipient-malformed") from error
    return Address(username=found.local_part, domain=found.ascii_domain or "")


def _sender(text: str) -> Address:
    """The operator's own address, which may be of this machine (`...@bailee.localhost`)."""
    if not _is_plain(text) or not text.isascii():
        raise MalformedMail("sender-malformed")
    try:
        return Address(addr_spec=text)
    except (ValueError, MessageError) as error:
        raise MalformedMail("sender-malformed") from error


def _is_plain(text: str) -> bool:
    return not any(one in TURNING or unicodedata.category(one) in ("Cc", "Cs", "Zl", "Zp") for one in text)

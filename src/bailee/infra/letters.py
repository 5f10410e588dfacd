"""A mail's content: text and its HTML alternative, under headers that nothing given can add to. Pure.

A line break, another control character or a mark that turns the direction of writing has no place in an address
or a subject: the mail is refused, not repaired. Domains are written in ASCII (IDNA); a local part may be
international, and then the server must say that it takes one.
"""

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
TURNING = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


class Mail(msgspec.Struct, frozen=True, kw_only=True):
    """A mail to one person. `to` is a bare address; `language` a BCP 47 tag; `html` may be empty.

    `controller` is for whom it is sent, None for the processor's own; `person` who is held and reads it.
    """

    to: str
    subject: str
    text: str
    html: str = ""
    language: str = "en"
    controller: UUID | None = None
    person: UUID | None = None


class Built(msgspec.Struct, frozen=True):
    """A mail as it travels: the envelope's two addresses, and the bytes."""

    id: str
    sender: str
    recipient: str
    content: bytes


class MalformedMail(Exception):
    """What is wrong with a mail, as a code."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def build(mail: Mail, *, sender: str, host: str, at: datetime) -> Built:
    """The mail's bytes, from `sender`, with a Message-ID of `host`; or `MalformedMail`."""
    own, other = _sender(sender), _recipient(mail.to)
    if not mail.subject.strip() or len(mail.subject) > LONGEST_SUBJECT or not _is_plain(mail.subject):
        raise MalformedMail("subject-malformed")
    if not _is_plain(mail.language) or not mail.language.isascii():
        raise MalformedMail("language-malformed")
    if any(ord(one) < 32 and one not in "\t\r\n" for one in mail.text + mail.html):
        raise MalformedMail("text-malformed")
    international = not (own.addr_spec + other.addr_spec).isascii()
    message = EmailMessage(SMTPUTF8 if international else SMTP)
    id = f"<{new_id().hex}@{host}>"
    message["From"] = own
    message["To"] = other
    message["Subject"] = mail.subject
    message["Date"] = format_datetime(at)
    message["Message-ID"] = id
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(mail.text, cte="quoted-printable")
    if mail.html:
        message.add_alternative(mail.html, subtype="html", cte="quoted-printable")
    message["Content-Language"] = mail.language
    return Built(id, own.addr_spec, other.addr_spec, message.as_bytes())


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

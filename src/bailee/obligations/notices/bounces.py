"""Bounces: what a delivery report (RFC 3464) says about which of our notices. Pure; built for hostile input.

A report is believed only as far as it names a mail of ours: by the envelope's id that we gave (RFC 3461), or by the
Message-ID of the mail it returns. Both hold random ids that only its receiver could know. All that follows from it is a
question to a human. A report begins with what it says; a large mail that it returns whole is read no further than its head.
"""

import re
from collections.abc import Iterator
from email.errors import MessageError
from email.message import EmailMessage, Message
from email.parser import BytesParser
from email.policy import default
from uuid import UUID

import msgspec

LOOKED_AT = 2 * 1024 * 1024
PARTS = 20
OURS = re.compile(r"\bn\.([0-9a-f]{32})\.([0-9a-f]{32})\.([0-9a-f]{16})\b")
STATUS = re.compile(r"\b([245])\.\d{1,3}\.\d{1,3}\b")
RETURNED = ("message/rfc822", "text/rfc822-headers", "message/global", "message/global-headers")
REPORTS = ("message/delivery-status", "message/global-delivery-status")


class Bounced(msgspec.Struct, frozen=True):
    """A mail of ours that did not arrive: which, to which recipient (the beginning of its digest), and the status."""

    controller: UUID
    notice: UUID
    recipient: str
    status: str


class Named(msgspec.Struct, frozen=True):
    """The notice that a Message-ID of ours stands for."""

    controller: UUID
    notice: UUID
    recipient: str


def named(text: str) -> Named | None:
    """The first notice that a text names by a Message-ID of ours."""
    found = OURS.search(text)
    return Named(UUID(found[1]), UUID(found[2]), found[3]) if found else None


def bounced(content: bytes) -> Bounced | None:
    """What a mail reports as failed for ever; None for any other mail, and for what cannot be read."""
    try:
        message = BytesParser(policy=default).parsebytes(content[:LOOKED_AT])
        parts = list(_parts(message))
        if not any(part.get_content_type() in REPORTS for part in parts):
            return None
        status = next(filter(None, map(_failed, parts)), "")
        ours = next(filter(None, map(_ours, parts)), None)
    except (MessageError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return None
    return Bounced(ours.controller, ours.notice, ours.recipient, status) if status and ours else None


def _parts(message: Message) -> Iterator[Message]:
    """The parts, few enough to look at."""
    for number, part in enumerate(message.walk()):
        if number >= PARTS:
            return
        yield part


def _failed(part: Message) -> str:
    """The status of the first recipient that failed for ever."""
    if part.get_content_type() not in REPORTS:
        return ""
    for group in _groups(part):
        if str(group.get("Action", "")).strip().lower() == "failed":
            found = STATUS.search(str(group.get("Status", "")))
            return found[0] if found and found[1] == "5" else "5.0.0" if not found else ""
    return ""


def _ours(part: Message) -> Named | None:
    """Which of our mails a part is about."""
    kind = part.get_content_type()
    if kind in REPORTS:
        return next(
            (one for group in _groups(part) if (one := named(str(group.get("Original-Envelope-Id", ""))))), None
        )
    if kind in RETURNED:
        return named(_returned(part))
    return None


def _groups(part: Message) -> list[Message]:
    payload = part.get_payload()
    return [one for one in payload if isinstance(one, Message)][:PARTS] if isinstance(payload, list) else []


def _returned(part: Message) -> str:
    """The Message-ID of the mail that came back."""
    payload = part.get_payload()
    if isinstance(payload, list):
        return str(payload[0].get("Message-ID", "")) if payload and isinstance(payload[0], Message) else ""
    text = part.get_content() if isinstance(part, EmailMessage) else str(payload)
    found = re.search(r"^message-id:\s*(\S{1,300})", str(text)[:100_000], re.IGNORECASE | re.MULTILINE)
    return found[1] if found else ""

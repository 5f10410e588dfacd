"""Replies: which of our notices a mail answers, and what its writer says. Pure; built for hostile input.

Who a mail is from is not proven by what it says: so a reply is never an act. A human of the processor reads it and
confirms. Automatic answers and reports are no replies.
"""

import hashlib
import re
from email.errors import MessageError
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from email.utils import parseaddr
from uuid import UUID

import msgspec

from bailee.obligations.notices.bounces import LOOKED_AT, named

LONGEST = 4_000
AUTOMATIC = re.compile(r"auto-(generated|replied)|auto_reply|bulk|junk|list", re.IGNORECASE)
QUOTES = re.compile(
    r"^\s*>|^-{2,}\s*(original message|message d'origine)|^_{10,}$|^\S.{0,200}\b(wrote|a écrit)\s*:$", re.I
)


class Replied(msgspec.Struct, frozen=True):
    """A reply: to which notice, from whom it says it is, and what was written above the letter that it quotes."""

    controller: UUID
    notice: UUID
    recipient: str
    sender: str
    words: str
    digest: str


def replied(content: bytes) -> Replied | None:
    """What a mail answers; None where it answers none of our notices, or no human wrote it."""
    try:
        message = BytesParser(policy=default).parsebytes(content[:LOOKED_AT])
        ours = next(
            (one for header in ("In-Reply-To", "References") if (one := named(str(message.get(header, ""))))), None
        )
        if ours is None or _automatic(message):
            return None
        words, sender = _words(message), parseaddr(str(message.get("From", "")))[1]
    except (MessageError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return None
    digest = hashlib.sha256(content).hexdigest()
    return Replied(ours.controller, ours.notice, ours.recipient, sender[:254], words, digest)


def _automatic(message: EmailMessage) -> bool:
    said = str(message.get("Auto-Submitted", "no")) + " " + str(message.get("Precedence", ""))
    report = message.get_content_type() == "multipart/report" or str(message.get("Return-Path", "")).strip() == "<>"
    return report or bool(AUTOMATIC.search(said))


def _words(message: EmailMessage) -> str:
    """The lines above the first that quotes, in plain text."""
    body = message.get_body(("plain",))
    lines: list[str] = []
    for line in str(body.get_content() if body else "").splitlines():
        if QUOTES.search(line):
            break
        lines.append(line.rstrip())
    return "\n".join(lines).strip()[:LONGEST]

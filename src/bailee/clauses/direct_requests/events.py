"""What happens to a message: it is received, and passed on to the controllers that it concerns. Facts."""

from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

Channel = Literal["form", "mail", "maildir", "api"]
# received: not looked at yet. unassigned: a human decides. own: the processor's to answer. dismissed: a human said that
# it is neither request nor complaint. automatic: a machine wrote it.
State = Literal["received", "unassigned", "forwarded", "own", "dismissed", "automatic"]
How = Literal["held", "addressed", "named", "human"]


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """What came by the form or the API: texts as typed. `known_as` is how the company knows the person."""

    reply_to: str
    text: str
    known_as: str = ""
    name: str = ""
    company: str = ""
    asks: str = ""
    about_us: bool = False
    language: str = "en"


class Received(msgspec.Struct, frozen=True, kw_only=True):
    """A message as it came, before anyone has understood it: a mail's bytes with its envelope, or what was written."""

    channel: Channel
    received_at: datetime
    mail_from: str = ""
    mail_to: tuple[str, ...] = ()
    mail: bytes = b""
    written: Written | None = None
    # controllers that its address names (a sub-address, a page of their own)
    addressed: UUID | None = None


class Forwarded(msgspec.Struct, frozen=True, kw_only=True):
    """A message that reached a controller: what others build upon it. `persons` are those who are held and match.

    Where a human of the controller read it again, `kinds` are what it is about beyond what it was taken for, and
    `misread` what it is not about after all.
    """

    request: UUID
    controller: UUID
    kinds: tuple[str, ...]
    received_at: datetime
    persons: tuple[UUID, ...]
    sender: str
    subject: str
    text: str
    by: str
    misread: tuple[str, ...] = ()

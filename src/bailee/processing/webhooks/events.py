"""What can be heard of, and how it is said. Pure."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

import msgspec


class Event(StrEnum):
    """The events a subscription may name."""

    account_invited = "account.invited"
    account_activated = "account.activated"
    account_suspended = "account.suspended"
    account_resumed = "account.resumed"
    account_closing = "account.closing"
    account_erased = "account.erased"
    person_created = "person.created"
    person_changed = "person.changed"
    person_erased = "person.erased"
    notice_sent = "notice.sent"
    notice_failed = "notice.failed"
    obligation_opened = "obligation.opened"
    obligation_moved = "obligation.moved"
    obligation_reminded = "obligation.reminded"
    obligation_infringed = "obligation.infringed"
    obligation_discharged = "obligation.discharged"
    obligation_withdrawn = "obligation.withdrawn"


TEST = "webhook.test"


class Ids(msgspec.Struct, frozen=True, omit_defaults=True):
    """Of whom: ids and nothing else. `entry` names the ledger entry; a test has neither person nor entry.

    `notice` is there where it is told of a notice, which has no person.
    """

    controller: UUID
    person: UUID | None
    entry: str | None
    notice: UUID | None = None


class Message(msgspec.Struct, frozen=True):
    """The body of a delivery."""

    type: str
    timestamp: datetime
    data: Ids


def message(event: str, at: datetime, ids: Ids) -> bytes:
    """The body's bytes: the same for every attempt, so that a duplicate is one."""
    return msgspec.json.encode(Message(event, at, ids))

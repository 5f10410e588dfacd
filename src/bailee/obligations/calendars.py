"""Calendars: a link that shows a controller's open obligations to a calendar program, made and revoked by its people.

The link is its own credential: controller, calendar and 32 random bytes; only a digest of those is kept, and every way
of failing answers alike. It shows identifiers and clocks, nothing else. The platform's own shows every controller's.
"""

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from uuid import UUID

import msgspec
from asyncpg import Record

from bailee.infra.clock import Clock
from bailee.infra.database import Database
from bailee.ledger.committing import Committing
from bailee.ledger.entries import Act
from bailee.obligations import icalendar, queries, wording
from bailee.obligations.obligations import Obligations
from bailee.obligations.promises import Obligation
from bailee.vocabulary.ids import new_id

SECRET = 32
LONGEST = 200


class Link(msgspec.Struct, frozen=True):
    """A calendar's link as listed: never its secret."""

    id: UUID
    language: str
    made_by: str
    made_at: datetime


class Calendars:
    """Makes, shows and revokes calendars. `controllers` lists whose obligations the platform's own calendar shows."""

    def __init__(
        self, *, database: Database, committing: Committing, obligations: Obligations, clock: Clock, platform: UUID,
        controllers: Callable[[], Awaitable[Sequence[UUID]]],
    ) -> None:  # fmt: skip
        self._database = database
        self._committing = committing
        self._obligations = obligations
        self._clock = clock
        self._platform = platform
        self._controllers = controllers

    async def make(self, controller: UUID, *, language: str, by: str) -> tuple[UUID, str]:
        """A new calendar: its id, and the path of its link, shown this once."""
        id, secret = new_id(), secrets.token_bytes(SECRET)
        async with self._committing.transaction(controller) as change:
            await change.connection.execute(
                queries.MAKE_CALENDAR, controller, id, hashlib.sha256(secret).digest(), language, by, self._clock.now()
            )
            await change.append([Act("calendar-made", controller, by, {"calendar": str(id)})])
        text = base64.urlsafe_b64encode(controller.bytes + id.bytes + secret).rstrip(b"=").decode()
        return id, f"/calendar/{text}.ics"

    async def listed(self, controller: UUID) -> list[Link]:
        """The calendars that still show something, the oldest first."""
        async with self._database.transaction(controller) as tx:
            rows = await tx.fetch(queries.CALENDARS, controller)
        return [Link(row["calendar_id"], row["language"], row["made_by"], row["made_at"]) for row in rows]

    async def revoke(self, controller: UUID, calendar: UUID, *, by: str) -> bool:
        """Whether there was such a calendar; from now on its link answers like an unknown one."""
        async with self._committing.transaction(controller) as change:
            gone = await change.connection.fetchval(queries.REVOKE_CALENDAR, controller, calendar, self._clock.now())
            if gone is not None:
                await change.append([Act("calendar-revoked", controller, by, {"calendar": str(calendar)})])
        return gone is not None

    async def read(self, text: str) -> bytes | None:
        """What a link shows; None for every link that shows nothing."""
        parsed = _parse(text)
        if parsed is None:
            return None
        controller, calendar, secret = parsed
        async with self._database.transaction(controller) as tx:
            row: Record | None = await tx.fetchrow(queries.CALENDAR, controller, calendar)
        known = row["digest"] if row else bytes(SECRET)
        if not hmac.compare_digest(hashlib.sha256(secret).digest(), known) or row is None:
            return None
        whose = await self._controllers() if controller == self._platform else [controller]
        now, language = self._clock.now(), row["language"]
        events = [event_of(one, language, now) for one in await self._obligations.open_of(whose)]
        return icalendar.written(wording.said(language, "What is owed"), events, now)


def event_of(one: Obligation, language: str, now: datetime) -> icalendar.Event:
    """An open obligation in a calendar."""
    promise, said = one.promise, wording.said
    late = now > promise.binding
    what = wording.called(language, promise.clause)
    owed = said(language, f"owed-by-{promise.owed_by}")
    lines = (promise.clause, promise.subject, promise.due.rule, f"{one.controller}/{one.id}")
    summary = f"{said(language, 'calendar-late')}: {what} ({owed})" if late else f"{what} ({owed})"
    return icalendar.Event(
        id=f"{one.id}@bailee", at=promise.binding, summary=summary, description="\n".join(lines), late=late,
        rings=promise.reminders,
    )  # fmt: skip


def _parse(text: str) -> tuple[UUID, UUID, bytes] | None:
    if len(text) > LONGEST or not text.isascii():
        return None
    try:
        plain = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except binascii.Error:
        return None
    if len(plain) != 32 + SECRET:
        return None
    return UUID(bytes=plain[:16]), UUID(bytes=plain[16:32]), plain[32:]

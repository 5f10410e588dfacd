"""The post: whether mail leaves at all. While it does not, the queue rests, and everyone who looks is told since when."""

from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from bailee.infra.clock import Clock
from bailee.infra.database import Database
from bailee.obligations.notices import queries

FIRST_PAUSE = timedelta(seconds=5)
LONGEST_PAUSE = timedelta(minutes=5)


class Standing(msgspec.Struct, frozen=True):
    """How the post stands: `open` or `away`, why, and since when."""

    state: str
    reason: str
    since: datetime | None


OPEN = Standing("open", "", None)


class Post:
    """Knows of the way out, in this process; the jobs' process writes it down for the others to read."""

    def __init__(self, database: Database, clock: Clock, platform: UUID) -> None:
        self._database = database
        self._clock = clock
        self._platform = platform
        self._pause = timedelta(0)
        self._until: datetime | None = None
        self._known: Standing | None = None

    @property
    def is_open(self) -> bool:
        """Whether another mail may be tried now."""
        return self._until is None or self._clock.now() >= self._until

    @property
    def is_well(self) -> bool:
        """Whether the last mail that was tried found the way open."""
        return self._known is None or self._known.state == "open"

    async def open(self) -> bool:
        """Whether mail may be tried; what was written down before this process began counts as its own."""
        if self._known is None:
            self._known = await self.standing()
        return self.is_open

    async def standing(self) -> Standing:
        """How the post stands, as it was last written down."""
        async with self._database.transaction(self._platform) as tx:
            row = await tx.fetchrow(queries.ROUTE, self._platform)
        return Standing(row["state"], row["reason"], row["since_at"]) if row else OPEN

    async def left(self) -> None:
        """A server answered for a mail: the way is open."""
        self._pause, self._until = timedelta(0), None
        if self._known is None or self._known.state != "open":
            await self._write(Standing("open", "", self._clock.now()))

    async def stayed(self, code: str) -> None:
        """A mail did not leave. SMTP's own words for now are about that mail, 421 and the rest about the way."""
        if code.isdigit() and code != "421":
            return
        self._pause = min(max(self._pause * 2, FIRST_PAUSE), LONGEST_PAUSE)
        self._until = self._clock.now() + self._pause
        if self._known is None or self._known.state != "away" or self._known.reason != code:
            since = self._known.since if self._known and self._known.state == "away" else self._clock.now()
            await self._write(Standing("away", code, since))

    async def _write(self, standing: Standing) -> None:
        self._known = standing
        async with self._database.transaction(self._platform) as tx:
            await tx.execute(queries.SET_ROUTE, self._platform, standing.state, standing.reason, standing.since)

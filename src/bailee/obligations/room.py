"""The room of obligations for one running platform: each part once, by name."""

from collections.abc import Awaitable, Callable, Sequence
from functools import cached_property
from uuid import UUID

from bailee.infra.clock import Clock
from bailee.infra.database import Database
from bailee.infra.keys.store import KeyStore
from bailee.ledger.committing import Committing
from bailee.ledger.reading import Reading
from bailee.obligations.calendars import Calendars
from bailee.obligations.custom_duties import CustomDuties, InForceOf
from bailee.obligations.evidence import Evidence
from bailee.obligations.obligations import Obligations, Told
from bailee.obligations.rebuilding import Rebuilding
from bailee.obligations.whose import Names, Whose


class Owing:
    """What is owed: the obligations, and what looks after them."""

    def __init__(
        self, *, database: Database, committing: Committing, reading: Reading, keys: KeyStore, clock: Clock,
        names: Names, platform: UUID, believed: Callable[[], Awaitable[bool]],
        in_force: InForceOf, told: Told,
    ) -> None:  # fmt: skip
        self._database = database
        self._committing = committing
        self._reading = reading
        self._keys = keys
        self._clock = clock
        self._names = names
        self._platform = platform
        self._believed = believed
        self._in_force = in_force
        self._told = told

    async def _controllers(self) -> Sequence[UUID]:
        return list(await self._names())

    @cached_property
    def obligations(self) -> Obligations:
        """Who owes what to whom by when."""
        return Obligations(
            database=self._database, committing=self._committing, clock=self._clock, platform=self._platform,
            believed=self._believed, told=self._told,
        )  # fmt: skip

    @cached_property
    def custom_duties(self) -> CustomDuties:
        """The duties that negotiated clauses add."""
        return CustomDuties(
            obligations=self.obligations, committing=self._committing, clock=self._clock, in_force=self._in_force
        )  # fmt: skip

    @cached_property
    def evidence(self) -> Evidence:
        """What parties attach to duties of their own."""
        return Evidence(
            database=self._database, committing=self._committing, keys=self._keys, obligations=self.obligations,
            clock=self._clock,
        )  # fmt: skip

    @cached_property
    def calendars(self) -> Calendars:
        """Links for calendar programs."""
        return Calendars(
            database=self._database, committing=self._committing, obligations=self.obligations, clock=self._clock,
            platform=self._platform, controllers=self._controllers,
        )  # fmt: skip

    @cached_property
    def whose(self) -> Whose:
        """Whose obligations someone may see."""
        return Whose(self._platform, self._names)

    @cached_property
    def rebuilding(self) -> Rebuilding:
        """The table made anew from the ledger."""
        return Rebuilding(committing=self._committing, reading=self._reading)

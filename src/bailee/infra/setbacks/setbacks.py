"""Setbacks, kept in the control database: the jobs' process writes them, everyone who looks after the platform reads them.

A setback says which duty, at which controller, and the kind of mistake by its name: never its words, which could hold
something of a person.
"""

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

import msgspec
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from bailee.infra.clock import Clock
from bailee.infra.database import Database
from bailee.infra.setbacks import queries

SHOWN = 200


class Setback(msgspec.Struct, frozen=True, kw_only=True):
    """A duty that could not be done at a controller, and when it is tried again."""

    controller: UUID
    duty: str
    kind: str
    times: int
    since_at: datetime
    last_at: datetime
    again_at: datetime


class Counted(msgspec.Struct, frozen=True):
    """Of a duty: how often it failed at a controller, ever, and at how many it stands still."""

    duty: str
    times: int
    standing: int


class Setbacks:
    """Writes setbacks down, and tells of them."""

    def __init__(self, control: Database, clock: Clock) -> None:
        self._control = control
        self._clock = clock

    async def note(self, controller: UUID, duty: str, kind: str, *, times: int, again_at: datetime) -> None:
        """A duty failed at a controller, so many times in turn."""
        async with self._control.transaction() as tx:
            await tx.execute(queries.NOTE, controller, duty, kind, times, self._clock.now(), again_at)
            await tx.execute(queries.COUNT, duty)

    async def over(self, controller: UUID, duty: str) -> None:
        """It was done, or is not due any more."""
        async with self._control.transaction() as tx:
            await tx.execute(queries.OVER, controller, duty)

    async def of(self, duty: str) -> dict[UUID, int]:
        """Where a duty stands still, and how often it failed there in turn."""
        rows = await self._control.fetch(queries.OF_DUTY, duty)
        return {row["controller_id"]: row["times"] for row in rows}

    async def listed(self, most: int = SHOWN) -> list[Setback]:
        """What stands still, the oldest first."""
        rows = await self._control.fetch(queries.LISTED, most)
        return [
            Setback(
                controller=row["controller_id"], duty=row["duty"], kind=row["kind"], times=row["times"],
                since_at=row["since_at"], last_at=row["last_at"], again_at=row["again_at"],
            )
            for row in rows
        ]  # fmt: skip

    async def counted(self) -> list[Counted]:
        """Each duty that ever failed at a controller."""
        rows = await self._control.fetch(queries.COUNTED)
        return [Counted(row["duty"], row["times"], row["standing"]) for row in rows]


class Measured:
    """What was counted, as metrics: numbers and duties, no controller."""

    def __init__(self, counted: list[Counted]) -> None:
        self._counted = counted

    def collect(self) -> Iterator[Metric]:
        """The metrics, for a registry."""
        failures = CounterMetricFamily(
            "bailee_duty_failures", "How often a duty failed at a controller.", labels=["duty"]
        )
        standing = GaugeMetricFamily(
            "bailee_duty_setbacks", "Controllers at which a duty stands still and is tried again.", labels=["duty"]
        )
        for one in self._counted:
            failures.add_metric([one.duty], one.times)
            standing.add_metric([one.duty], one.standing)
        yield failures
        yield standing

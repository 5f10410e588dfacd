"""The book: which copies there are, and what was proven of them, as the control database knows it."""

from collections.abc import Iterator, Sequence
from datetime import datetime

import msgspec
from asyncpg import Record
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from bailee.infra.database import Database
from bailee.processing.backup import queries
from bailee.processing.backup.events import Check, Copy, Found, Standing

SHOWN = 60


class Measured(Collector):
    """How old they are, as metrics; a negative age says that there is none."""

    def __init__(self, standing: Standing, now: datetime) -> None:
        self._standing = standing
        self._now = now

    def collect(self) -> Iterator[Metric]:
        """The metrics, for a registry."""
        last, drill = self._standing.last, self._standing.drill
        for name, at, words in (
            (
                "bailee_backup_age_seconds",
                last and last.taken_at,
                "How old the last good backup is; -1: there is none.",
            ),
            (
                "bailee_drill_age_seconds",
                drill and drill.ended_at,
                "How old the last good drill is; -1: there is none.",
            ),
        ):
            yield GaugeMetricFamily(name, words, value=(self._now - at).total_seconds() if at else -1.0)


class Book:
    """Writes copies and checks down, and tells of them."""

    def __init__(self, control: Database) -> None:
        self._control = control

    async def keep(self, copy: Copy) -> None:
        """A copy counts."""
        async with self._control.transaction() as tx:
            await tx.execute(
                queries.KEEP_COPY, copy.name, copy.kind, list(copy.stores), copy.taken_at, copy.ended_at,
                copy.expires_at, copy.size, copy.parts, copy.digest, list(copy.epochs), copy.by, copy.entry,
            )  # fmt: skip

    async def gone(self, names: Sequence[str], at: datetime) -> None:
        """Copies that are no more."""
        async with self._control.transaction() as tx:
            await tx.execute(queries.GONE, list(names), at)

    async def copies(self, most: int = SHOWN) -> list[Copy]:
        """The newest copies, those that are gone among them."""
        return [_copy(row) for row in await self._control.fetch(queries.COPIES, most)]

    async def there(self) -> list[Copy]:
        """The copies that stand, the newest first."""
        return [_copy(row) for row in await self._control.fetch(queries.STANDING)]

    async def check(self, check: Check) -> None:
        """A drill or a restore was made."""
        found = msgspec.json.encode(check.found).decode()
        async with self._control.transaction() as tx:
            await tx.execute(
                queries.KEEP_CHECK, check.id, check.kind, check.copy, check.began_at, check.ended_at, check.good, found,
                check.by, check.entry,
            )  # fmt: skip

    async def checks(self, most: int = SHOWN) -> list[Check]:
        """The newest drills and restores."""
        return [_check(row) for row in await self._control.fetch(queries.CHECKS, most)]

    async def standing(self) -> Standing:
        """How backups stand."""
        copies = await self.there()
        drills = [_check(row) for row in await self._control.fetch(queries.LAST_GOOD_DRILL)]
        return Standing(
            copy=next((one for one in copies if one.kind == "full"), None),
            attested=next((one for one in copies if one.kind == "attested"), None),
            drill=drills[0] if drills else None,
        )


def _copy(row: Record) -> Copy:
    return Copy(
        name=row["name"], kind=row["kind"], stores=tuple(row["stores"]), taken_at=row["taken_at"],
        ended_at=row["ended_at"], expires_at=row["expires_at"], size=row["size"], parts=row["parts"],
        digest=row["digest"], epochs=tuple(row["epochs"]), gone_at=row["gone_at"], by=row["made_by"], entry=row["entry"],
    )  # fmt: skip


def _check(row: Record) -> Check:
    return Check(
        id=row["check_id"], kind=row["kind"], copy=row["backup"], began_at=row["began_at"], ended_at=row["ended_at"],
        good=row["good"], found=msgspec.json.decode(row["found"], type=Found), by=row["made_by"], entry=row["entry"],
    )  # fmt: skip

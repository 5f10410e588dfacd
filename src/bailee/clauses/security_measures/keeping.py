"""Keeping: what is known of measures, of the platform's own rows; what named persons said is sealed."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from asyncpg import Record

from bailee.clauses.security_measures import queries
from bailee.clauses.security_measures.declared import Declared
from bailee.clauses.security_measures.events import Found, Incident, Kept, Kind, Said, Standing, Words
from bailee.clauses.security_measures.mistakes import AlteredSaid
from bailee.infra.database import Database
from bailee.infra.keys.rows import Rows
from bailee.infra.keys.store import KeyStore
from bailee.ledger.committing import Transaction

KEPT_FOR = timedelta(days=400)
SHOWN = 200
KEY = "measures"
SAID = Rows("measure-said", Words, AlteredSaid)


class Keeping:
    """Reads and writes them."""

    def __init__(self, database: Database, keys: KeyStore, platform: UUID) -> None:
        self._database = database
        self._keys = keys
        self.platform = platform

    async def standings(self) -> dict[str, Standing]:
        """How each measure stands, as of its last look."""
        rows = await self._rows(queries.STANDINGS)
        return {row["measure"]: _standing(row) for row in rows}

    async def kept(self, since: datetime) -> dict[str, list[Kept]]:
        """The history of each measure from an instant on, the oldest first."""
        found: dict[str, list[Kept]] = {}
        for row in await self._rows(queries.KEPT, since):
            found.setdefault(row["measure"], []).append(Kept(row["at"], row["state"], row["reason"]))
        return found

    async def incidents(self, most: int = SHOWN) -> list[Incident]:
        """What did not hold, the latest first."""
        return [_incident(row) for row in await self._rows(queries.INCIDENTS, most)]

    async def said(self, kind: Kind, most: int = SHOWN) -> list[Said]:
        """What named persons said of one kind, the latest first."""
        rows = await self._rows(queries.SAID, kind, most)
        key = await self._keys.controller_key(self.platform, KEY) if rows else None
        return [
            Said(
                id=row["said_id"], kind=row["kind"], measure=row["measure"], at=row["at"], by=row["said_by"],
                said=SAID.unseal(key, self.platform, row["said_id"], row["sealed"]), until_at=row["until_at"],
                before=row["rank_before"], after=row["rank_after"], judged=row["judged"], digest=row["digest"],
            )
            for row in rows if key
        ]  # fmt: skip

    async def levels(self) -> dict[str, tuple[int, Found]]:
        """The rank that each declared measure has reached, and what was found with it."""
        rows = await self._rows(queries.LEVELS)
        return {row["measure"]: (row["rank"], Found("proven", row["reason"], _figures(row["figures"]))) for row in rows}

    async def lines(self) -> Mapping[int, tuple[str, str]]:
        """The lines of the catalogue that were taken in: by place, measure and digest."""
        return {row["line"]: (row["measure"], row["digest"]) for row in await self._rows(queries.LINES)}

    async def lock(self, change: Transaction) -> dict[str, Standing]:
        """How each measure stands, held until the change is over."""
        return {
            row["measure"]: _standing(row) for row in await change.connection.fetch(queries.LOCK, change.controller)
        }

    async def stand(self, change: Transaction, one: Standing) -> None:
        """Write down how a measure stands."""
        await change.connection.execute(
            queries.STAND, change.controller, one.measure, one.found.state, one.found.reason, _text(one.found.figures),
            one.since_at, one.looked_at, one.kept_on, one.incident, one.holds_since,
        )  # fmt: skip

    async def keep(self, change: Transaction, one: Standing) -> None:
        """A line of its history."""
        await change.connection.execute(
            queries.KEEP, change.controller, one.measure, one.looked_at, one.found.state, one.found.reason
        )

    async def say(self, change: Transaction, one: Said) -> None:
        """What a named person said, sealed."""
        key = await self._keys.controller_key(self.platform, KEY)
        await change.connection.execute(
            queries.SAY, change.controller, one.id, one.kind, one.measure, one.at, one.by, one.until_at, one.before,
            one.after, one.judged, one.digest, SAID.seal(key, change.controller, one.id, one.said),
        )  # fmt: skip

    async def reach(self, change: Transaction, measure: str, one: Declared, at: datetime) -> None:
        """A declared measure has reached a rank."""
        await change.connection.execute(
            queries.REACH, change.controller, measure, one.rank, one.found.reason, _text(one.found.figures), at
        )

    async def _rows(self, sql: str, *arguments: Any) -> Sequence[Record]:
        async with self._database.transaction(self.platform) as tx:
            rows: Sequence[Record] = await tx.fetch(sql, self.platform, *arguments)
        return rows


def closing(found: Found) -> str:
    """What closed an incident, as it is kept."""
    return msgspec.json.encode(found).decode()


def _standing(row: Record) -> Standing:
    return Standing(
        measure=row["measure"], found=Found(row["state"], row["reason"], _figures(row["figures"])),
        since_at=row["since_at"], looked_at=row["looked_at"], kept_on=row["kept_on"], incident=row["incident_id"],
        holds_since=row["holds_since"],
    )  # fmt: skip


def _incident(row: Record) -> Incident:
    return Incident(
        id=row["incident_id"], measure=row["measure"], opened_at=row["opened_at"], reason=row["reason"],
        closed_at=row["closed_at"],
        closed_by=msgspec.json.decode(row["closed_by"], type=Found) if row["closed_by"] else None,
    )  # fmt: skip


def _text(figures: Mapping[str, int | str]) -> str:
    return msgspec.json.encode(figures).decode()


def _figures(text: str) -> dict[str, int | str]:
    return msgspec.json.decode(text, type=dict[str, int | str])

"""The ledger as a controller may read it now: what was done under an order that may not be told yet is veiled.

Such an entry is there, counted, and proven like any other; only its body is withheld, as a pruned one is, and shown from
the disclosure on (clause instructions.legal-compulsion). Whatever reads the ledger for the controller reads it through
here; what checks the ledger for us (`vault/scrubbing.py`) does not.
"""

from collections.abc import Sequence
from uuid import UUID

import msgspec
from asyncpg import Record

from bailee.contract.ruling import BY_LAW
from bailee.gate.archive import Archive
from bailee.infra.clock import Clock
from bailee.infra.database import Database
from bailee.infra.keys.store import KeyStore
from bailee.ledger.reading import Reading
from bailee.ledger.sealing import Opened

LOOKED_SECONDS = 1.0
NONE: frozenset[str] = frozenset()


class Named(msgspec.Struct, frozen=True):
    """What an entry says of the order that it was made under."""

    clause: str = ""
    instruction: str | None = None


class Veiled(Reading):
    """Reads one controller's log, bodies under untold orders left out."""

    def __init__(self, database: Database, keys: KeyStore, clock: Clock, archive: Archive) -> None:
        super().__init__(database, keys, clock)
        self._archive = archive
        self._looked: dict[UUID, tuple[float, frozenset[str]]] = {}

    async def _open(self, controller: UUID, batch_id: UUID, row: Record) -> Sequence[Opened | None] | None:
        opened = await super()._open(controller, batch_id, row)
        untold = await self._untold(controller)
        if opened is None or not untold:
            return opened
        return [None if one is None or _veils(one.body, untold) else one for one in opened]

    async def _untold(self, controller: UUID) -> frozenset[str]:
        """The orders that may not be told yet, as of a second ago at most."""
        now = self._clock.monotonic()
        at, known = self._looked.get(controller, (float("-inf"), NONE))
        if now - at < LOOKED_SECONDS:
            return known
        dossier = await self._archive.refresh(controller)
        orders = dossier.beside.orders if dossier else ()
        found = frozenset(one.name for one in orders if one.ban is not None)
        self._looked[controller] = (now, found)
        return found


def _veils(body: bytes, untold: frozenset[str]) -> bool:
    """Whether an entry would tell: it names such an order, or is a refusal for want of one."""
    said = msgspec.json.decode(body, type=Named)
    return said.instruction in untold or (said.clause in BY_LAW and said.instruction is None)

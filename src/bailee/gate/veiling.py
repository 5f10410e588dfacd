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
from bailee.gate import queries
from bailee.gate.archive import Archive
from bailee.infra.clock import Clock
from bailee.infra.database import Database
from bailee.infra.keys.store import KeyStore
from bailee.ledger.reading import Reading
from bailee.ledger.sealing import Opened

# Whatever was done under an order, or refused for want of one, says one of these.
OF_THE_LAW = (b'"order:', b'"instructions.legal-compulsion"', b'"transfers.compelled"')


class Named(msgspec.Struct, frozen=True):
    """What an entry says of the order that it was made under."""

    clause: str = ""
    instruction: str | None = None


class Veiled(Reading):
    """Reads one controller's log, bodies under untold orders left out."""

    def __init__(self, database: Database, keys: KeyStore, clock: Clock, archive: Archive) -> None:
        super().__init__(database, keys, clock)
        self._archive = archive

    async def _open(self, controller: UUID, batch_id: UUID, row: Record) -> Sequence[Opened | None] | None:
        opened = await super()._open(controller, batch_id, row)
        if opened is None or not any(one is not None and _of_the_law(one.body) for one in opened):
            return opened
        untold = await self._untold(controller)
        return [None if one is None or _veils(one.body, untold) else one for one in opened]

    async def _untold(self, controller: UUID) -> frozenset[str]:
        """The orders that may not be told yet, as the gate knows them now, whatever this process remembers."""
        async with self._database.transaction(controller) as tx:
            version = await tx.fetchval(queries.GATE, controller)
        dossier = await self._archive.dossier(controller, version or 0)
        orders = dossier.beside.orders if dossier else ()
        return frozenset(one.name for one in orders if one.ban is not None)


def _of_the_law(body: bytes) -> bool:
    return any(said in body for said in OF_THE_LAW)


def _veils(body: bytes, untold: frozenset[str]) -> bool:
    """Whether an entry would tell: it names such an order, or is a refusal for want of one while there is one."""
    said = msgspec.json.decode(body, type=Named)
    return said.instruction in untold or (bool(untold) and said.clause in BY_LAW and said.instruction is None)

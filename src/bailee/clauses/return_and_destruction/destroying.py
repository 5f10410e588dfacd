"""Destroying everything held for a controller, and finding out whether it is gone.

Order: the gate shuts and the log is closed; the intent is in both copies of the destruction log; a second
passes, so that nothing read before is still on its way; the keys go and are read back as gone; rows, tags,
queues and bodies go; the bundle goes; a sample taken before is tried with every key that is left. Each
step may be repeated: a crash in the middle is gone on from. Where a backup of a server brings back what was destroyed,
`bring_to_end` has it destroyed once more; what is known of the end lies in the facts, outside both servers.
"""

import asyncio
import shutil
from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

import msgspec
import structlog

from bailee.clauses.return_and_destruction import queries
from bailee.clauses.return_and_destruction.bundle import write_atomically
from bailee.clauses.return_and_destruction.events import Ending
from bailee.gate import queries as gate_queries
from bailee.gate.archive import Archive
from bailee.infra.clock import Clock
from bailee.infra.database import Database
from bailee.infra.keys.store import KeyStore
from bailee.infra.keys.trying import Taken, Trying
from bailee.infra.outbox import Outbox
from bailee.ledger import queries as ledger_queries
from bailee.ledger.appending import Appending
from bailee.ledger.entries import Act
from bailee.ledger.reading import Reading
from bailee.vault import queries as vault_queries
from bailee.vault.destruction_log import DestructionLog, controller_name
from bailee.vault.files import Files

SAMPLE = 200
FACTS = "facts.json"
LOST = "lost"

log = structlog.get_logger()


class Facts(msgspec.Struct, kw_only=True):
    """What was found before and after; the certificate is made of it."""

    controller: UUID
    person_keys: int = 0
    records: dict[str, int] = {}
    root_keys: list[str] = []
    bundle_removed: bool = False
    bundle_remains: str | None = None
    sampled: int = 0
    opened: int = 0
    left: dict[str, int] = {}
    last_checkpoint: str = ""
    by: str = ""
    ending: Ending | None = None


class StillThere(Exception):
    """The read-back found something: the destruction stays open and is tried again."""


class Destroying:
    """Destroys a controller's data."""

    def __init__(
        self, *, database: Database, keys: KeyStore, trying: Trying, archive: Archive, appending: Appending,
        reading: Reading, log: DestructionLog, clock: Clock, returns: Path, certificates: Path, outbox: Outbox,
        files: Files, platform: UUID, leaving: Sequence[str],
    ) -> None:  # fmt: skip
        self._database = database
        self._keys = keys
        self._trying = trying
        self._archive = archive
        self._appending = appending
        self._reading = reading
        self._log = log
        self._clock = clock
        self._returns = returns
        self._certificates = certificates
        self._outbox = outbox
        self._leaving = leaving
        self._files = files
        self._platform = platform

    def facts_of(self, controller: UUID) -> Facts:
        """What is known of a destruction under way or done."""
        file = self._certificates / str(controller) / FACTS
        return msgspec.json.decode(file.read_bytes(), type=Facts) if file.exists() else Facts(controller=controller)

    def begun(self, controller: UUID) -> bool:
        """Whether the log is closed: the first step of a destruction is done."""
        return bool(self.facts_of(controller).last_checkpoint)

    async def destroy(self, ending: Ending, *, remains: str | None, by: str) -> None:
        """Carry the destruction out, or go on with it. `remains` is the term for which the bundle may stay, if any."""
        controller = ending.controller
        facts = self.facts_of(controller)
        facts.by, facts.ending = by, ending
        if not facts.last_checkpoint:
            await self._shut(controller, facts)
        sample = await self._sample(controller)
        self._log.intend([controller_name(controller)], self._clock.now())
        await asyncio.sleep(1.0)
        facts.person_keys += await self._keys.shred_controller(controller)
        self._archive.forget(controller)
        await self._clear(controller)
        self._remove_bundle(controller, remains, facts)
        if sample:
            facts.sampled, facts.opened = len(sample), await self._trying.opened(controller, sample)
        facts.left = await self._left(controller)
        self._keep(facts)
        if any(facts.left.values()) or facts.opened:
            raise StillThere(", ".join(f"{name}: {count}" for name, count in facts.left.items() if count))
        self._log.confirm([controller_name(controller)], self._clock.now())
        await self._done(controller, facts)

    async def bring_to_end(self, controller: UUID, remains: str | None) -> None:
        """Destroy again what came back with a backup of a server, before anything is served. Its log was closed then,
        and nothing that was read is on its way."""
        facts, now = self.facts_of(controller), self._clock.now()
        known = facts.ending or Ending(controller, ended_at=now, last_day=now)
        digest = bytes.fromhex(known.manifest_digest) if known.manifest_digest else None
        async with self._database.transaction(controller) as tx:
            await tx.execute(
                queries.BRING_BACK, controller, known.ended_at, known.last_day, known.returned_at, digest,
                known.acknowledged_at, known.waived_at, known.destroying_at or now,
            )  # fmt: skip
            await tx.execute(gate_queries.CLOSE_GATE, controller, "destroying")
        if not facts.last_checkpoint:
            head = await self._reading.head(controller)
            facts.last_checkpoint = head.checkpoint if head else LOST
            self._keep(facts)
        act = Act("destruction-replayed", controller, "platform", log=self._platform)
        await self._appending.append_one(act)
        log.error(
            "a controller whose data were destroyed came back; they are destroyed again", controller=str(controller)
        )
        await self.destroy(known, remains=facts.bundle_remains or remains, by=facts.by or "platform")

    async def _shut(self, controller: UUID, facts: Facts) -> None:
        """Shut the gate, wait until every entry is integrated, and close the log with its last checkpoint."""
        async with self._database.transaction(controller) as tx:
            await tx.execute(gate_queries.CLOSE_GATE, controller, "destroying")
            rows = await tx.fetch(vault_queries.COUNT_RECORDS, controller)
            files = await tx.fetch(vault_queries.COUNT_FILES, controller)
        facts.records = {row["type"]: row["records"] for row in rows} | {row["type"]: row["files"] for row in files}
        facts.root_keys = await self._keys.root_names(controller)
        head = await self._reading.integrated(controller)
        closed = Act("log-closed", controller, "platform", {"checkpoint": head.checkpoint}, log=self._platform)
        await self._appending.append_one(closed)
        facts.last_checkpoint = head.checkpoint
        self._keep(facts)

    async def _sample(self, controller: UUID) -> list[Taken]:
        """Ciphertexts and wrapped keys as they stand now, to be tried when the keys are gone."""
        async with self._database.transaction(controller) as tx:
            rows = await tx.fetch(queries.SAMPLE, controller, SAMPLE)
        return await self._trying.take(controller, rows)

    async def _clear(self, controller: UUID) -> None:
        now = self._clock.now()
        for query in (
            vault_queries.DELETE_ALL_FILES, vault_queries.DELETE_ALL_TAGS, vault_queries.DELETE_ALL_RECORDS,
            vault_queries.DELETE_ALL_IDEMPOTENCY, vault_queries.DELETE_ALL_ERASURES, vault_queries.DELETE_ALL_CLASSES,
            vault_queries.DELETE_ALL_TYPES, vault_queries.DELETE_ALL_RELATIONS, ledger_queries.FORGET_BODIES, ledger_queries.FORGET_PERSON_TAGS,
            gate_queries.DELETE_CREDENTIALS,
            gate_queries.DELETE_STANDING, gate_queries.DELETE_RENEWALS, *self._leaving,
        ):  # fmt: skip
            async with self._database.transaction(controller) as tx:
                await tx.execute(query, controller)
        async with self._database.transaction(controller) as tx:
            await tx.execute(vault_queries.ERASE_ALL_PERSONS, controller, now)
        await self._files.destroy(controller)

    def _remove_bundle(self, controller: UUID, remains: str | None, facts: Facts) -> None:
        folder = self._returns / str(controller)
        if remains is None and folder.exists():
            shutil.rmtree(folder)
        facts.bundle_removed = not folder.exists()
        self._outbox.forget_all(controller)
        facts.bundle_remains = remains

    async def _left(self, controller: UUID) -> dict[str, int]:
        """Read everything back."""
        async with self._database.transaction(controller) as tx:
            [row] = await tx.fetch(vault_queries.LEFT_BEHIND, controller)
            bodies = await tx.fetchval(ledger_queries.BODIES_LEFT, controller)
        return {**{name: int(count) for name, count in row.items()}, "bodies": int(bodies),
                "blobs": await self._files.left(controller), "keys": await self._keys.keys_stand(controller)}  # fmt: skip

    async def _done(self, controller: UUID, facts: Facts) -> None:
        details = {
            "person_keys": facts.person_keys, "records": facts.records, "sampled": facts.sampled,
            "opened": facts.opened, "left": facts.left,
        }  # fmt: skip
        leaf = await self._appending.append_one(Act("destroyed", controller, facts.by, details, log=self._platform))
        async with self._database.transaction(controller) as tx:
            await tx.execute(queries.NAME_ENTRY, controller, msgspec.json.encode({"destroyed": leaf.name}).decode())
            await tx.execute(gate_queries.CLOSE_GATE, controller, "destroyed")
            await tx.execute(queries.DESTROYED, controller, self._clock.now())

    def _keep(self, facts: Facts) -> None:
        folder = self._certificates / str(facts.controller)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_atomically(folder / FACTS, msgspec.json.encode(facts))

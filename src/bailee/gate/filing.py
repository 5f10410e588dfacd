"""Filing: what goes into a controller's dossier. Each act bumps the gate's version and leaves an entry.

Documents are filed as they were signed and never edited; whether they have force is a reading made anew
by `contract.force` each time. A clause writes standing here; the ruling reads it.
"""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from bailee.contract.documents import SignedDocument
from bailee.gate import queries
from bailee.gate.archive import Archive
from bailee.gate.credentials import BITES_AFTER_SECONDS
from bailee.gate.renewing.renewals import begin
from bailee.infra.clock import Clock
from bailee.infra.database import Database
from bailee.infra.keys.store import KeyStore
from bailee.ledger.appending import Appending, Recorded
from bailee.ledger.committing import Committing, Transaction
from bailee.ledger.entries import Act
from bailee.vault import queries as vault_queries
from bailee.vault.documents import DOCUMENTS
from bailee.vault.record_types import RecordType, declare
from bailee.vault.type_steps import Step
from bailee.vocabulary.ids import new_id


class Listed(msgspec.Struct, frozen=True):
    """A controller of the directory."""

    id: UUID
    name: str
    kind: str
    created_at: datetime


class AlreadyFiled(Exception):
    """This very document (same digest) stands in the dossier already."""


class Filing:
    """Opens dossiers and files into them."""

    def __init__(
        self, *, control: Database, committing: Committing, appending: Appending, keys: KeyStore,
        archive: Archive, clock: Clock, platform: UUID,
    ) -> None:  # fmt: skip
        self._control = control
        self._committing = committing
        self._appending = appending
        self._keys = keys
        self._archive = archive
        self._clock = clock
        self._platform = platform

    async def open_dossier(self, name: str, *, by: str, kind: str = "controller", id: UUID | None = None) -> UUID:
        """Take on a controller: its gate opens, with nothing in force yet."""
        controller = id or new_id()
        await self._keys.open_epoch(controller)
        async with self._committing.transaction(controller) as change:
            await change.connection.execute(queries.OPEN_GATE, controller)
            await change.append([Act("controller-opened", controller, by)])
        async with self._control.transaction() as tx:
            await tx.execute(queries.INSERT_DIRECTORY, controller, name, kind, self._clock.now())
        if controller != self._platform:
            await self.platform_act(Act("controller-opened", controller, by, log=self._platform))
        return controller

    async def listed(self) -> list[Listed]:
        """Every controller of this processor, the platform itself first."""
        async with self._control.transaction() as tx:
            rows = await tx.fetch(queries.DIRECTORY)
        return [Listed(row["controller_id"], row["name"], row["kind"], row["created_at"]) for row in rows]

    async def file(self, controller: UUID, document: SignedDocument, *, by: str) -> Recorded[Act]:
        """File a signed document; its entry says kind and digest, nothing of its content."""
        document_id = new_id()
        key = await self._keys.controller_key(self._platform, f"contract/{controller}")
        sealed = DOCUMENTS.seal(key, controller, document_id, document)
        act = Act("signed", controller, by, {"document": document.kind, "digest": document.digest})
        async with self._committing.transaction(controller) as change:
            if await change.connection.fetchval(queries.FILED, controller, bytes.fromhex(document.digest)):
                raise AlreadyFiled(document.digest)
            await change.connection.execute(
                queries.INSERT_DOCUMENT, controller, document_id, document.kind,
                bytes.fromhex(document.digest), self._clock.now(), sealed,
            )  # fmt: skip
            [appended] = await self.bump(change, [act])
        self._archive.forget(controller)
        if document.kind in ("withdrawal", "end"):
            await asyncio.sleep(BITES_AFTER_SECONDS)
        return change.recorded(appended)

    async def documents(self, controller: UUID) -> tuple[SignedDocument, ...]:
        """Everything filed for a controller, oldest first."""
        dossier = await self._archive.refresh(controller)
        return dossier.documents if dossier else ()

    async def declare_type(
        self, controller: UUID, name: str, schema: Any, *, by: str, steps: Sequence[Step] = ()
    ) -> RecordType:
        """Accept a record type or its next version, or `RefusedType` with every problem. Only the agreement's
        categories count. What is held goes over to it in the background, where anything about it changes."""
        dossier = await self._archive.refresh(controller)
        in_force = dossier.in_force(self._clock.now()) if dossier else None
        known = frozenset(in_force.agreement.category_ids()) if in_force else frozenset[str]()
        previous = dossier.types.get(name) if dossier else None
        declared = declare(name, schema, known, previous=previous, steps=steps)
        async with self._committing.transaction(controller) as change:
            await change.connection.execute(
                vault_queries.INSERT_TYPE, controller, name, declared.version,
                msgspec.json.encode(schema).decode(), self._clock.now(), msgspec.json.encode(steps).decode(),
            )  # fmt: skip
            if previous is not None and not declared.stores_like(previous):
                await begin(change, [name], self._clock.now())
            await self.bump(change, [Act("type-declared", controller, by, {"type": name, "version": declared.version})])
        self._archive.forget(controller)
        return declared

    async def write_standing(self, controller: UUID, actor: str, fact: str, until: datetime, *, by: str) -> None:
        """Write a fact about an actor, good until an instant (a past instant takes it away)."""
        async with self._committing.transaction(controller) as change:
            await self.stand(change, {(actor, fact): until}, by=by)
        self._archive.forget(controller)

    async def stand(self, change: Transaction, facts: Mapping[tuple[str, str], datetime], *, by: str) -> None:
        """Write facts about actors (by actor and fact) with a change; whoever commits it has the dossier loaded anew."""
        controller, now = change.controller, self._clock.now()
        rows = [(controller, actor, fact, until, now) for (actor, fact), until in facts.items()]
        await change.connection.executemany(queries.WRITE_STANDING, rows)
        details = [{"for": actor, "fact": fact, "until": until.isoformat()} for (actor, fact), until in facts.items()]
        await self.bump(change, [Act("standing-written", controller, by, one) for one in details])

    async def bump(self, change: Transaction, acts: list[Act]) -> list[Any]:
        """Move the gate's version with a change, so that every worker rules anew."""
        await change.connection.execute(queries.BUMP_GATE, change.controller)
        return await change.append(acts)

    async def platform_act(self, act: Act) -> Recorded[Act]:
        """Record an act in the platform's own log: evidence that outlives a controller's keys."""
        return await self._appending.append_one(act)

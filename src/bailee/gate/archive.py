"""The archive: what is in force for a controller, immutable, remembered by the gate's version.

Everything that may change a ruling bumps `gate_version` in its own transaction, and every read of the
vault returns that number: a ruling made on an older dossier is made again. So revocation needs no message
to be right. What is remembered here lives a minute at most even so.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec
from asyncpg import Connection

from bailee.contract.documents import SignedDocument
from bailee.contract.force import NOTHING, Beside, InForce, compile_documents
from bailee.contract.ruling import Refusal, Standing
from bailee.gate import beside, queries
from bailee.infra.clock import Clock
from bailee.infra.database import Database
from bailee.infra.keys.store import KeyStore
from bailee.vault import activity, of_age, profile, scim_attributes
from bailee.vault import queries as vault_queries
from bailee.vault.documents import DOCUMENTS
from bailee.vault.holding import PolicyClass
from bailee.vault.opening import View
from bailee.vault.record_types import RecordType
from bailee.vault.type_steps import Step

REMEMBERED_SECONDS = 60.0
NOBODY = Standing()
TokensState = Literal["off", "building", "on"]
PROFILE_WITH_TOKENS = profile.TYPE.with_tokens(True)


class Dossier(msgspec.Struct):
    """One controller's dossier as of one gate version."""

    controller: UUID
    version: int
    state: str
    documents: tuple[SignedDocument, ...]
    types: dict[str, RecordType]
    classes: dict[int, PolicyClass]
    standings: dict[str, Standing]
    revoked: frozenset[UUID]
    loaded: float
    # What the ruling said of rows that are alike, with the groups it was said under (`gate/narrowing.py`).
    views: dict[tuple[object, ...], tuple[Mapping[str, frozenset[str]], View | Refusal | None]]
    # Challenges that suspend, and orders of the law (`gate/beside.py`).
    beside: Beside = NOTHING
    _in_force: InForce | None = None
    # Whether anyone has asked to hear of this controller's people (`ledger/telling.py`).
    listening: bool = False
    # Whether names are found by their words: off, building, on (`vault/tokens.py`).
    name_tokens: TokensState = "off"

    def in_force(self, at: datetime) -> InForce | None:
        """The agreement and instructions in force at an instant, compiled once for its interval."""
        now = self._in_force
        if now is not None and now.valid_from <= at and (now.valid_until is None or at < now.valid_until):
            return now
        self._in_force = compile_documents(self.documents, at, self.beside)
        return self._in_force

    def standing(self, actor: str) -> Standing:
        """What stands about an actor; nothing written means nothing granted."""
        return self.standings.get(actor, NOBODY)


class Archive:
    """Loads dossiers and remembers them by version."""

    def __init__(self, database: Database, keys: KeyStore, clock: Clock, platform: UUID) -> None:
        self._database = database
        self._keys = keys
        self._clock = clock
        self._platform = platform
        self._dossiers: dict[UUID, Dossier] = {}

    def known(self, controller: UUID, at_least: int = 0) -> Dossier | None:
        """The dossier if it is remembered and its contract runs; no round trip."""
        known = self._dossiers.get(controller)
        if known is None or known.version < at_least or known.state != "open":
            return None
        return known if self._clock.monotonic() - known.loaded < REMEMBERED_SECONDS else None

    async def dossier(self, controller: UUID, at_least: int = 0) -> Dossier | None:
        """The controller's dossier, at this gate version or a later one; None if there is no such controller."""
        return self.known(controller, at_least) or await self.refresh(controller)

    async def current(self, controller: UUID) -> Dossier | None:
        """The controller's dossier as of now, by the version that its gate has."""
        async with self._database.transaction(controller) as tx:
            gate = await tx.fetchrow(queries.GATE, controller)
        return await self.dossier(controller, gate["gate_version"] if gate else 0)

    async def in_force(self, controller: UUID) -> InForce | None:
        """What is in force for a controller now; None where nothing is."""
        dossier = await self.dossier(controller)
        return dossier.in_force(self._clock.now()) if dossier else None

    async def refresh(self, controller: UUID) -> Dossier | None:
        """Load the dossier anew. The version is read first: what changes meanwhile only loads it again."""
        async with self._database.transaction(controller) as tx:
            gate = await tx.fetchrow(queries.GATE, controller)
            if gate is None:
                self._dossiers.pop(controller, None)
                return None
            documents, stands = await self._documents(tx, controller)
            dossier = Dossier(
                controller=controller,
                version=gate["gate_version"],
                state=gate["state"],
                documents=documents,
                beside=stands,
                types=await _types(tx, controller, gate["name_tokens"] != "off"),
                classes=await _classes(tx, controller),
                standings=await _standings(tx, controller),
                revoked=await self._revoked(tx, controller),
                loaded=self._clock.monotonic(),
                views={},
                listening=gate["listening"],
                name_tokens=gate["name_tokens"],
            )
        self._dossiers[controller] = dossier
        return dossier

    def forget(self, controller: UUID) -> None:
        """Drop a dossier, so that the next access loads it."""
        self._dossiers.pop(controller, None)

    async def _revoked(self, tx: Connection, controller: UUID) -> frozenset[UUID]:
        rows = await tx.fetch(queries.REVOKED, controller, self._clock.now())
        return frozenset(row["credential_id"] for row in rows)

    async def _documents(self, tx: Connection, controller: UUID) -> tuple[tuple[SignedDocument, ...], Beside]:
        """What was signed, and what stands beside it."""
        rows = await tx.fetch(queries.DOCUMENTS, controller)
        if not rows:
            return (), NOTHING
        key = await self._keys.controller_key(self._platform, f"contract/{controller}")
        documents = tuple(DOCUMENTS.unseal(key, controller, row["document_id"], row["sealed"]) for row in rows)
        return documents, await beside.load(tx, controller, key)


async def _types(tx: Connection, controller: UUID, name_tokens: bool) -> dict[str, RecordType]:
    own = PROFILE_WITH_TOKENS if name_tokens else profile.TYPE
    types = {one.name: one for one in (own, scim_attributes.TYPE, of_age.TYPE, activity.TYPE)}
    declared: dict[str, tuple[int, Any, list[Step]]] = {}
    for row in await tx.fetch(vault_queries.TYPES, controller):
        before = declared[row["type"]][2] if row["type"] in declared else []
        steps = msgspec.json.decode(row["steps"], type=list[Step]) if row["steps"] else []
        declared[row["type"]] = row["version"], msgspec.json.decode(row["schema"]), before + steps
    for name, (version, schema, steps) in declared.items():
        types[name] = RecordType(name, version, schema, steps=steps, name_tokens=name_tokens)
    return types


async def _classes(tx: Connection, controller: UUID) -> dict[int, PolicyClass]:
    return {
        row["class_id"]: PolicyClass(
            type=row["type"],
            purposes=tuple(row["purposes"]),
            retention=row["retention"],
            recipients=tuple(row["recipients"]),
            source=row["source"],
        )
        for row in await tx.fetch(vault_queries.CLASSES, controller)
    }


async def _standings(tx: Connection, controller: UUID) -> dict[str, Standing]:
    facts: dict[str, dict[str, datetime]] = {}
    for row in await tx.fetch(queries.STANDING, controller):
        facts.setdefault(row["actor"], {})[row["fact"]] = row["until"]
    return {actor: msgspec.convert(found, Standing) for actor, found in facts.items()}

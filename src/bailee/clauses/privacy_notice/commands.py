"""Notices: filled in, composed, versioned, shown, and remembered as shown. The only effects."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from uuid import UUID

import msgspec
from asyncpg import Record

from bailee.clauses.privacy_notice import composing, deadlines, queries, rendering
from bailee.clauses.privacy_notice.events import Filled, Occasion, Seen, Version
from bailee.contract.force import InForce
from bailee.gate import queries as gate_queries
from bailee.gate.archive import Archive
from bailee.infra.clock import Clock
from bailee.infra.keys.store import KeyGone, KeyStore
from bailee.ledger.committing import Committing, Transaction
from bailee.ledger.entries import Act
from bailee.obligations.obligations import NotOpen, Obligations
from bailee.vocabulary.languages import LANGUAGES, Language

KEY = "privacy-notice"
PLATFORM = "platform"
MOST_SHOWN = 500


class NoNotice(Exception):
    """Nothing is agreed with this controller, or it has no such version."""


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """A notice as it is shown now: its version and its bytes."""

    version: Version
    content: bytes


class Notices:
    """The privacy notices of controllers."""

    def __init__(
        self, *, committing: Committing, keys: KeyStore, archive: Archive, obligations: Obligations, clock: Clock,
    ) -> None:  # fmt: skip
        self._committing = committing
        self._keys = keys
        self._archive = archive
        self._obligations = obligations
        self._clock = clock

    async def filled(self, controller: UUID) -> Filled:
        """What the controller has filled in."""
        async with self._committing.transaction(controller) as change:
            row = await change.connection.fetchrow(queries.FILLED, controller)
        if row is None:
            return Filled()
        return msgspec.json.decode(await self._unsealed(controller, b"filled", row["sealed"]), type=Filled)

    async def fill(self, controller: UUID, filled: Filled, *, by: str) -> int:
        """Fill in; new versions are made, and what was owed for gaps that are gone is discharged."""
        force = await self.in_force(controller)
        sealed = await self._sealed(controller, b"filled", msgspec.json.encode(filled))
        async with self._committing.transaction(controller) as change:
            version: int = await change.connection.fetchval(queries.FILL, controller, self._clock.now(), sealed)
            details = {"version": version, "purposes": sorted(filled.purposes)}
            await change.append([Act("privacy-notice-filled", controller, by, details)])
            await self._owe(change, force, filled, by=by)
        return version

    async def in_force(self, controller: UUID) -> InForce:
        """What is agreed now, as of the latest that is on file; or `NoNotice`."""
        async with self._committing.transaction(controller) as change:
            row = await change.connection.fetchrow(gate_queries.GATE, controller)
        dossier = await self._archive.dossier(controller, row["gate_version"]) if row else None
        force = dossier.in_force(self._clock.now()) if dossier else None
        if force is None or dossier is None or dossier.state != "open":
            raise NoNotice
        return force

    async def gaps(self, controller: UUID, language: Language) -> tuple[str, ...]:
        """What the notice lacks."""
        return composing.gaps(await self.in_force(controller), await self.filled(controller), language)

    async def current(self, controller: UUID, group: str, language: Language) -> Notice:
        """The notice for a group, as of now; what has changed since makes a new version."""
        force = await self.in_force(controller)
        if group not in {str(item.group) for item in force.agreement.groups}:
            raise NoNotice
        content = rendering.render(
            composing.compose(force, await self.filled(controller), group, language), language, group
        )
        digest = rendering.digest(content)
        async with self._committing.transaction(controller) as change:
            row = await change.connection.fetchrow(queries.NEWEST, controller, language, group)
        if row is not None and row["digest"] == digest:
            return Notice(version=_version(row), content=content)
        return await self._keep(controller, group, language, content, after=row["number"] if row else 0)

    async def text(self, controller: UUID, digest: str) -> bytes:
        """A version as it was shown, by its digest."""
        async with self._committing.transaction(controller) as change:
            row = await change.connection.fetchrow(queries.TEXT, controller, digest)
        if row is None:
            raise NoNotice
        try:
            return await self._unsealed(controller, digest.encode(), row["sealed"])
        except KeyGone:
            raise NoNotice from None

    async def versions(self, controller: UUID) -> list[tuple[Version, int]]:
        """Every version, the newest first, and how many persons were shown it."""
        async with self._committing.transaction(controller) as change:
            rows = await change.connection.fetch(queries.VERSIONS, controller)
            shown = await change.connection.fetch(queries.COUNTED, controller)
        counted = {(row["digest"], row["number"]): row["many"] for row in shown}
        return [(_version(row), counted.get((row["digest"], row["number"]), 0)) for row in rows]

    async def show(
        self, controller: UUID, persons: Sequence[UUID], language: Language, occasion: Occasion, *, by: str
    ) -> dict[UUID, str]:
        """Remember that persons were shown what is told to their group now; the digest for each who is held."""
        async with self._committing.transaction(controller) as change:
            rows = await change.connection.fetch(queries.LIVING, controller, list(persons)[:MOST_SHOWN])
        groups = {row["person_id"]: sorted(row["groups"])[0] for row in rows if row["groups"]}
        made = {group: await self.current(controller, group, language) for group in set(groups.values())}
        found = {person: made[group].version for person, group in groups.items()}
        now = self._clock.now()
        async with self._committing.transaction(controller) as change:
            living = {row["person_id"] for row in await change.connection.fetch(queries.LIVING, controller, [*found])}
            new = [
                person for person, one in found.items()
                if person in living and await change.connection.fetchval(
                    queries.SHOWN, controller, person, one.digest, language, one.group, now, occasion,
                    one.number,
                )
            ]  # fmt: skip
            for digest in sorted({found[person].digest for person in new}):
                whom = tuple(person for person in new if found[person].digest == digest)
                details = {"occasion": occasion, "language": language}
                await change.append([Act("privacy-notice-shown", controller, by, details, persons=whom, digest=digest)])
        return {person: one.digest for person, one in found.items()}

    async def seen(self, controller: UUID, person: UUID) -> list[Seen]:
        """Which versions a person was shown, the newest first."""
        async with self._committing.transaction(controller) as change:
            rows = await change.connection.fetch(queries.SEEN, controller, person)
        return [
            Seen(
                person=row["person_id"], digest=row["digest"], language=row["language"], group=row["person_group"],
                shown_at=row["shown_at"], occasion=row["occasion"],
            )
            for row in rows
        ]  # fmt: skip

    async def changed(self, controller: UUID, person: UUID) -> bool:
        """Whether what is told to a person's group now differs from what they were last shown; no for whoever was shown
        nothing yet: their controller informs them when it takes their data in."""
        seen = await self.seen(controller, person)
        async with self._committing.transaction(controller) as change:
            rows = await change.connection.fetch(queries.LIVING, controller, [person])
        if not seen or not rows or not rows[0]["groups"]:
            return False
        try:
            now = await self.current(controller, sorted(rows[0]["groups"])[0], language_of(seen[0].language))
        except NoNotice:
            return False
        return now.version.digest != seen[0].digest

    async def due(self, controller: UUID) -> int:
        """Owe what a controller's notice lacks. For the worker; how many gaps are new."""
        try:
            force = await self.in_force(controller)
        except NoNotice:
            return 0
        filled = await self.filled(controller)
        async with self._committing.transaction(controller) as change:
            return await self._owe(change, force, filled, by=PLATFORM)

    async def _owe(self, change: Transaction, force: InForce, filled: Filled, *, by: str) -> int:
        """Open an obligation for each gap, and discharge those of gaps that are gone; how many were opened.

        A gap that was owed under an agreement before is the same gap: its clock runs on.
        """
        language: Language = force.agreement.language
        gaps = composing.gaps(force, filled, language)
        now, opened = self._clock.now(), 0
        owed = await self._owed(change)
        for gap in gaps:
            promise = deadlines.missing(gap, force.agreement, force.digest, now)
            known = gap in map(deadlines.gap_of, owed)
            if not known and await self._obligations.find(change, deadlines.CLAUSE, promise.subject) is None:
                await self._obligations.open(change, promise, by=by)
                opened += 1
        for subject in owed:
            if deadlines.gap_of(subject) not in gaps:
                id = await self._obligations.find(change, deadlines.CLAUSE, subject)
                with suppress(NotOpen):
                    if id is not None:
                        await self._obligations.discharge(change, id, by=by, proof="privacy-notice")
        return opened

    async def _owed(self, change: Transaction) -> list[str]:
        """The subjects of the gaps that are owed now, under whichever agreement they were first seen."""
        rows = await change.connection.fetch(queries.OWED, change.controller, deadlines.CLAUSE)
        return [row["subject"] for row in rows if deadlines.gap_of(row["subject"])]

    async def _keep(self, controller: UUID, group: str, language: Language, content: bytes, *, after: int) -> Notice:
        digest, now = rendering.digest(content), self._clock.now()
        sealed = await self._sealed(controller, digest.encode(), content)
        version = Version(digest=digest, language=language, group=group, number=after + 1, made_at=now)
        async with self._committing.transaction(controller) as change:
            kept = await change.connection.fetchval(
                queries.KEEP, controller, digest, language, group, version.number, now, sealed
            )
            if kept is not None:
                details = {"language": language, "group": group, "version": version.number}
                await change.append([Act("privacy-notice-made", controller, PLATFORM, details, digest=digest)])
        return Notice(version=version, content=content)

    async def _sealed(self, controller: UUID, about: bytes, plain: bytes) -> bytes:
        key = await self._keys.controller_key(controller, KEY)
        return key.seal(plain, _bound(controller, about))

    async def _unsealed(self, controller: UUID, about: bytes, sealed: bytes) -> bytes:
        key = await self._keys.controller_key(controller, KEY, create=False)
        return key.unseal(sealed, _bound(controller, about))


def language_of(text: str) -> Language:
    """One of our languages; English for any other."""
    return next((one for one in LANGUAGES if one == text), "en")


def _bound(controller: UUID, about: bytes) -> bytes:
    return b"bailee/privacy-notice/1" + controller.bytes + about


def _version(row: Record) -> Version:
    made: datetime = row["made_at"]
    return Version(
        digest=row["digest"], language=row["language"], group=row["person_group"], number=row["number"], made_at=made
    )

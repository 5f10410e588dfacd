"""Instructions on their way: drafted, read by the linter, signed for the controller, withdrawn.

What came in writing (a mail, a document) is kept sealed as it was given, with its digest, beside the instruction that
it became (instructions.written). Nothing is signed whose sentence does not give the very data back.
"""

import hashlib
from contextlib import suppress
from datetime import datetime
from uuid import UUID

import msgspec
from asyncpg import Record
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bailee.clauses.instructions import queries
from bailee.clauses.instructions.evidence import Filed, filed
from bailee.clauses.instructions.mistakes import ChangedMeanwhile, Impossible, NothingThere
from bailee.clauses.instructions.sealing import Sealing
from bailee.clauses.instructions.standing import dossier_of, force_of
from bailee.contract import sentences
from bailee.contract.authorising import signed
from bailee.contract.documents import InstructionText, SignedDocument, Withdrawal, content_of
from bailee.contract.linting import Finding, impossible, lint
from bailee.gate.archive import Archive
from bailee.gate.filing import AlreadyFiled, Filing
from bailee.infra.clock import Clock
from bailee.ledger.committing import Committing
from bailee.ledger.entries import Act
from bailee.vocabulary.ids import new_id
from bailee.vocabulary.languages import Language

LARGEST = 500_000


class Original(msgspec.Struct, frozen=True, kw_only=True):
    """A mail or a document as it was given."""

    name: str
    media_type: str
    content: bytes

    @property
    def digest(self) -> str:
        """SHA-256 of its bytes."""
        return hashlib.sha256(self.content).hexdigest()


class Drafted(msgspec.Struct, frozen=True, kw_only=True):
    """A draft as it stands; without a text where only the original is there yet."""

    id: UUID
    version: int
    changed_at: datetime
    original: UUID | None
    text: InstructionText | None


class Kept(msgspec.Struct, frozen=True):
    """What lies sealed in a draft's row."""

    text: InstructionText | None


class Looked(msgspec.Struct, frozen=True, kw_only=True):
    """An instruction as it would be signed: its sentences, what the linter found, and its digest."""

    said: dict[Language, str]
    findings: tuple[Finding, ...]
    digest: str
    blocked: bool


class Instructing:
    """Keeps drafts of instructions, and files what an authorised person of the controller has signed."""

    def __init__(
        self, *, committing: Committing, sealing: Sealing, filing: Filing, archive: Archive, clock: Clock
    ) -> None:
        self._committing = committing
        self._sealing = sealing
        self._filing = filing
        self._archive = archive
        self._clock = clock

    async def on_file(self, controller: UUID) -> list[Filed]:
        """Every instruction that was signed, the newest first."""
        return filed(await dossier_of(self._archive, controller), self._clock.now())

    async def look(self, controller: UUID, text: InstructionText) -> Looked:
        """Read an instruction as a careful reader would. `NothingInForce` without an agreement."""
        force = await force_of(self._archive, controller, self._clock.now())
        others = [one.text for one in await self.on_file(controller) if one.state != "over"]
        found = lint(force.agreement, text, others, at=self._clock.now())
        document = SignedDocument(kind="instruction", content=content_of(text), signatures=())
        return Looked(
            said=sentences.check(text), findings=tuple(found), digest=document.digest, blocked=impossible(found)
        )

    async def listed(self, controller: UUID) -> list[Drafted]:
        """The drafts, the newest first."""
        async with self._committing.transaction(controller) as change:
            rows = await change.connection.fetch(queries.DRAFTS, controller)
        return [await self._drafted(controller, row) for row in rows]

    async def find(self, controller: UUID, draft: UUID) -> Drafted:
        """One draft, or `NothingThere`."""
        async with self._committing.transaction(controller) as change:
            row = await change.connection.fetchrow(queries.ONE_DRAFT, controller, draft)
        if row is None:
            raise NothingThere
        return await self._drafted(controller, row)

    async def draft(self, controller: UUID, text: InstructionText, *, by: str) -> UUID:
        """Begin a draft."""
        return await self._begin(controller, text, None, by)

    async def take_in(self, controller: UUID, original: Original, *, by: str) -> UUID:
        """Keep a mail or document as it was given, and begin a draft of it that is still to be written."""
        await dossier_of(self._archive, controller)
        return await self._begin(controller, None, original, by)

    async def rewrite(self, controller: UUID, draft: UUID, text: InstructionText, *, version: int, by: str) -> None:
        """Write a draft anew; `ChangedMeanwhile` where someone else did."""
        sealed = await self._sealing.seal("instruction-draft", controller, draft, Kept(text), version + 1)
        async with self._committing.transaction(controller) as change:
            done = await change.connection.fetchval(
                queries.CHANGE_INSTRUCTION, controller, draft, version, self._clock.now(), sealed
            )
            if done is None:
                raise ChangedMeanwhile
            await change.append([Act("instruction-rewritten", controller, by, {"draft": str(draft)})])

    async def drop(self, controller: UUID, draft: UUID, *, by: str) -> None:
        """Give a draft up, and what it was made of."""
        found = await self.find(controller, draft)
        async with self._committing.transaction(controller) as change:
            if await change.connection.fetchval(queries.DROP_DRAFT, controller, draft) is None:
                raise NothingThere
            if found.original is not None:
                await change.connection.execute(queries.DROP_ORIGINAL, controller, found.original)
            await change.append([Act("instruction-dropped", controller, by, {"draft": str(draft)})])

    async def sign(
        self, controller: UUID, draft: UUID, name: str, *, key: Ed25519PrivateKey, digest: str, by: str
    ) -> str:
        """Sign a draft for the controller and file it; the digest that is on file."""
        found = await self.find(controller, draft)
        if found.text is None:
            raise NothingThere
        looked = await self.look(controller, found.text)
        if looked.digest != digest:
            raise ChangedMeanwhile
        if looked.blocked:
            raise Impossible
        force = await force_of(self._archive, controller, self._clock.now())
        document = signed(force, "instruction", found.text, name=name, key=key, at=self._clock.now())
        with suppress(AlreadyFiled):  # it went on file before, and the draft was left: it goes now
            await self._filing.file(controller, document, by=by)
        said = {language: hashlib.sha256(words.encode()).hexdigest() for language, words in looked.said.items()}
        asked = sorted({finding.code for finding in looked.findings})
        details = {"instruction": found.text.id, "digest": digest, "sentences": said, "findings": asked}
        if found.original is not None:
            details["original"] = (await self.original(controller, found.original)).digest
        async with self._committing.transaction(controller) as change:
            if found.original is not None:
                await change.connection.execute(queries.BELONGS, controller, found.original, bytes.fromhex(digest))
            await change.connection.fetchval(queries.DROP_DRAFT, controller, draft)
            await change.append([Act("instruction-signed", controller, by, details)])
        return digest

    async def withdraw(self, controller: UUID, instruction: str, name: str, *, key: Ed25519PrivateKey, by: str) -> None:
        """Sign the withdrawal of an instruction, from now on; it bites before this returns."""
        known = {one.text.id: one for one in await self.on_file(controller)}
        if instruction not in known or known[instruction].state == "over":
            raise NothingThere
        now = self._clock.now()
        text = Withdrawal(format="bailee.dev/withdrawal/v1", instruction=instruction, at=now)
        force = await force_of(self._archive, controller, self._clock.now())
        await self._filing.file(controller, signed(force, "withdrawal", text, name=name, key=key, at=now), by=by)

    async def original(self, controller: UUID, original: UUID) -> Original:
        """What came in writing, byte for byte."""
        async with self._committing.transaction(controller) as change:
            row = await change.connection.fetchrow(queries.ORIGINAL, controller, original)
        if row is None:
            raise NothingThere
        found = await self._sealing.open(Original, "original", controller, (original, 1, row["sealed"]))
        if found.digest != row["digest"].hex():
            raise NothingThere
        return found

    async def originals(self, controller: UUID) -> dict[str, UUID]:
        """Of which signed instructions the original is kept: digest -> original."""
        async with self._committing.transaction(controller) as change:
            rows = await change.connection.fetch(queries.ORIGINALS, controller)
        return {row["instruction_digest"].hex(): row["original_id"] for row in rows}

    async def _begin(self, controller: UUID, text: InstructionText | None, original: Original | None, by: str) -> UUID:
        draft, now = new_id(), self._clock.now()
        kept = new_id() if original is not None else None
        sealed = await self._sealing.seal("instruction-draft", controller, draft, Kept(text))
        details = {"draft": str(draft)}
        async with self._committing.transaction(controller) as change:
            if original is not None and kept is not None:
                whole = await self._sealing.seal("original", controller, kept, original)
                digest = bytes.fromhex(original.digest)
                await change.connection.execute(queries.INSERT_ORIGINAL, controller, kept, now, digest, whole)
                details["original"] = original.digest
            await change.connection.execute(queries.INSERT_INSTRUCTION, controller, draft, now, kept, sealed)
            await change.append([Act("instruction-drafted", controller, by, details)])
        return draft

    async def _drafted(self, controller: UUID, row: Record) -> Drafted:
        id, version = row["draft_id"], row["version"]
        kept = await self._sealing.open(Kept, "instruction-draft", controller, (id, version, row["sealed"]))
        return Drafted(
            id=id, version=version, changed_at=row["changed_at"], original=row["original_id"], text=kept.text
        )

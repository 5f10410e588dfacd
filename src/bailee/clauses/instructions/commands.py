"""The agreement on its way: drafted by the processor, completed and signed by both, and then filed.

A change takes the signatures back: they were of other words. The draft is sealed like the documents on file, under a
key of the platform's for this controller.
"""

from collections.abc import Callable
from contextlib import suppress
from uuid import UUID

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bailee.clauses.instructions import queries
from bailee.clauses.instructions.drafting import Slots, fill
from bailee.clauses.instructions.mistakes import ChangedMeanwhile
from bailee.contract.agreement import Agreement, Required
from bailee.contract.documents import Signature, SignedDocument
from bailee.contract.reading import activation_gaps
from bailee.contract.signing import Party, Signatory, missing, sign
from bailee.gate.filing import AlreadyFiled, Filing
from bailee.infra.clock import Clock
from bailee.infra.keys.key import Key, NotAsSealed
from bailee.infra.keys.store import KeyStore
from bailee.ledger.committing import Committing
from bailee.ledger.entries import Act
from bailee.vocabulary.ids import new_id


class NoDraft(Exception):
    """Nothing is being drafted for this controller."""


class Incomplete(Exception):
    """A slot is empty: what is not filled cannot be signed."""


class AlreadySigned(Exception):
    """This party has signed."""


class Draft(msgspec.Struct, frozen=True):
    """A draft: what was filled in, and who has signed what came of it."""

    slots: Slots
    signatures: tuple[Signature, ...] = ()


class Shown(msgspec.Struct, frozen=True):
    """A draft as pages show it: the agreement it makes, what is missing, and the digest that will be signed."""

    version: int
    draft: Draft
    agreement: Agreement
    gaps: tuple[str, ...]
    digest: str
    unsigned: tuple[Required, ...]


class Drafts:
    """Keeps drafts, and files what everyone has signed."""

    def __init__(
        self, *, committing: Committing, keys: KeyStore, filing: Filing, clock: Clock, platform: UUID,
        base: Callable[[], Agreement], verifier: Callable[[UUID], str],
    ) -> None:  # fmt: skip
        self._committing = committing
        self._keys = keys
        self._filing = filing
        self._clock = clock
        self._platform = platform
        self._base = base
        self._verifier = verifier

    async def find(self, controller: UUID) -> Shown | None:
        """The draft of a controller, if there is one."""
        key = await self._key(controller)
        async with self._committing.transaction(controller) as change:
            row = await change.connection.fetchrow(queries.DRAFT, controller)
        if row is None:
            return None
        return self._shown(controller, row["version"], _open(key, controller, row["version"], row["sealed"]))

    async def prepare(self, controller: UUID, slots: Slots, *, by: str) -> Shown:
        """Write the draft anew; signatures that there were are taken back."""
        if controller not in {one.id for one in await self._filing.listed() if one.kind == "controller"}:
            raise NoDraft
        self._document(controller, slots)
        return await self._write(controller, Draft(slots), "agreement-drafted", by)

    async def complete(self, controller: UUID, recipient_key: str, *, by: str) -> Shown:
        """Say who opens what comes back; signatures that there were are taken back."""
        found = await self.find(controller)
        if found is None:
            raise NoDraft
        slots = msgspec.structs.replace(found.draft.slots, recipient_key=recipient_key)
        self._document(controller, slots)
        return await self._write(controller, Draft(slots), "agreement-completed", by)

    async def sign(
        self, controller: UUID, party: Party, name: str, *, key: Ed25519PrivateKey, digest: str, by: str
    ) -> Shown | None:
        """Sign for a party; None once everyone has signed and the agreement is on file."""
        found = await self.find(controller)
        if found is None:
            raise NoDraft
        if found.digest != digest:
            raise ChangedMeanwhile
        if found.gaps:
            raise Incomplete
        open_ = [one for one in found.unsigned if one.party == party]
        if not open_:
            raise AlreadySigned
        document = self._document(controller, found.draft.slots)
        document = msgspec.structs.replace(document, signatures=found.draft.signatures)
        for required in open_:
            who = Signatory(party=party, role=required.role, name=name)
            document = sign(document, who, key, self._clock.now())
        if missing(document, found.agreement.signatories):
            return await self._write(
                controller, Draft(found.draft.slots, document.signatures), "agreement-signed", by, found.version
            )
        with suppress(AlreadyFiled):  # it went on file before, and the draft was left: it goes now
            await self._filing.file(controller, document, by=by)
        async with self._committing.transaction(controller) as change:
            await change.connection.execute(queries.DELETE_DRAFT, controller)
        return None

    def _document(self, controller: UUID, slots: Slots) -> SignedDocument:
        agreement = fill(self._base(), slots, self._verifier(controller))
        return SignedDocument(kind="agreement", content=agreement.canonical(), signatures=())

    def _shown(self, controller: UUID, version: int, draft: Draft) -> Shown:
        agreement = fill(self._base(), draft.slots, self._verifier(controller))
        document = SignedDocument(kind="agreement", content=agreement.canonical(), signatures=draft.signatures)
        return Shown(
            version=version, draft=draft, agreement=agreement,
            gaps=tuple(".".join(map(str, gap.path)) for gap in activation_gaps(agreement)),
            digest=document.digest, unsigned=tuple(missing(document, agreement.signatories)),
        )  # fmt: skip

    async def _write(self, controller: UUID, draft: Draft, kind: str, by: str, seen: int | None = None) -> Shown:
        key, now = await self._key(controller), self._clock.now()
        async with self._committing.transaction(controller) as change:
            row = await change.connection.fetchrow(queries.DRAFT, controller)
            if row is None:
                sealed = _seal(key, controller, 1, draft)
                await change.connection.execute(queries.INSERT_DRAFT, controller, new_id(), now, sealed)
            else:
                version = row["version"]
                sealed = _seal(key, controller, version + 1, draft)
                if (seen is not None and seen != version) or await change.connection.fetchval(
                    queries.CHANGE_DRAFT, controller, version, now, sealed
                ) is None:
                    raise ChangedMeanwhile
            version = 1 if row is None else row["version"] + 1
            shown = self._shown(controller, version, draft)
            signers = [{"party": one.party, "key": one.public_key} for one in draft.signatures]
            await change.append([Act(kind, controller, by, {"draft": shown.digest, "signatures": signers})])
        return shown

    async def _key(self, controller: UUID) -> Key:
        return await self._keys.controller_key(self._platform, f"contract/{controller}")


class AlteredDraft(NotAsSealed):
    """A draft does not open as the one of its own row."""


def _seal(key: Key, controller: UUID, version: int, draft: Draft) -> bytes:
    return key.seal(msgspec.json.encode(draft), _bound(controller, version))


def _open(key: Key, controller: UUID, version: int, sealed: bytes) -> Draft:
    try:
        plain = key.unseal(sealed, _bound(controller, version))
    except InvalidTag as problem:
        raise AlteredDraft from problem
    return msgspec.json.decode(plain, type=Draft)


def _bound(controller: UUID, version: int) -> bytes:
    return b"bailee/draft/1" + controller.bytes + version.to_bytes(4, "big")

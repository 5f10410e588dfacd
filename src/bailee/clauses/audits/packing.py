"""Packing: an evidence pack, made from the ledger as it stands and signed by its key."""

import hashlib
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from bailee.clauses.audits.events import Audit
from bailee.clauses.audits.evidence import MANIFEST, Facts, Looking, manifest, packed
from bailee.contract.documents import SignedDocument
from bailee.infra.clock import Clock
from bailee.ledger.reading import Reading
from bailee.ledger.sequencing import Head
from bailee.ledger.signing import LogKey
from bailee.obligations.obligations import Obligations
from bailee.proof.signing import state

LOOKED = 20_000  # entries of the ledger that are looked through, the latest


class Made(msgspec.Struct, frozen=True):
    """A pack, the digest of its manifest, and the size of the log that it is from."""

    content: bytes
    digest: str
    size: int


class Packing:
    """Makes packs. `documents` are those on file, `named` what a controller is called."""

    def __init__(
        self, *, reading: Reading, log_key: LogKey, obligations: Obligations, clock: Clock,
        documents: Callable[[UUID], Awaitable[Sequence[SignedDocument]]], named: Callable[[UUID], Awaitable[str]],
    ) -> None:  # fmt: skip
        self._reading = reading
        self._log_key = log_key
        self._obligations = obligations
        self._clock = clock
        self._documents = documents
        self._named = named

    async def make(self, controller: UUID, audit: Audit) -> Made:
        """The pack of an audit, as of now."""
        return await self.of(controller, audit, await self._reading.integrated(controller), self._clock.now())

    async def of(self, controller: UUID, audit: Audit, head: Head, at: datetime) -> Made:
        """The pack as of a checkpoint: the same one, the same bytes."""
        start = max(0, head.size - LOOKED)
        looking = Looking(audit.scope.clauses, start)
        async for entry in self._reading.entries(controller, start, head.size):
            looking.look(entry)
        seen = looking.seen()
        entries = {one.index: one for chosen in seen.chosen.values() for one in chosen}
        facts = Facts(
            controller=controller, name=await self._named(controller), audit=audit, made_at=at,
            simulated=self._clock.simulated, checkpoint=head.checkpoint,
            verifier_key=self._log_key.verifier(controller, head.generation), seen=seen,
            receipts={index: await self._reading.proven(controller, one, head) for index, one in entries.items()},
            documents=await self._documents(controller), obligations=await self._obligations.listed(controller),
        )  # fmt: skip
        content = manifest(facts)
        note = state(self._log_key.statement_signer(), "bundle", MANIFEST, content)
        return Made(packed(facts, content, note), hashlib.sha256(content).hexdigest(), head.size)

"""The certificate of destruction: as JSON that anyone verifies, and as a signed PDF that anyone reads.

It says what was destroyed, store by store, how sure we are of each, when and by whom, by which reading of
the term, what is excepted, and what was tried. Its digest is a leaf of the platform's log; the proofs of
the end, the return, the acknowledgement and the destruction are inside it.
"""

import hashlib
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from bailee.clauses.return_and_destruction import deadlines, queries
from bailee.clauses.return_and_destruction.bundle import write_atomically
from bailee.clauses.return_and_destruction.destroying import Destroying, Facts
from bailee.clauses.return_and_destruction.events import Ending
from bailee.clauses.return_and_destruction.stores import Backup, Snapshots, of_backups, says_all, stores
from bailee.contract.agreement import Agreement
from bailee.infra.clock import Clock
from bailee.infra.database import Database
from bailee.infra.paths import Sink
from bailee.ledger.appending import Appending
from bailee.ledger.entries import Act
from bailee.ledger.reading import Reading
from bailee.ledger.signing import LogKey
from bailee.proof.signing import state
from bailee.vocabulary.ids import new_id

FORMAT = "bailee.dev/certificate/v1"
TEMPLATE = Path(__file__).with_name("templates") / "certificate.typ"
KEPT = (
    "The signed agreement, its amendments and instructions: the processor keeps them as a party to the contract.",
    "The ledger's commitments, tiles and signed checkpoints: they say nothing about anyone, and prove order and count.",
    "The destruction log: digests of random ids, without which a restore could bring destroyed data back.",
)
PROVES = "that the processor states this and cannot take it back or change it unnoticed"
PROVES_NOT = "that no copy exists outside the stores listed; an unknown store is exactly that"


class Certifying:
    """Makes certificates."""

    def __init__(
        self, *, database: Database, destroying: Destroying, appending: Appending, reading: Reading, log_key: LogKey,
        clock: Clock, folder: Path, keeper: Path, processor: str, platform: UUID, sinks: Callable[[], list[Sink]],
        backups: Callable[[], Awaitable[Sequence[Backup]]], kept: timedelta | None = None,
    ) -> None:  # fmt: skip
        self._database = database
        self._destroying = destroying
        self._appending = appending
        self._reading = reading
        self._log_key = log_key
        self._clock = clock
        self._folder = folder
        self._keeper = keeper
        self._processor = processor
        self._platform = platform
        self._sinks = sinks
        self._kept = kept
        self._backups = backups

    def folder_of(self, controller: UUID) -> Path:
        """Where a controller's certificate lies."""
        return self._folder / str(controller)

    def made(self, controller: UUID) -> UUID | None:
        """The certificate that lies in the folder, whatever the servers know of it."""
        file = self.folder_of(controller) / "certificate.json"
        return UUID(msgspec.json.decode(file.read_bytes())["id"]) if file.exists() else None

    async def certify(self, ending: Ending, agreement: Agreement, name: str, *, by: str) -> UUID:
        """Make the certificate, record its digest, sign it, and keep it."""
        from bailee.infra import pdf, pdf_signature  # heavy, and needed once in the life of a contract

        certificate_id = new_id()
        document = await self._document(certificate_id, ending, agreement, name, by)
        content = msgspec.json.format(msgspec.json.encode(document))
        act = Act(
            "certified", ending.controller, by, {"certificate": str(certificate_id)},
            digest=hashlib.sha256(content).hexdigest(), log=self._platform,
        )  # fmt: skip
        leaf = await self._appending.append_one(act)
        await self._reading.integrated(self._platform)
        receipt = await self._reading.receipt(self._platform, leaf.batch.batch_id, leaf.position)
        folder = self.folder_of(ending.controller)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        note = state(self._log_key.statement_signer(), "certificate", "certificate.json", content)
        printed = pdf.typeset(TEMPLATE, document | {"digest": act.digest, "proves": PROVES, "proves_not": PROVES_NOT})
        signed = await pdf_signature.sign(printed, self._keeper, self._processor, "Certificate of destruction")
        for file, written in (
            ("certificate.json", content), ("certificate.json.note", note.encode()),
            ("certificate.tlog-proof", receipt.encode()), ("certificate.pdf", signed),
        ):  # fmt: skip
            write_atomically(folder / file, written)
        async with self._database.transaction(ending.controller) as tx:
            await tx.execute(queries.CERTIFIED, ending.controller, certificate_id)
        return certificate_id

    async def _document(
        self, certificate_id: UUID, ending: Ending, agreement: Agreement, name: str, by: str
    ) -> dict[str, Any]:
        facts = self._destroying.facts_of(ending.controller)
        found = stores(self._sinks(), facts, self._snapshots(ending))
        backups = await self._backups()
        return {
            "format": FORMAT,
            "id": str(certificate_id),
            "issued_at": self._clock.now().isoformat(),
            "simulated": self._clock.simulated,
            "controller": {"id": str(ending.controller), "name": name},
            "processor": {"name": agreement.parties.processor.name, "country": agreement.parties.processor.country},
            "agreement": agreement.digest,
            "clauses": ["end.return", "end.destroy", "end.proof", "retention.processor-max"],
            "law": "Regulation (EU) 2016/679, Art. 28(3)(g)",
            "says": "all destroyed"
            if says_all(found)
            else "destroyed as far as the stores below are proven or attested",
            "times": _times(ending),
            "deadline": _deadline(agreement, ending),
            "counts": {"person_keys": facts.person_keys, "records": facts.records},
            "keys": [hashlib.sha256(one.encode()).hexdigest() for one in facts.root_keys],
            "stores": [msgspec.to_builtins(store) for store in found],
            "tried": {
                "ciphertexts": facts.sampled,
                "opened": facts.opened,
                "with": "every root key left on the provider",
            },
            "backups": of_backups(backups),
            "backups_until": [{"name": one.name, "expires": one.expires_at.date().isoformat()} for one in backups],
            "exceptions": list(KEPT),
            "by": facts.by,
            "certified_by": by,
            "last_checkpoint": facts.last_checkpoint,
            "proofs": await self._proofs(ending),
            "verifier_key": self._log_key.verifier(self._platform),
        }

    def _snapshots(self, ending: Ending) -> Snapshots | None:
        """How long a key service's own backups hold keys that were destroyed: nothing without such a service."""
        if self._kept is None:
            return None
        return Snapshots(self._kept.days, ((ending.destroyed_at or self._clock.now()) + self._kept).date())

    async def _proofs(self, ending: Ending) -> dict[str, str]:
        """The receipts, in the platform's log, of every step that was taken."""
        await self._reading.integrated(self._platform)
        found = {}
        for kind, entry in ending.entries.items():
            batch, _, position = entry.partition(".")
            found[kind] = await self._reading.receipt(self._platform, UUID(batch), int(position))
        return found


def _times(ending: Ending) -> dict[str, str | None]:
    instants = {
        "ended": ending.ended_at, "returned": ending.returned_at, "acknowledged": ending.acknowledged_at,
        "waived": ending.waived_at, "destroyed": ending.destroyed_at,
    }  # fmt: skip
    return {name: at.isoformat() if at else None for name, at in instants.items()}


def _deadline(agreement: Agreement, ending: Ending) -> dict[str, Any]:
    return {
        "day": _local(ending.last_day, agreement),
        "readings": [
            {"name": r.name, "rule": r.rule, "day": _local(r.day, agreement), "binds": r.binds}
            for r in deadlines.readings(agreement, ending.ended_at, ending.returned_at)
        ],
        "kept": ending.destroyed_at is not None and ending.destroyed_at < ending.last_day + deadlines.DAY,
    }


def _local(instant: datetime | None, agreement: Agreement) -> str | None:
    """The day of an instant where the parties are."""
    return instant.astimezone(ZoneInfo(agreement.time_zone)).date().isoformat() if instant else None


__all__ = ["Certifying", "Facts"]

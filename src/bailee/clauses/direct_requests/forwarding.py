"""Forwarding: a message reaches a controller once, resealed under its key, with its clocks and its letters.

All of it is one transaction of the controller: the request's row, the obligations, the letters in the outbox, the
entries. Whoever dies before its commit has done nothing; whoever comes after it finds the row and does nothing more.
"""

import hashlib
import secrets
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from bailee.clauses.direct_requests import deadlines, envelope, queries
from bailee.clauses.direct_requests.events import Forwarded, How, Received
from bailee.clauses.direct_requests.keeping import Keeping, seal
from bailee.clauses.direct_requests.understanding import Understood
from bailee.contract.force import InForce
from bailee.contract.instructions import Asked, covers
from bailee.gate import queries as gate_queries
from bailee.gate.archive import Archive
from bailee.infra.clock import Clock
from bailee.infra.keys.store import KeyStore
from bailee.ledger.committing import Committing, Transaction
from bailee.ledger.entries import Act
from bailee.ledger.signing import LogKey
from bailee.obligations.notices.notice import Attachment, Kind, Notice
from bailee.obligations.notices.queueing import Queueing
from bailee.obligations.obligations import Obligations
from bailee.vocabulary.groups import PersonGroup

Heard = Callable[[Transaction, Forwarded], Awaitable[None]]
PLATFORM = "platform"
ATTACHED = 9 * 1024 * 1024  # what goes with a letter is ten MiB at the most
EXCERPT = 6_000
LETTERS: dict[str, tuple[Kind, str]] = {
    deadlines.FORWARD: ("request", "direct_requests/request"),
    deadlines.COMPLAIN: ("complaint", "direct_requests/complaint"),
}


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """A message on its way to one controller."""

    message: UUID
    received: Received
    read: Understood
    how: How
    persons: tuple[UUID, ...]
    by: str


class NoAgreement(Exception):
    """No agreement is in force with this controller: nothing says where its letters go."""


class Forwarding:
    """Passes messages on. `heard` are those who build upon a request that reached its controller."""

    def __init__(
        self, *, keeping: Keeping, committing: Committing, keys: KeyStore, archive: Archive, obligations: Obligations,
        queueing: Queueing, log_key: LogKey, clock: Clock, heard: Sequence[Heard] = (),
    ) -> None:  # fmt: skip
        self._keeping = keeping
        self._committing = committing
        self._keys = keys
        self._archive = archive
        self._obligations = obligations
        self._queueing = queueing
        self._log_key = log_key
        self._clock = clock
        self._heard = tuple(heard)

    async def in_force(self, controller: UUID) -> InForce | None:
        """What is agreed with a controller now, as of the latest that is on file."""
        async with self._committing.transaction(controller) as change:
            row = await change.connection.fetchrow(gate_queries.GATE, controller)
        dossier = await self._archive.dossier(controller, row["gate_version"]) if row else None
        return dossier.in_force(self._clock.now()) if dossier else None

    async def forward(self, controller: UUID, letter: Letter) -> bool:
        """Pass a message on to one controller; false where that was done before."""
        agreed = await self.in_force(controller)
        if agreed is None:
            raise NoAgreement(str(controller))
        request = await self._keeping.name_at(letter.message, controller)
        content = msgspec.msgpack.encode(letter.received)
        # a name for this attempt alone: where it fails, nobody comes to need its key, and that can be swept away
        name, now = f"request/{request}/{secrets.token_hex(4)}", self._clock.now()
        key = await self._keys.controller_key(controller, name)
        acknowledged = _acknowledges(agreed, letter, now)
        kinds, reasons = letter.read.classified.kinds, letter.read.classified.reasons
        async with self._committing.transaction(controller) as change:
            taken = await change.connection.fetchval(
                queries.ASSIGN, controller, letter.message, request, letter.received.channel, letter.how, list(kinds),
                list(reasons), letter.received.received_at, now, acknowledged, now + deadlines.KEPT, name,
                seal(key, controller, request, content),
            )  # fmt: skip
            if taken is None:
                return False
            await self._write(change, request, letter, agreed, acknowledged=acknowledged)
            for hear in self._heard:
                await hear(change, _forwarded(request, controller, letter))
        return True

    async def forget(self, controller: UUID) -> int:
        """Shred the content of a controller's requests whose term is over; how many. The rest stays as evidence."""
        async with self._committing.transaction(controller) as change:
            rows = await change.connection.fetch(queries.OLD_REQUESTS, controller, self._clock.now())
        for row in rows:
            await self._keys.shred_controller_key(controller, row["sealed_under"])
            async with self._committing.transaction(controller) as change:
                await change.connection.execute(queries.SHREDDED_REQUEST, controller, row["request_id"])
                await change.append(
                    [Act("request-shredded", controller, PLATFORM, {"request": str(row["request_id"])})]
                )
        return len(rows)

    async def complain(
        self, change: Transaction, request: UUID, received: Received, read: Understood, *, by: str
    ) -> None:
        """A human found that a request is a complaint too: its clock has run since receipt, and its letter goes."""
        agreed = await self.in_force(change.controller)
        if agreed is None:
            raise NoAgreement(str(change.controller))
        promise = deadlines.complaint(f"request/{request}", received.received_at, agreed.agreement)
        id = await self._obligations.open(change, promise, by=by)
        values = _values(request, received, read, agreed, acknowledged=False)
        kind, letter = LETTERS[deadlines.COMPLAIN]
        due = {"due_at": _instant(promise.due.strict)}
        await self._queueing.queue(
            change,
            Notice(
                kind=kind, clause=promise.clause, subject=promise.subject, letter=letter, values=values | due,
                discharges=id,
            ),
            by=by,
        )  # fmt: skip

    async def _write(
        self, change: Transaction, request: UUID, letter: Letter, agreed: InForce, *, acknowledged: bool
    ) -> None:
        """Entries, clocks and letters of a request; the letters carry the envelope and the message."""
        controller, received, read = change.controller, letter.received, letter.read
        details: dict[str, Any] = {
            "request": str(request), "channel": received.channel, "how": letter.how,
            "received_at": received.received_at.isoformat(), "rights": list(read.classified.kinds),
            "rules": list(read.classified.reasons),
        }  # fmt: skip
        act = Act("request-received", controller, letter.by, details, persons=letter.persons)
        [entry] = await change.append([act])
        name, media_type, original = message_file(received)
        whole = self._envelope(
            controller, request, letter, agreed, original=envelope.original(name, original),
            receipt=f"{entry.batch.name}.{entry.position}", acknowledged=acknowledged,
        )  # fmt: skip
        file = f"request-{request}.json"
        content, note = envelope.signed(self._log_key.statement_signer(), file, whole)
        attachments = [
            Attachment(file, "application/json", content),
            Attachment(f"{file}.note", "application/octet-stream", note),
        ]
        if len(original) <= ATTACHED:
            attachments.append(Attachment(name, media_type, original))
        values = _values(request, received, read, agreed, acknowledged=acknowledged)
        await self._send(change, request, letter, agreed, values=values, attachments=tuple(attachments))
        said = {"request": str(request), "envelope": file, "acknowledged": acknowledged}
        digest = hashlib.sha256(content).hexdigest()
        await change.append([Act("request-forwarded", controller, letter.by, said, digest=digest)])

    async def _send(
        self, change: Transaction, request: UUID, letter: Letter, agreed: InForce, *, values: dict[str, Any],
        attachments: tuple[Attachment, ...],
    ) -> None:  # fmt: skip
        """One letter for each clock; and the acknowledgement, where an instruction wants it."""
        kinds, subject = letter.read.classified.kinds, f"request/{request}"
        for promise in deadlines.promises(kinds, subject, letter.received.received_at, agreed.agreement):
            id = await self._obligations.open(change, promise, by=letter.by)
            kind, template = LETTERS[promise.clause]
            given = values | {"due_at": _instant(promise.due.strict)}
            notice = Notice(
                kind=kind, clause=promise.clause, subject=subject, letter=template, values=given,
                attachments=attachments, discharges=id,
            )  # fmt: skip
            await self._queueing.queue(change, notice, by=letter.by)
        if values["acknowledged"]:
            own = {name: values[name] for name in ("controller", "processor", "received_at")}
            notice = Notice(
                kind="contact", clause=deadlines.FORWARD, subject=subject, letter="direct_requests/acknowledgement",
                values=own, to=letter.read.sender,
            )  # fmt: skip
            await self._queueing.queue(change, notice, by=letter.by)

    def _envelope(
        self, controller: UUID, request: UUID, letter: Letter, agreed: InForce, *, original: envelope.Original,
        receipt: str, acknowledged: bool,
    ) -> envelope.Envelope:  # fmt: skip
        received, read = letter.received, letter.read
        return envelope.Envelope(
            subject_request_id=request, subject_request_type=envelope.request_type(read.classified.kinds),
            subject_identities=_identities(read), submitted_time=received.received_at,
            received_at=received.received_at, forwarded_at=self._clock.now(), channel=received.channel,
            controller=controller, processor=agreed.agreement.parties.processor.name or "",
            verdict=read.classified.verdict, rights=envelope.rights_of(read.classified),
            reasons=read.classified.reasons, persons=letter.persons, not_answered=not acknowledged,
            acknowledged=acknowledged, original=original, receipt=receipt,
            verifier_key=self._log_key.verifier(controller), simulated=self._clock.simulated,
        )  # fmt: skip


def message_file(received: Received) -> tuple[str, str, bytes]:
    """The message as a file: its name, media type, and bytes; what was written in a form is a text of its fields."""
    if received.written is None:
        return "message.eml", "application/octet-stream", received.mail
    written = msgspec.to_builtins(received.written)
    lines = [f"{field}: {value}" for field, value in written.items() if field != "text" and value]
    return "message.txt", "text/plain", ("\n".join(lines) + "\n\n" + received.written.text + "\n").encode()


def _acknowledges(agreed: InForce, letter: Letter, at: datetime) -> bool:
    """Whether an instruction of the controller wants the person told that the message arrived: signed by it, about
    letters to persons. Only whom it holds is told, and no machine.

    Held under the very address that is written to: someone who writes "I am known as" another's number is told nothing.
    """
    read = letter.read
    if letter.how != "held" or not read.sender or read.known_as != (read.sender,) or read.written_by is not None:
        return False
    asked = [
        Asked(
            purpose="legal-obligation", operation="transmit", actor="processor_system", category="email", group=group,
            recipient="persons who ask",
        )
        for group in PersonGroup
    ]  # fmt: skip
    given = [one for one in agreed.instructions if one.clause == "instructions.documented"]
    return any(covers(instruction, one, at) for instruction in given for one in asked)


def _identities(read: Understood) -> tuple[envelope.Identity, ...]:
    kinds = [("email" if "@" in one else "controller_customer_id", one) for one in read.known_as]
    return tuple(envelope.Identity(identity_type=kind, identity_value=value) for kind, value in kinds)


def _values(
    request: UUID, received: Received, read: Understood, agreed: InForce, *, acknowledged: bool
) -> dict[str, Any]:
    """What the letters say."""
    parties = agreed.agreement.parties
    return {
        "request": str(request), "controller": parties.controller.name or "", "processor": parties.processor.name or "",
        "received_at": _instant(received.received_at), "channel": received.channel, "sender": read.sender,
        "name": read.name, "subject_line": read.subject, "text": read.text[:EXCERPT], "cut": len(read.text) > EXCERPT,
        "known_as": list(read.known_as), "rights": list(read.classified.kinds), "verdict": read.classified.verdict,
        "attachments": read.attachments, "attached": len(message_file(received)[2]) <= ATTACHED,
        "acknowledged": acknowledged,
    }  # fmt: skip


def _instant(at: datetime) -> str:
    """An instant as a letter says it, in every language."""
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"


def _forwarded(request: UUID, controller: UUID, letter: Letter) -> Forwarded:
    read = letter.read
    return Forwarded(
        request=request, controller=controller, kinds=read.classified.kinds,
        received_at=letter.received.received_at, persons=letter.persons, sender=read.sender, subject=read.subject,
        text=read.text,
    )  # fmt: skip

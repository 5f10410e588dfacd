"""Forwarding: a message reaches a controller once, resealed under its key, with its clocks and its letters.

All of it is one transaction of the controller: the request's row, the obligations, the letters in the outbox, the
entries. Whoever dies before its commit has done nothing; whoever comes after it finds the row and does nothing more.
"""

import hashlib
import secrets
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from bailee.clauses.direct_requests import deadlines, envelope, queries
from bailee.clauses.direct_requests.events import Forwarded, How, Received
from bailee.clauses.direct_requests.keeping import Keeping, seal
from bailee.clauses.direct_requests.saying import ATTACHED, identities, instant, message_file, values
from bailee.clauses.direct_requests.taking_on import TakingOn
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
from bailee.ledger.telling import entry_name
from bailee.obligations.notices.notice import Attachment, Kind, Notice
from bailee.obligations.notices.queueing import Queueing
from bailee.obligations.obligations import NotOpen, Obligations
from bailee.obligations.promises import Promise
from bailee.vocabulary.groups import PersonGroup

Heard = Callable[[Transaction, Forwarded], Awaitable[None]]
PLATFORM = "platform"
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


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """What is sent of a request now: a letter for each of these clocks, and word to the person where `telling`."""

    request: UUID
    owed: tuple[Promise, ...]
    receipt: str
    acknowledged: bool
    telling: bool = False


class Again(msgspec.Struct, frozen=True, kw_only=True):
    """A request that a human has read again: what it was taken for, and the entry that corrects it."""

    request: UUID
    letter: Letter
    before: tuple[str, ...]
    acknowledged: bool
    entry: str


class NoAgreement(Exception):
    """No agreement is in force with this controller: nothing says where its letters go."""


class Forwarding:
    """Passes messages on. `heard` are those who build upon a request that reached its controller; `console` is where the
    controller's people open it, empty where they cannot."""

    def __init__(
        self, *, keeping: Keeping, committing: Committing, keys: KeyStore, archive: Archive, obligations: Obligations,
        queueing: Queueing, taking_on: TakingOn, log_key: LogKey, clock: Clock, heard: Sequence[Heard] = (),
        console: str = "",
    ) -> None:  # fmt: skip
        self._keeping = keeping
        self._committing = committing
        self._keys = keys
        self._archive = archive
        self._obligations = obligations
        self._queueing = queueing
        self._taking_on = taking_on
        self._log_key = log_key
        self._clock = clock
        self._heard = tuple(heard)
        self._console = console

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

    async def read_again(self, change: Transaction, again: Again) -> None:
        """A human of the controller says what a request really is: what intake itself would have made of it then is
        made now, once, with clocks that have run since receipt; what it was wrongly taken for is void.

        A clock that falls away ends by the correction: whoever made it has the message before their eyes.
        """
        agreed, letter, controller = await self.in_force(change.controller), again.letter, change.controller
        if agreed is None:
            raise NoAgreement(str(controller))
        subject, received_at = f"request/{again.request}", letter.received.received_at
        wanted = deadlines.promises(letter.read.classified.kinds, subject, received_at, agreed.agreement)
        before = deadlines.promises(again.before, subject, received_at, agreed.agreement)
        for clause in {one.clause for one in before} - {one.clause for one in wanted}:
            if id := await self._obligations.find(change, clause, subject):
                with suppress(NotOpen):
                    await self._obligations.discharge(change, id, by=letter.by, proof=f"entry/{again.entry}")
        owed = [one for one in wanted if await self._obligations.find(change, one.clause, subject) is None]
        if owed:
            part = Part(request=again.request, owed=tuple(owed), receipt=again.entry, acknowledged=again.acknowledged)
            await self._pass_on(change, letter, agreed, part)
        told = _forwarded(again.request, controller, letter)
        kinds = tuple(one for one in told.kinds if one not in again.before)
        misread = tuple(one for one in again.before if one not in told.kinds)
        for hear in self._heard:
            await hear(change, msgspec.structs.replace(told, kinds=kinds, misread=misread))

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
        owed = deadlines.promises(read.classified.kinds, f"request/{request}", received.received_at, agreed.agreement)
        part = Part(
            request=request, owed=tuple(owed), receipt=entry_name(entry), acknowledged=acknowledged,
            telling=acknowledged,
        )  # fmt: skip
        await self._pass_on(change, letter, agreed, part)

    async def _pass_on(self, change: Transaction, letter: Letter, agreed: InForce, part: Part) -> None:
        """Open the clocks, and queue one letter for each; they carry the envelope and the message."""
        controller, request, received = change.controller, part.request, letter.received
        name, media_type, original = message_file(received)
        whole = self._envelope(controller, letter, agreed, part, original=envelope.original(name, original))
        file = f"request-{request}.json"
        content, note = envelope.signed(self._log_key.statement_signer(), file, whole)
        attachments = [
            Attachment(file, "application/json", content),
            Attachment(f"{file}.note", "application/octet-stream", note),
        ]
        if len(original) <= ATTACHED:
            attachments.append(Attachment(name, media_type, original))
        said = values(request, received, letter.read, agreed, acknowledged=part.acknowledged)
        said["console"] = f"{self._console}/received/{request}" if self._console else ""
        await self._send(change, letter, part, said=said, attachments=tuple(attachments))
        details = {"request": str(request), "envelope": file, "acknowledged": part.acknowledged}
        digest = hashlib.sha256(content).hexdigest()
        await change.append([Act("request-forwarded", controller, letter.by, details, digest=digest)])

    async def _send(
        self, change: Transaction, letter: Letter, part: Part, *, said: dict[str, Any],
        attachments: tuple[Attachment, ...],
    ) -> None:  # fmt: skip
        """One letter for each clock; and the acknowledgement, where an instruction wants it."""
        for promise in part.owed:
            id = await self._obligations.open(change, promise, by=letter.by)
            kind, template = LETTERS[promise.clause]
            notice = Notice(
                kind=kind, clause=promise.clause, subject=promise.subject, letter=template,
                values=said | {"due_at": instant(promise.due.strict)}, attachments=attachments, discharges=id,
            )  # fmt: skip
            await self._taking_on.ask(change, notice, letter.read.classified.kinds, by=letter.by)
        if part.telling:
            own = {name: said[name] for name in ("controller", "processor", "received_at")}
            notice = Notice(
                kind="contact", clause=deadlines.FORWARD, subject=f"request/{said['request']}",
                letter="direct_requests/acknowledgement", values=own, to=letter.read.sender,
            )  # fmt: skip
            await self._queueing.queue(change, notice, by=letter.by)

    def _envelope(
        self, controller: UUID, letter: Letter, agreed: InForce, part: Part, *, original: envelope.Original
    ) -> envelope.Envelope:
        received, read = letter.received, letter.read
        return envelope.Envelope(
            subject_request_id=part.request, subject_request_type=envelope.request_type(read.classified.kinds),
            subject_identities=identities(read), submitted_time=received.received_at,
            received_at=received.received_at, forwarded_at=self._clock.now(), channel=received.channel,
            controller=controller, processor=agreed.agreement.parties.processor.name or "",
            verdict=read.classified.verdict, rights=envelope.rights_of(read.classified),
            reasons=read.classified.reasons, persons=letter.persons, not_answered=not part.acknowledged,
            acknowledged=part.acknowledged, original=original, receipt=part.receipt,
            verifier_key=self._log_key.verifier(controller), simulated=self._clock.simulated,
        )  # fmt: skip


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


def _forwarded(request: UUID, controller: UUID, letter: Letter) -> Forwarded:
    read = letter.read
    return Forwarded(
        request=request, controller=controller, kinds=read.classified.kinds,
        received_at=letter.received.received_at, persons=letter.persons, sender=read.sender, subject=read.subject,
        text=read.text, by=letter.by,
    )  # fmt: skip

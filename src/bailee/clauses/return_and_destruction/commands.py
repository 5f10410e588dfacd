"""The end of a contract, step by step: ended, returned, acknowledged or waived, destroyed, certified.

Each step leaves an entry in the controller's log while there is one, and a leaf in the platform's, which
outlives the controller's keys. Every step may be asked again: what is done stays done.
"""

import hashlib
import hmac
from collections.abc import Awaitable, Callable
from datetime import datetime
from uuid import UUID

import msgspec
import structlog
from asyncpg import Record

from bailee.clauses.return_and_destruction import deadlines, queries
from bailee.clauses.return_and_destruction.certifying import Certifying
from bailee.clauses.return_and_destruction.deadlines import TooEarly
from bailee.clauses.return_and_destruction.destroying import Destroying
from bailee.clauses.return_and_destruction.events import Ending
from bailee.clauses.return_and_destruction.mistakes import NotEnded, NotReturned, Overtaken, WrongManifest
from bailee.clauses.return_and_destruction.returning import Returning
from bailee.contract.agreement import Agreement
from bailee.contract.documents import End, SignedDocument, read_content
from bailee.contract.signing import check_signatures, signed_by
from bailee.gate import queries as gate_queries
from bailee.gate.archive import Archive, Dossier
from bailee.gate.filing import Filing
from bailee.gate.passage import Destroyed
from bailee.infra.clock import Clock
from bailee.infra.database import Database
from bailee.ledger.appending import Recorded
from bailee.ledger.committing import Committing, Transaction
from bailee.ledger.entries import Act
from bailee.obligations.obligations import Obligations
from bailee.obligations.promises import Promise

Progressed = Callable[[str, int], None]
Then = Callable[[Transaction], Awaitable[None]]
APART_SECONDS = 3600.0
TRIES = 3

log = structlog.get_logger()


class Commands:
    """The only effects of this clause."""

    def __init__(
        self, *, database: Database, committing: Committing, archive: Archive, filing: Filing, returning: Returning,
        destroying: Destroying, certifying: Certifying, clock: Clock, obligations: Obligations, platform: UUID,
        believed: Callable[[], Awaitable[bool]],
    ) -> None:  # fmt: skip
        self._database = database
        self._committing = committing
        self._archive = archive
        self._filing = filing
        self._returning = returning
        self._shelf = returning.shelf
        self._destroying = destroying
        self._certifying = certifying
        self._clock = clock
        self._obligations = obligations
        self._platform = platform
        self._believed = believed

    async def state(self, controller: UUID) -> Ending | None:
        """How far the end of a contract is; None while it runs."""
        async with self._database.transaction(controller) as tx:
            row = await tx.fetchrow(queries.ENDING, controller)
        return None if row is None else _ending(row)

    async def end(self, controller: UUID, document: SignedDocument, *, by: str) -> Ending:
        """File the signed end; the services stop, the clocks of return and destruction start."""
        text = read_content(document)
        if not isinstance(text, End) or text.controller != controller:
            raise ValueError("the document is not the end of this controller's contract")
        agreement = await self._agreement(controller)
        if await self.state(controller) is None:
            await self._check_signers(controller, document)
            await self._filing.file(controller, document, by=by)
            day = deadlines.last_day(agreement, text.at)
            details = {"ended_at": text.at.isoformat(), "last_day": day.isoformat()}
            owed = deadlines.destruction_owed(agreement, controller, text.at, day)
            act = Act("ended", controller, by, details)
            await self._step(controller, act, queries.BEGIN, text.at, day, then=self._opens(owed, by=by))
        return await self._known(controller)

    async def make_return(self, controller: UUID, *, by: str, progressed: Progressed) -> Ending:
        """Make the bundle (or go on with it); the controller is told its manifest's digest. Where someone or something in it
        is erased it is made anew, and named as instead of the one before if that was made available. Where that goes on
        it is left to the next call, not returned: a destruction that is due does not wait behind it."""
        async with self._shelf.alone(controller):
            for _ in range(TRIES):
                ending = await self._known(controller)
                if ending.returned_at is not None or ending.destroying_at is not None:
                    break
                try:
                    await self._make(ending, by=by, progressed=progressed)
                except Overtaken:
                    log.info("the return is made anew: something in it was erased", controller=str(controller))
                except Destroyed:
                    break
        return await self._known(controller)

    async def _make(self, ending: Ending, *, by: str, progressed: Progressed) -> None:
        controller = ending.controller
        manifest = await self._returning.make(controller, await self._name(controller), progressed)
        digest, now = hashlib.sha256(manifest).hexdigest(), self._clock.now()
        agreement = await self._agreement(controller)
        day = deadlines.last_day(agreement, ending.ended_at, now)
        instead = {"instead_of": ending.manifest_digest} if ending.manifest_digest else {}
        act = Act("returned", controller, by, {"last_day": day.isoformat()} | instead, digest=digest)
        owed = [deadlines.destruction_owed(agreement, controller, ending.ended_at, day)]
        if not ending.settled:
            owed.append(deadlines.acknowledgement_owed(agreement, controller, ending.ended_at, day))
        opens = self._opens(*owed, by=by)

        async def then(change: Transaction) -> None:
            if await change.connection.fetchval(queries.RETURNED_AT, controller) != now:
                raise Overtaken
            await self._shelf.still(change)
            await opens(change)

        await self._step(controller, act, queries.RETURNED, now, bytes.fromhex(digest), day, then=then)

    async def handed_out(self, controller: UUID) -> bool:
        """Whether the return lies ready to be fetched: it was made, and nobody was erased and nothing deleted since."""
        ending = await self.state(controller)
        if ending is None or ending.returned_at is None:
            return False
        async with self._shelf.alone(controller):
            return self._destroying.begun(controller) or await self._shelf.stands(controller)

    async def acknowledge(self, controller: UUID, digest: str, *, by: str) -> Ending:
        """The controller says that it holds the bundle, naming the SHA-256 of its manifest."""
        ending = await self._known(controller)
        if ending.manifest_digest is None or ending.returned_at is None:
            raise NotReturned
        if not hmac.compare_digest(ending.manifest_digest.encode(), digest.strip().lower().encode()):
            raise WrongManifest
        if ending.acknowledged_at is None:
            act = Act("acknowledged", controller, by, digest=ending.manifest_digest)
            settled = self._settles(by, "acknowledgement")
            await self._step(controller, act, queries.ACKNOWLEDGED, self._clock.now(), then=settled)
        return await self._known(controller)

    async def waive(self, controller: UUID, *, by: str) -> Ending:
        """The controller says that it does not want its data back."""
        if (await self._known(controller)).waived_at is None:
            settled = self._settles(by, "waiver")
            await self._step(controller, Act("waived", controller, by), queries.WAIVED, self._clock.now(), then=settled)
        return await self._known(controller)

    async def destroy(self, controller: UUID, *, by: str, confirmed: bool) -> Ending | TooEarly:
        """Destroy every remaining copy, where that is lawful now; else say when it will be.

        `confirmed`: a named person commands it, so the clock alone destroys nothing.
        """
        ending = await self._known(controller)
        if ending.destroyed_at is not None:
            return ending
        now = self._clock.now()
        early = deadlines.too_early(ending, now) if ending.destroying_at is None else None
        if early is not None:
            return early
        if not confirmed and not await self._time_confirmed(now):
            reason = "the clock is not confirmed by a second source: a named person must command it"
            return TooEarly("end.destroy", reason, ending.last_day)
        if ending.destroying_at is None:
            still = await self._obligations.open_of([controller])
            owed = [{"clause": one.promise.clause, "subject": one.promise.subject} for one in still]
            act = Act("destroying", controller, by, {"still_open": owed})  # their rows go; the platform's log keeps it
            await self._step(controller, act, queries.DESTROYING, now, then=self._shuts)
        async with self._shelf.alone(controller):  # a return that was being made ends at the gate
            ending = await self._known(controller)
            if ending.destroyed_at is None:
                if not self._destroying.begun(controller):  # erasures are known yet: does what may remain stand?
                    await self._shelf.stands(controller)
                remains = (await self._agreement(controller)).reversibility.bundle_may_remain
                await self._destroying.destroy(ending, remains=remains, by=by)
        return await self._known(controller)

    @staticmethod
    async def _shuts(change: Transaction) -> None:
        await change.connection.execute(gate_queries.CLOSE_GATE, change.controller, "destroying")

    async def bring_to_end(self, controller: UUID) -> None:
        """Destroy again a controller whom the destruction log names, and a server that was put back brought back."""
        dossier = await self._archive.refresh(controller)
        force = dossier.in_force(self._clock.now()) if dossier else None
        remains = force.agreement.reversibility.bundle_may_remain if force else None
        async with self._shelf.alone(controller):
            await self._destroying.bring_to_end(controller, remains)
        certificate = self._certifying.made(controller)
        if certificate is not None:
            async with self._database.transaction(controller) as tx:
                await tx.execute(queries.CERTIFIED, controller, certificate)

    async def certify(self, controller: UUID, *, by: str) -> UUID:
        """The certificate of destruction: made once, given as often as it is asked for."""
        ending = await self._known(controller)
        if ending.destroyed_at is None:
            raise NotReturned
        if ending.certificate_id is not None:
            return ending.certificate_id
        agreement, name = await self._agreement(controller), await self._name(controller)
        return await self._certifying.certify(ending, agreement, name, by=by)

    async def due(self, controller: UUID) -> int:
        """What is due by itself: a return made available, a destruction on its last day. For the worker."""
        done, ending = 0, await self.state(controller)
        if ending is None or ending.destroyed_at is not None:
            return 0
        if ending.returned_at is None and ending.destroying_at is None:
            await self.make_return(controller, by="platform", progressed=lambda _what, _count: None)
            done += 1
        due = ending.destroying_at is not None or self._clock.now() >= ending.last_day
        if due and isinstance(await self.destroy(controller, by="platform", confirmed=False), Ending):
            done += 1
        return done

    async def _step(self, controller: UUID, act: Act, query: str, *arguments: object, then: Then | None = None) -> None:
        """One step: its row, its entry and what it opens or ends in one transaction, then its leaf in the platform's."""
        async with self._committing.transaction(controller) as change:
            await change.connection.execute(query, controller, *arguments)
            await self._filing.bump(change, [act])
            if then is not None:
                await then(change)
        leaf: Recorded[Act] = await self._filing.platform_act(msgspec.structs.replace(act, log=self._platform))
        async with self._database.transaction(controller) as tx:
            await tx.execute(queries.NAME_ENTRY, controller, msgspec.json.encode({act.kind: leaf.name}).decode())
        self._archive.forget(controller)

    def _opens(self, *owed: Promise, by: str) -> Then:
        """What a step makes someone owe; a day that has moved moves what was owed before."""

        async def then(change: Transaction) -> None:
            for promise in owed:
                known = await self._obligations.open(change, promise, by=by)
                await self._obligations.move_if(change, known, promise.due, by=by, reason="retrieval-term")

        return then

    def _settles(self, by: str, proof: str) -> Then:
        """The controller has said that it has its data, or wants none: nothing more is asked of it."""

        async def then(change: Transaction) -> None:
            subject = deadlines.subject(change.controller)
            known = await self._obligations.find(change, "end.return", subject)
            if known is not None:
                await self._obligations.discharge(change, known, by=by, proof=proof)

        return then

    async def _known(self, controller: UUID) -> Ending:
        ending = await self.state(controller)
        if ending is None:
            raise NotEnded
        return ending

    async def _agreement(self, controller: UUID) -> Agreement:
        in_force = (await self._dossier(controller)).in_force(self._clock.now())
        if in_force is None:
            raise NotEnded
        return in_force.agreement

    async def _dossier(self, controller: UUID) -> Dossier:
        dossier = await self._archive.refresh(controller)
        if dossier is None:
            raise NotEnded
        return dossier

    async def _check_signers(self, controller: UUID, document: SignedDocument) -> None:
        in_force = (await self._dossier(controller)).in_force(self._clock.now())
        if in_force is None or check_signatures(document) or not signed_by(document, in_force.signers):
            raise ValueError("the end is not signed by anyone who signed the agreement")

    async def _name(self, controller: UUID) -> str:
        return next(one.name for one in await self._filing.listed() if one.id == controller)

    async def _time_confirmed(self, now: datetime) -> bool:
        """By ticks that ran on without a leap, and by the data server's clock."""
        rows = await self._database.fetch(queries.SERVER_TIME)
        apart: float = abs((rows[0]["now"] - now).total_seconds())
        return apart < APART_SECONDS and await self._believed()


def _ending(row: Record) -> Ending:
    return Ending(
        controller=row["controller_id"], ended_at=row["ended_at"], last_day=row["last_day"],
        returned_at=row["returned_at"], manifest_digest=row["manifest_digest"].hex() if row["manifest_digest"] else None,
        acknowledged_at=row["acknowledged_at"], waived_at=row["waived_at"], destroying_at=row["destroying_at"],
        destroyed_at=row["destroyed_at"], certificate_id=row["certificate_id"],
        entries=msgspec.json.decode(row["entries"], type=dict[str, str]),
    )  # fmt: skip

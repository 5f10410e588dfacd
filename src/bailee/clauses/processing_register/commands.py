"""Giving: the register handed over, on request or because its controller reads it; each copy is kept and recorded."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from uuid import UUID

import msgspec

from bailee.clauses.processing_register import deadlines, forms
from bailee.clauses.processing_register.counting import OPEN
from bailee.clauses.processing_register.events import Ask, Asker, Form, Given, Receiver, Register
from bailee.clauses.processing_register.queries import ANSWERED, GATE
from bailee.clauses.processing_register.registers import NothingInForce, Registers
from bailee.gate.archive import Archive
from bailee.infra.clock import Clock
from bailee.ledger.committing import Committing, Transaction
from bailee.ledger.entries import Act
from bailee.obligations.notices.notice import Notice
from bailee.obligations.notices.queueing import Queueing
from bailee.obligations.obligations import NotOpen, Obligations
from bailee.vocabulary.ids import new_id

LONGEST = 300


class NotAsked(Exception):
    """There is no such request, or it was answered before."""


class To(msgspec.Struct, frozen=True, kw_only=True):
    """To whom a copy goes: `whom` in words where it is an authority; `request` where one is answered by it."""

    receiver: Receiver
    whom: str = ""
    request: UUID | None = None
    by_letter: bool = False


class Handed(msgspec.Struct, frozen=True):
    """A copy, its register and its files."""

    given: Given
    register: Register
    files: dict[Form, bytes]


class Giving:
    """Takes requests for registers, and gives them."""

    def __init__(
        self, *, registers: Registers, archive: Archive, committing: Committing, obligations: Obligations,
        queueing: Queueing, clock: Clock, console: str, platform: UUID,
    ) -> None:  # fmt: skip
        self._registers = registers
        self._archive = archive
        self._committing = committing
        self._obligations = obligations
        self._queueing = queueing
        self._clock = clock
        self._console = console
        self._platform = platform
        self._at_work = asyncio.Lock()

    async def ask(
        self, controller: UUID, asker: Asker, *, whom: str = "", at: datetime | None = None, by: str
    ) -> Ask:  # fmt: skip
        """Note that the controller or an authority asked; from now on the register is owed to it."""
        register = await self._registers.at(controller)
        dossier = await self._archive.current(controller)
        force = dossier.in_force(register.made_at) if dossier else None
        if force is None:
            raise NothingInForce
        id, now = new_id(), self._clock.now()
        promise = deadlines.to_give(id, asker, force.agreement, now)
        async with self._committing.transaction(controller) as change:
            if await change.connection.fetchval(GATE, controller) != OPEN:
                raise NothingInForce
            owed = await self._obligations.open(change, promise, by=by)
            ask = Ask(
                id=id, asked_at=now, asker=asker, whom=whom[:LONGEST], at=at, obligation=owed, open=True
            )  # fmt: skip
            await self._registers.keeping.asked(change, ask)
            await change.append([Act("register-asked", controller, by, {"request": str(id), "asker": asker})])
        return ask

    async def asks(self, controller: UUID) -> list[Ask]:
        """The requests, the newest first."""
        return await self._registers.keeping.asks(controller)

    async def given(self, controller: UUID) -> list[Given]:
        """The copies that were given, the newest first."""
        return await self._registers.keeping.given(controller)

    async def again(self, controller: UUID, copy: UUID, form: Form) -> tuple[Given, bytes] | None:
        """A copy as it was given, in a form; None where there is none."""
        found = await self._registers.keeping.copy(controller, copy)
        if found is None:
            return None
        made = await self._made(found[1], [form], found[0].language)
        return found[0], made[form]

    async def give(
        self, controller: UUID, wanted: Sequence[Form], to: To, *, language: str, at: datetime | None = None, by: str
    ) -> Handed:
        """Give the register as of an instant, or of now. What was asked for by whoever gets it is discharged by it."""
        asked = await self._asked(controller, to.request) if to.request else None
        register = await self._registers.at(controller, at if asked is None else asked.at or at)
        made = await self._made(register, wanted, language)
        given = Given(
            id=new_id(), given_at=self._clock.now(), digest=forms.digest(forms.document(register)),
            to=asked.asker if asked else to.receiver, whom=to.whom or (asked.whom if asked else ""), by=by,
            at=register.at, number=register.number, language=language,
            files={form: forms.digest(content) for form, content in made.items()}, request=to.request,
        )  # fmt: skip
        async with self._committing.transaction(controller) as change:
            stands = await change.connection.fetchval(GATE, controller) == OPEN
            if stands:
                await self._record(change, given, register, asked, letter=to.by_letter)
        if not stands:  # its own log is closed: what is left of it to give is recorded in ours
            async with self._committing.transaction(self._platform) as change:
                await change.append([_act(given, controller, log=self._platform)])
        return Handed(given, register, made)

    async def _made(self, register: Register, wanted: Sequence[Form], language: str) -> dict[Form, bytes]:
        """The files, made beside the loop and one after the other: setting a PDF takes a tenth of a second and more."""
        async with self._at_work:
            return await asyncio.to_thread(forms.files, register, wanted, language)

    async def _record(
        self, change: Transaction, given: Given, register: Register, asked: Ask | None, *, letter: bool
    ) -> None:
        await self._registers.keeping.give(change, given, register)
        await change.append([_act(given, change.controller)])
        for ask in await self._registers.keeping.open_asks(change):
            own = ask.id == asked.id if asked else ask.asker == given.to and ask.at in (None, given.at)
            if own and await change.connection.fetchval(ANSWERED, change.controller, ask.id, "given"):
                with suppress(NotOpen):
                    proof = f"register-copy/{given.id}"
                    await self._obligations.discharge(change, ask.obligation, by=given.by, proof=proof)
        if letter and given.to == "controller":
            await self._queueing.queue(change, self._letter(given), by=given.by)

    def _letter(self, given: Given) -> Notice:
        """Word to the controller that its register is there, and by which digest it is known."""
        values = {
            "day": f"{given.at:%Y-%m-%d}", "number": given.number, "digest": given.digest,
            "link": f"{self._console}/register",
        }  # fmt: skip
        return Notice(
            kind="request", clause=deadlines.CLAUSE, subject=f"register/{given.id}", letter="processing_register/given",
            values=values,
        )  # fmt: skip

    async def _asked(self, controller: UUID, request: UUID) -> Ask:
        found = [one for one in await self.asks(controller) if one.id == request and one.open]
        if not found:
            raise NotAsked
        return found[0]


def _act(given: Given, controller: UUID, log: UUID | None = None) -> Act:
    details = {
        "copy": str(given.id), "to": given.to, "version": given.number, "as_of": given.at.isoformat(),
        "forms": sorted(given.files),
    }  # fmt: skip
    return Act("register-given", controller, given.by, details, digest=given.digest, log=log)

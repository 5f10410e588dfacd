"""Clocks: what the processor owes for its staff, opened and ended by what the register and the gates say."""

from collections.abc import Sequence
from uuid import UUID

from asyncpg import Record

from bailee.clauses.confidentiality import queries
from bailee.clauses.confidentiality.counting import bound
from bailee.clauses.confidentiality.deadlines import Wanted, wanted
from bailee.clauses.confidentiality.events import Access, Entry, Member
from bailee.clauses.confidentiality.gates import Gates
from bailee.clauses.confidentiality.keeping import Keeping
from bailee.ledger.committing import Transaction
from bailee.ledger.entries import Act
from bailee.obligations.obligations import Obligations
from bailee.vocabulary.ids import new_id

CLAUSES = ("staff.confidentiality", "staff.training")


class Clocks:
    """Opens what is owed in the platform's dossier, and ends it by its evidence."""

    def __init__(self, *, keeping: Keeping, gates: Gates, obligations: Obligations) -> None:
        self._keeping = keeping
        self._gates = gates
        self._obligations = obligations

    async def look(self, _platform: UUID | None = None) -> int:
        """Compare what is owed with what stands open; how much changed. Whoever has access is in the register."""
        async with self._keeping.committing.transaction(self._keeping.platform) as own:
            await own.connection.execute(queries.BEGIN, own.controller)
            await own.connection.fetchval(
                queries.LOCK, own.controller
            )  # one at a time, and what it reads is the latest
            access, register = await self._gates.access(), await self._keeping.register()
            await self._keeping.forget_papers(own)
            noted = await self._note(own, register, access)
            now = self._keeping.clock.now()
            owed = wanted([*register, *noted], access, now)
            rows = await own.connection.fetch(queries.CLOCKS, self._keeping.platform, list(CLAUSES))
            ended = await self._end(own, rows, owed, register)
            return len(noted) + ended + await self._open(own, rows, owed)

    async def _note(self, own: Transaction, register: Sequence[Entry], access: Sequence[Access]) -> list[Entry]:
        """Put in the register whoever has a credential and is not in it yet, by the label alone."""
        known = {actor for one in register if one.member.released_at is None for actor in one.member.actors}
        noted = []
        for label in sorted({one.actor for one in access} - known):
            member = Member(id=new_id(), label=label, noted_at=self._keeping.clock.now(), noted_by="platform")
            if await self._keeping.note(own, member):
                await own.append(
                    [Act("staff-noted", own.controller, "platform", {"member": str(member.id), "label": label})]
                )
                noted.append(Entry(member=member))
        return noted

    async def _end(
        self, own: Transaction, rows: Sequence[Record], owed: Sequence[Wanted], register: Sequence[Entry]
    ) -> int:
        ended = 0
        for row in rows:
            about = _about(row["subject"])
            if row["state"] != "open" or any((one.clause, one.about) == (row["clause"], about) for one in owed):
                continue
            proof = self._proof(row["clause"], about, register)
            if proof:
                await self._obligations.discharge(own, row["obligation_id"], by="platform", proof=proof)
            else:
                await self._obligations.withdraw(own, row["obligation_id"], by="platform", reason="not-needed")
            ended += 1
        return ended

    def _proof(self, clause: str, about: str, register: Sequence[Entry]) -> str:
        """The record that does what was owed; empty where it is owed no more without one."""
        _, member, ground = about.split("/")
        entry = next((one for one in register if str(one.member.id) == member), None)
        if entry is None or entry.member.released_at is not None:
            return ""
        now = self._keeping.clock.now()
        if clause == "staff.confidentiality":
            counted = [one.id for one in entry.undertakings if bound(one, now)]
        else:
            counted = [one.id for one in entry.trainings if one.ended_at is None]
        return next((f"record/{one}" for one in reversed(counted) if str(one) != ground), "")

    async def _open(self, own: Transaction, rows: Sequence[Record], owed: Sequence[Wanted]) -> int:
        changed = 0
        for one in owed:
            alike = [row for row in rows if (row["clause"], _about(row["subject"])) == (one.clause, one.about)]
            running = [row["obligation_id"] for row in alike if row["state"] == "open"]
            if not running:
                await self._obligations.open(own, one.promise(len(alike)), by="platform")
                changed += 1
            elif one.ground_is_dated:
                changed += await self._obligations.move_if(
                    own, running[0], one.due, by="platform", reason="terms-changed"
                )
        return changed


def _about(subject: str) -> str:
    return subject.rpartition("/")[0]

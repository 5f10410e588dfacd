"""The register of the processor's staff, as it is kept: noted, bound, trained, let go.

Whatever changes it marks every gate in the same transaction; the gates at hand are told before the act returns, and
nothing read before is still on its way when an ending returns. Entries stand in the platform's log: labels, ids, digests.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import date
from typing import Any
from uuid import UUID

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bailee.clauses.confidentiality import evidence, queries, texts
from bailee.clauses.confidentiality.clocks import Clocks
from bailee.clauses.confidentiality.counting import Terms, to_come
from bailee.clauses.confidentiality.events import Access, Entry, Member, Paper, Training, Undertaking, Way
from bailee.clauses.confidentiality.gates import Gates
from bailee.clauses.confidentiality.keeping import Keeping
from bailee.clauses.confidentiality.mistakes import ChangedMeanwhile, Faulty, NotNow
from bailee.gate.credentials import BITES_AFTER_SECONDS, Credentials
from bailee.ledger.committing import Transaction
from bailee.ledger.entries import Act
from bailee.vocabulary.ids import new_id
from bailee.vocabulary.languages import Language

LABEL = re.compile(r"[a-z0-9][a-z0-9:._-]{0,79}")
DIGEST = re.compile(r"[0-9a-f]{64}")
LARGEST = 500_000


class Bound(msgspec.Struct, frozen=True, kw_only=True):
    """What the officer records of an undertaking: a paper by its kept document, or a duty of secrecy by its law."""

    way: Way
    since: date
    until: date | None = None
    reference: str = ""
    paper: UUID | None = None


class Taught(msgspec.Struct, frozen=True, kw_only=True):
    """What is recorded of a training. What shows it is a kept document, or stays elsewhere and is named by its SHA-256."""

    what: str
    on: date
    given_by: str
    digest: str = ""
    paper: UUID | None = None


class Left(msgspec.Struct, frozen=True):
    """A credential of someone who was let go, and whether it was revoked."""

    access: Access
    revoked: bool


class Staff:
    """Keeps the register. `sample` gives the terms by which someone without access is looked at."""

    def __init__(
        self, *, keeping: Keeping, gates: Gates, clocks: Clocks, credentials: Credentials, sample: Callable[[], Terms]
    ) -> None:
        self.keeping = keeping
        self.gates = gates
        self.clocks = clocks
        self._credentials = credentials
        self._sample = sample

    async def listed(self) -> list[evidence.Stands]:
        """Everyone, how they stand and where they have access: those in service first, by their labels."""
        access, now = await self.gates.access(), self.keeping.clock.now()
        found = [evidence.stands(one, access, self._sample(), now) for one in await self.keeping.register()]
        return sorted(found, key=lambda one: one.state == "released")

    async def one(self, member: UUID) -> evidence.Stands:
        """One of them, or `NothingThere`."""
        entry = await self.keeping.find(member)
        serving = entry.member.released_at is None
        access = await self.gates.access() if serving else []
        return evidence.stands(entry, access, self._sample(), self.keeping.clock.now())

    async def of(self, account: UUID) -> evidence.Stands | None:
        """Whoever comes in with an account; None where nothing is on record of them."""
        found = [one for one in await self.listed() if one.entry.member.account == account and one.state != "released"]
        return found[0] if found else None

    async def seen(self, controller: UUID) -> list[evidence.Seen]:
        """Who of the processor's staff has access at one controller, as its own gate knows them."""
        return evidence.seen(await self.gates.access([controller]), self.keeping.clock.now())

    async def note(self, label: str, *, by: str, name: str = "", account: UUID | None = None) -> Member:
        """Put someone in the register; `Faulty` where the label or the account is another's."""
        label = label or str(account or "")
        if not LABEL.fullmatch(label):
            raise Faulty("label")
        member = Member(
            id=new_id(), label=label, account=account, name=name, noted_at=self.keeping.clock.now(), noted_by=by
        )
        async with self._changing() as own:
            if not await self.keeping.note(own, member):
                raise Faulty("known-already")
            await self._say(own, "staff-noted", member, by)
        await self._told(member)
        return member

    async def change(
        self, member: UUID, label: str, *, version: int, by: str, name: str = "", account: UUID | None = None
    ) -> Member:
        """Say anew which label and account someone has. One who was only seen by that label, of whom nothing is on
        record, was nobody else: that entry goes."""
        entry = await self._serving(member)
        label = label or str(account or "")
        if not LABEL.fullmatch(label):
            raise Faulty("label")
        if entry.version != version:
            raise ChangedMeanwhile
        changed = msgspec.structs.replace(entry.member, label=label, account=account, name=name)
        others = [
            one for one in await self.keeping.register()
            if one.member.released_at is None and one.member.id != member
            and (one.member.label == label or (account and one.member.account == account))
        ]  # fmt: skip
        if any(one.undertakings or one.trainings for one in others):
            raise Faulty("known-already")
        async with self._changing() as own:
            for one in others:
                await own.connection.execute(queries.DROP_MEMBER, own.controller, one.member.id)
            await self.keeping.change(own, changed, version)
            await self._say(own, "staff-noted", changed, by)
        await self._told(entry.member, changed)
        return changed

    async def keep(self, paper: Paper) -> UUID:
        """Keep a document, sealed, to make a record of it; after a day without one it is forgotten."""
        if not paper.content or len(paper.content) > LARGEST:
            raise Faulty("paper")
        async with self.keeping.committing.transaction(self.keeping.platform) as own:
            return await self.keeping.keep_paper(own, paper)

    async def bind(self, member: UUID, what: Bound, *, by: str) -> Undertaking:
        """Record an undertaking on paper, or a duty of secrecy by law."""
        entry = await self._serving(member)
        if what.way == "signed" or (what.way == "paper") is (what.paper is None):
            raise Faulty("paper")
        if what.way == "statute" and not what.reference:
            raise Faulty("reference")
        kept = await self.keeping.paper(what.paper) if what.paper else None
        now = self.keeping.clock.now()
        if to_come(what.since, now) or (what.until is not None and what.until < what.since):
            raise Faulty("days")
        one = Undertaking(
            id=new_id(), member=member, way=what.way, since=what.since, until=what.until,
            reference=what.reference or (kept.name if kept else ""), recorded_at=now, recorded_by=by, paper=what.paper,
            digest=kept.digest if kept else "",
        )  # fmt: skip
        async with self._changing() as own:
            if what.paper is not None:
                await self.keeping.belongs(own, what.paper, one.id)
            await self._bound(own, entry.member, one, by)
        await self._told(entry.member)
        return one

    async def sign(
        self, account: UUID, language: Language, digest: str, name: str, *, key: Ed25519PrivateKey
    ) -> Undertaking:
        """Sign the undertaking oneself; `ChangedMeanwhile` where the text is not the one that was read."""
        text = texts.current(language)
        if text.digest != digest:
            raise ChangedMeanwhile
        known = await self.of(account)
        member = known.entry.member if known else await self.note("", account=account, name=name, by=str(account))
        now = self.keeping.clock.now()
        one = texts.signed(
            Undertaking(
                id=new_id(), member=member.id, way="signed", since=now.date(), reference=text.reference,
                digest=text.digest, text=text.words, name=name, recorded_at=now, recorded_by=str(account),
            ),
            key,
        )  # fmt: skip
        async with self._changing() as own:
            await self._bound(own, member, one, str(account))
        await self._told(member)
        return one

    async def train(self, member: UUID, what: Taught, *, by: str) -> Training:
        """Record a training."""
        entry, now = await self._serving(member), self.keeping.clock.now()
        if not what.what or not what.given_by:
            raise Faulty("training")
        if to_come(what.on, now):
            raise Faulty("days")
        if what.paper is None and not DIGEST.fullmatch(what.digest):
            raise Faulty("evidence")
        kept = await self.keeping.paper(what.paper) if what.paper else None
        one = Training(
            id=new_id(), member=member, what=what.what, on=what.on, given_by=what.given_by, paper=what.paper,
            digest=kept.digest if kept else what.digest, recorded_at=now, recorded_by=by,
        )  # fmt: skip
        async with self._changing() as own:
            if what.paper is not None:
                await self.keeping.belongs(own, what.paper, one.id)
            await self.keeping.keep(own, one)
            more = {"record": str(one.id), "digest": one.digest, "on": one.on.isoformat()}
            await self._say(own, "staff-trained", entry.member, by, **more)
        await self._told(entry.member)
        return one

    async def end(self, record: UUID, *, by: str) -> None:
        """End an undertaking, or strike a training out: whoever has no other is refused from now on."""
        known, version = await self.keeping.record(record)
        if known.ended_at is not None:
            raise NotNow("ended-already")
        entry = await self.keeping.find(known.member)
        over = msgspec.structs.replace(known, ended_at=self.keeping.clock.now(), ended_by=by)
        async with self._changing() as own:
            await self.keeping.rewrite(own, over, version)
            await self._say(own, "staff-record-ended", entry.member, by, record=str(record))
        await self._told(entry.member)
        await asyncio.sleep(BITES_AFTER_SECONDS)

    async def release(self, member: UUID, *, by: str) -> list[Left]:
        """Let someone go: their credentials revoked and named, and refused at every gate. What they undertook binds on.

        A credential that could not be revoked is named as such; the gate refuses it as soon as it is told.
        """
        entry = await self._serving(member)
        access = [one for one in await self.gates.access() if one.actor in entry.member.actors]
        revoking = (self._credentials.revoke(one.controller, one.credential, by=by) for one in access)
        found = await asyncio.gather(*revoking, return_exceptions=True)
        left = [Left(one, done is True) for one, done in zip(access, found, strict=True)]
        gone = msgspec.structs.replace(entry.member, released_at=self.keeping.clock.now(), released_by=by)
        async with self._changing() as own:
            await self.keeping.change(own, gone, entry.version)
            credentials = [str(one.credential) for one in access]
            await self._say(own, "staff-released", gone, by, credentials=credentials)
        await self._told(gone, had=[one.controller for one in access])  # it is revoked by now, and asked about no more
        if not all(one.revoked for one in left):
            await asyncio.sleep(BITES_AFTER_SECONDS)
        return left

    @asynccontextmanager
    async def _changing(self) -> AsyncIterator[Transaction]:
        """A change of the register, with which every gate is marked."""
        controllers = await self.gates.everyone()
        async with self.keeping.committing.transaction(self.keeping.platform) as own:
            yield own
            await self.gates.stir(own, controllers)

    async def _told(self, *members: Member, had: Sequence[UUID] = ()) -> None:
        """Tell the gates at hand, those first where they have access or had it; then look at what is owed."""
        actors = {actor for one in members for actor in one.actors}
        first = [one.controller for one in await self.gates.access() if one.actor in actors]
        await self.gates.tell_at_hand([*had, *first])
        await self.clocks.look()

    async def _bound(self, own: Transaction, member: Member, one: Undertaking, by: str) -> None:
        await self.keeping.keep(own, one)
        more = {"record": str(one.id), "way": one.way, "digest": one.digest}
        await self._say(own, "staff-bound", member, by, **more)

    async def _serving(self, member: UUID) -> Entry:
        entry = await self.keeping.find(member)
        if entry.member.released_at is not None:
            raise NotNow("released-already")
        return entry

    @staticmethod
    async def _say(own: Transaction, kind: str, member: Member, by: str, **more: Any) -> None:
        details = {"member": str(member.id), "label": member.label}
        await own.append([Act(kind, own.controller, by, details | more)])

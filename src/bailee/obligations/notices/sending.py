"""Sending: what is due leaves, once recorded; what a server has taken over is proven; what does not leave is tried on.

1. In one transaction what is due is claimed (`claiming.py`), and an entry says which notices are opened to be sent:
durable before anything leaves. 2. Each is opened, written and handed over, outside any transaction, to the addresses
valid at that moment. 3. How it went is written down with what follows from it (`settling.py`). A crash in between
leaves a claim that lapses: the same mail, with the same Message-ID and the same bytes, is sent again, and whoever has it
already recognises it. While no mail leaves at all the queue rests, and a pause that grows goes before the next try.
"""

import asyncio
from datetime import datetime
from uuid import UUID

import msgspec
from asyncpg import Record

from bailee.infra.clock import Clock
from bailee.infra.keys.key import Key
from bailee.infra.keys.store import KeyGone, KeyStore
from bailee.infra.letters import Attachment, Mail
from bailee.infra.mail import Accepted, Mailing, Refused, Unreachable
from bailee.ledger.altered import Noticing
from bailee.obligations.notices.claiming import AT_ONCE, Claim, Claiming
from bailee.obligations.notices.letters import BrokenLetter, Letters, Written, formal
from bailee.obligations.notices.notice import Kind, Notice, Side
from bailee.obligations.notices.post import Post
from bailee.obligations.notices.queueing import NOTICES, AlteredNotice
from bailee.obligations.notices.returning import Returning
from bailee.obligations.notices.routing import MARKED_UNDER, Recipient, Route, Routing, message_id, recipients
from bailee.obligations.notices.settling import Outcome, Settling

SIDE_BY_SIDE = 8
OURS = frozenset({"sender-malformed"})  # a setting to be mended: no letter is at fault
BROKEN = (BrokenLetter, AlteredNotice, KeyGone)


class Sending:
    """Carries notices out; several processes may do so at once."""

    def __init__(
        self, *, claiming: Claiming, keys: KeyStore, clock: Clock, mailing: Mailing, letters: Letters,
        routing: Routing, settling: Settling, post: Post, returning: Returning, sender: str,
        noticing: Noticing,
    ) -> None:  # fmt: skip
        self.claiming = claiming
        self._keys = keys
        self._clock = clock
        self._mailing = mailing
        self._letters = letters
        self._routing = routing
        self._settling = settling
        self._post = post
        self._returning = returning
        self._sender = sender
        self._noticing = noticing
        self._room = asyncio.Semaphore(SIDE_BY_SIDE)

    async def send(self, controller: UUID) -> int:
        """One round of one controller: claim, send, settle; how many were claimed.

        Where no mail left before, one goes ahead to see whether the way is open again.
        """
        if not await self._post.open():
            return 0
        await self._settling.unsent(controller)  # late is late, though it leaves now
        claims = await self.claiming.claim(controller, AT_ONCE if self._post.is_well else 1)
        async with self.claiming.kept(controller, claims):
            done = await asyncio.gather(*map(self._carry, claims), return_exceptions=True)
        for problem in done:
            if isinstance(problem, BaseException):
                raise problem
        return len(claims)

    async def read(self, controller: UUID, row: Record) -> Notice:
        """A stored notice, opened."""
        key = await self._keys.controller_key(controller, row["sealed_under"] or "", create=False)
        return NOTICES.unseal(key, controller, row["notice_id"], row["sealed"])

    def write(self, notice: Notice, language: str) -> Written:
        """A notice as the letter that is sent, in a language."""
        return self._letters.write(notice.letter, language, notice.values)

    async def _carry(self, claim: Claim) -> None:
        """Steps 2 and 3. Once no mail leaves at all, or the claim could not be kept, the rest waits as it is."""
        async with self._room:
            if not self._post.is_open or not self.claiming.stands(claim):
                await self._settling.put_back(claim.controller, claim.id, claim.number)
                return
            outcomes = await self._handed_over(claim)
        await self._settling.settle(claim.controller, claim.id, claim.number, outcomes)

    async def _handed_over(self, claim: Claim) -> list[Outcome]:
        kind: Kind = claim.row["kind"]
        side: Side = claim.row["side"]
        route = await self._routing.route(claim.controller, kind, side)
        try:
            notice = await self.read(claim.controller, claim.row)
            route = msgspec.structs.replace(route, language=notice.language or route.language)
            letter = self._mail(claim, notice, self.write(notice, route.language), route)
        except BROKEN as problem:
            await self._noticing.note(problem, "worker: notices")
            return [Outcome.failed(None, "letter-broken")]
        whom = recipients(await self._marking(claim.controller), route, notice.to)
        if not any(one.role == "to" for one in whom):
            return [Outcome.failed(None, "no-address")]
        return [await self._one(claim, letter, one) for one in whom]

    async def _one(self, claim: Claim, letter: Mail, whom: Recipient) -> Outcome:
        """Hand one mail over; a recipient that has it already gets no other."""
        if whom.mark in claim.sent:
            return Outcome.kept(whom)
        if not self._post.is_open or not self.claiming.stands(claim):
            return Outcome.waiting(whom, "away")
        id = message_id(claim.controller, claim.id, whom.mark, claim.row["rounds"])
        tag = await self._returning.tag(claim.controller, claim.id, whom.mark)
        match await self._mailing.send(msgspec.structs.replace(letter, to=whom.address, id=id, returns=tag)):
            case Accepted() as taken:
                await self._post.left()
                return Outcome.sent(whom, taken)
            case Refused(code=code) if code not in OURS:
                if code.isdigit():
                    await self._post.left()
                return Outcome.failed(whom, code)
            case Refused(code=code) | Unreachable(code=code):
                await self._post.stayed(code)
                return Outcome.waiting(whom, code)

    def _mail(self, claim: Claim, notice: Notice, written: Written, route: Route) -> Mail:
        queued: datetime = claim.row["queued_at"]
        files = notice.attachments
        if notice.formal:
            pdf = formal(
                written, sender=self._sender, language=route.language, at=queued, reference=f"notice/{claim.id}"
            )
            files = (Attachment(f"{notice.letter.rpartition('/')[2]}.pdf", "application/pdf", pdf), *files)
        return Mail(
            to="", subject=written.subject, text=written.text, html=written.html, language=route.language,
            controller=claim.controller, attachments=files, dated=queued,
        )  # fmt: skip

    async def _marking(self, controller: UUID) -> Key:
        return await self._keys.controller_key(controller, MARKED_UNDER)

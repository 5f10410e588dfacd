"""Tending: what a human does for a notice that does not arrive, and how one is read: on record, like all that is opened."""

import re
from uuid import UUID

import msgspec
from asyncpg import Record

from bailee.infra.clock import Clock
from bailee.infra.keys.key import Key
from bailee.infra.keys.store import KeyGone, KeyStore
from bailee.ledger.committing import Committing, Transaction
from bailee.ledger.entries import Act
from bailee.obligations.notices import queries
from bailee.obligations.notices.letters import BrokenLetter, Written
from bailee.obligations.notices.notice import Notice
from bailee.obligations.notices.owed import CLAUSE
from bailee.obligations.notices.queueing import NOTICES
from bailee.obligations.notices.routing import Routing
from bailee.obligations.notices.sending import Sending
from bailee.obligations.obligations import NotOpen, Obligations

# A link that acts is for whoever reads the mailbox, and for nobody who looks here.
LINKS = re.compile(r"/act/[A-Za-z0-9_-]{20,}")


class NoNotice(Exception):
    """The notice is not known."""


class NothingToTend(Exception):
    """The notice did not fail: it was sent, or it is still tried."""


class NotNamed(Exception):
    """The agreement does not name this address: a notice goes to no other (parties.addresses)."""


class Said(msgspec.Struct, frozen=True):
    """What a notice says, opened: the letter, the addresses it goes to now, and the files that go with it."""

    letter: Written
    language: str
    to: tuple[str, ...]
    files: tuple[str, ...]


class Tending:
    """Retries, other ways, reading."""

    def __init__(
        self, *, committing: Committing, keys: KeyStore, clock: Clock, obligations: Obligations, routing: Routing,
        sending: Sending,
    ) -> None:  # fmt: skip
        self._committing = committing
        self._keys = keys
        self._clock = clock
        self._obligations = obligations
        self._routing = routing
        self._sending = sending

    async def again(self, controller: UUID, notice: UUID, *, by: str) -> None:
        """Try a failed notice once more, at the addresses that are valid now; `AlteredNotice` where it was changed."""
        async with self._committing.transaction(controller) as change:
            row = await self._failed(change, notice)
            await self._opened(controller, notice, row)
            await self._go_on(change, notice, row, row["sealed"], by=by, way="again")

    async def elsewhere(self, controller: UUID, notice: UUID, address: str, *, by: str) -> None:
        """Send a failed notice to another address that the agreement names; `NotNamed` for any other."""
        if address not in await self._routing.named(controller):
            raise NotNamed
        async with self._committing.transaction(controller) as change:
            row = await self._failed(change, notice)
            key, held = await self._opened(controller, notice, row)
            given = msgspec.structs.replace(held, to=address)
            await self._go_on(change, notice, row, NOTICES.seal(key, controller, notice, given), by=by, way="elsewhere")

    async def read(self, controller: UUID, notice: UUID, *, by: str) -> Said | None:
        """What a notice says, once the reading is on record; None where its text is gone.

        `AlteredNotice` where it was changed outside the platform.
        """
        async with self._committing.transaction(controller) as change:
            row = await change.connection.fetchrow(queries.LOCK, controller, notice)
            if row is None:
                raise NoNotice
            await change.append([Act("notice-read", controller, by, {"notice": str(notice)})])
        if row["sealed"] is None:
            return None
        route = await self._routing.route(controller, row["kind"], row["side"])
        try:
            held = await self._sending.read(controller, row)
            language = held.language or route.language
            letter = self._sending.write(held, language)
        except (BrokenLetter, KeyGone):
            return None
        letter = msgspec.structs.replace(letter, text=LINKS.sub("/act/…", letter.text), html="")
        files = tuple(one.name for one in held.attachments)
        return Said(letter, language, (held.to,) if held.to else route.to, files)

    async def _opened(self, controller: UUID, notice: UUID, row: Record) -> tuple[Key, Notice]:
        key = await self._keys.controller_key(controller, row["sealed_under"], create=False)
        return key, NOTICES.unseal(key, controller, notice, row["sealed"])

    async def _failed(self, change: Transaction, notice: UUID) -> Record:
        row = await change.connection.fetchrow(queries.LOCK, change.controller, notice)
        if row is None:
            raise NoNotice
        if row["state"] != "failed" or row["sealed"] is None:
            raise NothingToTend
        return row

    async def _go_on(self, change: Transaction, notice: UUID, row: Record, sealed: bytes, *, by: str, way: str) -> None:
        now = self._clock.now()
        await change.connection.execute(queries.AGAIN, change.controller, notice, now, sealed)
        await change.connection.execute(queries.DELIVERY_AGAIN, change.controller, notice, now)
        details = {"notice": str(notice), "clause": row["clause"], "way": way}
        await change.append([Act("notice-sent-on", change.controller, by, details)])
        owed = await self._obligations.find(change, CLAUSE, f"notice/{notice}/failed/{row['rounds']}")
        if owed is None:
            return
        try:
            await self._obligations.discharge(change, owed, by=by, proof=f"notice/{notice}/{way}")
        except NotOpen:
            return

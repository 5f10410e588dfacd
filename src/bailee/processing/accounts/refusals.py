"""Refusals at the door: who was tried, as far as that is known, and how often; never an address that was typed.

A try at an account that there is stands in the ledger under its person, and in the person's own log of sign-ins. All
others count together, under nobody. Everything is written after the answer, so that the answer takes as long whatever
is written; and an hour's tries at one account are written when they are 1, 10, 100 and so on, so that whoever tries a
million times fills no log.
"""

import asyncio
from uuid import UUID

import msgspec

from bailee.gate.passage import Destroyed
from bailee.infra.clock import Clock
from bailee.infra.database import Unavailable
from bailee.ledger.appending import Appending
from bailee.ledger.entries import Act
from bailee.processing.accounts.accounts import Account, Accounts
from bailee.processing.accounts.means import Means
from bailee.processing.accounts.sessions import Device
from bailee.processing.accounts.technical import Technical

TOGETHER_SECONDS = 3600.0
MOST_ACCOUNTS = 2_000  # counted one by one; tries at more than these count together
MOST_UNDER_WAY = 100

Kind = tuple[UUID, UUID | None, str]


class Tried(msgspec.Struct, frozen=True):
    """A try that was refused: at which controller, by which method; and whose account, by its address or its id."""

    controller: UUID
    method: str
    address: str = ""
    person: UUID | None = None


class Refusals:
    """Writes down who was refused at the door."""

    def __init__(
        self, *, accounts: Accounts, means: Means, appending: Appending, technical: Technical, clock: Clock
    ) -> None:
        self._accounts = accounts
        self._means = means
        self._appending = appending
        self._technical = technical
        self._clock = clock
        self._counts: dict[Kind, tuple[float, int]] = {}
        self._under_way: set[asyncio.Task[None]] = set()

    def later(self, tried: Tried, device: Device) -> None:
        """Write a refusal down after the answer; where too many wait for that already, as nobody's.

        What a passkey says of itself is believed only where there is such an account.
        """
        if len(self._under_way) >= MOST_UNDER_WAY:
            if tried.person is not None:
                return
            tried = Tried(tried.controller, tried.method)
        task = asyncio.create_task(self._write(tried, device))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def flush(self) -> None:
        """Wait until what was refused is written."""
        while self._under_way:
            await asyncio.wait(self._under_way)

    async def _write(self, tried: Tried, device: Device) -> None:
        try:
            account = await self._account(tried)
            if tried.person is not None and account is None:
                return
            person = account.person if account else None
            person, count = self._counted(tried, person)
            if not _told(count):
                return
            persons = (person,) if person else ()
            details = {"method": tried.method, "tries": count}
            await self._appending.append_one(Act("sign-in-refused", tried.controller, "platform", details, persons))
            if person and count == 1:
                await self._technical.refused(
                    tried.controller, person, (tried.method,), address=device.address, agent=device.agent
                )
        except (Unavailable, Destroyed):
            return  # nobody was let in, and nobody waits for this

    async def _account(self, tried: Tried) -> Account | None:
        person = tried.person
        if person is None and tried.address:
            person = await self._means.person_of(tried.controller, tried.address)
        return await self._accounts.find(tried.controller, person) if person else None

    def _counted(self, tried: Tried, person: UUID | None) -> tuple[UUID | None, int]:
        """Whom the try counts for, and the how manieth of the hour it is."""
        now = self._clock.monotonic()
        kind: Kind = (tried.controller, person, tried.method)
        if kind not in self._counts and len(self._counts) >= MOST_ACCOUNTS:
            self._counts = {k: v for k, v in self._counts.items() if now - v[0] < TOGETHER_SECONDS}
            if len(self._counts) >= MOST_ACCOUNTS:
                kind = (tried.controller, None, tried.method)
        since, count = self._counts.get(kind, (now, 0))
        if now - since >= TOGETHER_SECONDS:
            since, count = now, 0
        self._counts[kind] = since, count + 1
        return kind[1], count + 1


def _told(count: int) -> bool:
    """Whether a count is written: 1, 10, 100 and so on."""
    return str(count).rstrip("0") == "1"

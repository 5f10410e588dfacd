"""A controller with its doors, and people with accounts in it: what tests of accounts and of the console begin with."""

import asyncio
import json
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from click.testing import CliRunner, Result
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bailee.cli.demo import parties
from bailee.cli.doors import Doors
from bailee.cli.main import cli
from bailee.furnishing import furnish
from bailee.house import Rooms
from bailee.infra.premises import Premises
from bailee.processing.accounts.accounts import Link
from bailee.processing.accounts.sessions import Device
from bailee.promised import Promised
from bailee.vocabulary.parties import ActorKind
from bailee.worker.jobs import Duty
from tests.browsing import PASSWORD, Browser, doors

ADMIN, DPO, OPERATOR, VIEWER = "controller-administrator", "controller-dpo", "operator", "viewer"
TABLES = ("account", "sign_in", "sign_in_name", "session", "link")


class Household:
    """One controller (or the platform itself), and who signs in there."""

    def __init__(self, rooms: Rooms, controller: UUID, holder: Any = None) -> None:
        self.rooms, self.id, self.holder = rooms, controller, holder
        self.app, self.wings = doors(rooms)

    async def invited(self, *roles: str, address: str = "") -> Link:
        """Someone with an account and no profile, who has not come in yet."""
        named = address or f"staff.{os.urandom(6).hex()}@alpages.example"
        return await self.wings.accounts.enrol(self.id, named, list(roles), by="tests")

    async def accept(self, link: Link, password: str = "") -> UUID:
        """Come in by a link; with a password where one is asked for."""
        admitting = self.wings.admitting
        token, _, account, held = await admitting.of_link(link.text)
        account = await admitting.use_link(token, account)
        if password:
            await admitting.renew(self.id, account, held, password)
        return link.person

    async def staff(self, *roles: str, address: str = "", password: str = "") -> UUID:
        """Someone with an active account and no profile."""
        return await self.accept(await self.invited(*roles, address=address), password)

    async def resident(self, profile: dict[str, Any], *roles: str, password: str = "") -> UUID:
        """Someone who is held with a profile, and has an active account."""
        person, _ = await (await self.holder.client()).person(profile)
        link = await self.wings.accounts.invite(self.id, UUID(person), profile["email"], list(roles), by="tests")
        return await self.accept(link, password)

    async def signed_in(self, person: UUID, *methods: str) -> Browser:
        """A browser with a session of theirs."""
        browser = Browser(self.app)
        account = await self.wings.accounts.find(self.id, person)
        assert account is not None
        where = Device(browser.address, "tests")
        browser.cookies["session"] = await self.wings.sessions.open(self.id, account, methods or ("passkey",), where)
        return browser

    async def by_password(self, address: str, browser: Browser | None = None, password: str = PASSWORD) -> Any:
        """What the door says to an address and a password."""
        browser = browser or Browser(self.app)
        return await browser.post("/sign-in", organisation=str(self.id), address=address, password=password)

    async def alone(self) -> None:
        """Have nothing wait for a second person, for tests of what one person does."""
        await self.wings.access.approvals.choose(self.id, frozenset(), by="tests")

    async def rows(self, person: UUID) -> dict[str, int]:
        """How many rows of each table of accounts know a person."""
        async with self.rooms.data.transaction(self.id) as tx:
            sql = "SELECT count(*) FROM bailee.{} WHERE controller_id = $1 AND person_id = $2"
            return {table: await tx.fetchval(sql.format(table), self.id, person) for table in TABLES}

    async def entries(self) -> list[dict[str, Any]]:
        """The bodies of the controller's ledger, oldest first."""
        head = await self.rooms.reading.integrated(self.id)
        found = self.rooms.reading.entries(self.id, 0, head.size)
        return [json.loads(one.opened.body) async for one in found if one.opened]


async def until_done(do: Callable[[UUID], Awaitable[int]], controller: UUID) -> int:
    """What the worker does at one controller: again and again, as long as there is something to do; how much."""
    total = 0
    while number := await do(controller):
        total += number
    return total


async def worked(duties: Sequence[Duty], name: str, controller: UUID) -> int:
    """The same of a duty by its name, as long as its question names the controller. What fails there is raised."""
    [round_] = [duty.do for duty in duties if duty.name == name]
    total = 0
    while controller in await round_.who.due() and (number := await round_.do(controller)):  # type: ignore[attr-defined]
        round_.who.done(controller)  # type: ignore[attr-defined]
        total += number
    return total


async def commanded(house: Household, premises: Premises, *typed: str) -> Result:
    """What a command says, typed by an operator beside the running servers, in rooms of its own."""
    settings = house.rooms.settings

    @asynccontextmanager
    async def opened(_settings: object) -> AsyncIterator[Rooms]:
        async with furnish(settings, premises.addresses()) as rooms:
            yield rooms

    doors = Doors(open=opened, found=None, first_link=None, application="", measures=_measures)  # type: ignore[arg-type]  # neither is used
    line = [*typed, "--data", str(settings.data), "--sandbox"]
    return await asyncio.to_thread(CliRunner().invoke, cli, line, obj=doors)


def _measures(rooms: Rooms) -> Any:
    return Promised(rooms).measures


async def signed_controller(rooms: Rooms, base: Any) -> tuple[UUID, str]:
    """A controller whose agreement was signed a minute ago, and the text of a credential of its CRM."""
    company = parties.companies()[0]
    company.id = await rooms.filing.open_dossier(company.name, by="tests")
    company.verifier_key = rooms.log_key.verifier(company.id)
    at = datetime.now(UTC) - timedelta(minutes=1)
    document = parties.signed(parties.filled(base, company), company, Ed25519PrivateKey.generate(), at)
    await rooms.filing.file(company.id, document, by="tests")
    issued = await rooms.credentials.issue(
        company.id, by="tests", actor="system:crm", kind=ActorKind.controller_system,
        purposes=["account-management"], expires_at=rooms.clock.now() + timedelta(days=1),
    )  # fmt: skip
    return company.id, issued.text

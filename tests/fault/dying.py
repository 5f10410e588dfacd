"""A workflow in a process of its own that kills itself, without a word, right after its n-th durable point.

Durable points: a statement outside a transaction, a commit, a synced file, a file renamed into place. Called as
`python -m tests.fault.dying DIR POINT WORKFLOW JSON`; prints `done JSON` when it is acknowledged, and how many
points there were, if it lives that long.
"""

import asyncio
import json
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from asyncpg.transaction import Transaction

from bailee.clauses.direct_requests import commands
from bailee.clauses.direct_requests.events import Received
from bailee.contract.ruling import AccessRequest
from bailee.furnishing import furnish
from bailee.gate.people import NewPerson
from bailee.gate.records import Draft
from bailee.house import Rooms
from bailee.infra.database import Database
from bailee.infra.premises import Premises
from bailee.infra.settings import load
from bailee.promised import Promised
from bailee.vault.holding import PolicyClass
from bailee.vocabulary.ids import Address
from bailee.vocabulary.operations import Operation
from bailee.vocabulary.parties import Actor, ActorKind
from bailee.vocabulary.purposes import Purpose

ACTOR = Actor(id="system:crm", kind=ActorKind.controller_system, credential=UUID(int=1))
POLICY = PolicyClass(type="profile", purposes=tuple(sorted(map(str, Purpose))))
passed = 0


def point(last: int) -> None:
    """One more durable point; the last one is the last."""
    global passed  # noqa: PLW0603 -- the process is this count
    passed += 1
    if passed == last:
        os.kill(os.getpid(), signal.SIGKILL)


def count(last: int) -> None:
    """Count every durable point from now on."""

    def after(owner: Any, name: str) -> None:
        plain = getattr(owner, name)

        async def counted(*arguments: Any, **named: Any) -> Any:
            result = await plain(*arguments, **named)
            point(last)
            return result

        def synced(*arguments: Any, **named: Any) -> Any:
            result = plain(*arguments, **named)
            point(last)
            return result

        setattr(owner, name, counted if asyncio.iscoroutinefunction(plain) else synced)

    after(Database, "fetch")
    after(Transaction, "_Transaction__commit")
    after(os, "fsync")
    after(Path, "replace")


def request(operation: Operation, *addresses: Address, categories: frozenset[str] = frozenset()) -> AccessRequest:
    return AccessRequest(
        actor=ACTOR, controller=addresses[0].controller, operation=operation, purpose=Purpose.account_management,
        addresses=addresses, categories=categories, named=bool(categories),
    )  # fmt: skip


async def create(rooms: Rooms, given: dict[str, Any]) -> Any:
    at = address(given)
    new = NewPerson(at.person, frozenset({"user"}), [(at, Draft(data=given["data"], policy=POLICY))])
    return await rooms.people.create(request(Operation.store, at), [new])


async def write(rooms: Rooms, given: dict[str, Any]) -> Any:
    asked = request(Operation.modify, address(given), categories=frozenset({"language"}))
    return await rooms.records.patch(asked, given["data"], None)


async def erase(rooms: Rooms, given: dict[str, Any]) -> Any:
    return await rooms.people.erase(request(Operation.erase, address(given)), UUID(given["person"]))


async def turn(rooms: Rooms, given: dict[str, Any]) -> Any:
    return await rooms.turn(UUID(given["controller"]), by="tests")


async def returning(rooms: Rooms, given: dict[str, Any]) -> Any:
    return await rooms.ending.make_return(UUID(given["controller"]), by="tests", progressed=lambda _what, _count: None)


async def destroy(rooms: Rooms, given: dict[str, Any]) -> Any:
    return await rooms.ending.destroy(UUID(given["controller"]), by="tests", confirmed=True)


def received(given: dict[str, Any]) -> Received:
    """The same mail each time it is brought."""
    mail = f"From: {given['sender']}\nSubject: x\n\nDelete my data, {given['mark']}\n".encode()
    at = datetime.fromisoformat(given["at"])
    return Received(channel="mail", received_at=at, mail_from=given["sender"], mail=mail)


async def take(rooms: Rooms, given: dict[str, Any]) -> Any:
    return await Promised(rooms).incoming.take_in(received(given))


async def forward(rooms: Rooms, given: dict[str, Any]) -> Any:
    commands.CLAIMED_FOR = timedelta(0)  # what the dead had claimed is looked at again at once
    return await Promised(rooms).messages.due()


WORKFLOWS: dict[str, Callable[[Rooms, dict[str, Any]], Awaitable[Any]]] = {
    "create": create, "write": write, "erase": erase, "turn": turn, "return": returning, "destroy": destroy,
    "take": take, "forward": forward,
}  # fmt: skip


def address(given: dict[str, Any]) -> Address:
    return Address(UUID(given["controller"]), UUID(given["person"]), "profile", UUID(given["record"]))


async def main(folder: str, last: int, workflow: str, given: dict[str, Any]) -> None:
    settings = load(Path(folder), {"BAILEE_LOG_NAME": "tests.example", **environ()}, sandbox=True)
    async with furnish(settings, Premises(settings).addresses(), size=4) as rooms:
        count(last)
        await WORKFLOWS[workflow](rooms, given)
        sys.stdout.write(f"done {passed}\n")
        sys.stdout.flush()


def environ() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name in ("BAILEE_CLOCK", "BAILEE_PROCESSOR")}


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), sys.argv[3], json.loads(sys.argv[4])))

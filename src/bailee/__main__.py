"""The door of the process: it knows the house and the command line, and hands the one to the other.

The house is imported where it is opened: a command that reads a file starts in a fraction of the time.
"""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from bailee.cli.doors import Doors
from bailee.cli.main import cli
from bailee.infra import logs
from bailee.infra.premises import Premises
from bailee.infra.processes import die_with_parent
from bailee.infra.settings import Settings, load

if TYPE_CHECKING:
    from bailee.house import Rooms
    from bailee.promised import Promised
    from bailee.serving import Served

SERVED, SANDBOX = "BAILEE_SERVED", "BAILEE_SANDBOX"


def main() -> None:
    """The `bailee` command."""
    doors = Doors(
        open=opened, found=founded, first_link=first_link, application="bailee.__main__:application", promised=promised
    )  # fmt: skip
    cli(prog_name="bailee", obj=doors)


def application() -> "Served":
    """What a server process serves: named by granian, told where by its parent."""
    from bailee.serving import Served

    die_with_parent()
    logs.configure()
    settings = _told()
    return Served(settings, Premises(settings))


def work(what: str) -> None:
    """The body of a child of `bailee up`: `sequencer`, `jobs` or `intake`."""
    die_with_parent()
    logs.configure()
    asyncio.run({"sequencer": _sequence, "jobs": _jobs, "intake": _take_in}[what]())


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator["Rooms"]:
    """The rooms, for a command (`furnishing.opened`)."""
    from bailee import furnishing

    async with furnishing.opened(settings) as rooms:
        yield rooms


async def founded(settings: Settings, by: str) -> None:
    """Found the platform in a directory, if it is not yet; the servers are left as they were. What would lower a measure
    of security is refused."""
    from bailee.furnishing import found, furnish, look_over
    from bailee.promised import Promised

    premises = Premises(settings)
    with premises.running():
        await premises.migrate()
        await found(settings, premises.addresses(), by=by)
        async with furnish(settings, premises.addresses(), size=4) as rooms:
            await look_over(rooms, settings, premises.addresses())
            await Promised(rooms).measures.stand()


def promised(rooms: "Rooms") -> "Promised":
    """The rooms of the clauses, over the rooms of the house."""
    from bailee.promised import Promised

    return Promised(rooms)


async def first_link(settings: Settings) -> str:
    """The link that lets the first administrator of the platform in; empty once there is one. Servers must run."""
    from bailee.furnishing import furnish
    from bailee.wings import Wings

    async with furnish(settings, Premises(settings).addresses(), size=2) as rooms:
        return await Wings(rooms).first_link()


async def _sequence() -> None:
    from bailee.furnishing import entered, sequencing, vouched
    from bailee.worker import sequencing as sequencer

    settings = _told()
    addresses = Premises(settings).addresses()
    vouch = vouched(settings, addresses)
    async with AsyncExitStack() as stack:
        room = await entered(stack, lambda: sequencing(settings, addresses, vouch))
        await sequencer.run(room, _stopping())


async def _jobs() -> None:
    from bailee.furnishing import entered, furnish, vouched
    from bailee.wings import Wings
    from bailee.worker import jobs

    settings = _told()
    addresses = Premises(settings).addresses()
    vouch = vouched(settings, addresses)
    async with AsyncExitStack() as stack:
        rooms = await entered(stack, lambda: furnish(settings, addresses, size=4, vouch=vouch))
        await jobs.run([*rooms.duties(), *Wings(rooms).duties()], rooms.ticking, _stopping(), rooms.noticing)


async def _take_in() -> None:
    from bailee.furnishing import entered, furnish, vouched
    from bailee.promised import Promised
    from bailee.worker import taking_in

    settings = _told()
    addresses = Premises(settings).addresses()
    vouch = vouched(settings, addresses)
    async with AsyncExitStack() as stack:
        rooms = await entered(stack, lambda: furnish(settings, addresses, size=4, vouch=vouch))
        promised = Promised(rooms)
        await taking_in.run(settings, promised.mailbox, promised.maildir, _stopping())


def _told() -> Settings:
    return load(Path(os.environ[SERVED]), os.environ, sandbox=SANDBOX in os.environ)


def _stopping() -> asyncio.Event:
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    return stopping


if __name__ == "__main__":
    if len(sys.argv) == 3 and sys.argv[1] == "--work":
        work(sys.argv[2])
    else:
        main()

"""What the command line is handed from above: how to open the rooms of a data directory."""

import asyncio
import os
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from pathlib import Path
from typing import Any, TypeVar

import click
import msgspec
from msgspec.structs import replace

from bailee.clauses.security_measures.mistakes import Regression
from bailee.cli.saying import misuse
from bailee.infra import occupancy
from bailee.infra.database import Unavailable
from bailee.infra.migrating import MigrationError
from bailee.infra.postgres.binaries import NoPostgres
from bailee.infra.postgres.cluster import ClusterDown
from bailee.infra.premises import NotFounded, Premises
from bailee.infra.root_keys import RootKeyTrouble
from bailee.infra.settings import RefusedSettings, Settings, load
from bailee.ledger.anchors import BrokenAnchors
from bailee.vault.destruction_log import Contradiction

T = TypeVar("T")
DEFAULT_DATA = "bailee-data"

data_option = click.option(
    "--data", "data", type=click.Path(file_okay=False, path_type=Path), default=DEFAULT_DATA, show_default=True,
    help="The data directory.",
)  # fmt: skip
sandbox_option = click.option("--sandbox", is_flag=True, help="Accept a simulated clock (BAILEE_CLOCK).")
json_option = click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")
by_option = click.option(
    "--by", default="operator", show_default=True, help="Who does it, as a label (never a name); it is recorded."
)


def of_the_house(rooms: Any) -> Any:
    """Nothing is built on the rooms."""
    return rooms


class Doors(msgspec.Struct, frozen=True):
    """Given by the process's door. `open` gives the rooms (`bailee.house.Rooms`), `promised` what is built on them for the
    clauses (`bailee.promised.Promised`)."""

    open: Callable[[Settings], AbstractAsyncContextManager[Any]]
    found: Callable[[Settings, str], Awaitable[None]]
    first_link: Callable[[Settings], Awaitable[str]]
    application: str
    promised: Callable[[Any], Any] = of_the_house


def settings_of(data: Path, *, sandbox: bool = False) -> Settings:
    """The settings of a data directory, or a message that says everything that is wrong. Links name the port that a
    `bailee up` serves there, whatever else is set."""
    try:
        settings = load(data, os.environ, sandbox=sandbox)
    except RefusedSettings as refused:
        misuse("\n  ".join(["these settings cannot be used:", *refused.problems]))
    return replace(settings, port=occupancy.port_of(data) or settings.port)


def within(doors: Doors, settings: Settings, do: Callable[[Any], Awaitable[T]]) -> T:
    """Do something with the rooms open; trouble with the premises is said in words."""

    async def inside() -> T:
        async with doors.open(settings) as rooms:
            return await do(rooms)

    if not (settings.database_url or settings.root_keys.exists() or Premises(settings).founded):
        misuse(f"there is nothing in {settings.data}: `bailee up` founds a platform there and starts it")
    return speaking(inside)


@contextmanager
def alone_here(data: Path) -> Iterator[None]:
    """Found in a directory while nobody else does."""
    try:
        with occupancy.founding(data):
            yield
    except occupancy.Taken as taken:
        misuse(str(taken))
    except OSError as trouble:
        misuse(f"a file cannot be used: {trouble}")


def speaking(do: Callable[[], Awaitable[T]]) -> T:
    """Run something; trouble with servers, keys or schemas becomes a message."""
    try:
        return asyncio.run(do())  # type: ignore[arg-type]  # every caller gives a coroutine function
    except (
        ClusterDown,
        NoPostgres,
        NotFounded,
        RootKeyTrouble,
        MigrationError,
        RefusedSettings,
        BrokenAnchors,
        Regression,
    ) as trouble:
        misuse(str(trouble))
    except Contradiction as contradiction:
        misuse(
            f"sealed: {contradiction}. Put the missing copy back (or the longer one in place of the shorter), then start"
        )
    except Unavailable as away:
        misuse(f"a server is away ({away}): start it, then try again")
    except OSError as trouble:  # a folder that may not be written, a file that is gone, a full disk
        misuse(f"a file cannot be used: {trouble}")

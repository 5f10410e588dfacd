"""`bailee backup`, `restore`, `drill`: sealed copies, their way back, and the proof that there is one."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import click
import msgspec
import pyrage
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn

from bailee.cli.doors import Doors, alone_here, by_option, data_option, json_option, sandbox_option, settings_of, within
from bailee.cli.saying import FINDING, err, misuse, plain, say, say_json
from bailee.infra import age, occupancy
from bailee.infra.key_service import local_keys
from bailee.infra.postgres.copying import NotCopied
from bailee.infra.root_keys import RootKeyTrouble
from bailee.infra.settings import Settings
from bailee.ledger.signing import LogKey
from bailee.processing.backup.backups import NothingHere, shelf_of
from bailee.processing.backup.drills import NoIdentity, NotWhole, identity_in, looked_into
from bailee.processing.backup.events import Check, Copy
from bailee.processing.backup.manifest import CODES, Damaged
from bailee.processing.backup.parts import NoRoom
from bailee.processing.backup.restoring import Live, Source
from bailee.processing.backup.restoring import restore as put_back
from bailee.processing.backup.room import Room
from bailee.processing.backup.shelf import Busy, NoDestination, NoSuchCopy
from bailee.vocabulary.ids import new_id

CANNOT = (Busy, Live, NoDestination, NoIdentity, NoRoom, NoSuchCopy, NotCopied, NothingHere, NotWhole)
IN_WORDS = CODES | {
    "ledger": "a ledger is not the one that was copied",
    "closed": "records do not open with today's keys",
    "revived": "someone whom the destruction log names is there",
    "not-started": "the platform did not start on it",
}
identity_option = click.option(
    "--identity", type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A file with the age identity that opens it; else BAILEE_DRILL_IDENTITY, else it is asked for.",
)  # fmt: skip


@click.command("backup")
@click.option("--list", "listing", is_flag=True, help="Only tell which there are.")
@click.option("--attest", "stores", multiple=True, help="Say that a server of your own was backed up (its name).")
@click.option("--at", type=click.DateTime(["%Y-%m-%dT%H:%M", "%Y-%m-%d"]), help="With --attest: as of when, in UTC.")
@data_option
@sandbox_option
@by_option
@json_option
@click.pass_obj
def backup(doors: Doors, /, **given: Any) -> None:
    """Make a backup now, of the embedded servers and the files: sealed, signed, in the folder that is set.

    A running `bailee up` makes one by itself when it is time. External servers are yours to back up: --attest says so.
    """
    settings, by = settings_of(given["data"], sandbox=given["sandbox"]), given["by"]

    async def doing(rooms: Any) -> list[Copy]:
        room = Room(rooms, doors.open)
        if given["listing"]:
            return await room.book.there()
        if given["stores"]:
            at: datetime = given["at"] or rooms.clock.now()
            return [await room.backups.attest(given["stores"], at.replace(tzinfo=rooms.clock.now().tzinfo), by=by)]
        with _bar("backing up", None, quiet=given["as_json"]) as told:
            return [await room.backups.make(by=by, told=told)]

    with _in_words():
        copies = within(doors, settings, doing)
    if given["as_json"]:
        say_json([msgspec.to_builtins(one) for one in copies])
        return
    for one in copies:
        size = f"{one.size / 1e6:,.1f} MB in {one.parts} parts" if one.parts else "attested"
        say(
            f"[green]✓[/green] {plain(one.name)}: {size}, as of {one.taken_at:%Y-%m-%d %H:%M}, until {one.expires_at:%Y-%m-%d}"
        )
    if not copies:
        say("○ there is no backup")


@click.command("drill")
@click.argument("name", default="")
@identity_option
@data_option
@sandbox_option
@by_option
@json_option
@click.pass_obj
def drill(doors: Doors, /, **given: Any) -> None:
    """Prove a backup (the newest, or NAME) by restoring it aside: every ledger, a sample of records, the destroyed.

    Nothing is served from it, and nothing of it stays. Exit 1 if it is not as it must be.
    """
    settings = settings_of(given["data"], sandbox=given["sandbox"])

    async def proving(rooms: Any) -> Check:
        identity = await asyncio.to_thread(_identity, settings, given["identity"])
        with _bar("proving", None, quiet=given["as_json"]) as told:
            return await Room(rooms, doors.open).drills.make(identity, given["name"], by=given["by"], told=told)

    with _in_words():
        check = within(doors, settings, proving)
    _say_check(check, as_json=given["as_json"])


@click.command("restore")
@click.argument("name", default="")
@identity_option
@click.option("--over", is_flag=True, help="Set aside what stands there, and put the backup in its place.")
@data_option
@sandbox_option
@by_option
@json_option
@click.pass_obj
def restore(doors: Doors, /, **given: Any) -> None:
    """Restore a backup (the newest, or NAME) into the data directory. Erased stays erased.

    Every byte is looked at before anything is touched. The root keys, the destruction logs and the anchors must stand
    beside the directory: they are in no backup. Then the start looks the servers over, and a report says what was found.
    """
    settings = settings_of(given["data"], sandbox=given["sandbox"])
    if settings.data.exists() and occupancy.served(settings.data):
        misuse(f"{settings.data} is served by a `bailee up`: stop it first")
    began = settings.make_clock().now()
    with _in_words():
        identity = _identity(settings, given["identity"])
        source = Source(shelf_of(settings, _log_key(settings), new_id()), given["name"], identity)
        with _bar("restoring", source.size, quiet=given["as_json"]) as told, alone_here(settings.data):
            source.told = told
            aside = put_back(settings, source, over=given["over"], at=began)

    async def looking(rooms: Any) -> Check:
        found = await looked_into(rooms, settings, source.whole)
        room = Room(rooms, doors.open)
        await room.backups.adopt()
        return await room.drills.keep("restore", source.whole.name, began, found, by=given["by"])

    check = within(doors, settings, looking)
    if aside is not None:
        err.print(f"  what stood there is in {plain(aside)}: remove it once you need it no more", soft_wrap=True)
    _say_check(check, as_json=given["as_json"])


def _say_check(check: Check, *, as_json: bool) -> None:
    found = check.found
    if as_json:
        say_json(msgspec.to_builtins(check))
        raise SystemExit(0 if check.good else FINDING)
    say(f"{'[green]✓[/green]' if check.good else '[red]✗[/red]'} {check.kind} of {plain(check.copy)}")
    if found.logs:
        say(
            f"  {found.logs} ledgers with {found.entries:,} entries, each to its root; {found.lost:,} published entries are not in it"
        )
        say(
            f"  {found.persons:,} people, {found.records:,} records, {found.files:,} files; {found.opened} of {found.sampled} records tried open"
        )
        say(
            f"  destroyed since it was made: {found.destroyed_since}; of all that were destroyed, there now: {found.alive}"
        )
    for code in found.trouble:
        err.print(f"[red]✗[/red] {IN_WORDS[code]}")
    raise SystemExit(0 if check.good else FINDING)


def _identity(settings: Settings, file: Path | None) -> pyrage.x25519.Identity:
    if file is not None or settings.drill_identity:
        return identity_in(file or Path(settings.drill_identity))
    try:
        return age.identity(click.prompt("age identity (AGE-SECRET-KEY-1…)", hide_input=True, err=True))
    except age.NotAnIdentity as wrong:
        raise NoIdentity(str(wrong)) from wrong


def _log_key(settings: Settings) -> LogKey:
    """The key that signs for this platform: it must stand beside the directory before anything is restored into it."""
    root = local_keys(settings)
    if not root.signs_as("log"):
        misuse(f"{settings.root_keys} is missing: put the root keys, the destruction logs and the anchors there first")
    return LogKey(settings.log_name, root.signer("log"))


@contextmanager
def _in_words() -> Iterator[None]:
    """What cannot be done is said with what to do; what is damaged is a finding."""
    try:
        yield
    except Damaged as damaged:
        err.print(f"[red]✗[/red] {plain(damaged)}; nothing was touched", soft_wrap=True)
        raise SystemExit(FINDING) from damaged
    except (*CANNOT, RootKeyTrouble) as trouble:
        misuse(str(trouble))


@contextmanager
def _bar(what: str, size: int | None, *, quiet: bool) -> Iterator[Callable[[int], None]]:
    """A bar that hears of bytes as they go by."""
    columns = TextColumn("{task.description}"), BarColumn(), DownloadColumn()
    with Progress(*columns, disable=quiet, transient=True, console=err) as progress:
        bar = progress.add_task(what, total=size)
        yield lambda number: progress.advance(bar, number)

"""`bailee init`, `controller`, `credential`, `keys`: what an operator does first, and now and then."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import click
import msgspec
from rich.progress import Progress

from bailee.cli.approving import issuing_of, looked_at
from bailee.cli.doors import (
    Doors,
    alone_here,
    by_option,
    data_option,
    json_option,
    sandbox_option,
    settings_of,
    speaking,
    within,
)
from bailee.cli.saying import misuse, plain, say, say_json, table
from bailee.processing.accounts.approving.issuing import Wanted
from bailee.vocabulary.parties import ActorKind
from bailee.vocabulary.purposes import Purpose

a_controller = click.option("--controller", required=True, type=click.UUID, help="The controller's id.")
OPERATOR_DAYS = 365


@click.command("init")
@data_option
@sandbox_option
@by_option
@json_option
@click.pass_obj
def init(doors: Doors, data: Path, sandbox: bool, by: str, as_json: bool) -> None:
    """Found a platform in a directory, unless one is there, and show an operator's credential, once.

    Beside a running `bailee up` it leaves the servers as they are and shows another credential.
    """
    settings = settings_of(data, sandbox=sandbox)

    async def issue(rooms: Any) -> Any:
        return rooms.platform, await rooms.credentials.issue(
            rooms.platform, by=by, actor=by, kind=ActorKind.processor_staff,
            purposes=[str(Purpose.contract_administration)],
            expires_at=rooms.clock.now() + timedelta(days=OPERATOR_DAYS),
        )  # fmt: skip

    with alone_here(data):
        speaking(lambda: doors.found(settings, by))
        platform, issued = within(doors, settings, issue)
    if as_json:
        say_json({"platform": platform, "credential": issued.text, "expires_at": issued.expires_at})
        return
    say(f"[green]✓[/green] founded in {plain(settings.data)}; beside it stand the root keys and the destruction log:")
    for path in (settings.root_keys, settings.root_keys_escrow, *settings.destruction_folders):
        say(f"    {plain(path)}")
    say("  Keep those on other disks than the databases and their backups. Now: `bailee up`")
    say(f"  The operator's credential, shown this once:\n  [bold]{issued.text}[/bold]")


@click.group("controller")
def controller() -> None:
    """Take on controllers, and list them."""


@controller.command("create")
@click.argument("name")
@data_option
@sandbox_option
@by_option
@json_option
@click.pass_obj
def create(doors: Doors, name: str, data: Path, sandbox: bool, by: str, as_json: bool) -> None:
    """Open the dossier of a company that becomes a controller."""

    async def opening(rooms: Any) -> Any:
        made = await rooms.filing.open_dossier(name, by=by)
        return made, rooms.log_key.verifier(made)

    made, verifier = within(doors, settings_of(data, sandbox=sandbox), opening)
    if as_json:
        say_json({"id": made, "name": name, "verifier_key": verifier})
        return
    say(
        f"[green]✓[/green] {plain(name)}: {made}\n  Its agreement must name this verifier key:\n  [bold]{verifier}[/bold]"
    )


@controller.command("list")
@data_option
@sandbox_option
@json_option
@click.pass_obj
def listed(doors: Doors, data: Path, sandbox: bool, as_json: bool) -> None:
    """List the controllers of this processor."""

    async def asking(rooms: Any) -> Any:
        return [one for one in await rooms.filing.listed() if one.kind == "controller"]

    found = within(doors, settings_of(data, sandbox=sandbox), asking)
    if as_json:
        say_json([{"id": one.id, "name": one.name, "created_at": one.created_at} for one in found])
        return
    table("Controllers", ["id", "name", "since"], [[str(o.id), o.name, f"{o.created_at:%Y-%m-%d}"] for o in found])


@click.group("credential")
def credential() -> None:
    """Issue, list and revoke credentials."""


@credential.command("create")
@click.option("--actor", required=True, help="A label, such as system:crm (never a person's name).")
@click.option("--kind", type=click.Choice([str(kind) for kind in ActorKind]), default=str(ActorKind.controller_system),
              show_default=True, help="Whose hand it is.")  # fmt: skip
@a_controller
@click.option("--purpose", "purposes", multiple=True, required=True, type=click.Choice([str(p) for p in Purpose]))
@click.option("--expires", required=True, type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"]), help="In UTC.")
@data_option
@sandbox_option
@by_option
@json_option
@click.pass_obj
def issue(doors: Doors, /, **given: Any) -> None:
    """Issue a credential; its text is shown this once."""
    expires: datetime = given["expires"].replace(tzinfo=None)

    async def issuing(rooms: Any) -> Any:
        until = expires.replace(tzinfo=rooms.clock.now().tzinfo)
        if until <= rooms.clock.now():
            misuse("the credential would be over already: name an end in the future")
        if await rooms.archive.refresh(given["controller"]) is None:
            misuse("there is no such controller: `bailee controller list`")
        wanted = Wanted(given["actor"], ActorKind(given["kind"]), tuple(given["purposes"]), until)
        with looked_at():
            return await issuing_of(rooms).issue(
                given["controller"], wanted, door="bailee credential create", by=given["by"]
            )

    made = within(doors, settings_of(given["data"], sandbox=given["sandbox"]), issuing)
    if given["as_json"]:
        say_json({"credential": made.credential, "text": made.text, "expires_at": made.expires_at})
        return
    say(
        f"[green]✓[/green] {made.credential}, until {made.expires_at:%Y-%m-%d}; shown this once:\n  [bold]{made.text}[/bold]"
    )
    say(
        "  Send it as `Authorization: Bearer …`. How to go on from here: docs/start/integrate.md, and /docs of the server."
    )


@credential.command("list")
@a_controller
@data_option
@sandbox_option
@json_option
@click.pass_obj
def issued(doors: Doors, controller: UUID, data: Path, sandbox: bool, as_json: bool) -> None:
    """List the credentials of a controller, without their secrets."""
    found = within(doors, settings_of(data, sandbox=sandbox), lambda rooms: rooms.credentials.listed(controller))
    if as_json:
        say_json([msgspec.structs.asdict(one) for one in found])
        return
    rows = [
        [str(one.credential), one.actor, ", ".join(one.purposes), f"{one.expires_at:%Y-%m-%d}",
         f"{one.used_at:%Y-%m-%d %H:%M}" if one.used_at else "never",
         f"revoked {one.revoked_at:%Y-%m-%d}" if one.revoked_at else ""]
        for one in found
    ]  # fmt: skip
    table("Credentials", ["id", "whose", "purposes", "until", "last used", ""], rows)


@credential.command("revoke")
@click.argument("which", type=click.UUID)
@a_controller
@data_option
@sandbox_option
@by_option
@click.pass_obj
def revoke(doors: Doors, which: UUID, controller: UUID, data: Path, sandbox: bool, by: str) -> None:
    """Revoke a credential, at once.

    It bites on every worker with its next request.
    """
    done = within(
        doors, settings_of(data, sandbox=sandbox), lambda rooms: rooms.credentials.revoke(controller, which, by=by)
    )
    if not done:
        misuse("there is no such credential in force for this controller")
    say(f"[green]✓[/green] {which} is revoked")


@click.group("keys")
def keys() -> None:
    """Key epochs."""


@keys.command("turn")
@click.option("--controller", type=click.UUID, help="One controller; all without it.")
@data_option
@sandbox_option
@by_option
@json_option
@click.pass_obj
def turn(doors: Doors, controller: UUID | None, data: Path, sandbox: bool, by: str, as_json: bool) -> None:
    """Turn the keys: the old root key dies.

    Every key moves under a new one first. What was erased before the turn is final after it: no backup of the key store
    opens it any more.
    """

    async def turning(rooms: Any) -> list[Any]:
        chosen = [controller] if controller else [one.id for one in await rooms.filing.listed()]
        turns = []
        with Progress(disable=as_json, transient=True) as progress:
            for one in chosen:
                bar = progress.add_task(f"turning {one}", total=None)
                turns.append(
                    await rooms.turn(one, by=by, progress=lambda moved, bar=bar: progress.update(bar, completed=moved))
                )
        return turns

    turns = within(doors, settings_of(data, sandbox=sandbox), turning)
    if as_json:
        say_json(
            [{"controller": t.controller, "epoch": t.epoch, "moved": t.moved, "destroyed": t.destroyed} for t in turns]
        )
        return
    rows = [[str(t.controller), str(t.epoch), str(t.moved), ", ".join(map(str, t.destroyed))] for t in turns]
    table("Key epochs", ["controller", "epoch now", "keys moved", "epochs destroyed"], rows)

"""`bailee return`, `destroy`, `certificate`: the end of a contract, by a named operator."""

from pathlib import Path
from typing import Any
from uuid import UUID

import click
from rich.progress import Progress

from bailee.clauses.return_and_destruction.deadlines import TooEarly
from bailee.clauses.return_and_destruction.mistakes import NotEnded, NotReturned
from bailee.cli.doors import Doors, by_option, data_option, json_option, sandbox_option, settings_of, within
from bailee.cli.founding import a_controller
from bailee.cli.saying import FINDING, err, misuse, plain, say, say_json

NOT_MADE = (
    "there is no return: its destruction has begun, or people or records were erased all the while: then ask again"
)


@click.command("return")
@a_controller
@data_option
@sandbox_option
@by_option
@json_option
@click.pass_obj
def make_return(doors: Doors, controller: UUID, data: Path, sandbox: bool, by: str, as_json: bool) -> None:
    """Make the return of an ended contract: one bundle, sealed to the controller's key. It goes on where it stopped."""
    settings = settings_of(data, sandbox=sandbox)

    async def making(rooms: Any) -> Any:
        with Progress(disable=as_json, transient=True) as progress:
            bars: dict[str, Any] = {}

            def progressed(what: str, count: int) -> None:
                if what not in bars:
                    bars[what] = progress.add_task(what, total=None)
                progress.update(bars[what], completed=count, description=f"{what}: {count:,}")

            return await rooms.ending.make_return(controller, by=by, progressed=progressed)

    ending = _ended(doors, settings, making)
    if ending.returned_at is None:
        if as_json:
            say_json({"refused": NOT_MADE, "destroying_at": ending.destroying_at})
        else:
            err.print(f"[red]✗[/red] {NOT_MADE}")
        raise SystemExit(FINDING)
    folder = settings.returns / str(controller)
    if as_json:
        say_json({"folder": folder, "manifest": ending.manifest_digest, "last_day": ending.last_day})
        return
    say(f"[green]✓[/green] returned: {plain(folder)}\n  sha256 of manifest.json: [bold]{ending.manifest_digest}[/bold]")
    say(f"  To be destroyed by {ending.last_day:%Y-%m-%d}; the controller acknowledges by that digest.")


@click.command("destroy")
@a_controller
@data_option
@sandbox_option
@by_option
@json_option
@click.pass_obj
def destroy(doors: Doors, controller: UUID, data: Path, sandbox: bool, by: str, as_json: bool) -> None:
    """Destroy every remaining copy, where that is lawful now. The operator's command confirms the time."""
    settings = settings_of(data, sandbox=sandbox)
    done = _ended(doors, settings, lambda rooms: rooms.ending.destroy(controller, by=by, confirmed=True))
    if isinstance(done, TooEarly):
        if as_json:
            say_json({"refused": done.reason, "clause": done.clause, "earliest": done.earliest})
        else:
            err.print(f"[red]✗[/red] too early: {plain(done.reason)} ({done.clause})")
            err.print(
                f"  It is lawful from acknowledgement or waiver on, or on {done.earliest:%Y-%m-%d} at the latest."
            )
        raise SystemExit(FINDING)
    if as_json:
        say_json({"destroyed_at": done.destroyed_at})
        return
    say(f"[green]✓[/green] destroyed and read back as gone, {done.destroyed_at:%Y-%m-%d %H:%M} UTC")


@click.command("certificate")
@click.argument("named", type=click.UUID, required=False, metavar="")
@click.option("--controller", type=click.UUID, help="The controller's id.")
@data_option
@sandbox_option
@by_option
@json_option
@click.pass_obj
def certificate(doors: Doors, /, data: Path, *, sandbox: bool, by: str, as_json: bool, **whose: UUID | None) -> None:
    """Make (or find) the certificate of a destruction: JSON, PDF, note and receipt."""
    controller = whose["controller"] or whose["named"]  # it was an argument once
    if controller is None:
        misuse("name the controller: --controller ID")
    settings = settings_of(data, sandbox=sandbox)
    made = _ended(doors, settings, lambda rooms: rooms.ending.certify(controller, by=by))
    folder = settings.certificates / str(controller)
    if as_json:
        say_json({"certificate": made, "folder": folder})
        return
    say(f"[green]✓[/green] certificate {made}: {plain(folder)}")


def _ended(doors: Doors, settings: Any, do: Any) -> Any:
    try:
        return within(doors, settings, do)
    except NotEnded:
        misuse("this contract has not ended: file its signed end first")
    except NotReturned:
        misuse("nothing is destroyed yet: there is nothing to certify")

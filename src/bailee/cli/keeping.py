"""`bailee clock` and `bailee ledger`: what an operator does by hand now and then, each under a name."""

from pathlib import Path
from typing import Any
from uuid import UUID

import click

from bailee.cli.doors import Doors, by_option, data_option, json_option, sandbox_option, settings_of, within
from bailee.cli.saying import misuse, plain, say, say_json
from bailee.ledger.pruning import NotPruned


@click.group("clock")
def clock() -> None:
    """The platform's time."""


@clock.command("confirm")
@data_option
@sandbox_option
@by_option
@json_option
@click.pass_obj
def confirm(doors: Doors, data: Path, sandbox: bool, by: str, as_json: bool) -> None:
    """Say that the time is right, by another clock.

    After a leap nothing is destroyed by time alone until someone says so. The confirmation is recorded.
    """
    doubted = within(doors, settings_of(data, sandbox=sandbox), lambda rooms: rooms.confirm_clock(by=by))
    if as_json:
        say_json({"confirmed_by": by, "doubted": bool(doubted)})
        return
    say(f"[green]✓[/green] the time is confirmed by {plain(by)}" + ("" if doubted else "; it was not in doubt"))


@click.group("ledger")
def ledger() -> None:
    """The ledgers."""


@ledger.command("prune")
@click.option("--controller", type=click.UUID, required=True, help="Whose log.")
@click.option("--before", required=True, help="The first month that stays, as 2026-01.")
@data_option
@sandbox_option
@by_option
@json_option
@click.pass_obj
def prune(doors: Doors, controller: UUID, before: str, data: Path, sandbox: bool, by: str, as_json: bool) -> None:
    """Forget what entries of old months said.

    Their key is destroyed, the tree stays whole.

    Order, count, inclusion and consistency still verify, and so does whatever was handed out before.
    """

    async def pruning(rooms: Any) -> Any:
        return await rooms.pruning.prune(controller, before, by=by)

    try:
        pruned = within(doors, settings_of(data, sandbox=sandbox), pruning)
    except NotPruned as why:
        misuse(str(why))
    if as_json:
        say_json({"controller": pruned.controller, "months": pruned.months})
        return
    said = ", ".join(pruned.months) or "nothing: no month is that old"
    say(f"[green]✓[/green] forgotten: {said}")

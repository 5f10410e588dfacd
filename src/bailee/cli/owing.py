"""`bailee obligations`: who owes what to whom by when; and the table made anew from the ledger."""

from pathlib import Path
from typing import Any
from uuid import UUID

import click
import msgspec

from bailee.cli.doors import Doors, by_option, data_option, json_option, sandbox_option, settings_of, within
from bailee.cli.saying import FINDING, misuse, say, say_json, table
from bailee.ledger.reading import Pending

of_controller = click.option("--controller", type=click.UUID, help="Only this controller's.")


@click.group("obligations", invoke_without_command=True)
@of_controller
@data_option
@sandbox_option
@json_option
@click.pass_context
def obligations(context: click.Context, controller: UUID | None, data: Path, sandbox: bool, as_json: bool) -> None:
    """List what is open, the earliest due first. What is late stands first and says so."""
    if context.invoked_subcommand is not None:
        return

    async def listing(rooms: Any) -> Any:
        names = {one.id: one.name for one in await rooms.filing.listed()}
        if controller is not None and controller not in names:
            return None, names, rooms.clock.now()
        whose = [controller] if controller else list(names)
        return await rooms.owing.obligations.open_of(whose), names, rooms.clock.now()

    found, names, now = within(context.obj, settings_of(data, sandbox=sandbox), listing)
    if found is None:
        misuse("there is no such controller: `bailee controller list` shows them")
    if as_json:
        say_json([_plain(one, now) for one in found])
        return
    if not found:
        say("[green]✓[/green] nothing is owed")
        return
    rows = [
        [f"{'✗ late, ' if now > one.promise.binding else ''}{one.promise.binding:%Y-%m-%d %H:%M} UTC",
         one.promise.clause, f"{one.promise.owed_by} to {one.promise.owed_to}", names.get(one.controller, ""),
         one.promise.subject]
        for one in found
    ]  # fmt: skip
    table(f"Open: {len(found)}", ["due", "clause", "owed", "controller", "about"], rows)


@obligations.command("rebuild")
@of_controller
@click.option("--look", is_flag=True, help="Only compare; change nothing.")
@data_option
@sandbox_option
@by_option
@json_option
@click.pass_obj
def rebuild(
    doors: Doors, controller: UUID | None, look: bool, data: Path, sandbox: bool, by: str, as_json: bool
) -> None:
    """Put the table right by the ledger, which counts.

    What is missing there or different is said.

    Exit 1 where they differed: 0 says that the table told the truth.
    """

    async def rebuilding(rooms: Any) -> Any:
        whose = [controller] if controller else await rooms.everyone()
        return [await rooms.owing.rebuilding.rebuild(one, by=by, mend=not look) for one in whose]

    try:
        found = within(doors, settings_of(data, sandbox=sandbox), rebuilding)
    except Pending:
        misuse("entries of the ledger wait to be integrated: start `bailee up`, then try again")
    if as_json:
        say_json([msgspec.to_builtins(one) for one in found])
    else:
        for one in found:
            _say(one, look)
    raise SystemExit(0 if all(one.whole for one in found) else FINDING)


def _say(one: Any, look: bool) -> None:
    if one.whole:
        say(f"[green]✓[/green] {one.controller}: {one.agree} obligations, as the ledger says")
        return
    done = "found" if look else "put right"
    say(f"[red]✗[/red] {one.controller}: {len(one.missing)} missing and {len(one.different)} different, {done}")
    for id in one.unknown:
        say(f"    {id} stands in the table and no entry opened it: kept, look into it")


def _plain(one: Any, now: Any) -> dict[str, Any]:
    promise = one.promise
    return {
        "id": one.id, "controller": one.controller, "clause": promise.clause, "subject": promise.subject,
        "owed_by": promise.owed_by, "owed_to": promise.owed_to, "due_at": promise.binding.isoformat(),
        "late": now > promise.binding, "rule": promise.due.rule, "evidence": promise.evidence,
    }  # fmt: skip

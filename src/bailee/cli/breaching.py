"""`bailee breaches`: the register, and the way to write a breach down where the console is out of reach."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from bailee.clauses.breach_notice.events import NATURES, Breach, Description
from bailee.clauses.breach_notice.evidence import Line, register
from bailee.clauses.breach_notice.keeping import Keeping
from bailee.clauses.breach_notice.mistakes import Faulty
from bailee.clauses.breach_notice.opening import Given, Opening, named
from bailee.cli.doors import Doors, by_option, data_option, json_option, sandbox_option, settings_of, within
from bailee.cli.saying import FINDING, misuse, say, say_json, table


@click.group("breaches", invoke_without_command=True)
@data_option
@sandbox_option
@json_option
@click.pass_context
def breaches(context: click.Context, data: Path, sandbox: bool, as_json: bool) -> None:
    """List every breach and suspicion with the controllers concerned, and how long it took to tell each.

    Exit 1 while a controller of an open breach has not been told.
    """
    if context.invoked_subcommand is not None:
        return

    async def listing(rooms: Any) -> list[tuple[Breach, list[Line]]]:
        keeping = Keeping(rooms.data, rooms.keys, rooms.platform)
        found = await keeping.breaches()
        return [(one, register(one, await keeping.files(one), rooms.clock.now())) for one in found]

    found = within(context.obj, settings_of(data, sandbox=sandbox), listing)
    untold = any(one.state == "open" and line.told_at is None for one, lines in found for line in lines)
    if as_json:
        say_json([_plain(one, lines) for one, lines in found])
    elif not found:
        say("[green]✓[/green] no breach is on record")
    else:
        rows = [row for one, lines in found for row in _rows(one, lines)]
        table("Breaches", ["state", "controller", "notice", "told after", "persons", "id"], rows)
    raise SystemExit(FINDING if untold else 0)


@breaches.command("open")
@click.option("--what", required=True, help="What happened, in words that every controller concerned reads.")
@click.option(
    "--nature", "natures", multiple=True, type=click.Choice(list(NATURES)), help="What was breached; may be several."
)
@click.option(
    "--aware-at",
    default="",
    help="When you became aware of it, with its zone (2026-11-26T16:20+01:00); now if left out.",
)
@click.option("--suspicion", is_flag=True, help="Only a suspicion: no clock runs until it is confirmed.")
@click.option("--controller", "controllers", multiple=True, type=click.UUID, help="Whom it concerns; may be several.")
@click.option("--everyone", is_flag=True, help="It concerns every controller.")
@click.option("--tell", is_flag=True, help="A first notice leaves at once, whatever is not known yet.")
@data_option
@sandbox_option
@by_option
@json_option
@click.pass_obj
def open_(doors: Doors, /, data: Path, sandbox: bool, as_json: bool, by: str, **given: Any) -> None:
    """Write a breach down. The running platform opens the controllers' files and sends the notices within seconds."""

    async def opening(rooms: Any) -> Breach:
        keeping = Keeping(rooms.data, rooms.keys, rooms.platform)
        listed = [(one.id, one.name) for one in await rooms.filing.listed() if one.kind == "controller"]
        chosen = [id for id, _ in listed] if given["everyone"] else list(given["controllers"])
        aware = None if given["suspicion"] else _instant(given["aware_at"]) or rooms.clock.now()
        written = Given(
            description=Description(what=given["what"], natures=tuple(given["natures"])), aware_at=aware, tell=given["tell"],
            controllers=named(listed, chosen),
        )  # fmt: skip
        return await Opening(keeping=keeping, committing=rooms.committing, clock=rooms.clock).open(written, by=by)

    try:
        made = within(doors, settings_of(data, sandbox=sandbox), opening)
    except Faulty as faulty:
        misuse(f"this does not fit: {', '.join(faulty.args)}")
    if as_json:
        say_json({"id": made.id, "state": made.state, "controllers": [one.controller for one in made.concerned]})
    else:
        say(f"[green]✓[/green] {made.id}: {made.state}, {len(made.concerned)} controllers")


def _instant(typed: str) -> datetime | None:
    if not typed:
        return None
    try:
        at = datetime.fromisoformat(typed)
    except ValueError:
        misuse("--aware-at: a day and time such as 2026-11-26T16:20+01:00")
    if at.tzinfo is None:
        misuse("--aware-at: say the zone, as in 2026-11-26T16:20+01:00")
    return at.astimezone(UTC)


def _plain(one: Breach, lines: list[Line]) -> dict[str, Any]:
    return {
        "id": one.id, "state": one.state, "found_at": one.found_at, "aware_at": one.aware_at,
        "natures": one.description.natures,
        "controllers": [
            {"controller": line.controller, "name": line.name, "state": line.state, "told_at": line.told_at,
             "seconds": line.seconds, "late": line.late, "persons": line.figures.persons, "records": line.figures.records,
             "unknown": line.unknown, "notices": line.notices}
            for line in lines
        ],
    }  # fmt: skip


def _rows(one: Breach, lines: list[Line]) -> list[list[str]]:
    """A row for each controller; one for what concerns nobody yet."""
    return [
        [one.state, line.name, f"{line.state}, late" if line.late else line.state, "" if line.seconds is None else f"{line.seconds / 3600:.1f} h",
         "" if line.figures.persons is None else str(line.figures.persons), str(one.id)]
        for line in lines
    ] or [[one.state, "", "", "", "", str(one.id)]]  # fmt: skip

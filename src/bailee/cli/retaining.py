"""`bailee retention`: the controllers' rules, and what they take when."""

from pathlib import Path
from typing import Any
from uuid import UUID

import click

from bailee.clauses.retention.events import Kept
from bailee.clauses.retention.keeping import AlteredRule, Keeping
from bailee.clauses.retention.showing import Overview, Showing
from bailee.cli.doors import Doors, data_option, json_option, sandbox_option, settings_of, within
from bailee.cli.saying import FINDING, misuse, say, say_json, table
from bailee.processing.accounts.roles import ADMINISTRATORS


@click.command("retention")
@click.option("--controller", type=click.UUID, help="Of one controller alone.")
@data_option
@sandbox_option
@json_option
@click.pass_obj
def retention(doors: Doors, controller: UUID | None, data: Path, sandbox: bool, as_json: bool) -> None:
    """List the rules of retention of every controller, and what each takes when, as everyone was looked at last.

    Only a controller makes, confirms and ends its rules. Exit 1 where something is over and still there.
    """

    async def looking(rooms: Any) -> Any:
        return await _looked(rooms, controller)

    found, names, altered = within(doors, settings_of(data, sandbox=sandbox), looking)
    if found is None:
        misuse("there is no such controller: `bailee controller list` shows them")
    late = bool(altered) or any(seen.outlook.overdue for _, seen in found)
    if as_json:
        told = [_plain(one, seen) for one, seen in found if seen.rules]
        say_json([*told, *({"controller": one, "altered": True} for one in altered)])
        raise SystemExit(FINDING if late else 0)
    _say(found, names, altered)
    raise SystemExit(FINDING if late else 0)


async def _looked(rooms: Any, controller: UUID | None) -> Any:
    """What stands at each controller, and where a stored rule is not as it was sealed."""
    showing = Showing(
        committing=rooms.committing, passage=rooms.passage, archive=rooms.archive, keeping=Keeping(rooms.keys),
        clock=rooms.clock, administrators=ADMINISTRATORS,
    )  # fmt: skip
    names = {one.id: one.name for one in await rooms.filing.listed()}
    seen, altered = list[tuple[UUID, Overview]](), list[UUID]()
    for one in [controller] if controller else names:
        if one not in names:
            return None, names, altered
        try:
            seen.append((one, await showing.overview(one)))
        except AlteredRule:  # at one of them: the others are told of all the same
            altered.append(one)
    return seen, names, altered


def _say(found: list[tuple[UUID, Overview]], names: dict[UUID, str], altered: list[UUID]) -> None:
    rows = [
        [names[one], rule.rule.name, rule.rule.type, rule.rule.group or "everyone",
         f"{rule.rule.period} after {rule.rule.origin}", _standing(rule, seen), str(seen.taken.get(rule.id, 0))]
        for one, seen in found for rule in seen.rules if rule.state != "ended"
    ]  # fmt: skip
    if not rows:
        say("no controller has a rule of retention: nothing goes but what has an end of its own")
    else:
        table("Rules", ["controller", "rule", "what", "of whom", "how long", "state", "gone"], rows)
    coming = [
        [names[one], bar.month, str(bar.number), str(bar.kept)]
        for one, seen in found for bar in seen.outlook.bars if bar.number
    ]  # fmt: skip
    if coming:
        table("What goes when", ["controller", "month", "how many", "kept back today"], coming)
    for one, seen in found:
        for standing, number in seen.outlook.overdue.items():
            say(f"[red]✗[/red] {names[one]}: {number} are over and still there ({standing})")
    for one in altered:
        say(
            f"[red]✗[/red] {names[one]}: a stored rule is not as it was sealed; nothing goes there until it is put right"
        )


def _standing(rule: Kept, seen: Overview) -> str:
    if rule.state == "draft" or rule.effective_at is None:
        return "draft"
    return f"from {seen.calendar.day(rule.effective_at)} on"


def _plain(controller: UUID, seen: Overview) -> dict[str, Any]:
    return {
        "controller": controller,
        "rules": [
            {"id": one.id, "version": one.version, "state": one.state, "name": one.rule.name, "type": one.rule.type,
             "group": one.rule.group, "purpose": one.rule.purpose, "origin": one.rule.origin, "period": one.rule.period,
             "ground": one.rule.ground, "effective_at": one.effective_at, "gone": seen.taken.get(one.id, 0)}
            for one in seen.rules
        ],
        "calendar": {bar.month: {"number": bar.number, "kept_back": bar.kept} for bar in seen.outlook.bars},
        "no_day_yet": seen.outlook.no_day, "over_and_still_there": seen.outlook.overdue,
        "looked_at": seen.looked_at, "looks_again_at": seen.run_at,
    }  # fmt: skip

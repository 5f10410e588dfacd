"""`bailee measures`: how the measures of security stand; and deciding that something equal or better takes one's place."""

from pathlib import Path
from typing import Any

import click
from rich.text import Text

from bailee.clauses.security_measures.commands import Measures
from bailee.clauses.security_measures.declared import declared
from bailee.clauses.security_measures.events import Words
from bailee.clauses.security_measures.evidence import Statement, document
from bailee.clauses.security_measures.mistakes import NoMeasure, NotEqual
from bailee.clauses.security_measures.saying import in_words, state_in_words
from bailee.cli.doors import Doors, by_option, data_option, json_option, sandbox_option, settings_of, within
from bailee.cli.saying import FINDING, marked, misuse, plain, say, say_json, table
from bailee.infra import occupancy

MARKS = {"proven": "[green]✓[/green]", "attested": "[green]◐[/green]", "broken": "[red]✗[/red]"}
REFUSED = {
    "undecidable": "nothing takes the place of this measure over data that are held: set it back",
    "not-lower": "these settings do not lower it: nothing needs to be decided",
    "not-equal": "only something equal or better takes a measure's place",
    "unnamed": "name who decides, why, and what takes its place",
    "instead-does-not-hold": "what is named instead does not hold itself",
}


@click.group("measures", invoke_without_command=True)
@click.option("--last", is_flag=True, help="As the worker saw them last; nothing is looked at.")
@data_option
@sandbox_option
@json_option
@click.pass_context
def measures(context: click.Context, last: bool, data: Path, sandbox: bool, as_json: bool) -> None:
    """Look at every measure of security, and say how it stands.

    Beside a platform that stands still, what can only be seen of one that runs is told as it was seen last. Exit 1 where one
    does not hold. What nobody vouches for, or could not be looked at, is said, and is no failure yet.
    """
    if context.invoked_subcommand is not None:
        return
    settings = settings_of(data, sandbox=sandbox)

    async def looking(rooms: Any) -> Statement:
        room: Measures = context.obj.promised(rooms).measures
        if not last:
            await room.look(running=bool(settings.database_url) or occupancy.served(settings.data))
        return await room.statement()

    found: Statement = within(context.obj, settings, looking)
    if as_json:
        say_json(document(found, processor=settings.processor))
    else:
        _say(found)
    raise SystemExit(0 if found.holds else FINDING)


@measures.command("decide")
@click.argument("measure")
@click.option("--instead", required=True, help="What takes its place: another measure's id, or words.")
@click.option("--judged", required=True, type=click.Choice(["equal", "better"]), help="How that compares.")
@click.option("--reason", required=True, help="Why.")
@click.option("--name", required=True, help="Who decides: a person, named to every controller.")
@data_option
@sandbox_option
@by_option
@click.pass_obj
def decide(doors: Doors, /, **given: Any) -> None:
    """Record that something equal or better replaces a measure.

    These settings lower it; what takes its place is judged by a named person. Every controller is told, with the name and the reason. The next start accepts these settings.
    """
    settings = settings_of(given["data"], sandbox=given["sandbox"])
    said = Words(given["name"].strip(), given["reason"].strip(), given["instead"].strip())

    async def deciding(rooms: Any) -> str:
        to = declared(settings).get(given["measure"])
        if to is None:
            return "unknown"
        try:
            await doors.promised(rooms).measures.decide(given["measure"], to, given["judged"], said, by=given["by"])
        except NoMeasure:
            return "unknown"
        except NotEqual as refused:
            return refused.code
        return ""

    wrong = within(doors, settings, deciding)
    if wrong:
        misuse(REFUSED.get(wrong, "settings declare no such measure: `bailee measures` shows them"))
    say(f"[green]✓[/green] recorded; every controller is told that this takes the place of {plain(given['measure'])}")


def _say(found: Statement) -> None:
    counts = found.counts()
    rows: list[list[str | Text]] = [
        [marked(f"{MARKS.get(row.found.state, '○')} {state_in_words('en', row.found.state)}"), row.line.measure,
         f"32(1)({row.line.article})", in_words("en", row.found),
         f"{row.standing.since_at:%Y-%m-%d %H:%M}" if row.standing else ""]
        for row in found.rows
    ]  # fmt: skip
    table(f"Measures of security: {len(rows)}", ["state", "measure", "article", "found", "since"], rows)
    if found.incidents:
        say(
            f"[red]✗[/red] {len(found.incidents)} incidents are open: {', '.join(one.measure for one in found.incidents)}"
        )
    said = f"{counts['proven']} proven, {counts['attested']} attested, {counts['unknown']} unknown, {counts['broken']} broken"
    say(f"  {said}; the statement's digest is {found.digest}")

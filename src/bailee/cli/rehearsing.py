"""`bailee agreement rehearse`: recorded traffic ruled again, against a proposal that is a file."""

from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import click
import msgspec
from rich.progress import Progress

from bailee.cli.doors import Doors, by_option, data_option, json_option, sandbox_option, settings_of, within
from bailee.cli.saying import FINDING, err, finding, marked, misuse, say, say_json, table
from bailee.contract.amendments import BrokenAmendment
from bailee.contract.reading import read_agreement, read_amendment, read_instruction
from bailee.contract.rehearsal import EFFECTS, Proposal, Report
from bailee.contract.yaml import BrokenDocument

MARKS = {
    "refused": marked("[red]refused[/red]"), "allowed": marked("[green]allowed[/green]"),
    "narrower": marked("[yellow]less data[/yellow]"), "wider": marked("[blue]more data[/blue]"),
    "same": marked("as before"),
}  # fmt: skip
ROWS, BAR = 60, 24


@click.command("rehearse")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--controller", type=click.UUID, help="Whose traffic; needed where there is more than one.")
@click.option("--last", default="30d", show_default=True, help="How far back, in days.")
@data_option
@sandbox_option
@by_option
@json_option
@click.pass_obj
def rehearse(
    doors: Doors, file: Path, controller: UUID | None, last: str, data: Path, sandbox: bool, by: str, as_json: bool
) -> None:
    """Replay recorded traffic against a proposal.

    That is an amendment, an instruction or an agreement. Exit 1 where anything changes.
    Nothing is filed and nothing changes: it shows what would be newly allowed or refused, by purpose and actor.
    """
    proposal, span = _proposal(file), _days(last)

    async def do(rooms: Any) -> Report:
        from bailee.clauses.instructions.rehearsing import Rehearsing

        rehearsing = Rehearsing(
            reading=rooms.reading, archive=rooms.archive, appending=rooms.appending, clock=rooms.clock
        )
        whose = controller or await _only(rooms)
        with Progress(console=err, transient=True, disable=as_json) as drawn:
            task = drawn.add_task("reading the ledger")
            return await rehearsing.rehearse(
                whose, proposal, by=by, last=span,
                progress=lambda read, whole: drawn.update(task, completed=read, total=whole),
            )  # fmt: skip

    try:
        report = within(doors, settings_of(data, sandbox=sandbox), do)
    except BrokenAmendment as broken:
        finding(f"{file}: {broken}")
    if as_json:
        say_json(msgspec.to_builtins(report) | {"changes": report.changes})
    else:
        _draw(report)
    raise SystemExit(FINDING if report.changes else 0)


def _proposal(file: Path) -> Proposal:
    """What a file proposes: by its format, an amendment, an instruction, or a whole agreement."""
    text = file.read_text("utf-8", errors="replace")
    try:
        if "bailee.dev/amendment/" in text:
            return read_amendment(text)
        return read_instruction(text) if "bailee.dev/instruction/" in text else read_agreement(text)
    except BrokenDocument as broken:
        misuse("\n  ".join([f"{file} cannot be rehearsed:", *map(str, broken.problems)]))


def _days(last: str) -> timedelta:
    number = last.removesuffix("d")
    if not (number.isascii() and number.isdigit() and 0 < int(number) <= 400):
        misuse("--last is a number of days, such as 30d; at most 400d")
    return timedelta(days=int(number))


async def _only(rooms: Any) -> UUID:
    listed = [one for one in await rooms.filing.listed() if one.id != rooms.platform]
    if len(listed) != 1:
        misuse("say whose traffic: --controller ID")
    found: UUID = listed[0].id
    return found


def _draw(report: Report) -> None:
    if not report.in_force:
        say("[yellow]![/yellow] no agreement is in force now")
    say(
        f"[bold]{report.replayed}[/bold] accesses since {report.since:%Y-%m-%d} replayed, "
        f"[bold]{report.changes}[/bold] would be ruled otherwise"
    )
    most = max((sum(counts.values()) for counts in report.by_purpose.values()), default=1)
    rows = [
        [purpose, "█" * max(1, BAR * sum(counts.values()) // most), *(str(counts[one]) for one in EFFECTS)]
        for purpose, counts in sorted(report.by_purpose.items())
    ]
    table("By purpose", ["purpose", "", *(MARKS[one] for one in EFFECTS)], rows)
    changed = [row for row in report.rows if row.effect != "same"]
    if changed:
        table(
            "What would change",
            ["would be", "purpose", "by", "operation", "data", "times", "clause"],
            [
                [
                    MARKS[row.effect], row.purpose, f"{row.actor_kind} {row.actor}".strip(), row.operation,
                    " ".join([*(f"-{one}" for one in row.lost), *(f"+{one}" for one in row.gained)]), str(row.count),
                    f"{row.clause} {row.decided_by}".strip(),
                ]
                for row in changed[:ROWS]
            ],
        )  # fmt: skip
    say("[dim]The ledger does not say: groups of persons, single records, what was never tried.[/dim]")
    for count, words in (
        (report.pruned, "entries are pruned"), (report.beyond, "accesses of rare kinds were counted, not replayed"),
        (report.not_of_instructions, "refusals had grounds that no instruction changes"),
    ):  # fmt: skip
        if count:
            say(f"[dim]{count} {words}.[/dim]")

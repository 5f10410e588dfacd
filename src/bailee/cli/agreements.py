"""`bailee agreement`: check, show, diff, matrix; `bailee clauses`."""

from pathlib import Path

import click

from bailee.cli.saying import FINDING, say, say_json
from bailee.contract.reading import BrokenDocument, activation_gaps, read_agreement

LIMIT = 1024 * 1024

a_file = click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))


@click.group("agreement")
def agreement() -> None:
    """Check, read and compare agreements. They are files: nothing has to run."""


@agreement.command("check")
@a_file
@click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")
def check(file: Path, as_json: bool) -> None:
    """Say everything that is wrong with an agreement file, with line and column; then what is still empty."""
    try:
        found = read_agreement(_text(file))
    except BrokenDocument as broken:
        _problems(file, broken, as_json)
        raise SystemExit(FINDING) from broken
    gaps = activation_gaps(found)
    if as_json:
        say_json({"file": str(file), "digest": found.digest, "problems": [], "gaps": [str(gap) for gap in gaps]})
    else:
        say(f"[green]✓[/green] {file} is a complete and consistent agreement  [dim]{found.digest[:16]}…[/dim]")
        for gap in gaps:
            say(f"  [yellow]○[/yellow] to be filled before it can be activated: {gap}")

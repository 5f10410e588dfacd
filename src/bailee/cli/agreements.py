"""`bailee agreement` and `bailee clauses`: agreements are files, so nothing has to run to read them."""

from pathlib import Path
from typing import Any, NoReturn

import click
import msgspec
from rich.text import Text

from bailee.cli.rehearsing import rehearse
from bailee.cli.saying import FINDING, finding, marked, out, plain, say, say_json, table
from bailee.contract.agreement import Agreement
from bailee.contract.amendments import BrokenAmendment, amended
from bailee.contract.clauses import CLAUSES
from bailee.contract.conflicts import conflicts
from bailee.contract.difference import difference, matrix
from bailee.contract.documents import Amendment
from bailee.contract.reading import activation_gaps, read_agreement, read_amendment
from bailee.contract.schema import published
from bailee.contract.terms.term import Term
from bailee.contract.yaml import BrokenDocument

a_file = click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
json_option = click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")
MARKS = {"built": marked("[green]●[/green]"), "partly": marked("[yellow]◐[/yellow]"), "next": marked("[dim]○[/dim]")}


@click.group("agreement")
def agreement() -> None:
    """Check, read and compare agreements: files, nothing has to run. Rehearse a proposal on what was recorded."""


@agreement.command("check")
@a_file
@click.option("--canonical", is_flag=True, help="Print the canonical bytes: what is signed.")
@json_option
def check(file: Path, canonical: bool, as_json: bool) -> None:
    """Say what is wrong with an agreement, line by line.

    After that, what is still to be filled in.
    """
    found = _read(file, as_json)
    if canonical:
        click.echo(found.canonical().decode(), nl=False)
        return
    gaps, laws = activation_gaps(found), conflicts(found)
    if as_json:
        words = {"gaps": [str(gap) for gap in gaps], "conflicts": [str(law) for law in laws]}
        say_json({"file": str(file), "digest": found.digest, "problems": [], **words})
        return
    say(
        f"[green]✓[/green] {plain(file)} reads well: {plain(found.title)} {plain(found.version)}  [dim]sha256 {found.digest[:16]}…[/dim]"
    )
    for law in laws:
        say(f"  [yellow]![/yellow] {plain(law)}")
    for gap in gaps:
        say(f"  [yellow]○[/yellow] to fill before it can be in force: {gap}")


@agreement.command("show")
@a_file
@json_option
def show(file: Path, as_json: bool) -> None:
    """Show what an agreement says.

    Services as instructions, data, terms with their paragraphs.
    """
    found = _read(file, as_json)
    if as_json:
        click.echo(found.canonical().decode())
        return
    out.print(f"[bold]{plain(found.title)}[/bold]  {plain(found.version)}, in force from {found.in_force_from}")
    table(
        "Services: standing instructions",
        ["service", "for", "operations", "by", "data", "paragraphs"],
        [
            [s.id, _words(s.purposes), _words(s.operations), _words(s.actors), _words(s.categories), _words(s.anchors)]
            for s in found.services
        ],
    )
    table("Terms", ["term", "value", "paragraph", "clause", "reading that binds us"], _terms(found))
    table(
        "Law beside it",
        ["about", "says", "source", "applies"],
        [[law.about, f"{law.bound} {law.value}", law.source, law.applies] for law in found.law_terms],
    )


@agreement.command("diff")
@click.argument("before", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("after", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@json_option
def diff(before: Path, after: Path, as_json: bool) -> None:
    """Compare two agreements path by path.

    The second may be the deviations of a variant. Exit 1 where they differ.
    """
    base = _read(before, as_json)
    found = difference(base, _variant(base, after, as_json))
    if as_json:
        say_json([msgspec.to_builtins(one) for one in found])
    elif found:
        rows = [[one.path, _value(one.before), _value(one.after)] for one in found]
        table(f"{before.name} → {after.name}", ["where", "before", "after"], rows)
    else:
        say("[green]✓[/green] they say the same")
    raise SystemExit(FINDING if found else 0)


@agreement.command("matrix")
@click.argument("base", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("variants", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@json_option
def side_by_side(base: Path, variants: tuple[Path, ...], as_json: bool) -> None:
    """Show how variants deviate from their base, side by side."""
    ground = _read(base, as_json)
    rows = matrix(ground, {path.stem: _variant(ground, path, as_json) for path in variants})
    if as_json:
        say_json(rows)
        return
    names = ["base", *(path.stem for path in variants)]
    drawn = [
        [path, *(_value(row[name]) if name in row else marked("[dim]=[/dim]") for name in names)]
        for path, row in rows.items()
    ]
    table("Deviations", ["where", *names], drawn)


@agreement.command("schema")
def schema() -> None:
    """Print the JSON Schema of the agreement format."""
    say_json(published(Agreement))


agreement.add_command(rehearse)


@click.command("clauses")
@click.option("--state", type=click.Choice(["built", "partly", "next"]), help="Only those.")
@json_option
def clauses(state: str | None, as_json: bool) -> None:
    """List every duty of the agreement: its mechanism, and how far it is."""
    found = [clause for clause in CLAUSES if state in (None, clause.state)]
    if as_json:
        say_json([msgspec.to_builtins(clause) for clause in found])
        return
    rows = [[MARKS[c.state], c.id, c.promise, c.mechanism or marked("[dim]to come[/dim]"), c.law] for c in found]
    table("Clauses  ● built  ◐ in part  ○ to come", ["", "id", "promise", "mechanism", "law"], rows)


def _read(file: Path, as_json: bool) -> Agreement:
    try:
        return read_agreement(file.read_text("utf-8", errors="replace"))
    except BrokenDocument as broken:
        _say_broken(file, broken, as_json)


def _variant(base: Agreement, file: Path, as_json: bool) -> Agreement:
    """Another whole agreement, or the base with an amendment's differences."""
    text = file.read_text("utf-8", errors="replace")
    if "bailee.dev/amendment/" not in text:
        return _read(file, as_json)
    try:
        found: Amendment = read_amendment(text)
        return amended(base, found)
    except BrokenDocument as broken:
        _say_broken(file, broken, as_json)
    except BrokenAmendment as broken:
        finding(f"{file}: {broken}")


def _say_broken(file: Path, broken: BrokenDocument, as_json: bool) -> NoReturn:
    if as_json:
        say_json({"file": str(file), "problems": [msgspec.to_builtins(one) for one in broken.problems]})
        raise SystemExit(FINDING)
    count = len(broken.problems)
    for one in broken.problems:
        where = f"{file}:{one.line}:{one.column}" if one.line else str(file)
        say(
            f"[red]✗[/red] [bold]{plain(where)}[/bold] {plain(f'{one.path}: ' if one.path else '')}{plain(one.message)}"
        )
    finding(f"{count} thing{'s' if count > 1 else ''} to mend")


def _terms(found: Agreement) -> list[list[str]]:
    rows = []
    for clause in found.terms.__struct_fields__:
        terms = getattr(found.terms, clause)
        for name in terms.__struct_fields__:
            term = getattr(terms, name)
            if isinstance(term, Term):
                strict = term.reading(term.strict)
                rows.append([
                    f"{clause}.{name}", term.value, term.anchor or "ours", term.clause,
                    f"{strict.value} from {strict.counts_from}" if strict else "",
                ])  # fmt: skip
    return rows


def _words(values: tuple[Any, ...]) -> str:
    return ", ".join(str(value) for value in values)


def _value(value: Any) -> str | Text:
    return marked("[dim]–[/dim]") if value is None else str(value)

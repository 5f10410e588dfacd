"""How the command line speaks: rich for people, JSON where a machine reads. 0 ok, 1 a finding, 2 misuse."""

import json
from collections.abc import Sequence
from typing import Any, NoReturn

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

OK, FINDING, MISUSE = 0, 1, 2

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)


def say(words: str) -> None:
    """A line for people. What comes from elsewhere goes through `plain` first: brackets in it are no markup of ours."""
    out.print(words, soft_wrap=True)


def say_json(value: Any) -> None:
    """A document for a machine."""
    click.echo(json.dumps(value, indent=2, ensure_ascii=False, default=str))


def plain(words: object) -> str:
    """Words from elsewhere, as they are, inside a line."""
    return escape(str(words))


def marked(words: str) -> Text:
    """A cell with markup of ours."""
    return Text.from_markup(words)


def table(title: str, columns: Sequence[str | Text], rows: Sequence[Sequence[str | Text]]) -> None:
    """A table for people: strings are shown as they are, brackets and all.

    Where the screen is too narrow to keep every word whole, one row is told after the other.
    """
    heads, cells = _texts(columns), [_texts(row) for row in rows]
    shown = [list(column) for column in zip(heads, *cells, strict=True)]
    widths = [max(map(_longest, column)) for column in shown]
    spare = out.width - sum(widths) - 3 * len(widths) - 1
    if spare < 0:
        _one_by_one(title, heads, cells)
        return
    wanted = [max(cell.cell_len for cell in column) - width for column, width in zip(shown, widths, strict=True)]
    for _ in range(min(spare, sum(wanted))):  # what is left goes, bit by bit, to the narrowest that wants more
        _, place = min((width, place) for place, width in enumerate(widths) if wanted[place])
        widths[place], wanted[place] = widths[place] + 1, wanted[place] - 1
    drawn = Table(title=escape(title), title_justify="left", header_style="bold", border_style="dim")
    for head, width in zip(heads, widths, strict=True):
        drawn.add_column(head, overflow="fold", width=width)
    for row in cells:
        drawn.add_row(*row)
    out.print(drawn)


def _one_by_one(title: str, heads: list[Text], rows: list[list[Text]]) -> None:
    """Each row under its first words, each further cell beside its heading."""
    out.print(f"[italic]{escape(title)}[/italic]")
    named = next((place for place, head in enumerate(heads) if head.plain), 0) + 1
    for row in rows:
        out.print(Text(" ").join(cell for cell in row[:named] if cell.plain), style="bold", overflow="fold")
        grid = Table.grid(padding=(0, 2))
        for head, cell in zip(heads[named:], row[named:], strict=True):
            if cell.plain:
                grid.add_row("", Text(head.plain, "dim"), cell)
        if grid.row_count:
            grid.columns[2].overflow = "fold"
            out.print(grid)


def _texts(cells: Sequence[str | Text]) -> list[Text]:
    return [Text(cell) if isinstance(cell, str) else cell for cell in cells]


def _longest(cell: Text) -> int:
    return max((len(word) for word in cell.plain.split()), default=0)


def finding(words: str) -> NoReturn:
    """Something was looked at and is not as it should be: exit 1."""
    err.print(f"[red]✗[/red] {plain(words)}")
    raise SystemExit(FINDING)


def misuse(words: str) -> NoReturn:
    """The command cannot be run like this: exit 2, with what to do."""
    err.print(f"[red]✗[/red] {plain(words)}", soft_wrap=True)
    raise SystemExit(MISUSE)

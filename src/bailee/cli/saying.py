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
    """A table for people: strings are shown as they are, brackets and all."""
    drawn = Table(title=escape(title), title_justify="left", header_style="bold", border_style="dim")
    for column in columns:
        drawn.add_column(column, overflow="fold")
    for row in rows:
        drawn.add_row(*(Text(cell) if isinstance(cell, str) else cell for cell in row))
    out.print(drawn)


def finding(words: str) -> NoReturn:
    """Something was looked at and is not as it should be: exit 1."""
    err.print(f"[red]✗[/red] {plain(words)}")
    raise SystemExit(FINDING)


def misuse(words: str) -> NoReturn:
    """The command cannot be run like this: exit 2, with what to do."""
    err.print(f"[red]✗[/red] {plain(words)}", soft_wrap=True)
    raise SystemExit(MISUSE)

"""How the command line speaks: rich for people, JSON where a machine reads. 0 ok, 1 a finding, 2 misuse."""

import json
from typing import Any, NoReturn

import click
from rich.console import Console
from rich.table import Table

OK, FINDING, MISUSE = 0, 1, 2

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)


def say(words: str) -> None:
    """A line for people."""
    out.print(words, soft_wrap=True)


def say_json(value: Any) -> None:
    """A document for a machine."""
    click.echo(json.dumps(value, indent=2, ensure_ascii=False, default=str))


def table(title: str, columns: list[str], rows: list[list[str]]) -> None:
    """A table for people."""
    drawn = Table(title=title, title_justify="left", header_style="bold", border_style="dim")
    for column in columns:
        drawn.add_column(column, overflow="fold")
    for row in rows:
        drawn.add_row(*row)
    out.print(drawn)


def finding(words: str) -> NoReturn:
    """Something was looked at and is not as it should be: exit 1."""
    err.print(f"[red]✗[/red] {words}")
    raise SystemExit(FINDING)


def misuse(words: str) -> NoReturn:
    """The command cannot be run like this: exit 2, with what to do."""
    err.print(f"[red]✗[/red] {words}")
    raise SystemExit(MISUSE)

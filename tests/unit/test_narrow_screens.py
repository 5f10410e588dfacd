"""Tables of the command line: no word is ever cut to fit a column."""

import io

import pytest
from rich.console import Console

from bailee.cli import saying

COLUMNS = ["", "id", "promise", "mechanism"]
ROWS = [
    [
        saying.marked("[green]●[/green]"),
        "instructions.contract-counts",
        "The agreed services are instructions",
        "ruling",
    ],
    [saying.marked("○"), "[bold]x", "", "none [at all]"],
]


def drawn(monkeypatch: pytest.MonkeyPatch, width: int) -> str:
    heard = io.StringIO()
    monkeypatch.setattr(saying, "out", Console(file=heard, width=width, highlight=False))
    saying.table("Clauses [all]", COLUMNS, ROWS)
    return heard.getvalue()


@pytest.mark.parametrize("width", [40, 67, 68, 80, 200])
def test_every_word_is_whole_and_every_bracket_stands_at_any_width(monkeypatch, width):
    words = drawn(monkeypatch, width).replace("┃", " ").replace("│", " ").split()
    given = "Clauses [all] ● instructions.contract-counts The agreed services are instructions ruling ○ [bold]x none [at all]"
    assert [word for word in given.split() if word not in words] == []


def test_what_is_too_wide_is_told_one_after_the_other(monkeypatch):
    # What must stand whole: 1 + 28 + 12 + 9, and three for each of four columns, and one.
    assert "┃" in drawn(monkeypatch, 63)
    narrow = drawn(monkeypatch, 62)
    assert [line.strip() for line in narrow.splitlines()] == [
        "Clauses [all]",
        "● instructions.contract-counts",
        "promise    The agreed services are instructions",
        "mechanism  ruling",
        "○ [bold]x",
        "mechanism  none [at all]",
    ]


def test_a_title_without_rows_is_still_a_table(monkeypatch):
    heard = io.StringIO()
    monkeypatch.setattr(saying, "out", Console(file=heard, width=80, highlight=False))
    saying.table("Controllers", ["id", "name"], [])
    assert "name" in heard.getvalue()

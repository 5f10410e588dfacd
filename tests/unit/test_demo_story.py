"""How the demo speaks while something takes long: nobody sits before a silent screen."""

import io

import pytest
from rich.console import Console

from bailee.cli.demo import story as telling
from bailee.cli.demo.story import Story


def told(monkeypatch: pytest.MonkeyPatch, *, terminal: bool, quiet: bool = False) -> str:
    heard = io.StringIO()
    monkeypatch.setattr(telling, "out", Console(file=heard, force_terminal=terminal, width=100, highlight=False))
    story = Story(quiet=quiet)
    story.chapter("A processor opens its doors")
    story.begun("founding it")
    story.begun("starting it")
    story.fact("everything runs")
    story.still()
    return heard.getvalue()


def test_on_a_terminal_one_moving_line_counts_the_seconds_and_goes_when_it_is_done(monkeypatch):
    said = told(monkeypatch, terminal=True)
    assert said.index("founding it") < said.index("starting it") < said.index("everything runs")
    assert "0:00:00" in said
    assert "○" not in said


def test_in_a_pipe_each_step_is_a_line(monkeypatch):
    said = told(monkeypatch, terminal=False)
    lines = ["1  A processor opens its doors  0.0 s", "○ founding it", "○ starting it", "✓ everything runs"]
    assert [line.strip() for line in said.splitlines() if line] == lines


def test_for_a_machine_it_keeps_quiet(monkeypatch):
    assert told(monkeypatch, terminal=True, quiet=True) == ""

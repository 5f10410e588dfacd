"""`bailee paths`, `settings`, `doctor`: where data are, what can be set, whether all is as it must be."""

from functools import partial
from pathlib import Path

import click

from bailee.clauses.security_measures import doctoring
from bailee.cli.doors import data_option, json_option, sandbox_option, settings_of
from bailee.cli.saying import FINDING, plain, say, say_json, table
from bailee.infra import doctor as examination
from bailee.infra import paths as sinks
from bailee.infra.setting_list import describe


@click.command("paths")
@data_option
@sandbox_option
@json_option
def paths(data: Path, sandbox: bool, as_json: bool) -> None:
    """List every place where the running system keeps or sends data. One that is missing here is a defect."""
    found = sinks.paths(settings_of(data, sandbox=sandbox))
    if as_json:
        say_json([{"name": p.name, "path": p.path, "holds": p.holds, "destroyed_by": p.destroyed_by} for p in found])
        return
    table(
        "Places", ["name", "path", "holds", "destroyed by"], [[p.name, p.path, p.holds, p.destroyed_by] for p in found]
    )


@click.command("settings")
@json_option
def settings(as_json: bool) -> None:
    """Document every setting: its variable, its default, what it is."""
    found = describe()
    if as_json:
        say_json([{"name": name, "default": default, "words": words} for name, default, words in found])
        return
    table(
        "Settings (environment, or a TOML file that BAILEE_SETTINGS names)",
        ["variable", "default", "what it is"],
        [list(row) for row in found],
    )


@click.command("doctor")
@data_option
@sandbox_option
@json_option
def doctor(data: Path, sandbox: bool, as_json: bool) -> None:
    """Check configuration, roles, permissions, keys, the destruction log, the clock, and that no measure of
    security would be lowered; refuse and say why."""
    settings = settings_of(data, sandbox=sandbox)
    checks = examination.examine(settings, partial(doctoring.checks, settings))
    if as_json:
        say_json([{"name": c.name, "good": c.good, "words": c.words} for c in checks])
    else:
        for check in checks:
            say(f"{'[green]✓[/green]' if check.good else '[red]✗[/red]'} {check.name}: {plain(check.words)}")
    raise SystemExit(0 if all(check.good for check in checks) else FINDING)

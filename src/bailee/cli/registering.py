"""`bailee register`: the processing registers (GDPR Art. 30(2)), as files."""

from pathlib import Path
from typing import Any
from uuid import UUID

import click

from bailee.clauses.processing_register.commands import NotAsked, To
from bailee.clauses.processing_register.events import FORMS
from bailee.clauses.processing_register.forms import named
from bailee.clauses.processing_register.registers import NothingInForce, NotYet, instant
from bailee.cli.doors import Doors, by_option, data_option, json_option, sandbox_option, settings_of, within
from bailee.cli.founding import a_controller
from bailee.cli.saying import finding, misuse, plain, say, say_json
from bailee.vocabulary.languages import LANGUAGES


@click.group("register")
def register() -> None:
    """Give the processing register of a controller."""


@register.command("export")
@a_controller
@click.option("--at", default="", help="As of the end of this day (as 2026-11-26); as of now where it is left out.")
@click.option("--format", "formats", default="pdf", show_default=True, help=f"Some of {', '.join(FORMS)}.")
@click.option(
    "--language", type=click.Choice(LANGUAGES), default="en", show_default=True, help="For PDF, CSV and XLSX."
)
@click.option("--to", "folder", type=click.Path(file_okay=False, path_type=Path), default=".", show_default=True,
              help="The folder for the files.")  # fmt: skip
@click.option("--request", type=click.UUID, help="The request that this answers; then it is given to whoever asked.")
@data_option
@sandbox_option
@by_option
@json_option
@click.pass_obj
def export(
    doors: Doors, /, controller: UUID, data: Path, *, sandbox: bool, by: str, as_json: bool, **wanted: Any
) -> None:
    """Write the register as files, and record the copy.

    What is declared is what was in force on that day; what was really done is counted from the ledger. Exit 1 where
    nothing was agreed then.
    """
    formats = [one for one in FORMS if one in wanted["formats"].split(",")]
    if not formats or len(formats) != len(set(wanted["formats"].split(","))):
        misuse(f"--format is one or more of {','.join(FORMS)}, with commas between")
    folder, to = wanted["folder"], To(receiver="processor", request=wanted["request"], by_letter=True)

    async def giving(rooms: Any) -> Any:
        try:
            at = instant(wanted["at"], rooms.clock.now())
        except ValueError:
            misuse("--at is a day, such as 2026-11-26, or an instant with its time zone")
        return await doors.promised(rooms).register_giving.give(
            controller, formats, to, language=wanted["language"], at=at, by=by
        )

    try:
        handed = within(doors, settings_of(data, sandbox=sandbox), giving)
        folder.mkdir(parents=True, exist_ok=True)
        paths = {form: folder / named(handed.given.at, form) for form in handed.files}
        for form, content in handed.files.items():
            paths[form].write_bytes(content)
    except NothingInForce:
        finding("nothing was in force with this controller then: there is no register of it")
    except NotYet:
        misuse("--at is still to come: nobody knows what will stand then")
    except NotAsked:
        misuse("no such request waits: the controller's page lists them")
    except OSError as trouble:
        misuse(f"a file cannot be written: {trouble}")
    _say(handed, paths, as_json=as_json)


def _say(handed: Any, paths: dict[str, Path], *, as_json: bool) -> None:
    given, register = handed.given, handed.register
    if as_json:
        files = {form: {"path": path, "sha256": given.files[form]} for form, path in paths.items()}
        say_json({
            "controller": register.controller, "as_of": given.at, "version": given.number, "digest": given.digest,
            "processes": len(register.declared.activities), "strays": len(register.strays), "copy": given.id, "files": files,
        })  # fmt: skip
        return
    declared = register.declared
    say(
        f"[green]✓[/green] {plain(declared.controller.name)}: {len(declared.activities)} categories of processing as of "
        f"{given.at:%Y-%m-%d %H:%M} UTC, version {given.number}"
    )
    for path in paths.values():
        say(f"  {plain(path)}")
    if register.strays:
        say(
            f"  [yellow]{len(register.strays)}[/yellow] places where what is declared and what was done part: see the file"
        )

"""`bailee staff`: who of the processor's staff is bound to secrecy, trained, and let in; for a named operator."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import click
import msgspec

from bailee.clauses.confidentiality.clocks import Clocks
from bailee.clauses.confidentiality.commands import LARGEST, Bound, Staff, Taught
from bailee.clauses.confidentiality.events import Paper
from bailee.clauses.confidentiality.gates import Gates, terms_of
from bailee.clauses.confidentiality.keeping import Keeping
from bailee.clauses.confidentiality.mistakes import ChangedMeanwhile, Faulty, NotNow
from bailee.cli.doors import Doors, by_option, data_option, json_option, sandbox_option, settings_of, within
from bailee.cli.saying import FINDING, misuse, say, say_json, table
from bailee.contract.reading import read_agreement
from bailee.infra import samples

DAY = click.DateTime(["%Y-%m-%d"])
a_document = click.option(
    "--document",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The document, kept sealed as it is.",
)
FAULTS = {
    "label": "a label is 1 to 80 small letters, digits and : . _ -, never a name",
    "known-already": "someone in the register has this label already",
    "paper": f"give the signed paper with --document, at most {LARGEST // 1000} kB, or the law with --statute; one of both",
    "reference": "name the law with --statute",
    "days": "no day may be still to come, and the last is not before the first",
    "training": "say what it was about with --what, and who gave it with --given-by",
    "evidence": "give what shows it: --document, or its SHA-256 with --digest",
}


@click.group("staff")
def staff() -> None:
    """Bind the processor's staff to secrecy, record their trainings, let them go."""


@staff.command("list")
@data_option
@sandbox_option
@json_option
@click.pass_obj
def listed(doors: Doors, data: Path, sandbox: bool, as_json: bool) -> None:
    """List everyone in the register and how they stand. Exit 1 where an undertaking or a training is missing or runs out."""
    found = within(doors, settings_of(data, sandbox=sandbox), lambda rooms: staff_of(rooms).listed())
    serving = [one for one in found if one.state != "released"]
    if as_json:
        say_json([
            {
                "id": one.entry.member.id, "label": one.entry.member.label, "state": one.state, "access": len(one.access),
                "let_in": one.let_in, "trained_until": one.trained_until,
                "undertaking": msgspec.to_builtins(one.undertaking.way) if one.undertaking else None,
            }
            for one in found
        ])  # fmt: skip
    elif not found:
        say("Nobody is in the register.")
    else:
        rows = [
            [
                one.entry.member.label, one.state, one.undertaking.way if one.undertaking else "",
                f"{one.trained_until:%Y-%m-%d}" if one.trained_until else "", f"{one.let_in} of {one.controllers}",
            ]
            for one in found
        ]  # fmt: skip
        table("Staff", ["label", "state", "undertaking", "trained until", "let in"], rows)
    raise SystemExit(FINDING if any(one.state not in ("in-order",) for one in serving) else 0)


@staff.command("bind")
@click.argument("label")
@click.option("--since", type=DAY, required=True, help="The first day.")
@click.option("--until", type=DAY, help="The last day; without it there is no end.")
@click.option("--statute", default="", help="The law that imposes a duty of secrecy.")
@a_document
@data_option
@sandbox_option
@by_option
@json_option
@click.pass_obj
def bind(doors: Doors, /, **given: Any) -> None:
    """Record an undertaking on paper, or a duty of secrecy by law. Whoever is not in the register yet comes into it."""
    if (given["document"] is None) is not bool(given["statute"]):
        misuse(FAULTS["paper"])

    async def record(room: Staff) -> Any:
        member, paper = await _member(room, given, new=True), await _kept(room, given["document"])
        what = Bound(
            way="paper" if paper else "statute", since=_date(given["since"]), reference=given["statute"], paper=paper,
            until=_date(given["until"]) if given["until"] else None,
        )  # fmt: skip
        return await room.bind(member, what, by=given["by"])

    one = _within(doors, given, record)
    _say(given, one, f"The undertaking of {given['label']} is on record, and every gate is told.")


@staff.command("train")
@click.argument("label")
@click.option("--what", required=True, help="What the training was about.")
@click.option("--on", type=DAY, required=True, help="The day.")
@click.option("--given-by", required=True, help="Who gave it.")
@click.option("--digest", default="", help="The SHA-256 of what shows it, where that stays elsewhere.")
@a_document
@data_option
@sandbox_option
@by_option
@json_option
@click.pass_obj
def train(doors: Doors, /, **given: Any) -> None:
    """Record a training. How long it counts is each agreement's term."""
    if given["document"] is None and not given["digest"]:
        misuse(FAULTS["evidence"])

    async def record(room: Staff) -> Any:
        member, paper = await _member(room, given, new=True), await _kept(room, given["document"])
        what = Taught(
            what=given["what"], on=_date(given["on"]), given_by=given["given_by"], digest=given["digest"], paper=paper
        )
        return await room.train(member, what, by=given["by"])

    one = _within(doors, given, record)
    _say(given, one, f"The training of {given['label']} is on record, and every gate is told.")


@staff.command("release")
@click.argument("label")
@data_option
@sandbox_option
@by_option
@json_option
@click.pass_obj
def release(doors: Doors, /, **given: Any) -> None:
    """Let someone go: credentials revoked, refused at every gate. The duty of secrecy goes on."""

    async def let_go(room: Staff) -> Any:
        return await room.release(await _member(room, given), by=given["by"])

    left = _within(doors, given, let_go)
    rows = [
        {"controller": str(one.access.controller), "credential": str(one.access.credential), "revoked": one.revoked}
        for one in left
    ]
    if given["as_json"]:
        say_json(rows)
        return
    say(f"[green]✓[/green] All access of {given['label']} has ended; what was undertaken binds on.")
    if rows:
        cells = [[one["controller"], one["credential"], "yes" if one["revoked"] else "no"] for one in rows]
        table("Their credentials", ["controller", "credential", "revoked"], cells)


def staff_of(rooms: Any) -> Staff:
    """The register, in these rooms."""
    keeping = Keeping(committing=rooms.committing, keys=rooms.keys, clock=rooms.clock, platform=rooms.platform)

    async def everyone() -> list[UUID]:
        return [one.id for one in await rooms.filing.listed()]

    gates = Gates(
        keeping=keeping, filing=rooms.filing, archive=rooms.archive, database=rooms.data, controllers=everyone
    )
    clocks = Clocks(keeping=keeping, gates=gates, obligations=rooms.owing.obligations)
    return Staff(
        keeping=keeping, gates=gates, clocks=clocks, credentials=rooms.credentials,
        sample=lambda: terms_of(read_agreement(samples.agreement().read_text(encoding="utf-8"))),
    )  # fmt: skip


def _within(doors: Doors, given: dict[str, Any], do: Any) -> Any:
    with _told():
        return within(
            doors, settings_of(given["data"], sandbox=given["sandbox"]), lambda rooms: do(staff_of(rooms))
        )  # fmt: skip


async def _member(room: Staff, given: dict[str, Any], *, new: bool = False) -> UUID:
    """The id behind a label, put in the register where that is wanted and nobody has it."""
    known = [one.entry.member for one in await room.listed() if one.state != "released"]
    found = next((one for one in known if one.label == given["label"]), None)
    if found is not None:
        return found.id
    if not new:
        misuse("nobody in the register has this label: `bailee staff list`")
    return (await room.note(given["label"], by=given["by"])).id


async def _kept(room: Staff, path: Path | None) -> UUID | None:
    return None if path is None else await room.keep(Paper(name=path.name[:120], content=path.read_bytes()))


def _say(given: dict[str, Any], one: Any, words: str) -> None:
    if given["as_json"]:
        say_json({"record": one.id, "member": one.member, "digest": one.digest})
    else:
        say(f"[green]✓[/green] {words}")


def _date(at: datetime) -> Any:
    return at.date()


@contextmanager
def _told() -> Iterator[None]:
    """What keeps a command from being done, in words."""
    try:
        yield
    except Faulty as faulty:
        misuse(FAULTS[faulty.args[0]])
    except (NotNow, ChangedMeanwhile):
        misuse("somebody changed this meanwhile: `bailee staff list`")

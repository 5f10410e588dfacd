"""`bailee status`: how the platform stands at this moment."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import msgspec

from bailee.cli.doors import Doors, data_option, json_option, sandbox_option, settings_of, within
from bailee.cli.saying import FINDING, plain, say, say_json, table
from bailee.infra.doctor import links
from bailee.infra.settings import Settings
from bailee.obligations.notices.post import Post
from bailee.processing.backup.book import Book
from bailee.processing.backup.copying import outside
from bailee.processing.backup.drawing import ages
from bailee.processing.backup.owing import terms_of


@click.command("status")
@data_option
@sandbox_option
@json_option
@click.pass_obj
def status(doors: Doors, data: Path, sandbox: bool, as_json: bool) -> None:
    """Say whether the time is believed, whether mail leaves, since when every record was compared with its log, and which
    duties stand still at a controller.

    What stands still is tried again by itself, and keeps no other controller waiting. Exit 1 where something does.
    """

    async def looking(rooms: Any) -> Any:
        post = Post(rooms.data, rooms.clock, rooms.platform)
        names, doubted, look = await rooms.names(), await rooms.ticking.doubted(), await rooms.looks.oldest()
        kept = await _backups(rooms, settings)
        return names, await rooms.setbacks.listed(), await post.standing(), doubted, look, kept

    settings = settings_of(data, sandbox=sandbox)
    names, found, mail, doubted, look, kept = within(doors, settings, looking)
    trouble = bool(found or doubted or mail.state == "away" or kept["late"])
    if as_json:
        told = [msgspec.structs.asdict(one) for one in found]
        compared = msgspec.structs.asdict(look) if look is not None else None
        said = {"state": mail.state, "reason": mail.reason, "since": mail.since}
        time = "doubted" if doubted else "believed"
        say_json({"time": time, "mail": said, "setbacks": told, "scrub": compared, **_told_of(kept)})
        raise SystemExit(FINDING if trouble else 0)
    _mark(not doubted, "the time is believed", "the time is doubted: look at a clock, then `bailee clock confirm`")
    if mail.state == "away" or mail.since or settings.smtp_url:
        _mark(mail.state != "away", "mail leaves", f"no mail leaves: {plain(mail.reason)}; nothing is lost")
    else:
        say("○ no letter has left yet, and none will before BAILEE_SMTP_URL is set")
    if settings.links_stay_here:
        say(f"○ {plain(links(settings))}")
    _mark(not found, "no duty stands still", f"{len(found)} duties stand still at a controller and are tried again")
    say(_compared(look, names))
    for line in _kept(settings, kept):
        say(line)
    _setbacks(found, names)
    raise SystemExit(FINDING if trouble else 0)


def _setbacks(found: Any, names: Any) -> None:
    rows = [
        [names.get(one.controller, str(one.controller)), one.duty, one.kind, str(one.times),
         f"{one.since_at:%Y-%m-%d %H:%M}", f"{one.again_at:%Y-%m-%d %H:%M:%S}"]
        for one in found
    ]  # fmt: skip
    if rows:
        table("Setbacks", ["controller", "duty", "what failed", "times", "since", "again at"], rows)


async def _backups(rooms: Any, settings: Settings) -> dict[str, Any]:
    standing = await Book(rooms.control).standing()
    late = [one for one in ages(standing, terms_of(settings), rooms.clock.now()) if one and one.standing == "late"]
    return {"copy": standing.last, "drill": standing.drill, "late": bool(late)}


def _told_of(kept: Any) -> dict[str, Any]:
    copy, drill = kept["copy"], kept["drill"]
    said = {"last_good": copy.taken_at if copy else None, "last_proven": drill.ended_at if drill else None}
    return {"backup": said | {"late": kept["late"]}}


def _kept(settings: Settings, kept: Any) -> Iterator[str]:
    """Of when the last good backup and the last good drill are; which servers are the operator's own to back up."""
    copy, drill, good = kept["copy"], kept["drill"], "[red]✗[/red]" if kept["late"] else "[green]✓[/green]"
    if copy is None:
        yield "○ no backup was made yet" + (
            "" if settings.backups else ", and none will be before BAILEE_BACKUPS is set"
        )
    else:
        attested = f", attested by {plain(copy.by)}" if copy.kind == "attested" else ""
        proven = f"one was last proven on {drill.ended_at:%Y-%m-%d}" if drill else "none was proven yet: `bailee drill`"
        yield f"{good} the last good backup is of {copy.taken_at:%Y-%m-%d %H:%M}{attested}; {proven}"
    if stores := outside(settings):
        yield f"○ yours to back up, and to attest (`bailee backup --attest`): {', '.join(stores)}"


def _compared(look: Any, names: Any) -> str:
    """Since when no record differs from what the ledger says of it, unless that was said."""
    if look is None:
        return "○ no record has been compared with its log yet"
    name, since = plain(names.get(look.controller, look.controller)), f"{look.since:%Y-%m-%d %H:%M}"
    if look.whole:
        return f"[green]✓[/green] every record was compared with its log since {since} (the longest ago: {name})"
    return f"○ the records of {name} are compared with their log for the first time, since {since}"


def _mark(good: bool, fine: str, wrong: str) -> None:
    say(f"[green]✓[/green] {fine}" if good else f"[red]✗[/red] {wrong}")

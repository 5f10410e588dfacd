"""`bailee notices`: what was sent, and what did not arrive."""

from pathlib import Path
from typing import Any
from uuid import UUID

import click

from bailee.cli.doors import Doors, data_option, json_option, sandbox_option, settings_of, within
from bailee.cli.saying import FINDING, plain, say, say_json, table
from bailee.obligations.notices.book import Book, Entered
from bailee.obligations.notices.post import Post


@click.command("notices")
@click.option("--controller", type=click.UUID, help="Of one controller alone.")
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1, 200), help="How many of each.")
@data_option
@sandbox_option
@json_option
@click.pass_obj
def notices(doors: Doors, controller: UUID | None, limit: int, data: Path, sandbox: bool, as_json: bool) -> None:
    """List the latest notices of every controller, and say whether mail leaves.

    What they say is not shown: it is read in the console, on record. Exit 1 where one did not arrive.
    """

    async def looking(rooms: Any) -> Any:
        book, post = Book(rooms.data), Post(rooms.data, rooms.clock, rooms.platform)
        names = {one.id: one.name for one in await rooms.filing.listed()}
        wanted = [controller] if controller else list(names)
        found = [one for each in wanted for one in await book.listed(each, limit=limit)]
        return names, found, await post.standing()

    names, found, standing = within(doors, settings_of(data, sandbox=sandbox), looking)
    failed = any(one.standing == "failed" for one in found)
    if as_json:
        mail = {"state": standing.state, "reason": standing.reason, "since": standing.since}
        say_json({"mail": mail, "notices": [_plain(one) for one in found]})
        raise SystemExit(FINDING if failed else 0)
    if standing.state == "away":
        say(
            f"[red]✗[/red] no mail leaves since {standing.since:%Y-%m-%d %H:%M} UTC: {plain(standing.reason)}; nothing is lost"
        )
    rows = [
        [names.get(one.controller, ""), one.clause, one.letter, one.standing, f"{one.queued_at:%Y-%m-%d %H:%M}", str(one.id)]
        for one in found
    ]  # fmt: skip
    table("Notices", ["controller", "clause", "letter", "state", "written", "id"], rows)
    raise SystemExit(FINDING if failed else 0)


def _plain(one: Entered) -> dict[str, Any]:
    sent = [{"message_id": each.message_id, "digest": each.digest} for each in one.deliveries if each.state == "sent"]
    return {
        "id": one.id, "controller": one.controller, "clause": one.clause, "subject": one.subject, "letter": one.letter,
        "state": one.standing, "reason": one.reason, "queued_at": one.queued_at, "sent_at": one.sent_at, "sent": sent,
    }  # fmt: skip

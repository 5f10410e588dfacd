"""`bailee requests`: the requests of persons and their clocks, for a named operator; ids and instants, nobody's data."""

from pathlib import Path
from typing import Any
from uuid import UUID

import click

from bailee.clauses.data_subject_requests.keeping import Keeping
from bailee.cli.doors import Doors, data_option, json_option, sandbox_option, settings_of, within
from bailee.cli.saying import FINDING, say, say_json, table


@click.command("requests")
@click.option("--controller", "controller", type=click.UUID, help="Of one controller; of all where it is left out.")
@click.option("--all", "everything", is_flag=True, help="Those that have ended, too.")
@data_option
@sandbox_option
@json_option
@click.pass_obj
def requests(
    doors: Doors, controller: UUID | None, everything: bool, data: Path, sandbox: bool, as_json: bool
) -> None:  # fmt: skip
    """List requests of persons with their clocks; exit 1 where an answer is overdue on the generous reading."""

    async def listed(rooms: Any) -> list[dict[str, Any]]:
        keeping = Keeping(committing=rooms.committing, keys=rooms.keys, clock=rooms.clock)
        known = [one for one in await rooms.filing.listed() if controller in (None, one.id)]
        return [
            {
                "controller": company.name, "request": one.id, "right": str(one.right), "state": str(one.state),
                "step": str(one.step), "reason": one.reason, "received_at": one.received_at, "due": one.due.strict,
                "due_generous": one.due.generous, "overdue": one.open and rooms.clock.now() > one.due.generous,
            }
            for company in known
            for one in await keeping.listed(company.id)
            if everything or one.open
        ]  # fmt: skip

    found = within(doors, settings_of(data, sandbox=sandbox), listed)
    late = [one for one in found if one["overdue"]]
    if as_json:
        say_json(found)
    elif not found:
        say("No request of a person waits.")
    else:
        rows = [
            [one["controller"], str(one["request"]), one["right"], one["state"], f"{one['due']:%Y-%m-%d}",
             "overdue" if one["overdue"] else one["reason"]]
            for one in found
        ]  # fmt: skip
        table("Requests of persons", ["controller", "request", "right", "state", "due", ""], rows)
    raise SystemExit(FINDING if late else 0)

"""`bailee audits`: the audits of controllers, their days and how they stand; ids, days and codes, nobody's name."""

from pathlib import Path
from typing import Any
from uuid import UUID

import click

from bailee.clauses.audits.keeping import Keeping
from bailee.cli.doors import Doors, data_option, json_option, sandbox_option, settings_of, within
from bailee.cli.saying import FINDING, say, say_json, table


@click.command("audits")
@click.option("--controller", "controller", type=click.UUID, help="Of one controller; of all where it is left out.")
@click.option("--all", "everything", is_flag=True, help="Those that have ended, too.")
@data_option
@sandbox_option
@json_option
@click.pass_obj
def audits(
    doors: Doors, controller: UUID | None, everything: bool, data: Path, sandbox: bool, as_json: bool
) -> None:  # fmt: skip
    """List audits with their days and notice; exit 1 where something that is owed for one is late."""

    async def listed(rooms: Any) -> list[dict[str, Any]]:
        keeping, now = Keeping(committing=rooms.committing, keys=rooms.keys), rooms.clock.now()
        known = [one for one in await rooms.filing.listed() if controller in (None, one.id)]
        found = []
        for company in known:
            owed = await rooms.owing.obligations.open_of([company.id])
            late = [one.promise.subject for one in owed if now > one.promise.binding]
            for audit in (one.audit for one in await keeping.listed(company.id)):
                if everything or not audit.is_over:
                    found.append({
                        "controller": company.name, "audit": audit.id, "by": audit.by, "state": audit.state,
                        "first": audit.first, "last": audit.last, "notice": audit.notice.standing,
                        "earliest": audit.notice.earliest, "clauses": audit.scope.clauses,
                        "unanswered": sum(one.answered_at is None for one in audit.questions),
                        "undone": sum(one.done_at is None for one in audit.actions),
                        "late": any(str(audit.id) in subject for subject in late),
                    })  # fmt: skip
        return found

    found = within(doors, settings_of(data, sandbox=sandbox), listed)
    late = [one for one in found if one["late"]]
    if as_json:
        say_json(found)
    elif not found:
        say("No audit is asked for.")
    else:
        rows = [
            [one["controller"], str(one["audit"]), one["state"], f"{one['first']} – {one['last']}", one["notice"],
             "late" if one["late"] else f"{one['unanswered']} unanswered, {one['undone']} undone"]
            for one in found
        ]  # fmt: skip
        table("Audits", ["controller", "audit", "state", "days", "notice", ""], rows)
    raise SystemExit(FINDING if late else 0)

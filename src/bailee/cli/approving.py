"""`bailee approvals`: what waits for a second person, for a named operator; kinds of acts and instants, nobody's data.
And the rule itself for the commands that need one: whoever types a command is asked no less than whoever fills a form."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import click

from bailee.cli.doors import Doors, data_option, json_option, sandbox_option, settings_of, within
from bailee.cli.saying import misuse, say, say_json, table
from bailee.processing.accounts.accounts import Accounts
from bailee.processing.accounts.approving.approvals import Approvals, SecondPerson
from bailee.processing.accounts.approving.issuing import Issuing
from bailee.processing.accounts.means import Means


@click.command("approvals")
@click.option("--controller", "controller", type=click.UUID, help="Of one controller; of all where it is left out.")
@click.option("--all", "everything", is_flag=True, help="Those that were decided, done or ran out, too.")
@data_option
@sandbox_option
@json_option
@click.pass_obj
def approvals(
    doors: Doors, controller: UUID | None, everything: bool, data: Path, sandbox: bool, as_json: bool
) -> None:  # fmt: skip
    """List what waits for a second person. Deciding is a person's of the controller's: in the console, or over HTTP."""

    async def listed(rooms: Any) -> list[dict[str, Any]]:
        waiting, now = approvals_of(rooms), rooms.clock.now()
        known = [one for one in await rooms.filing.listed() if controller in (None, one.id)]
        return [
            {
                "controller": company.name, "approval": one.id, "act": str(one.danger), "state": one.state,
                "open": one.open(now), "asked_by": one.asked_by, "asked_at": one.asked_at, "until": one.expires_at,
                "decided_by": one.decided_by,
            }
            for company in known
            for one in await waiting.listed(company.id)
            if everything or one.open(now)
        ]  # fmt: skip

    found = within(doors, settings_of(data, sandbox=sandbox), listed)
    if as_json:
        say_json(found)
    elif not found:
        say("Nothing waits for a second person.")
    else:
        rows = [
            [one["controller"], str(one["approval"]), one["act"], one["state"], one["asked_by"], f"{one['until']:%Y-%m-%d %H:%M}"]
            for one in found
        ]  # fmt: skip
        table("What waits for a second person", ["controller", "approval", "act", "state", "asked by", "until"], rows)


def approvals_of(rooms: Any) -> Approvals:
    """What waits for a second person, in these rooms."""
    means = Means(rooms.data, rooms.keys)
    accounts = Accounts(
        database=rooms.data, committing=rooms.committing, keys=rooms.keys, means=means, clock=rooms.clock
    )
    return Approvals(
        database=rooms.data, committing=rooms.committing, keys=rooms.keys, accounts=accounts, clock=rooms.clock
    )


def issuing_of(rooms: Any) -> Issuing:
    """The one way to issue credentials, in these rooms."""
    return Issuing(credentials=rooms.credentials, approvals=approvals_of(rooms), clock=rooms.clock)


@contextmanager
def looked_at() -> Iterator[None]:
    """Where somebody else has to look at it first, the command says so and ends."""
    try:
        yield
    except SecondPerson as waiting:
        misuse(
            f"this waits for a second person, as {waiting.approval}: somebody of the controller's approves it, in the "
            "console or over HTTP; then type the same command again"
        )

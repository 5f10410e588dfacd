"""`bailee groups`: which roles a group of a controller's directory gives, for a named operator."""

from pathlib import Path
from typing import Any
from uuid import UUID

import click

from bailee.cli.approving import approvals_of, looked_at
from bailee.cli.doors import Doors, by_option, data_option, json_option, sandbox_option, settings_of, within
from bailee.cli.founding import a_controller
from bailee.cli.saying import misuse, say, say_json, table
from bailee.processing.accounts.provisioning import NobodyLeft, Provisioning
from bailee.processing.accounts.roles import UnknownRole
from bailee.processing.accounts.scim.group_roles import GroupRoles, NoGroup


@click.group("groups")
def groups() -> None:
    """Say which roles a group of a directory gives."""


@groups.command("list")
@a_controller
@data_option
@sandbox_option
@json_option
@click.pass_obj
def listed(doors: Doors, controller: UUID, data: Path, sandbox: bool, as_json: bool) -> None:
    """List a directory's groups, and the roles of each."""
    found = within(
        doors, settings_of(data, sandbox=sandbox), lambda rooms: _group_roles(rooms).listed(controller)
    )  # fmt: skip
    if as_json:
        say_json([{"id": one.id, "name": one.name, "members": one.members, "roles": list(one.roles)} for one in found])
    elif not found:
        say("No directory keeps a group here.")
    else:
        rows = [[str(one.id), one.name, str(one.members), ", ".join(one.roles)] for one in found]
        table("Groups", ["id", "name", "people", "roles"], rows)


@groups.command("give")
@click.argument("group", type=click.UUID)
@click.option("--role", "roles", multiple=True, help="A role that membership gives; none takes them all away.")
@a_controller
@data_option
@sandbox_option
@by_option
@click.pass_obj
def give(doors: Doors, /, **given: Any) -> None:
    """Have a group give these roles and no others.

    It waits for a second person where it makes or unmakes administrators.
    """

    async def mapping(rooms: Any) -> None:
        try:
            with looked_at():
                await _group_roles(rooms).put(
                    given["controller"], given["group"], given["roles"], door="bailee groups give", by=given["by"]
                )
        except NoGroup:
            misuse("there is no such group at this controller: `bailee groups list`")
        except UnknownRole as unknown:
            misuse(str(unknown))
        except NobodyLeft:
            misuse("nobody would be left who can let others in: make another administrator first")

    within(doors, settings_of(given["data"], sandbox=given["sandbox"]), mapping)
    say("[green]✓[/green] The group gives: " + (", ".join(given["roles"]) or "nothing"))


def _group_roles(rooms: Any) -> GroupRoles:
    return GroupRoles(
        database=rooms.data, committing=rooms.committing, keys=rooms.keys, clock=rooms.clock,
        provisioning=Provisioning(rooms.committing, rooms.clock), approvals=approvals_of(rooms),
    )  # fmt: skip

"""The `bailee` command: its groups and what they do. Every command says what to do when it cannot."""

import click

from bailee.cli import (
    agreements,
    approving,
    ending,
    exchanging,
    founding,
    grouping,
    inspecting,
    keeping,
    noticing,
    owing,
    persons,
    serving,
    standing,
    verifying,
)
from bailee.cli.demo.command import demo

COMMANDS = (
    demo,
    serving.up,
    founding.init,
    founding.credential,
    founding.controller,
    founding.keys,
    ending.make_return,
    ending.destroy,
    ending.certificate,
    agreements.agreement,
    agreements.clauses,
    exchanging.import_,
    exchanging.export,
    persons.requests,
    approving.approvals,
    grouping.groups,
    keeping.clock,
    keeping.ledger,
    owing.obligations,
    noticing.notices,
    verifying.verify,
    inspecting.paths,
    inspecting.settings,
    inspecting.doctor,
    standing.status,
)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name=None, version="0.1.0", prog_name="bailee")
def cli() -> None:
    """bailee holds personal data for others, as agreed, and proves it.

    Begin with `bailee demo`: the whole job on made-up people, in a fresh directory, under a minute.
    """


for command in COMMANDS:
    cli.add_command(command)

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
    retaining,
    serving,
    standing,
    verifying,
)
from bailee.cli.demo.command import demo

# What the overview says, in the order in which one comes to need it.
SECTIONS = {
    "The first hour": {
        demo: "Play the whole job on made-up people, in under a minute.",
        serving.up: "Start everything: servers, console, API, workers.",
        standing.status: "Whether something stands still, and where.",
        inspecting.doctor: "Whether configuration, roles, keys and clock are right.",
    },
    "Who comes in": {
        founding.init: "Found a platform without starting it.",
        founding.controller: "Take on controllers, and list them.",
        founding.credential: "Give systems access, for a purpose, until a day.",
        grouping.groups: "Which roles a directory's groups give.",
        approving.approvals: "What waits for a second person.",
    },
    "What was agreed": {
        agreements.agreement: "Check, read, compare and rehearse agreements.",
        agreements.clauses: "Every duty, its mechanism, and how far it is.",
        owing.obligations: "Who owes what to whom, by when.",
        noticing.notices: "What was sent, and what did not arrive.",
        retaining.retention: "Rules of retention, and what they take when.",
    },
    "People": {
        exchanging.import_: "Bring people in from CSV, XLSX or NDJSON.",
        exchanging.export: "Take everyone out as a file.",
        persons.requests: "Requests of persons, with their clocks.",
    },
    "The end of a contract": {
        ending.make_return: "Make the return: one bundle, sealed to its controller.",
        ending.destroy: "Destroy every remaining copy, where that is lawful.",
        ending.certificate: "The certificate of a destruction.",
    },
    "Keeping and proving": {
        verifying.verify: "Verify whatever was handed over, offline.",
        keeping.ledger: "Forget what entries of old months said.",
        founding.keys: "Turn the keys, so that erasure reaches every backup.",
        keeping.clock: "Confirm the time after a leap.",
        inspecting.paths: "Every place where data can be.",
        inspecting.settings: "Every setting, its default, and what it does.",
    },
}


class Overview(click.Group):
    """Tells commands by what they are for."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """One list a section."""
        width = max(len(name) for name in self.list_commands(ctx))
        for title, commands in SECTIONS.items():
            with formatter.section(title):
                rows = [(f"{command.name or '':<{width}}", words) for command, words in commands.items()]
                formatter.write_dl(rows)


@click.group(cls=Overview, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name=None, version="0.1.0", prog_name="bailee")
def cli() -> None:
    """bailee holds personal data for others, as agreed, and proves it.

    Begin with `bailee demo`, then `bailee up`. Every command explains itself: `bailee COMMAND --help`.
    """


for section in SECTIONS.values():
    for command in section:
        cli.add_command(command)

"""`bailee agreement rehearse`: a proposal in a file against what was really recorded."""

import asyncio
import json
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bailee.cli.demo import parties
from bailee.cli.doors import Doors
from bailee.cli.main import cli
from bailee.contract.ruling import AccessRequest
from bailee.furnishing import furnish, sequencing
from bailee.vocabulary.ids import new_id
from bailee.vocabulary.operations import Operation
from bailee.vocabulary.parties import Actor, ActorKind
from bailee.vocabulary.purposes import Purpose

WITHOUT = """
format: bailee.dev/amendment/v1
since: 2090-01-01
changes:
  - {path: services.own-acts.operations, value: [consult], reason: less is enough}
"""
SAME = """
format: bailee.dev/amendment/v1
since: 2090-01-01
changes:
  - {path: title, value: Another title, reason: taste}
"""
STUDY = """
format: bailee.dev/instruction/v1
id: study
purposes: [statistics]
operations: [query]
categories: [company]
groups: [user]
actors: [controller_system]
in_force_from: 2026-01-01T00:00:00Z
reason: a study
"""


@pytest.fixture(scope="module")
def traffic(settings, premises, base):
    """A controller whose systems have asked for a few things; the doors of the command line to its platform."""

    async def made():
        async with furnish(settings, premises.addresses()) as rooms:
            company = parties.companies()[0]
            company.id = await rooms.filing.open_dossier(company.name, by="tests")
            company.verifier_key = rooms.log_key.verifier(company.id)
            agreement = parties.filled(base, company)
            at = rooms.clock.now() - timedelta(minutes=1)
            document = parties.signed(agreement, company, Ed25519PrivateKey.generate(), at)
            await rooms.filing.file(company.id, document, by="tests")
            dossier = await rooms.passage.dossier(company.id)
            actor = Actor(id="system:crm", kind=ActorKind.controller_system, credential=new_id())
            for operation, purpose in (
                (Operation.combine, Purpose.account_management), (Operation.query, Purpose.statistics),
            ):  # fmt: skip
                request = AccessRequest(actor=actor, controller=company.id, operation=operation, purpose=purpose)
                await rooms.appending.append_one(rooms.passage.rule(dossier, request))
            async with sequencing(settings, premises.addresses()) as sequencer:
                while await sequencer.integrate_all():
                    pass
            return company.id

    @asynccontextmanager
    async def opened(_settings):
        async with furnish(settings, premises.addresses()) as rooms:
            yield rooms

    return asyncio.run(made()), Doors(open=opened, found=None, first_link=None, application=""), settings.data


def rehearsed(traffic, tmp_path, text, *more):
    controller, doors, data = traffic
    file = tmp_path / "proposal.yaml"
    file.write_text(text)
    command = ["agreement", "rehearse", str(file), "--data", str(data), "--controller", str(controller), *more]
    return CliRunner().invoke(cli, command, obj=doors)


def test_what_an_amendment_would_refuse_is_told_and_the_command_says_that_something_changes(traffic, tmp_path):
    done = rehearsed(traffic, tmp_path, WITHOUT, "--last", "7d")
    assert done.exit_code == 1, done.output
    for words in ("2 accesses", "1 would be ruled otherwise", "refused", "combine", "The ledger does not say"):
        assert words in done.output


def test_what_an_instruction_would_allow_is_told_to_machines(traffic, tmp_path):
    done = rehearsed(traffic, tmp_path, STUDY, "--json")
    found = json.loads(done.stdout)
    assert (done.exit_code, found["changes"], found["complete"]) == (1, 1, True)
    [row] = [row for row in found["rows"] if row["effect"] == "allowed"]
    assert (row["purpose"], row["actor"], row["decided_by"]) == ("statistics", "system:crm", "study")


def test_what_changes_nothing_is_well(traffic, tmp_path):
    assert rehearsed(traffic, tmp_path, SAME).exit_code == 0


@pytest.mark.parametrize(
    ("text", "more", "code", "words"),
    [
        (SAME, ("--last", "soon"), 2, "number of days"), (SAME, ("--last", "500d"), 2, "400d"),
        ("format: bailee.dev/instruction/v1\n", (), 2, "cannot be rehearsed"),
        (SAME.replace("title, value", "no.where, value"), (), 1, "nothing at no.where"),
    ],
)  # fmt: skip
def test_what_cannot_be_rehearsed_is_told(traffic, tmp_path, text, more, code, words):
    done = rehearsed(traffic, tmp_path, text, *more)
    assert done.exit_code == code, done.output
    assert words in " ".join(done.output.split())

"""Persons: their rights, carried out for their controllers."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from bailee.clauses import data_subject_requests as rights_room
from bailee.clauses.data_subject_requests import queries
from bailee.clauses.data_subject_requests.commands import Rights
from bailee.gate.changing import Changing
from bailee.gate.uploading import Uploading
from bailee.infra.outbound import Outbound
from bailee.processing.accounts.accounts import Accounts
from bailee.processing.accounts.export_forms import writer
from bailee.processing.accounts.holding_about import HeldAbout
from bailee.processing.accounts.means import Means
from bailee.processing.accounts.sessions import Sessions
from bailee.promised.beginning import sample
from bailee.promised.correspondence import Correspondence
from bailee.worker.jobs import Duty

REQUESTS_ABREAST = 2
TEMPLATES = (Path(rights_room.__file__).with_name("templates"),)


class Persons(Correspondence):
    """What persons may ask, and what becomes of it."""

    @cached_property
    def rights(self) -> Rights:
        """The rights of persons, for their controllers."""
        rooms = self.rooms
        means = Means(rooms.data, rooms.keys)
        accounts = Accounts(
            database=rooms.data, committing=rooms.committing, keys=rooms.keys, means=means, clock=rooms.clock
        )
        sessions = Sessions(
            database=rooms.data, committing=rooms.committing, keys=rooms.keys, clock=rooms.clock,
            technical=self.technical,
        )  # fmt: skip
        changing = Changing(passage=rooms.passage, appending=rooms.appending, committing=rooms.committing)
        uploading = Uploading(
            changing=changing, records=rooms.records, files=rooms.files.files, keys=rooms.keys, database=rooms.data,
            clock=rooms.clock,
        )  # fmt: skip
        return Rights(
            rooms, obligations=self.obligations, queueing=self.queueing, uploading=uploading,
            outbound=Outbound(sandbox=rooms.settings.sandbox), forms=_written, base=sample,
            held_about=HeldAbout(accounts=accounts, means=means, sessions=sessions),
        )  # fmt: skip

    def rights_due(self) -> list[Duty]:
        """What is due of the rights of persons."""
        asked, working = self.rounds.asked, self.rights.working
        return [
            asked("requests of persons", 0.0, queries.WITH_REQUESTS, working.due, abreast=REQUESTS_ABREAST),
            asked("ends of exceptions and texts", 60.0, queries.WITH_ENDS, working.tidy),
        ]


def _written(form: Literal["csv", "vcard"], rows: Sequence[Mapping[str, Any]]) -> bytes:
    """Profiles in a form of an export."""
    made = writer(form)
    return made.write(rows) + made.end()

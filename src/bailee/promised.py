"""What was promised: the rooms of the clauses and of their obligations, built on the rooms of the house."""

from collections.abc import Mapping, Sequence
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Literal
from uuid import UUID

from bailee.clauses import data_subject_requests as rights_room
from bailee.clauses import instructions as instructions_room
from bailee.clauses.data_subject_requests.room import Rights
from bailee.clauses.instructions.commands import Drafts
from bailee.contract.agreement import Agreement
from bailee.contract.reading import read_agreement
from bailee.gate.changing import Changing
from bailee.gate.uploading import Uploading
from bailee.house import Rooms
from bailee.infra import samples
from bailee.infra.outbound import Outbound
from bailee.obligations.notices.queueing import Queueing
from bailee.obligations.obligations import Obligations
from bailee.processing.accounts.accounts import Accounts
from bailee.processing.accounts.export_forms import writer
from bailee.processing.accounts.holding_about import HeldAbout
from bailee.processing.accounts.means import Means
from bailee.processing.accounts.sessions import Sessions
from bailee.worker.jobs import Duty

TEMPLATES = (
    Path(instructions_room.__file__).with_name("templates"),
    Path(rights_room.__file__).with_name("templates"),
)


@cache
def _sample() -> Agreement:
    return read_agreement(samples.agreement().read_text(encoding="utf-8"))


def _written(form: Literal["csv", "vcard"], rows: Sequence[Mapping[str, Any]]) -> bytes:
    """Profiles in a form of an export."""
    made = writer(form)
    return made.write(rows) + made.end()


class Promised:
    """The clauses' rooms for one running platform. Each part once, by name."""

    def __init__(self, rooms: Rooms) -> None:
        self.rooms = rooms

    async def everyone(self) -> Sequence[UUID]:
        """Every controller, the platform itself included."""
        return [one.id for one in await self.rooms.filing.listed()]

    @cached_property
    def obligations(self) -> Obligations:
        """Who owes what to whom by when."""
        rooms = self.rooms
        return Obligations(
            database=rooms.data, committing=rooms.committing, clock=rooms.clock, controllers=self.everyone
        )

    @cached_property
    def queueing(self) -> Queueing:
        """Notices on their way in."""
        return Queueing(self.rooms.keys, self.rooms.clock)

    @cached_property
    def drafts(self) -> Drafts:
        """Agreements on their way to be signed."""
        rooms = self.rooms
        return Drafts(
            committing=rooms.committing, keys=rooms.keys, filing=rooms.filing, clock=rooms.clock,
            platform=rooms.platform, base=_sample, verifier=rooms.log_key.verifier,
        )  # fmt: skip

    @cached_property
    def rights(self) -> Rights:
        """The rights of persons, for their controllers."""
        rooms = self.rooms
        means = Means(rooms.data, rooms.keys)
        accounts = Accounts(
            database=rooms.data, committing=rooms.committing, keys=rooms.keys, means=means, clock=rooms.clock
        )
        sessions = Sessions(database=rooms.data, committing=rooms.committing, keys=rooms.keys, clock=rooms.clock)
        changing = Changing(passage=rooms.passage, appending=rooms.appending, committing=rooms.committing)
        uploading = Uploading(
            changing=changing, records=rooms.records, files=rooms.files.files, keys=rooms.keys, database=rooms.data,
            clock=rooms.clock,
        )  # fmt: skip
        return Rights(
            rooms, obligations=self.obligations, queueing=self.queueing, uploading=uploading,
            outbound=Outbound(sandbox=rooms.settings.sandbox), forms=_written, base=_sample,
            held_about=HeldAbout(accounts=accounts, means=means, sessions=sessions), controllers=self.everyone,
        )  # fmt: skip

    def given_to_pages(self) -> dict[str, Any]:
        """What the clauses' pages ask for, by name."""
        return {"drafts": self.drafts, "obligations": self.obligations, "rights": self.rights}

    def given_to_api(self) -> dict[str, Any]:
        """What the clauses' endpoints ask for, by name."""
        return {"obligations": self.obligations, "rights": self.rights}

    def duties(self) -> list[Duty]:
        """What the jobs' process looks after for the clauses."""
        return [
            Duty("obligations", 2.0, self.obligations.due),
            Duty("requests of persons", 0.0, self.rights.working.due),
            Duty("ends of exceptions and texts", 60.0, self.rights.working.tidy),
        ]

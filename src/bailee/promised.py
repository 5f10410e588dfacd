"""What was promised: the rooms of the clauses and of their obligations, built on the rooms of the house."""

from collections.abc import Sequence
from functools import cache, cached_property
from pathlib import Path
from typing import Any
from uuid import UUID

from bailee.clauses import direct_requests as direct_requests_room
from bailee.clauses import instructions as instructions_room
from bailee.clauses.direct_requests.addressing import Addresses
from bailee.clauses.direct_requests.asking import Desk
from bailee.clauses.direct_requests.commands import Messages, NobodyWaits, Returned
from bailee.clauses.direct_requests.consulting import Requests
from bailee.clauses.direct_requests.finding import Finding
from bailee.clauses.direct_requests.forwarding import Forwarding, Heard
from bailee.clauses.direct_requests.keeping import Keeping
from bailee.clauses.direct_requests.listening import Mailbox
from bailee.clauses.direct_requests.maildir import Maildir
from bailee.clauses.instructions.commands import Drafts
from bailee.contract.agreement import Agreement
from bailee.contract.reading import read_agreement
from bailee.gate.slugs import Slugs
from bailee.house import Rooms
from bailee.infra import samples
from bailee.obligations.notices.queueing import Queueing
from bailee.obligations.obligations import Obligations
from bailee.worker.jobs import Duty

TEMPLATES = (
    Path(instructions_room.__file__).with_name("templates"),
    Path(direct_requests_room.__file__).with_name("templates"),
)


@cache
def _sample() -> Agreement:
    return read_agreement(samples.agreement().read_text(encoding="utf-8"))


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
    def slugs(self) -> Slugs:
        """Controllers' names in public addresses."""
        rooms = self.rooms
        return Slugs(filing=rooms.filing, keys=rooms.keys, clock=rooms.clock, platform=rooms.platform)

    @cached_property
    def returned(self) -> Returned:
        """Who waits for mail that comes back."""
        return NobodyWaits()

    def heard(self) -> Sequence[Heard]:
        """Who builds upon a request that reached its controller."""
        return ()

    @cached_property
    def keeping(self) -> Keeping:
        """Messages of persons, durable and sealed."""
        rooms = self.rooms
        return Keeping(committing=rooms.committing, keys=rooms.keys, clock=rooms.clock, platform=rooms.platform)

    @cached_property
    def forwarding(self) -> Forwarding:
        """The way of a message to a controller."""
        rooms = self.rooms
        return Forwarding(
            keeping=self.keeping, committing=rooms.committing, keys=rooms.keys, archive=rooms.archive,
            obligations=self.obligations, queueing=self.queueing, log_key=rooms.log_key, clock=rooms.clock,
            heard=self.heard(),
        )  # fmt: skip

    @cached_property
    def direct(self) -> Requests:
        """What reached the controllers."""
        rooms = self.rooms
        return Requests(
            committing=rooms.committing, keys=rooms.keys, obligations=self.obligations, forwarding=self.forwarding,
            clock=rooms.clock,
        )  # fmt: skip

    @cached_property
    def desk(self) -> Desk:
        """The public form."""
        rooms = self.rooms
        settings = rooms.settings
        return Desk(self.keeping, self.slugs, rooms.clock, settings.intake_address, settings.processor)

    @cached_property
    def messages(self) -> Messages:
        """What persons write to the processor, and its way to their controllers."""
        rooms = self.rooms
        finding = Finding(
            database=rooms.data,
            keys=rooms.keys,
            appending=rooms.appending,
            filing=rooms.filing,
            platform=rooms.platform,
        )
        return Messages(
            keeping=self.keeping, finding=finding, forwarding=self.forwarding, committing=rooms.committing,
            obligations=self.obligations, clock=rooms.clock, returned=self.returned, region=rooms.settings.region,
        )  # fmt: skip

    @property
    def _addresses(self) -> Addresses:
        own = {self.rooms.settings.intake_address.lower(), self.rooms.settings.sender.lower()} - {""}
        return Addresses(frozenset(own))

    @cached_property
    def mailbox(self) -> Mailbox:
        """The SMTP server's ear."""
        return Mailbox(keeping=self.keeping, addresses=self._addresses, whose=self.slugs.whose, clock=self.rooms.clock)

    @cached_property
    def maildir(self) -> Maildir | None:
        """The maildir, where one is set."""
        folder = self.rooms.settings.intake_maildir
        if not folder:
            return None
        return Maildir(
            Path(folder), keeping=self.keeping, addresses=self._addresses, whose=self.slugs.whose,
            clock=self.rooms.clock,
        )  # fmt: skip

    def given_to_pages(self) -> dict[str, Any]:
        """What the clauses' pages ask for, by name."""
        return {
            "drafts": self.drafts,
            "obligations": self.obligations,
            "desk": self.desk,
            "messages": self.messages,
            "direct": self.direct,
        }

    def given_to_api(self) -> dict[str, Any]:
        """What the clauses' endpoints ask for, by name."""
        return {"obligations": self.obligations}

    def duties(self) -> list[Duty]:
        """What the jobs' process looks after for the clauses."""
        return [
            Duty("messages", 0.5, self.messages.due),
            Duty("messages that have served", 60.0, self.messages.forget),
            Duty("obligations", 2.0, self.obligations.due),
        ]

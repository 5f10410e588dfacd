"""Intake: what persons write to the processor, and its way to their controllers."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec

from bailee.clauses import direct_requests as direct_requests_room
from bailee.clauses import privacy_notice as privacy_notice_room
from bailee.clauses.data_subject_requests.events import MISREAD, Asked, Right
from bailee.clauses.data_subject_requests.keeping import ChangedMeanwhile
from bailee.clauses.data_subject_requests.requesting import NoSuchPerson
from bailee.clauses.data_subject_requests.requesting import Requests as RightsAsked
from bailee.clauses.direct_requests import queries
from bailee.clauses.direct_requests.addressing import Addresses
from bailee.clauses.direct_requests.asking import Desk
from bailee.clauses.direct_requests.clocks import Clocks
from bailee.clauses.direct_requests.commands import Decided, Messages
from bailee.clauses.direct_requests.consulting import Requests
from bailee.clauses.direct_requests.events import Forwarded
from bailee.clauses.direct_requests.finding import Finding
from bailee.clauses.direct_requests.forwarding import Forwarding
from bailee.clauses.direct_requests.keeping import Keeping
from bailee.clauses.direct_requests.listening import Mailbox
from bailee.clauses.direct_requests.maildir import Maildir
from bailee.clauses.direct_requests.opendsr import queries as tools
from bailee.clauses.direct_requests.opendsr.calling_back import KEPT, CallingBack
from bailee.clauses.direct_requests.opendsr.ordering import Ordering
from bailee.clauses.direct_requests.taking_on import STEP, TakingOn
from bailee.clauses.direct_requests.tongue import written_in
from bailee.clauses.privacy_notice.commands import Notices
from bailee.gate.slugs import Slugs
from bailee.infra.certificates import Certificate
from bailee.infra.outbound import Outbound
from bailee.ledger.committing import Transaction
from bailee.obligations.mailbox.intents import Command, Intent
from bailee.obligations.mailbox.replies import replied
from bailee.obligations.mailbox.replying import Replying
from bailee.obligations.notices.bounces import Bounced, bounced, failure
from bailee.obligations.notices.bouncing import Bouncing
from bailee.obligations.notices.returning import Returning
from bailee.promised.meant import Meant
from bailee.promised.orphans import Orphans
from bailee.promised.persons import Persons
from bailee.promised.stepping import Stepping
from bailee.promised.tools import Ordered
from bailee.worker.jobs import Duty

TEMPLATES = (
    Path(direct_requests_room.__file__).with_name("templates"),
    Path(privacy_notice_room.__file__).with_name("templates"),
)
RIGHTS = {
    "A15": Right.access, "A16": Right.rectification, "A17": Right.erasure, "A18": Right.restriction,
    "A20": Right.portability, "A21": Right.objection, "A22": Right.automated_decision,
}  # fmt: skip
TOOLS_ABREAST = 8
TO_PERSONS = frozenset({"direct_requests/acknowledgement"}) | {
    f"data_subject_requests/{name}" for name in ("answered", "extended", "identity", "lifting", "refused")
}


class OursReturned:
    """Reports and answers about letters of ours."""

    def __init__(self, bouncing: Bouncing, replying: Replying, returning: Returning) -> None:
        self._bouncing = bouncing
        self._replying = replying
        self._returning = returning

    async def bounced(self, mail: bytes, to: Sequence[str]) -> bool:
        """A report on a letter of ours, noted: named by what it says, or by the address it came to; false for any other."""
        found = bounced(mail)
        if found is None and (status := failure(mail)) and (one := await self._returning.named(to)) is not None:
            found = Bounced(one.controller, one.notice, one.recipient, status)
        return found is not None and await self._bouncing.note(found)

    async def replied(self, mail: bytes) -> bool:
        """An answer to a letter of ours, kept for a human; false for any other mail.

        A person who answers a letter writes to the controller that it came for: that is a message like any other.
        """
        found = replied(mail)
        if found is None or await self._replying.letter(found) in TO_PERSONS:
            return False
        return await self._replying.receive(found) is not None


class TakenUp:
    """A forwarded message stands among the controller's own requests at once, one for each right, under its clock."""

    def __init__(self, rights: RightsAsked) -> None:
        self._rights = rights

    async def __call__(self, change: Transaction, message: Forwarded) -> None:
        """Open the requests in the transaction that forwards the message, or that says what it really is."""
        known = await self._rights.keeping.of_message(change, message.request)
        misread = {RIGHTS[one] for one in message.misread if one in RIGHTS}
        for id in [id for id, right, void in known if right in misread and not void]:
            one = await self._rights.keeping.find(change.controller, id)
            if one.open:
                try:
                    await self._rights.withdraw_within(change, one, by=message.by, reason=MISREAD)
                except ChangedMeanwhile:
                    raise Decided from None
        taken = {right for _, right, void in known if not void}
        for right in [RIGHTS[one] for one in message.kinds if one in RIGHTS]:
            if right not in taken:
                await self._open(change, right, message)

    async def _open(self, change: Transaction, right: Right, message: Forwarded) -> None:
        [person] = message.persons if len(message.persons) == 1 else (None,)
        asked = Asked(
            right=right, channel="forwarded", words=message.text, person=person, contact=message.sender,
            received_at=message.received_at, language=written_in(message.text), message=message.request,
        )  # fmt: skip
        try:
            await self._rights.open_within(change, asked, by=message.by)
        except NoSuchPerson:  # being erased this moment: it is about someone who is not held
            await self._rights.open_within(change, msgspec.structs.replace(asked, person=None), by=message.by)


class Intake(Persons):
    """What persons write to the processor."""

    @cached_property
    def slugs(self) -> Slugs:
        """Controllers' names in public addresses."""
        rooms = self.rooms
        return Slugs(filing=rooms.filing, keys=rooms.keys, clock=rooms.clock, platform=rooms.platform)

    @cached_property
    def incoming(self) -> Keeping:
        """Messages of persons, durable and sealed."""
        rooms = self.rooms
        return Keeping(committing=rooms.committing, keys=rooms.keys, clock=rooms.clock, platform=rooms.platform)

    @cached_property
    def forwarding(self) -> Forwarding:
        """The way of a message to a controller."""
        rooms = self.rooms
        return Forwarding(
            keeping=self.incoming, committing=rooms.committing, keys=rooms.keys, archive=rooms.archive,
            obligations=self.obligations, queueing=self.queueing, taking_on=self.taking_on, log_key=rooms.log_key,
            clock=rooms.clock, heard=(TakenUp(self.rights.requests),), console=rooms.settings.url.rstrip("/"),
        )  # fmt: skip

    @cached_property
    def taking_on(self) -> TakingOn:
        """The next step of a passed-on request, from a controller's mailbox."""
        return TakingOn(
            asking=self.asking,
            owed=Stepping(self.rights.requests, self.by_mail),
            language=self._written_to_in,
            clock=self.rooms.clock,
        )

    @cached_property
    def acts(self) -> Mapping[str, Command]:
        """What a controller can do from its mailbox, the steps of passed-on requests among them."""

        async def step(change: Transaction, intent: Intent, *, by: str) -> None:
            await self.taking_on.step(change, intent, by=by)

        return {**super().acts, STEP: step}

    @cached_property
    def messages(self) -> Messages:
        """What persons write to the processor."""
        rooms = self.rooms
        return Messages(
            keeping=self.incoming, finding=self.finding, forwarding=self.forwarding, committing=rooms.committing,
            clocks=Clocks(self.obligations, rooms.settings.region), clock=rooms.clock,
            returned=OursReturned(self.bouncing, self.replying, self.returning), ours=self._own,
        )  # fmt: skip

    @cached_property
    def direct(self) -> Requests:
        """What reached the controllers."""
        rooms = self.rooms
        return Requests(
            committing=rooms.committing, keys=rooms.keys, obligations=self.obligations, forwarding=self.forwarding,
            held=self.finding.held_at, clock=rooms.clock,
        )  # fmt: skip

    @cached_property
    def finding(self) -> Finding:
        """Who holds whom."""
        rooms = self.rooms
        return Finding(
            database=rooms.data,
            keys=rooms.keys,
            appending=rooms.appending,
            filing=rooms.filing,
            platform=rooms.platform,
        )

    @cached_property
    def certificate(self) -> Certificate:
        """The processor's certificate."""
        settings = self.rooms.settings
        return Certificate(settings.signing, name=settings.processor, domain=settings.log_name)

    @cached_property
    def ordering(self) -> Ordering:
        """What controllers' own tools ask for."""
        rooms = self.rooms
        meant = Meant(finding=self.finding, sets=rooms.sets, place=rooms.settings.region)
        return Ordering(
            committing=rooms.committing, keys=rooms.keys, clock=rooms.clock, found=meant.at,
            executing=Ordered(self.rights), hosts=self._called_back_at, check=self._outbound.check,
        )  # fmt: skip

    async def _called_back_at(self, controller: UUID) -> frozenset[str]:
        return (await self.rights.choosing.of(controller)).callbacks

    @cached_property
    def _outbound(self) -> Outbound:
        return Outbound(sandbox=self.rooms.settings.sandbox)

    @cached_property
    def calling_back(self) -> CallingBack:
        """What those tools hear of it."""
        rooms = self.rooms
        return CallingBack(
            ordering=self.ordering, committing=rooms.committing, clock=rooms.clock, certificate=self.certificate,
            outbound=self._outbound, origin=rooms.settings.origin,
        )  # fmt: skip

    @cached_property
    def orphans(self) -> Orphans:
        """Keys of requests that never came to be."""
        rooms = self.rooms
        return Orphans(committing=rooms.committing, keys=rooms.keys, clock=rooms.clock)

    @cached_property
    def notices(self) -> Notices:
        """The privacy notices of controllers."""
        rooms = self.rooms
        return Notices(
            committing=rooms.committing, keys=rooms.keys, archive=rooms.archive, obligations=self.obligations,
            known=self.addresses.as_known, clock=rooms.clock,
        )  # fmt: skip

    @cached_property
    def desk(self) -> Desk:
        """The public form."""
        rooms = self.rooms
        return Desk(self.incoming, self.slugs, rooms.clock, rooms.settings.intake_address, rooms.settings.processor)

    @property
    def _own(self) -> Addresses:
        own = {self.rooms.settings.intake_address.lower(), self.rooms.settings.sender.lower()} - {""}
        return Addresses(frozenset(own))

    @cached_property
    def mailbox(self) -> Mailbox:
        """The SMTP server's ear."""
        return Mailbox(keeping=self.incoming, addresses=self._own, whose=self.slugs.whose, clock=self.rooms.clock)

    @cached_property
    def maildir(self) -> Maildir | None:
        """The maildir, where one is set."""
        folder = self.rooms.settings.intake_maildir
        if not folder:
            return None
        return Maildir(
            Path(folder), keeping=self.incoming, addresses=self._own, whose=self.slugs.whose, clock=self.rooms.clock
        )

    def intake_given(self) -> dict[str, Any]:
        """What the pages of messages ask for, by name."""
        return {
            "desk": self.desk, "messages": self.messages, "direct": self.direct, "notices": self.notices,
            "slugs": self.slugs,
        }  # fmt: skip

    def tools_given(self) -> dict[str, Any]:
        """What the endpoints of controllers' tools ask for, by name."""
        return {
            "ordering": self.ordering, "calling_back": self.calling_back, "certificate": self.certificate,
            "notices": self.notices, "messages": self.messages, "direct": self.direct,
        }  # fmt: skip

    def intake_due(self) -> list[Duty]:
        """What is due of messages."""
        asked, back = self.rounds.asked, self.calling_back
        return [
            Duty("messages", 0.5, self.messages.due),
            self.rounds.destroying_here("messages that have served here", 60.0, self.incoming.forget),
            self.rounds.destroying("messages that have served", 60.0, queries.WITH_SPENT, self.forwarding.forget),
            asked("requests of tools", 2.0, tools.WITH_OPEN, back.due, abreast=TOOLS_ABREAST),
            self.rounds.destroying("old requests of tools", 3600.0, tools.WITH_OLD, back.forget, ago=KEPT),
            self.rounds.agreed("privacy notices", 30.0, self.notices.due),
            self.rounds.in_turn("keys of no request", 600.0, self.orphans.sweep, most=20),
        ]

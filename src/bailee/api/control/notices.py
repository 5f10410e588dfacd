"""Notices: what was sent to the credential's own controller, to which addresses, and what proves it. Never what it said."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Controller, Request, get
from litestar.di import NamedDependency
from litestar.params import QueryParameter

from bailee.api.control.admission import Admission
from bailee.api.problems import UNKNOWN, Refusing
from bailee.obligations.notices.book import Book, Delivery, Entered

Http = Request[Any, Any, Any]
Limit = Annotated[int, QueryParameter(name="limit", ge=1, le=200)]


class NoticeAttemptOut(msgspec.Struct, frozen=True):
    """A try at one recipient: `outcome` is sent, waiting, failed or bounced."""

    number: int
    at: datetime
    outcome: str
    reason: str


class NoticeDeliveryOut(msgspec.Struct, frozen=True):
    """One recipient, by the keyed digest of its address, and the proof that a server took the mail over."""

    recipient: str
    role: Literal["to", "copy"]
    state: Literal["waiting", "sent", "failed", "dropped"]
    reason: str
    message_id: str
    digest: str
    answer: str
    sent_at: datetime | None
    attempts: list[NoticeAttemptOut]


class NoticeOut(msgspec.Struct, frozen=True):
    """A notice; `late`: it had not left within an hour. `discharges` is the obligation that its sending keeps."""

    id: UUID
    clause: str
    kind: str
    subject: str
    letter: str
    state: Literal["waiting", "late", "sent", "failed"]
    reason: str
    queued_at: datetime
    sent_at: datetime | None
    discharges: UUID | None
    deliveries: list[NoticeDeliveryOut]


class NoticesOut(msgspec.Struct, frozen=True):
    """Notices, the newest first; `before` is where to go on, null at the end."""

    notices: list[NoticeOut]
    before: UUID | None


class Notices(Controller):
    """The notices of the credential's own controller."""

    path = "/api/v1/notices"
    tags = ("notices",)

    @get("/", summary="List the notices")
    async def listed(
        self, request: Http, admission: NamedDependency[Admission], book: NamedDependency[Book],
        before: UUID | None = None, limit: Limit = 50,
    ) -> NoticesOut:  # fmt: skip
        """The newest first, without their tries; what was said is read in the console, on record."""
        caller = await admission.member(request)
        found = await book.listed(caller.controller, before=before, limit=limit, own=True)
        return NoticesOut([_out(one) for one in found], found[-1].id if len(found) == limit else None)

    @get("/{notice:uuid}", summary="Read how a notice went")
    async def one(
        self, request: Http, notice: UUID, admission: NamedDependency[Admission], book: NamedDependency[Book]
    ) -> NoticeOut:
        """One notice with every try and its proof."""
        caller = await admission.member(request)
        found = await book.one(caller.controller, notice, own=True)
        if found is None:
            raise Refusing(UNKNOWN)
        return _out(found)


def _out(one: Entered) -> NoticeOut:
    return NoticeOut(
        one.id, one.clause, one.kind, one.subject, one.letter, one.standing, one.reason, one.queued_at, one.sent_at,
        one.discharges, [_delivery(each) for each in one.deliveries],
    )  # fmt: skip


def _delivery(one: Delivery) -> NoticeDeliveryOut:
    role: Literal["to", "copy"] = "copy" if one.role == "copy" else "to"
    tries = [NoticeAttemptOut(each.number, each.at, each.outcome, each.reason) for each in one.tries]
    state: Any = one.state
    return NoticeDeliveryOut(
        one.recipient, role, state, one.reason, one.message_id, one.digest, one.answer, one.sent_at, tries
    )

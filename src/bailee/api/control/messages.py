"""Messages of persons over HTTP: handed in by the processor's own systems, and what reached a controller."""

import secrets
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from msgspec import Meta

from bailee.api.control.admission import Admission
from bailee.api.control.errors import KEPT_NOWHERE
from bailee.api.problems import UNKNOWN, Refusing, problem
from bailee.clauses.direct_requests.commands import Decided, Gone, Messages
from bailee.clauses.direct_requests.consulting import Direct, NoRequest, Requests
from bailee.clauses.direct_requests.events import Received, Written
from bailee.clauses.direct_requests.forwarding import NoAgreement
from bailee.clauses.direct_requests.keeping import Kept
from bailee.gate.filing import Filing
from bailee.vocabulary.purposes import Purpose

Http = Request[Any, Any, Any]
Right = Literal["A15", "A16", "A17", "A18", "A20", "A21", "A22", "A77"]
MANY = 500
DECIDED = problem(409, "decided", "Someone has decided about this message already", "Look at it anew.")
NOT_AGREED = problem(
    409, "no-agreement", "Nothing is agreed with one of these controllers",
    "Nobody was told. Name only controllers with an agreement in force.",
)  # fmt: skip
NO_CONTROLLER = problem(
    400, "no-controller", "To pass a message on, name at least one controller of yours",
    "Or say that it concerns nobody, that it is neither, or that it is your own to answer.",
)  # fmt: skip


class MessageIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a person wrote somewhere else. `controller` where that place was a controller's own; `once` makes a repeated
    call the same message."""

    reply_to: Annotated[str, Meta(min_length=3, max_length=254)]
    text: Annotated[str, Meta(min_length=1, max_length=40_000)]
    name: Annotated[str, Meta(max_length=200)] = ""
    known_as: Annotated[str, Meta(max_length=200)] = ""
    company: Annotated[str, Meta(max_length=200)] = ""
    asks: Right | Literal[""] = ""
    about_us: bool = False
    controller: UUID | None = None
    once: Annotated[str, Meta(max_length=100)] = ""


class MessageTakenOut(msgspec.Struct, frozen=True):
    """The message is durable; it is passed on within seconds. Whether anyone is held is not told."""

    message: UUID


class MessageOut(msgspec.Struct, frozen=True):
    """A message that nobody was found for, or that is the processor's own: what it seems to be, without its content."""

    id: UUID
    state: str
    reason: str
    rights: list[str]
    rules: list[str]
    channel: str
    received_at: datetime
    ended_at: datetime | None
    content_held: bool


class MessageReadOut(msgspec.Struct, frozen=True):
    """A message with what it says; who wrote is not verified."""

    message: MessageOut
    sender: str
    name: str
    subject: str
    text: str
    company: str
    known_as: list[str]
    attachments: int


class DecisionIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What becomes of a message: passed on to `controllers` as these `rights`; about no controller of ours; neither
    request nor complaint; the processor's own to answer; answered, where it was that."""

    decision: Literal["pass-on", "concerns-nobody", "neither", "own", "answered"]
    controllers: Annotated[list[UUID], Meta(max_length=50)] = []
    rights: Annotated[list[Right], Meta(max_length=8)] = []


class ClockOut(msgspec.Struct, frozen=True):
    """One clock: of which clause, the seconds from receipt, and what proves its end."""

    clause: str
    due_at: datetime
    ended_at: datetime | None
    seconds: float
    late: bool
    state: str
    proof: str


class DirectRequestOut(msgspec.Struct, frozen=True):
    """A request or complaint that a person sent to the processor; rights by their articles."""

    id: UUID
    received_at: datetime
    assigned_at: datetime
    channel: str
    verdict: str
    rights: list[str]
    rules: list[str]
    acknowledged: bool
    content_until: datetime
    content_held: bool
    clocks: list[ClockOut]


class MessagesIn(Controller):
    """Messages, handed in by an operator's system."""

    path = "/api/v1/messages"
    tags = ("direct requests",)

    @post("/", summary="Hand a person's message over", status_code=202)
    async def hand_in(
        self, request: Http, data: MessageIn, admission: NamedDependency[Admission],
        messages: NamedDependency[Messages], filing: NamedDependency[Filing],
    ) -> MessageTakenOut:  # fmt: skip
        """Answered as soon as it is durable; nobody answers the person."""
        await admission.operator(request)
        if data.controller is not None and data.controller not in {one.id for one in await filing.listed()}:
            raise Refusing(UNKNOWN)
        written = Written(
            reply_to=data.reply_to, text=data.text, name=data.name, known_as=data.known_as, company=data.company,
            asks=data.asks, about_us=data.about_us,
        )  # fmt: skip
        received = Received(
            channel="api", received_at=messages.keeping.now(), written=written, addressed=data.controller
        )
        return MessageTakenOut(await messages.keeping.take_in(received, once=data.once or secrets.token_hex(16)))

    @get("/", summary="List the messages that wait for a human")
    async def waiting(
        self, request: Http, admission: NamedDependency[Admission], messages: NamedDependency[Messages]
    ) -> list[MessageOut]:
        """Those nobody is found for, under their 72 hours, and the processor's own; the newest first."""
        await admission.operator(request)
        return [_message(one) for one in await messages.keeping.listed(("unassigned", "own"), MANY)]

    @get("/{message:uuid}", summary="Read a message that waits for a human")
    async def read(
        self, request: Http, message: UUID, admission: NamedDependency[Admission], messages: NamedDependency[Messages]
    ) -> MessageReadOut:
        """Recorded first. For a credential of the processor that serves the rights of persons."""
        caller = await admission.operator(request, Purpose.rights_of_persons)
        try:
            found, read = await messages.opened(message, by=caller.actor.id)
        except Gone:
            raise Refusing(UNKNOWN) from None
        return MessageReadOut(
            _message(found), read.sender, read.name, read.subject, read.text, read.company, list(read.known_as),
            read.attachments,
        )  # fmt: skip

    @post("/{message:uuid}/decision", summary="Decide about a message", status_code=204)
    async def decide(
        self, request: Http, message: UUID, data: DecisionIn, admission: NamedDependency[Admission],
        messages: NamedDependency[Messages], filing: NamedDependency[Filing],
    ) -> None:  # fmt: skip
        """Ends its clock; the entry of the decision is the evidence. 409 where somebody else decided."""
        caller = await admission.operator(request, Purpose.rights_of_persons)
        by = caller.actor.id
        try:
            if data.decision == "pass-on":
                known = {one.id for one in await filing.listed() if one.kind == "controller"}
                if not data.controllers or not known.issuperset(data.controllers):
                    raise Refusing(NO_CONTROLLER)
                await messages.assign(message, list(dict.fromkeys(data.controllers)), data.rights, by=by)
            elif data.decision == "answered":
                await messages.answered(message, by=by)
            else:
                reason = "concerns-nobody" if data.decision == "concerns-nobody" else "human"
                await messages.set_aside(
                    message, "own" if data.decision == "own" else "dismissed", by=by, reason=reason
                )
        except Gone:
            raise Refusing(UNKNOWN) from None
        except Decided:
            raise Refusing(DECIDED) from None
        except NoAgreement:
            raise Refusing(NOT_AGREED) from None


class DirectRequests(Controller):
    """What reached the credential's own controller."""

    path = "/api/v1/direct-requests"
    tags = ("direct requests",)

    @get("/", summary="List what persons sent to the processor")
    async def listed(
        self, request: Http, admission: NamedDependency[Admission], direct: NamedDependency[Requests]
    ) -> list[DirectRequestOut]:
        """The newest first, with their clocks, without content."""
        caller = await admission.member(request)
        return [_out(one) for one in await direct.listed(caller.controller)]

    @get("/{direct_request:uuid}/original", summary="The message as it came")
    async def original(
        self, request: Http, direct_request: UUID, admission: NamedDependency[Admission],
        direct: NamedDependency[Requests],
    ) -> Response[bytes]:  # fmt: skip
        """Recorded first; for as long as the content is held. For a credential that serves the rights of persons: what a
        person wrote is read to answer it, and for nothing else."""
        caller = await admission.member(request, Purpose.rights_of_persons)
        try:
            name, content = await direct.original(caller.controller, direct_request, by=caller.actor.id)
        except NoRequest:
            raise Refusing(UNKNOWN) from None
        named = {"content-disposition": f'attachment; filename="{name}"'}
        return Response(content, media_type="application/octet-stream", headers={**KEPT_NOWHERE, **named})


def _message(one: Kept) -> MessageOut:
    return MessageOut(
        one.message_id, one.state, one.reason, list(one.kinds), list(one.reasons), one.channel, one.received_at,
        one.ended_at, one.readable,
    )  # fmt: skip


def _out(one: Direct) -> DirectRequestOut:
    clocks = [
        ClockOut(each.clause, each.due_at, each.ended_at, each.seconds, each.late, each.state, each.proof)
        for each in one.clocks
    ]
    return DirectRequestOut(
        one.id, one.received_at, one.assigned_at, one.channel, one.verdict, list(one.kinds), list(one.reasons),
        one.acknowledged, one.keep_until, one.readable, clocks,
    )  # fmt: skip

"""Processing registers over HTTP: a controller reads its own, an operator every controller's. Each copy is recorded."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import QueryParameter
from msgspec import Meta

from bailee.api.control.admission import Admission
from bailee.api.problems import Refusing, problem
from bailee.clauses.processing_register.commands import Giving, NotAsked, To
from bailee.clauses.processing_register.events import Ask, Asker, Form, Given, Receiver
from bailee.clauses.processing_register.forms import MEDIA, named
from bailee.clauses.processing_register.registers import NothingInForce, NotYet, NoVersion, Registers, instant
from bailee.gate.credentials import Caller
from bailee.infra.clock import Clock
from bailee.infra.pdf import NotTypeset
from bailee.vocabulary.languages import Language
from bailee.vocabulary.parties import ActorKind

Http = Request[Any, Any, Any]
Day = Annotated[str, QueryParameter(name="at")]
Wanted = Annotated[Form, QueryParameter(name="format")]
Answering = Annotated[UUID | None, QueryParameter(name="request")]
NOTHING = problem(
    409, "no-agreement", "Nothing was in force with this controller then", "Name a day on which an agreement was.",
    clause="register.art30-2",
)  # fmt: skip
NO_VERSION = problem(404, "no-version", "There is no version of that number", "List the versions.")
NOT_ASKED = problem(409, "not-asked", "No such request waits", "List the requests, and name one that is open.")
COMING = problem(422, "coming", "That day is still to come", "Name a day that has come, or none: then it is of now.")
UNREAD = problem(422, "instant", "This is no day", "Write a day as 2026-11-26, or an instant with its time zone.")
UNSET = problem(422, "not-typeset", "A name in it cannot be printed", "Take another format.")


class RegisterAskIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A request that came in writing: whose, in an authority's case which, and as of which day (none: of when it is
    given)."""

    asker: Asker = "controller"
    whom: Annotated[str, Meta(max_length=300)] = ""
    at: Annotated[str, Meta(max_length=40)] = ""


class RegisterAskOut(msgspec.Struct, frozen=True):
    """A request and the obligation that it opened."""

    id: UUID
    asked_at: datetime
    asker: Asker
    whom: str
    at: datetime | None
    obligation: UUID
    open: bool


class RegisterVersionOut(msgspec.Struct, frozen=True):
    """A version of what is declared: its number, and the SHA-256 that the ledger holds too."""

    number: int
    digest: str
    made_at: datetime


class RegisterGivenOut(msgspec.Struct, frozen=True):
    """A copy that was given: to whom, as of when, the digests of its document and of each file."""

    id: UUID
    given_at: datetime
    to: Receiver
    whom: str
    at: datetime
    number: int
    digest: str
    files: dict[str, str]
    request: UUID | None


class RegisterDifferenceOut(msgspec.Struct, frozen=True):
    """What one version says otherwise than another."""

    how: str
    part: str
    which: str
    field: str
    before: list[str]
    after: list[str]


class RegisterOf(Controller):
    """The processing register of a controller (GDPR Art. 30(2))."""

    path = "/api/v1/controllers/{controller:uuid}/register"
    tags = ("processing register",)

    @get("/", summary="Take the register, as of now or of a day")
    async def take(
        self, request: Http, controller: UUID, admission: NamedDependency[Admission], giving: NamedDependency[Giving],
        clock: NamedDependency[Clock], wanted: Wanted = "json", at: Day = "", language: Language = "en",
        answering: Answering = None,
    ) -> Response[bytes]:  # fmt: skip
        """In one of the formats. The copy is recorded; it discharges what was asked for by whoever takes it, or the
        `request` that it answers. Its digest stands in `bailee-register`."""
        caller = await admission.party(request, controller)
        to = To(receiver=_receiver(caller, controller), request=answering if _ours(caller, controller) else None)
        try:
            when = _instant(at, clock)
            handed = await giving.give(controller, [wanted], to, language=language, at=when, by=caller.actor.id)
        except (NothingInForce, NotYet, NotAsked, NotTypeset) as error:
            raise Refusing(SAID[type(error)]) from error
        headers = {
            "content-disposition": f'attachment; filename="{named(handed.given.at, wanted)}"',
            "bailee-register": handed.given.digest,
        }
        return Response(handed.files[wanted], media_type=MEDIA[wanted], headers=headers)

    @get("/versions", summary="List the versions")
    async def versions(
        self, request: Http, controller: UUID, admission: NamedDependency[Admission],
        registers: NamedDependency[Registers],
    ) -> list[RegisterVersionOut]:  # fmt: skip
        """The newest first."""
        await admission.party(request, controller)
        found = await registers.keeping.versions(controller)
        return [RegisterVersionOut(one.number, one.digest, one.made_at) for one in found]

    @get("/difference", summary="Compare two versions")
    async def difference(
        self, request: Http, controller: UUID, before: int, after: int, admission: NamedDependency[Admission],
        registers: NamedDependency[Registers],
    ) -> list[RegisterDifferenceOut]:  # fmt: skip
        """What `after` says otherwise than `before`."""
        await admission.party(request, controller)
        try:
            _, _, found = await registers.difference(controller, before, after)
        except NoVersion as error:
            raise Refusing(NO_VERSION) from error
        return [
            RegisterDifferenceOut(one.how, one.part, one.which, one.field, list(one.before), list(one.after))
            for one in found
        ]

    @get("/given", summary="List the copies that were given")
    async def given(
        self, request: Http, controller: UUID, admission: NamedDependency[Admission], giving: NamedDependency[Giving]
    ) -> list[RegisterGivenOut]:
        """The newest first."""
        await admission.party(request, controller)
        return [_given(one) for one in await giving.given(controller)]

    @get("/requests", summary="List the requests for the register")
    async def asked(
        self, request: Http, controller: UUID, admission: NamedDependency[Admission], giving: NamedDependency[Giving]
    ) -> list[RegisterAskOut]:
        """The newest first."""
        await admission.party(request, controller)
        return [_ask(one) for one in await giving.asks(controller)]

    @post("/requests", summary="Ask for the register in writing, or note who did")
    async def ask(
        self, request: Http, controller: UUID, data: RegisterAskIn, admission: NamedDependency[Admission],
        giving: NamedDependency[Giving], clock: NamedDependency[Clock],
    ) -> RegisterAskOut:  # fmt: skip
        """From now on it is owed to whoever asked, within the agreement's target."""
        caller = await admission.party(request, controller)
        try:
            ask = await giving.ask(
                controller, data.asker, whom=data.whom, at=_instant(data.at, clock), by=caller.actor.id
            )
        except (NothingInForce, NotYet) as error:
            raise Refusing(SAID[type(error)]) from error
        return _ask(ask)


SAID = {NothingInForce: NOTHING, NotYet: COMING, NotAsked: NOT_ASKED, NotTypeset: UNSET}


def _instant(text: str, clock: Clock) -> datetime | None:
    try:
        return instant(text, clock.now())
    except ValueError as error:
        raise Refusing(UNREAD) from error


def _ours(caller: Caller, controller: UUID) -> bool:
    return caller.controller != controller


def _receiver(caller: Caller, controller: UUID) -> Receiver:
    if _ours(caller, controller):
        return "processor"
    return "auditor" if caller.actor.kind is ActorKind.auditor else "controller"


def _ask(one: Ask) -> RegisterAskOut:
    return RegisterAskOut(one.id, one.asked_at, one.asker, one.whom, one.at, one.obligation, one.open)


def _given(one: Given) -> RegisterGivenOut:
    return RegisterGivenOut(
        one.id, one.given_at, one.to, one.whom, one.at, one.number, one.digest, one.files, one.request
    )  # fmt: skip

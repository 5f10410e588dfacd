"""Obligations: who owes what to whom by when. A controller sees its own; an operator sees every controller's."""

import base64
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Controller, Request, delete, get, post
from litestar.di import NamedDependency
from litestar.params import QueryParameter
from msgspec import Meta

from bailee.api.control.admission import Admission
from bailee.api.problems import UNKNOWN, Refusing, problem
from bailee.infra.clock import Clock
from bailee.obligations.calendars import Calendars
from bailee.obligations.evidence import Evidence, File
from bailee.obligations.obligations import Obligations
from bailee.obligations.promises import Creditor, Obligation, Side, State
from bailee.obligations.whose import Whose
from bailee.vocabulary.languages import Language

Http = Request[Any, Any, Any]
Wanted = Annotated[Literal["open", "ended"], QueryParameter(name="show")]
Whom = Annotated[UUID | None, QueryParameter(name="controller")]


class ObligationOut(msgspec.Struct, frozen=True):
    """An obligation. `due_at` is the last instant at which it is kept in time; `strict_at` and `generous_at` are the
    readings of the period, `rule` says how they were counted. `proof` names what discharged it, or why it was withdrawn."""

    id: UUID
    controller: UUID
    clause: str
    subject: str
    owed_by: Side
    owed_to: Creditor
    opened_at: datetime
    due_at: datetime
    strict_at: datetime
    generous_at: datetime
    rule: str
    evidence: str
    reminders: list[datetime]
    state: State
    late: bool
    infringed_at: datetime | None
    ended_at: datetime | None
    proof: str


class EvidenceIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Evidence of a duty of one's own: a file's name and its content in base64, 700 000 bytes at most."""

    name: Annotated[str, Meta(min_length=1, max_length=200)]
    content: Annotated[str, Meta(min_length=1, max_length=950_000)]


class EvidenceOut(msgspec.Struct, frozen=True):
    """What was attached: its id and SHA-256."""

    id: UUID
    sha256: str
    size: int
    at: datetime


class CalendarIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The language of a calendar."""

    language: Language = "en"


class CalendarMadeOut(msgspec.Struct, frozen=True):
    """A new calendar: the path of its link, shown this once. Whoever has the link sees the calendar."""

    id: UUID
    path: str


class CalendarOut(msgspec.Struct, frozen=True):
    """A calendar as listed."""

    id: UUID
    language: str
    made_by: str
    made_at: datetime


class ObligationsOf(Controller):
    """The obligations of the credential's own controller; an operator's are those of all."""

    path = "/api/v1/obligations"
    tags = ("obligations",)

    @get("/", summary="List obligations")
    async def listed(
        self, request: Http, admission: NamedDependency[Admission], obligations: NamedDependency[Obligations],
        whose: NamedDependency[Whose], clock: NamedDependency[Clock], wanted: Wanted = "open", controller: Whom = None,
    ) -> list[ObligationOut]:  # fmt: skip
        """What is open, the earliest due first; or what has ended, the latest first (of one controller)."""
        caller = await admission.anyone(request)
        named = await whose.of(caller.controller, controller)
        if not named:
            raise Refusing(UNKNOWN)
        if wanted == "open":
            return [_out(one, clock.now()) for one in await obligations.open_of(named)]
        if len(named) > 1:
            raise Refusing(problem(400, "controller", "Of whom?", "Name a `controller`."))
        return [_out(one, clock.now()) for one in await obligations.ended_of(named[0])]

    @get("/{obligation:uuid}", summary="Read an obligation")
    async def one(
        self, request: Http, obligation: UUID, admission: NamedDependency[Admission],
        obligations: NamedDependency[Obligations], whose: NamedDependency[Whose], clock: NamedDependency[Clock],
        controller: Whom = None,
    ) -> ObligationOut:  # fmt: skip
        """One obligation; an operator names its controller."""
        named = await whose.of((await admission.anyone(request)).controller, controller)
        found = await obligations.one(named[0], obligation) if len(named) == 1 else None
        if found is None:
            raise Refusing(UNKNOWN)
        return _out(found, clock.now())

    @post("/{obligation:uuid}/evidence", summary="Attach evidence to a duty of one's own")
    async def attach(
        self, request: Http, obligation: UUID, data: EvidenceIn, admission: NamedDependency[Admission],
        evidence: NamedDependency[Evidence], whose: NamedDependency[Whose], controller: Whom = None,
    ) -> EvidenceOut:  # fmt: skip
        """It is sealed, its digest is recorded; a duty that the agreement added is discharged by it."""
        caller = await admission.anyone(request)
        named = await whose.of(caller.controller, controller)
        if len(named) != 1:
            raise Refusing(UNKNOWN)
        try:
            content = base64.b64decode(data.content, validate=True)
        except ValueError:  # of what is not ASCII it is not binascii.Error
            raise Refusing(problem(422, "data", "The content is not base64", "Encode the file's bytes.")) from None
        done = await evidence.attach(
            named[0], obligation, File(data.name, content), side=whose.side(caller.controller), by=caller.actor.id
        )
        return EvidenceOut(done.id, done.digest, done.size, done.at)

    @post("/calendars", summary="Make a calendar of what is open")
    async def make_calendar(
        self, request: Http, data: CalendarIn, admission: NamedDependency[Admission],
        calendars: NamedDependency[Calendars],
    ) -> CalendarMadeOut:  # fmt: skip
        """An iCalendar under an unguessable link of its own: identifiers and clocks only, until it is revoked."""
        caller = await admission.anyone(request)
        id, path = await calendars.make(caller.controller, language=data.language, by=caller.actor.id)
        return CalendarMadeOut(id, path)

    @get("/calendars", summary="List the calendars")
    async def calendars(
        self, request: Http, admission: NamedDependency[Admission], calendars: NamedDependency[Calendars]
    ) -> list[CalendarOut]:
        """Without their links."""
        caller = await admission.anyone(request)
        return [CalendarOut(*msgspec.structs.astuple(one)) for one in await calendars.listed(caller.controller)]

    @delete("/calendars/{calendar:uuid}", summary="Revoke a calendar", status_code=204)
    async def revoke_calendar(
        self, request: Http, calendar: UUID, admission: NamedDependency[Admission],
        calendars: NamedDependency[Calendars],
    ) -> None:  # fmt: skip
        """Its link shows nothing any more, at once."""
        caller = await admission.anyone(request)
        if not await calendars.revoke(caller.controller, calendar, by=caller.actor.id):
            raise Refusing(UNKNOWN)


def _out(one: Obligation, now: datetime) -> ObligationOut:
    promise = one.promise
    late = one.infringed_at is not None or (one.ended_at or now) > promise.binding
    return ObligationOut(
        id=one.id, controller=one.controller, clause=promise.clause, subject=promise.subject, owed_by=promise.owed_by,
        owed_to=promise.owed_to, opened_at=one.opened_at, due_at=promise.binding, strict_at=promise.due.strict,
        generous_at=promise.due.generous, rule=promise.due.rule, evidence=promise.evidence,
        reminders=list(promise.reminders), state=one.state, late=late, infringed_at=one.infringed_at,
        ended_at=one.ended_at, proof=one.proof,
    )  # fmt: skip

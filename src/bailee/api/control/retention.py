"""Retention over HTTP: a controller's rules, what each would take, when what goes, and what went."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, get, post, put
from litestar.di import NamedDependency
from msgspec import Meta

from bailee.api.control.admission import Admission
from bailee.api.problems import UNKNOWN, Refusing, of_refusal
from bailee.clauses.retention.commands import Retention
from bailee.clauses.retention.events import Count, Ground, Kept, Origin, Rule, Standing, State
from bailee.contract.ruling import AccessRequest, Refusal
from bailee.vocabulary.operations import Operation
from bailee.vocabulary.purposes import Purpose

Http = Request[Any, Any, Any]


class RuleIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A rule: `type` is a record type or `person`; no group is everyone, no purpose whatever it is held for."""

    name: Annotated[str, Meta(min_length=1, max_length=120)]
    type: Annotated[str, Meta(min_length=1, max_length=63)]
    origin: Origin
    period: Annotated[str, Meta(min_length=1, max_length=20, description="In days, months or years: `3 years`.")]
    group: Annotated[str, Meta(max_length=40)] = ""
    purpose: Annotated[str, Meta(max_length=40)] = ""
    ground: Ground = Ground.purpose
    reference: Annotated[str, Meta(max_length=300)] = ""


class RuleOut(msgspec.Struct, frozen=True):
    """A version of a rule, and how it stands. `effective_at`: when it takes something for the first time."""

    id: UUID
    version: int
    state: State
    rule: RuleIn
    made_at: datetime
    confirmed_at: datetime | None
    effective_at: datetime | None
    ended_at: datetime | None


class TakenOut(msgspec.Struct, frozen=True):
    """So many of a type, of people in these groups, in a month (empty: no day yet; `due`: over, and still there)."""

    type: str
    groups: list[str]
    month: str
    standing: Standing
    number: int


class RuleTakingOut(msgspec.Struct, frozen=True):
    """The same by rule."""

    rule: UUID
    taking: TakenOut


class PreviewOut(msgspec.Struct, frozen=True):
    """What a draft would take. It is whole once it has an end; what is confirmed names it by its id."""

    id: UUID
    version: int
    began_at: datetime
    ended_at: datetime | None
    total: int
    taking: list[TakenOut]


class RuleWithPreviewOut(msgspec.Struct, frozen=True):
    """A rule in its newest version, and of a draft what it would take."""

    rule: RuleOut
    preview: PreviewOut | None


class ConfirmIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What was seen before confirming."""

    preview: UUID


class GoneOut(msgspec.Struct, frozen=True):
    """So many of a type went on a day."""

    rule: UUID
    type: str
    day: date
    number: int


class RetentionOut(msgspec.Struct, frozen=True):
    """All of it: every version of every rule, what goes when as of the last whole look, and what went, latest first."""

    rules: list[RuleOut]
    calendar: list[RuleTakingOut]
    gone: list[GoneOut]
    looked_at: datetime | None
    looks_again_at: datetime | None


class EndOut(msgspec.Struct, frozen=True):
    """So many of a type go together: when (null: no day yet), by the rule of this name or (`own`) an end of their own.
    `later` are those that would have ended them later: the earliest binds."""

    type: str
    number: int
    at: datetime | None
    by: str
    later: tuple[str, ...]


class AboutOut(msgspec.Struct, frozen=True):
    """When what is held about a person goes: the person whole, and what goes before them. `standing` keeps it back."""

    person: EndOut | None
    ends: list[EndOut]
    endless: int
    standing: Standing


class RetentionOf(Controller):
    """The retention of one controller: its own decisions, whoever asks in its name."""

    path = "/api/v1/retention"
    tags = ("retention",)

    @get("/", summary="Rules, what goes when, and what went")
    async def overview(
        self, request: Http, admission: NamedDependency[Admission], retention: NamedDependency[Retention]
    ) -> RetentionOut:
        """As of the last look at everyone that was whole."""
        caller = await admission.member(request)
        seen = await retention.showing.overview(caller.controller)
        counts = [*seen.outlook.late, *(one for bar in seen.outlook.bars for one in bar.parts), *seen.outlook.undated]
        return RetentionOut(
            rules=[_rule(one) for one in seen.rules], calendar=[RuleTakingOut(one.rule, _taken(one)) for one in counts],
            gone=[GoneOut(one.rule, one.type, one.day, one.number) for one in seen.gone],
            looked_at=seen.looked_at, looks_again_at=seen.run_at,
        )  # fmt: skip

    @post("/rules", summary="Make a rule: a draft, of which is counted what it would take", status_code=201)
    async def propose(
        self, request: Http, data: RuleIn, admission: NamedDependency[Admission], retention: NamedDependency[Retention]
    ) -> RuleWithPreviewOut:
        """It takes nothing until it is confirmed. 422 names the clause by which a rule may not be."""
        caller = await admission.member(request)
        made = await retention.propose(caller.controller, _read(data), by=caller.actor.id)
        return await _with_preview(retention, caller.controller, made.id)

    @get("/rules/{rule:uuid}", summary="A rule in its newest version, and what it would take")
    async def find(
        self, request: Http, rule: UUID, admission: NamedDependency[Admission], retention: NamedDependency[Retention]
    ) -> RuleWithPreviewOut:
        """The preview grows until it is whole: big controllers are counted in the background."""
        caller = await admission.member(request)
        return await _with_preview(retention, caller.controller, rule)

    @put("/rules/{rule:uuid}", summary="Make the next version of a rule, a draft")
    async def change(
        self, *, request: Http, rule: UUID, data: RuleIn, admission: NamedDependency[Admission],
        retention: NamedDependency[Retention],
    ) -> RuleWithPreviewOut:  # fmt: skip
        """The version that holds goes on until this one is confirmed."""
        caller = await admission.member(request)
        await retention.change(caller.controller, rule, _read(data), by=caller.actor.id)
        return await _with_preview(retention, caller.controller, rule)

    @post("/rules/{rule:uuid}/preview", summary="Count anew what a draft would take", status_code=200)
    async def recount(
        self, request: Http, rule: UUID, admission: NamedDependency[Admission], retention: NamedDependency[Retention]
    ) -> RuleWithPreviewOut:
        """What was counted more than a day ago confirms nothing any more."""
        caller = await admission.member(request)
        await retention.recount(caller.controller, rule)
        return await _with_preview(retention, caller.controller, rule)

    @post("/rules/{rule:uuid}/confirm", summary="Confirm a draft by what it would take", status_code=200)
    async def confirm(
        self, *, request: Http, rule: UUID, data: ConfirmIn, admission: NamedDependency[Admission],
        retention: NamedDependency[Retention],
    ) -> RuleOut:  # fmt: skip
        """It takes something for the first time at `effective_at`, and can be ended until then as ever after."""
        caller = await admission.member(request)
        return _rule(await retention.confirm(caller.controller, rule, data.preview, by=caller.actor.id))

    @post("/rules/{rule:uuid}/end", summary="End a rule: it takes nothing more", status_code=200)
    async def end(
        self, request: Http, rule: UUID, admission: NamedDependency[Admission], retention: NamedDependency[Retention]
    ) -> RuleOut:
        """At once, whether it is a draft, in its grace or in force."""
        caller = await admission.member(request)
        await retention.end(caller.controller, rule, by=caller.actor.id)
        return _rule(await retention.find(caller.controller, rule))

    @get("/persons/{person:uuid}", summary="When what is held about a person goes, and by which rule")
    async def about(
        self, request: Http, person: UUID, admission: NamedDependency[Admission], retention: NamedDependency[Retention]
    ) -> AboutOut:
        """Nothing is opened; that someone looked is recorded. For a credential that serves account-management."""
        caller = await admission.member(request, Purpose.account_management)
        asked = AccessRequest(
            actor=caller.actor, controller=caller.controller, operation=Operation.consult, persons=(person,),
            purpose=Purpose.account_management,
        )  # fmt: skip
        found = await retention.showing.about(asked, person)
        if isinstance(found, Refusal):
            raise Refusing(of_refusal(found))
        if found is None:
            raise Refusing(UNKNOWN)
        ends = [EndOut(one.type, one.number, one.at, one.by, one.later) for one in found.ends]
        whole = found.person
        return AboutOut(
            person=EndOut(whole.type, 1, whole.at, whole.by, whole.later) if whole else None, ends=ends,
            endless=found.endless, standing=found.standing,
        )  # fmt: skip


def _read(data: RuleIn) -> Rule:
    return Rule(
        name=data.name.strip(), type=data.type, origin=data.origin, period=data.period, group=data.group,
        purpose=data.purpose, ground=data.ground, reference=data.reference.strip(),
    )  # fmt: skip


def _rule(one: Kept) -> RuleOut:
    given = {name: getattr(one.rule, name) for name in RuleIn.__struct_fields__}
    return RuleOut(
        one.id, one.version, one.state, RuleIn(**given), one.made_at, one.confirmed_at, one.effective_at, one.ended_at
    )


def _taken(one: Count) -> TakenOut:
    return TakenOut(one.type, one.groups.split(), one.month, one.standing, one.number)


async def _with_preview(retention: Retention, controller: UUID, rule: UUID) -> RuleWithPreviewOut:
    found, seen = await retention.find(controller, rule), await retention.showing.preview(controller, rule)
    preview = None
    if seen is not None and found.state == "draft":
        preview = PreviewOut(
            seen.id, seen.version, seen.began_at, seen.ended_at, seen.total, [_taken(one) for one in seen.counts]
        )
    return RuleWithPreviewOut(_rule(found), preview)

"""Pages of retention: the controller's rules and calendar, a rule before it is confirmed, and when what of a person goes."""

from collections.abc import Awaitable
from typing import Any, TypeVar
from uuid import UUID

from litestar import Controller, Request, get, post
from litestar.datastructures import FormMultiDict

from bailee.clauses.retention.commands import Retention
from bailee.clauses.retention.deadlines import GRACE, is_too_long
from bailee.clauses.retention.events import WHOLE, Ground, Kept, Origin, Rule
from bailee.clauses.retention.evidence import kept_back, outlook
from bailee.clauses.retention.looking import calendar_of
from bailee.clauses.retention.mistakes import NoSuchRule, NothingAgreed, NotNow, RuleRefused
from bailee.clauses.retention.showing import About
from bailee.contract.ruling import AccessRequest, Refusal
from bailee.gate.passage import Destroyed
from bailee.infra.clock import Clock
from bailee.infra.web import forms
from bailee.infra.web.answers import NOT_HERE, Html, Wrong, go, page, require
from bailee.infra.web.pages import Pages
from bailee.infra.web.visit import Visit
from bailee.vocabulary.operations import Operation
from bailee.vocabulary.parties import Actor, ActorKind
from bailee.vocabulary.purposes import Purpose

T = TypeVar("T")
Http = Request[Any, Any, Any]
READ, DECIDE, SEE = "retention:rule:read", "retention:rule:decide", "people:profile:read"
NOTHING_AGREED = Wrong(409, "Nothing is agreed yet", "A rule is measured by the agreement in force.")
UNITS = ("years", "months", "days")


class RetentionPages(Controller):
    """The controller's rules."""

    path = "/retention"
    include_in_schema = False

    @get("/")
    async def show(self, visit: Visit, pages: Pages, retention: Retention) -> Html:
        """What goes when, the rules, and what went."""
        require(visit, READ)
        if visit.side == "processor":  # it is each controller's own
            return go("/controllers")
        seen = await retention.showing.overview(visit.whose)
        newest = {one.id: one for one in seen.rules}
        open_ = [
            one for one in seen.rules if one.state == "confirmed" or (one.state == "draft" and newest[one.id] == one)
        ]
        return page(
            pages, "retention.html", visit, seen=seen, rules=open_, names=_names(seen.rules),
            ended=[one for one in seen.rules if one.state == "ended"],
        )  # fmt: skip

    @get("/new")
    async def new(self, visit: Visit, pages: Pages, retention: Retention) -> Html:
        """A rule to be made."""
        require(visit, DECIDE)
        return await _form(visit, pages, retention)

    @post("/new")
    async def propose(self, request: Http, visit: Visit, pages: Pages, retention: Retention) -> Html:
        """Make it, and show what it would take."""
        require(visit, DECIDE)
        rule = _read(await request.form())
        try:
            made = await told(retention.propose(visit.whose, rule, by=str(visit.who)))
        except RuleRefused as refused:
            return await _form(visit, pages, retention, written=rule, refused=refused)
        return go(f"/retention/{made.id}")

    @get("/{rule:uuid}")
    async def one(self, rule: UUID, visit: Visit, pages: Pages, retention: Retention, clock: Clock) -> Html:
        """A rule: of a draft what it would take, to be confirmed; of one that holds since when."""
        require(visit, READ)
        versions = [one for one in await retention.showing.rules(visit.whose) if one.id == rule]
        if not versions:
            raise NOT_HERE
        newest, seen = versions[-1], await retention.showing.preview(visit.whose, rule)
        _, force = await told(retention.agreed(visit.whose))
        counts = seen.counts if seen and newest.state == "draft" else ()
        calendar = calendar_of(force)
        return page(
            pages, "retention-rule.html", visit, rule=newest, versions=versions, preview=seen, grace=str(GRACE),
            drawn=outlook(counts, calendar.day(clock.now())), calendar=calendar, kept_back=kept_back(counts), groups=_by_group(counts),
            most=force.agreement.terms.retention.controller_most.value,
            too_long=is_too_long(newest.rule, force.agreement, calendar.day(clock.now())),
        )  # fmt: skip

    @get("/{rule:uuid}/change")
    async def changing(self, rule: UUID, visit: Visit, pages: Pages, retention: Retention) -> Html:
        """Its next version."""
        require(visit, DECIDE)
        return await _form(visit, pages, retention, known=await told(retention.find(visit.whose, rule)))

    @post("/{rule:uuid}/change")
    async def change(self, *, request: Http, rule: UUID, visit: Visit, pages: Pages, retention: Retention) -> Html:
        """Make the next version, and show what it would take."""
        require(visit, DECIDE)
        known, new = await told(retention.find(visit.whose, rule)), _read(await request.form())
        try:
            await told(retention.change(visit.whose, rule, new, by=str(visit.who)))
        except RuleRefused as refused:
            return await _form(visit, pages, retention, known=known, written=new, refused=refused)
        return go(f"/retention/{rule}")

    @post("/{rule:uuid}")
    async def decide(self, request: Http, rule: UUID, visit: Visit, retention: Retention) -> Html:
        """Confirm, count anew, or end."""
        require(visit, DECIDE)
        sent, by = await request.form(), str(visit.who)
        match forms.text(sent, "act"):
            case "confirm":
                await told(retention.confirm(visit.whose, rule, forms.id_of(sent, "preview"), by=by))
                return go(f"/retention/{rule}", "It is confirmed, and takes something only after its grace.")
            case "recount":
                await told(retention.recount(visit.whose, rule))
                return go(f"/retention/{rule}")
            case "end":
                await told(retention.end(visit.whose, rule, by=by))
                return go("/retention", "The rule is ended: it takes nothing more.")
            case _:
                raise NOT_HERE


class UntilPages(Controller):
    """When what is held about someone goes: for the controller's staff, and for the person."""

    path = "/"
    include_in_schema = False

    @get("/people/{person:uuid}/until")
    async def of_person(self, person: UUID, visit: Visit, pages: Pages, retention: Retention) -> Html:
        """What of someone goes when."""
        require(visit, SEE)
        about = await _about(visit, retention, person, ActorKind.controller_staff)
        return page(pages, "person-until.html", visit, about=about, person=person, own=False)

    @get("/me/until")
    async def mine(self, visit: Visit, pages: Pages, retention: Retention) -> Html:
        """What of me goes when."""
        if visit.side == "processor":
            return go("/me")
        about = await _about(visit, retention, visit.who, ActorKind.person)
        return page(pages, "person-until.html", visit, about=about, person=visit.who, own=True)


async def told(work: Awaitable[T]) -> T:
    """What a command did, or the page that says why it did not."""
    try:
        return await work
    except NoSuchRule:
        raise NOT_HERE from None
    except NothingAgreed:
        raise NOTHING_AGREED from None
    except NotNow as problem:
        raise Wrong(409, "That cannot be done now", f"retention-not-now-{problem.state}") from None


async def _about(visit: Visit, retention: Retention, person: UUID, kind: ActorKind) -> About:
    asked = AccessRequest(
        actor=Actor(str(visit.who), kind, visit.session.id), controller=visit.whose, operation=Operation.consult,
        purpose=Purpose.account_management, persons=(person,), place=visit.place,
    )  # fmt: skip
    try:
        found = await retention.showing.about(asked, person)
    except Destroyed:
        raise NOT_HERE from None
    if isinstance(found, Refusal):
        raise Wrong(403, "The agreement does not allow this", found.remedy, found.clause)
    if found is None:
        raise NOT_HERE
    return found


async def _form(
    visit: Visit, pages: Pages, retention: Retention, *, known: Kept | None = None, written: Rule | None = None,
    refused: RuleRefused | None = None,
) -> Html:  # fmt: skip
    _, force = await told(retention.agreed(visit.whose))
    purposes = sorted({*force.purposes, *(item.purpose for item in force.agreement.controller_purposes)})
    return page(
        pages, "retention-form.html", visit, status=422 if refused else 200, known=known, refused=refused,
        rule=written or (known.rule if known else None), whole=WHOLE, types=await told(retention.types(visit.whose)),
        groups=[str(one.group) for one in force.agreement.groups], purposes=purposes, origins=list(Origin),
        grounds=list(Ground), units=UNITS, most=force.agreement.terms.retention.controller_most.value,
    )  # fmt: skip


def _read(sent: FormMultiDict) -> Rule:
    """A rule as the form has it; what is none of the choices is as good as not chosen."""
    origin, ground = forms.text(sent, "origin"), forms.text(sent, "ground")
    return Rule(
        name=forms.text(sent, "name"), type=forms.text(sent, "type"), group=forms.text(sent, "group"),
        origin=next((one for one in Origin if one == origin), Origin.creation), purpose=forms.text(sent, "purpose"),
        period=f"{forms.number(sent, 'amount') or 0} {forms.text(sent, 'unit')}",
        ground=next((one for one in Ground if one == ground), Ground.purpose), reference=forms.text(sent, "reference"),
    )  # fmt: skip


def _names(rules: tuple[Kept, ...]) -> dict[UUID, str]:
    return {one.id: one.rule.name for one in rules}


def _by_group(counts: tuple[Any, ...]) -> list[tuple[str, list[str], int]]:
    """How many of each type, of people in which groups."""
    found: dict[tuple[str, str], int] = {}
    for one in counts:
        found[one.type, one.groups] = found.get((one.type, one.groups), 0) + one.number
    return [(kind, groups.split(), number) for (kind, groups), number in sorted(found.items())]

"""Breaches over HTTP: opened, counted and told by the operator; read, taken along and answered by a controller."""

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Any, Literal
from uuid import UUID

from litestar import Controller, Request, Response, get, post, put
from litestar.di import NamedDependency
from litestar.response import Stream

from bailee.api.control import breach_shapes as shapes
from bailee.api.control.admission import Admission
from bailee.api.control.errors import KEPT_NOWHERE
from bailee.api.problems import UNKNOWN, Refusing, problem
from bailee.clauses.breach_notice.commands import Breaches, Figured
from bailee.clauses.breach_notice.consulting import Told
from bailee.clauses.breach_notice.consulting import computed as last_computed
from bailee.clauses.breach_notice.events import Breach, Case, Concerned
from bailee.clauses.breach_notice.evidence import standing
from bailee.clauses.breach_notice.mistakes import ChangedMeanwhile, Faulty, NothingThere, NotNow
from bailee.clauses.breach_notice.opening import Given, named
from bailee.gate.filing import Filing
from bailee.infra.clock import Clock
from bailee.processing.accounts.approving.approvals import Approvals
from bailee.processing.accounts.approving.dangers import Asked, Danger
from bailee.vocabulary.languages import Language

Http = Request[Any, Any, Any]
OUTDATED = problem(
    412, "outdated", "The breach is at another version", "Read it again and send its version.", clause="breach.notify"
)


@contextmanager
def in_problems() -> Iterator[None]:
    """What keeps an act of this clause from being done, as a problem document."""
    try:
        yield
    except NothingThere:
        raise Refusing(UNKNOWN) from None
    except ChangedMeanwhile:
        raise Refusing(OUTDATED) from None
    except NotNow as not_now:
        remedy = "Read it: its state and its controllers say what can be done."
        raise Refusing(problem(409, f"breach/{not_now}", "That step does not go from here", remedy)) from None
    except Faulty as faulty:
        kind, remedy = f"breach/{faulty.args[0]}", "Mend what `type` names."
        raise Refusing(problem(422, kind, "This does not fit", remedy, clause="breach.content")) from None


class BreachesOf(Controller):
    """Breaches, for an operator of the processor."""

    path = "/api/v1/breaches"
    tags = ("breaches",)

    @post("/", summary="Write a breach down, or a suspicion", status_code=201)
    async def open(
        self, request: Http, data: shapes.BreachIn, admission: NamedDependency[Admission],
        breaches: NamedDependency[Breaches], filing: NamedDependency[Filing],
    ) -> shapes.BreachOut:  # fmt: skip
        """The files of its controllers are open when this answers, and with `tell` their first notices are queued."""
        caller = await admission.operator(request)
        with in_problems():
            given = Given(
                description=data.description.made(), aware_at=data.aware_at, tell=data.tell, search=data.search,
                scope=data.scope.made() if data.scope else None, controllers=await _named(filing, data.controllers),
            )  # fmt: skip
            return await _out(breaches, await breaches.open(given, by=caller.actor.id))

    @get("/", summary="The register of breaches")
    async def listed(
        self, request: Http, admission: NamedDependency[Admission], breaches: NamedDependency[Breaches]
    ) -> list[shapes.BreachOut]:
        """Every breach and suspicion with every controller concerned, the newest first (Art. 33(5))."""
        await admission.operator(request)
        return [await _out(breaches, one) for one in await breaches.keeping.breaches()]

    @get("/{breach:uuid}", summary="Read a breach")
    async def one(
        self, request: Http, breach: UUID, admission: NamedDependency[Admission], breaches: NamedDependency[Breaches]
    ) -> shapes.BreachOut:
        """Its controllers with their clocks, figures and notices."""
        await admission.operator(request)
        with in_problems():
            return await _out(breaches, await breaches.keeping.breach(breach))

    @post("/{breach:uuid}/decision", summary="Confirm or dismiss a suspicion", status_code=200)
    async def decide(
        self, request: Http, breach: UUID, data: shapes.DecisionOnBreachIn, admission: NamedDependency[Admission],
        breaches: NamedDependency[Breaches], filing: NamedDependency[Filing], clock: NamedDependency[Clock],
    ) -> shapes.BreachOut:  # fmt: skip
        """Confirmed, the clock runs from `aware_at` (now, where it is left out). Dismissed, the reason stays."""
        by = (await admission.operator(request)).actor.id
        with in_problems():
            if data.decision == "dismiss":
                return await _out(breaches, await breaches.opening.dismiss(breach, data.reason, by=by))
            aware, whom = data.aware_at or clock.now(), await _named(filing, data.controllers)
            return await _out(breaches, await breaches.confirm(breach, aware, whom, tell=data.tell, by=by))

    @put("/{breach:uuid}/description", summary="Say what is known now")
    async def describe(
        self, request: Http, breach: UUID, data: shapes.NewWordsIn, admission: NamedDependency[Admission],
        breaches: NamedDependency[Breaches],
    ) -> shapes.BreachOut:  # fmt: skip
        """The next notices tell it. 412 where somebody changed it meanwhile."""
        by = (await admission.operator(request)).actor.id
        with in_problems():
            said = data.description.made()
            return await _out(breaches, await breaches.opening.describe(breach, said, by=by, version=data.version))

    @post("/{breach:uuid}/controllers", summary="It concerns these too", status_code=200)
    async def concern(
        self, request: Http, breach: UUID, data: shapes.ConcernIn, admission: NamedDependency[Admission],
        breaches: NamedDependency[Breaches], filing: NamedDependency[Filing],
    ) -> shapes.BreachOut:  # fmt: skip
        """Each gets a file of its own."""
        by = (await admission.operator(request)).actor.id
        with in_problems():
            whom = await _named(filing, data.controllers)
            return await _out(breaches, await breaches.concern(breach, whom, tell=data.tell, by=by))

    @post("/{breach:uuid}/scopes", summary="Have it counted who and how many", status_code=202)
    async def scope(
        self, request: Http, breach: UUID, data: shapes.ScopeIn, admission: NamedDependency[Admission],
        breaches: NamedDependency[Breaches],
    ) -> shapes.BreachOut:  # fmt: skip
        """At every controller concerned; the worker does it. What was computed before stays beside it."""
        by = (await admission.operator(request)).actor.id
        with in_problems():
            await breaches.scope(breach, data.made(), by=by)
            return await _out(breaches, await breaches.keeping.breach(breach))

    @post("/{breach:uuid}/figures", summary="Put figures beside the computed ones", status_code=200)
    async def figure(
        self, request: Http, breach: UUID, data: shapes.FiguresIn, admission: NamedDependency[Admission],
        breaches: NamedDependency[Breaches],
    ) -> shapes.BreachOut:  # fmt: skip
        """With a reason; both stay on record."""
        by = (await admission.operator(request)).actor.id
        given = Figured(
            persons=data.persons, records=data.records, categories=tuple(data.categories), reason=data.reason
        )
        with in_problems():
            await breaches.figure(breach, data.controller, given, by=by, version=data.version)
            return await _out(breaches, await breaches.keeping.breach(breach))

    @post("/{breach:uuid}/notices", summary="Write to its controllers", status_code=202)
    async def tell(
        self, request: Http, breach: UUID, data: shapes.NoticeIn, admission: NamedDependency[Admission],
        breaches: NamedDependency[Breaches],
    ) -> shapes.NoticesWrittenOut:  # fmt: skip
        """The first notice to whoever has had none, else what is new. Sending never waits for completeness."""
        by = (await admission.operator(request)).actor.id
        with in_problems():
            told = await breaches.tell(
                breach, by=by, controllers=data.controllers, news=data.news, closing=data.closing
            )
        return shapes.NoticesWrittenOut(told)

    @post("/{breach:uuid}/told-otherwise", summary="A controller was told in another way", status_code=200)
    async def told_otherwise(
        self, request: Http, breach: UUID, data: shapes.ToldOtherwiseIn, admission: NamedDependency[Admission],
        breaches: NamedDependency[Breaches],
    ) -> shapes.BreachOut:  # fmt: skip
        """For one with which nothing is agreed any more: no notice can leave to it from here."""
        by = (await admission.operator(request)).actor.id
        with in_problems():
            made = await breaches.opening.told_otherwise(breach, data.controller, data.at, data.how, by=by)
            return await _out(breaches, made)

    @post("/{breach:uuid}/close", summary="Close a breach", status_code=200)
    async def close(
        self, request: Http, breach: UUID, admission: NamedDependency[Admission], breaches: NamedDependency[Breaches]
    ) -> shapes.BreachOut:
        """When every controller has had its closing report."""
        by = (await admission.operator(request)).actor.id
        with in_problems():
            return await _out(breaches, await breaches.close(breach, by=by))


class BreachNotices(Controller):
    """Breaches that the credential's own controller was told of."""

    path = "/api/v1/breach-notices"
    tags = ("breaches",)

    @get("/", summary="The breaches you were told of")
    async def listed(
        self, request: Http, admission: NamedDependency[Admission], told: NamedDependency[Told]
    ) -> list[shapes.ToldOut]:
        """As the last notice told each, the newest first."""
        caller = await admission.member(request)
        return [shapes.told(one) for one in await told.listed(caller.controller)]

    @get("/{case:uuid}/file", summary="The facts for the authority's form")
    async def file(
        self, request: Http, case: UUID, admission: NamedDependency[Admission], told: NamedDependency[Told],
        form: Literal["json", "pdf"] = "json", language: Language = "en",
    ) -> Response[bytes]:  # fmt: skip
        """Art. 33(3), as last told; recorded first. Nothing is sent to any authority."""
        caller = await admission.member(request)
        with in_problems():
            content = await told.file(caller.controller, case, form, language, by=caller.actor.id)
        media = "application/pdf" if form == "pdf" else "application/json"
        return Response(content, media_type=media, headers=KEPT_NOWHERE)

    @get("/{case:uuid}/draft", summary="A draft of the letter to persons")
    async def draft(
        self, request: Http, case: UUID, admission: NamedDependency[Admission], told: NamedDependency[Told],
        language: Language = "en",
    ) -> Response[bytes]:  # fmt: skip
        """Art. 34, for the controller to make its own; nobody is written to."""
        caller = await admission.member(request)
        with in_problems():
            text = await told.draft(caller.controller, case, language)
        return Response(text.encode(), media_type="text/plain; charset=utf-8", headers=KEPT_NOWHERE)

    @post("/{case:uuid}/persons", summary="Whom it reached, by their ids", status_code=200)
    async def persons(
        self, request: Http, case: UUID, admission: NamedDependency[Admission], told: NamedDependency[Told],
        approvals: NamedDependency[Approvals],
    ) -> Stream:  # fmt: skip
        """NDJSON; a handover, recorded as one. Waits for a second person where the controller wants one (409); names are
        had by an export of these ids."""
        caller = await admission.member(request)
        with in_problems():
            number = last_computed(await told.one(caller.controller, case)).number
        fields = (("form", "ids"), ("scope", str(number)))
        asked = Asked(Danger.export, f"/api/v1/breach-notices/{case}/persons", fields)
        await approvals.first(caller.controller, asked, by=caller.actor.id)
        pieces = told.take(caller.controller, case, by=caller.actor.id)
        first = await anext(pieces, b"")
        return Stream(_after(first, pieces), media_type="application/x-ndjson", headers=KEPT_NOWHERE)

    @post("/{case:uuid}/remarks", summary="Say what you have done", status_code=204)
    async def remark(
        self, request: Http, case: UUID, data: shapes.RemarkIn, admission: NamedDependency[Admission],
        told: NamedDependency[Told],
    ) -> None:  # fmt: skip
        """About the authority it ends the controller's own clock, whichever way it decided."""
        caller = await admission.member(request)
        with in_problems():
            await told.remark(caller.controller, case, data.remark, data.at, data.words, by=caller.actor.id)


async def _after(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for piece in rest:
        yield piece


async def _named(filing: Filing, chosen: list[UUID]) -> dict[UUID, str]:
    return named([(one.id, one.name) for one in await filing.listed() if one.kind == "controller"], chosen)


async def _out(breaches: Breaches, one: Breach) -> shapes.BreachOut:
    said = one.description
    return shapes.BreachOut(
        id=one.id, version=one.version, state=one.state, found_at=one.found_at, aware_at=one.aware_at, what=said.what,
        natures=list(said.natures), consequences=said.consequences, measures=said.measures, searching=one.searching,
        found=dict(one.found), controllers=[_case(*each) for each in await breaches.cases(one)],
    )  # fmt: skip


def _case(concerned: Concerned, case: Case | None) -> shapes.CaseOut:
    figures = case.figures if case else None
    return shapes.CaseOut(
        controller=concerned.controller, id=concerned.case, version=case.version if case else 0,
        state=standing(case) if case else "apart" if concerned.apart else "waits",
        aware_at=case.aware_at if case else None, told_at=case.told_at if case else concerned.told_at,
        seconds=case.elapsed if case else None, persons=figures.persons if figures else None,
        records=figures.records if figures else None, categories=list(figures.categories) if figures else [],
        figures_are=figures.source if figures else "", unknown=list(case.unknown) if case else [],
        computed=[shapes.computed(each) for each in case.computed] if case else [],
        notices=[shapes.written(each) for each in case.sent] if case else [],
    )  # fmt: skip

"""Impact assessments over HTTP: ask for help, take what is known, tell what is concluded."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from msgspec import Meta

from bailee.api.control.admission import Admission
from bailee.api.problems import UNKNOWN, Refusing, problem
from bailee.clauses.impact_assessments.commands import MOST, Assessments, InThePast, NoAssessment, NotDuring, NotYet
from bailee.clauses.impact_assessments.events import Assessment, Form, State
from bailee.vocabulary.languages import Language

Http = Request[Any, Any, Any]
OVER = problem(
    409, "not-in-force", "Nothing is in force", "Help with an assessment is owed while the contract runs.",
    clause="dpia.assist",
)  # fmt: skip
EARLIER = problem(
    409, "not-yet", "The step does not go from here",
    "Conclusions follow the answer to what was asked, and stand once they are told: ask for another assessment.",
    clause="dpia.conclusions",
)  # fmt: skip
PAST = problem(
    422, "day-passed", "A day has passed already", "Send today or a later day for each measure.",
    clause="dpia.conclusions",
)  # fmt: skip


class AskedIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which processing is assessed, and what the processor is asked about it."""

    name: Annotated[str, Meta(min_length=1, max_length=200)]
    questions: Annotated[str, Meta(max_length=2000)] = ""


class MeasureIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A measure to be applied, until the end of a day."""

    words: Annotated[str, Meta(min_length=1, max_length=500)]
    due_on: date


class ConclusionsIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the controller concludes, and the measures that follow."""

    conclusions: Annotated[str, Meta(min_length=1, max_length=2000)]
    measures: Annotated[list[MeasureIn], Meta(max_length=MOST)] = []


class MeasureOut(msgspec.Struct, frozen=True):
    """A measure: until when it is owed, by which obligation, and how it was applied."""

    words: str
    due_on: date
    obligation: UUID
    done_at: datetime | None
    done: str


class AssessmentOut(msgspec.Struct, frozen=True):
    """An assessment as it stands."""

    id: UUID
    state: State
    asked_at: datetime
    changed_at: datetime
    name: str
    questions: str
    answer: str
    conclusions: str
    measures: list[MeasureOut]


class ImpactAssessments(Controller):
    """The impact assessments of one controller."""

    path = "/api/v1/impact-assessments"
    tags = ["impact assessments"]  # noqa: RUF012 -- the framework's own way

    @post("/", summary="Ask for help with an impact assessment", status_code=201)
    async def ask(
        self, request: Http, data: AskedIn, admission: NamedDependency[Admission],
        assessments: NamedDependency[Assessments],
    ) -> AssessmentOut:  # fmt: skip
        """What is known can be taken at once; questions are owed an answer within the agreement's target."""
        caller = await admission.member(request)
        try:
            id = await assessments.ask(caller.controller, data.name, data.questions, by=caller.actor.id)
        except NotDuring:
            raise Refusing(OVER) from None
        return _out(await assessments.one(caller.controller, id))

    @get("/", summary="Every impact assessment that help was asked for")
    async def listed(
        self, request: Http, admission: NamedDependency[Admission], assessments: NamedDependency[Assessments]
    ) -> list[AssessmentOut]:
        """The newest first, 200 at most."""
        caller = await admission.member(request)
        return [_out(one) for one in await assessments.listed(caller.controller)]

    @get("/{assessment:uuid}", summary="One impact assessment")
    async def one(
        self, request: Http, assessment: UUID, admission: NamedDependency[Admission],
        assessments: NamedDependency[Assessments],
    ) -> AssessmentOut:  # fmt: skip
        """With the answer, the conclusions and how far each measure is."""
        caller = await admission.member(request)
        return _out(await _one(assessments, caller.controller, assessment))

    @get(
        "/{assessment:uuid}/file", summary="What is known, for the authority's software", media_type="application/json"
    )
    async def file(
        self, *, request: Http, assessment: UUID, admission: NamedDependency[Admission],
        assessments: NamedDependency[Assessments], form: Form = "pia", language: Language = "en",
    ) -> Response[bytes]:  # fmt: skip
        """`pia` opens in the program itself, `pia-back` in its server. That it was given is recorded."""
        caller = await admission.member(request)
        await _one(assessments, caller.controller, assessment)
        try:
            content = await assessments.pack(caller.controller, assessment, form, language, by=caller.actor.id)
        except NotDuring:
            raise Refusing(OVER) from None
        return Response(content, media_type="application/json")

    @post("/{assessment:uuid}/conclusions", summary="Tell what is concluded", status_code=200)
    async def conclude(
        self, *, request: Http, assessment: UUID, data: ConclusionsIn, admission: NamedDependency[Admission],
        assessments: NamedDependency[Assessments],
    ) -> AssessmentOut:  # fmt: skip
        """Each measure becomes an obligation of the processor's until the end of its day."""
        caller = await admission.member(request)
        await _one(assessments, caller.controller, assessment)
        measures = [(one.words, one.due_on) for one in data.measures]
        try:
            await assessments.conclude(caller.controller, assessment, data.conclusions, measures, by=caller.actor.id)
        except NotDuring:
            raise Refusing(OVER) from None
        except NotYet:
            raise Refusing(EARLIER) from None
        except InThePast:
            raise Refusing(PAST) from None
        return _out(await assessments.one(caller.controller, assessment))


async def _one(assessments: Assessments, controller: UUID, id: UUID) -> Assessment:
    try:
        return await assessments.one(controller, id)
    except NoAssessment:
        raise Refusing(UNKNOWN) from None


def _out(one: Assessment) -> AssessmentOut:
    papers = one.papers
    measures = [MeasureOut(a.words, a.due_on, a.obligation, a.done_at, a.done) for a in papers.actions]
    return AssessmentOut(
        one.id, one.state, one.asked_at, one.changed_at, papers.name, papers.questions, papers.answer,
        papers.conclusions, measures,
    )  # fmt: skip

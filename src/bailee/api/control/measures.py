"""Measures of security: the statement for whoever has a credential of a party; what named persons say, for operators."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from msgspec import Meta

from bailee.api.control.admission import Admission
from bailee.api.problems import UNKNOWN, Refusing, problem
from bailee.clauses.security_measures.commands import Measures
from bailee.clauses.security_measures.declared import lowered_to
from bailee.clauses.security_measures.events import State, Words
from bailee.clauses.security_measures.evidence import Row, Statement
from bailee.clauses.security_measures.mistakes import Changed, NoMeasure, NotEqual
from bailee.clauses.security_measures.papers import paper
from bailee.clauses.security_measures.saying import in_words
from bailee.vocabulary.languages import Language

Http = Request[Any, Any, Any]
Name = Annotated[str, Meta(min_length=1, max_length=120)]
Text = Annotated[str, Meta(min_length=1, max_length=1_000)]
REFUSED = {
    "undecidable": "Nothing takes the place of this measure over data that are held.",
    "not-lower": "That would not lower the measure: nothing needs to be decided.",
    "unnamed": "Name a person, the reason, and what takes the measure's place.",
    "until": "Vouch until an instant to come, a year away at most.",
    "instead-does-not-hold": "Name something instead that holds itself.",
}


class SecurityMeasureOut(msgspec.Struct, frozen=True):
    """A measure: `state` is proven (looked at by us), attested (a named person vouches), unknown, broken, or idle (there is
    nothing to protect in this way). `found` says it in the language asked for; `figures` are numbers, never people."""

    measure: str
    name: str
    does: str
    article: str
    level: int
    kind: Literal["live", "declared", "attested"]
    state: State
    reason: str
    found: str
    figures: dict[str, int | str]
    since: datetime | None
    looked_at: datetime | None


class MeasureIncidentOut(msgspec.Struct, frozen=True):
    """A measure that does not hold, since when."""

    id: UUID
    measure: str
    opened_at: datetime


class StatementOut(msgspec.Struct, frozen=True):
    """The statement of measures. `digest` is that of its states, whatever the hour; a review carries it."""

    at: datetime
    holds: bool
    digest: str
    measures: list[SecurityMeasureOut]
    incidents: list[MeasureIncidentOut]
    reviewed_at: datetime | None
    reviewed_digest: str | None


class MeasuresReviewIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A review: who, what they conclude, and the digest of the statement that they read."""

    name: Name
    conclusion: Text
    digest: Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]


class AttestationIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A named person vouches for a measure that no program sees, until an instant."""

    name: Name
    seen: Text
    until: datetime


class ReplacementIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Something equal or better takes the place of a declared measure; `number` is what it counts from then on (countries,
    days), where it counts."""

    name: Name
    reason: Text
    instead: Text
    judged: Literal["equal", "better"]
    number: Annotated[int, Meta(ge=0, le=36_500)] = 0


class MeasuresOf(Controller):
    """The measures of this platform. They are the same for every controller."""

    path = "/api/v1/measures"
    tags = ("measures",)

    @get("/", summary="The statement of measures")
    async def statement(
        self, request: Http, admission: NamedDependency[Admission], measures: NamedDependency[Measures],
        language: Language = "en",
    ) -> StatementOut:  # fmt: skip
        """Every measure with what was found of it last."""
        await admission.anyone(request)
        return _out(await measures.statement(), language)

    @get("/statement.pdf", summary="The statement of measures as PDF/A")
    async def pdf(
        self, request: Http, admission: NamedDependency[Admission], measures: NamedDependency[Measures],
        processor_name: NamedDependency[str], language: Language = "en",
    ) -> Response[bytes]:  # fmt: skip
        """The same, to keep."""
        await admission.anyone(request)
        made = paper(await measures.statement(), language, processor=processor_name)
        return Response(made, media_type="application/pdf")

    @post("/looks", summary="Look at every measure now", status_code=200)
    async def look(
        self, request: Http, admission: NamedDependency[Admission], measures: NamedDependency[Measures],
        language: Language = "en",
    ) -> StatementOut:  # fmt: skip
        """For operators: every probe is run, and the statement answers."""
        await admission.operator(request)
        await measures.look()
        return _out(await measures.statement(), language)

    @post("/reviews", summary="Record a review of the measures", status_code=204)
    async def review(
        self, request: Http, data: MeasuresReviewIn, admission: NamedDependency[Admission],
        measures: NamedDependency[Measures],
    ) -> None:  # fmt: skip
        """For operators: it ends what every controller is owed of it; the next is counted from it."""
        caller = await admission.operator(request)
        try:
            await measures.review(Words(data.name, data.conclusion), data.digest, by=caller.actor.id)
        except Changed:
            raise Refusing(
                problem(409, "changed", "The statement says something else by now", "Read it again.")
            ) from None

    @post("/{measure:str}/attestations", summary="Vouch for a measure", status_code=204)
    async def attest(
        self, request: Http, measure: str, data: AttestationIn, admission: NamedDependency[Admission],
        measures: NamedDependency[Measures],
    ) -> None:  # fmt: skip
        """For operators: of those that no program sees."""
        caller = await admission.operator(request)
        try:
            await measures.attest(measure, Words(data.name, data.seen), data.until, by=caller.actor.id)
        except (NoMeasure, NotEqual) as refused:
            raise _refusing(refused) from None

    @post("/{measure:str}/replacements", summary="Replace a measure by something equal or better", status_code=204)
    async def replace(
        self, request: Http, measure: str, data: ReplacementIn, admission: NamedDependency[Admission],
        measures: NamedDependency[Measures],
    ) -> None:  # fmt: skip
        """For operators: of those that settings declare. Every controller is told."""
        caller = await admission.operator(request)
        said = Words(data.name, data.reason, data.instead)
        try:
            to = lowered_to(measure, data.number)
            if to is None:
                raise NoMeasure(measure)
            await measures.decide(measure, to, data.judged, said, by=caller.actor.id)
        except (NoMeasure, NotEqual) as refused:
            raise _refusing(refused) from None


def _refusing(refused: NoMeasure | NotEqual) -> Refusing:
    if isinstance(refused, NoMeasure):
        return Refusing(UNKNOWN)
    return Refusing(problem(409, refused.code, "The measure stays as it is", REFUSED[refused.code]))


def _out(one: Statement, language: Language) -> StatementOut:
    return StatementOut(
        at=one.at, holds=one.holds, digest=one.digest, measures=[_measure(row, language) for row in one.rows],
        incidents=[MeasureIncidentOut(found.id, found.measure, found.opened_at) for found in one.incidents],
        reviewed_at=one.review.at if one.review else None, reviewed_digest=one.review.digest if one.review else None,
    )  # fmt: skip


def _measure(row: Row, language: Language) -> SecurityMeasureOut:
    words, standing = row.line.said(language), row.standing
    return SecurityMeasureOut(
        measure=row.line.measure, name=words.name, does=words.does, article=f"32(1)({row.line.article})",
        level=row.line.level, kind=row.line.kind, state=row.found.state, reason=row.found.reason,
        found=in_words(language, row.found), figures=row.found.figures, since=standing.since_at if standing else None,
        looked_at=standing.looked_at if standing else None,
    )  # fmt: skip

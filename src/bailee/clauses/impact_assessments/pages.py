"""Pages of impact assessments: the controller asks, takes what is known, and concludes; the processor's staff answer and
say what was applied."""

from datetime import date
from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.datastructures import FormMultiDict

from bailee.clauses.impact_assessments import writing
from bailee.clauses.impact_assessments.commands import Assessments, InThePast, NoAssessment, NotDuring, NotYet
from bailee.clauses.impact_assessments.events import FORMS, Form
from bailee.gate.filing import Filing
from bailee.infra.web import forms
from bailee.infra.web.answers import HEADERS, NOT_HERE, Html, Wrong, go, page, require
from bailee.infra.web.pages import Pages
from bailee.infra.web.visit import Visit
from bailee.vocabulary.languages import language_of

Http = Request[Any, Any, Any]
READ, ASK = "agreement:document:read", "agreement:instruction:draft"
SEE, ANSWER = "platform:controller:read", "platform:instruction:challenge"
LINES = 5  # measures offered on the form at a time
NAME, WORDS, LONG = 200, 500, 2_000
OVER = Wrong(409, "Nothing is in force", "Help with an assessment is owed while the contract runs.", "dpia.assist")
ELSEWHERE = Wrong(409, "This step was taken already", "Load the page anew to see where the assessment stands.")
UNNAMED = Wrong(422, "It has no name", "Say which processing you assess.")
UNSAID = Wrong(422, "There is nothing in it", "Write what is to be kept.")
PAST = Wrong(422, "A day has passed already", "Choose today or a later day for each measure.")


class AssessmentPages(Controller):
    """The controller's side."""

    path = "/impact-assessments"
    include_in_schema = False

    @get("/")
    async def listed(self, visit: Visit, pages: Pages, assessments: Assessments) -> Html:
        """All of them, and a form for another."""
        require(visit, READ)
        if visit.side == "processor":
            return go("/controllers")
        return page(pages, "assessments.html", visit, found=await assessments.listed(visit.whose), whose=None)

    @post("/")
    async def ask(self, request: Http, visit: Visit, assessments: Assessments) -> Html:
        """Ask for help with one."""
        require(visit, ASK)
        sent = await request.form()
        name = forms.text(sent, "name")[:NAME]
        if not name:
            raise UNNAMED
        try:
            id = await assessments.ask(visit.whose, name, forms.text(sent, "questions")[:LONG], by=str(visit.who))
        except NotDuring:
            raise OVER from None
        return go(f"/impact-assessments/{id}", "What is known is here. Your questions are with the processor.")

    @get("/{assessment:uuid}")
    async def show(self, assessment: UUID, visit: Visit, pages: Pages, assessments: Assessments) -> Html:
        """One of them: what is known, what was answered, and the conclusions."""
        require(visit, READ)
        return await _shown(assessment, visit.whose, visit, pages, assessments)

    @get("/{assessment:uuid}/file")
    async def file(
        self, assessment: UUID, visit: Visit, assessments: Assessments, form: str = "pia"
    ) -> Response[bytes]:
        """What is known, as the authority's software opens it."""
        require(visit, READ)
        chosen: Form = "pia-back" if form == "pia-back" else "pia"
        try:
            content = await assessments.pack(
                visit.whose, assessment, chosen, language_of(visit.language), by=str(visit.who)
            )
        except NoAssessment:
            raise NOT_HERE from None
        except NotDuring:
            raise OVER from None
        named = {"content-disposition": f'attachment; filename="{chosen}-{assessment}.json"'}
        return Response(content, media_type="application/json", headers=dict(HEADERS) | named)

    @post("/{assessment:uuid}")
    async def conclude(self, request: Http, assessment: UUID, visit: Visit, assessments: Assessments) -> Html:
        """Tell the conclusions, and the measures that are to be applied."""
        require(visit, ASK)
        sent = await request.form()
        conclusions = forms.text(sent, "conclusions")[:LONG]
        if not conclusions:
            raise UNSAID
        try:
            await assessments.conclude(visit.whose, assessment, conclusions, _measures(sent), by=str(visit.who))
        except NoAssessment:
            raise NOT_HERE from None
        except InThePast:
            raise PAST from None
        except NotYet:
            raise ELSEWHERE from None
        except NotDuring:
            raise OVER from None
        return go(f"/impact-assessments/{assessment}", "The processor was told. Each measure has its day.")


class AssistingPages(Controller):
    """The processor's side."""

    path = "/controllers/{controller:uuid}/impact-assessments"
    include_in_schema = False

    @get("/")
    async def listed(
        self, controller: UUID, visit: Visit, pages: Pages, assessments: Assessments, filing: Filing
    ) -> Html:
        """A controller's assessments."""
        require(visit, SEE)
        whose = await _known(filing, controller)
        return page(pages, "assessments.html", visit, found=await assessments.listed(controller), whose=whose)

    @get("/{assessment:uuid}")
    async def show(
        self,
        *,
        controller: UUID,
        assessment: UUID,
        visit: Visit,
        pages: Pages,
        assessments: Assessments,
        filing: Filing,
    ) -> Html:
        """One of them, to answer or to say what was applied."""
        require(visit, SEE)
        whose = await _known(filing, controller)
        return await _shown(assessment, controller, visit, pages, assessments, whose=whose)

    @post("/{assessment:uuid}")
    async def act(
        self,
        *,
        request: Http,
        controller: UUID,
        assessment: UUID,
        visit: Visit,
        assessments: Assessments,
        filing: Filing,
    ) -> Html:
        """Answer, or say that a measure is applied, and how."""
        require(visit, ANSWER)
        await _known(filing, controller)
        sent, by = await request.form(), str(visit.who)
        number, words = forms.number(sent, "number"), forms.text(sent, "words")[:LONG]
        if not words:
            raise UNSAID
        try:
            if number is None:
                await assessments.answer(controller, assessment, words, by=by)
            else:
                await assessments.apply(controller, assessment, number, words[:WORDS], by=by)
        except NoAssessment:
            raise NOT_HERE from None
        except NotYet:
            raise ELSEWHERE from None
        told = (
            "The answer is with the controller."
            if number is None
            else "It is written down that the measure is applied."
        )
        return go(f"/controllers/{controller}/impact-assessments/{assessment}", told)


async def _shown(
    id: UUID, controller: UUID, visit: Visit, pages: Pages, assessments: Assessments, **whose: Any
) -> Html:
    try:
        one = await assessments.one(controller, id)
    except NoAssessment:
        raise NOT_HERE from None
    language = language_of(visit.language)
    try:
        facts = await assessments.facts(controller, language)
    except NotDuring:
        facts = None
    answers = writing.answers(facts, language) if facts else {}
    return page(
        pages, "assessment.html", visit, one=one, facts=facts, answers=answers, lines=LINES, forms=FORMS,
        whose=whose.get("whose"),
    )  # fmt: skip


async def _known(filing: Filing, controller: UUID) -> Any:
    found = next((one for one in await filing.listed() if one.id == controller and one.kind == "controller"), None)
    if found is None:
        raise NOT_HERE
    return found


def _measures(sent: FormMultiDict) -> list[tuple[str, date]]:
    """The lines that say something; each needs its day."""
    found = []
    for line in range(LINES):
        words, due = forms.text(sent, f"measure:{line}")[:WORDS], forms.text(sent, f"due:{line}")
        if words:
            try:
                found.append((words, date.fromisoformat(due)))
            except ValueError:
                raise Wrong(422, "A measure has no day", "Say until when each measure is to be applied.") from None
    return found

"""Pages of measures: the statement as it stands today, one measure with its history, and what a named person says.

A controller sees what the processor sees of each measure; what names or helps nobody but the operator is not in it.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from litestar import Controller, Request, Response, get, post
from litestar.datastructures import FormMultiDict

from bailee.clauses.security_measures import catalogue
from bailee.clauses.security_measures.commands import DAYS, Measures
from bailee.clauses.security_measures.declared import COUNTED, UNDECIDABLE, lowered_to
from bailee.clauses.security_measures.events import Words
from bailee.clauses.security_measures.evidence import document
from bailee.clauses.security_measures.judging import SETTLED, changes
from bailee.clauses.security_measures.mistakes import Changed, NoMeasure, NotEqual
from bailee.clauses.security_measures.papers import paper
from bailee.clauses.security_measures.saying import in_words
from bailee.infra.clock import Clock
from bailee.infra.web import forms
from bailee.infra.web.answers import HEADERS, NOT_HERE, Html, Wrong, go, page, require
from bailee.infra.web.pages import Pages
from bailee.infra.web.visit import Visit

Http = Request[Any, Any, Any]
READ, DECIDE = "agreement:document:read", "platform:measure:decide"
CHANGED = Wrong(409, "The statement says something else by now", "Read it again: a measure stands otherwise since.")
LONGEST_NAME, LONGEST = 120, 1_000
DAY = timedelta(days=1)


class MeasurePages(Controller):
    """The measures of security."""

    path = "/measures"
    include_in_schema = False

    @get("/")
    async def listed(self, visit: Visit, pages: Pages, measures: Measures) -> Html:
        """The statement of measures."""
        require(visit, READ)
        return await _statement(visit, pages, measures)

    @get("/statement.pdf")
    async def pdf(self, visit: Visit, measures: Measures, processor_name: str) -> Response[bytes]:
        """The same to keep, as a PDF in the reader's language."""
        require(visit, READ)
        made = paper(await measures.statement(), visit.language, processor=processor_name)
        return _kept(made, "application/pdf", "measures.pdf")

    @get("/statement.json")
    async def json(self, visit: Visit, measures: Measures, processor_name: str) -> Response[bytes]:
        """The same for machines."""
        require(visit, READ)
        made = msgspec.json.encode(document(await measures.statement(), processor=processor_name))
        return _kept(made, "application/json", "measures.json")

    @post("/look")
    async def look(self, visit: Visit, measures: Measures) -> Html:
        """Look at everything now."""
        require(visit, DECIDE)
        await measures.look()
        return go("/measures", "Every measure was looked at.")

    @post("/review")
    async def review(self, request: Http, visit: Visit, pages: Pages, measures: Measures) -> Html:
        """Put on record that somebody has reviewed what the page said."""
        require(visit, DECIDE)
        sent = await request.form()
        try:
            await measures.review(_words(sent), forms.text(sent, "digest"), by=str(visit.who))
        except Changed:
            raise CHANGED from None
        except NotEqual as refused:
            return await _statement(visit, pages, measures, wrong=refused.code)
        return go("/measures", "The review is recorded, and every controller's next one is counted from it.")

    @get("/{measure:str}")
    async def show(self, measure: str, visit: Visit, pages: Pages, measures: Measures, clock: Clock) -> Html:
        """One measure: what it does, how it is looked at, and all that was found of it."""
        require(visit, READ)
        return await _measure(visit, pages, measures, measure, clock.now())

    @post("/{measure:str}/attest")
    async def attest(
        self, *, measure: str, request: Http, visit: Visit, pages: Pages, measures: Measures, clock: Clock
    ) -> Html:
        """Vouch for a measure that no program sees."""
        require(visit, DECIDE)
        sent, now = await request.form(), clock.now()
        until = _day(forms.text(sent, "until")) or now
        try:
            await measures.attest(measure, _words(sent), until, by=str(visit.who))
        except NoMeasure:
            raise NOT_HERE from None
        except NotEqual as refused:
            return await _measure(visit, pages, measures, measure, now, wrong=refused.code)
        return go(f"/measures/{measure}", "It is on record, and counts until that day.")

    @post("/{measure:str}/replace")
    async def replace(
        self, *, measure: str, request: Http, visit: Visit, pages: Pages, measures: Measures, clock: Clock
    ) -> Html:
        """Decide that something equal or better takes a measure's place; what is weaker is refused."""
        require(visit, DECIDE)
        sent = await request.form()
        to = lowered_to(measure, forms.number(sent, "number") or 0)
        if to is None:
            raise NOT_HERE
        judged = forms.text(sent, "judged")
        try:
            await measures.decide(measure, to, judged, _words(sent), by=str(visit.who))
        except NoMeasure:
            raise NOT_HERE from None
        except NotEqual as refused:
            return await _measure(visit, pages, measures, measure, clock.now(), wrong=refused.code)
        return go(f"/measures/{measure}", "The decision is recorded, and every controller is being told.")


async def _statement(visit: Visit, pages: Pages, measures: Measures, *, wrong: str = "") -> Html:
    one = await measures.statement()
    found = {row.line.measure: in_words(visit.language, row.found) for row in one.rows}
    return page(
        pages, "measures.html", visit, status=422 if wrong else 200, one=one, counts=one.counts(), found=found,
        articles="abcd", days=DAYS, wrong=wrong, decides=visit.may(DECIDE),
        names={row.line.measure: row.line.said(visit.language).name for row in one.rows},
    )  # fmt: skip


async def _measure(
    visit: Visit, pages: Pages, measures: Measures, measure: str, now: datetime, *, wrong: str = ""
) -> Html:
    try:
        kept, incidents, said = await measures.history(measure)
    except NoMeasure:
        raise NOT_HERE from None
    one = await measures.statement()
    row = next((row for row in one.rows if row.line.measure == measure), None)
    if row is None:
        raise NOT_HERE
    reached = (await measures.reached()).get(measure)
    closes = row.standing.holds_since + SETTLED if row.standing and row.standing.holds_since else None
    return page(
        pages, "measure.html", visit, status=422 if wrong else 200, row=row, kept=changes(kept)[:40], incidents=incidents,
        told=said if visit.side == "processor" else [one for one in said if one.kind == "decision"],
        words=row.line.said(visit.language), found=in_words(visit.language, row.found), days=DAYS, closes=closes,
        lines=[line for line in catalogue.lines() if line.measure == measure], wrong=wrong, decides=visit.may(DECIDE),
        counted=measure in COUNTED, until=(now + 180 * DAY).date(),
        lowers=reached is not None and measure not in UNDECIDABLE and (measure in COUNTED or reached[0] > 0),
        reached=-reached[0] if reached and measure in COUNTED else 0,
    )  # fmt: skip


def _words(sent: FormMultiDict) -> Words:
    return Words(
        forms.text(sent, "name")[:LONGEST_NAME], forms.text(sent, "words")[:LONGEST],
        forms.text(sent, "instead")[:LONGEST],
    )  # fmt: skip


def _day(text: str) -> datetime | None:
    """The last instant of a day, as a date field sends it; None for what is none."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC) + DAY - timedelta(microseconds=1)
    except (ValueError, OverflowError):
        return None


def _kept(content: bytes, kind: str, name: str) -> Response[bytes]:
    headers = {**HEADERS, "content-disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type=kind, headers=headers)

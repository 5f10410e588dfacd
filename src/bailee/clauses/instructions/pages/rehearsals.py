"""Rehearsals drawn: what a draft would newly allow or refuse of what really happened."""

from datetime import timedelta
from uuid import UUID

from litestar import Controller, get

from bailee.clauses.instructions.instructing import Instructing
from bailee.clauses.instructions.pages.speaking import in_words, vocabulary
from bailee.clauses.instructions.rehearsing import Rehearsing
from bailee.contract.documents import Withdrawal
from bailee.contract.rehearsal import EFFECTS, Proposal
from bailee.infra.clock import Clock
from bailee.infra.web.answers import NOT_HERE, Html, page, require
from bailee.infra.web.pages import Pages
from bailee.infra.web.visit import Visit

SPANS = (7, 30, 90)
MOST = 100_000
ROWS = 200
DRAWN = 600.0


class RehearsalPages(Controller):
    """Rehearsals of drafts, and of withdrawing what is in force."""

    path = "/instructions"
    include_in_schema = False

    @get("/drafts/{draft:uuid}/rehearsal")
    async def of_draft(
        self,
        *,
        draft: UUID,
        visit: Visit,
        pages: Pages,
        instructing: Instructing,
        rehearsing: Rehearsing,
        last: int = 30,
    ) -> Html:
        """What a draft would change."""
        require(visit, "agreement:document:read")
        with in_words():
            found = await instructing.find(visit.whose, draft)
        if found.text is None:
            raise NOT_HERE
        return await _rehearsed(pages, visit, rehearsing, (found.text, f"/instructions/drafts/{draft}"), last)

    @get("/of/{instruction:str}/rehearsal")
    async def of_withdrawal(
        self, *, instruction: str, visit: Visit, pages: Pages, instructing: Instructing, rehearsing: Rehearsing,
        clock: Clock, last: int = 30,
    ) -> Html:  # fmt: skip
        """What withdrawing an instruction would change."""
        require(visit, "agreement:document:read")
        if instruction not in {one.text.id for one in await instructing.on_file(visit.whose)}:
            raise NOT_HERE
        text = Withdrawal(format="bailee.dev/withdrawal/v1", instruction=instruction, at=clock.now())
        return await _rehearsed(pages, visit, rehearsing, (text, f"/instructions/of/{instruction}"), last)


async def _rehearsed(pages: Pages, visit: Visit, rehearsing: Rehearsing, what: tuple[Proposal, str], last: int) -> Html:
    proposal, back = what
    days = last if last in SPANS else SPANS[1]
    with in_words():
        report = await rehearsing.rehearse(
            visit.whose, proposal, by=str(visit.who), last=timedelta(days=days), most=MOST
        )
    most = max((sum(counts.values()) for counts in report.by_purpose.values()), default=1)
    bars = {
        purpose: bar([counts[effect] for effect in EFFECTS], most)
        for purpose, counts in sorted(report.by_purpose.items())
    }
    return page(
        pages, "rehearsal.html", visit, report=report, proposal=proposal, back=back, days=days, spans=SPANS,
        bars=bars, effects=EFFECTS, rows=[row for row in report.rows if row.effect != "same"][:ROWS],
        withdrawal=isinstance(proposal, Withdrawal), **vocabulary(visit),
    )  # fmt: skip


def bar(counts: list[int], most: int) -> list[tuple[float, float]]:
    """Where each part of a bar begins and how long it is, of `DRAWN`; what is there at all can be seen."""
    places, at = [], 0.0
    for count in counts:
        long = max(3.0, DRAWN * count / most) if count else 0.0
        places.append((round(at, 1), round(long, 1)))
        at += long
    return places

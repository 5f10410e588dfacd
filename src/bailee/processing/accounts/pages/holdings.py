"""What is held about a person, why, and until when: drawn for the controller's staff, and for the person."""

from uuid import UUID

from litestar import Controller, get

from bailee.infra.web.answers import Html, go, page, require
from bailee.infra.web.pages import Pages
from bailee.infra.web.visit import Visit
from bailee.processing.accounts.holdings.holdings import Holdings
from bailee.processing.accounts.pages.asking import ask, granted
from bailee.processing.accounts.pages.seeing import Seeing
from bailee.vocabulary.operations import Operation


class HoldingPages(Controller):
    """The drawing, on both sides."""

    path = "/"
    include_in_schema = False

    @get("/people/{person:uuid}/held")
    async def of_person(self, *, person: UUID, visit: Visit, pages: Pages, seeing: Seeing, holdings: Holdings) -> Html:
        """What the controller has held about someone."""
        require(visit, "people:profile:read")
        held = await seeing.person(visit, person)
        seen = await seeing.one(visit, person)
        about = granted(await holdings.about(ask(visit, Operation.consult, persons=(person,)), held))
        return page(pages, "person-held.html", visit, seen=seen, held=held, about=about)

    @get("/me/held")
    async def mine(self, visit: Visit, pages: Pages, seeing: Seeing, holdings: Holdings) -> Html:
        """What is held about me."""
        if visit.side == "processor":  # of its own staff nothing is held but the account
            return go("/me")
        held = await seeing.person(visit, visit.who, own=True)
        request = ask(visit, Operation.consult, persons=(visit.who,), own=True)
        return page(pages, "me-held.html", visit, held=held, about=granted(await holdings.about(request, held)))

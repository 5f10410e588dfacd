"""The first-run guide: what is done, what comes next, and where, for each side. It looks; nothing is ticked by hand."""

from collections.abc import Sequence
from uuid import UUID

import msgspec
from litestar import get

from bailee.gate.archive import Archive
from bailee.gate.filing import Filing
from bailee.infra.clock import Clock
from bailee.infra.web.answers import Html, go, page
from bailee.infra.web.pages import Pages
from bailee.infra.web.visit import Visit
from bailee.processing.accounts.accounts import Accounts
from bailee.processing.accounts.counting import Counting


class Step(msgspec.Struct, frozen=True):
    """One step: what it is and why, whether it is done, and the way to it for those who may."""

    heading: str
    words: str
    done: bool
    path: str = ""
    action: str = ""
    permission: str = ""


class Guide:
    """Looks at how far a platform, or a controller, has come."""

    def __init__(
        self, *, filing: Filing, archive: Archive, accounts: Accounts, counting: Counting, clock: Clock
    ) -> None:
        self._filing = filing
        self._archive = archive
        self._accounts = accounts
        self._counting = counting
        self._clock = clock

    async def of(self, visit: Visit) -> list[Step]:
        """The steps of the visitor's side, in their order."""
        return await (self._processor(visit) if visit.side == "processor" else self._controller(visit))

    async def agreed(self, controller: UUID) -> bool:
        """Whether an agreement is in force."""
        dossier = await self._archive.dossier(controller)
        return dossier is not None and dossier.in_force(self._clock.now()) is not None

    async def _processor(self, visit: Visit) -> list[Step]:
        controllers = [one.id for one in await self._filing.listed() if one.kind == "controller"]
        agreed = [one for one in controllers if await self.agreed(one)]
        peopled = any([(await self._counting.of(one)).people > 1 for one in agreed])
        dossier = f"/controllers/{controllers[0]}" if len(controllers) == 1 else "/controllers"
        return [
            Step("The platform is founded", "Keys, ledger and destruction log stand, and you sign in with a second factor.", True),
            Step("Let a colleague in", "A second administrator looks at dangerous acts, and is there when you are not.",
                 len(await self._accounts.with_roles(visit.whose)) > 1, "/access/invite", "Invite a colleague", "accounts:account:invite"),
            Step("Take on the first controller", "Its name and its administrator's address are enough to begin.",
                 bool(controllers), "/controllers/new", "Take on a controller", "platform:controller:open"),
            Step("Both sign the agreement", "Fill in what the quotation leaves open; then each party reads and signs the same words.",
                 bool(agreed), dossier, "Go to the dossier", "platform:controller:read"),
            Step("The first people come in", "That is the controller's own act, from its own console: you see that it happened, and nobody.",
                 peopled),
        ]  # fmt: skip

    async def _controller(self, visit: Visit) -> list[Step]:
        agreed, counts = await self.agreed(visit.whose), await self._counting.of(visit.whose)
        colleagues = await self._accounts.with_roles(visit.whose)
        people = counts.people > len(colleagues)
        return [
            Step("You are in", "With a second factor: nothing that touches people opens without one.", True),
            Step("The agreement is in force", "It says who may do what with which data. What it does not cover is refused.",
                 agreed, "/agreement", "Agreement", "agreement:document:read"),
            Step("Bring your people in", "From a file, by SCIM from your identity provider, by the API, or one by one.",
                 people, "/imports", "Import a file", "exchange:import:run"),
            Step("Let a colleague in", "Invite someone from their page, with the least role that does. Two administrators watch over dangerous acts.",
                 len(colleagues) > 1, "/people", "Choose a person", "accounts:account:invite"),
        ]  # fmt: skip


def following(steps: Sequence[Step]) -> Step | None:
    """The first step that is not done."""
    return next((one for one in steps if not one.done), None)


@get("/guide", include_in_schema=False)
async def guide(visit: Visit, pages: Pages, guiding: Guide) -> Html:
    """The whole way, for those who set the platform or their side of it up; others have their own pages."""
    if not visit.permissions:
        return go("/me")
    steps = await guiding.of(visit)
    return page(pages, "guide.html", visit, steps=steps, following=following(steps))

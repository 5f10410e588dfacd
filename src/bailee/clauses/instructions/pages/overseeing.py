"""The processor's side of a controller's instructions: read them, challenge them, take in what came by mail."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post

from bailee.clauses.instructions.challenging import Challenging
from bailee.clauses.instructions.instructing import Instructing
from bailee.clauses.instructions.pages.originals import original_of
from bailee.clauses.instructions.pages.speaking import in_words, vocabulary
from bailee.contract.challenges import suspends
from bailee.contract.sentences import scope
from bailee.gate.archive import Archive
from bailee.infra.clock import Clock
from bailee.infra.web import forms
from bailee.infra.web.answers import NOT_HERE, Html, Wrong, go, page, require
from bailee.infra.web.pages import Pages
from bailee.infra.web.visit import Visit

Http = Request[Any, Any, Any]
CHALLENGE = "platform:instruction:challenge"
REASONLESS = Wrong(422, "Say why", "A challenge without reasons helps nobody.", "instructions.challenge")


class OverseeingPages(Controller):
    """What a controller has instructed, as the processor must read it: critically."""

    path = "/controllers/{controller:uuid}/instructions"
    include_in_schema = False

    @get("/")
    async def listed(
        self, *, controller: UUID, visit: Visit, pages: Pages, instructing: Instructing, challenging: Challenging,
        archive: Archive, clock: Clock,
    ) -> Html:  # fmt: skip
        """Instructions and services as sentences, and the challenges."""
        require(visit, CHALLENGE)
        dossier = await archive.dossier(controller)
        if dossier is None:
            raise NOT_HERE
        force = dossier.in_force(clock.now())
        services = [one for one in force.instructions if one.id.startswith("service:")] if force else []
        challenges = await challenging.listed(controller)
        return page(
            pages, "controller-instructions.html", visit, controller=controller, services=services, force=force,
            filed=await instructing.on_file(controller), challenges=challenges, scope=scope,
            open_={one.instruction for one in challenges if one.state == "open"},
            suspends=force is not None and suspends(force.agreement),
            drafts=await instructing.listed(controller), **vocabulary(visit),
        )  # fmt: skip

    @post("/challenge")
    async def challenge(self, *, controller: UUID, request: Http, visit: Visit, challenging: Challenging) -> Html:
        """Challenge an instruction: the controller is told at once."""
        require(visit, CHALLENGE)
        sent = await request.form()
        reason = forms.text(sent, "reason")
        if not reason:
            raise REASONLESS
        with in_words():
            made = await challenging.challenge(controller, forms.text(sent, "instruction"), reason, by=str(visit.who))
        return go(f"/controllers/{controller}/instructions", SAID[made.suspends])

    @get("/take-in")
    async def writing(self, controller: UUID, visit: Visit, pages: Pages) -> Html:
        """The form for a mail or a document that a controller sent."""
        require(visit, CHALLENGE)
        back = f"/controllers/{controller}/instructions"
        return page(pages, "instruction-take-in.html", visit, action=f"{back}/take-in", back=back)

    @post("/take-in")
    async def take_in(
        self, *, controller: UUID, request: Http, visit: Visit, instructing: Instructing
    ) -> Response[Any]:
        """Keep what a controller wrote; someone of the controller makes a draft of it and signs."""
        require(visit, CHALLENGE)
        original, by_script = await original_of(request)
        with in_words():
            await instructing.take_in(controller, original, by=str(visit.who))
        place = f"/controllers/{controller}/instructions"
        return Response({"location": place}) if by_script else go(place, "It is kept as it came.")


SAID = {
    True: "The controller is being told; the instruction is suspended.",
    False: "The controller is being told; the instruction stays in force.",
}

"""Pages of messages: for the processor's staff what nobody is found for and what was passed on; for a controller what
reached it."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post

from bailee.clauses.direct_requests.commands import Decided, Gone, Messages
from bailee.clauses.direct_requests.consulting import NoRequest, Requests
from bailee.clauses.direct_requests.events import State
from bailee.clauses.direct_requests.forwarding import NoAgreement
from bailee.clauses.direct_requests.rights import GUIDES, KINDS
from bailee.gate.filing import Filing
from bailee.infra.clock import Clock
from bailee.infra.web import forms
from bailee.infra.web.answers import HEADERS, NOT_HERE, Html, Wrong, go, page, require
from bailee.infra.web.pages import Pages
from bailee.infra.web.visit import Visit

Http = Request[Any, Any, Any]
SEE, DECIDE = "platform:message:read", "platform:message:decide"
READ, CORRECT = "requests:direct:read", "requests:direct:correct"
SHOWN = 100
TABS: dict[str, tuple[State, ...]] = {
    "waiting": ("unassigned", "received"), "own": ("own",), "aside": ("automatic", "dismissed"),
}  # fmt: skip
NOT_AGREED = Wrong(
    409, "Nothing is agreed with one of them", "Nobody was told. Choose only controllers with an agreement in force."
)
OVER = Wrong(409, "Nothing is agreed any more", "Without an agreement in force nothing says what is owed for it.")
OUTRUN = Wrong(409, "Someone has decided already", "Load the page anew to see what became of the message.")


class MessagePages(Controller):
    """What persons wrote to the processor."""

    path = "/messages"
    include_in_schema = False

    @get("/")
    async def listed(self, visit: Visit, pages: Pages, messages: Messages, clock: Clock, tab: str = "waiting") -> Html:
        """Messages that wait for a human, the processor's own, and those set aside."""
        require(visit, SEE)
        chosen = tab if tab in TABS else "waiting"
        found = await messages.keeping.listed(TABS[chosen], SHOWN)
        counts = await _counts(messages)
        return page(pages, "messages.html", visit, found=found, tab=chosen, counts=counts, now=clock.now())

    @get("/forwarded")
    async def forwarded(self, visit: Visit, pages: Pages, filing: Filing, direct: Requests, messages: Messages) -> Html:
        """What reached controllers, with the seconds it took and the clocks of complaints. No content."""
        require(visit, SEE)
        rows = []
        for one in await filing.listed():
            if one.kind == "controller":
                rows += [(one, request) for request in await direct.listed(one.id)]
        rows.sort(key=lambda row: row[1].received_at, reverse=True)
        return page(pages, "messages-forwarded.html", visit, rows=rows[:SHOWN], counts=await _counts(messages))

    @get("/{message:uuid}")
    async def show(self, message: UUID, visit: Visit, pages: Pages, messages: Messages, filing: Filing) -> Html:
        """One message, to decide about; opening it is recorded."""
        require(visit, DECIDE)
        return await _message(message, visit, pages, messages, filing)

    @post("/{message:uuid}")
    async def decide(
        self, *, request: Http, message: UUID, visit: Visit, pages: Pages, messages: Messages, filing: Filing
    ) -> Html:
        """Pass on, keep as our own, set aside, say it is answered, or look for another address."""
        require(visit, DECIDE)
        sent = await request.form()
        wanted, by = forms.text(sent, "act"), str(visit.who)
        try:
            match wanted:
                case "assign":
                    listed = {str(one.id): one.id for one in await filing.listed() if one.kind == "controller"}
                    chosen = [listed[str(one)] for one in sent.getall("controllers", []) if str(one) in listed]
                    if not chosen:
                        raise Wrong(422, "Choose whom it concerns", "One controller at least, or set it aside.")
                    kinds = [str(one) for one in sent.getall("kinds", [])]
                    await messages.assign(message, chosen, kinds, by=by)
                case "own" | "dismissed":
                    await messages.set_aside(message, "own" if wanted == "own" else "dismissed", by=by)
                case "nobody":
                    await messages.set_aside(message, "dismissed", by=by, reason="concerns-nobody")
                case "answered":
                    await messages.answered(message, by=by)
                case "look":
                    found = await messages.look_again(message, forms.text(sent, "known_as")[:200], by=by)
                    return await _message(message, visit, pages, messages, filing, looked=found)
                case _:
                    raise NOT_HERE
        except Gone:
            raise NOT_HERE from None
        except Decided:
            raise OUTRUN from None
        except NoAgreement:
            raise NOT_AGREED from None
        return go("/messages", DONE[wanted])


DONE = {
    "assign": "The message was passed on.",
    "own": "The message is ours to answer.",
    "dismissed": "The message was set aside.",
    "nobody": "It is written down that the message concerns no controller of yours.",
    "answered": "The message is answered.",
}


class DirectPages(Controller):
    """What reached a controller."""

    path = "/received"
    include_in_schema = False

    @get("/")
    async def listed(self, visit: Visit, pages: Pages, direct: Requests) -> Html:
        """Requests and complaints that persons sent to the processor."""
        require(visit, READ)
        return page(pages, "received.html", visit, found=await direct.listed(visit.whose))

    @get("/{request_id:uuid}")
    async def show(self, request_id: UUID, visit: Visit, pages: Pages, direct: Requests) -> Html:
        """One of them; opening it is recorded."""
        require(visit, READ)
        try:
            known = await direct.one(visit.whose, request_id)
            found, read = (
                await direct.opened(visit.whose, request_id, by=str(visit.who)) if known.readable else (known, None)
            )
        except NoRequest:
            raise NOT_HERE from None
        return page(pages, "received-one.html", visit, one=found, read=read, kinds=KINDS, guides=GUIDES)

    @post("/{request_id:uuid}")
    async def correct(self, request: Http, request_id: UUID, visit: Visit, direct: Requests) -> Html:
        """Say what it really is."""
        require(visit, CORRECT)
        kinds = tuple(str(one) for one in (await request.form()).getall("kinds", []))
        try:
            await direct.correct(visit.whose, request_id, kinds, by=str(visit.who))
        except NoRequest:
            raise NOT_HERE from None
        except NoAgreement:
            raise OVER from None
        except Decided:
            raise OUTRUN from None
        return go(f"/received/{request_id}", "It is corrected.")

    @get("/{request_id:uuid}/original")
    async def original(self, request_id: UUID, visit: Visit, direct: Requests) -> Response[bytes]:
        """The message as it came, to be saved; never shown by the browser."""
        require(visit, READ)
        try:
            name, content = await direct.original(visit.whose, request_id, by=str(visit.who))
        except NoRequest:
            raise NOT_HERE from None
        named = {"content-disposition": f'attachment; filename="{name}"'}
        return Response(content, media_type="application/octet-stream", headers=HEADERS | named)


async def _counts(messages: Messages) -> dict[str, int]:
    counted = await messages.keeping.counted()
    return {name: sum(counted.get(one, 0) for one in states) for name, states in TABS.items()}


async def _message(
    message: UUID, visit: Visit, pages: Pages, messages: Messages, filing: Filing, *, looked: tuple[UUID, ...] | None = None
) -> Html:  # fmt: skip
    try:
        found, read = await messages.opened(message, by=str(visit.who))
    except Gone:
        raise NOT_HERE from None
    listed = [one for one in await filing.listed() if one.kind == "controller"]
    return page(pages, "message.html", visit, one=found, read=read, controllers=listed, kinds=KINDS, looked=looked)

"""The public page where anyone writes to the processor: no account, no script, nothing of third parties.

Every answer is alike, and comes as soon as the message is durable: whether anyone is held, and by whom, is not told.
"""

import secrets
from typing import Any
from uuid import UUID

from litestar import Controller, Request, get, post

from bailee.clauses.direct_requests.events import Received, Written
from bailee.clauses.direct_requests.keeping import Keeping
from bailee.clauses.direct_requests.limits import Buckets, Rate, source_of
from bailee.clauses.direct_requests.reading import bare
from bailee.clauses.direct_requests.rights import KINDS
from bailee.gate.slugs import Slugs
from bailee.infra.clock import Clock
from bailee.infra.web.answers import Html, page
from bailee.infra.web.pages import Pages
from bailee.infra.web.visit import Visit

Http = Request[Any, Any, Any]
LONGEST = 8_000
RATE = Rate(8, 120.0)
FIELDS = {
    "text": LONGEST + 1, "reply_to": 254, "known_as": 200, "name": 200, "company": 200, "asks": 4, "about_us": 3,
    "once": 64,
}  # fmt: skip


class Desk:
    """What the page needs of the house: where messages are kept, and how much one source may bring."""

    def __init__(self, keeping: Keeping, slugs: Slugs, clock: Clock, address: str, processor: str) -> None:
        self.keeping = keeping
        self.slugs = slugs
        self.clock = clock
        self.address = address
        self.processor = processor
        self._buckets = Buckets(RATE)

    def may_bring(self, address: str) -> bool:
        """Whether this source has something left."""
        return self._buckets.take(source_of(address), self.clock.monotonic())

    async def take_in(self, written: Written, addressed: UUID | None, *, once: str) -> None:
        """Make what was written durable."""
        received = Received(channel="form", received_at=self.clock.now(), written=written, addressed=addressed)
        await self.keeping.take_in(received, once=once)


class AskingPages(Controller):
    """The form and its answer. A slug that names nobody shows the same form as one that does."""

    path = "/ask"
    include_in_schema = False
    opt = {"open": True}  # noqa: RUF012 -- the framework's own way

    @get(["/", "/{slug:str}"])
    async def form(self, visit: Visit, pages: Pages, desk: Desk, slug: str = "") -> Html:
        """The form."""
        return _form(visit, pages, desk, slug=slug, values={}, wrong={})

    @post(["/", "/{slug:str}"])
    async def ask(self, request: Http, visit: Visit, pages: Pages, desk: Desk, slug: str = "") -> Html:
        """Hand a message over."""
        sent = await request.form()
        values = {name: str(sent.get(name, "")).strip()[:limit] for name, limit in FIELDS.items()}
        wrong = _wrong(values)
        if wrong:
            return _form(visit, pages, desk, slug=slug, values=values, wrong=wrong, status=422)
        if not desk.may_bring(visit.address):
            wait = "Several messages came from here just now. Wait a few minutes; or write an e-mail."
            return _form(visit, pages, desk, slug=slug, values=values, wrong={"": wait}, status=429)
        written = Written(
            reply_to=values["reply_to"], text=values["text"], known_as=values["known_as"], name=values["name"],
            company=values["company"], asks=values["asks"] if values["asks"] in KINDS else "",
            about_us=bool(values["about_us"]), language=visit.language,
        )  # fmt: skip
        addressed = await desk.slugs.whose(slug[:40]) if slug else None
        await desk.take_in(written, addressed, once=values["once"])
        return page(pages, "asked.html", visit, processor=desk.processor)


def _wrong(values: dict[str, str]) -> dict[str, str]:
    found = {}
    if not values["text"]:
        found["text"] = "Say what you ask for"
    elif len(values["text"]) > LONGEST:
        found["text"] = "At most 8,000 characters"
    if not bare(values["reply_to"]):
        found["reply_to"] = "An e-mail address at which you can be answered"
    return found


def _form(
    visit: Visit, pages: Pages, desk: Desk, *, slug: str, values: dict[str, str], wrong: dict[str, str],
    status: int = 200,
) -> Html:  # fmt: skip
    given = {"values": dict.fromkeys(FIELDS, "") | values, "wrong": {"": "", "text": "", "reply_to": ""} | wrong}
    return page(
        pages, "ask.html", visit, status=status, address=desk.address, processor=desk.processor, slug=slug,
        kinds=KINDS, once=secrets.token_urlsafe(16), **given,
    )  # fmt: skip

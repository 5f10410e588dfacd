"""Pages of notices: what was sent to whom, how far it is, what it said; and what a human does where one fails."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from uuid import UUID

from litestar import Controller, Request, get, post

from bailee.infra.web import forms
from bailee.infra.web.answers import NOT_HERE, Html, Wrong, go, page, require
from bailee.infra.web.pages import Pages
from bailee.infra.web.visit import Visit
from bailee.obligations.mailbox.answering import Answered, NotAsked, NoteMissing, ShownOtherwise
from bailee.obligations.mailbox.intents import Stale, Unfit
from bailee.obligations.mailbox.replying import Replying
from bailee.obligations.notices.book import Book, Entered
from bailee.obligations.notices.post import Post
from bailee.obligations.notices.routing import Routing
from bailee.obligations.notices.tending import NoNotice, NothingToTend, NotNamed, Tending

Http = Request[Any, Any, Any]
READ, OPEN, TEND = "notices:notice:read", "notices:notice:open", "notices:notice:tend"
SHOWN = 50
NOTHING = Wrong(409, "There is nothing to do for this notice", "It was sent meanwhile, or it is still being tried.")
ELSEWHERE = Wrong(422, "The agreement does not name this address", "A notice goes to addresses that were agreed alone.")
UNSAID = Wrong(
    422, "The reply does not say what this needs", "Nothing was done. Set it aside, and write to whoever sent it."
)
OVER = Wrong(409, "This was decided already", "Load the page anew to see how it stands.")


class Directory:
    """The controllers' names, for the side that serves them all."""

    def __init__(self, names: Callable[[], Awaitable[Mapping[UUID, str]]]) -> None:
        self.names = names


class NoticePages(Controller):
    """The notices: a controller's own, or every controller's."""

    path = "/notices"
    include_in_schema = False

    @get("/")
    async def listed(self, visit: Visit, pages: Pages, book: Book, directory: Directory, post: Post) -> Html:
        """The latest notices."""
        require(visit, READ)
        names = await directory.names() if visit.side == "processor" else {visit.whose: visit.controller_name}
        found: list[Entered] = []
        counts = [0, 0]
        for controller in names:
            found += await book.listed(controller, limit=SHOWN, own=visit.side != "processor")
            waiting, failed = await book.open_counts(controller)
            counts = [counts[0] + waiting, counts[1] + failed]
        found.sort(key=lambda one: one.id, reverse=True)
        return page(
            pages, "notices.html", visit, found=found[:SHOWN], names=names, waiting=counts[0], failed=counts[1],
            standing=await post.standing(),
        )  # fmt: skip

    @get("/{controller:uuid}/{notice:uuid}")
    async def show(
        self, *, controller: UUID, notice: UUID, visit: Visit, pages: Pages, book: Book, directory: Directory,
        routing: Routing, replying: Replying,
    ) -> Html:  # fmt: skip
        """One notice and every try."""
        require(visit, READ)
        one = await _one(visit, book, controller, notice)
        named = await routing.named(controller) if one.standing == "failed" and visit.may(TEND) else ()
        return page(
            pages, "notice.html", visit, one=one, letter=None, opened=False, named=[(address, address) for address in named], replies=[],
            asked=await replying.asked(controller, notice), name=await _name(visit, directory, controller),
        )  # fmt: skip

    @post("/{controller:uuid}/{notice:uuid}")
    async def act(
        self, *, request: Http, controller: UUID, notice: UUID, visit: Visit, pages: Pages, book: Book,
        directory: Directory, tending: Tending, replying: Replying,
    ) -> Html:  # fmt: skip
        """Open what it says, try it again, or send it to another address that was agreed."""
        sent = await request.form()
        wanted, by = forms.text(sent, "act"), str(visit.who)
        require(visit, OPEN if wanted == "open" else TEND)
        one = await _one(visit, book, controller, notice)
        try:
            if wanted == "open":
                said = await tending.read(controller, notice, by=by)
                replies = await replying.of(controller, notice) if visit.side == "processor" else []
                return page(
                    pages, "notice.html", visit, one=one, letter=said, opened=True, named=(), replies=replies,
                    asked=await replying.asked(controller, notice), name=await _name(visit, directory, controller),
                )  # fmt: skip
            if wanted == "again":
                await tending.again(controller, notice, by=by)
            elif wanted == "elsewhere":
                await tending.elsewhere(controller, notice, forms.text(sent, "address"), by=by)
            else:
                raise NOT_HERE
        except NoNotice:
            raise NOT_HERE from None
        except NothingToTend:
            raise NOTHING from None
        except NotNamed:
            raise ELSEWHERE from None
        return go(f"/notices/{controller}/{notice}", "The notice is on its way again.")

    @post("/{controller:uuid}/{notice:uuid}/replies/{reply:uuid}")
    async def decide(
        self, *, request: Http, controller: UUID, notice: UUID, reply: UUID, visit: Visit, book: Book,
        replying: Replying,
    ) -> Html:  # fmt: skip
        """Confirm what a reply plainly says, or set it aside: the processor's side alone."""
        require(visit, TEND)
        await _one(visit, book, controller, notice)
        if visit.side != "processor":
            raise NOT_HERE
        sent = await request.form()
        choice, act = forms.text(sent, "choice"), forms.id_of(sent, "act") if forms.text(sent, "act") else None
        try:
            await replying.decide(controller, reply, choice, by=str(visit.who), act=act)
        except (Answered, NotAsked, ShownOtherwise, Stale):
            raise OVER from None
        except (Unfit, NoteMissing):
            raise UNSAID from None
        return go(f"/notices/{controller}/{notice}", "The reply is decided, and the ledger says so.")


async def _one(visit: Visit, book: Book, controller: UUID, notice: UUID) -> Entered:
    """The notice, if it is the visitor's to see."""
    own = visit.side != "processor"
    found = await book.one(controller, notice, own=own) if not own or controller == visit.whose else None
    if found is None:
        raise NOT_HERE
    return found


async def _name(visit: Visit, directory: Directory, controller: UUID) -> str:
    if visit.side != "processor":
        return visit.controller_name
    return (await directory.names()).get(controller, "")

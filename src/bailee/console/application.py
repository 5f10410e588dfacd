"""The console's application: every room's pages under one shell. Nothing here is part of the API's document."""

from typing import Any
from urllib.parse import quote

import structlog
from litestar import Litestar, Request
from litestar.datastructures import Cookie
from litestar.di import Provide
from litestar.exceptions import HTTPException, NotFoundException

from bailee.clauses.contact_data import pages as contacts
from bailee.clauses.data_subject_requests.pages import choices as rights_choices
from bailee.clauses.data_subject_requests.pages import mine as my_rights
from bailee.clauses.data_subject_requests.pages import requests as requests_of_persons
from bailee.clauses.direct_requests import asking
from bailee.clauses.direct_requests import pages as messages
from bailee.clauses.instructions.pages import agreement as drafts
from bailee.clauses.instructions.pages import document, instructions, orders, overseeing, rehearsals
from bailee.clauses.privacy_notice import endpoints as hosting
from bailee.clauses.privacy_notice import pages as privacy
from bailee.clauses.retention import pages as retention
from bailee.console import assets, controllers, evidence, guide, home
from bailee.console.visiting import Visiting
from bailee.gate.changing import Held, Outdated, Unknown
from bailee.infra.database import Unavailable
from bailee.infra.keys.key import NotAsSealed
from bailee.infra.patience import TooSlow
from bailee.infra.root_keys import RootKeyGone
from bailee.infra.web.answers import BACK, NOT_HERE, Html, Wrong, came_from, go, page, path_of_ours
from bailee.infra.web.pages import Pages
from bailee.infra.web.visit import Visit
from bailee.ledger.altered import Noticing
from bailee.obligations import notice_pages as notices
from bailee.obligations import pages as owed
from bailee.obligations.mailbox import pages as mailbox
from bailee.processing.accounts.accounts import HasAccount, LastAdministrator, NoAccount
from bailee.processing.accounts.admitting import Denied
from bailee.processing.accounts.approving.approvals import NotWaiting, SecondPerson
from bailee.processing.accounts.lifecycle import NotFromHere
from bailee.processing.accounts.means import AddressTaken, Gone, Outrun
from bailee.processing.accounts.pages import (
    access,
    account,
    approvals,
    colleagues,
    credentials,
    duplicates,
    exports,
    groups,
    holdings,
    imports,
    mine,
    people,
    searches,
    sign_in,
    sign_on,
    ways,
)
from bailee.processing.accounts.pages.ways import NotProven
from bailee.processing.accounts.roles import UnknownRole
from bailee.processing.accounts.signing_in.passwords import Busy
from bailee.processing.webhooks import pages as webhook_pages

log = structlog.get_logger()
Http = Request[Any, Any, Any]

HANDLERS = (
    assets.asset, home.first, guide.guide, home.language, controllers.ControllerPages, evidence.agreement, evidence.ledger,
    webhook_pages.WebhookPages,
    drafts.ProcessorPages, drafts.ControllerPages, document.document,
    instructions.InstructionPages, rehearsals.RehearsalPages, overseeing.OverseeingPages, orders.OrderPages,
    owed.ObligationPages, owed.calendar,
    notices.NoticePages, mailbox.ActPages, contacts.ContactPages,
    people.PeoplePages, holdings.HoldingPages, searches.SearchPages, account.AccountPages, access.AccessPages, groups.GroupPages, approvals.ApprovalPages,
    colleagues.ColleaguePages, duplicates.DuplicatePages, duplicates.MergePages,
    asking.AskingPages, messages.MessagePages, messages.DirectPages,
    hosting.HostedPages, privacy.PrivacyPages, privacy.MyPrivacyPages,
    retention.RetentionPages, retention.UntilPages,
    mine.MyPages, imports.ImportPages, exports.ExportPages, credentials.CredentialPages, ways.WayPages, sign_in.SignInPages, sign_on.DoorPages, sign_on.SignOnPages, sign_in.sign_out,
    requests_of_persons.RequestPages, rights_choices.ChoicePages, my_rights.MyRightsPages,
)  # fmt: skip
A_WHILE = 15 * 60
# What was typed and goes back to whoever typed it, where a form is not taken: texts, not secrets and not choices.
UNSAID = frozenset({"csrf", "password", "again", "code", "secret", "token", "content"})
WORTH, MOST = 30, 5
WITHOUT_FACTOR = ("/me/sign-in", "/sign-out")
# What can go wrong in a page, and what its reader is told: status, heading, words.
TOLD: dict[type[Exception], tuple[int, str, str]] = {
    Outdated: (409, "Someone changed this meanwhile", "Load the page anew: what you see is no longer what is held."),
    Outrun: (409, "Someone changed this meanwhile", "Load the page anew: what you see is no longer what is held."),
    NoAccount: (404, "There is nothing here", "The page does not exist, or it is not yours to see."),
    Denied: (404, "There is nothing here", "The page does not exist, or it is not yours to see."),
    Gone: (404, "There is nothing here", "The page does not exist, or it is not yours to see."),
    HasAccount: (409, "This person has an account already", "Open it from the person's page."),
    AddressTaken: (409, "This address signs in already", "Another account of the organisation uses it."),
    NotFromHere: (409, "That step does not go from here", "Load the page anew to see where the account stands."),
    Held: (409, "A hold stands", "What is under a hold is erased when the hold is lifted."),
    LastAdministrator: (409, "Nobody would be left", "Make another administrator first: someone must let others in."),
    UnknownRole: (422, "There is no such role", "Choose one of those that are offered."),
    Unavailable: (503, "A part that this needs is away", "Nothing is lost. Try again in a moment."),
    RootKeyGone: (503, "A part that this needs is away", "Nothing is lost. Try again in a moment."),
    NotWaiting: (409, "This does not wait any more", "It was decided, done or taken back, or its day has passed."),
    TooSlow: (408, "The request was not understood", "Load the page anew and try again."),
    Busy: (503, "Too many sign in at once", "Try again in a few seconds."),
    Unknown: (404, "There is nothing here", "The page does not exist, or it is not yours to see."),
}

ALTERED = (
    500,
    "Something stored is not as it was sealed",
    "It was changed outside this platform. Nothing of it is shown, and the ledger says so.",
)


class SignInFirst(Exception):
    """The page is for those who are signed in."""


class FactorFirst(Exception):
    """Whoever may touch other people's data sets up a second factor before anything else."""


def console(visiting: Visiting, pages: Pages, provided: dict[str, Any]) -> Litestar:
    """The application, given what its pages need by name."""

    async def visit(request: Http) -> Visit:
        found = await visiting.visit(request)
        if found.person is None and not request.route_handler.opt.get("open"):
            raise SignInFirst
        if found.bare and not request.route_handler.opt.get("open") and not found.path.startswith(WITHOUT_FACTOR):
            raise FactorFirst
        return found

    def wrong(request: Http, problem: Exception) -> Html:
        if isinstance(problem, SignInFirst):
            return _sign_in(visiting, request)
        if isinstance(problem, FactorFirst):
            return go("/me/sign-in", "Welcome. One more thing: add a passkey or an authenticator.")
        if isinstance(problem, SecondPerson):
            return go(f"/approvals/{problem.approval}", "This waits for a second person.")
        if isinstance(problem, NotProven):
            return go(f"/me/sign-in/prove?back={quote(problem.back)}")
        return _told(pages, visiting, request, problem)

    async def note(problem: Exception, scope: Any) -> None:
        await noticing.note(problem, str(scope.get("path_template") or ""))

    noticing: Noticing = provided["noticing"]

    def given(value: Any) -> Provide:
        return Provide(lambda: value, use_cache=True, sync_to_thread=False)

    return Litestar(
        route_handlers=list(HANDLERS),
        dependencies={name: given(value) for name, value in provided.items()}
        | {"visit": Provide(visit), "pages": given(pages)},
        exception_handlers={Exception: wrong},
        after_exception=[note],
        openapi_config=None,
        request_max_body_size=1024 * 1024,
    )


def _told(pages: Pages, visiting: Visiting, request: Http, problem: Exception) -> Html:
    """What went wrong, as a page; what is not foreseen is logged and told without detail."""
    found = problem if isinstance(problem, Wrong) else _found(problem)
    if found is None:
        log.error("page failed", kind=type(problem).__name__, method=request.method, exc_info=problem)
        found = Wrong(500, "Something went wrong here", "It was written down. Nothing was changed by half.")
    try:
        visit = visiting.anonymous(request)
    except Wrong:
        visit = ELSEWHERE
    words = pages.words
    return page(
        pages, "wrong.html", visit, status=found.status, heading=words.say(visit.language, found.heading),
        words=words.say(visit.language, found.words), clause=found.clause,
        back=came_from(request.headers.get("referer", ""), visit.origin), written=_written(request),
    )  # fmt: skip


def _sign_in(visiting: Visiting, request: Http) -> Html:
    """The door; whoever followed a link to a page is led on to it from there."""
    path, secure = path_of_ours(request.scope["path"], ""), visiting.anonymous(request).origin.startswith("https")
    if request.method != "GET" or not path or request.headers.get("hx-request"):
        return go("/sign-in")
    back = Cookie(BACK, value=quote(path), httponly=True, samesite="lax", max_age=A_WHILE, secure=secure)
    return go("/sign-in", cookies=(back,))


def _written(request: Http) -> list[str]:
    """The longer texts that were typed into a form, so that none is lost where it was not taken."""
    sent = request.state.get("sent")
    pairs = sent.multi_items() if sent else ()
    return [text for name, text in pairs if name not in UNSAID and isinstance(text, str) and len(text) >= WORTH][:MOST]


ELSEWHERE = Visit(language="en", path="/", origin="", address="", agent="", place="")


def _found(problem: Exception) -> Wrong | None:
    if isinstance(problem, NotFoundException):
        return NOT_HERE
    if isinstance(problem, HTTPException) and problem.status_code < 500:
        return Wrong(problem.status_code, "The request was not understood", "Load the page anew and try again.")
    told = ALTERED if isinstance(problem, NotAsSealed) else TOLD.get(type(problem))
    return Wrong(*told) if told else None

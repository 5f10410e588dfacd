"""Pages of the privacy notice: the controller fills in what only it knows; everyone signed in reads their own."""

from typing import Any

from litestar import Controller, Request, get, post
from litestar.datastructures import FormMultiDict

from bailee.clauses.privacy_notice import composing
from bailee.clauses.privacy_notice.commands import NoNotice, Notices, language_of
from bailee.clauses.privacy_notice.events import GROUNDS, Filled, Ground, Occasion, OfPurpose, Seen
from bailee.clauses.privacy_notice.rendering import changes
from bailee.gate.slugs import Slugs
from bailee.infra.web import forms
from bailee.infra.web.answers import NOT_HERE, Html, Wrong, go, page, path_of_ours, require
from bailee.infra.web.pages import Pages
from bailee.infra.web.visit import Visit
from bailee.vocabulary.languages import LANGUAGES

Http = Request[Any, Any, Any]
READ, FILL = "agreement:document:read", "requests:notice:fill"
LONGEST = 1_000
NOTHING_AGREED = Wrong(409, "Nothing is agreed yet", "A notice is made from the agreement in force.")


class PrivacyPages(Controller):
    """The controller's side."""

    path = "/privacy-notice"
    include_in_schema = False

    @get("/")
    async def show(self, visit: Visit, pages: Pages, notices: Notices, slugs: Slugs) -> Html:
        """What is filled in, what is missing, the versions, and where the notice is."""
        require(visit, READ)
        if visit.side == "processor":  # it is each controller's own
            return go("/controllers")
        return await _page(visit, pages, notices, slugs)

    @post("/")
    async def fill(self, request: Http, visit: Visit, notices: Notices) -> Html:
        """Fill in what only the controller knows."""
        require(visit, FILL)
        sent = await request.form()
        try:
            force = await notices.in_force(visit.whose)
            await notices.fill(visit.whose, _filled(sent, _purposes(force)), by=str(visit.who))
        except NoNotice:
            raise NOTHING_AGREED from None
        return go("/privacy-notice", "The notice is made anew.")


class MyPrivacyPages(Controller):
    """What is told to whoever is signed in."""

    path = "/me/privacy"
    include_in_schema = False

    @get("/")
    async def show(self, visit: Visit, pages: Pages, notices: Notices) -> Html:
        """The notice of one's own group; that it was shown is remembered."""
        if visit.side == "processor":
            return go("/me")
        try:
            return await _mine(visit, pages, notices, "page")
        except NoNotice:
            raise NOT_HERE from None

    @get("/first")
    async def first(self, visit: Visit, pages: Pages, notices: Notices) -> Html:
        """The same for whoever has just come in by an invitation; where nothing is told yet they go on."""
        if visit.side == "processor":
            return go("/me")
        try:
            return await _mine(visit, pages, notices, "invitation")
        except NoNotice:
            return go("/me")

    @get("/changed")
    async def changed(self, request: Http, visit: Visit, pages: Pages, notices: Notices) -> Html:
        """The same for whoever signs in and was last shown another: what has changed first, and the way on."""
        on = path_of_ours(str(request.query_params.get("on", "")))
        if visit.side == "processor":
            return go(on)
        try:
            return await _mine(visit, pages, notices, "sign-in", on=on)
        except NoNotice:
            return go(on)


async def _mine(visit: Visit, pages: Pages, notices: Notices, occasion: Occasion, *, on: str = "") -> Html:
    before = next(iter(await notices.seen(visit.whose, visit.who)), None)
    shown = await notices.show(visit.whose, [visit.who], language_of(visit.language), occasion, by=str(visit.who))
    digest = shown.get(visit.who)
    content = await notices.text(visit.whose, digest) if digest else b""
    seen = await notices.seen(visit.whose, visit.who)
    new, gone = await _changed(visit, notices, before, content) if occasion == "sign-in" else ([], [])
    return page(
        pages, "me-privacy.html", visit, content=content.decode(), seen=seen, new=new, gone=gone,
        occasion=occasion, on="/me" if on in ("", "/") else on,
    )  # fmt: skip


async def _changed(visit: Visit, notices: Notices, before: Seen | None, content: bytes) -> tuple[list[str], list[str]]:
    """What differs from what was shown last; nothing where that was in another language, or its text is gone."""
    if before is None or before.language != language_of(visit.language):
        return [], []
    try:
        return changes(await notices.text(visit.whose, before.digest), content)
    except NoNotice:
        return [], []


async def _page(visit: Visit, pages: Pages, notices: Notices, slugs: Slugs) -> Html:
    try:
        force = await notices.in_force(visit.whose)
    except NoNotice:
        raise NOTHING_AGREED from None
    filled = await notices.filled(visit.whose)
    language = force.agreement.language
    return page(
        pages, "privacy-fill.html", visit, filled=filled, gaps=composing.gaps(force, filled, language),
        purposes=_purposes(force), grounds=GROUNDS, languages=LANGUAGES, blank=OfPurpose(),
        versions=await notices.versions(visit.whose), slug=await slugs.of(visit.whose),
        groups=[str(item.group) for item in force.agreement.groups], origin=visit.origin,
    )  # fmt: skip


def _purposes(force: Any) -> list[str]:
    groups = [str(item.group) for item in force.agreement.groups]
    return list(dict.fromkeys(purpose for group in groups for purpose in composing.purposes(force, group)))


def _filled(sent: FormMultiDict, purposes: list[str]) -> Filled:
    def texts(name: str) -> dict[str, str]:
        given = {one: forms.text(sent, f"{name}:{one}")[:LONGEST] for one in LANGUAGES}
        return {language: words for language, words in given.items() if words}

    def ground(purpose: str) -> Ground:
        return next((one for one in GROUNDS if one == forms.text(sent, f"ground:{purpose}")), "")

    return Filled(
        contact=forms.text(sent, "contact")[:300],
        purposes={
            one: OfPurpose(ground=ground(one), interests=texts(f"interests:{one}"), kept=texts(f"kept:{one}"))
            for one in purposes
        },
        obligatory=texts("obligatory"), source=texts("source"), automated=texts("automated"),
    )  # fmt: skip

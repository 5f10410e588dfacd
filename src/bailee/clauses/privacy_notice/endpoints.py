"""The public pages: a controller's notice under its slug, whole, to be framed, or as a fragment for its own page.

Frames are for anyone's https page: the notice is public, holds no form and runs nothing. What names nobody is not here.
"""

from uuid import UUID

from litestar import Controller, Response, get

from bailee.clauses.privacy_notice.commands import NoNotice, Notice, Notices, language_of
from bailee.gate.slugs import Slugs
from bailee.infra.web.answers import NOT_HERE, Html, page
from bailee.infra.web.pages import Pages
from bailee.infra.web.visit import Visit

FRAMED = (
    "default-src 'none'; style-src 'self'; img-src 'self'; font-src 'none'; form-action 'none'; base-uri 'none'; "
    "frame-ancestors https:"
)
EMBEDDED = {
    "cache-control": "public, max-age=300", "content-security-policy": FRAMED, "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer", "cross-origin-resource-policy": "cross-origin", "vary": "accept-language, cookie",
}  # fmt: skip
GROUP = "user"


class HostedPages(Controller):
    """Notices for everyone."""

    path = "/privacy/{slug:str}"
    include_in_schema = False
    opt = {"open": True}  # noqa: RUF012 -- the framework's own way

    @get("/")
    async def show(
        self, *, slug: str, visit: Visit, pages: Pages, slugs: Slugs, notices: Notices, group: str = GROUP
    ) -> Html:
        """The notice, in the reader's language."""
        controller = await _whose(slugs, slug)
        found = await _current(notices, controller, group, visit.language)
        return page(
            pages, "privacy-page.html", visit, notice=found, content=found.content.decode(), slug=slug, group=group
        )

    @get("/embed")
    async def embed(
        self, *, slug: str, visit: Visit, pages: Pages, slugs: Slugs, notices: Notices, group: str = GROUP,
        language: str = "",
    ) -> Response[bytes]:  # fmt: skip
        """The notice alone, for a frame."""
        spoken = language_of(language or visit.language)
        found = await _current(notices, await _whose(slugs, slug), group, spoken)
        made = pages.render("privacy-embed.html", visit, content=found.content.decode(), spoken=spoken)
        return Response(made, media_type="text/html; charset=utf-8", headers=dict(EMBEDDED))

    @get("/fragment")
    async def fragment(
        self, *, slug: str, visit: Visit, slugs: Slugs, notices: Notices, group: str = GROUP, language: str = ""
    ) -> Response[bytes]:
        """The notice's HTML, to be put into the controller's own page; its digest stands in a header."""
        spoken = language_of(language or visit.language)
        found = await _current(notices, await _whose(slugs, slug), group, spoken)
        told = {"access-control-allow-origin": "*", "etag": f'"{found.version.digest}"', "content-language": spoken}
        told |= {"bailee-notice": found.version.digest, "access-control-expose-headers": "bailee-notice"}
        return Response(found.content, media_type="text/html; charset=utf-8", headers=EMBEDDED | told)

    @get("/versions/{digest:str}")
    async def version(
        self, *, slug: str, digest: str, visit: Visit, pages: Pages, slugs: Slugs, notices: Notices
    ) -> Html:
        """A version as it was shown."""
        try:
            content = await notices.text(await _whose(slugs, slug), digest[:64])
        except NoNotice:
            raise NOT_HERE from None
        return page(pages, "privacy-version.html", visit, content=content.decode(), digest=digest, slug=slug)


async def _whose(slugs: Slugs, slug: str) -> UUID:
    controller = await slugs.whose(slug[:40])
    if controller is None:
        raise NOT_HERE
    return controller


async def _current(notices: Notices, controller: UUID, group: str, language: str) -> Notice:
    try:
        return await notices.current(controller, group, language_of(language))
    except NoNotice:
        raise NOT_HERE from None

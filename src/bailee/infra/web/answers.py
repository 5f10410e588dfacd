"""Answers of pages: a rendered page, a way on to another, a refusal said in words."""

import re
from typing import Any
from urllib.parse import quote

from litestar import Response
from litestar.datastructures import Cookie

from bailee.infra.web.pages import Pages
from bailee.infra.web.visit import Visit

NOTICE = "notice"
BACK = "back"  # where somebody wanted to go who was asked to sign in first
OURS = re.compile(r"/(?:[A-Za-z0-9_-][A-Za-z0-9/_.-]*)?")
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
HEADERS = {
    "cache-control": "no-store",
    "content-security-policy": POLICY,
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}
Html = Response[bytes]


class Wrong(Exception):
    """A page cannot be shown; the reader is told why, in words and with a status."""

    def __init__(self, status: int, heading: str, words: str, clause: str = "") -> None:
        super().__init__(heading)
        self.status, self.heading, self.words, self.clause = status, heading, words, clause


NOT_HERE = Wrong(404, "There is nothing here", "The page does not exist, or it is not yours to see.")
FORBIDDEN = Wrong(
    403, "Your role does not open this", "An administrator of your organisation can give you one that does."
)


def page(pages: Pages, template: str, visit: Visit, *, status: int = 200, **context: Any) -> Html:
    """A page."""
    answer = Response(
        pages.render(template, visit, **context), status_code=status, media_type="text/html; charset=utf-8",
        headers=dict(HEADERS),
    )  # fmt: skip
    if visit.notice:
        answer.delete_cookie(NOTICE)
    return answer


def go(path: str, notice: str = "", cookies: tuple[Cookie, ...] = ()) -> Html:
    """On to another page; `notice` is an English text of the words, shown there once."""
    told = (Cookie(NOTICE, value=quote(notice), httponly=True, samesite="lax", max_age=60),) if notice else ()
    return Response(b"", status_code=303, headers={**HEADERS, "location": path}, cookies=[*cookies, *told])


def came_from(referrer: str, origin: str) -> str:
    """The page of ours that a request came from; empty where it came from elsewhere, or does not say."""
    path = referrer.removeprefix(origin).partition("?")[0] if referrer.startswith(f"{origin}/") else ""
    return path_of_ours(path, "") if path else ""


def path_of_ours(path: str, otherwise: str = "/") -> str:
    """A path of this console to go on to; nothing that a browser would read as leading elsewhere."""
    return path if OURS.fullmatch(path) else otherwise


def require(visit: Visit, permission: str) -> None:
    """The permission, or the page that says so."""
    if not visit.may(permission):
        raise FORBIDDEN

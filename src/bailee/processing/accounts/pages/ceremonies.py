"""Passkey ceremonies for pages: the site is the console's own origin; answers are JSON for the page's script."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import msgspec
from litestar import Request, Response

from bailee.infra.web.answers import HEADERS
from bailee.infra.web.pages import Pages
from bailee.infra.web.visit import Visit
from bailee.processing.accounts.admitting import Admitting
from bailee.processing.accounts.signing_in.passkeys import Passkeys, Site


async def passkeys_of(visit: Visit, admitting: Admitting) -> Passkeys:
    """The ceremonies of the site that this visit is on."""
    site = Site(urlsplit(visit.origin).hostname or "", "bailee", (visit.origin,))
    return Passkeys(site, await admitting.seals(), admitting.attempts.spend)


async def heard(request: Request[Any, Any, Any]) -> Mapping[str, Any]:
    """What the page's script says; nothing at all for what is no JSON object."""
    try:
        found = msgspec.json.decode(await request.body())
    except (msgspec.DecodeError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def said(status: int, **content: Any) -> Response[bytes]:
    """An answer for the page's script."""
    return Response(msgspec.json.encode(content), status_code=status, media_type="application/json", headers=HEADERS)


def refused(visit: Visit, pages: Pages) -> Response[bytes]:
    """One and the same for every way of failing."""
    return said(403, title=pages.words.say(visit.language, "The passkey was not taken."))

"""Who visits: from a request to a `Visit`. Forged requests end here, before any page is asked.

An unsafe request must come from a page of ours: its Origin is the console's own, and within a session it carries
the session's token, which no other site can read.
"""

import hashlib
import hmac
import re
from typing import Any
from urllib.parse import unquote
from uuid import UUID

import msgspec
from litestar import Request

from bailee.gate.filing import Filing
from bailee.infra.clock import Clock
from bailee.infra.setting_values import LOOPBACK
from bailee.infra.settings import Settings
from bailee.infra.web.answers import NOTICE, Wrong
from bailee.infra.web.pages import Pages
from bailee.infra.web.visit import Visit
from bailee.infra.web.words import preferred
from bailee.processing.accounts import roles
from bailee.processing.accounts.accounts import Accounts
from bailee.processing.accounts.means import Means
from bailee.processing.accounts.sessions import Session, Sessions
from bailee.vocabulary.languages import LANGUAGES

COOKIE = "session"
STRONG = frozenset({"passkey", "code", "recovery-code", "openid"})
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
NAMES_SECONDS = 30.0
FORGED = Wrong(403, "This did not come from a page of ours", "Go back, load the page anew, and try again.")
ELSEWHERE = Wrong(421, "The console is reached under another address", "BAILEE_URL says under which.")
# This machine, by name or number, and a port: a host is copied into letters, and must be nothing else.
AT_HOME = re.compile(
    rf"(?:{'|'.join(re.escape(f'[{one}]' if ':' in one else one) for one in sorted(LOOPBACK))})(?::[0-9]{{1,5}})?"
)
Http = Request[Any, Any, Any]


class Visiting:
    """Makes visits; remembers the names of controllers for half a minute."""

    def __init__(
        self, *, settings: Settings, sessions: Sessions, accounts: Accounts, means: Means, filing: Filing, pages: Pages,
        clock: Clock, platform: UUID,
    ) -> None:  # fmt: skip
        self._settings = settings
        self._sessions = sessions
        self._accounts = accounts
        self._means = means
        self._filing = filing
        self._pages = pages
        self._clock = clock
        self._platform = platform
        self._names: tuple[float, dict[UUID, str]] = (float("-inf"), {})

    async def visit(self, request: Http) -> Visit:
        """The visit that a request is."""
        plain = self.anonymous(request)
        text = request.cookies.get(COOKIE, "")
        session = await self._sessions.find(text) if text else None
        csrf = _csrf(text) if session else ""
        if request.method not in SAFE:
            await _own(request, plain.origin, csrf)
        if session is None:
            return plain
        return await self._of(plain, session, csrf)

    def anonymous(self, request: Http) -> Visit:
        """The visit of someone who is not signed in, as far as the request tells."""
        language = request.cookies.get("language", "")
        theme = request.cookies.get("theme", "")
        notice = unquote(request.cookies.get(NOTICE, ""))[:200]
        client = request.client
        return Visit(
            language=language if language in LANGUAGES else preferred(request.headers.get("accept-language", "")),
            path=request.scope["path"],  # not of the URL: that one takes in whatever the Host header says
            origin=self._origin(request),
            address=client.host if client else "",
            agent=request.headers.get("user-agent", "")[:300],
            place=self._settings.region,
            partial=request.headers.get("hx-request") == "true",
            theme=theme if theme in ("light", "dark") else "",
            notice=notice if notice in self._pages.words.french else "",
            simulated=self._clock.simulated,
        )

    async def _of(self, plain: Visit, session: Session, csrf: str) -> Visit:
        controller = session.controller
        bare = bool(session.roles) and not STRONG & set(session.methods) and not await self._has_factor(session)
        made = await self._accounts.made_roles(controller)
        return msgspec.structs.replace(
            plain, csrf=csrf, controller=controller, controller_name=await self._name(controller),
            person=session.person, side="processor" if controller == self._platform else "controller",
            permissions=frozenset() if bare else roles.permissions(session.roles, made), session=session, bare=bare,
        )  # fmt: skip

    async def _has_factor(self, session: Session) -> bool:
        """Whether a second factor was set up since this session opened without one."""
        account = await self._accounts.find(session.controller, session.person)
        held = account and await self._means.read(session.controller, session.person, account.key_id)
        return bool(held and (held.methods.totp or held.methods.passkeys))

    async def _name(self, controller: UUID) -> str:
        loaded, names = self._names
        if controller not in names or self._clock.monotonic() - loaded > NAMES_SECONDS:
            names = {one.id: one.name for one in await self._filing.listed()}
            self._names = (self._clock.monotonic(), names)
        return names.get(controller, "")

    def _origin(self, request: Http) -> str:
        """Where the console is reached; under no other name is it served."""
        host = request.headers.get("host", "")
        if self._settings.url:
            own = self._settings.url.rstrip("/")
            if host != own.removeprefix("https://"):
                raise ELSEWHERE
            return own
        if not AT_HOME.fullmatch(host):
            raise ELSEWHERE
        return f"http://{host}"


async def _own(request: Http, origin: str, csrf: str) -> None:
    """Whether an unsafe request was made by a page of ours."""
    came = request.headers.get("origin")
    if came != origin and not (came is None and request.headers.get("sec-fetch-site") == "same-origin"):
        raise FORGED
    if not csrf:
        return
    sent = request.headers.get("x-csrf", "")
    if not sent and request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        form = await request.form()
        request.state.sent, sent = form, str(form.get("csrf", ""))
    if not hmac.compare_digest(sent.encode(), csrf.encode()):
        raise FORGED


def _csrf(text: str) -> str:
    return hashlib.sha256(b"bailee/csrf\n" + text.encode()).hexdigest()[:32]

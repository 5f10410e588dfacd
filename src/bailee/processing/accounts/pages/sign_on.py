"""Single sign-on: the way out to the organisation's provider and back, and the page that names the provider."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request, get, post
from litestar.datastructures import Cookie

from bailee.infra.destinations import Reason as Place
from bailee.infra.destinations import read
from bailee.infra.web.answers import Html, Wrong, go, page, require
from bailee.infra.web.pages import Pages
from bailee.infra.web.visit import Visit
from bailee.processing.accounts import forms
from bailee.processing.accounts.admitting import Admitting, Denied
from bailee.processing.accounts.approving.dangers import Asked, Danger
from bailee.processing.accounts.attempts import NotYet
from bailee.processing.accounts.greeting import Greeting
from bailee.processing.accounts.organisations import Organisations
from bailee.processing.accounts.pages.authority import Authority
from bailee.processing.accounts.pages.sign_in import let_in, remembered
from bailee.processing.accounts.refusals import Refusals, Tried
from bailee.processing.accounts.sessions import Device, Sessions
from bailee.processing.accounts.sign_on import Agreed, NotLetIn, SignOn
from bailee.processing.accounts.signing_in import limits
from bailee.processing.accounts.signing_in.openid import Begun

Http = Request[Any, Any, Any]
FLOW = "sign-on"
MINUTES = 5 * 60
NONE = Wrong(404, "No single sign-on there", "Sign in with your address and password, or with a passkey.")
WAIT = Wrong(429, "Too many tries from here", "Wait a little, or sign in with your address and password.")
NOT_LET_IN = Wrong(403, "Your organisation's sign-on did not let you in", "Ask its administrator for an account here.")


class DoorPages(Controller):
    """Out to the provider, and back."""

    path = "/sign-in/organisation"
    include_in_schema = False
    opt = {"open": True}  # noqa: RUF012 -- the framework's own way

    @get("/")
    async def ask(
        self, request: Http, visit: Visit, pages: Pages, organisations: Organisations, admitting: Admitting
    ) -> Html:
        """Which organisation?"""
        name = await remembered(request, admitting, organisations)
        return page(pages, "sign-on-door.html", visit, organisation=name, url="")

    @post("/")
    async def leave(
        self, *, request: Http, visit: Visit, pages: Pages, organisations: Organisations, sign_on: SignOn,
        admitting: Admitting,
    ) -> Html:  # fmt: skip
        """Lead to the organisation's provider; a page in between, for a form may not lead elsewhere. That the way leads
        out tells that there is one: so names that have none are counted, and nobody can go through a list of them."""
        name = forms.text(await request.form(), "organisation")
        drawn = limits.name_budgets(limits.source_of(visit.address))
        try:
            guess = await admitting.attempts.guess(organisations.platform, drawn)
        except NotYet:
            raise WAIT from None
        controller = await organisations.named(name)
        begun = await sign_on.begin(controller, f"{visit.origin}/sign-in/organisation/back", "")
        if not isinstance(begun, Begun):
            raise NONE
        await guess.was_right()
        answer = page(pages, "sign-on-door.html", visit, organisation=name, url=begun.url)
        answer.set_cookie(_cookie(visit, f"{controller}.{begun.token}", MINUTES))
        return answer

    @get("/back")
    async def back(
        self, *, request: Http, visit: Visit, admitting: Admitting, sessions: Sessions, sign_on: SignOn,
        refusals: Refusals, greeting: Greeting,
    ) -> Html:  # fmt: skip
        """Let in whom the provider vouches for."""
        controller, _, token = request.cookies.get(FLOW, "").partition(".")
        try:
            found = await sign_on.finish(UUID(controller), token, dict(request.query_params.items()))
        except NotLetIn as no:
            tried = Tried(UUID(controller), "openid", person=no.person)
            refusals.later(tried, Device(visit.address, visit.agent))
            raise NOT_LET_IN from None
        except (Denied, ValueError):
            raise NOT_LET_IN from None
        answer = await let_in(request, visit, found, admitting=admitting, sessions=sessions, greeting=greeting)
        answer.set_cookie(_cookie(visit, "", 0))
        return answer


class SignOnPages(Controller):
    """The controller's provider."""

    path = "/sign-on"
    include_in_schema = False

    @get("/")
    async def show(self, visit: Visit, pages: Pages, sign_on: SignOn) -> Html:
        """What is named now."""
        require(visit, "connections:sign-on:manage")
        agreed = await sign_on.agreed(visit.whose)
        return page(pages, "sign-on.html", visit, agreed=agreed, wrong="")

    @post("/")
    async def agree(
        self, request: Http, visit: Visit, pages: Pages, sign_on: SignOn, authority: Authority
    ) -> Html:  # fmt: skip
        """Name the provider, or none any more: whoever runs it lets in whom they like."""
        require(visit, "connections:sign-on:manage")
        authority.proven(visit, "/sign-on")
        sent = await request.form()
        if forms.text(sent, "act") == "none":
            await authority.second(visit, Asked(Danger.switches, "/sign-on", (("act", "none"),)))
            await sign_on.agree(visit.whose, None, by=str(visit.who))
            return go("/sign-on", "Single sign-on is off.")
        known = await sign_on.agreed(visit.whose)
        secret = forms.text(sent, "secret") or (known.secret if known else "")
        agreed = Agreed(forms.text(sent, "issuer"), forms.text(sent, "client_id"), secret)
        target = read(agreed.issuer)
        if isinstance(target, Place) or (target.scheme != "https" and not visit.simulated) or not agreed.client_id:
            wrong = "An issuer is an https address, as the provider says it, with a client's id"
            return page(pages, "sign-on.html", visit, status=422, agreed=agreed, wrong=wrong)
        fields = (("issuer", agreed.issuer), ("client_id", agreed.client_id), ("secret", agreed.secret))
        await authority.second(visit, Asked(Danger.switches, "/sign-on", fields, withheld=("secret",)))
        await sign_on.agree(visit.whose, agreed, by=str(visit.who))
        return go("/sign-on", "Single sign-on is set up.")


def _cookie(visit: Visit, value: str, age: int) -> Cookie:
    return Cookie(
        FLOW, value=value, httponly=True, samesite="lax", max_age=age, path="/sign-in/organisation",
        secure=visit.origin.startswith("https"),
    )  # fmt: skip

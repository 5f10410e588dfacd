"""The pages of the door: password, code, passkey, invitation, a link to sign in anew, and out again."""

import json
from datetime import timedelta
from typing import Any
from urllib.parse import unquote

import msgspec
from litestar import Controller, Request, Response, get, post
from litestar.datastructures import Cookie

from bailee.infra.web.answers import BACK, Html, Wrong, go, page, path_of_ours
from bailee.infra.web.pages import Pages
from bailee.infra.web.visit import Visit
from bailee.processing.accounts import forms
from bailee.processing.accounts.admitting import Admitted, Admitting, At, Denied, Halfway, LinkSpent, has_factor
from bailee.processing.accounts.attempts import NotYet
from bailee.processing.accounts.greeting import Greeting
from bailee.processing.accounts.inviting import Inviting
from bailee.processing.accounts.organisations import Organisations
from bailee.processing.accounts.pages.ceremonies import heard, passkeys_of, refused, said
from bailee.processing.accounts.refusals import Refusals, Tried
from bailee.processing.accounts.sessions import Device, Sessions
from bailee.processing.accounts.signing_in import devices, limits
from bailee.processing.accounts.signing_in.passkeys import owner
from bailee.processing.accounts.signing_in.passwords import Passwords
from bailee.processing.accounts.signing_in.weakness import weakness

Http = Request[Any, Any, Any]
SESSION, DEVICE = "session", "device"
RESET_LASTS = timedelta(hours=2)
YEAR = 365 * 24 * 3600
NOTICE_FIRST = "/me/privacy/first"  # whoever comes in for the first time is told what is done with their data
WRONG = "That does not let anyone in. Look at the organisation, the address and the password."
WRONG_CODE = "That code does not let anyone in."
WAIT = "Too many tries from here. Wait a little."
SPENT = Wrong(410, "This link opens nothing any more", "It was used, or its time has passed. Ask for another.")


class SignInPages(Controller):
    """The door."""

    path = ""
    include_in_schema = False
    opt = {"open": True}  # noqa: RUF012 -- the framework's own way

    @get("/sign-in")
    async def door(
        self, request: Http, visit: Visit, pages: Pages, organisations: Organisations, admitting: Admitting
    ) -> Html:
        """The form, with the organisation remembered."""
        if visit.person is not None:
            return go("/")
        name = await remembered(request, admitting, organisations)
        return page(pages, "sign-in.html", visit, organisation=name, address="", wrong="")

    @post("/sign-in")
    async def sign_in(
        self, *, request: Http, visit: Visit, pages: Pages, admitting: Admitting, sessions: Sessions,
        organisations: Organisations, refusals: Refusals, greeting: Greeting,
    ) -> Html:  # fmt: skip
        """Try an address and a password."""
        sent = await request.form()
        name, address = forms.text(sent, "organisation"), forms.text(sent, "address")
        controller = await organisations.named(name)
        try:
            found = await admitting.password(
                At(name, controller, address), str(sent.get("password", ""))[:4000], source=visit.address,
                device=await _device(request, admitting),
            )  # fmt: skip
        except (Denied, NotYet) as no:
            refusals.later(Tried(controller, "password", address), Device(visit.address, visit.agent))
            words, status = (WAIT, 429) if isinstance(no, NotYet) else (WRONG, 403)
            return page(pages, "sign-in.html", visit, status=status, organisation=name, address=address, wrong=words)
        if isinstance(found, Halfway):
            return page(pages, "sign-in-code.html", visit, ticket=found.ticket, wrong="")
        return await let_in(request, visit, found, admitting=admitting, sessions=sessions, greeting=greeting)

    @post("/sign-in/code")
    async def code(
        self, *, request: Http, visit: Visit, pages: Pages, admitting: Admitting, sessions: Sessions,
        refusals: Refusals, greeting: Greeting,
    ) -> Html:  # fmt: skip
        """Try the code that follows the password."""
        sent = await request.form()
        ticket = forms.text(sent, "ticket")
        try:
            found = await admitting.code(ticket, forms.text(sent, "code"), device=await _device(request, admitting))
        except (Denied, NotYet) as no:
            if half := await admitting.half(ticket):
                refusals.later(Tried(half.controller, "code", person=half.person), Device(visit.address, visit.agent))
            words, status = (WAIT, 429) if isinstance(no, NotYet) else (WRONG_CODE, 403)
            return page(pages, "sign-in-code.html", visit, status=status, ticket=ticket, wrong=words)
        return await let_in(request, visit, found, admitting=admitting, sessions=sessions, greeting=greeting)

    @post("/sign-in/passkey/begin")
    async def begin_passkey(self, visit: Visit, admitting: Admitting) -> Response[bytes]:
        """Options for whichever passkey the browser has for this site."""
        begun = (await passkeys_of(visit, admitting)).sign_in(admitting.now())
        return said(200, options=json.loads(begun.options), challenge=begun.token)

    @post("/sign-in/passkey/finish")
    async def finish_passkey(
        self, *, request: Http, visit: Visit, pages: Pages, admitting: Admitting, sessions: Sessions,
        refusals: Refusals, greeting: Greeting,
    ) -> Response[bytes]:  # fmt: skip
        """Let in whom the passkey names."""
        sent = await heard(request)
        token, response = str(sent.get("challenge", "")), json.dumps(sent.get("credential", {}))
        try:
            found = await admitting.passkey(await passkeys_of(visit, admitting), token, response)
        except Denied:
            if whose := owner(response):
                tried = Tried(whose.controller, "passkey", person=whose.person)
                refusals.later(tried, Device(visit.address, visit.agent))
            return refused(visit, pages)
        into = await let_in(request, visit, found, admitting=admitting, sessions=sessions, greeting=greeting)
        answer = said(200, location=into.headers["location"])
        answer.cookies = into.cookies
        return answer

    @get("/sign-in/forgotten")
    async def forgotten(
        self, request: Http, visit: Visit, pages: Pages, organisations: Organisations, admitting: Admitting
    ) -> Html:
        """The form to ask for a link."""
        name = await remembered(request, admitting, organisations)
        return page(pages, "forgotten.html", visit, organisation=name, sent=False)

    @post("/sign-in/forgotten")
    async def send_link(
        self, *, request: Http, visit: Visit, pages: Pages, admitting: Admitting, inviting: Inviting,
        organisations: Organisations,
    ) -> Html:  # fmt: skip
        """Send a link if there is such an account; the answer is the same whether or not."""
        sent = await request.form()
        name, address = forms.text(sent, "organisation"), forms.text(sent, "address")
        controller = await organisations.named(name)
        drawn = limits.budgets(f"forgotten {name.casefold()}\x00{address.casefold()}", limits.source_of(visit.address))
        try:
            await admitting.attempts.guess(organisations.platform, drawn)
            company = await organisations.name(str(controller))
            inviting.later(inviting.forgotten(visit, controller, address, company, RESET_LASTS))
        except NotYet:
            pass  # the same words, and no letter: an address cannot be flooded from here
        return page(pages, "forgotten.html", visit, organisation=name, sent=True)

    @get("/link/{text:str}")
    async def open_link(self, text: str, visit: Visit, pages: Pages, admitting: Admitting) -> Html:
        """What a link lets do; opening it uses nothing up."""
        _, kind, _, held = await _of(admitting, text)
        return page(
            pages, "link.html", visit, kind=kind, address=held.methods.address, text=text, wrong="", wrong_address=""
        )

    @post("/link/{text:str}")
    async def use_link(
        self, *, request: Http, text: str, visit: Visit, pages: Pages, admitting: Admitting, sessions: Sessions,
        passwords: Passwords, greeting: Greeting,
    ) -> Html:  # fmt: skip
        """Choose a password by a link, and come in."""
        sent = await request.form()
        token, kind, account, held = await _of(admitting, text)
        password = str(sent.get("password", ""))[:4000]
        address = held.methods.address or forms.text(sent, "address")
        weak = await weakness(passwords, password, [address])
        if weak is not None or forms.address_problem(address):
            return page(
                pages, "link.html", visit, status=422, kind=kind, address=held.methods.address, text=text,
                wrong=f"password-{weak}" if weak else "", wrong_address=forms.address_problem(address),
            )  # fmt: skip
        try:
            account = await admitting.use_link(token, account)
        except LinkSpent:
            raise SPENT from None
        named = msgspec.structs.replace(held.methods, address=address, address_confirmed=bool(held.methods.address))
        if named != held.methods:
            held = await admitting.change(token.controller, account, held, named, what="address")
        kept = await admitting.renew(token.controller, account, held, password)
        if has_factor(kept.methods):
            ticket = await admitting.ticket(token.controller, account, kept)
            return page(pages, "sign-in-code.html", visit, wrong="", ticket=ticket)
        admitted = Admitted(account, kept, ("link",), token.controller)
        first = NOTICE_FIRST if kind == "invitation" and not account.roles else "/"
        return await let_in(
            request, visit, admitted, admitting=admitting, sessions=sessions, greeting=greeting, first=first
        )


@post("/sign-out", include_in_schema=False)
async def sign_out(visit: Visit, sessions: Sessions) -> Html:
    """End this session."""
    await sessions.end(visit.whose, visit.who, visit.session.id, by=str(visit.who))
    return go(
        "/sign-in", "You are signed out.", cookies=tuple(_cookie(visit, name, "", age=0) for name in (SESSION, BACK))
    )


async def let_in(
    request: Http, visit: Visit, found: Admitted, *, admitting: Admitting, sessions: Sessions, greeting: Greeting,
    first: str = "/",
) -> Html:  # fmt: skip
    """Open the session; who must have a second factor is led to set one up, any other to `first` or where they were going,
    by way of what is told otherwise than when they were last told it."""
    controller, person = found.controller, found.account.person
    text = await sessions.open(controller, found.account, found.methods, Device(visit.address, visit.agent))
    device = (await _device(request, admitting) or devices.fresh()).signed_in(controller, person, admitting.now())
    cookies = (
        _cookie(visit, SESSION, text, age=None),
        _cookie(visit, DEVICE, devices.seal(await admitting.seals(), device), age=YEAR),
    )
    wanted = path_of_ours(unquote(request.cookies.get(BACK, "")), first)
    strong = found.held.methods.totp is not None or bool(found.held.methods.passkeys)
    if found.account.roles and not strong:
        return go("/me/sign-in", "Welcome. One more thing: add a passkey or an authenticator.", cookies=cookies)
    if not found.account.roles and wanted != NOTICE_FIRST:
        wanted = await greeting.way(controller, person, wanted)
    return go(wanted, cookies=(*cookies, _cookie(visit, BACK, "", age=0)))


async def remembered(request: Http, admitting: Admitting, organisations: Organisations) -> str:
    """The organisation that this browser signed in at last, as its sealed cookie says; an id alone names nobody."""
    device = await _device(request, admitting)
    return await organisations.name(str(device.accounts[0].controller)) if device and device.accounts else ""


async def _device(request: Http, admitting: Admitting) -> devices.Device | None:
    return devices.read(await admitting.seals(), request.cookies.get(DEVICE, ""))


def _cookie(visit: Visit, name: str, value: str, *, age: int | None) -> Cookie:
    return Cookie(
        name, value=value, httponly=True, samesite="lax", max_age=age, secure=visit.origin.startswith("https")
    )


async def _of(admitting: Admitting, text: str) -> Any:
    try:
        return await admitting.of_link(text)
    except LinkSpent:
        raise SPENT from None

"""How I sign in: password, authenticator, recovery codes, passkeys, and where I am signed in."""

import json
from typing import Any

import msgspec
from litestar import Controller, Request, Response, get, post

from bailee.infra.web.answers import Html, Wrong, go, page, path_of_ours
from bailee.infra.web.pages import Pages
from bailee.infra.web.visit import Visit
from bailee.processing.accounts import forms
from bailee.processing.accounts.admitting import USED, Admitting
from bailee.processing.accounts.attempts import NotYet
from bailee.processing.accounts.pages.ceremonies import heard, passkeys_of, refused, said
from bailee.processing.accounts.refusals import Refusals, Tried
from bailee.processing.accounts.sessions import Device, Sessions
from bailee.processing.accounts.signing_in import authenticators, recovery
from bailee.processing.accounts.signing_in.methods import Passkey, Totp
from bailee.processing.accounts.signing_in.passkeys import Whose
from bailee.processing.accounts.signing_in.passwords import Passwords
from bailee.processing.accounts.signing_in.weakness import weakness

Http = Request[Any, Any, Any]


class WayPages(Controller):
    """One's own ways of signing in; changing them asks for a fresh proof of presence."""

    path = "/me/sign-in"
    include_in_schema = False

    @get("/")
    async def show(self, visit: Visit, pages: Pages, admitting: Admitting, sessions: Sessions) -> Html:
        """What I have, and where I am signed in."""
        account, held = await admitting.standing(visit.whose, visit.who)
        listed = await sessions.listed(visit.whose, account)
        return page(
            pages, "ways.html", visit, methods=held.methods, sessions=listed, proven=sessions.is_proven(visit.session)
        )

    @get("/prove")
    async def ask_proof(self, visit: Visit, pages: Pages, admitting: Admitting, back: str = "") -> Html:
        """The form that proves it is still me."""
        _, held = await admitting.standing(visit.whose, visit.who)
        return page(pages, "prove.html", visit, methods=held.methods, wrong="", back=_back(back))

    @post("/prove")
    async def prove(
        self, *, request: Http, visit: Visit, pages: Pages, admitting: Admitting, sessions: Sessions,
        refusals: Refusals,
    ) -> Html:  # fmt: skip
        """Prove presence by password."""
        account, held = await admitting.standing(visit.whose, visit.who)
        sent = await request.form()
        password, back = str(sent.get("password", ""))[:4000], _back(forms.text(sent, "back"))
        try:
            right = await admitting.is_password(account, held, visit.whose, password)
        except NotYet:
            right = False
        if not right:
            _note(refusals, visit, "step-up-password")
            wrong = "That is not it. After several tries there is a wait."
            return page(pages, "prove.html", visit, status=403, methods=held.methods, wrong=wrong, back=back)
        await sessions.prove(visit.session)
        return go(back)

    @post("/prove/passkey/begin")
    async def begin_proof(self, visit: Visit, admitting: Admitting) -> Response[bytes]:
        """Options for proving presence with one of my passkeys."""
        _, held = await admitting.standing(visit.whose, visit.who)
        ceremonies = await passkeys_of(visit, admitting)
        begun = ceremonies.step_up(Whose(visit.whose, visit.who), held.methods, admitting.now())
        return said(200, options=json.loads(begun.options), challenge=begun.token)

    @post("/prove/passkey/finish")
    async def finish_proof(
        self, *, request: Http, visit: Visit, pages: Pages, admitting: Admitting, sessions: Sessions,
        refusals: Refusals,
    ) -> Response[bytes]:  # fmt: skip
        """Prove presence with a passkey."""
        sent = await heard(request)
        account, held = await admitting.standing(visit.whose, visit.who)
        ceremonies = await passkeys_of(visit, admitting)
        used = await ceremonies.stepped_up(
            Whose(visit.whose, visit.who), held.methods, str(sent.get("challenge", "")),
            json.dumps(sent.get("credential", {})), admitting.now(),
        )  # fmt: skip
        if not isinstance(used, Passkey):
            _note(refusals, visit, "step-up-passkey")
            return refused(visit, pages)
        await admitting.change(visit.whose, account, held, held.methods.with_passkey(used), what=USED)
        await sessions.prove(visit.session)
        return said(200, location=_back(str(sent.get("back", ""))))

    @post("/password")
    async def password(
        self,
        *,
        request: Http,
        visit: Visit,
        pages: Pages,
        admitting: Admitting,
        sessions: Sessions,
        passwords: Passwords,
    ) -> Html:
        """Choose another password; the other sessions end."""
        _proven(visit, sessions)
        account, held = await admitting.standing(visit.whose, visit.who)
        password = str((await request.form()).get("password", ""))[:4000]
        weak = await weakness(passwords, password, [held.methods.address])
        if weak is not None:
            listed = await sessions.listed(visit.whose, account)
            return page(
                pages, "ways.html", visit, status=422, methods=held.methods, sessions=listed, proven=True,
                wrong=f"password-{weak}",
            )  # fmt: skip
        await admitting.renew(visit.whose, account, held, password)
        return go("/sign-in", "The password is changed; every session has ended. Sign in with it.")

    @get("/authenticator")
    async def authenticator(self, visit: Visit, pages: Pages, admitting: Admitting, sessions: Sessions) -> Html:
        """A new secret to read with an authenticator."""
        _proven(visit, sessions)
        _, held = await admitting.standing(visit.whose, visit.who)
        return _authenticator(pages, visit, held.methods.address, authenticators.fresh(), wrong="")

    @post("/authenticator")
    async def keep_authenticator(
        self, request: Http, visit: Visit, pages: Pages, admitting: Admitting, sessions: Sessions
    ) -> Html:
        """Keep the secret once its first code is right; recovery codes come with it."""
        _proven(visit, sessions)
        sent = await request.form()
        totp = Totp(forms.text(sent, "secret"))
        account, held = await admitting.standing(visit.whose, visit.who)
        used = authenticators.accept(totp, forms.text(sent, "code"), admitting.now()) if _is_secret(totp) else None
        if used is None:
            fresh = totp if _is_secret(totp) else authenticators.fresh()
            wrong = "That code is not right. Is the clock of the phone?"
            return _authenticator(pages, visit, held.methods.address, fresh, wrong=wrong)
        codes, digests = recovery.fresh()
        after = msgspec.structs.replace(held.methods, totp=used, recovery=digests)
        await admitting.change(visit.whose, account, held, after, what="authenticator")
        return page(pages, "recovery.html", visit, codes=codes)

    @post("/recovery")
    async def recovery(self, visit: Visit, pages: Pages, admitting: Admitting, sessions: Sessions) -> Html:
        """New recovery codes in place of the old ones."""
        _proven(visit, sessions)
        account, held = await admitting.standing(visit.whose, visit.who)
        codes, digests = recovery.fresh()
        after = msgspec.structs.replace(held.methods, recovery=digests)
        await admitting.change(visit.whose, account, held, after, what="recovery-codes")
        return page(pages, "recovery.html", visit, codes=codes)

    @post("/remove")
    async def remove(self, request: Http, visit: Visit, admitting: Admitting, sessions: Sessions) -> Html:
        """Take a passkey or the authenticator away; whoever has a role keeps a second factor."""
        _proven(visit, sessions)
        sent = await request.form()
        account, held = await admitting.standing(visit.whose, visit.who)
        if forms.text(sent, "what") == "authenticator":
            after = msgspec.structs.replace(held.methods, totp=None, recovery=())
        else:
            after = held.methods.without_passkey(forms.text(sent, "passkey"))
        if account.roles and after.totp is None and not after.passkeys:
            raise Wrong(409, "One second factor must stay", "Add another before you take this one away.")
        await admitting.change(visit.whose, account, held, after, what="removed")
        return go("/me/sign-in", "It is taken away.")

    @post("/passkey/begin")
    async def begin(self, visit: Visit, admitting: Admitting, sessions: Sessions) -> Response[bytes]:
        """Options for a new passkey."""
        _proven(visit, sessions)
        _, held = await admitting.standing(visit.whose, visit.who)
        whose = Whose(visit.whose, visit.who)
        ceremonies = await passkeys_of(visit, admitting)
        begun = ceremonies.register(whose, held.methods, admitting.now(), label=held.methods.address or "bailee")
        return said(200, options=json.loads(begun.options), challenge=begun.token)

    @post("/passkey/finish")
    async def finish(
        self, request: Http, visit: Visit, pages: Pages, admitting: Admitting, sessions: Sessions
    ) -> Response[bytes]:
        """Keep the new passkey."""
        _proven(visit, sessions)
        sent = await heard(request)
        account, held = await admitting.standing(visit.whose, visit.who)
        ceremonies = await passkeys_of(visit, admitting)
        found = await ceremonies.registered(
            Whose(visit.whose, visit.who), held.methods, str(sent.get("challenge", "")),
            json.dumps(sent.get("credential", {})), name=str(sent.get("name", "")), now=admitting.now(),
        )  # fmt: skip
        if not isinstance(found, Passkey):
            return refused(visit, pages)
        await admitting.change(visit.whose, account, held, held.methods.with_passkey(found), what="passkey")
        return said(200, location="/me/sign-in")

    @post("/end")
    async def end(self, request: Http, visit: Visit, sessions: Sessions) -> Html:
        """End one of my sessions, or all but this one."""
        sent = await request.form()
        if forms.text(sent, "session") == "others":
            await sessions.end_others(visit.session)
        else:
            await sessions.end(visit.whose, visit.who, forms.id_of(sent, "session"), by=str(visit.who))
        return go("/me/sign-in", "The session has ended.")


def _proven(visit: Visit, sessions: Sessions) -> None:
    if not sessions.is_proven(visit.session):
        raise NotProven


def _note(refusals: Refusals, visit: Visit, method: str) -> None:
    """Whoever sits at somebody's open session and cannot prove to be them is written down like one at the door."""
    refusals.later(Tried(visit.whose, method, person=visit.who), Device(visit.address, visit.agent))


class NotProven(Exception):
    """A fresh proof of presence is asked for first; then the reader goes on to `back`."""

    def __init__(self, back: str = "/me/sign-in") -> None:
        super().__init__(back)
        self.back = back


def _back(path: str) -> str:
    """A path of ours to go on to; nothing that leads elsewhere."""
    return path_of_ours(path, "/me/sign-in")


def _is_secret(totp: Totp) -> bool:
    return len(totp.secret) == authenticators.SECRET and totp.secret.isalnum() and totp.secret.isupper()


def _authenticator(pages: Pages, visit: Visit, address: str, totp: Totp, *, wrong: str) -> Html:
    uri = authenticators.provisioning_uri(totp, address=address, issuer=f"bailee {visit.controller_name}".strip())
    title = pages.words.say(visit.language, "QR code for an authenticator")
    return page(
        pages, "authenticator.html", visit, status=422 if wrong else 200, secret=totp.secret,
        readable=authenticators.readable(totp), qr=authenticators.qr_code(uri, title=title), wrong=wrong,
    )  # fmt: skip

"""Single sign-on by OpenID Connect: the code flow with PKCE (S256), state and nonce (RFC 9700; Core 3.1).

Between leaving and coming back the browser carries the flow in a sealed token, bound to the controller; the code is
exchanged for an ID token by us, and by nobody else, for the verifier is in that token. A flow is spent once.
Someone is found again by issuer and subject; an e-mail counts for a first match only when the provider says,
with a true `true`, that it verified it.
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from urllib.parse import quote, urlencode, urlsplit
from uuid import UUID

import httpx
import msgspec

from bailee.infra.clock import Clock
from bailee.processing.accounts.signing_in import challenges, id_tokens
from bailee.processing.accounts.signing_in.challenges import Purpose, Seals, Spend
from bailee.processing.accounts.signing_in.id_tokens import Claims, Expected
from bailee.processing.accounts.signing_in.providers import Failed, Fetching, Metadata, Provider, Reason, Seen, decoded

RANDOM = 32  # bytes of state, nonce and verifier
LONGEST = 4_096  # characters of a parameter that comes back
NAME = 200
ADDRESS = 254

SecretOf = Callable[[UUID, str], Awaitable[str | None]]
"""The client secret of a controller by the name in its `Provider`; None when there is none."""


class Begun(msgspec.Struct, frozen=True):
    """Where the browser goes, and the token (a cookie) that it comes back with."""

    url: str
    token: str


class Flow(msgspec.Struct, frozen=True, kw_only=True):
    """A sign-in under way. `person` is set when someone signed in proves presence or adds this identity."""

    controller: UUID
    issuer: str
    client_id: str
    redirect: str
    state: str
    nonce: str
    verifier: str
    begun_at: datetime
    fresh: bool = False
    person: UUID | None = None


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """Who signed in at the provider. `address` only when verified there; `person` as the flow was begun for."""

    issuer: str
    subject: str
    address: str | None = None
    name: str | None = None
    methods: tuple[str, ...] = ()
    person: UUID | None = None


class _Answer(msgspec.Struct, frozen=True):
    """What the token endpoint answers; the access token is not ours to use."""

    id_token: str


class OpenId:
    """Signs people in at their controllers' providers. `loopback` is for the sandbox: a provider on this machine."""

    def __init__(
        self, client: httpx.AsyncClient, seals: Seals, spend: Spend, clock: Clock, *, secret_of: SecretOf,
        loopback: bool = False,
    ) -> None:  # fmt: skip
        self._fetching = Fetching(client, loopback=loopback)
        self._seen = Seen(self._fetching, clock)
        self._seals = seals
        self._spend = spend
        self._clock = clock
        self._secret_of = secret_of

    async def begin(
        self, controller: UUID, provider: Provider, redirect: str, *, hint: str | None = None, fresh: bool = False,
        person: UUID | None = None,
    ) -> Begun | Reason:  # fmt: skip
        """Begin. `redirect` is our own address; `fresh` asks for a sign-in made now; `hint` is the address typed."""
        try:
            metadata = await self._seen.metadata(provider.issuer)
        except Failed as failed:
            return failed.reason
        flow = Flow(
            controller=controller, issuer=provider.issuer, client_id=provider.client_id, redirect=redirect,
            state=_random(), nonce=_random(), verifier=_random(), begun_at=self._clock.now(), fresh=fresh,
            person=person,
        )  # fmt: skip
        asked = {
            "response_type": "code", "client_id": provider.client_id, "redirect_uri": redirect,
            "scope": " ".join(dict.fromkeys(("openid", *provider.scopes))), "state": flow.state, "nonce": flow.nonce,
            "code_challenge": _digest(flow.verifier), "code_challenge_method": "S256",
        }  # fmt: skip
        asked |= {"prompt": "login", "max_age": "0"} if fresh else {}
        asked |= {"login_hint": hint} if hint else {}
        to = metadata.authorization_endpoint
        url = f"{to}{'&' if urlsplit(to).query else '?'}{urlencode(asked, quote_via=quote)}"
        return Begun(url, self._seals.seal(Purpose.openid, msgspec.json.encode(flow)))

    async def finish(
        self, controller: UUID, provider: Provider, token: str, answer: Mapping[str, str]
    ) -> Identity | Reason:
        """Who came back. `token` is the cookie, `answer` the parameters that the browser brought."""
        try:
            flow = self._flow(controller, provider, token)
            code = await self._code(flow, answer)
            return await self._identity(flow, provider, code)
        except Failed as failed:
            return failed.reason

    def _flow(self, controller: UUID, provider: Provider, token: str) -> Flow:
        plain = self._seals.open(Purpose.openid, token)
        if plain is None:
            raise Failed(Reason.flow_unknown)
        flow = msgspec.json.decode(plain, type=Flow)
        begun = (flow.controller, flow.issuer, flow.client_id)
        if begun != (controller, provider.issuer, provider.client_id):
            raise Failed(Reason.flow_unknown)
        if self._clock.now() >= flow.begun_at + challenges.LASTS:
            raise Failed(Reason.flow_expired)
        return flow

    async def _code(self, flow: Flow, answer: Mapping[str, str]) -> str:
        """The code in an answer to this flow, from its provider (RFC 9207), and the flow spent."""
        if any(len(value) > LONGEST for value in answer.values()):
            raise Failed(Reason.code_refused)
        if not hmac.compare_digest(answer.get("state", "").encode("utf-8", "replace"), flow.state.encode()):
            raise Failed(Reason.state_differs)
        metadata = await self._seen.metadata(flow.issuer)
        said = answer.get("iss")
        if said != flow.issuer and (said is not None or metadata.authorization_response_iss_parameter_supported):
            raise Failed(Reason.issuer_differs)
        until = flow.begun_at + challenges.LASTS
        if not await self._spend(flow.controller, hashlib.sha256(flow.state.encode()).digest(), until):
            raise Failed(Reason.flow_spent)
        if "error" in answer or not answer.get("code"):
            raise Failed(Reason.denied)
        return answer["code"]

    async def _identity(self, flow: Flow, provider: Provider, code: str) -> Identity:
        metadata = await self._seen.metadata(provider.issuer)
        form = {
            "grant_type": "authorization_code", "code": code, "redirect_uri": flow.redirect,
            "code_verifier": flow.verifier,
        }  # fmt: skip
        auth, own = await self._credentials(flow.controller, provider, metadata)
        status, body = await self._fetching.send("POST", metadata.token_endpoint, form={**form, **own}, auth=auth)
        if status != 200:
            raise Failed(Reason.code_refused if 400 <= status < 500 else Reason.answer_refused)
        token = decoded(body, _Answer).id_token
        expected = Expected(
            issuer=provider.issuer, client_id=provider.client_id, nonce=flow.nonce, now=self._clock.now(),
            since=flow.begun_at if flow.fresh else None,
        )  # fmt: skip
        return _identity(await self._checked(token, expected), flow)

    async def _checked(self, token: str, expected: Expected) -> Claims:
        """The token's claims, checked with the provider's key; keys are read anew when it is not among those known."""
        header = id_tokens.header_of(token)
        key = id_tokens.key_for(header, await self._seen.keys(expected.issuer))
        if key is None:
            key = id_tokens.key_for(header, await self._seen.keys(expected.issuer, again=True))
        if key is None:
            raise Failed(Reason.key_unknown)
        return id_tokens.check(token, key, expected)

    async def _credentials(
        self, controller: UUID, provider: Provider, metadata: Metadata
    ) -> tuple[httpx.Auth | None, dict[str, str]]:
        """How we say who we are to the token endpoint: in the header where it takes that, else in the form."""
        if provider.secret is None:
            return None, {"client_id": provider.client_id}
        secret = await self._secret_of(controller, provider.secret)
        if not secret:
            raise Failed(Reason.secret_missing)
        ways = metadata.token_endpoint_auth_methods_supported
        if "client_secret_basic" in ways:  # RFC 6749, 2.3.1: both parts form-encoded first
            return httpx.BasicAuth(quote(provider.client_id, safe=""), quote(secret, safe="")), {}
        if "client_secret_post" in ways:
            return None, {"client_id": provider.client_id, "client_secret": secret}
        raise Failed(Reason.not_supported)


def _identity(claims: Claims, flow: Flow) -> Identity:
    verified = claims.email_verified is True and claims.email is not None and len(claims.email) <= ADDRESS
    return Identity(
        issuer=claims.iss, subject=claims.sub, address=claims.email if verified else None,
        name=claims.name[:NAME] if claims.name else None, methods=claims.amr, person=flow.person,
    )  # fmt: skip


def _random() -> str:
    return secrets.token_urlsafe(RANDOM)


def _digest(verifier: str) -> str:
    """The code challenge of a verifier (RFC 7636, S256)."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()

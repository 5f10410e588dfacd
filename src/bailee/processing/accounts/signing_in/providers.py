"""An identity provider as agreed with a controller, and what it says of itself (OpenID Connect Discovery 1.0).

Everything a provider answers is read within bounds of time and size, from https alone, without a redirect followed.
`Seen` keeps what was read in the memory of the process: an hour, and keys anew when an unknown one signs.
"""

import asyncio
import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, TypeVar
from urllib.parse import urlsplit

import httpx
import msgspec

from bailee.infra.clock import Clock

SECONDS = 10.0  # one request, from the connection to the last byte
ANSWER_BYTES = 256 * 1024
FRESH = 3600.0  # seconds for which what was read is good
REREAD = 60.0  # seconds before an unknown key makes us read the keys again
MOST = 256  # providers kept in memory
KEYS = 64  # of one provider
LOOPBACK = {"127.0.0.1", "::1", "localhost"}
VISIBLE = re.compile(r"[\x21-\x7e]{1,2000}")

Read = TypeVar("Read")


class Reason(StrEnum):
    """Why someone could not sign in through their provider. Stable: shown in words, kept in the log."""

    address_refused = "address-refused"
    unreachable = "provider-unreachable"
    timed_out = "provider-timed-out"
    answer_refused = "provider-answer-refused"
    answer_too_large = "provider-answer-too-large"
    answer_malformed = "provider-answer-malformed"
    issuer_differs = "issuer-differs"
    not_supported = "provider-lacks-what-we-need"
    secret_missing = "client-secret-missing"  # noqa: S105 -- a code, not a secret
    flow_unknown = "flow-unknown"
    flow_expired = "flow-expired"
    flow_spent = "flow-spent"
    state_differs = "state-differs"
    denied = "denied-by-provider"
    code_refused = "code-refused"
    token_malformed = "token-malformed"  # noqa: S105 -- a code, not a secret
    algorithm_refused = "algorithm-refused"
    key_unknown = "key-unknown"
    signature_wrong = "signature-wrong"
    audience_differs = "audience-differs"
    party_differs = "authorized-party-differs"
    expired = "token-expired"
    not_yet = "token-of-the-future"
    too_old = "token-too-old"
    nonce_differs = "nonce-differs"
    subject_missing = "subject-missing"
    not_fresh = "sign-in-not-fresh"


class Failed(Exception):
    """A step failed; turned into its reason where the room is left."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason


class Provider(msgspec.Struct, frozen=True, kw_only=True):
    """A controller's provider. `secret` is the *name* of the client's secret in the caller's keeping, never the
    secret or a path: controllers write this. None for a public client."""

    issuer: str
    client_id: str
    secret: str | None = None
    scopes: tuple[str, ...] = ("openid", "email", "profile")


class Metadata(msgspec.Struct, frozen=True):
    """What a provider says of itself, as far as we need it."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    response_types_supported: tuple[str, ...] = ("code",)
    id_token_signing_alg_values_supported: tuple[str, ...] = ("RS256",)
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)
    code_challenge_methods_supported: tuple[str, ...] | None = None
    authorization_response_iss_parameter_supported: bool = False


class KeySet(msgspec.Struct, frozen=True):
    """A provider's keys (JWKS), each as it was sent."""

    keys: tuple[dict[str, Any], ...]


class _Kept(msgspec.Struct):
    """What is in memory of one provider; times are the clock's monotonic seconds."""

    metadata: Metadata
    read_at: float
    keys: KeySet | None = None
    keys_at: float = 0.0


class Fetching:
    """Bounded requests through the caller's client. `loopback` lets this machine itself be called without TLS."""

    def __init__(self, client: httpx.AsyncClient, *, loopback: bool = False) -> None:
        self._client = client
        self._loopback = loopback

    async def read(self, url: str, kind: type[Read]) -> Read:
        """What an address answers to GET with 200, as JSON of this kind."""
        status, body = await self.send("GET", url)
        if status != 200:
            raise Failed(Reason.answer_refused)
        return decoded(body, kind)

    async def send(
        self, method: str, url: str, *, form: Mapping[str, str] | None = None, auth: httpx.Auth | None = None
    ) -> tuple[int, bytes]:
        """Status and body of an answer; `Failed` when there is none within bounds."""
        self.check(url)
        headers = {"accept": "application/json", "accept-encoding": "identity"}
        try:
            async with asyncio.timeout(SECONDS):
                async with self._client.stream(
                    method, url, data=form, headers=headers, auth=auth, follow_redirects=False, timeout=SECONDS
                ) as answer:
                    return answer.status_code, await _body(answer)
        except (TimeoutError, httpx.TimeoutException):
            raise Failed(Reason.timed_out) from None
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError):
            raise Failed(Reason.unreachable) from None

    def check(self, url: str) -> None:
        """Refuse an address that is not plain https, or http of this machine where that is allowed."""
        try:
            parts = urlsplit(url if VISIBLE.fullmatch(url) else "")
            host, own = parts.hostname, self._loopback and parts.hostname in LOOPBACK
        except ValueError:
            raise Failed(Reason.address_refused) from None
        good = parts.scheme == "https" or (parts.scheme == "http" and own)
        if not good or not host or "@" in parts.netloc or parts.fragment:
            raise Failed(Reason.address_refused)


class Seen:
    """Providers as read, in this process's memory."""

    def __init__(self, fetching: Fetching, clock: Clock) -> None:
        self._fetching = fetching
        self._clock = clock
        self._kept: dict[str, _Kept] = {}

    async def metadata(self, issuer: str) -> Metadata:
        """What a provider says of itself; `Failed` when it is another, or lacks what we need."""
        kept, now = self._kept.get(issuer), self._clock.monotonic()
        if kept is not None and now - kept.read_at < FRESH:
            return kept.metadata
        self._fetching.check(issuer)
        if urlsplit(issuer).query:
            raise Failed(Reason.address_refused)
        found = await self._fetching.read(issuer.rstrip("/") + "/.well-known/openid-configuration", Metadata)
        if found.issuer != issuer:
            raise Failed(Reason.issuer_differs)
        for url in (found.authorization_endpoint, found.token_endpoint, found.jwks_uri):
            self._fetching.check(url)
        methods = found.code_challenge_methods_supported
        if "code" not in found.response_types_supported or (methods is not None and "S256" not in methods):
            raise Failed(Reason.not_supported)
        while len(self._kept) >= MOST:
            del self._kept[next(iter(self._kept))]
        self._kept[issuer] = _Kept(found, now)
        return found

    async def keys(self, issuer: str, *, again: bool = False) -> KeySet:
        """A provider's keys; `again` when one is missing, which reads them anew once a minute at most."""
        metadata = await self.metadata(issuer)
        kept, now = self._kept.get(issuer), self._clock.monotonic()
        if kept is not None and kept.keys is not None and now - kept.keys_at < (REREAD if again else FRESH):
            return kept.keys
        found = await self._fetching.read(metadata.jwks_uri, KeySet)
        if len(found.keys) > KEYS:
            raise Failed(Reason.answer_too_large)
        if kept is not None:
            kept.keys, kept.keys_at = found, now
        return found


def decoded(body: bytes, kind: type[Read]) -> Read:
    """JSON of a kind; `Failed` for anything else."""
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        raise Failed(Reason.answer_malformed) from None


async def _body(answer: httpx.Response) -> bytes:
    """The body as sent; packed ones are refused, larger ones left where they are."""
    if answer.headers.get("content-encoding", "identity").lower() != "identity":
        raise Failed(Reason.answer_malformed)
    body = bytearray()
    async for part in answer.aiter_raw():
        body += part
        if len(body) > ANSWER_BYTES:
            raise Failed(Reason.answer_too_large)
    return bytes(body)

"""The one door for outgoing HTTP: to listed hosts, at public addresses, over TLS, within bounds (residency.eu).

A host's name is resolved once; every address it has must be a public one, and the connection goes to one of the
addresses that were checked, while TLS proves the name. So an answer of the name service that changes between the
check and the call (rebinding) changes nothing. No redirect is followed, no proxy of the environment is used, and
neither time nor the size of an answer is the other side's to choose. In the sandbox, and there alone, this machine
itself may be called, also without TLS.
"""

import asyncio
import re
import socket
import ssl
from collections.abc import Awaitable, Callable, Mapping, Sequence

import httpx
import msgspec

from bailee.infra.destinations import Reason, Target, is_loopback, is_public, read

SECONDS = 10.0
ANSWER_BYTES = 64 * 1024
HEADER_NAME = re.compile(r"[a-z0-9-]{1,64}")
HEADER_VALUE = re.compile(r"[\x20-\x7e]{0,4000}")
Resolve = Callable[[str, int], Awaitable[Sequence[str]]]


class Outgoing(msgspec.Struct, frozen=True, kw_only=True):
    """A request. `hosts` is the allow-list of its destination: names, with `:port` where it is not the usual one."""

    method: str
    url: str
    hosts: frozenset[str]
    headers: Mapping[str, str] = {}
    body: bytes = b""
    seconds: float = SECONDS
    answer_bytes: int = ANSWER_BYTES


class Answered(msgspec.Struct, frozen=True):
    """The other side answered: a status that is no redirect, and a body within bounds, as it was sent."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Stopped(msgspec.Struct, frozen=True):
    """No answer: why. `left` says whether the request may have reached the other side."""

    reason: Reason
    left: bool = False
    status: int | None = None


async def resolve(host: str, port: int) -> list[str]:
    """The addresses of a host, as this machine's name service knows them."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(one[4][0]) for one in found))


def trust(authorities: str | None = None) -> ssl.SSLContext:
    """Who is believed: the machine's certificate authorities, or those of a PEM text. TLS 1.2 at least."""
    context = ssl.create_default_context(cadata=authorities)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


class Outbound:
    """Sends requests out. `resolve` and `tls` are given by tests; `sandbox` opens this machine's own addresses."""

    def __init__(self, *, sandbox: bool = False, resolve: Resolve = resolve, tls: ssl.SSLContext | None = None) -> None:
        self._sandbox = sandbox
        self._resolve = resolve
        self._tls = tls or trust()

    def check(self, url: str, hosts: frozenset[str]) -> Target | Reason:
        """Whether an address may be called at all, before anything is resolved."""
        target = read(url)
        if isinstance(target, Reason):
            return target
        if target.scheme != "https" and not self._sandbox:
            return Reason.scheme_refused
        return target if target.listed_as in hosts else Reason.host_not_listed

    async def send(self, request: Outgoing) -> Answered | Stopped:
        """Send a request within its time. Trouble of the network or the other side is an answer, never an exception."""
        target = self.check(request.url, request.hosts)
        if isinstance(target, Reason):
            return Stopped(target)
        if not all(HEADER_NAME.fullmatch(n) and HEADER_VALUE.fullmatch(v) for n, v in request.headers.items()):
            return Stopped(Reason.header_malformed)
        sent = False
        try:
            async with asyncio.timeout(request.seconds):
                addresses = await self._addresses(target)
                if isinstance(addresses, Reason):
                    return Stopped(addresses)
                sent = True
                return await self._call(request, target, addresses)
        except TimeoutError:
            return Stopped(Reason.timed_out, left=sent)

    async def _addresses(self, target: Target) -> list[str] | Reason:
        """The addresses to call: all of a host's are good, or none is called."""
        try:
            found = [one.partition("%")[0] for one in await self._resolve(target.host, target.port)]
        except (OSError, UnicodeError):
            return Reason.unresolved
        if not found:
            return Reason.unresolved
        if self._sandbox and all(map(is_loopback, found)):
            return found
        if not all(map(is_public, found)):
            return Reason.address_refused
        return found if target.scheme == "https" else Reason.scheme_refused

    async def _call(self, request: Outgoing, target: Target, addresses: Sequence[str]) -> Answered | Stopped:
        """Call the first address that takes a connection."""
        transport = httpx.AsyncHTTPTransport(verify=self._tls, trust_env=False)
        async with transport:
            for address in addresses:
                try:
                    answer = await transport.handle_async_request(_pinned(request, target, address))
                    return await _taken(answer, request.answer_bytes)
                except httpx.ConnectError as error:
                    if _is_about_certificate(error):
                        return Stopped(Reason.certificate_refused)
                except httpx.ProtocolError:
                    return Stopped(Reason.answer_malformed, left=True)
                except httpx.TransportError:
                    return Stopped(Reason.unreachable, left=True)
        return Stopped(Reason.unreachable)


def _pinned(request: Outgoing, target: Target, address: str) -> httpx.Request:
    """The request to one checked address: the name stands in the Host header and in TLS, which proves it."""
    place = f"[{address}]" if ":" in address else address
    own = {
        "user-agent": "bailee", "accept-encoding": "identity", **request.headers, "host": target.listed_as,
        "connection": "close",
    }  # fmt: skip
    wait = dict.fromkeys(("connect", "read", "write", "pool"), request.seconds)
    return httpx.Request(
        request.method, f"{target.scheme}://{place}:{target.port}{target.path}", headers=own, content=request.body,
        extensions={"sni_hostname": target.host, "timeout": wait},
    )  # fmt: skip


async def _taken(answer: httpx.Response, limit: int) -> Answered | Stopped:
    """The answer's body as it was sent, never unpacked; a larger one is left where it is."""
    try:
        if 300 <= answer.status_code < 400:
            return Stopped(Reason.redirect_refused, left=True, status=answer.status_code)
        body = bytearray()
        async for part in answer.aiter_raw():
            body += part
            if len(body) > limit:
                return Stopped(Reason.answer_too_large, left=True, status=answer.status_code)
        return Answered(answer.status_code, dict(answer.headers), bytes(body))
    finally:
        await answer.aclose()


def _is_about_certificate(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, ssl.SSLError):
            return True
        error = error.__cause__ or error.__context__
    return False

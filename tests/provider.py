"""An OpenID provider on this machine: discovery, authorize, token, keys. It holds its clients to the rules, and lies
where told to: `twist` changes claims, `header` the token's header, `signer` the key, `forge` the whole token."""

import asyncio
import base64
import hashlib
import json
import secrets
from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey, OKPKey, RSAKey

CLIENT, SECRET = "bailee client", "s3cret: of+client/%"
REDIRECT = "https://console.example.org/sign-in/back"


class OpenIdProvider:
    """One issuer with its keys, its one user and its one client."""

    def __init__(self, issuer: str, now: Callable[[], datetime]) -> None:
        self.issuer, self.now = issuer, now
        self.keys = {
            "RS256": RSAKey.generate_key(2048, {"kid": "rsa", "use": "sig"}),
            "PS256": RSAKey.generate_key(2048, {"kid": "pss", "use": "sig", "alg": "PS256"}),
            "ES256": ECKey.generate_key("P-256", {"kid": "ec"}),
            "Ed25519": OKPKey.generate_key("Ed25519", {"kid": "ed"}),
        }
        self.algorithm = "RS256"
        self.user: dict[str, Any] = {"sub": "user-1", "email": "ada@example.org", "email_verified": True, "name": "Ada"}
        self.codes: dict[str, dict[str, str]] = {}
        self.asked: list[tuple[str, str]] = []
        self.ways = ["client_secret_basic"]
        self.announced: dict[str, Any] = {}
        self.twist: Callable[[dict[str, Any]], Any] = lambda claims: None
        self.header: dict[str, Any] = {}
        self.signer: Any = None
        self.forge: Callable[[dict[str, Any]], str] | None = None
        self.answers: dict[str, tuple[int, dict[str, str], bytes]] = {}
        self.slow = 0.0

    def discovery(self) -> dict[str, Any]:
        at = self.issuer.rstrip("/")
        return {
            "issuer": self.issuer, "authorization_endpoint": f"{at}/authorize", "token_endpoint": f"{at}/token",
            "jwks_uri": f"{at}/keys", "response_types_supported": ["code"], "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": list(self.keys), "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": self.ways, **self.announced,
        }  # fmt: skip

    def jwks(self) -> dict[str, Any]:
        return {"keys": [key.as_dict(private=False) for key in self.keys.values()]}

    def authorize(self, query: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
        """The user signs in at once; back goes a code bound to the request."""
        if query["client_id"] != CLIENT or query["redirect_uri"] != REDIRECT or query["response_type"] != "code":
            return 400, {}, b"unknown client"
        assert query["code_challenge_method"] == "S256"
        assert "openid" in query["scope"].split()
        code = secrets.token_urlsafe(16)
        self.codes[code] = query
        back = {"code": code, "state": query["state"], "iss": self.issuer}
        return 302, {"location": f"{REDIRECT}?{urlencode(back)}"}, b""

    def token(self, headers: dict[str, str], form: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
        """A code, once, for who proves to be the client and to hold the verifier."""
        query = self.codes.pop(form.get("code", ""), None)
        verifier = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        proven = base64.urlsafe_b64encode(verifier).rstrip(b"=").decode()
        wrong = query is None or query["code_challenge"] != proven or form["redirect_uri"] != query["redirect_uri"]
        if wrong or form["grant_type"] != "authorization_code" or not self.is_client(headers, form):
            return 400, {}, b'{"error":"invalid_grant"}'
        body = {"access_token": "not-ours", "token_type": "Bearer", "id_token": self.id_token(query or {})}
        return 200, {}, json.dumps(body).encode()

    def is_client(self, headers: dict[str, str], form: dict[str, str]) -> bool:
        if self.ways == ["none"]:
            return form.get("client_id") == CLIENT
        if self.ways == ["client_secret_post"]:
            return (form.get("client_id"), form.get("client_secret")) == (CLIENT, SECRET)
        name, _, secret = base64.b64decode(headers.get("authorization", "")[6:]).decode().partition(":")
        return (unquote(name), unquote(secret)) == (CLIENT, SECRET)

    def id_token(self, query: dict[str, str]) -> str:
        at = int(self.now().timestamp())
        claims = {"iss": self.issuer, "aud": CLIENT, "iat": at, "exp": at + 300, "nonce": query["nonce"], **self.user}
        if query.get("max_age") == "0":
            claims["auth_time"] = at
        self.twist(claims)
        if self.forge:
            return self.forge(claims)
        key = self.signer or self.keys[self.algorithm]
        header = {"alg": self.algorithm, "kid": self.keys[self.algorithm].kid, **self.header}
        header = {name: value for name, value in header.items() if value is not None}
        return jwt.encode(header, claims, key, algorithms=[header["alg"]])

    async def answer(
        self, method: str, target: str, headers: dict[str, str], body: bytes
    ) -> tuple[int, dict[str, str], bytes]:
        parts = urlsplit(target)
        path = parts.path.removeprefix(urlsplit(self.issuer).path.rstrip("/"))
        self.asked.append((method, path))
        await asyncio.sleep(self.slow)
        if path in self.answers:
            return self.answers[path]
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        form = {name: values[0] for name, values in parse_qs(body.decode()).items()}
        if (method, path) == ("GET", "/.well-known/openid-configuration"):
            return 200, {}, json.dumps(self.discovery()).encode()
        if (method, path) == ("GET", "/keys"):
            return 200, {}, json.dumps(self.jwks()).encode()
        if (method, path) == ("GET", "/authorize"):
            return self.authorize(query)
        if (method, path) == ("POST", "/token"):
            return self.token(headers, form)
        return 404, {}, b""

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        """As an ASGI application."""
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        target = f"{scope['path']}?{scope['query_string'].decode()}"
        status, given, content = await self.answer(scope["method"], target, headers, body)
        raw = [(name.encode(), value.encode()) for name, value in given.items()]
        await send({"type": "http.response.start", "status": status, "headers": raw})
        await send({"type": "http.response.body", "body": content})

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """As a plain HTTP/1.1 server, one request per connection."""
        lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        method, target, _ = lines[0].split(" ")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines[1:] if line)}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        status, given, content = await self.answer(method, target, headers, body)
        head = {"content-length": str(len(content)), "connection": "close", **given}
        text = f"HTTP/1.1 {status} X\r\n" + "".join(f"{name}: {value}\r\n" for name, value in head.items()) + "\r\n"
        writer.write(text.encode() + content)
        try:
            await writer.drain()
        except ConnectionError:
            return
        finally:
            writer.close()

"""Root keys in an OpenBao server: its transit engine wraps and unwraps, and no key-encryption key is ever here.

The address names the server and the engine (`https://bao.example:8200/bailee`); the token stands in a file that an
agent may renew. The engine must not make keys on use (`disable_upsert`), or a wrap that came late would bring a
destroyed name back; and no key may be read out of it. Signing keys stay in the local file, and so do key-encryption keys
that a platform had before: they open what they wrapped until a turn of the keys has moved it here.
"""

import asyncio
import base64
import re
import stat
from collections.abc import Iterator, Sequence
from datetime import timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Any

import httpx
import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bailee.infra.outbound import trust
from bailee.infra.root_keys import RootKeyFile, RootKeyGone, RootKeysAway, RootKeyTrouble

ALGORITHM = "aes256-gcm96"
NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?")
ITEMS = 200  # a call with many more is refused by the server as too complex
CONNECTIONS = 8
TIMES = httpx.Timeout(10.0, connect=3.0)
NO_KEY = "encryption key not found"


class OpenBao:
    """The provider. `kept`: how long snapshots of the server, and what was in them, are kept by whoever runs it."""

    def __init__(
        self, address: str, token: Path, local: RootKeyFile, *, authorities: Path | None = None,
        kept: timedelta = timedelta(),
    ) -> None:  # fmt: skip
        url = httpx.URL(address)
        self.kept = kept
        self._mount = url.path.strip("/")
        self._token = token
        self._local = local
        self._client = httpx.AsyncClient(
            base_url=url.copy_with(path="/v1/"), timeout=TIMES, trust_env=False, follow_redirects=False,
            verify=trust(_text(authorities) if authorities else None),
            limits=httpx.Limits(max_connections=CONNECTIONS),
        )  # fmt: skip

    async def ready(self) -> None:
        """The local file is there, and the engine answers, makes no key on use, and lets this token list its keys."""
        await self._local.ready()
        engine = await self._call("GET", "config/keys")
        if not engine.get("disable_upsert"):
            raise RootKeysAway(
                f"the transit engine {self._mount} makes keys on use: bao write {self._mount}/config/keys"
                " disable_upsert=true"
            )
        await self._here()

    async def create(self, name: str) -> None:
        """Make a key-encryption key in the engine, which nobody can read out; nothing happens if it exists."""
        self._changed(name)
        if not self._local.holds(name):
            made = {"type": ALGORITHM, "exportable": False, "allow_plaintext_backup": False}
            await self._call("POST", f"keys/{_there(name)}", made)

    async def wrap(self, name: str, plain: Sequence[bytes], associated: Sequence[bytes]) -> list[bytes]:
        """Wrap each key, bound to its associated data."""
        if self._local.holds(name):
            return await self._local.wrap(name, plain, associated)
        items = [{"plaintext": _base64(p), "associated_data": _base64(a)} for p, a in _pairs(plain, associated)]
        return [one["ciphertext"].encode() for one in await self._batch("encrypt", name, items)]

    async def unwrap(self, name: str, wrapped: Sequence[bytes], associated: Sequence[bytes]) -> list[bytes]:
        """Unwrap each key, or fail as a whole."""
        if self._local.holds(name):
            return await self._local.unwrap(name, wrapped, associated)
        found = await self._batch("decrypt", name, _boxes(wrapped, associated))
        if any(one.get("error") for one in found):
            raise InvalidTag
        return [base64.b64decode(one["plaintext"]) for one in found]

    async def opens(self, name: str, wrapped: Sequence[bytes], associated: Sequence[bytes]) -> int:
        """How many of these the key opens."""
        if self._local.holds(name):
            return await self._local.opens(name, wrapped, associated)
        found = await self._batch("decrypt", name, _boxes(wrapped, associated))
        return sum(not one.get("error") for one in found)

    async def destroy(self, name: str) -> None:
        """Destroy a key-encryption key, here and there, and read back that it is gone."""
        self._changed(name)
        await self._local.destroy(name)
        path = f"keys/{_there(name)}"
        if await self._stands(path):
            await self._call("POST", f"{path}/config", {"deletion_allowed": True})
            await self._call("DELETE", path)
        if await self._stands(path):
            raise RootKeyTrouble(f"the key service still holds the key {name} after it was destroyed")

    async def names(self, prefix: str) -> list[str]:
        """The names of the key-encryption keys that exist, in the engine and in the local file."""
        local = await self._local.names(prefix)
        return [*local, *(name for name in await self._here() if name.startswith(prefix))]

    def signer(self, name: str) -> Ed25519PrivateKey:
        """A signing key, which stays in the local file."""
        return self._local.signer(name)

    async def close(self) -> None:
        """End the connections."""
        await self._client.aclose()

    def _changed(self, name: str) -> None:
        if self._local.fixed:
            raise RootKeyTrouble(f"the root keys are only read here: {name} is neither made nor destroyed")

    async def _here(self) -> list[str]:
        """The names of the keys in the engine that are ours."""
        answer = await self._asked("LIST", "keys")
        if answer.status_code == HTTPStatus.NOT_FOUND:  # as the server answers where there is none
            return []
        found = _data(self._heard(answer)).get("keys", [])
        return [name.replace(".", "/", 1) for name in found if "." in name]

    async def _stands(self, path: str) -> bool:
        answer = await self._asked("GET", path)
        if answer.status_code == HTTPStatus.NOT_FOUND:
            return False
        self._heard(answer)
        return True

    async def _batch(self, what: str, name: str, items: Sequence[dict[str, str]]) -> list[dict[str, Any]]:
        """Have many items answered, each with its own answer or error, in calls of a size that the server takes."""
        calls = [
            self._asked("POST", f"{what}/{_there(name)}", {"batch_input": items[at : at + ITEMS]})
            for at in range(0, len(items), ITEMS)
        ]
        found: list[dict[str, Any]] = []
        for answer in await asyncio.gather(*calls):
            given = _data(answer).get("batch_results")
            if given is None:
                refused = answer.status_code == HTTPStatus.FORBIDDEN  # what would make the key is not allowed either
                if NO_KEY in _errors(answer) or (refused and not await self._stands(f"keys/{_there(name)}")):
                    raise RootKeyGone(f"there is no root key {name}: what it wrapped cannot be opened")
                given = _data(self._heard(answer)).get("batch_results", [])
            found += given
        if len(found) != len(items):
            raise RootKeysAway(f"the key service answered {len(found)} of {len(items)} items")
        return found

    async def _call(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        return _data(self._heard(await self._asked(method, path, body)))

    async def _asked(self, method: str, path: str, body: dict[str, Any] | None = None) -> httpx.Response:
        """Ask the engine; whatever keeps it from answering is said as such."""
        headers = {"X-Vault-Token": self._secret()}
        try:
            return await self._client.request(method, f"{self._mount}/{path}", json=body, headers=headers)
        except httpx.HTTPError as trouble:
            raise RootKeysAway(f"the key service cannot be reached ({type(trouble).__name__})") from trouble

    def _heard(self, answer: httpx.Response) -> httpx.Response:
        """The answer, if it is a good one; else what it means for the keys, and what to do."""
        if answer.is_success:
            return answer
        said = _errors(answer)
        if answer.status_code == HTTPStatus.FORBIDDEN:
            raise RootKeysAway(f"the key service refuses the token in {self._token}: renew it, or widen its policy")
        if answer.status_code == HTTPStatus.SERVICE_UNAVAILABLE:
            raise RootKeysAway(f"the key service is sealed or has no leader: unseal it ({said})")
        if answer.status_code == HTTPStatus.NOT_FOUND:
            raise RootKeysAway(f"the key service has no transit engine at {self._mount}: bao secrets enable")
        if answer.is_server_error or answer.status_code == HTTPStatus.TOO_MANY_REQUESTS:
            raise RootKeysAway(f"the key service answers {answer.status_code} ({said})")
        raise RootKeyTrouble(f"the key service answers {answer.status_code} ({said})")

    def _secret(self) -> str:
        """The token, read each time: an agent renews it while we run."""
        try:
            if stat.S_IMODE(self._token.stat().st_mode) & 0o077:
                raise RootKeysAway(f"{self._token} can be read by others: chmod 600 {self._token}")
            return self._token.read_text().strip()
        except (OSError, UnicodeDecodeError) as trouble:
            raise RootKeysAway(f"the token of the key service cannot be read: {trouble}") from trouble


def _there(name: str) -> str:
    """A name as the engine takes it: `<controller>.<epoch>`, for a slash would be another path."""
    owner, _, epoch = name.partition("/")
    if not (NAME.fullmatch(owner) and NAME.fullmatch(epoch)):
        raise RootKeyTrouble(f"{name!r} is no name of a root key")
    return f"{owner}.{epoch}"


def _boxes(wrapped: Sequence[bytes], associated: Sequence[bytes]) -> list[dict[str, str]]:
    """What is wrapped by another provider is no text of this one: it is sent as something that opens as nothing."""
    return [
        {"ciphertext": box.decode("ascii", "replace"), "associated_data": _base64(bound)}
        for box, bound in _pairs(wrapped, associated)
    ]


def _pairs(first: Sequence[bytes], second: Sequence[bytes]) -> Iterator[tuple[bytes, bytes]]:
    return zip(first, second, strict=True)


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def _text(file: Path) -> str:
    try:
        return file.read_text()
    except (OSError, UnicodeDecodeError) as trouble:
        raise RootKeysAway(f"the authorities of the key service cannot be read: {trouble}") from trouble


def _answered(answer: httpx.Response) -> dict[str, Any]:
    """What an answer says; nothing where it is no JSON object: a proxy's page, or no body."""
    try:
        said = msgspec.json.decode(answer.content)
    except msgspec.DecodeError:
        return {}
    return said if isinstance(said, dict) else {}


def _data(answer: httpx.Response) -> dict[str, Any]:
    return _answered(answer).get("data") or {}


def _errors(answer: httpx.Response) -> str:
    return "; ".join(map(str, _answered(answer).get("errors") or ["no reason given"]))

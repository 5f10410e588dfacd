"""Passwords: argon2id (RFC 9106), made and checked in a few threads of their own, never on the event loop.

A password is compared in its normal form (NFKC, NIST SP 800-63B 3.1.1.2): what looks the same is the same, from
every keyboard. An unknown account, an account without a password and a password that cannot be one cost the same
work as a wrong password. While the parameters are being raised, an account not yet rehashed costs its old ones.
"""

import asyncio
import base64
import secrets
import unicodedata
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

import msgspec
from argon2 import PasswordHasher, Type
from argon2.exceptions import VerifyMismatchError

SALT, DIGEST = 16, 32
UNFOLDED = 4  # NFKC may make a text shorter; one this many times too long is not even folded
IMPOSSIBLE = b"\x00"  # what is tried in place of a text that cannot be a password; no password holds this

Result = TypeVar("Result")


class Cost(msgspec.Struct, frozen=True, kw_only=True):
    """What one hash costs: `memory` in KiB, passes over it, lanes. The default is RFC 9106's second choice."""

    memory: int = 64 * 1024
    passes: int = 3
    lanes: int = 4


class Length(msgspec.Struct, frozen=True):
    """How long a password is, in code points of its normal form. No rule asks for kinds of characters."""

    shortest: int = 12
    longest: int = 200


PRODUCTION = Cost()
LIGHT = Cost(memory=64, passes=1, lanes=1)  # for tests alone: it protects nothing


class Busy(Exception):
    """Too many passwords wait to be checked: an outage of seconds, to be answered as one (503)."""


class Passwords:
    """Hashes and checks. `threads` bounds the memory in use at once, `waiting` the queue before `Busy`."""

    def __init__(
        self, cost: Cost = PRODUCTION, *, length: Length | None = None, threads: int = 2, waiting: int = 64
    ) -> None:
        self._hasher = PasswordHasher(
            time_cost=cost.passes, memory_cost=cost.memory, parallelism=cost.lanes, hash_len=DIGEST, salt_len=SALT,
            type=Type.ID,
        )  # fmt: skip
        self.length = length or Length()
        self._decoy = _decoy(cost)
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="passwords")
        self._most = threads + waiting
        self._under_way = 0

    async def hash(self, password: str) -> str:
        """The PHC string to keep of a password that `weakness` has nothing against."""
        folded = folded_bytes(password, self.length.longest)
        if folded is None:
            raise ValueError("not a text that can be a password")
        return await self.run(lambda: self._hasher.hash(folded))

    async def verify(self, kept: str | None, password: str) -> bool:
        """Whether this is the password of which `kept` was made. None, for whoever has none, costs the same."""
        folded = folded_bytes(password, self.length.longest)
        against = kept if kept is not None and folded is not None else self._decoy
        return await self.run(lambda: self._is(against, folded or IMPOSSIBLE))

    def needs_rehash(self, kept: str) -> bool:
        """Whether it was made with other parameters: hash the password anew while it is at hand."""
        return self._hasher.check_needs_rehash(kept)

    async def run(self, work: Callable[[], Result]) -> Result:
        """Do slow work on a password in the threads kept for it; `Busy` when too much waits."""
        if self._under_way >= self._most:
            raise Busy
        self._under_way += 1
        loop = asyncio.get_running_loop()
        task = self._pool.submit(work)
        task.add_done_callback(lambda done: self._finished(loop, done))
        return await asyncio.wrap_future(task)

    def close(self) -> None:
        """Let what runs come to its end and take no more."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _finished(self, loop: asyncio.AbstractEventLoop, done: "Future[Result]") -> None:
        """Count it as done, on the loop: a request that was given up still holds its thread until here."""
        if done.cancelled():
            self._under_way -= 1  # cancelled while it waited: the callback runs on the loop already
        elif not loop.is_closed():
            loop.call_soon_threadsafe(self._leave)

    def _leave(self) -> None:
        self._under_way -= 1

    def _is(self, kept: str, password: bytes) -> bool:
        try:
            return self._hasher.verify(kept, password)
        except VerifyMismatchError:
            return False


def folded_bytes(password: str, longest: int) -> bytes | None:
    """The normal form in UTF-8; None for what no password is: too long, a lone surrogate, a control character."""
    folded = normal(password, longest)
    return None if folded is None or not folded else folded.encode()


def normal(password: str, longest: int) -> str | None:
    """The normal form (NFKC); None when it is too long or holds what is not text."""
    if len(password) > UNFOLDED * longest:
        return None
    folded = unicodedata.normalize("NFKC", password)
    if len(folded) > longest or any(unicodedata.category(one) in ("Cc", "Cs") for one in folded):
        return None
    return folded


def _decoy(cost: Cost) -> str:
    """A PHC string of these parameters that no password opens: its digest is random, so nothing need be computed."""
    salt, digest = (
        base64.b64encode(secrets.token_bytes(size)).rstrip(b"=").decode() for size in (SALT, DIGEST)
    )  # fmt: skip
    return f"$argon2id$v=19$m={cost.memory},t={cost.passes},p={cost.lanes}${salt}${digest}"

"""Every check of the conformance suite of SCIM 2.0 (scim2-tester), against the endpoints as they are served."""

import asyncio
from collections import Counter
from typing import Any

from scim2_client.client import BaseSyncSCIMClient
from scim2_client.engines.asgi import ASGISCIMClient
from scim2_tester import Status, check_server

from bailee.serving import directory

CHECKS = 135


class Taken:
    """A place for passwords that takes every one: whether they may be set is asked here, not what becomes of them."""

    offered = True

    def __init__(self) -> None:
        self.put_for: list[Any] = []

    def accept(self, _password: str, /) -> None:
        """Every one is fine."""

    async def put(self, _controller: Any, person: Any, _password: str, _by: str, /) -> None:
        self.put_for.append(person)


class OnLoop(BaseSyncSCIMClient):
    """The suite's client, which blocks: each request is served on the test's event loop."""

    def __init__(self, inner: ASGISCIMClient, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__()
        self._inner, self._loop = inner, loop

    def _stays_under_base_url(self, endpoint: str) -> bool:
        return self._inner._stays_under_base_url(endpoint)

    def _parse_json(self, response: Any) -> Any:
        return self._inner._parse_json(response)

    def request(self, method: str, url: str, **more: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(self._inner.request(method, url, **more), self._loop).result(60)


async def test_every_check_of_the_conformance_suite_succeeds(rooms, hold):
    client = await (await hold()).client()
    passwords = Taken()
    headers = {"Authorization": f"Bearer {client.token}"}
    inner = ASGISCIMClient(directory(rooms, passwords), "http://localhost/scim/v2", headers)
    results = await asyncio.to_thread(check_server, OnLoop(inner, asyncio.get_running_loop()))
    told = [f"{one.status.name} {one.title}: {one.reason}" for one in results if one.status is not Status.SUCCESS]
    assert told == [], "\n".join(told)
    assert Counter(one.status for one in results) == {Status.SUCCESS: len(results)}
    assert len(results) >= CHECKS
    assert passwords.put_for

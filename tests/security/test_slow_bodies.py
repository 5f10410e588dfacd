"""Who begins a request and does not finish it gets an answer in the end, whichever door it is, and holds no place."""

import asyncio
from typing import Any

import pytest
from tests.household import Household

from bailee.infra import patience
from bailee.processing.accounts.scim.provider import PAYLOAD

DOORS = {
    "/api/v1/persons": 408, "/api/v1/requests": 408, "/api/v1/imports": 408, "/opendsr/requests": 408,
    "/scim/v2/Users": 408, "/sign-in": 408, "/ask": 408,
}  # fmt: skip


@pytest.fixture
async def house(hold, rooms):
    holder = await hold()
    return Household(rooms, holder.id, holder)


async def sent(house: Household, path: str, pieces: list[bytes], *, ends: bool) -> tuple[int, int]:
    """The status of a request whose body comes in these pieces and then ends, or does not; and how many were taken."""
    client = await house.holder.client("account-management", "contract-administration", "rights-of-persons")
    form = not path.startswith(("/api", "/scim", "/opendsr"))
    kind = (
        "application/x-www-form-urlencoded"
        if form
        else "application/scim+json"
        if "scim" in path
        else "application/json"
    )
    headers = {
        "host": "localhost", "origin": "http://localhost", "content-type": kind, "bailee-purpose": "account-management",
        "authorization": f"Bearer {client.token}",
    }  # fmt: skip
    scope: dict[str, Any] = {
        "type": "http", "method": "POST", "path": path, "raw_path": path.encode(), "root_path": "", "query_string": b"",
        "scheme": "http", "http_version": "1.1", "server": ("localhost", 80), "client": ("192.0.2.7", 1), "state": {},
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }  # fmt: skip
    left, status = iter(pieces), list[int]()
    taken = 0

    async def receive() -> dict[str, Any]:
        nonlocal taken
        piece = next(left, None)
        if piece is None and not ends:
            await asyncio.Event().wait()
        taken += piece is not None
        return {"type": "http.request", "body": piece or b"", "more_body": piece is not None}

    async def send(message: dict[str, Any]) -> None:
        status.extend([message["status"]] if "status" in message else [])

    await asyncio.wait_for(house.app(scope, receive, send), 30)
    return status[0], taken


@pytest.mark.parametrize("path", DOORS)
async def test_a_body_that_never_ends_is_waited_for_no_longer_than_it_comes(house, monkeypatch, path):
    monkeypatch.setattr(patience, "AT_FIRST", 0.2)
    monkeypatch.setattr(patience, "PACE", 1 << 30)
    status, taken = await sent(house, path, [b" " * 100] * 3, ends=False)
    assert (status, taken) == (DOORS[path], 3)


async def test_one_that_comes_in_pieces_and_comes_is_taken(house):
    status, _ = await sent(house, "/api/v1/persons", [b'{"groups": ', b'["user"]}'], ends=True)
    assert status == 201


async def test_a_directory_reads_no_further_than_the_largest_body_it_takes(house):
    status, taken = await sent(house, "/scim/v2/Users", [b" " * PAYLOAD] * 50, ends=False)
    assert (status, taken) == (413, 2)


async def test_the_time_that_is_taken_for_what_has_come_is_nobodys_dawdling(monkeypatch):
    monkeypatch.setattr(patience, "AT_FIRST", 0.2)
    monkeypatch.setattr(patience, "PACE", 1 << 30)
    left = [b"a", b"b", b""]

    async def receive() -> dict[str, Any]:
        await asyncio.sleep(0)
        return {"type": "http.request", "body": left.pop(0), "more_body": bool(left)}

    waiting = patience.Patience(receive)
    assert (await waiting())["body"] == b"a"
    await asyncio.sleep(0.3)  # a store that is slow to take it
    assert (await waiting())["body"] == b"b"

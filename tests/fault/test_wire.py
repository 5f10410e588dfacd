"""The wire between the application and a server is cut, delayed, and loses answers after their commit."""

import asyncio
import os
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import UUID

import msgspec
import pytest
from tests.speaking import Client

from bailee.api.data_plane import DataPlane
from bailee.furnishing import furnish
from bailee.serving import data_plane

SOCKET = ".s.PGSQL.5432"
SEEDS = range(1, 11) if os.environ.get("LONG") == "1" else (1,)


class Wire:
    """A socket in front of a server's socket, which misbehaves as told."""

    def __init__(self, folder: Path, behind: Path, seed: int) -> None:
        self.folder, self._behind, self._chance = folder, behind, random.Random(seed)
        self.fault = ""
        self.happened = 0
        self._writers: list[Any] = []

    async def __aenter__(self) -> "Wire":
        self._server = await asyncio.start_unix_server(self._serve, str(self.folder / SOCKET))
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for writer in self._writers:
            writer.close()

    async def _serve(self, reader: Any, writer: Any) -> None:
        if self.fault == "refused":
            self.happened += 1
            writer.close()
            return
        up_reader, up_writer = await asyncio.open_unix_connection(str(self._behind / SOCKET))
        self._writers += [writer, up_writer]
        await asyncio.gather(
            self._pump(reader, up_writer, (writer, up_writer), back=False),
            self._pump(up_reader, writer, (writer, up_writer), back=True),
        )

    async def _pump(self, reader: Any, writer: Any, both: Any, *, back: bool) -> None:
        try:
            while data := await reader.read(65536):
                if self._now("cut" if not back else "answer lost"):
                    for one in both:
                        one.transport.abort()
                    return
                if self._now("half a packet") and back:
                    writer.write(data[: len(data) // 2])
                    for one in both:
                        one.transport.abort()
                    return
                if self._now("slow") and back:
                    await asyncio.sleep(1.3)
                writer.write(data)
                await writer.drain()
        except (ConnectionError, asyncio.CancelledError):
            pass
        finally:
            for one in both:
                one.close()

    def _now(self, fault: str) -> bool:
        if self.fault == fault and self._chance.random() < (0.08 if fault == "slow" else 0.5):
            self.happened += 1
            return True
        return False


@asynccontextmanager
async def wired(settings: Any, premises: Any, folder: Path, which: str, seed: int) -> AsyncIterator[Any]:
    """Rooms whose data server or key store is behind a wire."""
    cluster = premises.clusters[0 if which == "data" else 1]
    addresses = premises.addresses()
    behind = cluster.socket_folder()
    async with Wire(folder, behind, seed) as wire:
        replaced = getattr(addresses, which).replace(quote(str(behind), safe=""), quote(str(folder), safe=""))
        async with furnish(settings, msgspec.structs.replace(addresses, **{which: replaced})) as rooms:
            yield wire, rooms


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("fault", ["refused", "cut", "answer lost", "half a packet", "slow"])
@pytest.mark.parametrize("which", ["data", "key_store"])
async def test_a_wire_that_fails_gives_503_and_loses_nothing(
    hold, rooms, settings, premises, tmp_path_factory, which, fault, seed
):
    holder = await hold()
    good = await holder.client()
    held = [await good.person({"language": "fr"}) for _ in range(6)]
    folder = tmp_path_factory.mktemp("w")
    async with wired(settings, premises, folder, which, seed) as (wire, behind):
        client = Client(DataPlane(data_plane(behind)), good.token)
        for person, record in held:
            assert (await client("GET", f"/api/v1/persons/{person}/profile/{record}")).status == 200
        await behind.data.close()
        await behind.key_store.close()
        behind.keys.forget_persons()
        wire.fault = fault
        statuses, acknowledged, wanted = set[int](), [], []
        for n in range(6 if fault == "slow" else 12):
            person, record = held[n % len(held)]
            behind.keys.forget_persons()
            reply = await client("GET", f"/api/v1/persons/{person}/profile/{record}")
            statuses.add(reply.status)
            if reply.status == 503:
                assert int(reply.headers["retry-after"]) >= 1
            else:
                acknowledged.append(reply.body["entry"])
            body = {"groups": ["user"], "records": [{"type": "profile", "data": {"language": "it"}}]}
            key = {"idempotency_key": f"{fault}-{which}-{seed}-{n}"}
            made = await client("POST", "/api/v1/persons", body, **key)
            statuses.add(made.status)
            wanted.append((body, key, made.body.get("person") if made.status == 201 else None))
        assert statuses <= {200, 201, 503}
        assert wire.happened > 0, "the fault never happened"
        wire.fault = ""
        for body, key, person in wanted:
            again = await client("POST", "/api/v1/persons", body, **key)
            while again.status == 503:
                again = await client("POST", "/api/v1/persons", body, **key)
            assert again.status == 201, again.raw
            assert person in (None, again.body["person"]), "the same key did it twice"
        everyone = (await client("GET", "/api/v1/persons", query="limit=500")).body["persons"]
        assert len(everyone) == len(held) + len(wanted)
    await rooms.reading.integrated(holder.id)
    for name in acknowledged:
        batch, _, position = name.partition(".")
        assert await rooms.reading.receipt(holder.id, UUID(batch), int(position))

"""The unprotected peer of row 5: what a team writes in an afternoon. FastAPI, a pool, one query, no policy."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

import asyncpg
from fastapi import FastAPI, Response


@asynccontextmanager
async def _pool(app: FastAPI) -> AsyncIterator[None]:
    async with asyncpg.create_pool(os.environ["BENCH_DATABASE"], min_size=10, max_size=32) as pool:
        app.state.pool = pool
        yield


app = FastAPI(lifespan=_pool)


@app.get("/records/{record}")
async def read(record: UUID) -> Response:
    """The stored bytes."""
    body = await app.state.pool.fetchval("SELECT body FROM peer.plain WHERE id = $1", record)
    return Response(body, media_type="application/octet-stream")

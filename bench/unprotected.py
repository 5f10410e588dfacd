"""The unprotected peer of rows 5 and 16: what a team writes in an afternoon. FastAPI, a pool, one query, no policy."""

import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import asyncpg
from fastapi import FastAPI, HTTPException
from pydantic import BaseModel

PEOPLE_BY_EMAIL = "SELECT id, body FROM peer.people WHERE email = $1 ORDER BY id LIMIT 50"
SEARCHED = "INSERT INTO peer.searched VALUES (1)"


class Record(BaseModel):
    """A record as it answers."""

    id: UUID
    person: UUID
    version: int
    data: dict[str, Any]


class Person(BaseModel):
    """A person as found."""

    id: UUID
    data: dict[str, Any]


@asynccontextmanager
async def _pool(app: FastAPI) -> AsyncIterator[None]:
    async with asyncpg.create_pool(os.environ["BENCH_DATABASE"], min_size=10, max_size=32) as pool:
        app.state.pool = pool
        yield


app = FastAPI(lifespan=_pool)


@app.get("/persons/{person}/records/{record}")
async def read(person: UUID, record: UUID) -> Record:
    """One record."""
    row = await app.state.pool.fetchrow(
        "SELECT id, person, version, body FROM peer.json WHERE id = $1 AND person = $2", record, person
    )
    if row is None:
        raise HTTPException(404)
    return Record(id=row["id"], person=row["person"], version=row["version"], data=json.loads(row["body"]))


@app.get("/people")
async def find(email: str) -> list[Person]:
    """Everyone with an address."""
    rows = await app.state.pool.fetch(PEOPLE_BY_EMAIL, email)
    return [Person(id=row["id"], data=json.loads(row["body"])) for row in rows]


@app.get("/people/logged")
async def find_and_log(email: str) -> list[Person]:
    """The same, with one durable row that says so."""
    found = await find(email)
    await app.state.pool.execute(SEARCHED)
    return found

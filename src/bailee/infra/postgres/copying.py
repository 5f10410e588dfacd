"""A copy of a running server, consistent in itself, as one tar: PostgreSQL's own base backup with the WAL it needs.

Started on what is unpacked, the server recovers to the instant at which the copy ended. A slot of the session keeps the
WAL there until then; it is gone with the session, however that ends.
"""

import asyncio
import os
import secrets
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import IO

import asyncpg

from bailee.infra.database import AWAY, Unavailable
from bailee.infra.postgres import binaries
from bailee.infra.postgres.cluster import OWNER, Cluster

KEEP_WAL = "SELECT pg_create_physical_replication_slot($1, true, true)"
SAID = 300  # how much of what the program says is repeated

Take = Callable[[IO[bytes]], None]


class NotCopied(Exception):
    """The server could not be copied; the message says what its program said: paths and reasons, no value."""


async def copy(cluster: Cluster, take: Take) -> None:
    """Have `take` read the tar, in a thread; it is whole only when this returns."""
    program = binaries.find() / "pg_basebackup"
    if not program.exists():
        raise NotCopied(f"{program.name} is not beside the server's programs: install a whole PostgreSQL")
    try:
        connection = await asyncpg.connect(cluster.address(OWNER, "postgres"))
    except AWAY as away:
        raise Unavailable(type(away).__name__) from away
    try:
        await connection.fetchval(KEEP_WAL, f"backup_{secrets.token_hex(6)}")
        await _run(program, cluster, take)
    finally:
        await connection.close()


def _started(program: Path, cluster: Cluster) -> subprocess.Popen[bytes]:
    command = [
        str(program), "-h", str(cluster.socket_folder()), "-U", OWNER, "-w", "-D", "-", "-F", "tar", "-X", "fetch",
        "-c", "fast",
    ]  # fmt: skip
    environ = {**os.environ, "PGPASSWORD": cluster.passwords()[OWNER], "LC_ALL": "C"}
    return subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


async def _run(program: Path, cluster: Cluster, take: Take) -> None:
    process = _started(program, cluster)
    assert process.stdout is not None
    assert process.stderr is not None
    errors = asyncio.create_task(asyncio.to_thread(process.stderr.read))
    try:
        await asyncio.to_thread(take, process.stdout)
        code = await asyncio.to_thread(process.wait)
    except BaseException:  # whoever waits was told to stop, or what was read had nowhere to go
        process.kill()
        process.wait()
        raise
    finally:
        said = (await errors).decode(errors="replace").strip()
    if code:
        raise NotCopied(f"{cluster.directory.name}: {said[-SAID:]}")

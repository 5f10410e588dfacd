"""Photographs and files in an object store, by the settings that name one: S3 as moto speaks it, Azure as azurite does."""

import http.client
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from bailee.infra.blobs import BlobGone, Blobs, key
from bailee.infra.database import Unavailable
from bailee.infra.settings import RefusedSettings, load
from bailee.vocabulary.ids import new_id

AZURITE = Path(__file__).parents[2] / ".venv" / "azurite" / "node_modules" / "azurite"
# The account that every Azure emulator has; its key is part of their documentation.
ACCOUNT = "devstoreaccount1"
EMULATOR_KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
SIZE = 12 * 1024 * 1024 + 345

pytestmark = pytest.mark.system


def store(folder: Path, address: str, **said: str) -> Blobs:
    """The store as an operator names it: an address, and a file of credentials of its owner's alone."""
    secrets = folder / "credentials"
    secrets.touch(mode=0o600)
    secrets.write_text("".join(f"{name}={value}\n" for name, value in said.items()))
    environ = {"BAILEE_BLOBS": address, "BAILEE_BLOBS_CREDENTIALS": str(secrets), "BAILEE_BLOBS_COUNTRY": "FR"}
    return Blobs.of(load(folder / "data", environ, sandbox=True))


@pytest.fixture
def s3(folder: Path) -> Iterator[Blobs]:
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    asked = http.client.HTTPConnection(host, port)
    asked.request("PUT", "/people", headers={"x-amz-acl": "private"})
    assert asked.getresponse().status == 200
    asked.close()
    yield store(
        folder, "s3://people/held", aws_access_key_id="ID", aws_secret_access_key="SECRET", region="us-east-1",
        endpoint=f"http://{host}:{port}", allow_http="true",
    )  # fmt: skip
    server.stop()


@pytest.fixture
def azure(folder: Path) -> Iterator[Blobs]:
    node = shutil.which("node")
    if node is None or not AZURITE.exists():
        pytest.skip("azurite is not installed here: npm install --prefix .venv/azurite azurite")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [node, str(AZURITE / "dist" / "src" / "blob" / "main.js"), "--blobPort", str(port), "--silent",
               "--skipApiVersionCheck", "--inMemoryPersistence", "--disableTelemetry"]  # fmt: skip
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=dict(os.environ))
    try:
        _listening(process, port)
        said = {"account_name": ACCOUNT, "account_key": EMULATOR_KEY, "allow_http": "true",
                "endpoint": f"http://127.0.0.1:{port}/{ACCOUNT}"}  # fmt: skip
        _container(port)
        yield store(folder, "az://people", **said)
    finally:
        process.terminate()
        process.wait(30)


def _listening(process: subprocess.Popen[bytes], port: int) -> None:
    """Wait until it takes connections."""
    while process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("azurite has ended")


def _container(port: int) -> None:
    """Make the container, with a request signed as Azure's shared key asks."""
    import base64
    import hashlib
    import hmac
    from datetime import UTC, datetime
    from email.utils import format_datetime

    at = format_datetime(datetime.now(UTC), usegmt=True)
    named = f"x-ms-date:{at}\nx-ms-version:2021-08-06\n"
    text = "PUT" + "\n" * 12 + named + f"/{ACCOUNT}/{ACCOUNT}/people\nrestype:container"
    digest = hmac.digest(base64.b64decode(EMULATOR_KEY), text.encode(), hashlib.sha256)
    asked = http.client.HTTPConnection("127.0.0.1", port)
    signed = {"x-ms-date": at, "x-ms-version": "2021-08-06", "content-length": "0",
              "authorization": f"SharedKey {ACCOUNT}:{base64.b64encode(digest).decode()}"}  # fmt: skip
    asked.request("PUT", f"/{ACCOUNT}/people?restype={quote('container')}", headers=signed)
    answer = asked.getresponse()
    assert answer.status == 201, answer.read()
    asked.close()


async def pieces(whole: bytes):
    for start in range(0, len(whole), 1_000_000):
        yield whole[start : start + 1_000_000]


@pytest.mark.parametrize("named", ["s3", "azure"])
async def test_a_blob_goes_there_in_parts_comes_back_in_ranges_and_goes_with_its_person(request, named):
    blobs: Blobs = request.getfixturevalue(named)
    controller, first, second = new_id(), new_id(), new_id()
    whole = os.urandom(SIZE)
    at, other = key(controller, first, new_id()), key(controller, second, new_id())
    await blobs.put(at, pieces(whole))
    await blobs.put(other, pieces(b"small"))
    assert b"".join([piece async for piece in blobs.get(at)]) == whole
    assert await blobs.read(at, 5_000_000, 5_000_100) == (whole[5_000_000:5_000_100], SIZE)
    assert await blobs.read(at, SIZE - 3, SIZE + 50) == (whole[-3:], SIZE)
    assert await blobs.read(at, SIZE + 10, SIZE + 50) == (b"", SIZE)
    assert await blobs.list(f"{controller}") == sorted([at, other])
    await blobs.clear(f"{controller}/{first}")
    assert await blobs.list(f"{controller}") == [other]
    with pytest.raises(BlobGone):
        await blobs.read(at, 0, 1)
    with pytest.raises(BlobGone):
        [piece async for piece in blobs.get(at)]
    await blobs.delete(at)
    await blobs.delete(other)
    assert await blobs.list(f"{controller}") == []


@pytest.mark.parametrize("named", ["s3", "azure"])
async def test_a_writer_that_fails_leaves_nothing_there(request, named):
    blobs: Blobs = request.getfixturevalue(named)
    at = key(new_id(), new_id(), new_id())

    async def broken():
        yield os.urandom(6 * 1024 * 1024)
        raise RuntimeError("the sender went away")

    with pytest.raises(Exception, match="went away"):
        await blobs.put(at, broken())
    with pytest.raises(BlobGone):
        await blobs.read(at, 0, 1)


async def test_a_store_that_is_away_is_said_to_be_away(folder):
    away = store(
        folder, "s3://people", aws_access_key_id="ID", aws_secret_access_key="SECRET", region="us-east-1",
        endpoint="http://127.0.0.1:9", allow_http="true",
    )  # fmt: skip
    with pytest.raises(Unavailable):
        await away.read(key(new_id(), new_id(), new_id()), 0, 1)


def test_a_store_is_spoken_to_by_https_and_by_names_it_knows(folder):
    secrets = folder / "credentials"
    secrets.touch(mode=0o600)
    for said, sandbox in (("allow_http=true", False), ("aws_nonsense=1", True), ("nonsense=1", True)):
        secrets.write_text(said + "\n")
        environ = {
            "BAILEE_BLOBS": "s3://people",
            "BAILEE_BLOBS_CREDENTIALS": str(secrets),
            "BAILEE_BLOBS_COUNTRY": "FR",
        }
        with pytest.raises(RefusedSettings):
            Blobs.of(load(folder / "data", environ, sandbox=sandbox))

"""Files of a person, end to end: sealed, read by range, tampered with, erased, half written, returned, destroyed."""

import hashlib
import io
import os
import tarfile
import tracemalloc
from datetime import timedelta
from uuid import UUID

import msgspec
import pyrage
import pytest
from tests.household import worked
from tests.unit.test_photographs import halves, saved

from bailee.cli.demo import parties
from bailee.infra.blobs import Blobs
from bailee.infra.database import Unavailable
from bailee.vault.chunks import CHUNK, STORED
from bailee.vocabulary.ids import new_id

BIG = os.urandom(3 * 1024 * 1024 + 777)


class Of:
    """A person of a controller, and what is done with their files."""

    def __init__(self, holder, client, person, profile, settings):
        self.holder, self.client, self.person, self.profile = holder, client, person, profile
        self.folder = settings.blobs_folder / str(holder.id)
        self.path = f"/api/v1/persons/{person}/files"

    async def put(self, content: bytes, name: str = "a.bin", **headers: str) -> str:
        reply = await self.client("POST", self.path, raw=content, query=f"name={name}&category=name", **headers)
        assert reply.status == 201, reply.raw
        return reply.body["record"]

    async def read(self, file: str, **headers: str):
        return await self.client("GET", f"{self.path}/{file}", **headers)

    def blobs(self):
        return sorted(f for f in self.folder.rglob("*") if f.is_file())


@pytest.fixture
async def of(hold, profile, settings):
    holder = await hold()
    client = await holder.client()
    person, record = await client.person(profile)
    return Of(holder, client, person, record, settings)


async def entries(rooms, of, operation: str) -> list[dict]:
    head = await rooms.reading.integrated(of.holder.id)
    found = [msgspec.json.decode(e.opened.body) async for e in rooms.reading.entries(of.holder.id, 0, head.size)]
    return [
        one
        for one in found
        if one.get("operation") == operation and any(r[1] in ("files", "photo") for r in one.get("records", ()))
    ]


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, len(BIG)])
async def test_a_file_comes_back_as_it_was_and_lies_there_as_noise(of, size):
    content = BIG[:size]
    file = await of.put(content)
    reply = await of.read(file)
    assert (reply.status, reply.raw) == (200, content)
    assert reply.headers["content-length"] == str(size)
    [blob] = of.blobs()
    stored = blob.read_bytes()
    assert len(stored) == size + 16 * max(1, -(-size // CHUNK))
    assert size < 40 or content[:40] not in stored
    assert blob.parent.name == of.person
    [listed] = (await of.client("GET", of.path)).body["files"]
    assert listed["size"] == size
    assert listed["sha256"] == hashlib.sha256(content).hexdigest()


async def test_a_read_is_in_the_ledger_with_its_file_before_the_first_byte(of, rooms):
    file = await of.put(b"content")
    reply = await of.read(file)
    batch, position = reply.headers["bailee-entry"].split(".")
    await rooms.reading.integrated(of.holder.id)
    assert await rooms.reading.receipt(of.holder.id, UUID(batch), int(position))
    [entry] = await entries(rooms, of, "consult")
    assert entry["records"] == [[of.person, "files", file]]
    assert {one["kind"] for one in await entries(rooms, of, "store")} == {"permit", "change"}


async def test_ranges(of, monkeypatch):
    file = await of.put(BIG)
    read = []
    real = Blobs.read

    async def counted(self, key, start, stop):
        read.append(stop - start)
        return await real(self, key, start, stop)

    monkeypatch.setattr(Blobs, "read", counted)
    size = len(BIG)
    for said, start, stop in (
        ("bytes=0-0", 0, 1), ("bytes=10-19", 10, 20), (f"bytes={CHUNK - 1}-{CHUNK}", CHUNK - 1, CHUNK + 1),
        ("bytes=-5", size - 5, size), (f"bytes={size - 1}-", size - 1, size), ("bytes=100-99999999999", 100, size),
        (f"bytes={CHUNK * 17 - 3}-{CHUNK * 40}", CHUNK * 17 - 3, CHUNK * 40 + 1),
    ):  # fmt: skip
        reply = await of.read(file, range=said)
        assert (reply.status, reply.raw) == (206, BIG[start:stop]), said
        assert reply.headers["content-range"] == f"bytes {start}-{stop - 1}/{size}"
        assert reply.headers["content-length"] == str(stop - start)
    assert read[:3] == [STORED, STORED, 2 * STORED]
    for said in (f"bytes={size}-", "bytes=-0"):
        reply = await of.read(file, range=said)
        assert (reply.status, reply.headers["content-range"]) == (416, f"bytes */{size}"), said
    for said in ("bytes=5-2", "lines=1-2", "bytes=0-1,4-5", "bytes=-", "bytes=a-b"):
        assert (await of.read(file, range=said)).status == 200
    tag = (await of.read(file)).headers["etag"]
    assert (await of.read(file, range="bytes=0-1", if_range=tag)).status == 206
    assert (await of.read(file, range="bytes=0-1", if_range='"other"')).status == 200


def altered(stored: bytes) -> dict[str, bytes]:
    first, second, rest = stored[:STORED], stored[STORED : 2 * STORED], stored[2 * STORED :]
    return {
        "flipped": stored[:100] + bytes([stored[100] ^ 1]) + stored[101:], "cut": stored[:-1],
        "cut at a chunk": first + second, "swapped": second + first + rest, "repeated": first + first + rest,
        "longer": stored + b"x", "a chunk more": stored + first, "empty": b"", "dropped": second + rest,
    }  # fmt: skip


async def test_a_blob_that_was_changed_moved_or_taken_away_does_not_open(of, rooms):
    content = BIG[: 2 * CHUNK + 50]
    file = await of.put(content)
    [blob] = of.blobs()
    stored = blob.read_bytes()
    for how, changed in altered(stored).items():
        blob.write_bytes(changed)
        try:
            reply = await of.read(file)
            opened = reply.status == 200 and reply.raw == content
            assert reply.status == 500, how
        except ConnectionAbortedError:
            opened = False
        assert not opened, how
    blob.unlink()
    assert (await of.read(file)).status == 500
    blob.write_bytes(stored)
    assert (await of.read(file)).raw == content
    assert "withheld" in {one["kind"] for one in await entries(rooms, of, "consult")}


async def test_blobs_of_two_files_and_of_two_persons_do_not_open_in_each_others_place(of, profile):
    other, _ = await of.client.person({"language": "fr"})
    one, two = await of.put(b"a" * 1000), await of.put(b"b" * 1000)
    theirs = (await of.client("POST", f"/api/v1/persons/{other}/files", raw=b"c" * 1000, query="name=c&category=name")).body["record"]  # fmt: skip
    blobs = of.blobs()
    contents = [blob.read_bytes() for blob in blobs]
    for shift in (1, 2):
        for number, blob in enumerate(blobs):
            blob.write_bytes(contents[(number + shift) % 3])
        assert {(await of.read(one)).status, (await of.read(two)).status} == {500}
        assert (await of.client("GET", f"/api/v1/persons/{other}/files/{theirs}")).status == 500


async def test_a_row_that_was_changed_does_not_open_and_the_scrub_finds_it(of, rooms):
    file = await of.put(b"content of one")
    other = await of.put(b"another")
    async with rooms.data.transaction(of.holder.id) as tx:
        await tx.execute(
            "UPDATE bailee.file SET blob = (SELECT blob FROM bailee.file WHERE controller_id = $1 AND file_id = $3) "
            "WHERE controller_id = $1 AND file_id = $2", of.holder.id, UUID(file), UUID(other),
        )  # fmt: skip
    assert (await of.read(file)).status == 500
    assert await rooms.scrubbing.person(of.holder.id, UUID(of.person)) == []
    async with rooms.data.transaction(of.holder.id) as tx:
        await tx.execute(
            "UPDATE bailee.file SET digest = $3 WHERE controller_id = $1 AND file_id = $2", of.holder.id, UUID(file), bytes(32)
        )  # fmt: skip
    assert [str(one.record) for one in await rooms.scrubbing.person(of.holder.id, UUID(of.person))] == [file]


async def test_a_photograph_replaces_the_one_before_and_is_named_in_the_profile(of, rooms):
    path = f"/api/v1/persons/{of.person}/photo"
    assert (await of.client("GET", path)).status == 404
    first = await of.client("PUT", path, raw=saved(halves(), "PNG"))
    second = await of.client("PUT", path, raw=saved(halves(), "WEBP"))
    assert (first.status, second.status) == (201, 201)
    profile = await of.client("GET", f"/api/v1/persons/{of.person}/profile/{of.profile}")
    assert profile.body["data"]["photo"] == second.body["record"]
    assert len(of.blobs()) == 1
    assert [f["type"] for f in (await of.client("GET", of.path)).body["files"]] == ["photo"]
    assert (await of.client("GET", path, query="size=65")).status == 400
    assert (await of.client("DELETE", path)).status == 200
    profile = await of.client("GET", f"/api/v1/persons/{of.person}/profile/{of.profile}")
    assert "photo" not in profile.body["data"]
    assert of.blobs() == []
    assert (await of.client("GET", path)).status == 404
    assert (await of.client("DELETE", path)).status == 404
    assert await rooms.scrubbing.person(of.holder.id, UUID(of.person)) == []


async def test_what_is_deleted_is_gone(of):
    file = await of.put(b"content")
    assert (await of.client("DELETE", f"{of.path}/{file}")).status == 200
    assert of.blobs() == []
    assert (await of.read(file)).status == 404
    assert (await of.client("DELETE", f"{of.path}/{file}")).status == 404


async def test_erasing_a_person_leaves_nothing_readable_and_nothing_in_the_folder(of, rooms, premises):
    file = await of.put(b"content")
    await of.client("PUT", f"/api/v1/persons/{of.person}/photo", raw=saved(halves(), "PNG"))
    assert len(of.blobs()) == 2
    assert (await of.client("DELETE", f"/api/v1/persons/{of.person}")).status == 202
    assert list(of.folder.rglob("*")) == []
    for path in (f"{of.path}/{file}", f"/api/v1/persons/{of.person}/photo"):
        assert (await of.client("GET", path)).status == 404
    async with rooms.data.transaction(of.holder.id) as tx:
        assert await tx.fetchval("SELECT count(*) FROM bailee.file WHERE controller_id = $1", of.holder.id) == 0
    reply = await of.client("POST", of.path, raw=b"x", query="name=a&category=name")
    assert reply.status == 404
    assert of.blobs() == []


async def test_a_store_that_is_away_does_not_hold_an_erasure_up_and_the_sweep_removes_what_is_left(
    of, rooms, monkeypatch
):
    file = await of.put(b"content")

    async def away(self, key):
        raise Unavailable("away")

    with monkeypatch.context() as broken:
        broken.setattr(Blobs, "delete", away)
        assert (await of.client("DELETE", f"/api/v1/persons/{of.person}")).body["step"] == "done"
    assert len(of.blobs()) == 1
    assert (await of.read(file)).status == 404
    assert await worked(rooms.duties(), "files that must go", of.holder.id) >= 1
    assert of.blobs() == []


async def rows(rooms, of) -> list[str]:
    async with rooms.data.transaction(of.holder.id) as tx:
        found = await tx.fetch("SELECT state FROM bailee.file WHERE controller_id = $1", of.holder.id)
    return [row["state"] for row in found]


async def test_a_crash_in_the_middle_is_swept_and_an_upload_under_way_is_not(of, rooms, monkeypatch):
    from bailee.vault.files import Files

    async def killed(self, *_):
        return None

    async def dies(self, key, pieces):
        (self._folder / key).parent.mkdir(parents=True, exist_ok=True)
        (self._folder / f"{key}#1").write_bytes(b"".join([piece async for piece in pieces])[:5])
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(Files, "let_go", killed)
        broken.setattr(Blobs, "put", dies)
        with pytest.raises(KeyboardInterrupt):
            await of.put(b"content")
    assert await rows(rooms, of) == ["writing"]
    assert len(of.blobs()) == 1
    assert (await of.client("GET", of.path)).body["files"] == []
    await worked(rooms.duties(), "files that must go", of.holder.id)
    assert await rows(rooms, of) == ["writing"]
    async with rooms.data.transaction(of.holder.id) as tx:
        old = rooms.clock.now() - timedelta(hours=2)
        await tx.execute("UPDATE bailee.file SET created_at = $2 WHERE controller_id = $1", of.holder.id, old)
    await worked(rooms.duties(), "files that must go", of.holder.id)
    assert await rows(rooms, of) == []
    assert of.blobs() == []


async def test_a_blob_without_a_row_is_swept_and_one_with_a_row_stays(of, rooms):
    await of.put(b"content")
    [kept] = of.blobs()
    (kept.parent / str(new_id())).write_bytes(b"left by a crash")
    await rooms.sweeping.blobs(of.holder.id)
    assert of.blobs() == [kept]


async def test_an_upload_that_is_cut_or_too_long_leaves_nothing(of, rooms, monkeypatch):
    from bailee.api import files as endpoints

    monkeypatch.setattr(endpoints, "LIMIT", 1000)
    reply = await of.client("POST", of.path, raw=bytes(1001), query="name=a&category=name")
    assert reply.status == 413
    assert of.blobs() == []
    assert await rows(rooms, of) == []


async def test_a_repeated_upload_is_one_file(of):
    first = await of.put(b"content", idempotency_key="k-1")
    assert await of.put(b"content", idempotency_key="k-1") == first
    assert len(of.blobs()) == 1
    reply = await of.client("POST", of.path, raw=b"other", query="name=a.bin&category=name", idempotency_key="k-1")
    assert reply.status == 422
    assert len(of.blobs()) == 1


async def test_another_controller_a_restricted_person_and_a_wrong_purpose_get_nothing(of, hold):
    file = await of.put(b"content")
    stranger = await (await hold(1)).client()
    for method, path in (
        ("GET", of.path + f"/{file}"),
        ("DELETE", of.path + f"/{file}"),
        ("GET", f"/api/v1/persons/{of.person}/photo"),
    ):
        assert (await stranger(method, path)).status == 404
    assert (await stranger("POST", of.path, raw=b"x", query="name=a&category=name")).status == 404
    assert (await stranger("GET", of.path)).body["files"] == []
    wrong = await of.holder.client("prospecting")
    assert (await wrong("GET", f"{of.path}/{file}")).status == 403
    await of.client("PATCH", f"/api/v1/persons/{of.person}", {"restricted": True})
    assert (await of.read(file)).status == 403
    assert (await of.client("DELETE", f"{of.path}/{file}")).status == 403
    assert len(of.blobs()) == 1


async def test_a_long_answer_ends_where_its_person_is_erased(of, rooms, monkeypatch):
    from bailee.gate import files as gate_files

    monkeypatch.setattr(gate_files, "LOOK_SECONDS", 0.0)
    file = await of.put(BIG)
    request_app = of.client.app
    got, erased = [], False

    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message):
        nonlocal erased
        got.append(len(message.get("body", b"")))
        if len(got) == 2 and not erased:
            erased = True
            assert (await of.client("DELETE", f"/api/v1/persons/{of.person}")).status == 202

    scope = {
        "type": "http", "method": "GET", "path": f"{of.path}/{file}", "query_string": b"",
        "headers": [(b"authorization", f"Bearer {of.client.token}".encode())],
    }  # fmt: skip
    with pytest.raises(ConnectionAbortedError):
        await request_app(scope, receive, send)
    assert sum(got) < len(BIG)


def unpacked(rooms, of) -> dict[str, bytes]:
    members = {}
    for part in sorted((rooms.settings.returns / str(of.holder.id)).glob("part-*.age")):
        plain = pyrage.decrypt(part.read_bytes(), [of.holder.company.opening])
        with tarfile.open(fileobj=io.BytesIO(plain)) as tar:
            members |= {one.name: tar.extractfile(one).read() for one in tar.getmembers()}
    return members


async def test_the_return_holds_the_files_and_the_destruction_leaves_none(of, rooms):
    files = {await of.put(BIG, "grand.bin"): BIG, await of.put(b"", "empty"): b""}
    photo = (await of.client("PUT", f"/api/v1/persons/{of.person}/photo", raw=saved(halves(), "PNG"))).body["record"]
    document = parties.ended(of.holder.company, of.holder.agreement, rooms.clock.now())
    await rooms.ending.end(of.holder.id, document, by="tests")
    await rooms.ending.make_return(of.holder.id, by="tests", progressed=lambda _what, _count: None)
    members = unpacked(rooms, of)
    for file, content in files.items():
        assert members[f"files/{of.person}/{file}.content"] == content
        assert msgspec.json.decode(members[f"files/{of.person}/{file}.json"])["size"] == len(content)
    assert f"files/{of.person}/{photo}.content" in members
    await rooms.ending.waive(of.holder.id, by="tests")
    await rooms.ending.destroy(of.holder.id, by="tests", confirmed=True)
    assert not of.folder.exists()
    await rooms.ending.certify(of.holder.id, by="tests")
    certificate = msgspec.json.decode(
        (rooms.settings.certificates / str(of.holder.id) / "certificate.json").read_bytes()
    )
    [store] = [one for one in certificate["stores"] if one["name"] == "blobs"]
    assert (store["state"], store["found"]) == ("proven", "0 blobs left")
    assert certificate["counts"]["records"] == {"profile": 1, "files": 2, "photo": 1}


async def test_a_large_file_passes_through_little_memory_both_ways(of):
    pieces, piece = 96, os.urandom(1024 * 1024)
    waiting, seen, started = pieces, hashlib.sha256(), {}

    async def receive():
        nonlocal waiting
        waiting -= 1
        return {"type": "http.request", "body": piece, "more_body": waiting > 0}

    async def send(message):
        started.update({"status": message["status"]} if "status" in message else {})
        seen.update(message.get("body", b""))

    def scope(method: str, path: str, query: bytes = b"") -> dict:
        authorization = (b"authorization", f"Bearer {of.client.token}".encode())
        return {"type": "http", "method": method, "path": path, "query_string": query, "headers": [authorization]}

    tracemalloc.start()
    try:
        await of.client.app(scope("POST", of.path, b"name=large&category=name"), receive, send)
        assert started["status"] == 201
        [listed] = (await of.client("GET", of.path)).body["files"]
        seen = hashlib.sha256()
        waiting = 1
        await of.client.app(scope("GET", f"{of.path}/{listed['id']}"), receive, send)
        assert tracemalloc.get_traced_memory()[1] < 40 * 1024 * 1024
    finally:
        tracemalloc.stop()
    assert listed["size"] == pieces * len(piece)
    assert seen.hexdigest() == listed["sha256"] == hashlib.sha256(piece * pieces).hexdigest()

"""Imports: the whole way from a file to people, what is hostile, and what is interrupted."""

import asyncio
import csv
import io
import json
import os
from typing import Any
from uuid import UUID

import pytest
from tests.speaking import Client

from bailee.api.application import Application
from bailee.infra.keys.store import KeyGone
from bailee.serving import control_plane, data_plane

HEAD = "Civilité;Prénom;Nom;Courriel;Téléphone;Pays;Langue;Référence;Groupe\n"


@pytest.fixture
def app(rooms) -> Application:
    return Application(data_plane(rooms), control_plane(rooms))


@pytest.fixture
async def speak(hold, app) -> Client:
    holder = await hold()
    client = await holder.client()
    speaking = Client(app, client.token, client.credential)
    speaking.holder = holder  # type: ignore[attr-defined]
    return speaking


def line(number: int, mark: str, **other: str) -> str:
    said = {"mail": f"p{number}.{mark}@alpages.example", "phone": "01 23 45 67 89", "group": "utilisateur"} | other
    return f"mme;Zoé;Martin-{number};{said['mail']};{said['phone']};France;français;{mark}-{number};{said['group']}\n"


async def uploaded(speak: Client, text: str | bytes, policy: str = "create-only") -> dict[str, Any]:
    reply = await speak("POST", "/api/v1/imports", raw=text if isinstance(text, bytes) else text.encode())
    assert reply.status == 201, reply.raw
    sent = {"mapping": reply.body["proposal"], "policy": policy}
    mapped = await speak("PUT", f"/api/v1/imports/{reply.body['id']}/mapping", sent)
    assert mapped.status == 200, mapped.raw
    return mapped.body


async def carried(rooms: Any, speak: Client, job: str, what: str = "run") -> dict[str, Any]:
    asked = await speak("POST", f"/api/v1/imports/{job}/{what}")
    assert asked.status == 202, asked.raw
    for _ in range(100):
        await rooms.exchanging.working.due(speak.holder.id)  # type: ignore[attr-defined]
        found = (await speak("GET", f"/api/v1/imports/{job}")).body
        if found["state"] not in ("checking", "running"):
            return found
    raise AssertionError(found)


async def everyone(speak: Client) -> list[dict[str, Any]]:
    reply = await speak("POST", "/api/v1/exports", {"format": "ndjson"})
    assert reply.status == 200, reply.raw
    return [json.loads(one) for one in reply.raw.splitlines()]


async def test_a_file_becomes_people_in_normal_form_and_bad_lines_come_back(rooms, speak):
    mark = os.urandom(4).hex()
    text = HEAD + line(1, mark) + line(2, mark, phone="nothing") + line(3, mark, group="king") + line(4, mark)
    job = await uploaded(speak, text)
    checked = await carried(rooms, speak, job["id"], "check")
    assert (checked["state"], checked["created"], checked["rejected"]) == ("checked", 2, 2)
    assert await everyone(speak) == []
    done = await carried(rooms, speak, job["id"])
    assert (done["state"], done["created"], done["rejected"]) == ("done", 2, 2)
    found = await everyone(speak)
    assert [(one["title"], one["phone"], one["language"], one["group"]) for one in found] == [
        ("Mme", "+33123456789", "fr", ["user"])
    ] * 2
    assert found[0]["postal_address"] == {"country": "FR"}
    bad = await speak("GET", f"/api/v1/imports/{job['id']}/rejected")
    rows = list(csv.DictReader(io.StringIO(bad.raw.decode())))
    assert [(one["line"], one["reasons"]) for one in rows] == [
        ("3", "phone:not-a-number"),
        ("4", "group:unknown-group"),
    ]
    assert rows[0]["Téléphone"] == "nothing"
    told = (await speak("GET", f"/api/v1/imports/{job['id']}/lines")).body["lines"]
    assert [one["outcome"] for one in told] == ["created", "rejected", "rejected", "created"]
    assert (await speak("DELETE", f"/api/v1/imports/{job['id']}")).status == 204
    assert (await speak("GET", f"/api/v1/imports/{job['id']}")).status == 404


async def test_someone_twice_in_a_file_comes_once_also_across_parts(rooms, speak):
    mark = os.urandom(4).hex()
    lines = [line(n, mark) for n in range(700)]
    job = (await uploaded(speak, HEAD + "".join([*lines, lines[3], lines[650]])))["id"]
    done = await carried(rooms, speak, job)
    assert (done["created"], done["rejected"]) == (700, 2)
    shown = await rooms.exchanging.importing.first_rejected(speak.holder.id, UUID(job), 1)
    assert [(one.line, one.outcome) for one in shown] == [(702, "rejected")], "shown wherever it stands in the file"
    assert len(await everyone(speak)) == 700


@pytest.mark.parametrize(
    ("policy", "counts"), [("create-only", (1, 0, 0, 2)), ("skip", (1, 0, 2, 0)), ("update", (1, 1, 1, 0))]
)
async def test_people_held_already_are_met_by_the_policy(rooms, speak, policy, counts):
    mark = os.urandom(4).hex()
    await carried(rooms, speak, (await uploaded(speak, HEAD + line(1, mark) + line(2, mark)))["id"])
    text = HEAD + line(1, mark, phone="+33 1 99 99 99 99") + line(2, mark) + line(3, mark)
    done = await carried(rooms, speak, (await uploaded(speak, text, policy))["id"])
    assert tuple(done[name] for name in ("created", "updated", "skipped", "rejected")) == counts
    phones = {one["external_id"]: one["phone"] for one in await everyone(speak)}
    assert len(phones) == 3
    assert phones[f"{mark}-1"] == ("+33199999999" if policy == "update" else "+33123456789")


async def test_nobody_is_changed_by_a_line_that_only_looks_like_them(rooms, speak):
    mark = os.urandom(4).hex()
    await carried(rooms, speak, (await uploaded(speak, HEAD + line(1, mark) + line(2, mark)))["id"])
    head, other = "Prénom;Nom;Courriel;Référence;Groupe\n", "another"
    text = (
        f"{other};Martin;p1.{mark}@älpages.example;;utilisateur\n"  # somebody else's domain
        f"{other};Martin;;{mark.upper()}-2;utilisateur\n"  # another customer's number
        f"Zoé;Martin;P1.{mark}@Alpages.Example;;utilisateur\n"  # the very mailbox
    )
    done = await carried(rooms, speak, (await uploaded(speak, head + text, "update"))["id"])
    assert (done["created"], done["updated"], done["rejected"]) == (2, 1, 0), done
    assert len([one for one in await everyone(speak) if one["given_name"] == other]) == 2


async def test_stopped_in_the_middle_it_goes_on_and_creates_nobody_twice(rooms, speak):
    mark = os.urandom(4).hex()
    job = await uploaded(speak, HEAD + "".join(line(n, mark) for n in range(1200)))
    path = f"/api/v1/imports/{job['id']}"
    assert (await speak("POST", path + "/run")).status == 202
    await rooms.exchanging.working.advance(speak.holder.id, UUID(job["id"]))
    assert (await speak("POST", path + "/stop")).body["created"] == 500
    assert await rooms.exchanging.working.due(speak.holder.id) == 0
    assert (await speak("POST", path + "/check")).status == 409
    done = await carried(rooms, speak, job["id"])
    assert (done["state"], done["created"], done["rejected"]) == ("done", 1200, 0)
    assert len(await everyone(speak)) == 1200


async def test_a_crash_between_the_people_and_the_progress_creates_nobody_twice(rooms, speak, monkeypatch):
    mark = os.urandom(4).hex()
    job = await uploaded(speak, HEAD + "".join(line(n, mark) for n in range(20)))
    working, write = rooms.exchanging.working, rooms.exchanging.working._write

    async def dies(*_of: object) -> None:
        raise ConnectionResetError

    monkeypatch.setattr(working, "_write", dies)
    await speak("POST", f"/api/v1/imports/{job['id']}/run")
    with pytest.raises(ConnectionResetError):
        await working.due(speak.holder.id)
    assert len(await everyone(speak)) == 20
    monkeypatch.setattr(working, "_write", write)
    await working.release(speak.holder.id, UUID(job["id"]))
    for _ in range(5):
        await working.due(speak.holder.id)
    done = (await speak("GET", f"/api/v1/imports/{job['id']}")).body
    assert (done["state"], done["created"], done["rejected"]) == ("done", 20, 0)
    assert len(await everyone(speak)) == 20


async def test_anothers_job_answers_like_one_that_never_was(rooms, hold, app, speak):
    job = await uploaded(speak, HEAD + line(1, os.urandom(4).hex()))
    other = Client(app, (await (await hold(1)).client()).token)
    for method, end in (("GET", ""), ("POST", "/check"), ("POST", "/run"), ("POST", "/stop"), ("GET", "/rejected"),
                        ("GET", "/lines"), ("DELETE", "")):  # fmt: skip
        theirs = await other(method, f"/api/v1/imports/{job['id']}{end}")
        never = await other(method, f"/api/v1/imports/01a20992-e778-72da-9709-6aaf092006a9{end}")
        assert theirs.status == never.status == 404
        assert (theirs.raw, theirs.headers) == (never.raw, never.headers)
    assert (await speak("GET", f"/api/v1/imports/{job['id']}")).body["state"] == "mapped"


async def test_a_revoked_credential_carries_nothing_on(rooms, speak):
    job = await uploaded(speak, HEAD + line(1, os.urandom(4).hex()))
    await speak("POST", f"/api/v1/imports/{job['id']}/run")
    await rooms.credentials.revoke(speak.holder.id, speak.credential, by="tests")
    await rooms.exchanging.working.due(speak.holder.id)
    other = await speak.holder.client()
    found = (await Client(speak.app, other.token)("GET", f"/api/v1/imports/{job['id']}")).body
    assert (found["state"], found["failure"]) == ("failed", "credential-revoked")


async def test_what_was_uploaded_is_nowhere_in_clear(rooms, speak):
    mark = os.urandom(6).hex()
    job = await uploaded(speak, HEAD + line(1, mark, phone="wrong"))
    await carried(rooms, speak, job["id"])
    async with rooms.data.transaction(speak.holder.id) as tx:
        for table in ("import_job", "import_part", "import_line", "import_tag"):
            for row in await tx.fetch(f"SELECT * FROM bailee.{table} WHERE controller_id = $1", speak.holder.id):
                assert mark not in str(dict(row)), table
                assert mark.encode() not in b"".join(v for v in row.values() if isinstance(v, bytes))


@pytest.mark.parametrize(
    ("data", "status"),
    [(b"", 422), (b"%PDF-1.7", 422), (b"PK\x03\x04rubbish", 422), (b"\x00" * 1000, 422), (b"," * 500, 413)],
)
async def test_what_is_no_table_is_refused(speak, data, status):
    assert (await speak("POST", "/api/v1/imports", raw=data)).status == status


async def test_ten_thousand_lines(rooms, speak, capsys):
    mark = os.urandom(4).hex()
    count = int(os.environ.get("IMPORT_LINES", "2000"))
    started = asyncio.get_running_loop().time()
    job = await uploaded(speak, HEAD + "".join(line(n, mark) for n in range(count)))
    read = asyncio.get_running_loop().time()
    done = await carried(rooms, speak, job["id"])
    took = asyncio.get_running_loop().time() - read
    assert done["created"] == count
    with capsys.disabled():
        print(f"\n{count} lines: read {read - started:.1f} s, imported {took:.1f} s, {count / took:.0f} a second")  # noqa: T201


async def test_without_cover_for_storing_nothing_is_kept(rooms, speak, app):
    other = Client(app, (await speak.holder.client("contract-administration")).token)
    reply = await other("POST", "/api/v1/imports", raw=(HEAD + line(1, "x")).encode())
    assert reply.status == 403
    async with rooms.data.transaction(speak.holder.id) as tx:
        assert (
            await tx.fetchval("SELECT count(*) FROM bailee.import_part WHERE controller_id = $1", speak.holder.id) == 0
        )


async def test_what_is_a_day_old_is_forgotten_and_its_key_gone(rooms, speak):
    job = await uploaded(speak, HEAD + line(1, os.urandom(4).hex()))
    async with rooms.data.transaction(speak.holder.id) as tx:
        await tx.execute(
            "UPDATE bailee.import_job SET expires_at = $2 WHERE controller_id = $1", speak.holder.id, rooms.clock.now()
        )
    assert (await speak("GET", f"/api/v1/imports/{job['id']}")).status == 404
    await rooms.exchanging.working.due(speak.holder.id)
    async with rooms.data.transaction(speak.holder.id) as tx:
        for table in ("import_job", "import_part", "import_line", "import_tag"):
            count = f"SELECT count(*) FROM bailee.{table} WHERE controller_id = $1"
            assert await tx.fetchval(count, speak.holder.id) == 0
    rooms.keys.forget(speak.holder.id)
    with pytest.raises(KeyGone):
        await rooms.keys.controller_key(speak.holder.id, f"import/{job['id']}", create=False)


async def test_a_house_that_is_closed_is_swept_without_an_entry_or_a_key(rooms, speak):
    await uploaded(speak, HEAD + line(1, os.urandom(4).hex()))
    size = (await rooms.reading.integrated(speak.holder.id)).size
    async with rooms.data.transaction(speak.holder.id) as tx:
        await tx.execute("UPDATE bailee.gate SET state = 'destroyed' WHERE controller_id = $1", speak.holder.id)
    await rooms.exchanging.working.due(speak.holder.id)
    async with rooms.data.transaction(speak.holder.id) as tx:
        assert (
            await tx.fetchval("SELECT count(*) FROM bailee.import_part WHERE controller_id = $1", speak.holder.id) == 0
        )
    assert (await rooms.reading.integrated(speak.holder.id)).size == size


async def test_a_line_that_very_many_held_people_match_is_nobodys_and_says_so(rooms, speak, monkeypatch):
    mark = os.urandom(4).hex()
    both = f"office.{mark}@alpages.example"
    first = await carried(
        rooms, speak, (await uploaded(speak, HEAD + line(1, mark, mail=both) + line(2, mark, mail=both)))["id"]
    )
    assert first["created"] == 2
    monkeypatch.setattr("bailee.gate.matching.ALIKE", 1)
    job = await uploaded(speak, HEAD + line(3, mark, mail=both) + line(1, mark, mail=f"new.{mark}@x.example"), "update")
    done = await carried(rooms, speak, job["id"])
    assert (done["updated"], done["rejected"]) == (1, 1), "who is known by an own id is found by it"
    lines = (await speak("GET", f"/api/v1/imports/{job['id']}/lines")).body["lines"]
    assert [one["reasons"] for one in lines if one["outcome"] == "rejected"] == [["too-many-alike"]]

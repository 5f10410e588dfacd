"""Exports: what comes out goes in again as it was, runs nowhere, and leaves the record of its handover."""

import asyncio
import csv
import hashlib
import io
import json
import os
from typing import Any

import pytest
from tests.speaking import Client

from bailee.api.application import Application
from bailee.processing.accounts.export_forms import cells, folded, vcard
from bailee.serving import control_plane, data_plane

NASTY = ["=cmd|'/c calc'!A0", "+1", "-1", "@x", "'=x", "'t Hooft", "''", 'a,b;"c"', "Ö\\n;x", "דוד"]


@pytest.fixture
def app(rooms) -> Application:
    return Application(data_plane(rooms), control_plane(rooms))


async def speaking(hold: Any, app: Application, number: int = 0) -> tuple[Any, Client]:
    holder = await hold(number)
    return holder, Client(app, (await holder.client()).token)


async def handovers(rooms: Any, holder: Any) -> list[dict[str, Any]]:
    head = await rooms.reading.integrated(holder.id)
    found = [one async for one in rooms.reading.entries(holder.id, 0, head.size)]
    bodies = [json.loads(one.opened.body) for one in found]
    return [one for one in bodies if one["kind"] == "handed-over"]


async def exported(client: Client, form: str, **more: Any) -> bytes:
    reply = await client("POST", "/api/v1/exports", {"format": form, **more})
    assert reply.status == 200, reply.raw
    return reply.raw


def alike(raw: bytes) -> list[dict[str, Any]]:
    rows = [json.loads(one) for one in raw.splitlines()]
    return sorted(({k: v for k, v in one.items() if k != "person"} for one in rows), key=lambda one: one["external_id"])


async def furnished(client: Client) -> None:
    mark = os.urandom(4).hex()
    for number, text in enumerate(NASTY):
        await client.person(
            {"family_name": text, "given_name": "Zoé", "title": "Mme", "company": text, "phone": "+33123456789",
             "email": f"p{number}.{mark}@alpages.example", "external_id": f"{mark}-{number:02}", "language": "fr-FR",
             "postal_address": {"street": text, "postal_code": "01000", "country": "FR"}},
            "employee", "partner",
        )  # fmt: skip


@pytest.mark.parametrize("form", ["csv", "xlsx", "ndjson"])
async def test_what_is_exported_comes_in_elsewhere_exactly_as_it_was(rooms, hold, app, form):
    _, client = await speaking(hold, app)
    await furnished(client)
    raw = await exported(client, form)
    other, there = await speaking(hold, app, 1)
    job = (await there("POST", "/api/v1/imports", raw=raw)).body
    assert job["unmapped"] == ["person"]
    await there("PUT", f"/api/v1/imports/{job['id']}/mapping", {"mapping": job["proposal"]})
    await there("POST", f"/api/v1/imports/{job['id']}/run")
    for _ in range(5):
        await rooms.exchanging.working.due(other.id)
    done = (await there("GET", f"/api/v1/imports/{job['id']}")).body
    assert (done["state"], done["created"], done["rejected"]) == ("done", len(NASTY), 0)
    assert alike(await exported(there, "ndjson")) == alike(await exported(client, "ndjson"))


async def test_no_cell_is_a_formula(hold, app):
    _, client = await speaking(hold, app)
    await furnished(client)
    rows = list(csv.reader(io.StringIO((await exported(client, "csv")).decode(), newline="")))
    assert len(rows) == len(NASTY) + 1
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]


async def test_every_export_leaves_its_handover_with_the_digest_of_what_left(rooms, hold, app):
    holder, client = await speaking(hold, app)
    await furnished(client)
    raw = await exported(client, "vcard", recipient="Mailhouse SAS")
    [record] = await handovers(rooms, holder)
    assert record["digest"] == hashlib.sha256(raw).hexdigest()
    said = record["details"]
    assert (said["persons"], said["form"], said["recipient"], said["complete"]) == (10, "vcard", "Mailhouse SAS", True)
    assert "email" in said["categories"]
    assert "alpages" not in json.dumps(record)
    assert raw.count(b"BEGIN:VCARD\r\n") == 10
    [listed] = await rooms.exchanging.handovers.listed(holder.id)
    assert (listed.digest, listed.recipient, listed.persons) == (record["digest"], "Mailhouse SAS", 10)
    assert await rooms.exchanging.handovers.listed(holder.id, listed.id) == []
    async with rooms.data.transaction(holder.id) as tx:
        [row] = await tx.fetch("SELECT * FROM bailee.handover WHERE controller_id = $1", holder.id)
    assert b"Mailhouse" not in b"".join(one for one in row if isinstance(one, bytes)), "to whom is sealed"


async def test_a_set_of_persons_and_nobody_of_anothers(rooms, hold, app, profile):
    _, client = await speaking(hold, app)
    mine, _ = await client.person(profile)
    await client.person({"language": "fr"})
    _, there = await speaking(hold, app, 1)
    theirs, _ = await there.person({"language": "en"})
    found = [json.loads(one) for one in (await exported(client, "ndjson", persons=[mine, theirs])).splitlines()]
    assert [one["person"] for one in found] == [mine]


async def test_a_broken_download_is_recorded_with_what_had_left(rooms, hold, app):
    from bailee.processing.accounts.exporting import Wanted
    from bailee.processing.accounts.import_jobs import Mandate
    from bailee.vocabulary.purposes import Purpose

    holder, client = await speaking(hold, app)
    await furnished(client)
    caller = await holder.caller(client)
    mandate = Mandate(caller.actor, Purpose.account_management, caller.expires_at)
    pieces = rooms.exchanging.exporting.stream(holder.id, mandate, Wanted("csv"))
    await anext(pieces)
    await pieces.aclose()
    [record] = await handovers(rooms, holder)
    assert (record["details"]["complete"], record["details"]["persons"]) == (False, 10)


async def test_erased_and_restricted_people_are_in_no_export(hold, app, profile):
    _, client = await speaking(hold, app)
    erased, _ = await client.person(profile)
    restricted, _ = await client.person({"language": "fr"})
    await asyncio.gather(
        client("DELETE", f"/api/v1/persons/{erased}"),
        client("PATCH", f"/api/v1/persons/{restricted}", {"restricted": True}),
    )
    assert await exported(client, "ndjson") == b""


async def test_a_purpose_that_does_not_cover_exports_is_refused_before_anything_leaves(hold, app, profile):
    holder, client = await speaking(hold, app)
    await client.person(profile)
    other = Client(app, (await holder.client("contract-administration")).token)
    reply = await other("POST", "/api/v1/exports", {"format": "csv"})
    assert reply.status == 403
    assert (await other("POST", "/api/v1/exports", {"format": "csv", "recipient": "a@b.fr"})).status == 400


def test_a_vcard_is_folded_escaped_and_never_broken_by_a_value():
    row = {"person": "x", "family_name": "A;B,C\\D\r\nEND:VCARD", "given_name": "é" * 100, "group": ["user"]}
    text = vcard(row)
    assert all(len(one.encode()) <= 75 for one in text.split("\r\n"))
    whole = text.replace("\r\n ", "")
    assert whole.count("\r\nEND:VCARD\r\n") == 1
    assert r"N:A\;B\,C\\D\nEND:VCARD;" in whole
    assert folded("x" * 80) == "x" * 75 + "\r\n " + "x" * 5 + "\r\n"


def test_a_cell_of_every_heading():
    assert cells({"person": "p", "phone": "+33", "group": ["user", "partner"]})[1] == ""
    assert "'+33" in cells({"person": "p", "phone": "+33"})

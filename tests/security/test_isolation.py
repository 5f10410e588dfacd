"""No controller reads, counts, guesses or tells apart what belongs to another."""

from uuid import uuid4

import asyncpg
import pytest

PATHS = [
    ("GET", "/api/v1/persons/{p}", None),
    ("PATCH", "/api/v1/persons/{p}", {"groups": ["partner"]}),
    ("DELETE", "/api/v1/persons/{p}", None),
    ("GET", "/api/v1/persons/{p}/erasure", None),
    ("POST", "/api/v1/persons/{p}/profile", {"data": {"language": "fr"}}),
    ("GET", "/api/v1/persons/{p}/profile/{r}", None),
    ("PUT", "/api/v1/persons/{p}/profile/{r}", {"language": "fr"}),
    ("PATCH", "/api/v1/persons/{p}/profile/{r}", {"language": "fr"}),
    ("DELETE", "/api/v1/persons/{p}/profile/{r}", None),
]


@pytest.mark.parametrize(("method", "path", "body"), PATHS)
async def test_a_foreign_id_answers_byte_for_byte_like_one_that_never_was(hold, profile, method, path, body):
    mine, theirs = await hold(0), await hold(1)
    person, record = await (await theirs.client()).person(profile)
    client = await mine.client()
    foreign = await client(method, path.format(p=person, r=record), body)
    unknown = await client(method, path.format(p=uuid4(), r=uuid4()), body)
    assert foreign.status == unknown.status == 404
    assert foreign.raw == unknown.raw
    assert foreign.headers == unknown.headers
    still = await (await theirs.client())("GET", f"/api/v1/persons/{person}/profile/{record}")
    assert still.body["data"] == profile


async def test_an_erased_id_and_a_wrong_type_answer_like_one_that_never_was(hold, profile):
    client = await (await hold()).client()
    person, record = await client.person(profile)
    wrong = await client("GET", f"/api/v1/persons/{person}/nonsense/{record}")
    await client("DELETE", f"/api/v1/persons/{person}")
    erased = await client("GET", f"/api/v1/persons/{person}/profile/{record}")
    unknown = await client("GET", f"/api/v1/persons/{uuid4()}/profile/{uuid4()}")
    malformed = await client("GET", "/api/v1/persons/not-an-id/profile/nor-this")
    assert wrong.raw == erased.raw == unknown.raw == malformed.raw


async def test_searches_lists_and_batches_never_show_another_controllers_people(hold, profile):
    mine, theirs = await hold(0), await hold(1)
    person, record = await (await theirs.client()).person(profile)
    client = await mine.client()
    search = {"type": "profile", "field": "email", "value": profile["email"]}
    assert (await client("POST", "/api/v1/search", search)).body["records"] == []
    assert (await client("GET", "/api/v1/persons")).body["persons"] == []
    assert (await client("GET", f"/api/v1/persons/{person}/records")).body["records"] == []
    batch = {"read": [{"person": person, "type": "profile", "record": record}]}
    assert (await client("POST", "/api/v1/batch", batch)).body["records"] == []


async def test_every_bad_credential_answers_alike(hold, rooms):
    from datetime import timedelta

    holder = await hold()
    good = await holder.client()
    revoked = await holder.client()
    await rooms.credentials.revoke(holder.id, revoked.credential, by="tests")
    expired = await holder.client(expires=timedelta(seconds=-1))
    wrong_secret = good.token[:-6] + "AAAAAA"
    answers = []
    for token in (revoked.token, expired.token, wrong_secret, "bailee_" + "A" * 86, "nonsense", "", "bailee_é"):
        good.token = token
        answers.append(await good("GET", "/api/v1/persons"))
    assert {answer.status for answer in answers} == {401}
    assert len({answer.raw for answer in answers}) == 1


@pytest.mark.parametrize(
    "table",
    ["person", "record", "blind_index", "credential", "document", "ledger_batch", "gate", "standing", "contract_end"],
)
async def test_the_application_role_sees_nothing_outside_the_context_it_entered(hold, profile, rooms, premises, table):
    mine, theirs = await hold(0), await hold(1)
    await (await theirs.client()).person(profile)
    connection = await asyncpg.connect(premises.addresses().data)
    try:
        assert await connection.fetchval(f"SELECT count(*) FROM bailee.{table}") == 0
        async with connection.transaction():
            await connection.fetchval("SELECT bailee.enter($1)", mine.id)
            foreign = await connection.fetchval(
                f"SELECT count(*) FROM bailee.{table} WHERE controller_id = $1", theirs.id
            )
            assert foreign == 0
        assert await connection.fetchval(f"SELECT count(*) FROM bailee.{table}") == 0
    finally:
        await connection.close()


async def test_the_application_role_can_neither_change_nor_remove_an_entry(hold, premises):
    mine = await hold()
    connection = await asyncpg.connect(premises.addresses().data)
    try:
        for statement in (
            "UPDATE bailee.ledger_batch SET commitments = '' WHERE controller_id = $1",
            "DELETE FROM bailee.ledger_batch WHERE controller_id = $1",
            "UPDATE bailee.ledger_head SET size = 0 WHERE controller_id = $1",
            "DELETE FROM bailee.ledger_tile WHERE controller_id = $1",
        ):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(statement, mine.id)
    finally:
        await connection.close()


async def test_the_sequencer_sees_no_body(hold, premises):
    await hold()
    connection = await asyncpg.connect(premises.addresses().sequencer)
    try:
        for statement in (
            "SELECT body FROM bailee.ledger_batch",
            "SELECT * FROM bailee.record",
            "SELECT * FROM bailee.person",
        ):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.fetch(statement)
    finally:
        await connection.close()


async def test_a_ciphertext_put_in_anothers_place_does_not_open_and_an_entry_says_so(hold, profile, rooms):
    holder = await hold()
    client = await holder.client()
    one, first = await client.person(profile)
    other, second = await client.person({"language": "fr"})
    async with rooms.data.transaction(holder.id) as tx:
        sealed = await tx.fetchval(
            "SELECT sealed FROM bailee.record WHERE controller_id = $1 AND record_id = $2", holder.id, second
        )
        await tx.execute(
            "UPDATE bailee.record SET sealed = $3 WHERE controller_id = $1 AND record_id = $2", holder.id, first, sealed
        )
    reply = await client("GET", f"/api/v1/persons/{one}/profile/{first}")
    assert (reply.status, reply.body["type"].rsplit("/", 1)[1]) == (500, "altered")
    assert b"fr" not in reply.raw
    await rooms.reading.integrated(holder.id)
    bodies = [e.opened.body async for e in rooms.reading.entries(holder.id, 0, 100)]
    assert any(b'"reason":"altered"' in body for body in bodies)
    assert (await client("GET", f"/api/v1/persons/{other}/profile/{second}")).status == 200

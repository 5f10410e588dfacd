"""A date of birth only proves majority: refused unless instructed, answered, and let go (clause data.majority)."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec

from bailee.contract.documents import InstructionText, SignedDocument, content_of
from bailee.contract.signing import Signatory, sign

BORN = "1971-03-29"


async def instruct(holder) -> None:
    """The controller's signed instruction that covers dates of birth."""
    at = datetime.now(UTC) - timedelta(seconds=30)
    text = {
        "format": "bailee.dev/instruction/v1", "id": "majority", "purposes": ["account-management"],
        "operations": ["store", "modify", "consult"], "categories": ["birth-date"], "groups": ["user"],
        "actors": ["controller_system"], "in_force_from": at.isoformat(), "reason": "sales of wine",
    }  # fmt: skip
    content = content_of(msgspec.convert(text, InstructionText))
    role = next(one.role for one in holder.agreement.signatories if one.party == "controller")
    document = SignedDocument(kind="instruction", content=content, signatures=())
    who = Signatory(party="controller", role=role, name="For it")
    await holder.rooms.filing.file(holder.id, sign(document, who, holder.company.signing, at), by="tests")


async def taken_in(client, profile) -> str:
    made = await client(
        "POST", "/api/v1/persons", {"groups": ["user"], "records": [{"type": "profile", "data": profile}]}
    )
    assert made.status == 201, made.raw
    return made.body["person"]


async def test_it_is_off_until_an_instruction_covers_dates_of_birth(hold, rooms, profile):
    holder = await hold()
    client = await holder.client()
    person = await taken_in(client, profile)
    asked = {"date_of_birth": BORN, "country": "FR"}
    refused = await client("POST", f"/api/v1/persons/{person}/majority", asked)
    assert refused.status == 403
    assert BORN.encode() not in refused.raw
    await instruct(holder)
    done = await client("POST", f"/api/v1/persons/{person}/majority", asked)
    assert done.status == 200, done.raw
    assert done.body["adult"] is True
    assert done.body["age"] == 18


async def test_only_the_answer_is_kept_and_the_newest_one(hold, rooms, profile):
    holder = await hold()
    await instruct(holder)
    client = await holder.client()
    person = await taken_in(client, profile)
    today = rooms.clock.now().date()
    child = today.replace(year=today.year - 17, day=1).isoformat()
    for born, adult in ((child, False), (BORN, True)):
        done = await client("POST", f"/api/v1/persons/{person}/majority", {"date_of_birth": born, "country": "FR"})
        assert done.status == 200, done.raw
        assert done.body["adult"] is adult
    kept = await client("GET", f"/api/v1/persons/{person}/majority")
    assert [one["data"] for one in kept.body["records"]] == [
        {"adult": True, "checked_on": today.isoformat(), "country": "FR", "age": 18}
    ]
    said = b"".join([told.opened.body async for told in rooms.reading.about(holder.id, UUID(person))])
    assert BORN.encode() not in said + kept.raw
    assert child.encode() not in said + kept.raw


async def test_what_is_not_a_date_or_a_country_is_said_without_the_date(hold, profile):
    holder = await hold()
    await instruct(holder)
    client = await holder.client()
    person = await taken_in(client, profile)
    for born, country, code in (
        ("yesterday", "FR", "not-a-date"), ("2999-01-01", "FR", "in-the-future"), ("1771-01-01", "FR", "too-old"),
        (BORN, "ZZ", "unknown-country"),
    ):  # fmt: skip
        wrong = await client("POST", f"/api/v1/persons/{person}/majority", {"date_of_birth": born, "country": country})
        assert wrong.status == 422, wrong.raw
        assert wrong.body["type"].endswith(f"majority/{code}")
        assert born.encode() not in wrong.raw

"""What is held about a person, why, and until when: the drawing that staff and the person see."""

import re
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from tests.household import ADMIN, Household
from tests.integration.test_of_age import BORN, instruct

from bailee.infra.web.words import day

UNTOLD = "1 other kind is held that your role and the agreement do not let you see"


@pytest.fixture
def clock(settings):
    """The file of the simulated clock, put back afterwards."""
    file = Path(settings.clock.removeprefix("file:"))
    before = file.read_text()
    yield file
    file.write_text(before)


async def seen(browser, path: str) -> str:
    """A page as it is read: without its markup."""
    page = await browser.get(path)
    assert page.status == 200, page.raw
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.raw.decode())).replace(" ,", ",")


async def marked(house, person: UUID, column: str) -> None:
    async with house.rooms.data.transaction(house.id) as tx:
        await tx.execute(
            f"UPDATE bailee.person SET {column} = true WHERE controller_id = $1 AND person_id = $2", house.id, person
        )


async def test_each_kind_is_told_with_its_reason_and_its_end_and_no_value(rooms, hold, profile, clock):
    house = Household(rooms, (holder := await hold()).id, holder)
    person = await house.resident(profile)
    own, staff = await house.signed_in(person), await house.signed_in(await house.staff(ADMIN))
    async with rooms.data.transaction(house.id) as tx:
        sql = "SELECT expires_at FROM bailee.record WHERE controller_id = $1 AND person_id = $2 AND type = 'activity'"
        end = await tx.fetchval(sql, house.id, person)
    for page in (await seen(staff, f"/people/{person}/held"), await seen(own, "/me/held")):
        assert "Profile until the contract ends" in page
        assert f"Sign-ins until {day('en', end)}" in page
        assert "Managing accounts Giving access, What the organisation does itself, What persons do with" in page
        assert "Security Monitoring" in page
        assert "destroyed within 30 days after it ends" in page
        assert profile["email"] not in page
        assert "a hold stands" not in page
        assert "restricted: it is kept" not in page
    for mark, words in (("held", "a hold stands: nothing of it goes"), ("restricted", "restricted: it is kept")):
        await marked(house, person, mark)
        assert words in await seen(staff, f"/people/{person}/held")
    clock.write_text((end - timedelta(minutes=2)).isoformat())
    own = await house.signed_in(person)
    assert "Sign-ins × 2 until" in await seen(own, "/me/held"), "the day before: with the sign-in of that day"
    clock.write_text((end + timedelta(minutes=2)).isoformat())
    staff = await house.signed_in(await house.staff(ADMIN))
    assert "Sign-ins until" in await seen(staff, f"/people/{person}/held"), "on the day one of the two is over"


async def test_what_nothing_in_force_covers_is_marked_and_what_a_person_may_not_see_is_counted(rooms, hold, profile):
    house = Household(rooms, (holder := await hold()).id, holder)
    person = await house.resident(profile)
    await instruct(holder)
    asked = {"date_of_birth": BORN, "country": "FR"}
    done = await (await holder.client())("POST", f"/api/v1/persons/{person}/majority", asked)
    assert done.status == 200, done.raw
    staff = await house.signed_in(await house.staff(ADMIN))
    page = await seen(staff, f"/people/{person}/held")
    assert "Of age or not until the contract ends Managing accounts majority" in page
    assert UNTOLD not in page
    own = await seen(await house.signed_in(person), "/me/held")
    assert "Of age or not" not in own
    assert UNTOLD in own
    async with rooms.data.transaction(house.id) as tx:
        await tx.execute(
            "INSERT INTO bailee.policy_class (controller_id, class_id, digest, type, purposes, recipients, source)"
            " VALUES ($1, 999, '\\x00', 'majority', '{prospecting}', '{}', 'controller')", house.id,
        )  # fmt: skip
        await tx.execute(
            "UPDATE bailee.record SET class_id = 999 WHERE controller_id = $1 AND type = 'majority'", house.id
        )
    rooms.archive.forget(house.id)
    page = await seen(staff, f"/people/{person}/held")
    assert "no instruction in force says what for" in page
    assert "1 other purpose is named with them, and nothing in force pursues it." in page


async def test_who_is_unknown_or_not_held_has_no_such_page(rooms, hold):
    house = Household(rooms, (holder := await hold()).id, holder)
    staff = await house.signed_in(await house.staff(ADMIN))
    assert (await staff.get(f"/people/{UUID(int=1)}/held")).status == 404
    ours = Household(rooms, rooms.platform)
    assert (await (await ours.signed_in(await ours.staff("processor-administrator"))).get("/me/held")).status == 303
    made = await (await holder.client())("POST", "/api/v1/persons", {"groups": ["user"], "records": []})
    assert made.status == 201, made.raw
    assert "Nothing is held" in await seen(staff, f"/people/{made.body['person']}/held")

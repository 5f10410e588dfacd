"""Accounts on a real server: every step of their life, who is left in charge, links, closing, and what erasing takes."""

import asyncio
import contextlib
import json
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from tests.browsing import PASSWORD, Browser
from tests.household import ADMIN, OPERATOR, TABLES, VIEWER, Household

from bailee.gate.people import People
from bailee.infra.tokens import Token, parse
from bailee.processing.accounts import roles
from bailee.processing.accounts.accounts import CLOSES_AFTER, HasAccount, LastAdministrator, NoAccount
from bailee.processing.accounts.admitting import LinkSpent
from bailee.processing.accounts.lifecycle import NEXT, NotFromHere, State, Step, following
from bailee.processing.accounts.means import AddressTaken
from bailee.processing.accounts.reviewing import Decision
from bailee.vocabulary.ids import new_id

WAY = {  # the steps that lead to a state from the invitation
    State.invited: (),
    State.active: (Step.accept,),
    State.suspended: (Step.suspend,),
    State.closing: (Step.accept, Step.ask_closing),
}


@pytest.fixture
async def house(hold, rooms):
    holder = await hold()
    return Household(rooms, holder.id, holder)


@pytest.fixture
def clock(settings):
    """The file of the simulated clock, put back afterwards."""
    file = Path(settings.clock.removeprefix("file:"))
    yield file
    file.write_text("+0s")


@pytest.mark.parametrize("state", State)
async def test_every_step_goes_from_the_states_that_allow_it_and_from_no_other(house, state):
    for step in Step:
        link = await house.invited(VIEWER)
        for one in WAY[state]:
            await house.wings.accounts.step(house.id, link.person, one, by="tests")
        before = await house.wings.accounts.find(house.id, link.person)
        assert before.state is state
        if (state, step) in NEXT:
            assert await house.wings.accounts.step(house.id, link.person, step, by="tests") is following(state, step)
        else:
            with pytest.raises(NotFromHere):
                await house.wings.accounts.step(house.id, link.person, step, by="tests")
            assert await house.wings.accounts.find(house.id, link.person) == before, "a refused step changes nothing"


async def test_who_may_sign_in_follows_from_where_the_account_stands(house):
    address = f"ada.{house.id.hex}@alpages.example"
    person = await house.staff(address=address, password=PASSWORD)
    accounts = house.wings.accounts

    async def comes_in() -> bool:
        return (await house.by_password(address)).status == 303

    assert await comes_in()
    browser = await house.signed_in(person)
    await accounts.step(house.id, person, Step.suspend, by="tests")
    assert not await comes_in()
    assert (await browser.get("/me")).headers["location"] == "/sign-in"
    await accounts.step(house.id, person, Step.resume, by="tests")
    assert await comes_in()
    assert (await browser.get("/me")).headers["location"] == "/sign-in", "a session that was ended stays ended"
    await accounts.step(house.id, person, Step.ask_closing, by="tests")
    assert not await comes_in()
    with pytest.raises(NotFromHere):
        await accounts.step(house.id, person, Step.keep, by=str(person))
    await accounts.step(house.id, person, Step.keep, by="tests")
    own = await house.signed_in(person)
    await accounts.step(house.id, person, Step.ask_closing, by=str(person))
    assert await comes_in(), "who asked for the closing may think better"
    assert (await own.get("/me/close")).status == 200
    assert (await own.post("/me/close", keep="yes")).status == 303
    assert (await accounts.find(house.id, person)).state is State.active


async def test_an_account_is_opened_once_and_only_for_the_living_of_this_controller(house, hold, profile, rooms):
    client = await house.holder.client()
    person = UUID((await client.person(profile))[0])
    accounts = house.wings.accounts
    await accounts.invite(house.id, person, profile["email"], [], by="tests")
    with pytest.raises(HasAccount):
        await accounts.invite(house.id, person, "other@alpages.example", [], by="tests")
    other = UUID(
        (await client.person(profile | {"email": f"b.{profile['email']}", "user_name": "b", "external_id": "b"}))[0]
    )
    with pytest.raises(AddressTaken):
        await accounts.invite(house.id, other, profile["email"].upper(), [], by="tests")
    assert await accounts.find(house.id, other) is None, "a refused invitation leaves no account"
    with pytest.raises(NoAccount):
        await accounts.invite(house.id, new_id(), "c@alpages.example", [], by="tests")
    foreign = await hold(1)
    with pytest.raises(NoAccount):
        await accounts.invite(foreign.id, person, "d@alpages.example", [], by="tests")
    for step in Step:
        with pytest.raises(NoAccount):
            await accounts.step(foreign.id, person, step, by="tests")
    with pytest.raises(roles.UnknownRole):
        await accounts.invite(house.id, other, "e@alpages.example", ["emperor"], by="tests")
    assert await accounts.find(house.id, other) is None


def moves(house: Household, person: UUID) -> dict[str, object]:
    accounts = house.wings.accounts
    return {
        "suspend": accounts.step(house.id, person, Step.suspend, by="tests"),
        "close": accounts.step(house.id, person, Step.ask_closing, by="tests"),
        "strip": accounts.give(house.id, person, [VIEWER], side="controller", by="tests"),
        "review": house.wings.access.reviewing.decide(
            house.id, person, Decision.remove, (), side="controller", by="tests"
        ),
    }


@pytest.mark.parametrize(
    ("first", "second"),
    [("suspend", "suspend"), ("strip", "strip"), ("review", "close"), ("suspend", "strip"), ("close", "close")],
)
async def test_of_two_who_put_each_other_out_at_once_one_stays(house, first, second):
    for _ in range(3):
        pair = [await house.staff(ADMIN), await house.staff(ADMIN)]
        chosen = []
        for person, name in zip(pair, (first, second), strict=True):
            for known, move in moves(house, person).items():
                chosen.append(move) if known == name else move.close()
        done = await asyncio.gather(*chosen, return_exceptions=True)
        assert sorted(isinstance(one, LastAdministrator) for one in done) == [False, True], done
        left = [
            one for one in await house.wings.accounts.with_roles(house.id) if ADMIN in one.roles and one.may_sign_in
        ]
        assert len(left) == 1
        await alone_again(house)


async def alone_again(house: Household) -> None:
    """Have the rows themselves forget their roles: there is no other way to be without an administrator."""
    async with house.rooms.data.transaction(house.id) as tx:
        await tx.execute("UPDATE bailee.account SET roles = '{}' WHERE controller_id = $1", house.id)


async def test_every_way_of_losing_the_last_administrator_is_refused(house):
    await house.alone()
    alone = await house.staff(ADMIN)
    await house.invited(ADMIN)  # one who has not come in yet lets nobody in
    resting = await house.staff(ADMIN)
    await house.wings.accounts.step(house.id, resting, Step.suspend, by="tests")
    for move in moves(house, alone).values():
        with pytest.raises(LastAdministrator):
            await move
    account = await house.wings.accounts.find(house.id, alone)
    assert (account.state, account.roles, account.reviewed_at) == (State.active, (ADMIN,), None)
    browser = await house.signed_in(alone)
    assert (await browser.post("/me/close")).status == 409
    assert (await browser.post(f"/people/{alone}/erase", word=str(alone)[-6:])).status == 409
    await house.wings.accounts.step(house.id, resting, Step.resume, by="tests")
    for move in moves(house, alone).values():
        await move if move.__name__ == "give" else move.close()


async def test_of_two_who_erase_each_other_at_once_one_stays(house, profile, monkeypatch):
    await house.alone()
    other = profile | {"email": f"b.{profile['email']}", "user_name": "b2", "external_id": "b2"}
    pair = [await house.resident(profile, ADMIN), await house.resident(other, ADMIN)]
    browsers = [await house.signed_in(one) for one in pair]
    both, erase = asyncio.Barrier(2), People.erase

    async def together(self: People, *given: object) -> object:
        with contextlib.suppress(TimeoutError, asyncio.BrokenBarrierError):
            async with asyncio.timeout(0.5):
                await both.wait()
        return await erase(self, *given)

    monkeypatch.setattr(People, "erase", together)
    done = await asyncio.gather(
        browsers[0].post(f"/people/{pair[1]}/erase", word=str(pair[1])[-6:]),
        browsers[1].post(f"/people/{pair[0]}/erase", word=str(pair[0])[-6:]),
    )
    left = [one for one in await house.wings.accounts.with_roles(house.id) if ADMIN in one.roles]
    assert len(left) == 1, [one.status for one in done]


async def test_an_administrator_whose_erasing_is_refused_is_one_still(house, profile):
    await house.alone()
    boss, other = await house.staff(ADMIN), await house.resident(profile, ADMIN)
    async with house.rooms.data.transaction(house.id) as tx:
        await tx.execute(
            "UPDATE bailee.person SET held = true WHERE controller_id = $1 AND person_id = $2", house.id, other
        )
    browser = await house.signed_in(boss)
    assert (await browser.post(f"/people/{other}/erase", word=str(other)[-6:])).status == 409
    assert (await house.wings.accounts.find(house.id, other)).roles == (ADMIN,)


async def test_nobody_gives_more_than_they_have_by_any_page(house):
    accounts = house.wings.accounts
    await house.staff(ADMIN)
    await accounts.make_role(
        house.id, "registrar",
        ["accounts:account:read", "accounts:account:invite", "accounts:role:assign", "accounts:role:make",
         "accounts:account:suspend", "accounts:account:close", "accounts:review:decide", "people:person:list",
         "people:profile:read", "duties:obligation:read"],
        by="tests",
    )  # fmt: skip
    giver, plain, boss = await house.staff("registrar"), await house.staff(), await house.staff(ADMIN)
    browser = await house.signed_in(giver)
    assert (await browser.post(f"/people/{plain}/account/roles", ("roles", VIEWER))).status == 303
    for role in (ADMIN, "controller-dpo", OPERATOR):
        both = (("roles", VIEWER), ("roles", role))
        assert (await browser.post(f"/people/{plain}/account/roles", *both)).status == 403, role
    assert (await browser.post(f"/people/{giver}/account/roles", ("roles", ADMIN))).status == 403, "nor to oneself"
    for end, fields in (
        ("step", {"step": "suspend"}), ("step", {"step": "ask-closing"}), ("link", {}), ("factors", {}), ("roles", {}),
    ):  # fmt: skip
        assert (await browser.post(f"/people/{boss}/account/{end}", **fields)).status == 403, end
    assert (await browser.post("/access/review", person=str(boss), decision="remove")).status == 403
    wide = await browser.post("/access/roles/new", ("permissions", "people:person:erase"), name="eraser")
    assert wide.status == 403
    for name in ("platform:controller:open", "platform:key:turn", "no:such:thing"):
        assert (await browser.post("/access/roles/new", ("permissions", name), name="more")).status == 403
    assert set(await accounts.made_roles(house.id)) == {"registrar"}
    for role in ("processor-administrator", "support", "auditor"):
        with pytest.raises(roles.UnknownRole):
            await accounts.give(house.id, plain, [role], side="controller", by="tests")
    assert (await accounts.find(house.id, plain)).roles == (VIEWER,)


async def test_a_role_that_is_widened_by_its_holder_is_still_bounded_by_what_they_have(house):
    """Changing a role changes what everyone who has it may do: also the one who changes it."""
    await house.staff(ADMIN)
    await house.wings.accounts.make_role(house.id, "maker", ["accounts:role:make"], by="tests")
    maker = await house.staff("maker")
    browser = await house.signed_in(maker)
    wide = (("permissions", "accounts:role:make"), ("permissions", "people:person:erase"))
    assert (await browser.post("/access/roles/new", *wide, name="maker")).status == 403
    assert (await house.wings.accounts.made_roles(house.id))["maker"] == {"accounts:role:make"}


async def test_a_role_of_others_is_not_narrowed_by_who_has_less(house):
    """A role that holds more than its changer has cannot be taken down to what they have: that is authority over others."""
    await house.staff(ADMIN)
    accounts = house.wings.accounts
    await accounts.make_role(house.id, "maker", ["accounts:role:make"], by="tests")
    await accounts.make_role(house.id, "strong", ["people:person:erase", "people:person:list"], by="tests")
    browser = await house.signed_in(await house.staff("maker"))
    answer = await browser.post("/access/roles/new", ("permissions", "accounts:role:make"), name="strong")
    assert answer.status == 403
    assert (await accounts.made_roles(house.id))["strong"] == {"people:person:erase", "people:person:list"}


async def test_a_review_keeps_or_takes_and_is_never_of_oneself(house):
    boss, reviewed = await house.staff(ADMIN), await house.staff(OPERATOR)
    browser = await house.signed_in(boss)
    assert (await browser.post("/access/review", person=str(reviewed), decision="keep")).status == 303
    kept = await house.wings.accounts.find(house.id, reviewed)
    assert kept.roles == (OPERATOR,)
    assert kept.reviewed_at is not None
    assert (await browser.post("/access/review", person=str(boss), decision="keep")).status == 403
    assert (await browser.post("/access/review", person=str(reviewed), decision="perhaps")).status == 422
    assert (await browser.post("/access/review", person=str(new_id()), decision="remove")).status == 404
    theirs = await house.signed_in(reviewed)
    assert (await theirs.get("/people")).status == 200
    assert (await browser.post("/access/review", person=str(reviewed), decision="remove")).status == 303
    assert (await theirs.get("/people")).status == 403, "what was taken is gone in the open session too"


async def test_a_link_is_single_in_a_race_ends_in_time_and_is_nobody_elses(house, hold, rooms):
    link = await house.invited()
    admitting = house.wings.admitting
    token, _, account, _ = await admitting.of_link(link.text)
    used = await asyncio.gather(*[admitting.use_link(token, account) for _ in range(5)], return_exceptions=True)
    assert sum(isinstance(one, LinkSpent) for one in used) == 4, used

    other = await hold(1)
    fresh = parse((await house.invited()).text)
    for forged in (
        Token(other.id, fresh.id, fresh.secret),
        Token(house.id, new_id(), fresh.secret),
        Token(house.id, fresh.id, bytes(32)),
    ):
        with pytest.raises(LinkSpent):
            await admitting.of_link(forged.text)
    assert (await admitting.of_link(fresh.text))[2].state is State.invited
    for text in ("", "x", "A" * 86, "é" * 40, "A" * 100_000):
        with pytest.raises(LinkSpent):
            await admitting.of_link(text)


async def test_a_link_passes_with_its_time_and_a_reset_leaves_no_older_one(house, clock):
    link = await house.invited()
    person = await house.staff(password=PASSWORD)
    resets = [
        await house.wings.accounts.link(house.id, person, "reset", by="tests", lasts=timedelta(hours=2))
        for _ in range(2)
    ]
    browser = Browser(house.app)
    assert [(await browser.get(f"/link/{one.text}")).status for one in resets] == [410, 200]
    clock.write_text("+3h")
    assert (await browser.get(f"/link/{resets[1].text}")).status == 410
    assert (await browser.post(f"/link/{resets[1].text}", password=PASSWORD)).status == 410
    assert (await browser.get(f"/link/{link.text}")).status == 200
    clock.write_text("+8d")
    assert (await browser.post(f"/link/{link.text}", password=PASSWORD)).status == 410
    assert (await house.wings.accounts.find(house.id, link.person)).state is State.invited


async def test_a_closing_erases_the_person_when_its_day_has_come_and_not_before(house, profile, clock):
    await house.staff(ADMIN)
    person = await house.resident(profile, password=PASSWORD)
    await house.signed_in(person)
    await house.wings.accounts.link(house.id, person, "reset", by="tests", lasts=timedelta(days=30))
    await house.wings.accounts.step(house.id, person, Step.ask_closing, by=str(person))
    assert await house.wings.closing.due(house.id) == 0
    clock.write_text(f"+{CLOSES_AFTER.days - 1}d")
    assert await house.wings.closing.due(house.id) == 0
    assert all((await house.rows(person)).values())
    clock.write_text(f"+{CLOSES_AFTER.days}d")
    assert await house.wings.closing.due(house.id) == 1
    assert await house.wings.closing.due(house.id) == 0
    assert await house.rows(person) == dict.fromkeys(TABLES, 0)
    assert (await house.by_password(profile["email"])).status == 403


async def test_an_erased_persons_address_signs_in_again_for_somebody_new_and_never_for_them(house, profile, rooms):
    boss = await house.staff(ADMIN)
    person = await house.resident(profile, password=PASSWORD)
    theirs = await house.signed_in(person)
    browser = await house.signed_in(boss)
    assert (await browser.post(f"/people/{person}/erase", word=str(person)[-6:])).status in (200, 201)
    assert await house.rows(person) == dict.fromkeys(TABLES, 0)
    assert (await theirs.get("/me")).headers["location"] == "/sign-in"
    for act in (
        house.wings.accounts.step(house.id, person, Step.resume, by="tests"),
        house.wings.accounts.invite(house.id, person, profile["email"], [], by="tests"),
        house.wings.accounts.link(house.id, person, "reset", by="tests", lasts=timedelta(hours=1)),
    ):
        with pytest.raises(NoAccount):
            await act
    again = await house.resident(profile, password=PASSWORD + " again")
    assert again != person
    assert await house.wings.means.person_of(house.id, profile["email"]) == again
    assert (await house.by_password(profile["email"])).status == 403, "the erased one's password is nobody's"


async def test_every_step_leaves_an_entry_and_no_entry_holds_anything_personal(house, profile):
    boss = await house.staff(ADMIN)
    person = await house.resident(profile, VIEWER, password=PASSWORD)
    accounts, by = house.wings.accounts, str(boss)
    await house.signed_in(person)
    await accounts.give(house.id, person, [OPERATOR], side="controller", by=by)
    await house.wings.access.reviewing.decide(house.id, person, Decision.keep, (), side="controller", by=by)
    for step in (Step.suspend, Step.resume, Step.ask_closing, Step.keep):
        await accounts.step(house.id, person, step, by=by)
    await accounts.link(house.id, person, "reset", by=by, lasts=timedelta(hours=1))
    await accounts.make_role(house.id, "reader", ["people:person:list"], by=by)
    bodies = [json.dumps(one, ensure_ascii=False) for one in await house.entries()]
    whole = "\n".join(bodies)
    for kind in (
        "account-invited", "account-accept", "sign-in-changed", "signed-in", "roles-given", "access-reviewed",
        "account-suspend", "account-resume", "account-ask-closing", "account-keep", "reset-sent", "role-made",
    ):  # fmt: skip
        assert any(f'"{kind}"' in body for body in bodies), kind
    assert str(person) in whole
    for value in (profile["email"], profile["family_name"], profile["given_name"], PASSWORD, "192.0.2.7", "argon2"):
        assert value not in whole, value

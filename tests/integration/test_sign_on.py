"""Single sign-on by a controller's own provider: whom it lets in, and whom not. A real provider, over a real socket."""

import asyncio
from contextlib import asynccontextmanager
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx
import pytest
from tests.browsing import PASSWORD, Browser
from tests.household import Household
from tests.provider import CLIENT, REDIRECT, SECRET, OpenIdProvider

from bailee.processing.accounts import queries
from bailee.processing.accounts.admitting import Denied
from bailee.processing.accounts.lifecycle import Step
from bailee.processing.accounts.sign_on import Agreed
from bailee.processing.accounts.signing_in import limits
from bailee.processing.accounts.signing_in.openid import Begun
from bailee.processing.accounts.signing_in.providers import Reason
from bailee.wings import Wings


@asynccontextmanager
async def provider(rooms):
    """A provider at work on this machine."""
    made = OpenIdProvider("http://127.0.0.1:1", rooms.clock.now)
    server = await asyncio.start_server(made.connected, "127.0.0.1", 0)
    made.issuer = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server:
        yield made


async def back(begun: Begun) -> dict[str, str]:
    """What the browser brings back from the provider."""
    async with httpx.AsyncClient() as browser:
        answer = await browser.get(begun.url, follow_redirects=False)
    return dict(parse_qsl(urlsplit(answer.headers["location"]).query))


@pytest.fixture
def wings(rooms):
    return Wings(rooms)


async def begun(wings, holder, made: OpenIdProvider) -> Begun:
    await wings.sign_on.agree(holder.id, Agreed(made.issuer, CLIENT, SECRET), by="tests")
    found = await wings.sign_on.begin(holder.id, REDIRECT, "")
    assert isinstance(found, Begun), found
    return found


async def test_an_invited_person_comes_in_by_the_verified_address_and_then_by_the_subject(hold, rooms, wings):
    holder = await hold()
    link = await wings.accounts.enrol(holder.id, "ada@example.org", ["viewer"], by="tests")
    async with provider(rooms) as made:
        first = await begun(wings, holder, made)
        found = await wings.sign_on.finish(holder.id, first.token, await back(first))
        assert found.account.person == link.person
        assert found.account.state == "active"
        assert found.methods == ("openid",)
        made.user |= {"email": "countess@example.org"}
        again = await begun(wings, holder, made)
        assert (await wings.sign_on.finish(holder.id, again.token, await back(again))).account.person == link.person


async def test_someone_of_a_directory_comes_in_without_an_invitation(hold, rooms, wings, profile):
    from bailee.processing.accounts.provisioning import Provisioning

    holder = await hold()
    client = await holder.client()
    data = profile | {"email": "ada@example.org"}
    person = (
        await client("POST", "/api/v1/persons", {"groups": ["user"], "records": [{"type": "profile", "data": data}]})
    ).body["person"]
    provisioning = Provisioning(rooms.committing, rooms.clock)
    await provisioned(provisioning, holder.id, person)
    async with provider(rooms) as made:
        first = await begun(wings, holder, made)
        found = await wings.sign_on.finish(holder.id, first.token, await back(first))
    assert str(found.account.person) == person


async def provisioned(provisioning, controller, person: str) -> None:
    """An active account without means, as a directory makes it."""
    from uuid import UUID

    async with provisioning._committing.transaction(controller) as change:
        now = provisioning._clock.now()
        await change.connection.execute(
            "INSERT INTO bailee.account (controller_id, person_id, state, roles, version, created_at, changed_at)"
            " VALUES ($1, $2, 'active', '{}', 1, $3, $3)",
            controller, UUID(person), now,
        )  # fmt: skip


@pytest.mark.parametrize("twist", [{"email_verified": False}, {"email_verified": "true"}, {"email": "eve@example.org"}])
async def test_nobody_comes_in_by_an_address_that_is_not_verified_or_not_known(hold, rooms, wings, twist):
    holder = await hold()
    await wings.accounts.enrol(holder.id, "ada@example.org", [], by="tests")
    async with provider(rooms) as made:
        made.user |= twist
        first = await begun(wings, holder, made)
        with pytest.raises(Denied):
            await wings.sign_on.finish(holder.id, first.token, await back(first))


async def test_a_flow_opens_its_own_controller_alone_and_once(hold, rooms, wings):
    one, other = await hold(0), await hold(1)
    for holder in (one, other):
        await wings.accounts.enrol(holder.id, "ada@example.org", [], by="tests")
    async with provider(rooms) as made:
        await begun(wings, other, made)
        first = await begun(wings, one, made)
        answer = await back(first)
        with pytest.raises(Denied):
            await wings.sign_on.finish(other.id, first.token, answer)
        await wings.sign_on.finish(one.id, first.token, answer)
        with pytest.raises(Denied):
            await wings.sign_on.finish(one.id, first.token, answer)


async def test_a_suspended_person_stays_out_and_without_a_provider_there_is_no_way(hold, rooms, wings):
    holder = await hold()
    assert await wings.sign_on.begin(holder.id, REDIRECT, "") is None
    link = await wings.accounts.enrol(holder.id, "ada@example.org", [], by="tests")
    await wings.accounts.step(holder.id, link.person, Step.suspend, by="tests")
    async with provider(rooms) as made:
        first = await begun(wings, holder, made)
        with pytest.raises(Denied):
            await wings.sign_on.finish(holder.id, first.token, await back(first))


async def test_an_issuer_inside_is_not_asked_outside_the_sandbox(hold, rooms, wings):
    from bailee.infra.outbound import Outbound
    from bailee.processing.accounts.sign_on import SignOn

    holder = await hold()
    strict = SignOn(
        admitting=wings.admitting, accounts=wings.accounts, means=wings.means, equipping=wings.equipping,
        committing=rooms.committing, keys=rooms.keys, clock=rooms.clock, outbound=Outbound(), sandbox=False,
    )  # fmt: skip
    for issuer in ("https://127.0.0.1:8", "https://localhost", "https://[::ffff:10.0.0.1]", "https://169.254.169.254"):
        await strict.agree(holder.id, Agreed(issuer, CLIENT), by="tests")
        assert await strict.begin(holder.id, REDIRECT, "") in (Reason.unreachable, Reason.address_refused)


async def test_who_is_not_let_in_is_written_like_a_wrong_password_with_whose_account_it_is(hold, rooms):
    holder = await hold()
    house = Household(rooms, holder.id, holder)
    link = await house.wings.accounts.enrol(holder.id, "ada@example.org", [], by="tests")
    browser = Browser(house.app)

    async def tried(begun: Begun, **lies: str) -> int:
        browser.cookies["sign-on"] = f"{holder.id}.{begun.token}"
        answer = await browser.get("/sign-in/organisation/back?" + urlencode(await back(begun) | lies))
        await house.wings.promised.refusals.flush()
        return answer.status

    async with provider(rooms) as made:
        assert await tried(await begun(house.wings, holder, made), state="another") == 403
        made.user |= {"email": "eve@example.org"}
        assert await tried(await begun(house.wings, holder, made)) == 403
        made.user |= {"email": "ada@example.org"}
        await house.wings.accounts.step(holder.id, link.person, Step.suspend, by="tests")
        assert await tried(await begun(house.wings, holder, made)) == 403
        await house.wings.accounts.step(holder.id, link.person, Step.resume, by="tests")
        assert await tried(await begun(house.wings, holder, made)) == 303
    browser.cookies["sign-on"] = "made up"
    assert (await browser.get("/sign-in/organisation/back")).status == 403
    written = [one for one in await house.entries() if one["kind"] == "sign-in-refused"]
    assert [(one.get("persons", []), one["details"]) for one in written] == [
        ([], {"method": "openid", "tries": 1}), ([str(link.person)], {"method": "openid", "tries": 1}),
    ]  # fmt: skip
    assert "eve@example.org" not in str(written)


async def test_at_the_door_no_list_of_names_is_gone_through_and_an_id_has_no_name(hold, rooms):
    with_one, without = await hold(0), await hold(1)
    house, here, there = Household(rooms, with_one.id, with_one), str(with_one.id), str(without.id)
    attempts, platform = house.wings.admitting.attempts, rooms.platform

    async def asked(browser: Browser, organisation: str) -> tuple[int, bytes]:
        answer = await browser.post("/sign-in/organisation", organisation=organisation)
        return answer.status, answer.raw.replace(organisation.encode(), b"")

    async def missed(source: str, more: int = 0) -> int:
        """How many misses are counted of a source, after so many more."""
        [budget] = limits.name_budgets(source)
        tag = await attempts._tag(platform, budget.name)
        async with rooms.data.transaction(platform) as tx:
            row = await tx.fetchrow(queries.LOCK_ATTEMPT, platform, tag, rooms.clock.now())
            counted = (row["failures"] if row else 0) + more
            await tx.execute(queries.PUT_ATTEMPT, platform, tag, counted, rooms.clock.now())
        return counted

    async with provider(rooms) as made:
        await begun(house.wings, with_one, made)
        guest, list_reader = Browser(house.app, "198.51.100.71"), Browser(house.app, "203.0.113.91")
        assert (await asked(guest, here))[0] == 200
        assert await missed("198.51.100.71") == 0, "whoever is led out draws on nothing"
        assert (await asked(list_reader, "Nobody Ltd"))[0] == 404
        assert await asked(list_reader, there) == await asked(list_reader, "Nobody Ltd")
        assert await missed("203.0.113.91", more=70) == 73
        assert (await asked(list_reader, "One more Ltd"))[0] == 429
        assert await asked(list_reader, here) == await asked(list_reader, there) == await asked(list_reader, "One")
        assert (await asked(guest, here))[0] == 200, "nobody is held up by somebody elsewhere"
    guest.cookies["organisation"], name = here, await name_of(rooms, with_one.id)
    for path in ("/sign-in", "/sign-in/forgotten", "/sign-in/organisation"):
        assert name.encode() not in (await guest.get(path)).raw, path


async def test_the_organisation_is_remembered_by_the_browser_that_signed_in_there(hold, rooms):
    holder = await hold()
    house, name = Household(rooms, holder.id, holder), await name_of(rooms, holder.id)
    await house.staff(address="ada@example.org", password=PASSWORD)
    browser = Browser(house.app)
    for path in ("/sign-in", "/sign-in/forgotten", "/sign-in/organisation"):
        assert name.encode() not in (await browser.get(path)).raw, path
    await house.by_password("ada@example.org", browser)
    del browser.cookies["session"]
    for path in ("/sign-in", "/sign-in/forgotten", "/sign-in/organisation"):
        assert name.encode() in (await browser.get(path)).raw, path


async def name_of(rooms, controller) -> str:
    return next(one.name for one in await rooms.filing.listed() if one.id == controller)

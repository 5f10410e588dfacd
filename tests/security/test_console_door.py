"""The door of the console, tried by those who should not come in, and by those who may do less than they try."""

import re
import statistics
import time
from datetime import timedelta
from uuid import UUID

import pyotp
import pytest
from tests.browsing import ORIGIN, PASSWORD, Browser, doors

from bailee.processing.accounts.accounts import LastAdministrator
from bailee.processing.accounts.admitting import LinkSpent
from bailee.processing.accounts.lifecycle import NotFromHere, State, Step
from bailee.processing.accounts.sessions import IDLE, LASTS, Device

ADMIN, OPERATOR, VIEWER = "controller-administrator", "operator", "viewer"


class House:
    """A controller, its doors, and people with accounts."""

    def __init__(self, holder, app, wings) -> None:
        self.holder, self.app, self.wings, self.id = holder, app, wings, holder.id

    async def person(self, profile: dict, *roles: str, address: str = "") -> UUID:
        client = await self.holder.client()
        made = await client(
            "POST", "/api/v1/persons", {"groups": ["user"], "records": [{"type": "profile", "data": profile}]}
        )
        assert made.status == 201, made.raw
        person = UUID(made.body["person"])
        link = await self.wings.accounts.invite(self.id, person, address or profile["email"], list(roles), by="tests")
        browser = Browser(self.app)
        done = await browser.post(f"/link/{link.text}", password=PASSWORD)
        assert done.status == 303, done.raw
        return person

    async def signed_in(self, person: UUID, *methods: str) -> Browser:
        browser = Browser(self.app)
        account = await self.wings.accounts.find(self.id, person)
        text = await self.wings.sessions.open(self.id, account, methods or ("passkey",), Device("192.0.2.7", "tests"))
        browser.cookies["session"] = text
        return browser


@pytest.fixture
async def house(hold, rooms):
    app, wings = doors(rooms)
    return House(await hold(), app, wings)


@pytest.fixture
def somebody(profile):
    """Profiles of several people."""
    return lambda n: profile | {
        "email": f"n{n}.{profile['email']}", "user_name": f"n{n}.{profile['user_name']}", "external_id": f"e{n}",
        "given_name": f"N{n}",
    }  # fmt: skip


async def test_known_and_unknown_accounts_are_answered_alike_and_as_slowly(house, somebody):
    await house.person(somebody(1))
    tries = {"known": somebody(1)["email"], "unknown": "nobody@x.example"}
    answers, times = {}, {name: [] for name in tries}
    for turn in range(12):
        for name, address in tries.items():
            browser = Browser(house.app, f"198.51.100.{turn}")
            began = time.perf_counter()
            said = await browser.post("/sign-in", organisation=str(house.id), address=address, password="wrong " * 4)
            times[name].append(time.perf_counter() - began)
            answers[name] = (said.status, said.raw.replace(address.encode(), b""), said.headers.get("set-cookie"))
    assert answers["known"] == answers["unknown"]
    assert answers["known"][0] == 403
    known, unknown = (statistics.median(times[name]) for name in tries)
    assert abs(known - unknown) < 0.5 * max(known, unknown)


async def test_an_unknown_organisation_is_slowed_like_a_known_one(house, somebody):
    await house.person(somebody(1))
    statuses = {}
    for name in (str(house.id), "Nope SARL"):
        browser = Browser(house.app, "203.0.113.9")
        tried = [
            await browser.post("/sign-in", organisation=name, address="x@y.example", password="p" * 14)
            for _ in range(8)
        ]
        statuses[name] = [one.status for one in tried]
    first, second = statuses.values()
    assert first == second
    assert 429 in first


async def equipped(browser: Browser) -> tuple[pyotp.TOTP, list[str]]:
    """An authenticator set up, and the recovery codes."""
    page = await browser.get("/me/sign-in/authenticator")
    secret = page.raw.decode().split('name="secret" value="')[1].split('"')[0]
    totp = pyotp.TOTP(secret)
    kept = await browser.post("/me/sign-in/authenticator", secret=secret, code=totp.now())
    return totp, re.findall(r"<li>([0-9A-Z-]{15,25})</li>", kept.raw.decode())


async def test_a_second_factor_binds_the_password_and_the_link(house, somebody):
    person = await house.person(somebody(1), ADMIN)
    browser = Browser(house.app)
    entered = await browser.post(
        "/sign-in", organisation=str(house.id), address=somebody(1)["email"], password=PASSWORD
    )
    assert entered.headers["location"] == "/me/sign-in"
    for path in ("/", "/people", "/access", "/credentials"):
        assert (await browser.get(path)).headers.get("location") == "/me/sign-in", path
    totp, codes = await equipped(browser)
    assert len(codes) == 10
    assert (await browser.get("/people")).status == 200

    fresh = Browser(house.app)
    half = await fresh.post("/sign-in", organisation=str(house.id), address=somebody(1)["email"], password=PASSWORD)
    assert half.status == 200
    assert "session" not in fresh.cookies
    ticket = half.raw.decode().split('name="ticket" value="')[1].split('"')[0]
    replayed = await fresh.post("/sign-in/code", ticket=ticket, code=totp.now())
    assert replayed.status == 403, "the code of this step was used to set it up"
    assert (await fresh.post("/sign-in/code", ticket=ticket, code=codes[0])).status == 303
    again = await Browser(house.app).post("/sign-in/code", ticket=ticket, code=codes[0])
    assert again.status == 403

    link = await house.wings.accounts.link(house.id, person, "reset", by="tests", lasts=timedelta(hours=1))
    by_link = Browser(house.app)
    asked = await by_link.post(f"/link/{link.text}", password="another lantern in the meadow")
    assert b'name="ticket"' in asked.raw
    assert "session" not in by_link.cookies
    assert (await fresh.get("/me")).headers.get("location") == "/sign-in", "a reset shows everyone out"


@pytest.mark.parametrize("change", ["password", "roles", "closing", "suspended and back"])
async def test_a_right_password_counts_for_no_code_any_more_once_it_or_the_account_has_changed(house, somebody, change):
    await house.person(somebody(0), ADMIN)
    person = await house.person(somebody(1), ADMIN)
    _, codes = await equipped(await house.signed_in(person))
    accounts, admitting, by = house.wings.accounts, house.wings.admitting, {"by": "tests"}

    async def ticket() -> str:
        password = PASSWORD if change != "password" else "another lantern in the meadow"
        sent = {"organisation": str(house.id), "address": somebody(1)["email"]}
        half = await Browser(house.app).post("/sign-in", **sent, password=password)
        return half.raw.decode().split('name="ticket" value="')[1].split('"')[0]

    before = await admitting.ticket(house.id, *await admitting.standing(house.id, person))
    match change:
        case "password":
            await admitting.renew(
                house.id, *await admitting.standing(house.id, person), "another lantern in the meadow"
            )
        case "roles":
            await accounts.give(house.id, person, [VIEWER], side="controller", **by)
        case "closing":
            await accounts.step(house.id, person, Step.ask_closing, by=str(person))
        case _:
            await accounts.step(house.id, person, Step.suspend, **by)
            await accounts.step(house.id, person, Step.resume, **by)
    late = await Browser(house.app).post("/sign-in/code", ticket=before, code=codes[0])
    assert late.status == 403
    again = await Browser(house.app).post("/sign-in/code", ticket=await ticket(), code=codes[0])
    assert again.status == 303, "the code was not used up, and the door is open to who knocks anew"


async def test_links_open_once_harmlessly_and_in_time(house, somebody, rooms, settings):
    client = await house.holder.client()
    made = await client(
        "POST", "/api/v1/persons", {"groups": ["user"], "records": [{"type": "profile", "data": somebody(1)}]}
    )
    person = UUID(made.body["person"])
    first = await house.wings.accounts.invite(house.id, person, "a@b.example", [], by="tests")
    second = await house.wings.accounts.link(house.id, person, "invitation", by="tests", lasts=timedelta(days=1))
    browser = Browser(house.app)
    assert (await browser.get(f"/link/{first.text}")).status == 410
    for _ in range(3):
        assert (await browser.get(f"/link/{second.text}")).status == 200
    assert (await browser.post(f"/link/{second.text}", password="short")).status == 422
    assert (await browser.post(f"/link/{second.text}", password=PASSWORD)).status == 303
    assert (await browser.post(f"/link/{second.text}", password=PASSWORD)).status == 410
    with pytest.raises(LinkSpent):
        await house.wings.admitting.of_link(second.text)


async def test_a_request_that_no_page_of_ours_made_is_refused(house, somebody):
    person = await house.person(somebody(1), ADMIN)
    browser = await house.signed_in(person)
    token = await browser.token()
    form = f"act=x&csrf={token}".encode()
    for headers in ({}, {"origin": "https://evil.example"}, {"origin": "null"}):
        assert (await browser.raw("/credentials/revoke", form, **headers)).status == 403
    for body in (b"credential=x", b"credential=x&csrf=", b"credential=x&csrf=" + b"0" * 32):
        assert (await browser.raw("/credentials/revoke", body, origin=ORIGIN)).status == 403
    assert (await browser.get("/", host="evil.example")).status == 421
    for path in ("/", "/people", "/sign-in", "/nowhere", "/me/sign-in"):
        answer = await browser.get(path)
        assert "default-src 'none'" in answer.headers["content-security-policy"], path
        assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "back", ["//evil.example", "/\t/evil.example", "/\\evil.example", "https://evil.example", "/%0d%0aX: y"]
)
async def test_nothing_leads_elsewhere(house, somebody, back):
    person = await house.person(somebody(1))
    browser = await house.signed_in(person)
    assert (await browser.post("/language", language="fr", back=back)).headers["location"] == "/"
    proven = await browser.post("/me/sign-in/prove", password=PASSWORD, back=back)
    assert proven.headers["location"] == "/me/sign-in"


async def test_sessions_end_by_themselves_and_by_word(house, somebody, rooms, settings):
    person = await house.person(somebody(1))
    browser = await house.signed_in(person)
    assert (await browser.get("/me")).status == 200
    async with rooms.data.transaction(house.id) as tx:
        late = rooms.clock.now() - IDLE - timedelta(minutes=1)
        await tx.execute("UPDATE bailee.session SET seen_at = $2 WHERE controller_id = $1", house.id, late)
    assert (await browser.get("/me")).headers["location"] == "/sign-in"
    browser = await house.signed_in(person)
    async with rooms.data.transaction(house.id) as tx:
        gone = rooms.clock.now() - LASTS
        await tx.execute("UPDATE bailee.session SET expires_at = $2 WHERE controller_id = $1", house.id, gone)
    assert (await browser.get("/me")).headers["location"] == "/sign-in"
    browser = await house.signed_in(person)
    await house.wings.accounts.step(house.id, person, Step.suspend, by="tests")
    assert (await browser.get("/me")).headers["location"] == "/sign-in"


async def test_roles_open_what_they_say_and_nobody_reaches_above_themselves(house, somebody):
    admin, viewer = await house.person(somebody(1), ADMIN), await house.person(somebody(2), VIEWER)
    plain = await house.person(somebody(3))
    low, high, own = await house.signed_in(viewer), await house.signed_in(admin), await house.signed_in(plain)
    for path in ("/access", "/credentials", "/imports", "/exports", "/webhooks", "/sign-on", "/ledger", "/people/new"):
        assert (await low.get(path)).status == 403, path
        assert (await high.get(path)).status == 200, path
        assert (await own.get(path)).status == 403, path
    assert (await low.get("/people")).status == 200
    assert (await own.get("/")).headers["location"] == "/me"
    for path in (f"/people/{admin}/account/step", f"/people/{admin}/account/link", f"/people/{admin}/erase"):
        assert (await low.post(path, step="suspend", word=str(admin)[-6:])).status == 403, path
    made = await high.post(
        "/access/roles/new",
        ("permissions", "accounts:account:invite"),
        ("permissions", "accounts:account:read"),
        ("permissions", "people:person:list"),
        ("permissions", "people:profile:read"),
        name="inviter",
    )
    assert made.status == 303, made.raw
    await house.wings.accounts.give(house.id, viewer, ["inviter"], side="controller", by="tests")
    low = await house.signed_in(viewer)
    assert (await low.post(f"/people/{admin}/account/link")).status == 403, "an inviter takes no administrator over"
    assert (await low.post(f"/people/{plain}/account/roles", ("roles", ADMIN))).status == 403


async def test_the_last_administrator_stays_and_closings_are_taken_back_by_who_asked(house, somebody):
    admin, other = await house.person(somebody(1), ADMIN), await house.person(somebody(2))
    accounts = house.wings.accounts
    for act in (
        accounts.step(house.id, admin, Step.suspend, by="tests"),
        accounts.give(house.id, admin, [], side="controller", by="tests"),
    ):
        with pytest.raises(LastAdministrator):
            await act
    await accounts.step(house.id, other, Step.suspend, by=str(admin))
    await accounts.step(house.id, other, Step.ask_closing, by=str(admin))
    assert not (await accounts.find(house.id, other)).may_sign_in
    with pytest.raises(NotFromHere):
        await accounts.step(house.id, other, Step.keep, by=str(other))
    await accounts.give(house.id, other, [VIEWER], side="controller", by=str(admin))
    assert (await accounts.find(house.id, other)).closes_at is not None
    assert await accounts.step(house.id, other, Step.keep, by=str(admin)) is State.suspended


async def test_an_erased_person_leaves_no_account_and_an_upload_is_opened_no_more(house, somebody, rooms):
    admin, gone = await house.person(somebody(1), ADMIN), await house.person(somebody(2))
    browser, theirs = await house.signed_in(admin), await house.signed_in(gone)
    upload = f"E-mail,Last name\n{somebody(2)['email']},Doe\n".encode()
    token = await browser.token()
    sent = await browser.raw("/imports", upload, origin=ORIGIN, x_csrf=token, content_type="application/octet-stream")
    assert sent.status == 201, sent.raw
    job = sent.body["location"]
    assert (await browser.get(job)).status == 200
    erased = await browser.post(f"/people/{gone}/erase", word=str(gone)[-6:])
    assert b"read back as gone" in erased.raw, erased.raw
    assert (await browser.get(job)).status == 404
    assert (await theirs.get("/me")).headers["location"] == "/sign-in"
    async with rooms.data.transaction(house.id) as tx:
        for table in ("account", "sign_in", "sign_in_name", "session", "link"):
            sql = f"SELECT count(*) FROM bailee.{table} WHERE controller_id = $1 AND person_id = $2"
            assert await tx.fetchval(sql, house.id, gone) == 0, table
    assert await house.wings.means.person_of(house.id, somebody(2)["email"]) is None


async def test_names_are_shown_as_text_and_other_peoples_people_are_nobody(house, somebody, hold, rooms):
    probe = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"
    admin = await house.person(somebody(1) | {"company": probe, "given_name": probe[:60]}, ADMIN)
    browser = await house.signed_in(admin)
    for path in ("/people", f"/people/{admin}", f"/people/{admin}/edit", "/me", "/me/edit", f"/people/{admin}/account"):
        page = await browser.get(path)
        assert page.status == 200, path
        assert b"<script>alert" not in page.raw, path
        assert b"<img src=x" not in page.raw, path
    other = House(await hold(1), house.app, house.wings)
    foreign = await other.person(somebody(5))
    unknown = UUID("01a20b7d-0000-7000-8000-000000000000")
    for end in ("", "/account", "/activity", "/edit", "/erase"):
        shown = [await browser.get(f"/people/{one}{end}") for one in (foreign, unknown)]
        assert shown[0].status == shown[1].status == 404, end
        assert shown[0].raw.replace(str(foreign).encode(), b"") == shown[1].raw.replace(str(unknown).encode(), b""), end


async def test_nothing_personal_stands_in_clear_in_the_accounts_tables_or_their_entries(house, somebody, rooms):
    person = await house.person(somebody(1), ADMIN)
    browser = await house.signed_in(person)
    await browser.get("/me")
    async with rooms.data.transaction(house.id) as tx:
        for table in ("account", "sign_in", "sign_in_name", "session", "link", "attempt", "role"):
            rows = await tx.fetch(f"SELECT t::text AS whole FROM bailee.{table} t WHERE controller_id = $1", house.id)
            for row in rows:
                assert somebody(1)["email"] not in row["whole"], table
                assert "192.0.2.7" not in row["whole"], table
    told = b"".join([one.opened.body async for one in rooms.reading.about(house.id, person)])
    assert b"signed-in" in told
    assert somebody(1)["email"].encode() not in told

"""The console as people use it: coming in by every way, what each role opens, and the work that is done there."""

import asyncio
import json
import re
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pyotp
import pytest
from litestar import Litestar
from tests.authenticator import Authenticator
from tests.browsing import ORIGIN, PASSWORD, Browser
from tests.household import ADMIN, VIEWER, Household

from bailee.console.application import HANDLERS
from bailee.ledger.entries import Act
from bailee.processing.accounts import roles
from bailee.processing.accounts.sessions import IDLE, LASTS, PROVEN_FOR

CLOSED = b"Your role does not open this"
READS = {  # what each page asks for; "" is for everyone who is signed in, None for everyone
    "/": "", "/guide": "", "/access": "accounts:account:read", "/access/review": "accounts:account:read",
    "/access/invite": "accounts:account:invite", "/approvals": "accounts:account:read", "/approvals/{approval:uuid}": "",
    "/access/roles/new": "accounts:role:make",
    "/access/groups": "accounts:account:read", "/access/groups/{group:uuid}": "accounts:role:assign",
    "/agreement": "agreement:document:read", "/agreement/draft": "agreement:document:read",
    "/agreement/document": "agreement:document:read", "/agreement/draft/text": "agreement:document:read", "/assets/{digest:str}/{name:str}": None,
    "/controllers": "platform:controller:read", "/controllers/new": "platform:controller:open",
    "/controllers/{controller:uuid}": "platform:controller:read",
    "/controllers/{controller:uuid}/agreement": "platform:controller:open",
    "/controllers/{controller:uuid}/agreement/change": "platform:controller:open",
    "/controllers/{controller:uuid}/agreement/text": "platform:controller:open",
    "/controllers/{controller:uuid}/instructions": "platform:instruction:challenge",
    "/controllers/{controller:uuid}/instructions/take-in": "platform:instruction:challenge",
    "/controllers/{controller:uuid}/orders": "platform:order:decide",
    "/controllers/{controller:uuid}/orders/new": "platform:order:decide",
    "/controllers/{controller:uuid}/orders/{order:uuid}": "platform:order:decide",
    "/instructions": "agreement:document:read", "/instructions/drafts/{draft:uuid}": "agreement:document:read",
    "/instructions/drafts/{draft:uuid}/rehearsal": "agreement:document:read",
    "/instructions/drafts/{draft:uuid}/write": "agreement:instruction:draft",
    "/instructions/new": "agreement:instruction:draft", "/instructions/of/{instruction:str}": "agreement:document:read",
    "/instructions/of/{instruction:str}/rehearsal": "agreement:document:read",
    "/instructions/originals/{original:uuid}": "agreement:document:read",
    "/instructions/take-in": "agreement:instruction:draft",
    "/credentials": "connections:credential:read", "/duplicates": "people:duplicate:merge",
    "/duplicates/{a:uuid}/{b:uuid}": "people:duplicate:merge", "/exports": "exchange:export:run",
    "/imports": "exchange:import:run", "/imports/{job:uuid}": "exchange:import:run",
    "/imports/{job:uuid}/columns": "exchange:import:run", "/imports/{job:uuid}/progress": "exchange:import:run",
    "/imports/{job:uuid}/rejected": "exchange:import:run", "/ledger": "ledger:entry:read",
    "/link/{text:str}": None, "/me": "", "/me/activity": "", "/me/close": "", "/me/download": "", "/me/edit": "",
    "/me/sign-in": "", "/me/sign-in/authenticator": "", "/me/sign-in/prove": "", "/people": "people:person:list",
    "/act/{text:str}": None, "/contacts": "notices:address:change", "/notices": "notices:notice:read",
    "/notices/{controller:uuid}/{notice:uuid}": "notices:notice:read",
    "/people/names": "people:search:decide", "/people/names/progress": "people:search:decide",
    "/people/new": "people:person:create", "/people/{person:uuid}": "people:profile:read",
    "/people/{person:uuid}/account": "accounts:account:read", "/people/{person:uuid}/activity": "people:profile:read",
    "/people/{person:uuid}/edit": "people:profile:write", "/people/{person:uuid}/held": "people:profile:read", "/me/held": "",
    "/people/{person:uuid}/erase": "people:person:erase",
    "/calendar/{name:str}": None, "/obligations": "duties:obligation:read",
    "/obligations/calendars": "duties:calendar:make",
    "/obligations/{controller:uuid}/{obligation:uuid}": "duties:obligation:read",
    "/obligations/{controller:uuid}/{obligation:uuid}/evidence/{attached:uuid}": "duties:evidence:attach",
    "/sign-in": None, "/sign-in/forgotten": None, "/sign-in/organisation": None, "/sign-in/organisation/back": None,
    "/sign-on": "connections:sign-on:manage", "/webhooks": "connections:webhook:manage",
    "/webhooks/{webhook:uuid}": "connections:webhook:manage",
    "/requests": "rights:request:read", "/requests/new": "rights:request:handle",
    "/requests/{request_id:uuid}": "rights:request:read", "/requests/{request_id:uuid}/file": "rights:request:read",
    "/requests/{request_id:uuid}/pack": "rights:request:handle",
    "/requests/{request_id:uuid}/progress": "rights:request:read", "/requests/guides/{right:str}": "rights:request:read",
    "/rights": "rights:request:read", "/me/rights": "", "/me/rights/{request_id:uuid}/pack": "",
    "/privacy/{slug:str}": None, "/privacy/{slug:str}/embed": None, "/privacy/{slug:str}/fragment": None,
    "/privacy/{slug:str}/versions/{digest:str}": None, "/privacy-notice": "agreement:document:read", "/me/privacy": "", "/me/privacy/first": "",
    "/me/privacy/changed": "",
    "/retention": "retention:rule:read", "/retention/new": "retention:rule:decide",
    "/retention/{rule:uuid}": "retention:rule:read", "/retention/{rule:uuid}/change": "retention:rule:decide",
    "/people/{person:uuid}/until": "people:profile:read", "/me/until": "",
    "/ask": None, "/ask/{slug:str}": None, "/messages": "platform:message:read",
    "/messages/forwarded": "platform:message:read", "/messages/{message:uuid}": "platform:message:decide",
    "/received": "requests:direct:read", "/received/{request_id:uuid}": "requests:direct:read",
    "/received/{request_id:uuid}/original": "requests:direct:read",
}  # fmt: skip
WRITES = {
    "/access/invite": "accounts:account:invite", "/approvals/rule": "accounts:role:assign", "/approvals/{approval:uuid}": "",
    "/credentials/rotate": "connections:credential:issue", "/access/groups/{group:uuid}": "accounts:role:assign",
    "/access/review": "accounts:review:decide", "/access/roles/new": "accounts:role:make",
    "/agreement/draft/key": "agreement:document:sign", "/agreement/draft/sign": "agreement:document:sign",
    "/controllers/new": "platform:controller:open", "/controllers/{controller:uuid}/agreement": "platform:controller:open",
    "/controllers/{controller:uuid}/agreement/sign": "platform:controller:open",
    "/controllers/{controller:uuid}/instructions/challenge": "platform:instruction:challenge",
    "/controllers/{controller:uuid}/instructions/take-in": "platform:instruction:challenge",
    "/controllers/{controller:uuid}/orders/new": "platform:order:decide",
    "/controllers/{controller:uuid}/orders/{order:uuid}/approve": "platform:order:decide",
    "/controllers/{controller:uuid}/orders/{order:uuid}/ban-ended": "platform:order:decide",
    "/controllers/{controller:uuid}/orders/{order:uuid}/drop": "platform:order:decide",
    "/instructions/challenges/{challenge:uuid}/confirm": "agreement:document:sign",
    "/instructions/drafts/{draft:uuid}/drop": "agreement:instruction:draft",
    "/instructions/drafts/{draft:uuid}/sign": "agreement:document:sign",
    "/instructions/drafts/{draft:uuid}/write": "agreement:instruction:draft",
    "/instructions/new": "agreement:instruction:draft",
    "/instructions/of/{instruction:str}/withdraw": "agreement:document:sign",
    "/instructions/preview": "agreement:instruction:draft", "/instructions/take-in": "agreement:instruction:draft",
    "/credentials": "connections:credential:issue", "/credentials/revoke": "connections:credential:issue",
    "/duplicates/{a:uuid}/{b:uuid}": "people:duplicate:merge",
    "/duplicates/{a:uuid}/{b:uuid}/dismiss": "people:duplicate:merge",
    "/duplicates/{a:uuid}/{b:uuid}/unmask": "people:duplicate:merge", "/exports": "exchange:export:run",
    "/imports": "exchange:import:run", "/imports/{job:uuid}/act": "exchange:import:run",
    "/imports/{job:uuid}/columns": "exchange:import:run", "/language": None, "/link/{text:str}": None,
    "/me/close": "", "/me/edit": "", "/me/sign-in/authenticator": "", "/me/sign-in/end": "",
    "/me/sign-in/passkey/begin": "", "/me/sign-in/passkey/finish": "", "/me/sign-in/password": "",
    "/me/sign-in/prove": "", "/me/sign-in/prove/passkey/begin": "", "/me/sign-in/prove/passkey/finish": "",
    "/act/{text:str}": None, "/contacts": "notices:address:change",
    "/contacts/{contact:uuid}/drop": "notices:address:change",
    "/notices/{controller:uuid}/{notice:uuid}": "notices:notice:tend",
    "/notices/{controller:uuid}/{notice:uuid}/replies/{reply:uuid}": "notices:notice:tend",
    "/me/sign-in/recovery": "", "/me/sign-in/remove": "", "/merges/{merge:uuid}/undo": "people:duplicate:merge",
    "/obligations/calendars": "duties:calendar:make",
    "/obligations/{controller:uuid}/{obligation:uuid}/evidence": "duties:evidence:attach",
    "/people/names": "people:search:decide", "/people/new": "people:person:create",
    "/people/search": "people:person:list",
    "/people/{person:uuid}/account/factors": "accounts:account:invite",
    "/people/{person:uuid}/account/invite": "accounts:account:invite",
    "/people/{person:uuid}/account/link": "accounts:account:invite",
    "/people/{person:uuid}/account/roles": "accounts:role:assign",
    "/people/{person:uuid}/account/step": "accounts:account:suspend",
    "/people/{person:uuid}/edit": "people:profile:write", "/people/{person:uuid}/erase": "people:person:erase",
    "/people/{person:uuid}/unmask": "people:profile:unmask", "/sign-in": None, "/sign-in/code": None,
    "/sign-in/forgotten": None, "/sign-in/organisation": None, "/sign-in/passkey/begin": None,
    "/sign-in/passkey/finish": None, "/sign-on": "connections:sign-on:manage", "/sign-out": "",
    "/webhooks": "connections:webhook:manage", "/webhooks/{webhook:uuid}": "connections:webhook:manage",
    "/webhooks/{webhook:uuid}/deliveries/{delivery:uuid}": "connections:webhook:manage",
    "/requests": "rights:request:handle", "/requests/{request_id:uuid}": "rights:request:handle",
    "/rights": "rights:choice:make", "/me/rights": "",
    "/privacy-notice": "requests:notice:fill",
    "/retention/new": "retention:rule:decide", "/retention/{rule:uuid}": "retention:rule:decide",
    "/retention/{rule:uuid}/change": "retention:rule:decide",
    "/ask": None, "/ask/{slug:str}": None, "/messages/{message:uuid}": "platform:message:decide",
    "/received/{request_id:uuid}": "requests:direct:correct",
}  # fmt: skip
OF_PROCESSOR = {name for name, one in roles.BUILT_IN.items() if one.side == "processor"}
NOBODY = "01a20b7d-0000-7000-8000-000000000000"


def routes(method: str) -> set[str]:
    """Every path of the console that answers to a method."""
    app = Litestar(route_handlers=list(HANDLERS), openapi_config=None)
    return {one.path for one in app.routes if method in one.methods}  # type: ignore[attr-defined]  # -- all are HTTP


def filled(path: str, **known: object) -> str:
    return re.sub(r"\{(\w+):\w+\}", lambda found: str(known.get(found[1], NOBODY)), path)


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


def test_every_path_of_the_console_is_known_to_these_tests():
    assert routes("GET") == set(READS)
    assert routes("POST") == set(WRITES)


@pytest.mark.parametrize("role", [name for name, one in roles.BUILT_IN.items() if one.side == "controller"] + [""])
async def test_each_role_of_a_controller_opens_what_it_says(house, profile, role):
    await house.staff(ADMIN)
    held = await house.resident(profile)
    await walk(await house.signed_in(await house.staff(*([role] if role else []))), role, person=held)


@pytest.mark.parametrize("role", sorted(OF_PROCESSOR))
async def test_each_role_of_the_processor_opens_what_it_says(rooms, hold, role):
    platform = Household(rooms, rooms.platform)
    holder = await hold()
    await walk(await platform.signed_in(await platform.staff(role)), role, controller=holder.id)


async def walk(browser: Browser, role: str, **known: object) -> None:
    """Look at every page, and send an empty form to every path that the role does not open."""
    may = roles.permissions([role] if role else [], {})
    for path, permission in READS.items():
        answer = await browser.get(filled(path, **known))
        assert answer.status < 500, (path, answer.status)
        if permission is None:
            continue
        both = {permission} | ({"people:profile:unmask"} if path == "/people/{person:uuid}/edit" else set())
        if permission and not both <= may:
            assert answer.status == 403, path
            assert CLOSED in answer.raw, path
        else:
            assert CLOSED not in answer.raw, path
            if known.keys() >= set(re.findall(r"\{(\w+):", path)) and "draft" not in path and "/text" not in path:
                if answer.status == 403 and path in ("/me/download", "/me/edit"):
                    assert role in OF_PROCESSOR, "the platform's own staff are under no agreement"
                else:
                    assert answer.status in (200, 303), (path, answer.status, answer.raw[-200:])
    for path, permission in WRITES.items():
        if permission and permission not in may:
            answer = await browser.post(filled(path, **known))
            if path.endswith("/account/step"):
                assert answer.status in (403, 422), path
            else:
                assert answer.status == 403, path


async def test_nobody_comes_in_without_a_session_and_nothing_is_told_before(house):
    browser = Browser(house.app)
    for path, permission in READS.items():
        answer = await browser.get(filled(path))
        if permission is not None:
            assert (answer.status, answer.headers["location"]) == (303, "/sign-in"), path
    for path, permission in WRITES.items():
        if permission is not None:
            assert (await browser.post(filled(path))).headers.get("location") == "/sign-in", path


async def test_in_by_password_and_code_and_by_each_recovery_code_once(house, clock):
    address = f"ada.{house.id.hex}@alpages.example"
    await house.staff(ADMIN, address=address, password=PASSWORD)
    browser = Browser(house.app)
    assert (await house.by_password(address, browser)).headers["location"] == "/me/sign-in"
    shown = (await browser.get("/me/sign-in/authenticator")).raw.decode()
    totp = pyotp.TOTP(re.search(r'name="secret" value="(\w+)"', shown)[1])
    wrong = await browser.post("/me/sign-in/authenticator", secret=totp.secret, code="000000")
    assert wrong.status == 422
    kept = await browser.post("/me/sign-in/authenticator", secret=totp.secret, code=totp.now())
    codes = re.findall(r"<li>([0-9A-Z-]{15,25})</li>", kept.raw.decode())
    assert len(set(codes)) == 10
    clock.write_text("+2m")  # a code counts once, and the next is of a later step
    now = house.rooms.clock.now
    for number, code in enumerate([totp.at(now()), codes[0].lower(), codes[1].replace("-", " ")]):
        ticket = await halfway(house, address)
        fresh = Browser(house.app)
        answer = await fresh.post("/sign-in/code", ticket=ticket, code=code)
        assert (answer.status, answer.headers["location"]) == (303, "/"), number
        assert (await fresh.get("/people")).status == 200
        again = await Browser(house.app).post("/sign-in/code", ticket=await halfway(house, address), code=code)
        assert again.status == 403, number
    ticket = await halfway(house, address)
    clock.write_text("+13m")
    assert (await Browser(house.app).post("/sign-in/code", ticket=ticket, code=codes[2])).status == 403, "too late"
    made = await browser.post("/me/sign-in/recovery")
    assert made.status == 303, "presence was proven too long ago"
    clock.write_text("+2m")
    made = await browser.post("/me/sign-in/recovery")
    assert len(re.findall(r"<li>([0-9A-Z-]{15,25})</li>", made.raw.decode())) == 10
    old = await Browser(house.app).post("/sign-in/code", ticket=await halfway(house, address), code=codes[3])
    assert old.status == 403, "new codes void the old ones"


async def halfway(house: Household, address: str) -> str:
    """The ticket for the second half."""
    half = await house.by_password(address)
    return re.search(r'name="ticket" value="([^"]+)"', half.raw.decode())[1]


async def ceremony(browser: Browser, path: str, device: Authenticator, act: str, **more: object) -> int:
    """A passkey ceremony as the page's script goes through it; the status of its end."""
    token = await browser.token() if "session" in browser.cookies else ""
    begun = await browser.raw(f"{path}/begin", b"", origin=ORIGIN, x_csrf=token)
    assert begun.status == 200, begun.raw
    lies = more.pop("lies", {})
    made = getattr(device, act)(json.dumps(begun.body["options"]), **lies)
    said = {"challenge": begun.body["challenge"], "credential": json.loads(made), **more}
    body = json.dumps(said).encode()
    done = await browser.raw(f"{path}/finish", body, origin=ORIGIN, x_csrf=token, content_type="application/json")
    again = await browser.raw(f"{path}/finish", body, origin=ORIGIN, x_csrf=token, content_type="application/json")
    assert again.status in (403, 303), "a challenge is answered once"
    return done.status


async def test_in_by_passkey_and_presence_proven_by_one(house, clock):
    person = await house.staff(ADMIN, password=PASSWORD)
    browser = await house.signed_in(person, "link")
    device = Authenticator(ORIGIN)
    assert await ceremony(browser, "/me/sign-in/passkey", device, "create", name="Ada's phone") == 200
    assert b"Ada&#39;s phone" in (await browser.get("/me/sign-in")).raw
    fresh = Browser(house.app)
    assert await ceremony(fresh, "/sign-in/passkey", device, "get") == 200
    assert (await fresh.get("/people")).status == 200
    for lies in (
        {"origin": "https://evil.example"},
        {"rp": "evil.example"},
        {"flags": 0x01},
        {"kind": "webauthn.create"},
    ):
        thief = Browser(house.app)
        assert await ceremony(thief, "/sign-in/passkey", device, "get", lies=lies) == 403, lies
        assert "session" not in thief.cookies
    stranger = Authenticator(ORIGIN)
    stranger.handle = device.handle
    assert await ceremony(Browser(house.app), "/sign-in/passkey", stranger, "get") == 403
    clock.write_text("+15m")
    assert (await fresh.get("/me/sign-in/authenticator")).headers["location"].startswith("/me/sign-in/prove")
    assert await ceremony(fresh, "/me/sign-in/prove/passkey", device, "get") == 200
    assert (await fresh.get("/me/sign-in/authenticator")).status == 200
    alone = await fresh.post("/me/sign-in/remove", passkey="x", what="authenticator")
    assert alone.status in (303, 409)
    assert (await house.wings.admitting.standing(house.id, person))[1].methods.passkeys, "one second factor stays"


async def test_the_ledger_calls_those_who_work_for_either_side_by_what_they_sign_in_with(house, profile, rooms):
    platform = Household(rooms, rooms.platform)
    staff = await platform.staff("processor-dpo", address="thea@passerelle.example")
    own = await house.staff(ADMIN, address="anna@alpages.example")
    person = await house.resident(profile)
    gone = UUID(int=7)
    for actor in (staff, own, person, gone):
        await rooms.appending.append_one(Act("tried", house.id, str(actor)))
    await house.entries()
    admin, auditor = await house.signed_in(own), await house.signed_in(await house.staff("auditor"))
    await house.entries()
    seen = (await admin.get("/ledger")).raw.decode()
    assert "anna@alpages.example" in seen
    assert "t•••@passerelle.example" in seen, "enough to tell who it was, and to ask"
    assert "thea@" not in seen
    assert f"{profile['email'][:1]}•••@" not in seen, "no person of the controller's stands in it by name"
    assert (str(person)[-12:] in seen, str(gone)[-12:] in seen) == (True, True)
    less = (await auditor.get("/ledger")).raw.decode()
    assert "t•••@passerelle.example" in less
    assert "alpages.example" not in less
    assert str(own)[-12:] in less


async def test_since_when_records_were_compared_is_an_instant_for_the_readers_zone(rooms, hold):
    holder = await hold()
    await rooms.looking_through.go_on(holder.id)
    platform = Household(rooms, rooms.platform)
    operator = await platform.signed_in(await platform.staff("processor-administrator"))
    home = (await operator.get("/")).raw.decode()
    assert re.search(r"since <time datetime=\"[^\"]+\">[^<]+</time>", home), home[-1500:]


async def test_a_session_ends_when_idle_and_after_its_day_whatever_is_done(house, clock):
    idle, busy = [await house.signed_in(await house.staff()) for _ in range(2)]
    minutes = 0
    while timedelta(minutes=minutes) < LASTS - timedelta(minutes=25):
        minutes += 25
        clock.write_text(f"+{minutes}m")
        assert (await busy.get("/me/close")).status == 200, minutes
        if minutes == 25:
            assert (await idle.get("/me/close")).status == 200
    assert (await idle.get("/me/close")).headers["location"] == "/sign-in"
    clock.write_text(f"+{int(LASTS.total_seconds() // 60)}m")
    assert (await busy.get("/me/close")).headers["location"] == "/sign-in"
    clock.write_text("+0s")
    still = await house.signed_in(await house.staff())
    clock.write_text(f"+{int(IDLE.total_seconds() // 60)}m")
    assert (await still.get("/me/close")).headers["location"] == "/sign-in", "at thirty minutes and a moment"


async def test_changes_of_signing_in_and_of_others_ask_for_presence_first(house, clock):
    browser = await house.signed_in(await house.staff(ADMIN, password=PASSWORD))
    other = await house.staff()
    clock.write_text(f"+{int(PROVEN_FOR.total_seconds()) + 5}s")
    asked = (
        ("/me/sign-in/password", {"password": "another lantern in the meadow"}), ("/me/sign-in/authenticator", {}),
        ("/me/sign-in/recovery", {}), ("/me/sign-in/remove", {}), ("/me/sign-in/passkey/begin", {}),
        ("/me/sign-in/passkey/finish", {}), ("/credentials", {}), ("/exports", {"format": "csv"}),
        ("/access/roles/new", {"name": "x"}), (f"/people/{other}/account/step", {"step": "suspend"}),
        (f"/people/{other}/account/roles", {"roles": VIEWER}), (f"/people/{other}/account/link", {}),
        (f"/people/{other}/account/factors", {}), (f"/people/{other}/account/invite", {}),
        (f"/people/{other}/erase", {"word": str(other)[-6:]}), ("/agreement/draft/sign", {"name": "A"}),
        ("/access/review", {"person": str(other), "decision": "keep"}),
    )  # fmt: skip
    for path, fields in asked:
        answer = await browser.post(path, **fields)
        assert answer.headers.get("location", "").startswith("/me/sign-in/prove?back=/"), path
    wrong = await browser.post("/me/sign-in/prove", password="not that one at all", back="/exports")
    assert wrong.status == 403
    right = await browser.post("/me/sign-in/prove", password=PASSWORD, back="/exports")
    assert right.headers["location"] == "/exports"
    assert (await browser.post(f"/people/{other}/account/step", step="suspend")).status == 303


async def test_a_changed_password_shows_everyone_out_and_a_weak_one_is_not_taken(house):
    address = f"ada.{house.id.hex}@alpages.example"
    person = await house.staff(address=address, password=PASSWORD)
    one, other = await house.signed_in(person), await house.signed_in(person)
    for weak in ("short", "password1234", address, "a" * 300, "", "\x00" * 20):
        assert (await one.post("/me/sign-in/password", password=weak)).status == 422, weak
    changed = await one.post("/me/sign-in/password", password="another lantern in the meadow")
    assert changed.headers["location"] == "/sign-in"
    for browser in (one, other):
        assert (await browser.get("/me/sign-in")).headers["location"] == "/sign-in"
    assert (await house.by_password(address)).status == 403
    assert (await house.by_password(address, password="another lantern in the meadow")).status == 303


SLOTS = {
    "processor_name": "Passerelle SAS", "processor_country": "fr", "processor_address": "20 rue des Passeurs, Nantes",
    "controller_name": "Alpages", "controller_country": "FR", "controller_address": "4 place du Marché, Annecy",
    "notices": "privacy@alpages.example",
}  # fmt: skip


async def test_the_agreement_is_drafted_completed_read_and_signed_by_both(rooms):
    platform = Household(rooms, rooms.platform)
    ours = await platform.signed_in(await platform.staff("processor-administrator", password=PASSWORD))
    opened = await ours.post("/controllers/new", name="Alpages Neuves", address="boss@alpages.example")
    assert opened.status == 200, opened.raw
    controller = next(one.id for one in reversed(await rooms.filing.listed()) if one.name == "Alpages Neuves")
    house = Household(rooms, controller)
    theirs = await house.signed_in(await house.staff(ADMIN, password=PASSWORD))
    base = f"/controllers/{controller}/agreement"
    assert (await theirs.get("/agreement/draft")).status == 404
    assert (await theirs.post("/agreement/draft/key", act="make")).status == 404
    assert (await theirs.get(base)).status == 403
    assert (await ours.post(base, **SLOTS | {"notices": ""})).status == 422
    assert (await ours.post(base, **SLOTS | {"controller_country": "France"})).status == 422
    assert (await ours.post(base, **SLOTS)).status == 303
    unfinished = (await platform.wings.promised.drafts.find(controller)).digest
    assert (await ours.post(f"{base}/sign", name="A. Passeur", digest=unfinished)).status == 409, "no key is named yet"
    assert (await theirs.post("/agreement/draft/key", act="name", recipient_key="age1x")).status == 422
    made = await theirs.post("/agreement/draft/key", act="make")
    assert b"AGE-SECRET-KEY-1" in made.raw
    assert b"AGE-SECRET-KEY" not in (await theirs.get("/agreement/draft")).raw, "shown once"
    read = await digest(theirs, "/agreement/draft")
    assert read == await digest(ours, base) != unfinished, "both read the same words"
    assert (await ours.post(f"{base}/sign", name="A. Passeur", digest=unfinished)).status == 409
    assert (await ours.post(f"{base}/sign", name="", digest=read)).status == 422
    assert (await ours.post(f"{base}/sign", name="A. Passeur", digest=read)).status == 303
    assert (await ours.post(f"{base}/sign", name="A. Passeur", digest=read)).status == 409, "once"
    assert (await ours.post(base, **SLOTS | {"controller_name": "Alpages Neuves"})).status == 303
    assert (await theirs.post("/agreement/draft/sign", name="B. Berger", digest=read)).status == 409, "words changed"
    read = await digest(theirs, "/agreement/draft")
    for browser, path, name in ((theirs, "/agreement/draft/sign", "B. Berger"), (ours, f"{base}/sign", "A. Passeur")):
        assert (await rooms.filing.documents(controller)) == ()
        assert (await browser.post(path, name=name, digest=read)).status == 303
    [document] = await rooms.filing.documents(controller)
    assert document.digest == read
    assert {one.party for one in document.signatures} == {"processor", "controller"}
    assert len({one.public_key for one in document.signatures}) == 2
    assert b"B. Berger" in (await theirs.get("/agreement")).raw
    assert (await theirs.get("/agreement/draft")).status == 404
    dossier = await rooms.archive.dossier(controller)
    assert dossier.in_force(rooms.clock.now()) is not None


async def digest(browser: Browser, path: str) -> str:
    """The digest in the form that a page shows for signing."""
    text = (await browser.get(path)).raw.decode()
    found = re.search(r'name="digest" value="([0-9a-f]{64})"', text)
    assert found, "nothing to sign is shown"
    return found[1]


async def test_an_import_goes_from_the_file_to_people(house, profile, rooms):
    browser = await house.signed_in(await house.staff(ADMIN))
    token = await browser.token()
    lines = [f"Doe{n};n{n}.{profile['email']}" for n in range(20)] + ["Bad;not an address"]
    upload = ("Nom;Courriel\n" + "\n".join(lines)).encode()
    for body, said in ((b"", 422), (b"PK\x03\x04 no workbook", 422), (upload, 201)):
        kind = {"content_type": "application/octet-stream", "x_file_name": "clients%20d%E2%80%99%C3%A9t%C3%A9%0A.csv"}
        answer = await browser.raw("/imports", body, origin=ORIGIN, x_csrf=token, **kind)
        assert answer.status == said, answer.raw
    job = answer.body["location"]
    for path in (job, "/imports"):
        assert "clients d’été.csv" in (await browser.get(path)).raw.decode()
    assert (await browser.post(f"{job}/columns", policy="replace-all")).status == 422
    columns = {"column-0": "family_name", "column-1": "email"}
    assert (await browser.post(f"{job}/columns", policy="create-only", groups="user", **columns)).status == 303
    assert (await browser.post(f"{job}/act", act="run")).status == 303, "not before it was checked"
    assert await carried(house, job) == "checked"
    assert "clients d’été.csv" in (await browser.get(job)).raw.decode()
    assert b"not-an-address" in (await browser.get(job)).raw or b"Bad" not in (await browser.get(job)).raw
    assert await house.wings.accounts.find(house.id, UUID(int=0)) is None
    assert (await browser.post(f"{job}/act", act="run")).status == 303
    assert await carried(house, job) == "done"
    found = await rooms.exchanging.importing.state(house.id, UUID(job.rsplit("/", 1)[1]))
    assert (found.created, found.rejected) == (20, 1)
    rejected = await browser.get(f"{job}/rejected")
    assert "not an address" in rejected.raw.decode("utf-8-sig")
    assert rejected.headers["content-disposition"].startswith("attachment")
    mine = await house.signed_in(await house.staff("operator"))
    assert (await mine.get(job)).status == 404, "an upload is its uploader's alone"
    assert (await browser.post(f"{job}/act", act="forget")).headers["location"] == "/imports"
    assert (await browser.get(job)).status == 404
    assert (await browser.post("/people/search", sought=f"n3.{profile['email']}")).raw.count(b'href="/people/0') >= 1


async def carried(house: Household, job: str) -> str:
    """Have the jobs' process work on an import until it stands; its state."""
    importing, at = house.rooms.exchanging.importing, UUID(job.rsplit("/", 1)[1])
    for _ in range(50):
        found = await importing.state(house.id, at)
        if found.state not in ("checking", "running"):
            return found.state
        await house.rooms.exchanging.working.due(house.id)
        await asyncio.sleep(0.01)
    return found.state


async def test_a_credential_is_shown_once_works_as_agreed_and_ends_at_a_word(house, rooms):
    browser = await house.signed_in(await house.staff(ADMIN))
    for fields in (
        {"name": "crm", "days": "31", "purposes": "account-management"}, {"name": "crm", "days": "30"},
        {"name": "", "days": "30", "purposes": "account-management"},
        {"name": "crm/../x", "days": "30", "purposes": "account-management"},
        {"name": "crm", "days": "30", "purposes": "no-such-purpose"},
    ):  # fmt: skip
        assert (await browser.post("/credentials", **fields)).status == 422, fields
    assert await rooms.credentials.listed(house.id) == []
    issued = await browser.post("/credentials", name="crm", days="30", purposes="account-management")
    texts = set(re.findall(r"[A-Za-z0-9_-]{40,}", issued.raw.decode()))
    [secret] = [text for text in texts if await rooms.credentials.authenticate(text)]
    assert secret.encode() not in (await browser.get("/credentials")).raw
    caller = await rooms.credentials.authenticate(secret)
    assert str(caller.actor.id) == "system:crm"
    [one] = [one for one in await rooms.credentials.listed(house.id) if one.actor == "system:crm"]
    weak = await house.signed_in(await house.staff("controller-dpo"))
    assert (await weak.get("/credentials")).status == 200
    assert (await weak.post("/credentials/revoke", credential=str(one.credential))).status == 403
    assert (await browser.post("/credentials/revoke", credential=NOBODY)).status in (303, 404)
    assert (await browser.post("/credentials/revoke", credential=str(one.credential))).status == 303
    assert await rooms.credentials.authenticate(secret) is None

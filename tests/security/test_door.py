"""The console's door and its pages under attack: what a hostile browser, page, mail or neighbour may try."""

import html
import re
import statistics
import time
from datetime import timedelta
from urllib.parse import urlencode
from uuid import UUID

import pytest
from tests.browsing import ORIGIN, PASSWORD, Browser
from tests.household import ADMIN, OPERATOR, VIEWER, Household

from bailee.infra.tokens import Token, parse
from bailee.processing.accounts.signing_in import limits

POLICY = "default-src 'none'"


@pytest.fixture
async def house(hold, rooms):
    holder = await hold()
    return Household(rooms, holder.id, holder)


def address(house: Household, name: str = "ada") -> str:
    return f"{name}.{house.id.hex}@alpages.example"


async def test_known_and_unknown_accounts_get_the_same_bytes_in_the_same_time(house):
    names = {"known": address(house), "unknown": address(house, "eve")}
    await house.staff(address=names["known"], password=PASSWORD)
    suspended = await house.staff(address=address(house, "sus"), password=PASSWORD)
    await house.wings.accounts.step(house.id, suspended, "suspend", by="tests")
    answers, times = {}, {name: [] for name in names}
    for turn in range(24):
        for name, typed in names.items():
            browser = Browser(house.app, f"198.51.{turn}.7")
            began = time.perf_counter()
            said = await house.by_password(typed, browser, f"wrong wrong wrong {turn}")
            times[name].append(time.perf_counter() - began)
            answers.setdefault(name, set()).add((said.status, _plain(said.raw, typed)))
    assert answers["known"] == answers["unknown"]
    known, unknown = (statistics.median(times[name][4:]) for name in names)
    assert abs(known - unknown) <= 0.5 * max(known, unknown), (known, unknown)
    right = await house.by_password(address(house, "sus"), Browser(house.app, "198.51.99.7"))
    assert (right.status, _plain(right.raw, address(house, "sus"))) in answers["known"], "nor who is suspended"


def _plain(raw: bytes, typed: str) -> bytes:
    return raw.replace(typed.encode(), b"")


async def test_asking_for_a_link_tells_nothing_of_who_has_an_account(house):
    await house.staff(address=address(house), password=PASSWORD)
    said = [
        await Browser(house.app).post("/sign-in/forgotten", organisation=str(house.id), address=typed)
        for typed in (address(house), address(house, "eve"), "no address", "")
    ]
    assert {one.status for one in said} == {200}
    assert len({one.raw for one in said}) == 1


async def test_the_session_is_a_new_one_at_each_sign_in_and_its_cookie_is_guarded(house):
    await house.staff(address=address(house), password=PASSWORD)
    browser = Browser(house.app)
    first = await house.by_password(address(house), browser)
    for name in ("session", "device"):
        flags = first.headers[f"set-cookie/{name}"]
        assert "HttpOnly" in flags, name
        assert "SameSite=lax" in flags, name
        assert "Domain" not in flags, name
    assert "Max-Age" not in first.headers["set-cookie/session"], "it goes with the browser"
    old = browser.cookies["session"]
    for planted in ("A" * 86, "planted", Token(house.id, UUID(int=1), bytes(32)).text):
        victim = Browser(house.app)
        victim.cookies["session"] = planted
        await victim._ask(
            "POST", "/sign-in",
            urlencode({"organisation": str(house.id), "address": address(house), "password": PASSWORD}).encode(),
            {"origin": ORIGIN},
        )  # fmt: skip
        assert victim.cookies["session"] not in (planted, old)
        thief = Browser(house.app)
        thief.cookies["session"] = planted
        assert (await thief.get("/me/sign-in")).headers["location"] == "/sign-in"


async def test_cookies_are_for_encrypted_connections_where_the_console_is_reached_by_one(house, monkeypatch):
    import msgspec

    await house.staff(address=address(house), password=PASSWORD)
    visiting = house.wings.visiting
    settings = msgspec.structs.replace(house.rooms.settings, url="https://console.example")
    monkeypatch.setattr(visiting, "_settings", settings)
    form = urlencode({"organisation": str(house.id), "address": address(house), "password": PASSWORD}).encode()
    browser = Browser(house.app)
    answer = await browser.raw("/sign-in", form, origin="https://console.example", host="console.example")
    assert answer.status == 303
    for name in ("session", "device"):
        assert "Secure" in answer.headers[f"set-cookie/{name}"], name
    for host, origin in (("localhost", ORIGIN), ("console.example:8443", "https://console.example"), ("x", ORIGIN)):
        assert (await Browser(house.app).raw("/sign-in", form, origin=origin, host=host)).status == 421, host


@pytest.mark.parametrize(
    "host",
    ["evil.example", "localhost.evil.example", "localhost:@evil.example", "localhost:80@evil.example", "localhost:x",
     "localhost:/evil.example", "evil.example#localhost", "[::1].evil.example", "127.0.0.1:80/..", "", "localhost:",
     "localhost:80:80", "localhost:99999999"],
)  # fmt: skip
async def test_no_host_but_our_own_is_answered_and_none_gets_into_a_letter(house, host):
    await house.staff(address=address(house), password=PASSWORD)
    browser = Browser(house.app)
    assert (await browser.get("/sign-in", host=host)).status in (400, 421)
    form = urlencode({"organisation": str(house.id), "address": address(house)}).encode()
    assert (await browser.raw("/sign-in/forgotten", form, host=host, origin=f"http://{host}")).status in (400, 421)


async def test_a_form_of_another_kind_carries_no_token_and_changes_nothing(house):
    boss = await house.staff(ADMIN)
    browser = await house.signed_in(boss)
    token = await browser.token()
    part = f'--b\r\ncontent-disposition: form-data; name="csrf"\r\n\r\n{token}\r\n--b--\r\n'.encode()
    for kind, body in (
        ("multipart/form-data; boundary=b", part), ("text/plain", f"csrf={token}".encode()),
        ("application/json", f'{{"csrf": "{token}"}}'.encode()), ("", f"csrf={token}".encode()),
    ):  # fmt: skip
        assert (await browser.raw("/sign-out", body, origin=ORIGIN, content_type=kind)).status == 403, kind
    other = await house.signed_in(boss)
    theirs = f"csrf={await other.token()}".encode()
    assert (await browser.raw("/sign-out", theirs, origin=ORIGIN)).status == 403, "another session's token"
    for headers in ({"sec_fetch_site": "cross-site"}, {"sec_fetch_site": "same-site"}, {}):
        assert (await browser.raw("/sign-out", f"csrf={token}".encode(), **headers)).status == 403
    assert (await browser.get(f"/sign-out?csrf={token}")).status == 405
    assert (await browser.get("/me/sign-in")).status == 200
    assert (await browser.raw("/sign-out", f"csrf={token}".encode(), sec_fetch_site="same-origin")).status == 303
    assert (await browser.get("/me/sign-in")).headers["location"] == "/sign-in"


async def test_strangers_lock_nobody_out_of_a_browser_they_know(house):
    await house.staff(address=address(house), password=PASSWORD)
    known, stranger = Browser(house.app, "192.0.2.1"), Browser(house.app, "192.0.2.1")
    assert (await house.by_password(address(house), known)).status == 303
    known.cookies.pop("session")
    said = [await house.by_password(address(house), stranger, "wrong " * 4) for _ in range(9)]
    assert {403, 429} == {one.status for one in said}
    assert (await house.by_password(address(house), stranger)).status == 429, "not even with the right one"
    assert (await house.by_password(address(house), known)).status == 303
    forged = Browser(house.app, "192.0.2.1")
    forged.cookies["device"] = known.cookies["device"][:-4] + "AAAA"
    assert (await house.by_password(address(house), forged)).status == 429
    other = address(house, "eve")
    await house.staff(address=other, password=PASSWORD)
    thief = Browser(house.app, "192.0.2.66")
    thief.cookies["device"] = known.cookies["device"]
    tried = [(await house.by_password(other, thief, "wrong " * 4)).status for _ in range(8)]
    assert 429 in tried, "a device is known to its own account alone"


async def test_a_hundred_guesses_at_once_are_a_hundred(house):
    import asyncio

    await house.staff(address=address(house), password=PASSWORD)
    tries = [house.by_password(address(house), Browser(house.app, "192.0.2.9"), "wrong " * 4) for _ in range(20)]
    statuses = [one.status for one in await asyncio.gather(*tries)]
    free = limits.RULES[limits.Kind.pair].free
    assert statuses.count(403) <= free + 1
    assert statuses.count(403) + statuses.count(429) == 20, statuses


PROBES = (
    "<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "' onmouseover='alert(1)", "{{7*7}}${7*7}",
    "</title><svg onload=alert(1)>", "javascript:alert(1)",
)  # fmt: skip


async def test_what_people_and_companies_are_called_is_text_on_every_page(house, profile):
    boss = None
    for number, probe in enumerate(PROBES):
        named = profile | {
            "company": probe, "given_name": probe[:60], "family_name": probe[:60], "title": probe[:30],
            "email": f"p{number}.{profile['email']}", "user_name": f"u{number}", "external_id": probe,
            "postal_address": {"street": probe, "city": probe[:60], "country": "FR"},
        }  # fmt: skip
        person = await house.resident(named, ADMIN)
        boss = boss or person
    browser = await house.signed_in(boss)
    browser.cookies["notice"] = urlencode({"x": PROBES[0]})[2:]
    paths = ["/", "/people", "/access", "/credentials", "/imports", "/exports", "/duplicates", "/ledger", "/agreement",
             "/me", "/me/edit", "/me/activity", "/me/sign-in", "/me/close", "/webhooks", "/sign-on",
             "/me/sign-in/prove?back=" + urlencode({"x": PROBES[1]})[2:]]  # fmt: skip
    people = [row.person for row in await house.wings.accounts.with_roles(house.id)]
    paths += [f"/people/{one}{end}" for one in people for end in ("", "/edit", "/account", "/erase")]
    for path in paths:
        page = (await browser.get(path)).raw.decode()
        _harmless(page, path)
    found = await browser.post("/people/search", sought=PROBES[0])
    _harmless(found.raw.decode(), "search")
    shown = await browser.get(f"/people/{boss}/edit")
    assert html.escape(PROBES[0], quote=False).encode() in shown.raw.replace(b"&#34;", b'"').replace(b"&#39;", b"'")


def _harmless(page: str, path: str) -> None:
    for tag in re.findall(r"<[^>]*>", page):
        assert not re.search(r"\son\w+\s*=\s*[\"']?alert", re.sub(r'"[^"]*"', '""', tag)), (path, tag)
        assert 'href="javascript:' not in tag, (path, tag)
    for raw in ("<script>alert", "<img src=x", "<svg onload", "' onmouseover='alert"):
        assert raw not in page, (path, raw)
    assert "49" not in re.findall(r"\{\{7\*7\}\}|(?<=>)49\$49(?=<)", page), path


async def test_what_someone_types_at_the_door_is_text_too(house):
    browser = Browser(house.app)
    for probe in PROBES:
        for path, fields in (
            ("/sign-in", {"organisation": probe, "address": probe, "password": "x" * 14}),
            ("/sign-in/code", {"ticket": probe, "code": probe}),
            ("/sign-in/forgotten", {"organisation": probe, "address": probe}),
            ("/sign-in/organisation", {"organisation": probe}),
        ):
            _harmless((await browser.post(path, **fields)).raw.decode(), path)
        browser.cookies |= {"language": probe.replace(";", ""), "organisation": "x", "theme": "dark"}
        _harmless((await browser.get("/sign-in")).raw.decode(), "cookies")


async def test_every_answer_carries_the_policy_and_is_kept_by_nobody(house):
    browser = await house.signed_in(await house.staff(ADMIN))
    asked = [
        await browser.get(path)
        for path in ("/", "/people", "/nowhere", "/people/not-an-id", "/link/x", "/controllers", "/me/download",
                     "/sign-out", "/ledger?before=x", "/people?after=%00", "/access/", "//people", "/people/../access",
                     "/%2e%2e/etc/passwd", "/assets/0/../../x", "/people/%00")
    ]  # fmt: skip
    asked.append(await browser.raw("/sign-in", b"x"))
    asked.append(await browser.get("/sign-in", host="evil.example"))
    asked.append(await Browser(house.app).get("/people"))
    asked.append(await browser.post("/language", language="fr", back="/me"))
    for number, answer in enumerate(asked):
        assert POLICY in answer.headers.get("content-security-policy", ""), number
        assert answer.headers["cache-control"] == "no-store", number
        assert answer.headers["x-content-type-options"] == "nosniff", number
        assert answer.headers["x-frame-options"] == "DENY", number
        assert answer.status < 500, number


async def test_no_header_is_made_of_what_is_sent(house):
    browser = await house.signed_in(await house.staff())
    for probe in (
        "fr\r\nset-cookie: session=x",
        "fr\nx: y",
        "../x",
        "/me\r\nx: y",
        "/me%0d%0ax: y",
        "http:evil.example",
    ):
        answer = await browser.post("/language", language=probe, back=probe)
        assert answer.headers["location"] == "/"
        assert not any("\n" in value or "\r" in value for value in answer.headers.values())
        assert "x" not in answer.headers
    assert "session=x" not in str(browser.cookies)


async def test_another_controllers_people_and_things_are_like_none_at_all(house, hold, rooms, profile):
    boss = await house.staff(ADMIN)
    browser = await house.signed_in(boss)
    neighbour = Household(rooms, (await hold(1)).id)
    theirs = await neighbour.staff(ADMIN)
    session = await neighbour.signed_in(theirs)
    nobody = UUID("01a20b7d-0000-7000-8000-000000000000")
    posts = (("/people/{}/edit", {}), ("/people/{}/unmask", {"reason": "asked"}),
             ("/people/{}/account/step", {"step": "suspend"}), ("/people/{}/account/roles", {"roles": VIEWER}),
             ("/people/{}/account/link", {}), ("/people/{}/account/factors", {}), ("/people/{}/account/invite", {}),
             ("/people/{}/erase", {"word": "{}"}))  # fmt: skip
    for path, fields in posts:
        said = []
        for one in (theirs, nobody):
            filled = {name: value.format(str(one)[-6:]) for name, value in fields.items()}
            reply = await browser.post(path.format(one), **filled)
            said.append((reply.status, reply.raw.replace(str(one).encode(), b"").replace(str(one)[-6:].encode(), b"")))
        assert said[0] == said[1], path
        assert said[0][0] in (404, 422), (path, said[0][0])
    assert (await browser.post("/access/review", person=str(theirs), decision="remove")).status == 404
    account = await neighbour.wings.accounts.find(neighbour.id, theirs)
    assert (account.state, account.roles) == ("active", (ADMIN,))
    token = parse(session.cookies["session"])
    swapped = Browser(house.app)
    swapped.cookies["session"] = Token(house.id, token.id, token.secret).text
    assert (await swapped.get("/people")).headers["location"] == "/sign-in"
    link = await neighbour.wings.accounts.link(neighbour.id, theirs, "reset", by="tests", lasts=timedelta(hours=1))
    inner = parse(link.text)
    moved = Token(house.id, inner.id, inner.secret).text
    assert (await Browser(house.app).post(f"/link/{moved}", password=PASSWORD)).status == 410
    assert (await browser.post("/me/sign-in/end", session=str(token.id))).status == 303
    assert (await session.get("/people")).status == 200, "nobody ends a session of a neighbour's"


async def test_a_code_goes_with_its_own_ticket_and_no_ticket_is_made_of_another_token(house):
    person = await house.staff(address=address(house), password=PASSWORD)
    await house.by_password(address(house), browser := Browser(house.app))
    for ticket in (browser.cookies["device"], browser.cookies["session"], "", "A" * 9_000, "é"):
        assert (await Browser(house.app).post("/sign-in/code", ticket=ticket, code="000000")).status == 403
    ticket = await house.wings.admitting.ticket(house.id, *await house.wings.admitting.standing(house.id, person))
    for code in ("", "000000", "\x00", "١٢٣٤٥٦", "0" * 2_000):
        assert (await Browser(house.app).post("/sign-in/code", ticket=ticket, code=code)).status in (403, 429)


JSON = ("/sign-in/passkey/finish", "/me/sign-in/passkey/finish", "/me/sign-in/prove/passkey/finish")


@pytest.mark.parametrize(
    "body",
    [b"[]", b"null", b"1", b'"x"', b"", b"{", b"\xff\xfe", b'{"challenge": "\\u0000", "credential": null}',
     b'{"challenge": [], "credential": []}', b'{"credential": {"id": 7, "response": []}}', b"[" * 5_000,
     b'{"credential": {"response": {"userHandle": "AAAA"}}}', b'{"credential": {"response": {"userHandle": 1}}}',
     b'{"challenge": "\\ud800", "credential": {"response": {"userHandle": "\\ud800"}}}'],
)  # fmt: skip
async def test_a_passkeys_answer_that_is_none_is_refused_and_breaks_nothing(house, body):
    browser = await house.signed_in(await house.staff(password=PASSWORD))
    token = await browser.token()
    for path in JSON:
        answer = await browser.raw(path, body, origin=ORIGIN, x_csrf=token, content_type="application/json")
        assert 400 <= answer.status < 500, (path, answer.status)


FORMS = (
    "/sign-in", "/sign-in/code", "/sign-in/forgotten", "/sign-in/organisation", "/language", "/people/new",
    "/people/search", "/access/roles/new", "/access/review", "/credentials", "/credentials/revoke", "/exports",
    "/webhooks", "/sign-on", "/me/edit", "/me/sign-in/prove", "/me/sign-in/password", "/me/sign-in/authenticator",
    "/me/sign-in/remove", "/me/sign-in/end", "/agreement/draft/key", "/agreement/draft/sign",
)  # fmt: skip
NAMES = (
    "organisation", "address", "password", "code", "ticket", "name", "sought", "given_name", "family_name", "email",
    "phone", "company", "user_name", "external_id", "street", "city", "country", "language", "permissions", "purposes",
    "days", "person", "decision", "credential", "recipient", "format", "url", "issuer", "client", "secret", "back",
    "groups", "version", "recipient_key", "digest", "what", "passkey", "session", "types", "events",
)  # fmt: skip


@pytest.mark.parametrize("value", ["%00", "%ED%A0%80", "%FF", "a%00b", "%F4%90%80%80", "9" * 400, "%E2%80%AE" * 50])
async def test_no_field_of_any_form_breaks_a_page(house, value):
    browser = await house.signed_in(await house.staff(ADMIN, password=PASSWORD))
    token = await browser.token()
    for path in FORMS:
        form = "&".join([f"csrf={token}", *(f"{name}={value}" for name in NAMES if name != "groups"), "groups=user"])
        answer = await browser.raw(path, form.encode(), origin=ORIGIN)
        assert answer.status < 500, (path, answer.status, answer.raw[-300:])


async def test_a_form_of_a_megabyte_is_refused_and_a_field_of_much_is_cut(house):
    browser = await house.signed_in(await house.staff(ADMIN, password=PASSWORD))
    token = await browser.token()
    for path in ("/sign-in", "/people/search", "/people/new", "/me/edit"):
        whole = f"csrf={token}&sought={'a' * 1024 * 1024}".encode()
        answer = await browser.raw(path, whole, origin=ORIGIN)
        assert answer.status == 413, (path, answer.status)
    long = await browser.post("/people/search", sought="a" * 500_000)
    assert long.status == 200
    assert len(long.raw) < 100_000
    many = "&".join([f"csrf={token}", *(f"f{n}=1" for n in range(20_000))]).encode()
    assert (await browser.raw("/people/search", many, origin=ORIGIN)).status < 500
    password = await Browser(house.app).post(
        "/sign-in", organisation=str(house.id), address=address(house), password="p" * 900_000
    )
    assert password.status == 403


async def test_a_viewer_reaches_nothing_of_an_operators_by_any_way(house, profile):
    await house.staff(ADMIN)
    held = await house.resident(profile)
    viewer, operator = (
        await house.signed_in(await house.staff(VIEWER)),
        await house.signed_in(await house.staff(OPERATOR)),
    )
    tried = (("/people/new", {"given_name": "A", "family_name": "B", "groups": "user"}), (f"/people/{held}/edit", {}),
             (f"/people/{held}/unmask", {"reason": "asked"}), ("/access/review", {}), ("/credentials", {}),
             ("/imports/00000000-0000-0000-0000-000000000000/act", {"act": "run"}), ("/exports", {"format": "csv"}),
             (f"/people/{held}/account/invite", {}), (f"/people/{held}/erase", {"word": str(held)[-6:]}))  # fmt: skip
    for path, fields in tried:
        assert (await viewer.post(path, **fields)).status == 403, path
    for path in (f"/people/{held}/edit", "/people/new", "/imports", "/duplicates"):
        assert (await viewer.get(path)).status == 403, path
        assert (await operator.get(path)).status == 200, path
    masked = (await viewer.get(f"/people/{held}")).raw.decode()
    assert profile["email"] not in masked
    assert profile["phone"] not in masked

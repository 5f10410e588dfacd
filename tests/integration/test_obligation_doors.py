"""What is owed, through every door: pages, API, calendars, the command line; and evidence attached to a duty."""

import html
import re
from datetime import timedelta

import pytest
from tests.browsing import Browser
from tests.household import ADMIN, VIEWER, Household
from tests.speaking import Client

from bailee.api.application import Application
from bailee.obligations import inbox, pages
from bailee.obligations.calendar import Due
from bailee.obligations.promises import Promise
from bailee.serving import control_plane, data_plane
from bailee.vocabulary.parties import ActorKind


@pytest.fixture
async def house(rooms, hold):
    holder = await hold()
    return Household(rooms, holder.id, holder)


async def owe(
    rooms, house, *, clause="rights.complaint", subject="complaint/1", by="processor", days=3.0, reminders=()
):
    now = rooms.clock.now()
    at = now + timedelta(days=days)
    promise = Promise(
        clause=clause, subject=subject, owed_by=by, owed_to="controller" if by == "processor" else "processor",
        due=Due(strict=at, generous=at, rule="72 hours after it came"), evidence="notice",
        reminders=tuple(now + timedelta(days=one) for one in reminders),
    )  # fmt: skip
    async with rooms.committing.transaction(house.id) as change:
        return await rooms.owing.obligations.open(change, promise, by="tests")


async def operator(rooms) -> Client:
    issued = await rooms.credentials.issue(
        rooms.platform, by="tests", actor="operator", kind=ActorKind.processor_staff,
        purposes=["contract-administration"], expires_at=rooms.clock.now() + timedelta(days=1),
    )  # fmt: skip
    return Client(Application(data_plane(rooms), control_plane(rooms)), issued.text)


async def system_of(house) -> Client:
    made = await house.holder.client("contract-administration")
    return Client(Application(data_plane(house.rooms), control_plane(house.rooms)), made.token)


def text_of(reply) -> str:
    return html.unescape(re.sub(r"<[^>]+>", " ", reply.raw.decode()))


async def test_the_list_goes_on_page_by_page_in_order_however_much_one_controller_owes(rooms, hold, house, monkeypatch):
    for module in (inbox, pages):
        monkeypatch.setattr(module, "SHOWN", 20)
    other = Household(rooms, (await hold(1)).id)
    theirs = [str(await owe(rooms, other, subject=f"complaint/{n}", days=40 + n / 10)) for n in range(52)]
    last = str(await owe(rooms, house, days=90))
    staff = Household(rooms, rooms.platform)
    officer = await staff.signed_in(await staff.staff("processor-dpo"))
    place, listed = "/obligations?show=all", []
    while place:
        page = (await officer.get(place)).raw.decode()
        listed += re.findall(
            r'href="/obligations/[0-9a-f-]{36}/([0-9a-f-]{36})"', page.partition('class="sheet flush"')[2]
        )
        following = re.search(r'rel="next" href="([^"]+)"', page)
        place = html.unescape(following[1]) if following else ""
    mine = [one for one in listed if one in (*theirs, last)]
    assert mine == [*theirs, last], "each once, the earliest first"
    assert (await officer.get("/obligations?page=0")).status == 400
    assert "Page before" in text_of(await officer.get("/obligations?page=400"))


async def test_each_side_sees_what_is_owed_on_its_first_page_and_only_what_is_its_own(rooms, hold, house):
    other = Household(rooms, (await hold(1)).id)
    await owe(rooms, house)
    theirs = await owe(rooms, other, subject="complaint/2", days=-2)
    mine = await (await house.signed_in(await house.staff(ADMIN))).get("/")
    assert "Pass a complaint on" in text_of(mine)
    assert str(theirs) not in mine.raw.decode()
    staff = Household(rooms, rooms.platform)
    officer = await staff.signed_in(await staff.staff("processor-dpo"))
    seen = (await officer.get("/obligations?show=late")).raw.decode()
    assert str(theirs) in seen
    assert "2 days late" in seen
    only = (await officer.get(f"/obligations?controller={house.id}")).raw.decode()
    assert str(theirs) not in only
    assert str(house.id) in only
    reader = await house.signed_in(await house.staff(VIEWER))
    for path in (
        f"/obligations/{other.id}/{theirs}",
        f"/obligations/{house.id}/{theirs}",
        f"/obligations?controller={other.id}",
    ):
        assert (await reader.get(path)).status == 404, path


async def test_the_first_page_of_a_controller_tells_of_all_that_is_owed(rooms, house):
    owed = [
        await owe(rooms, house, days=-2),
        await owe(rooms, house, clause="audits.notice", subject="audit/1", by="controller", days=3),
        await owe(rooms, house, clause="audits.notice", subject="audit/2", by="controller", days=40),
    ]
    page = await (await house.signed_in(await house.staff(ADMIN))).get("/")
    listed = re.findall(r'href="/obligations/[0-9a-f-]{36}/([0-9a-f-]{36})"', page.raw.decode())
    assert {str(one) for one in owed} <= set(listed)
    assert "1 within seven days" in text_of(page)
    assert "You owe nothing" not in text_of(page)


async def test_an_empty_list_teaches_and_each_standing_has_its_own_word_and_shape(rooms, house):
    browser = await house.signed_in(await house.staff(ADMIN))
    assert "Nothing is owed" in text_of(await browser.get("/obligations"))
    assert "Nothing is late" in text_of(await browser.get("/obligations?show=late"))
    assert "Nothing has ended yet" in text_of(await browser.get("/obligations?show=ended"))
    for subject, days, by in (
        ("a/1", -1, "processor"),
        ("a/2", 0.001, "processor"),
        ("a/3", 5, "controller"),
        ("a/4", 20, "processor"),
    ):
        await owe(rooms, house, subject=subject, days=days, by=by)
    shown = await browser.get("/obligations")
    for words in ("1 day late", "5 days left", "20 days left"):
        assert words in text_of(shown), words
    picture = re.search(r"<figure.*?</figure>", shown.raw.decode(), re.DOTALL)[0]
    drawn = re.sub(r"<figcaption>.*?</figcaption>", "", picture, flags=re.DOTALL)
    assert [drawn.count(shape) for shape in ("mark-late", "<circle", "<rect")] == [1, 1, 2]
    assert "5 days left" not in text_of(await browser.get("/obligations?show=theirs"))
    bars = re.findall(r'<svg class="clock-bar standing-(\w+)"[^>]*aria-label="(\d+) % of', shown.raw.decode())
    assert [share == "100" for _, share in bars] == [True, False, False, False]
    assert [how for how, _ in bars if how not in ("today", "soon")] == ["late", "later"]


async def test_evidence_ends_a_negotiated_duty_and_stands_beside_any_other_of_ones_own(rooms, house):
    browser = await house.signed_in(await house.staff(ADMIN))
    own = await owe(rooms, house, clause="custom.yearly-report", subject="anniversary/1", by="controller")
    built_in = await owe(rooms, house, clause="end.return", subject="end/1", by="controller")
    theirs = await owe(rooms, house)

    async def attach(obligation, content=b"the minutes"):
        path = f"/obligations/{house.id}/{obligation}/evidence"
        headers = {"origin": "http://localhost", "x_csrf": await browser.token(), "x_file_name": "minutes%20%C3%A9.pdf",
                   "content_type": "application/octet-stream"}  # fmt: skip
        return await browser.raw(path, content, **headers)

    for obligation, status in ((own, 201), (built_in, 201), (theirs, 422), (own, 422)):
        assert (await attach(obligation)).status == status
    assert (await attach(built_in, b"")).status == 422
    states = {one.id: (one.state, one.proof) for one in await rooms.owing.obligations.listed(house.id)}
    [kept] = await rooms.owing.evidence.listed(house.id, own)
    assert states[own] == ("discharged", f"evidence/{kept.id}")
    assert states[built_in][0] == states[theirs][0] == "open"
    got = await browser.get(f"/obligations/{house.id}/{own}/evidence/{kept.id}")
    assert (got.raw, got.headers["content-disposition"]) == (
        b"the minutes",
        "attachment; filename*=UTF-8''minutes%20%C3%A9.pdf",
    )
    ended, running = [(await browser.get(f"/obligations/{house.id}/{one}")).raw.decode() for one in (own, built_in)]
    assert kept.digest in ended
    for page, standing in ((ended, "It stands still since"), (running, "% of the time has passed")):
        assert (page.count('class="dial"'), standing in page) == (1, True)
    kinds = [entry["kind"] for entry in await house.entries()]
    assert (kinds.count("evidence-attached"), kinds.count("evidence-read")) == (2, 1)
    async with rooms.data.transaction(house.id) as tx:
        rows = await tx.fetch("SELECT sealed FROM bailee.obligation_evidence WHERE controller_id = $1", house.id)
    assert not any(b"minutes" in row["sealed"] for row in rows)


async def test_the_api_lists_reads_and_takes_evidence_for_ones_own_side(rooms, hold, house):
    late, ours = (
        await owe(rooms, house, days=-1),
        await owe(rooms, house, clause="custom.x", subject="a/1", by="controller"),
    )
    system, staff = await system_of(house), await operator(rooms)
    listed = await system("GET", "/api/v1/obligations")
    assert [(one["id"], one["late"]) for one in listed.body] == [(str(late), True), (str(ours), False)]
    assert (await system("GET", f"/api/v1/obligations/{late}")).body["rule"] == "72 hours after it came"
    evidence = {"name": "x.txt", "content": "aGVsbG8="}
    assert (await system("POST", f"/api/v1/obligations/{late}/evidence", evidence)).body["type"].endswith("not-yours")
    assert (await system("POST", f"/api/v1/obligations/{ours}/evidence", {**evidence, "content": "?"})).status == 422
    assert (await system("POST", f"/api/v1/obligations/{ours}/evidence", evidence)).status == 201
    assert (await system("POST", f"/api/v1/obligations/{ours}/evidence", evidence)).body["type"].endswith("not-open")
    assert [one["id"] for one in (await system("GET", "/api/v1/obligations", query="show=ended")).body] == [str(ours)]
    every = await staff("GET", "/api/v1/obligations")
    assert str(late) in {one["id"] for one in every.body}
    assert [one["id"] for one in (await staff("GET", "/api/v1/obligations", query=f"controller={house.id}")).body] == [
        str(late)
    ]
    assert (await staff("GET", "/api/v1/obligations", query="show=ended")).status == 400
    assert (await staff("GET", f"/api/v1/obligations/{late}")).status == 404, "an operator says whose"
    stranger = await system_of(Household(rooms, (held := await hold(1)).id, held))
    for path, query in ((f"/api/v1/obligations/{late}", ""), ("/api/v1/obligations", f"controller={house.id}")):
        assert (await stranger("GET", path, query=query)).status == 404, path
    assert (await stranger("POST", f"/api/v1/obligations/{late}/evidence", evidence)).status == 409


async def test_a_calendar_shows_clocks_until_its_link_is_revoked(rooms, house):
    await owe(rooms, house, days=9, reminders=(7,))
    await owe(rooms, house, subject="complaint/2", days=-1)
    browser, visitor = await house.signed_in(await house.staff(ADMIN)), Browser(house.app)
    made = await browser.post("/obligations/calendars", act="make")
    path = re.search(r"/calendar/[\w-]+\.ics", made.raw.decode())[0]
    shown = await visitor.get(path)
    assert (shown.status, shown.headers["content-type"]) == (200, "text/calendar; charset=utf-8")
    lines = unfolded(shown.raw)
    assert [lines.count(one) for one in ("BEGIN:VEVENT", "BEGIN:VALARM", "PRIORITY:1")] == [2, 1, 1]
    assert any(line.startswith("SUMMARY:Late: Pass a complaint on") for line in lines)
    wrong = path.replace(".ics", "")
    for other in (
        wrong[:-6] + ("B" if wrong[-6] == "A" else "A") + wrong[-5:] + ".ics",
        wrong,
        "/calendar/x.ics",
        "/calendar/" + "A" * 300 + ".ics",
        path[:-8] + ".ics",
    ):
        assert (await visitor.get(other)).status == 404, other
    [link] = await rooms.owing.calendars.listed(house.id)
    assert (await browser.post("/obligations/calendars", act="revoke", calendar=str(link.id))).status == 303
    assert (await visitor.get(path)).status == 404
    kinds = [entry["kind"] for entry in await house.entries()]
    assert kinds.count("calendar-made") == kinds.count("calendar-revoked") == 1


async def test_a_calendar_by_api_and_the_platforms_own_shows_every_controllers(rooms, house):
    what = await owe(rooms, house)
    staff = await operator(rooms)
    made = await staff("POST", "/api/v1/obligations/calendars", {"language": "fr"})
    shown = unfolded((await Browser(house.app).get(made.body["path"])).raw)
    assert f"UID:{what}@bailee" in shown
    assert any("Transmettre une réclamation" in line for line in shown)
    listed = (await staff("GET", "/api/v1/obligations/calendars")).body
    assert made.body["id"] in {one["id"] for one in listed}
    assert (await staff("DELETE", f"/api/v1/obligations/calendars/{made.body['id']}")).status == 204
    assert (await staff("DELETE", f"/api/v1/obligations/calendars/{made.body['id']}")).status == 404


def unfolded(raw: bytes) -> list[str]:
    """The lines of a calendar, put together again; each part is short, and ends as it must."""
    assert raw.endswith(b"END:VCALENDAR\r\n")
    parts = raw.removesuffix(b"\r\n").split(b"\r\n")
    assert max(map(len, parts)) <= 75
    assert b"\n" not in b"".join(parts)
    lines: list[bytes] = []
    for part in parts:
        if part.startswith(b" "):
            lines[-1] += part[1:]
        else:
            lines.append(part)
    return [line.decode() for line in lines]


async def test_the_first_pages_picture_is_never_more_than_the_list_says(rooms, house):
    for number in range(9):
        await owe(rooms, house, subject=f"complaint/{number}", days=4)
    browser = await house.signed_in(await house.staff(ADMIN))
    shown = (await browser.get("/obligations")).raw.decode()
    assert shown.count("mark-theirs") == 7 + 1, "and one in the legend"
    assert "+2</text>" in shown, "and the list holds all nine"
    [week] = re.findall(r'week-theirs".*?</svg> (\d+)<', shown, re.DOTALL)
    assert week == "9", "and so do the weeks of a phone"
    assert shown.count("days left") == 9

"""Pages of breaches: an officer in a hurry opens one and the notice leaves; the controller reads, takes along and answers."""

import json
import re
from datetime import timedelta

import pytest
from tests.household import ADMIN, DPO, OPERATOR, Household
from tests.integration.test_breaches import Office, clock, office  # noqa: F401 -- fixtures

OFFICER = "processor-dpo"


class Console:
    """An officer of the processor, and the two controllers' people."""

    def __init__(self, office: Office, app) -> None:  # noqa: F811
        self.office, self.app = office, app

    async def officer(self):
        platform = Household(self.office.rooms, self.office.rooms.platform)
        platform.app = self.app
        return await platform.signed_in(await platform.staff(OFFICER))

    async def member(self, holder, *roles: str):
        house = Household(self.office.rooms, holder.id, holder)
        self.app, house.app = house.app, house.app
        return await house.signed_in(await house.staff(*(roles or (DPO,))))


@pytest.fixture
def console(office):  # noqa: F811
    house = Household(office.rooms, office.holders[0].id, office.holders[0])
    return Console(office, house.app)


async def opened(browser, office, *holders, act="tell", **more) -> str:  # noqa: F811
    pairs = [("controllers", str(one.id)) for one in holders]
    fields = {"what": "A laptop was stolen.", "act": act, **more}
    answer = await browser.post("/breaches/new", *pairs, ("natures", "confidentiality"), **fields)
    assert answer.status == 303, answer.raw
    return answer.headers["location"]


async def test_from_a_finding_to_the_notice_in_one_screen(console, office):  # noqa: F811
    one, other = office.holders
    browser = await console.officer()
    assert b"No breach" in (await browser.get("/breaches")).raw
    form = (await browser.get("/breaches/new")).raw
    assert one.company.name.encode() in form
    page = await opened(browser, office, one)
    assert b"being sent" in (await browser.get(page)).raw
    await office.go_on()
    assert len(office.keeping.mails) == 1
    shown = (await browser.get(page)).raw.decode()
    assert "told after" in shown
    assert "A laptop was stolen." in shown
    assert 'hx-trigger="every 2s"' not in shown, "nothing moves any more"
    assert one.company.name in (await browser.get(f"{page}/progress")).raw.decode()
    assert b"told" in (await browser.get("/breaches")).raw
    assert (await browser.get(page.replace("/breaches/", "/breaches/x"))).status == 404


async def test_what_is_sent_with_a_mistake_comes_back_as_it_was_typed(console, office):  # noqa: F811
    browser = await console.officer()
    later = (office.now() + timedelta(days=2)).strftime("%Y-%m-%dT%H:%M")
    for fields, words in (
        ({"aware": later}, b"Nobody was aware of it later than now."), ({"aware": "soon"}, b"Something is missing"),
        ({"aware": "0001-01-01T00:00"}, b"Something is missing"), ({"kind": "access"}, b"Something is missing"),
        ({"kind": "access", "since": "2026-01-01T10:00"}, b"Say whose accesses are counted"),
        ({"kind": "access", "since": "2026-01-01T10:00", "credential": "x"}, b"Something is missing"),
    ):  # fmt: skip
        answer = await browser.post("/breaches/new", act="tell", what="Somebody saw <b>it</b>.", **fields)
        assert answer.status == 422
        assert words in answer.raw
        assert b"Somebody saw &lt;b&gt;it&lt;/b&gt;." in answer.raw
    assert await office.breaches.keeping.breaches() == []


async def test_an_instant_is_read_in_the_zone_of_whoever_typed_it(console, office):  # noqa: F811
    browser = await console.officer()
    for zone, hour in (("Europe/Paris", 9), ("", 10), ("no/where", 10), ("../../etc/passwd", 10)):
        page = await opened(browser, office, act="open", aware="2026-01-05T10:00", zone=zone)
        found = await office.breaches.keeping.breach(
            office.breaches.keeping.platform.__class__(page.rpartition("/")[2])
        )
        assert (found.aware_at.day, found.aware_at.hour) == (5, hour)


async def test_a_suspicion_is_confirmed_or_dismissed(console, office):  # noqa: F811
    one, _ = office.holders
    browser = await console.officer()
    page = await opened(browser, office, act="finding")
    assert b"Confirm it: the clock runs" in (await browser.get(page)).raw
    assert (await browser.post(page, act="tell")).status == 409
    answer = await browser.post(page, ("controllers", str(one.id)), act="confirm", tell="yes")
    assert answer.status == 303
    await office.go_on()
    assert len(office.keeping.mails) == 1
    page = await opened(browser, office, act="finding")
    assert (await browser.post(page, act="dismiss", reason="")).status == 422
    assert (await browser.post(page, act="dismiss", reason="A drill.")).status == 303
    assert b"A drill." in (await browser.get(page)).raw
    assert b"dismissed" in (await browser.get("/breaches")).raw
    assert (await browser.post(page, act="nothing")).status == 404


async def test_every_step_of_a_breach_from_its_page(console, office, profile):  # noqa: F811
    one, other = office.holders
    crm = await one.client()
    person, record = await crm.person(profile)
    assert (await crm("GET", f"/api/v1/persons/{person}/profile/{record}")).status == 200
    browser = await console.officer()
    since = (office.now() - timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M")
    page = await opened(browser, office, act="open", kind="access", actor="system:crm", since=since, search="yes")
    assert re.search(r"\d accesses", (await browser.get(page)).raw.decode()), "at which controllers they were"
    assert (await browser.post(page, ("controllers", str(one.id)), act="concern", tell="yes")).status == 303
    await office.go_on()
    shown = (await browser.get(page)).raw.decode()
    assert "counted from the recorded accesses" in shown
    assert "pretend to come from the controller" in shown, "a suggestion"

    def version(name: str) -> str:
        form = re.search(rf'name="act" value="{name}">(.*?)</form>', shown, re.DOTALL)[1]
        return re.search(r'name="version" value="(\d+)"', form)[1]

    described = {"what": "A laptop was stolen and found.", "consequences": "Letters.", "measures": "It is wiped."}
    assert (await browser.post(page, act="describe", version=version("describe"), **described)).status == 303
    assert (await browser.post(page, act="describe", version=version("describe"), **described)).status == 409
    figured = {"controller": str(one.id), "persons_number": "40", "records_number": "", "reason": "seen on paper"}
    wrong = await browser.post(page, act="figure", version=version("figure"), **figured | {"persons_number": "many"})
    assert wrong.status == 422
    assert (
        await browser.post(page, ("categories", "name"), act="figure", version=version("figure"), **figured)
    ).status == 303
    assert (await browser.post(page, act="tell", news="It was found.")).status == 303
    assert (await browser.post(page, act="scope", kind="store", store="backup", since=since)).status == 303
    assert (await browser.post(page, act="scope")).status == 422
    assert (
        await browser.post(page, act="scope", kind="access", since=since, actor="system:crm", search="yes")
    ).status == 303
    await office.go_on()
    shown = (await browser.get(page)).raw.decode()
    for words in ("seen on paper", "upper bound", "Computed, number 2", "It was found.", "Follow-up notice"):
        assert words in shown
    assert (await browser.post(page, act="close")).status == 409
    assert (await browser.post(page, act="closing", news="")).status == 303
    await office.go_on()
    assert (await browser.post(page, act="close")).status == 303
    assert b"closed" in (await browser.get(page)).raw
    [case] = await office.promised.breach_files.cases(one.id)
    at = await browser.get(f"/breaches/at/{one.id}/{case.id}")
    assert at.headers["location"] == page
    assert (await browser.get(f"/breaches/at/{other.id}/{case.id}")).status == 404
    assert len(office.keeping.mails) == 3


async def test_who_is_told_in_another_way_is_noted_on_the_page(console, office, rooms):  # noqa: F811
    from bailee.gate import queries as gate

    gone = office.holders[1]
    async with rooms.data.transaction(gone.id) as tx:
        await tx.execute(gate.CLOSE_GATE, gone.id, "destroyed")
    browser = await console.officer()
    page = await opened(browser, office, gone)
    assert b"Nothing is agreed with it any more" in (await browser.get(page)).raw
    told = {"act": "told", "controller": str(gone.id)}
    assert (await browser.post(page, **told, how="")).status == 422
    assert (await browser.post(page, **told, how="by registered letter")).status == 303
    assert b"by registered letter" in (await browser.get(page)).raw


async def test_the_controller_reads_takes_along_and_says_what_it_did(console, office, profile):  # noqa: F811
    one, other = office.holders
    house = Household(office.rooms, one.id, one)
    await house.alone()
    crm = await one.client()
    person, _ = await crm.person(profile)
    gone, _ = await crm.person(profile | {"user_name": "x" + profile["user_name"], "email": "x" + profile["email"]})
    officer = await console.officer()
    since = (office.now() - timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M")
    await opened(officer, office, one, other, kind="store", store="data-server", since=since)
    mine = await console.member(one, ADMIN)
    await crm("DELETE", f"/api/v1/persons/{gone}")
    await office.go_on()
    listed = (await mine.get("/breach-notices")).raw.decode()
    assert "yours to decide" in listed
    [page] = set(re.findall(r'href="(/breach-notices/[0-9a-f-]{36})"', listed))
    shown = (await mine.get(page)).raw.decode()
    for words in ("Your own 72 hours", "A laptop was stolen.", "left", "Take the list with names"):
        assert words in shown
    assert other.company.name not in shown
    pdf = await mine.get(
        f"{page}/file",
    )
    assert (pdf.status, pdf.raw[:5]) == (200, b"%PDF-")
    assert json.loads((await mine.get(f"{page}/file?form=json")).raw)["what_happened"] == "A laptop was stolen."
    draft = (await mine.get(f"{page}/draft?language=fr")).raw.decode()
    assert "Bonjour," in draft
    names = await mine.post(f"{page}/persons", form="names")
    assert names.status == 200, names.raw
    assert profile["email"] in names.raw.decode()
    ids = [json.loads(line) for line in (await mine.post(f"{page}/persons", form="ids")).raw.splitlines()]
    assert {row["person"]: row["held"] for row in ids} == {person: True, gone: False}
    taken = [entry for entry in await office.log(one.id) if entry["kind"] == "handed-over"]
    assert [entry["details"]["persons"] for entry in taken] == [1, 2]
    exports = (await mine.get("/exports")).raw
    assert exports.count(b"<tr>") >= 2
    assert (await mine.post(page, kind="nonsense")).status == 404
    assert (await mine.post(page, kind="persons-not-told", words="")).status == 422
    assert (await mine.post(page, kind="authority-told", words="26-0042")).status == 303
    assert b"26-0042" in (await mine.get(page)).raw
    theirs = await console.member(other)
    assert (await theirs.get(page)).status == 404
    for path in ("", "/file", "/draft"):
        assert (await theirs.get(page + path)).status == 404
    reader = await console.member(one, OPERATOR)
    assert (await reader.get(page)).status == 403


async def test_a_list_of_people_waits_for_a_second_person_where_the_controller_wants_one(console, office, profile):  # noqa: F811
    one, _ = office.holders
    await (await one.client()).person(profile)
    officer = await console.officer()
    since = (office.now() - timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M")
    await opened(officer, office, one, kind="store", store="backup", since=since)
    mine = await console.member(one, ADMIN)
    await console.member(one, ADMIN)
    await office.go_on()
    [case] = await office.promised.told.listed(one.id)
    answer = await mine.post(f"/breach-notices/{case.id}/persons", form="ids")
    assert (answer.status, answer.headers["location"][:11]) == (303, "/approvals/")

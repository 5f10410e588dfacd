"""Pages of messages: the form that anyone may use, the staff who decide, the controller who reads what is its own."""

import re
from urllib.parse import quote, urlencode
from uuid import UUID

import pytest
from tests.browsing import PASSWORD, Browser
from tests.household import ADMIN, VIEWER, Household
from tests.integration.test_direct_requests import Desk, mail, newest

from bailee.clauses.direct_requests.asking import RATE
from bailee.clauses.direct_requests.events import Received, Written
from bailee.clauses.direct_requests.rights import GUIDES, REQUESTS

TEXT = "Bonjour, effacez mes données. <script>alert(1)</script>"


@pytest.fixture
async def house(hold, rooms):
    holder = await hold()
    return Household(rooms, holder.id, holder)


@pytest.fixture
async def desk(rooms):
    return Desk(rooms)


async def hand_over(browser, path="/ask", **fields):
    return await browser.post(path, **({"text": TEXT, "reply_to": "jo@elsewhere.example"} | fields))


def without_chance(reply) -> bytes:
    return re.sub(rb'name="once" value="[^"]*"', b"", reply.raw)


async def test_anyone_hands_a_message_over_in_either_language_without_script_or_cookie(house, desk):
    browser = Browser(house.app, "198.51.100.1")
    form = await browser.get("/ask")
    assert form.status == 200
    assert b'action="/ask"' in form.raw
    french = await browser.get("/ask", accept_language="fr")
    assert "Écrire au sujet de vos données" in french.raw.decode()
    done = await hand_over(browser, asks="A17", known_as="K-17")
    assert b"Your message is safe with us." in done.raw
    await desk.messages.due()
    found = await newest(desk)
    _, read = await desk.messages.opened(found.message_id, by="tests")
    assert (found.channel, read.text, read.known_as) == ("form", TEXT, ("jo@elsewhere.example", "K-17"))
    assert found.kinds == ("A17",)


async def test_the_answer_tells_nothing_of_who_is_held_or_which_companies_there_are(house, desk, profile):
    await (await house.holder.client()).person(profile)
    slug = await desk.promised.slugs.of(house.id)
    browser = Browser(house.app, "198.51.100.2")
    forms = [await browser.get(f"/ask/{one}") for one in (slug, "aaaaaaaaaaaaaaaa")]
    assert len({without_chance(one).replace(slug.encode(), b"aaaaaaaaaaaaaaaa") for one in forms}) == 1
    assert house.holder.company.name.encode() not in forms[0].raw
    answers = [
        await hand_over(browser, reply_to=profile["email"]),
        await hand_over(browser),
        await hand_over(browser, company=house.holder.company.name),
        await hand_over(browser, company="No such company"),
        await hand_over(browser, f"/ask/{slug}"),
        await hand_over(browser, "/ask/aaaaaaaaaaaaaaaa"),
    ]
    assert (
        len({(one.status, one.raw.replace(slug.encode(), b"")) for one in answers}) <= 3
    )  # the path in its language form
    assert {one.status for one in answers} == {200}
    await desk.messages.due()
    [first, second] = await desk.letters(house.id)
    assert {first.values["channel"], second.values["channel"]} == {"form"}


async def test_a_form_sent_twice_is_one_message(house, desk, profile):
    await (await house.holder.client()).person(profile)
    browser = Browser(house.app, "198.51.100.3")
    for _ in range(2):
        await hand_over(browser, reply_to=profile["email"], once="a-chance-of-this-form")
    await desk.messages.due()
    assert len(await desk.letters(house.id)) == 1


async def test_what_is_missing_or_too_long_is_said_and_kept_in_the_form(house):
    browser = Browser(house.app, "198.51.100.4")
    for fields, words in (
        ({"text": " "}, b"Say what you ask for"),
        ({"text": "x" * 8001}, b"At most 8,000 characters"),
        ({"reply_to": "jo"}, b"An e-mail address at which you can be answered"),
        ({"reply_to": "a@b.example, c@d.example"}, b"An e-mail address"),
    ):
        reply = await hand_over(browser, **fields)
        assert (reply.status, words in reply.raw) == (422, True), fields
    kept = await hand_over(browser, reply_to="jo", name="<b>Jo</b>")
    assert b"&lt;b&gt;Jo&lt;/b&gt;" in kept.raw
    assert b"<script>alert" not in kept.raw
    large = await browser.raw("/ask", b"text=" + b"x" * 1_100_000, origin="http://localhost")
    assert large.status in (400, 413)


async def test_one_source_that_hurries_is_told_to_wait_and_nobody_else(house):
    browser = Browser(house.app, "198.51.100.5")
    answers = [(await hand_over(browser)).status for _ in range(RATE.burst + 1)]
    assert answers == [200] * RATE.burst + [429]
    assert (await hand_over(Browser(house.app, "198.51.100.6"))).status == 200


async def test_a_form_of_another_site_is_refused(house):
    browser = Browser(house.app, "198.51.100.7")
    reply = await browser.raw("/ask", b"text=x&reply_to=a@b.example", origin="https://evil.example")
    assert reply.status == 403


async def test_staff_decide_what_nobody_is_found_for_and_see_no_content_of_what_went_on(house, desk, rooms):
    platform = Household(rooms, rooms.platform)
    officer = await platform.signed_in(await platform.staff("processor-dpo"))
    written = Written(reply_to="jo@elsewhere.example", text=TEXT, company="Nobody we know")
    message = await desk.keeping.take_in(Received(channel="api", received_at=rooms.clock.now(), written=written))
    await desk.messages.due()
    listed = (await officer.get("/messages")).raw.decode()
    assert f"/messages/{message}" in listed
    assert "not one of ours" in listed
    shown = (await officer.get(f"/messages/{message}")).raw.decode()
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in shown
    assert house.holder.company.name in shown
    none = await officer.post(f"/messages/{message}", act="assign")
    assert none.status == 422
    looked = await officer.post(f"/messages/{message}", act="look", known_as="nobody@elsewhere.example")
    assert b"Nobody holds a person known so." in looked.raw
    bare = await rooms.filing.open_dossier("Nobody yet SA", by="tests")
    both = ("controllers", str(house.id)), ("controllers", str(bare))
    refused = await officer.post(f"/messages/{message}", *both, act="assign")
    assert (refused.status, b"Nothing is agreed with one of them" in refused.raw) == (409, True)
    assert await desk.letters(house.id) == [], "all of them or none"
    done = await officer.post(f"/messages/{message}", ("kinds", "A17"), act="assign", controllers=str(house.id))
    assert done.headers["location"] == "/messages"
    again = await officer.post(f"/messages/{message}", act="dismissed")
    assert again.status in (404, 409)
    assert (await officer.get(f"/messages/{message}")).status == 404
    passed = (await officer.get("/messages/forwarded")).raw.decode()
    assert house.holder.company.name in passed
    assert "elsewhere.example" not in passed
    for tab in ("own", "aside", "nonsense"):
        assert (await officer.get(f"/messages?tab={tab}")).status == 200
    opened = [one for one in await platform.entries() if one["kind"] == "message-opened"]
    assert [one["details"]["message"] for one in opened if one["details"]["message"] == str(message)] != []


async def test_own_and_dismissed_are_acts_of_staff(desk, rooms):
    platform = Household(rooms, rooms.platform)
    officer = await platform.signed_in(await platform.staff("processor-dpo"))
    found = await desk.passed_on(mail("jo@elsewhere.example", "Hello there", "Hello"))
    for act, state in (("own", "own"), ("answered", "own"), ("dismissed", "dismissed")):
        await officer.post(f"/messages/{found.message_id}", act=act)
        assert (await desk.keeping.find(found.message_id)).state == state
    assert (await officer.post(f"/messages/{found.message_id}", act="nonsense")).status == 404


async def test_a_complaint_about_a_company_that_is_not_served_is_decided_by_staff_and_its_clock_ends(desk, rooms):
    platform = Household(rooms, rooms.platform)
    officer = await platform.signed_in(await platform.staff("processor-dpo"))
    found = await desk.passed_on(mail("jo@elsewhere.example", "I want to complain: you shared my data."))
    assert (found.state, found.kinds) == ("unassigned", ("A77",))
    assert b"It concerns no controller of ours" in (await officer.get(f"/messages/{found.message_id}")).raw
    done = await officer.post(f"/messages/{found.message_id}", act="nobody")
    assert done.headers["location"] == "/messages"
    assert b"Decided: it concerns no controller of ours" in (await officer.get("/messages?tab=aside")).raw
    [clock] = [
        one for one in await desk.promised.obligations.listed(rooms.platform)
        if one.promise.subject == f"message/{found.message_id}"
    ]  # fmt: skip
    assert (clock.promise.clause, clock.state) == ("rights.complaint", "discharged")
    assert clock.proof.startswith("entry/")


async def test_whoever_follows_the_link_of_a_letter_comes_to_its_page_once_they_have_signed_in(house, desk, profile):
    await (await house.holder.client()).person(profile)
    await desk.passed_on(mail(profile["email"]))
    [one] = await desk.promised.direct.listed(house.id)
    await house.staff(ADMIN, address="dpo@alpages.example", password=PASSWORD)
    browser = Browser(house.app)
    assert (await browser.get(f"/received/{one.id}")).headers["location"] == "/sign-in"
    into = await house.by_password("dpo@alpages.example", browser)
    assert into.headers["location"] == "/me/sign-in", "a second factor first"
    assert (await browser.get("/me/sign-in")).status == 200
    plain = await house.resident(profile | {"email": "kit@alpages.example"}, password=PASSWORD)
    assert plain
    other = Browser(house.app)
    assert (await other.get("/me/rights")).headers["location"] == "/sign-in"
    assert (await house.by_password("kit@alpages.example", other)).headers["location"] == "/me/rights"
    assert "back" not in other.cookies
    for odd in ("//evil.example", "/\\evil.example", "https://evil.example/"):
        third = Browser(house.app)
        third.cookies["back"] = quote(odd, safe="")
        assert (await house.by_password("kit@alpages.example", third)).headers["location"] == "/", odd
    assert "back" not in Browser(house.app).cookies
    posted = Browser(house.app)
    await posted.post("/people/search")
    assert "back" not in posted.cookies, "a form is not sent twice"


async def test_a_page_that_says_no_leads_back_to_where_one_was_and_gives_back_what_was_typed(house, desk, profile):
    await (await house.holder.client()).person(profile)
    await desk.passed_on(mail(profile["email"]))
    browser = await house.signed_in(await house.staff(ADMIN))
    [asked] = await desk.promised.rights.keeping.listed(house.id)
    path, words = f"/requests/{asked.id}", "It is <b>not</b> ours: please ask the other company."
    form = {"act": "ask-identity", "words": words, "csrf": await browser.token(), "password": PASSWORD}
    for referer, leads in ((f"http://localhost{path}?x=1", True), ("https://evil.example/a", False), ("", False)):
        sent = urlencode(form | {"version": "99"}).encode()
        said = await browser.raw(path, sent, origin="http://localhost", **({"referer": referer} if referer else {}))
        assert said.status == 409
        text = said.raw.decode()
        assert (f'href="{path}"' in text) == leads, referer
        assert "evil" not in text
        assert "It is &lt;b&gt;not&lt;/b&gt; ours: please ask the other company." in text
        assert PASSWORD not in text
        assert form["csrf"] not in text
    french = await browser.raw(
        path, sent, origin="http://localhost", referer="http://localhost/x", accept_language="fr"
    )
    assert "Revenir à la page précédente" in french.raw.decode()


async def test_a_controller_reads_its_own_corrects_it_and_no_other_can(house, desk, hold, profile, rooms):
    await (await house.holder.client()).person(profile)
    await desk.passed_on(mail(profile["email"]))
    browser = await house.signed_in(await house.staff(ADMIN))
    [one] = await desk.promised.direct.listed(house.id)
    assert f"/received/{one.id}" in (await browser.get("/received")).raw.decode()
    shown = (await browser.get(f"/received/{one.id}")).raw.decode()
    assert profile["email"] in shown
    assert "Nobody has answered the person" in shown
    assert one.kinds, "a right was recognised"
    linked = re.findall(r'href="(/requests/guides/[a-z-]+)"', shown)
    assert len(linked) == len(one.kinds)
    assert [(await browser.get(guide)).status for guide in linked] == [200] * len(linked)
    saved = await browser.get(f"/received/{one.id}/original")
    assert saved.headers["content-disposition"] == 'attachment; filename="message.eml"'
    assert saved.headers["content-type"].startswith("application/octet-stream")
    await browser.post(f"/received/{one.id}", ("kinds", "A77"), kinds="A15")
    assert (await desk.promised.direct.one(house.id, one.id)).kinds == ("A15", "A77")
    asked = {str(each.right): each for each in await desk.promised.rights.keeping.listed(house.id)}
    void = (await browser.get(f"/requests/{asked['erasure'].id}")).raw.decode()
    assert "a human read the message otherwise" in void
    assert f"/received/{one.id}" in (await browser.get(f"/requests/{asked['access'].id}")).raw.decode()
    other = await hold(1)
    stranger = Household(rooms, other.id, other)
    theirs = await stranger.signed_in(await stranger.staff(ADMIN))
    unknown = UUID(int=7)
    for path in ("/received/{}", "/received/{}/original"):
        foreign, none = await theirs.get(path.format(one.id)), await theirs.get(path.format(unknown))
        assert (foreign.status, foreign.raw.replace(str(one.id).encode(), b"")) == (
            404, none.raw.replace(str(unknown).encode(), b"")
        )  # fmt: skip
    assert (await theirs.post(f"/received/{one.id}", kinds="A15")).status == 404
    viewer = await house.signed_in(await house.staff(VIEWER))
    assert (await viewer.get("/received")).status == 403


async def test_every_right_that_a_message_may_be_about_has_its_guide(house):
    assert set(GUIDES) == set(REQUESTS)
    browser = await house.signed_in(await house.staff(ADMIN))
    assert {(await browser.get(f"/requests/guides/{name}")).status for name in GUIDES.values()} == {200}
    for page in ("/requests", "/requests/new", "/rights"):
        shown = (await browser.get(page)).raw.decode()
        assert [name for name in GUIDES.values() if f'href="/requests/guides/{name}"' not in shown] == [], page

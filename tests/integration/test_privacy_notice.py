"""The privacy notice: made from what is in force, hosted, embedded, versioned, and remembered as shown."""

import hashlib
from datetime import UTC, datetime
from uuid import UUID

import msgspec
import pytest
from tests.agreed import in_force
from tests.browsing import PASSWORD, Browser
from tests.household import ADMIN, VIEWER, Household
from tests.integration.test_direct_requests import Desk, instructed

from bailee.api.application import Application
from bailee.clauses.privacy_notice import composing, deadlines
from bailee.clauses.privacy_notice.commands import NoNotice, Notices
from bailee.clauses.privacy_notice.events import Filled, OfPurpose
from bailee.clauses.privacy_notice.rendering import changes
from bailee.serving import control_plane, data_plane
from bailee.vocabulary.places import EU27


@pytest.fixture
async def house(hold, rooms):
    holder = await hold()
    return Household(rooms, holder.id, holder)


@pytest.fixture
def notices(house) -> Notices:
    made = house.wings.promised.notices

    return made


def whole(force) -> Filled:
    known = {p for group in ("user", "administrator", "employee", "partner") for p in composing.purposes(force, group)}
    words = {"en": "three years", "fr": "trois ans"}
    return Filled(
        contact="privacy@alpages.example",
        purposes={one: OfPurpose(ground="contract", kept=words) for one in known},
        obligatory={"en": "You must, to have an account.", "fr": "Il le faut, pour avoir un compte."},
    )


def test_every_member_state_has_its_authority_and_the_list_is_dated():
    held = composing.authorities()
    assert set(held["authorities"]) == EU27
    assert all(one["name"] and one["site"].startswith("https://") for one in held["authorities"].values())
    assert held["as_of"].year >= 2026


def test_what_the_law_asks_for_and_nobody_has_filled_in_is_named():
    force = in_force()
    nothing = composing.gaps(force, Filled(), "en")
    assert {"contact", "obligatory", "ground/account-management", "kept/account-management"} <= set(nothing)
    assert composing.gaps(force, whole(force), "en") == ()
    purposes = dict(whole(force).purposes) | {"support": OfPurpose(ground="legitimate-interests", kept={"en": "x"})}
    half = Filled(contact="x", purposes=purposes, obligatory={"en": "x"})
    assert composing.gaps(force, half, "en") == ("interests/support",)
    assert "kept/account-management" in composing.gaps(force, Filled(contact="x", purposes=purposes), "de")


def test_a_reminder_says_that_it_is_ours():
    force = in_force()
    owed = deadlines.missing("contact", force.agreement, force.digest, datetime(2026, 11, 1, 12, tzinfo=UTC))
    assert (owed.owed_by, owed.owed_to, owed.clause) == ("controller", "person", "rights.inform")
    assert "ours" in owed.due.rule
    assert owed.binding.date().isoformat() == "2026-12-01"


async def test_the_notice_says_what_is_in_force_and_changes_with_it(house, notices, rooms):
    first = await notices.current(house.id, "user", "en")
    text = first.content.decode()
    for words in (
        "Coopérative des Alpages",
        "Passerelle SAS",
        "Managing accounts",
        "CNIL",
        "30 days",
        "postal address",
    ):
        assert words in text, words
    assert "Your data stay in the European Union." in text
    assert "search index" in text
    assert hashlib.sha256(first.content).hexdigest() == first.version.digest
    assert (await notices.current(house.id, "user", "en")).version == first.version, "nothing has changed"
    await notices.fill(house.id, whole(await notices.in_force(house.id)), by="staff")
    second = await notices.current(house.id, "user", "en")
    assert (second.version.number, "three years" in second.content.decode()) == (2, True)
    document = instructed(house.holder, rooms.clock.now(), "an insurer")
    await rooms.filing.file(house.id, document, by="tests")
    third = await notices.current(house.id, "user", "en")
    assert third.version.number == 3
    assert "an insurer" in third.content.decode()
    french = (await notices.current(house.id, "user", "fr")).content.decode()
    assert "Gérer les comptes" in french
    assert "trois ans" in french
    assert "30 jours" in french
    assert await notices.text(house.id, first.version.digest) == first.content
    with pytest.raises(NoNotice):
        await notices.current(house.id, "nobody", "en")


async def test_gaps_are_owed_by_the_controller_until_they_are_filled(house, notices):
    promised = house.wings.promised
    assert await notices.due(house.id) > 3
    assert await notices.due(house.id) == 0
    owed = [one for one in await promised.obligations.listed(house.id) if one.promise.clause == "rights.inform"]
    assert {one.state for one in owed} == {"open"}
    await notices.fill(house.id, whole(await notices.in_force(house.id)), by="staff")
    owed = [one for one in await promised.obligations.listed(house.id) if one.promise.clause == "rights.inform"]
    assert {one.state for one in owed} == {"discharged"}


async def test_a_gap_that_an_amendment_leaves_is_the_same_gap_and_ends_when_it_is_filled(house, notices, rooms):
    force = await notices.in_force(house.id)
    async with rooms.committing.transaction(house.id) as change:
        before = await notices._owe(change, msgspec.structs.replace(force, digest="f" * 64), Filled(), by="tests")
    assert before > 3
    assert await notices.due(house.id) == 0, "the clocks run on from when the gaps were first seen"
    await notices.fill(house.id, whole(force), by="staff")
    found = await house.wings.promised.obligations.listed(house.id)
    assert {one.state for one in found if one.promise.clause == "rights.inform"} == {"discharged"}


async def test_it_is_hosted_framed_and_given_as_a_fragment_for_anyone(house, notices, rooms):
    slug = await house.wings.promised.slugs.of(house.id)
    browser = Browser(house.app)
    page = await browser.get(f"/privacy/{slug}")
    assert page.status == 200
    assert b"Coop" in page.raw
    assert f'href="/ask/{slug}"'.encode() in page.raw
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
    framed = await browser.get(f"/privacy/{slug}/embed?language=fr")
    assert "frame-ancestors https:" in framed.headers["content-security-policy"]
    assert "x-frame-options" not in framed.headers
    assert framed.headers["vary"] == "accept-language, cookie", "a cache keeps the languages apart"
    assert "script-src" not in framed.headers["content-security-policy"]
    assert b"<script" not in framed.raw
    assert "Vos droits" in framed.raw.decode()
    bare = await browser.get(f"/privacy/{slug}/fragment?group=employee")
    assert bare.headers["bailee-notice"] == hashlib.sha256(bare.raw).hexdigest()
    assert bare.headers["access-control-allow-origin"] == "*"
    kept = await browser.get(f"/privacy/{slug}/versions/{bare.headers['bailee-notice']}")
    assert kept.status == 200
    for path in ("/privacy/aaaaaaaaaaaaaaaa", f"/privacy/{slug}?group=nobody", f"/privacy/{slug}/versions/{'0' * 64}",
                 "/privacy/aaaaaaaaaaaaaaaa/embed", f"/privacy/{house.id}"):  # fmt: skip
        assert (await browser.get(path)).status == 404, path


async def test_what_a_controller_fills_in_is_shown_and_runs_nothing(house, notices):
    browser = await house.signed_in(await house.staff(ADMIN))
    assert "things are missing:" in (await browser.get("/privacy-notice")).raw.decode()
    fields = {"contact": "<script>alert(1)</script>", "ground:support": "legitimate-interests",
              "interests:support:en": "to help <b>you</b>", "kept:support:fr": "un an"}  # fmt: skip
    done = await browser.post("/privacy-notice", **fields)
    assert done.headers["location"] == "/privacy-notice"
    slug = await house.wings.promised.slugs.of(house.id)
    shown = (await Browser(house.app).get(f"/privacy/{slug}")).raw.decode()
    assert "&lt;script&gt;alert(1)" in shown
    assert "<script>alert" not in shown
    assert "legitimate interests: to help &lt;b&gt;you&lt;/b&gt;" in shown
    viewer = await house.signed_in(await house.staff(VIEWER))
    assert (await viewer.post("/privacy-notice", contact="x")).status == 403


async def test_who_was_shown_which_version_is_remembered_once_and_goes_with_the_person(house, notices, profile, rooms):
    person = await house.resident(profile)
    browser = await house.signed_in(person)
    page = await browser.get("/me/privacy")
    assert b"Your rights" in page.raw
    await browser.get("/me/privacy")
    [seen] = await notices.seen(house.id, person)
    assert (seen.occasion, seen.group) == ("page", "user")
    kinds = [one["kind"] for one in await house.entries()]
    assert kinds.count("privacy-notice-shown") == 1
    assert [number for one, number in await notices.versions(house.id) if one.digest == seen.digest] == [1]
    await (await house.holder.client())("DELETE", f"/api/v1/persons/{person}")
    assert await notices.seen(house.id, person) == []


async def test_whoever_comes_in_by_an_invitation_is_shown_it_first_and_that_is_remembered(house, notices, profile):
    person, _ = await (await house.holder.client()).person(profile)
    link = await house.wings.accounts.invite(house.id, UUID(person), profile["email"], [], by="tests")
    browser = Browser(house.app)
    into = await browser.post(f"/link/{link.text}", password=PASSWORD)
    assert into.headers["location"] == "/me/privacy/first"
    page = await browser.get("/me/privacy/first")
    assert b"Your rights" in page.raw
    assert b'href="/me"' in page.raw
    assert [(one.person, one.occasion) for one in await notices.seen(house.id, UUID(person))] == [
        (UUID(person), "invitation")
    ]
    staff = await house.invited(ADMIN)
    asked = await Browser(house.app).post(f"/link/{staff.text}", password=PASSWORD)
    assert asked.headers["location"] == "/me/sign-in", "whoever works there sets up a second factor first"


async def test_who_signs_in_is_led_once_to_what_has_changed_since_they_were_last_shown_it(house, notices, profile):
    person, _ = await (await house.holder.client()).person(profile)
    link = await house.wings.accounts.invite(house.id, UUID(person), profile["email"], [], by="tests")
    await Browser(house.app).post(f"/link/{link.text}", password=PASSWORD)
    into = await house.by_password(profile["email"])
    assert into.headers["location"] == "/", "nothing was shown yet"
    await notices.show(house.id, [UUID(person)], "en", "invitation", by="tests")
    into = await house.by_password(profile["email"])
    assert into.headers["location"] == "/", "it is what they were shown"

    await notices.fill(house.id, Filled(contact="<b>new</b>@alpages.example"), by="tests")
    browser = Browser(house.app)
    await browser.get("/me/rights")
    into = await house.by_password(profile["email"], browser)
    assert into.headers["location"] == "/me/privacy/changed?on=%2Fme%2Frights"
    page = (await browser.get(into.headers["location"])).raw.decode()
    assert (
        "Contact: &lt;b&gt;new&lt;/b&gt;@alpages.example"
        in page.partition("What has changed")[2].partition("</section>")[0]
    )
    assert 'href="/me/rights"' in page
    assert [one.occasion for one in await notices.seen(house.id, UUID(person))] == ["sign-in", "invitation"]
    shown = [one for one in await house.entries() if one["kind"] == "privacy-notice-shown"]
    assert [one["details"]["occasion"] for one in shown] == ["invitation", "sign-in"]
    into = await house.by_password(profile["email"])
    assert into.headers["location"] == "/", "once"
    for odd in ("//evil.example", "https://evil.example/"):
        page = (await browser.get(f"/me/privacy/changed?on={odd}")).raw.decode()
        assert ("evil" in page, 'href="/me"' in page) == (False, True), odd


async def test_what_has_changed_is_told_in_the_language_that_it_was_told_in_before(house, notices, profile):
    person = await house.resident(profile)
    await notices.show(house.id, [person], "fr", "import", by="tests")
    assert not await notices.changed(house.id, person)
    await notices.fill(house.id, Filled(contact="new@alpages.example"), by="tests")
    assert await notices.changed(house.id, person)
    browser = await house.signed_in(person)
    english = (await browser.get("/me/privacy/changed")).raw.decode()
    assert "This notice has changed since you were last shown it." in english
    assert "What has changed" not in english, "two languages are not compared line by line"
    assert not await notices.changed(house.id, person)


async def test_staff_and_whoever_is_not_held_are_led_nowhere(house, notices, rooms):
    platform = Household(rooms, rooms.platform)
    officer = await platform.signed_in(await platform.staff("processor-dpo"))
    assert (await officer.get("/me/privacy/changed?on=/notices")).headers["location"] == "/notices"
    assert not await notices.changed(house.id, UUID(int=1))


def test_what_a_notice_says_otherwise_is_told_line_by_line():
    before = b'<p>Kept: <b>one</b> year.</p>\n<tr><th scope="row">A</th><td>b &amp; c</td></tr>\n\n<p>Same.</p>'
    after = b'<p>Kept: two years.</p>\n<tr><th scope="row">A</th><td>b</td></tr>\n<p>Same.</p>'
    assert changes(before, after) == (["Kept: two years.", "A, b"], ["Kept: one year.", "A, b & c"])
    assert changes(after, after) == ([], [])


async def test_a_notice_that_goes_back_to_an_older_text_is_shown_anew(house, notices, profile):
    person = await house.resident(profile)
    first, other = whole(await notices.in_force(house.id)), Filled(contact="other@alpages.example")
    shown = []
    for filled in (first, other, first):
        await notices.fill(house.id, filled, by="staff")
        for _ in range(2):
            shown.append((await notices.show(house.id, [person], "en", "page", by="tests"))[person])
    assert shown[0] == shown[4] != shown[2]
    assert [one.digest for one in await notices.seen(house.id, person)] == [shown[4], shown[2], shown[0]]
    assert [kind for kind in [one["kind"] for one in await house.entries()] if kind == "privacy-notice-shown"] == [
        "privacy-notice-shown"
    ] * 3
    assert [many for one, many in await notices.versions(house.id) if one.group == "user"] == [1, 1, 1]


async def test_a_system_says_whom_it_has_shown_the_notice(house, profile, rooms, hold):
    person, _ = await (await house.holder.client()).person(profile)
    client = await house.holder.client("contract-administration")
    client.app = Application(data_plane(rooms), control_plane(rooms))
    said = {"persons": [person, str(UUID(int=7))], "language": "fr", "occasion": "import"}
    reply = await client("POST", "/api/v1/privacy-notice/shown", said)
    assert (reply.status, list(reply.body["shown"])) == (200, [person]), reply.raw
    seen = await client("GET", f"/api/v1/privacy-notice/shown/{person}")
    assert [(one["occasion"], one["language"]) for one in seen.body] == [("import", "fr")]
    other = await hold(1)
    stranger = await other.client("contract-administration")
    stranger.app = client.app
    assert (await stranger("GET", f"/api/v1/privacy-notice/shown/{person}")).body == []


async def test_without_an_agreement_there_is_no_notice(rooms):
    bare = await rooms.filing.open_dossier("Nobody yet SA", by="tests")
    promised = Desk(rooms).promised
    with pytest.raises(NoNotice):
        await promised.notices.current(bare, "user", "en")
    house = Household(rooms, bare)
    browser = await house.signed_in(await house.staff(ADMIN))
    assert (await browser.get("/privacy-notice")).status == 409
    slug = await promised.slugs.of(bare)
    assert (await browser.get(f"/privacy/{slug}")).status == 404

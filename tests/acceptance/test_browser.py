"""The console as its users have it: a real browser, a real platform, from the first link to an erased person.

Every page is read by axe (WCAG 2.2 AA) in light and dark, wide and narrow, English and French; nothing is asked of
another origin, nothing breaks the content-security policy.
"""

import hashlib
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

CHROMIUM = Path("/usr/bin/chromium")
AXE = (Path(__file__).parents[1] / "assets" / "axe.min.js").read_text("utf-8")
AXE_SHA256 = "29348999450cdf2849a8e70b7912fc2da85a849da39c0d0d5394f51d4a9ed95c"
RULES = "axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']})"
PASSWORD = "meadow lantern quiet harbour seven"
AUTHENTICATOR = {
    "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
    "isUserVerified": True, "automaticPresenceSimulation": True,
}  # fmt: skip
PAGES = ["/", "/people", "/people/new", "/imports", "/exports", "/duplicates", "/access", "/access/roles/new", "/sign-on",
         "/credentials", "/webhooks", "/agreement", "/ledger", "/obligations", "/obligations?show=ended", "/obligations/calendars", "/me", "/me/edit", "/me/activity", "/me/sign-in", "/me/close"]  # fmt: skip
SLOTS = {
    "processor_name": "Passerelle SAS", "processor_country": "FR", "processor_address": "20 rue des Passeurs, Nantes",
    "controller_name": "Alpages SA", "controller_country": "fr", "controller_address": "4 place du Marché, Annecy",
    "notices": "privacy@alpages.example",
}  # fmt: skip


class Running:
    """A platform in a sandbox, and the first link it printed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._log = (folder / "up.log").open("w")
        command = [sys.executable, "-m", "bailee", "up", "--data", str(folder / "data"), "--port", "0", "--sandbox"]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=self._log, text=True)
        said = ""
        while "/link/" not in said:
            line = self._process.stdout.readline()
            assert line, (folder / "up.log").read_text()
            said += line
        self.first_link = re.search(r"http://\S+/link/\S+", said)[0]
        self.url = self.first_link.partition("/link/")[0]

    def close(self) -> None:
        self._process.terminate()
        self._process.wait(60)
        self._process.stdout.close()
        self._log.close()


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    if not CHROMIUM.exists():
        pytest.skip("chromium is not installed here")
    made = Running(tmp_path_factory.mktemp("console"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def browser(running: Running) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        flags = ["--no-sandbox", "--disable-gpu", "--no-first-run"]
        opened = playwright.chromium.launch(executable_path=str(CHROMIUM), args=flags)
        yield opened
        opened.close()


class Desk:
    """One person at one browser: what went wrong on the way is remembered."""

    def __init__(self, browser: Browser, url: str, **more: Any) -> None:
        self.url = url
        self.context: BrowserContext = browser.new_context(
            viewport={"width": 1280, "height": 860}, locale="en-GB", accept_downloads=True, **more
        )
        self.page: Page = self.context.new_page()
        self.page.set_default_timeout(20_000)
        self.wrong: list[str] = []
        self.page.on("console", lambda said: self.wrong.append(said.text) if said.type == "error" else None)
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))
        self.page.on(
            "request",
            lambda asked: None if asked.url.startswith((url, "blob:", "data:")) else self.wrong.append(asked.url),
        )

    def goto(self, path: str) -> None:
        self.page.goto(path if path.startswith("http") else self.url + path)

    def enter(self, link: str, address: str = "") -> None:
        """Come in by a link, and add a passkey."""
        self.goto(link)
        if address:
            self.page.fill("#address", address)
        self.page.fill("#password", PASSWORD)
        self.page.click("button.first")
        self.page.wait_for_load_state()

    def passkey(self) -> None:
        session = self.context.new_cdp_session(self.page)
        session.send("WebAuthn.enable")
        session.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
        self.goto("/me/sign-in")
        self.page.fill("input[name=name]", "This laptop")
        self.page.click("text=Add a passkey")
        self.page.locator("strong:has-text('This laptop')").wait_for()

    def said(self, words: str) -> None:
        self.page.locator(f"text={words}").first.wait_for()


@pytest.fixture(scope="module")
def agreed(running: Running, browser: Browser) -> tuple[Desk, Desk]:
    """The processor's and the controller's administrators, and an agreement that both have signed."""
    ours, theirs = Desk(browser, running.url), Desk(browser, running.url)
    ours.enter(running.first_link, "ops@passerelle.example")
    ours.passkey()
    ours.goto("/controllers/new")
    ours.page.fill("#name", "Alpages SA")
    ours.page.fill("#address", "admin@alpages.example")
    ours.page.click("button.first")
    link = ours.page.inner_text("#link")
    ours.page.click("text=Go to the dossier")
    ours.page.click("text=Prepare or sign the agreement")
    for name, value in SLOTS.items():
        ours.page.fill(f"#{name}", value)
    ours.page.click("button.first")
    ours.said("nobody has signed it yet")
    draft = ours.page.url
    theirs.enter(link)
    theirs.passkey()
    theirs.goto("/agreement")
    theirs.page.click("text=Read and sign the agreement")
    theirs.page.click("text=Make a key for me")
    assert theirs.page.inner_text("#secret").startswith("AGE-SECRET-KEY-1")
    theirs.page.click("text=I have kept it")
    theirs.page.fill("#name", "Jeanne Alpage")
    theirs.page.click("button.first:has-text('Sign')")
    theirs.said("the other party's is waited for")
    ours.goto(draft)
    ours.page.fill("#name", "A. Passeur")
    ours.page.click("button.first:has-text('Sign')")
    ours.said("the agreement is in force")
    return ours, theirs


def people(folder: Path, count: int) -> Path:
    file = folder / "people.csv"
    lines = [
        f"M.;Prénom{n};Nom{n};p{n}@alpages.example;06 12 34 {n // 100:02d} {n % 100:02d};crm-{n}" for n in range(count)
    ]
    lines.append("Mme;Jeanne;Roche;not an address;12;crm-x")
    file.write_text("\n".join(["Civilité;Prénom;Nom;Courriel;Téléphone;External id", *lines]), "utf-8")
    return file


def test_what_reads_the_pages_is_what_was_taken() -> None:
    assert hashlib.sha256(AXE.encode()).hexdigest() == AXE_SHA256


def test_a_controller_is_onboarded_and_its_people_live_in_the_console(
    agreed: tuple[Desk, Desk], browser: Browser, running: Running, tmp_path: Path
) -> None:
    ours, desk = agreed
    page = desk.page
    desk.goto("/imports")
    page.set_input_files("#file", people(tmp_path, 120))
    page.wait_for_url("**/imports/0*")
    page.click("text=Check every line")
    page.locator("button[value=run]").wait_for()
    assert page.inner_text(".figures").split("\n")[0] == "120"
    page.click("button[value=run]")
    page.locator("text=See the people").wait_for()

    desk.goto("/people")
    page.fill("#sought", "nom7 prenom7")
    with page.expect_response("**/people/search"):
        page.click("form.search button")
    page.locator("#found tbody tr:only-child").wait_for()
    assert "p7@alpages.example" not in page.content()
    page.click("#found tbody th a")
    page.select_option("#reason", "asked")
    page.click("button:has-text('Show')")
    desk.said("p7@alpages.example")
    page.click("text=Correct")
    page.fill("#company", "Alpages")
    page.click("text=Save")
    desk.said("The profile is corrected.")
    person = page.url
    page.goto(person + "/account")
    page.click("button.first:has-text('Invite')")
    link = page.inner_text("#link")

    own = Desk(browser, running.url)
    own.enter(link)
    own.goto("/me")
    own.said("p7@alpages.example")
    own.goto("/me/activity")
    own.said("Seen in clear")
    with own.page.expect_download() as taken:
        own.page.evaluate(
            "() => { const a = document.createElement('a'); a.href = '/me/download'; a.download = ''; document.body.append(a); a.click(); }"
        )
    assert b"p7@alpages.example" in Path(taken.value.path()).read_bytes()
    own.goto("/me/close")
    own.page.click("text=Close it in seven days")
    own.said("The account will be closed in seven days.")
    own.page.click("text=Keep my account")
    own.said("The account is kept.")
    own.goto("/people")
    own.said("Your role does not open this")

    page.goto(person + "/erase")
    page.fill("#word", person[-6:])
    page.click("text=Erase for good")
    desk.said("read back as gone")
    own.goto("/me")
    assert own.page.url.endswith("/sign-in")
    desk.goto("/people")
    page.fill("#sought", "nom7 prenom7")
    with page.expect_response("**/people/search"):
        page.click("form.search button")
    desk.said("Nobody is found by that")

    page.click("text=Sign out")
    page.click("form[data-passkey] button")
    page.wait_for_url(running.url + "/")
    own.wrong = [one for one in own.wrong if "403" not in one]  # the page that says so
    assert ours.wrong + desk.wrong + own.wrong == []


@pytest.mark.parametrize(("theme", "width", "language"), [("light", 1280, "en-GB"), ("dark", 390, "fr-FR")])
def test_every_page_is_clean_for_axe_and_fits_its_screen(
    agreed: tuple[Desk, Desk], browser: Browser, running: Running, theme: str, width: int, language: str
) -> None:
    _, theirs = agreed
    context = browser.new_context(
        viewport={"width": width, "height": 860}, locale=language, color_scheme=theme, bypass_csp=True,
        storage_state=theirs.context.storage_state(),
    )  # fmt: skip
    page = context.new_page()
    found = []
    for path in [*PAGES, "/sign-in/forgotten", "/sign-in/organisation"]:
        answer = page.goto(running.url + path)
        page.evaluate(AXE)
        found += [(path, one["id"], one["nodes"][0]["html"][:200]) for one in page.evaluate(RULES)["violations"]]
        wide = page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
        found += [(path, "wider than the screen")] if wide else []
        found += [(path, answer.status)] if answer.status != 200 else []
        assert page.locator("html").get_attribute("lang") == language[:2]
    context.close()
    assert found == []


OWE = """
import asyncio, sys
from datetime import timedelta
from pathlib import Path
from bailee.__main__ import opened
from bailee.infra.settings import load
from bailee.obligations.calendar import Calendar
from bailee.obligations.promises import Promise
from bailee.vocabulary.periods import Period

DUE = [("rights.complaint", "complaint", "processor", "24 hours", 60), ("rights.forward", "request", "processor", "2 days", 40),
       ("subprocessors.consent", "proposal", "controller", "7 days", 1), ("custom.yearly-drill-report", "anniversary", "controller", "30 days", 2),
       ("dpia.assist", "assessment", "processor", "10 working-days", 30), ("breach.notify", "breach", "processor", "24 hours", 1)]

async def main():
    calendar = Calendar.of("Europe/Paris", "FR")
    async with opened(load(Path(sys.argv[1]), {}, sandbox=True)) as rooms:
        for one in await rooms.filing.listed():
            if one.kind != "controller":
                continue
            async with rooms.committing.transaction(one.id) as change:
                for clause, about, by, period, hours in DUE:
                    event = rooms.clock.now() - timedelta(hours=hours)
                    due = calendar.due(event, Period.parse(period))
                    await rooms.owing.obligations.open(change, Promise(
                        clause=clause, subject=f"{about}/{one.id}", owed_by=by, owed_to="controller" if by == "processor" else "processor", due=due, evidence="notice",
                        reminders=(due.strict - timedelta(hours=4),)), by="tests")

asyncio.run(main())
"""


def test_what_is_owed_is_read_by_axe_in_every_light_width_and_language(
    agreed: tuple[Desk, Desk], running: Running, tmp_path: Path
) -> None:
    subprocess.run([sys.executable, "-c", OWE, str(running.folder / "data")], check=True, timeout=120)
    found: list[tuple[str, str, str]] = []
    for side, desk in zip(("processor", "controller"), agreed, strict=True):
        page = desk.page
        for language, scheme, width in (
            ("en", "light", 1280),
            ("fr", "dark", 1280),
            ("fr", "light", 380),
            ("en", "dark", 380),
        ):
            desk.context.add_cookies([{"name": "language", "value": language, "url": running.url}])
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            page.set_viewport_size({"width": width, "height": 860})
            desk.goto("/obligations")
            one = page.locator("tbody th a").first.get_attribute("href")
            for name, path in (
                ("home", "/"),
                ("list", "/obligations"),
                ("one", one or ""),
                ("calendars", "/obligations/calendars"),
            ):
                desk.goto(path)
                page.evaluate(AXE)
                found += [
                    (path, one["id"], one["nodes"][0]["html"][:200]) for one in page.evaluate(RULES)["violations"]
                ]
                assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (path, width)
                page.screenshot(path=tmp_path / f"{side}-{name}-{language}-{scheme}-{width}.png", full_page=True)
        assert desk.wrong == []
    assert found == []


def test_evidence_is_attached_by_whoever_owes_and_a_calendar_is_subscribed_to(
    agreed: tuple[Desk, Desk], tmp_path: Path
) -> None:
    desk = agreed[1]
    page = desk.page
    desk.context.add_cookies([{"name": "language", "value": "en", "url": desk.url}])
    page.set_viewport_size({"width": 1280, "height": 860})
    desk.goto("/obligations?show=ours")
    page.click("tbody a:has-text('Yearly drill report')")
    file = tmp_path / "report.pdf"
    file.write_bytes(b"the report")
    page.set_input_files("#file", file)
    desk.said("Kept")
    with page.expect_download() as got:
        page.click("text=Evidence attached")
    assert got.value.path().read_bytes() == b"the report"
    desk.goto("/obligations/calendars")
    page.click("text=Make a link")
    answer = desk.context.request.get(page.inner_text("#link"))
    assert answer.headers["content-type"].startswith("text/calendar")
    assert "BEGIN:VEVENT" in answer.text()
    assert desk.wrong == []

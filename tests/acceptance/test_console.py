"""The console as its users have it: a real browser on a real platform, from the first printed link to an erased person.

Every page on the way is read by axe (WCAG 2.2 AA: the tags `wcag2a` to `wcag22aa`), under the content-security policy
as it is served; then every kind of page in light and dark, at 1280 and 390 CSS pixels, in English and French. Nothing
may be asked of another origin, said on the browser's console, refused by the policy, or wider than the screen.
"""

import hashlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, Response, sync_playwright

pytestmark = pytest.mark.system

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run"]
AXE = (Path(__file__).parents[1] / "assets" / "axe.min.js").read_text("utf-8")
AXE_SHA256 = "29348999450cdf2849a8e70b7912fc2da85a849da39c0d0d5394f51d4a9ed95c"
RULES = """axe.run(document, {resultTypes: ['violations'],
                              runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']})"""
TOO_WIDE = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
# What the policy refuses is said where everything else that goes wrong is said.
TELL_REFUSALS = """document.addEventListener('securitypolicyviolation',
    (event) => console.error(`refused by the policy: ${event.violatedDirective} ${event.blockedURI}`))"""
# Where to leave pictures of every page, to be looked at: SHOTS=folder. Then every width is also seen in every light.
SHOTS = os.environ.get("SHOTS", "")
SHOWN = [(width, light) for width in (1280, 390, 320) for light in ("light", "dark")]
NAME = str.maketrans("/{}", "---")
PASSWORD = "meadow lantern quiet harbour seven"
AUTHENTICATOR = {
    "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
    "isUserVerified": True, "automaticPresenceSimulation": True,
}  # fmt: skip
SLOTS = {
    "processor_name": "Passerelle SAS", "processor_country": "FR", "processor_address": "20 rue des Passeurs, Nantes",
    "processor_dpo_name": "A. Passeur", "processor_dpo_email": "dpo@passerelle.example",
    "controller_name": "Alpages SA", "controller_country": "fr", "controller_address": "4 place du Marché, Annecy",
    "notices": "privacy@alpages.example",
}  # fmt: skip
PEOPLE = 300
HEADINGS = "Civilité;Prénom;Nom;Courriel;Téléphone;Société;Code postal;Ville;Pays;Remarque"
REJECTED = [
    "Mme;Jeanne;Roche;not an address;06 12 34 56 78;Alpages;74000;Annecy;France;",
    "M.;Karim;Morel;karim.morel@alpages.example;12;Alpages;74000;Annecy;France;",
    "Mme;Lou;Petit;lou.petit@alpages.example;06 12 34 56 79;Alpages;74000;Annecy;Atlantide;",
]
TWIN = {"given_name": "Prénom20", "family_name": "NOM20", "email": "p20@home.example", "company": "Alpages d'en bas"}
SOUGHT, FOUND = "nom7 prenom7", "p7@alpages.example"
DOORS = ["/sign-in", "/sign-in/forgotten", "/sign-in/organisation", "/link/none", "/nowhere"]
PROCESSOR_PAGES = [
    "/", "/guide", "/controllers", "/controllers/new", "{dossier}", "/access", "/access/invite", "/access/review",
    "/approvals", "/obligations", "{obligation}", "/notices", "/contacts", "/webhooks", "/me/sign-in",
    "/me/sign-in/authenticator",
]  # fmt: skip
CONTROLLER_PAGES = [
    "/", "/guide", "/people", "/people/new", "{person}", "{person}/account", "{person}/activity", "{person}/held", "{person}/edit", "{person}/erase",
    "/imports", "{import}", "{import}/columns", "/exports", "/duplicates", "/duplicates?show=all", "{pair}", "/access", "/access/groups", "/access/review", "/access/roles/new",
    "/approvals", "{approval}", "/sign-on",
    "/credentials", "/webhooks", "/agreement", "/ledger", "/obligations", "/obligations?show=ended", "{obligation}",
    "/obligations/calendars",
    "/notices", "/contacts", "/requests", "/requests/new", "/rights", "/retention", "/retention/new", "/me/until", "/me", "/me/rights", "/me/privacy/first", "/me/edit", "/me/activity", "/me/held", "/me/sign-in", "/me/close",
]  # fmt: skip


class Running:
    """A platform in a sandbox: `bailee up` with settings, and the first link it printed."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.folder = folder
        self._log = (folder / "up.log").open("w")
        command = [sys.executable, "-m", "bailee", "up", "--data", str(folder / "data"), "--port", "0", "--sandbox"]
        environ = os.environ | {f"BAILEE_{name.upper()}": value for name, value in settings.items()}
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=self._log, text=True, env=environ)
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


class Desk:
    """One person at one browser. What goes wrong on the way is remembered, and every page can be read."""

    def __init__(self, browser: Browser, url: str, **more: Any) -> None:
        self.url = url
        settings = {"viewport": {"width": 1280, "height": 860}, "locale": "en-GB", "reduced_motion": "reduce"}
        self.context: BrowserContext = browser.new_context(**settings | more)
        self.context.add_init_script(TELL_REFUSALS)
        self.context.on("request", self._asked)
        self.context.on("response", self._answered)
        self.page: Page = self.context.new_page()
        self.page.set_default_timeout(60_000)
        self.page.on("console", lambda said: self.wrong.append(said.text) if said.type == "error" else None)
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))
        self.wrong: list[str] = []
        self.documents = 0
        self.dossier = ""

    def _asked(self, request: Request) -> None:
        if not request.url.startswith((self.url + "/", "blob:" + self.url, "data:")):
            self.wrong.append(f"another origin: {request.url}")

    def _answered(self, response: Response) -> None:
        if response.request.resource_type != "document":
            return
        self.documents += 1
        policy = response.headers.get("content-security-policy", "")
        if response.status not in (302, 303) and ("default-src" not in policy or "unsafe" in policy):
            self.wrong.append(f"no policy: {response.url}")
        if response.status >= 400:
            self.wrong.append(f"{response.status}: {response.url}")

    def goto(self, path: str) -> Response | None:
        return self.page.goto(path if path.startswith("http") else self.url + path)

    def said(self, words: str) -> None:
        self.page.locator(f"text={words}").first.wait_for()

    def read(self) -> None:
        """Read the page that stands there, as it stands."""
        self.wrong += violations(self.page)

    def enter(self, link: str, address: str = "") -> None:
        """Come in by a link, with an address where none is known, and a password."""
        self.goto(link)
        self.read()
        if address:
            self.page.fill("#address", address)
        self.page.fill("#password", PASSWORD)
        self.page.click("button.first")
        self.page.wait_for_url("**/me/sign-in" if address else re.compile(r"/(me/sign-in)?$|/me(/privacy/first)?$"))

    def passkey(self, name: str) -> None:
        """Add a passkey: the authenticator is the browser's own virtual one."""
        session = self.context.new_cdp_session(self.page)
        session.send("WebAuthn.enable")
        session.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
        self.goto("/me/sign-in")
        self.page.fill("input[name=name]", name)
        self.page.click("text=Add a passkey")
        self.page.locator(f"strong:has-text('{name}')").wait_for()
        self.read()

    def out_and_in(self) -> None:
        """Sign out, be kept out, and come in by the passkey alone."""
        self.page.click("text=Sign out")
        self.said("You are signed out.")
        self.goto("/me")
        assert self.page.url.endswith("/sign-in")
        self.read()
        self.page.click("form[data-passkey] button")
        self.page.wait_for_url(lambda url: not url.endswith("/sign-in"))
        self.goto("/me")
        assert self.page.url.endswith("/me")

    def find(self, words: str) -> None:
        """Look for someone on the page of people."""
        self.goto("/people")
        self.page.fill("#sought", words)
        with self.page.expect_response("**/people/search"):
            self.page.click("form.search button")


def violations(page: Page) -> list[str]:
    """What axe finds on a page: the path, the rule, the first piece of HTML that breaks it."""
    page.evaluate(AXE)
    path = page.evaluate("location.pathname")
    return [f"{path} {one['id']}: {one['nodes'][0]['html'][:200]}" for one in page.evaluate(RULES)["violations"]]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The platform, started once for the module."""
    if not CHROMIUM.exists():
        pytest.skip("chromium is not installed here")
    made = Running(tmp_path_factory.mktemp("console"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The browser, started once for the module."""
    if not CHROMIUM.exists():
        pytest.skip("chromium is not installed here")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def processor(running: Running, browser: Browser) -> Desk:
    """The first administrator, in by the printed link, with a passkey."""
    desk = Desk(browser, running.url)
    desk.enter(running.first_link, "ops@passerelle.example")
    desk.passkey("Operations laptop")
    return desk


@pytest.fixture(scope="module")
def controller(running: Running, browser: Browser, processor: Desk) -> Desk:
    """The controller's administrator, under an agreement that both parties read and signed in the console."""
    page = processor.page
    processor.goto("/controllers/new")
    processor.read()
    page.fill("#name", "Alpages SA")
    page.fill("#address", "admin@alpages.example")
    page.click("button.first")
    link = page.inner_text("#link")
    processor.read()
    page.click("text=Go to the dossier")
    dossier = page.url
    page.click("text=Prepare or sign the agreement")
    processor.read()
    for name, value in SLOTS.items():
        page.fill(f"#{name}", value)
    page.click("button.first")
    processor.said("nobody has signed it yet")
    processor.read()
    draft = page.url

    desk = Desk(browser, running.url)
    desk.enter(link)
    desk.passkey("The office laptop")
    desk.goto("/")
    desk.said("No agreement is in force")
    desk.read()
    desk.goto("/agreement")
    desk.page.click("text=Read and sign the agreement")
    desk.read()
    desk.page.click("text=Make a key for me")
    assert desk.page.inner_text("#secret").startswith("AGE-SECRET-KEY-1")
    desk.read()
    desk.page.click("text=I have kept it")
    desk.page.fill("#name", "Jeanne Alpage")
    desk.page.click("button.first:has-text('Sign')")
    desk.said("the other party's is waited for")
    desk.read()

    processor.goto(draft)
    page.fill("#name", "A. Passeur")
    page.click("button.first:has-text('Sign')")
    processor.said("the agreement is in force")
    processor.goto(dossier)
    processor.said("Jeanne Alpage")
    processor.read()
    processor.dossier = dossier.removeprefix(running.url)
    return desk


@pytest.fixture(scope="module")
def held(
    controller: Desk, browser: Browser, running: Running, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, str]:
    """People taken in from a file, through its columns, its dry run and its rejected lines: paths that a page list may name."""
    page = controller.page
    job = uploaded(controller, tmp_path_factory.mktemp("file"))
    assert page.locator("select option:checked").all_inner_texts()[-2:] == ["Country", "leave it out"]
    controller.read()
    page.click("text=Check every line")
    checked = watched(controller, "button[value=run]")
    assert figures(page) == {"would be taken in": PEOPLE, "would be corrected": 0, "left as they are": 0, "rejected": 3}
    assert page.locator("table tbody tr").count() == len(REJECTED)
    controller.read()
    controller.goto("/people")
    assert page.locator("tbody tr").count() <= 1, "a dry run took people in"
    controller.goto(job)
    with page.expect_download() as taken:
        page.click("text=The rejected lines, to mend")
    mended = Path(taken.value.path()).read_text("utf-8-sig")
    assert all(line.split(";")[2] in mended for line in REJECTED)
    assert "Nom7" not in mended
    page.click("button[value=run]")
    ran = watched(controller, "text=See the people")
    assert checked or ran, "no progress was shown"
    assert figures(page) == {"taken in": PEOPLE, "corrected": 0, "left as they are": 0, "rejected": len(REJECTED)}
    controller.read()
    controller.find("nom9 prenom9")
    person = page.locator("#found tbody th a").get_attribute("href")
    approval = waits(controller, browser, running)
    return {"person": person, "import": job, "approval": approval, "pair": twice(controller)}


def twice(desk: Desk) -> str:
    """Somebody who is held already is taken in again by hand: the path of the pair, as it is found."""
    desk.goto("/people/new")
    for name, value in TWIN.items():
        desk.page.fill(f"#{name}", value)
    desk.page.click("button:has-text('Save')")
    desk.page.wait_for_url(re.compile(r"/people/[0-9a-f-]{36}$"))
    desk.goto("/duplicates?show=all")
    desk.read()
    row = desk.page.locator("tbody tr", has_text=TWIN["family_name"])
    assert row.count() == 1
    assert "the same name" in row.inner_text()
    return row.locator("a:has-text('Compare')").get_attribute("href")


def waits(desk: Desk, browser: Browser, running: Running) -> str:
    """A second administrator comes in; an export of everyone waits for them, who approves it, and it is done once."""
    desk.find("nom11 prenom11")
    desk.page.click("#found tbody th a")
    desk.page.click("nav.tabs >> text=Account")
    desk.page.check("input[value=controller-administrator]")
    desk.page.click("button.first:has-text('Invite')")
    link = desk.page.inner_text("#link")
    second = Desk(browser, running.url)
    second.enter(link)
    second.passkey("The other laptop")
    desk.goto("/exports")
    desk.page.click("button.first")
    desk.said("This waits for a second person.")
    desk.read()
    path = desk.page.url.removeprefix(desk.url)
    second.goto(path)
    second.read()
    second.page.click("button:has-text('Approve')")
    second.said("The decision is recorded.")
    second.read()
    desk.goto(path)
    with desk.page.expect_download() as taken:
        desk.page.click("button:has-text('Do it now')")
    assert Path(taken.value.path()).read_text("utf-8-sig").count("@alpages.example") == PEOPLE
    desk.goto(path)
    desk.said("done")
    assert second.wrong == []
    second.context.close()
    return path


def uploaded(desk: Desk, folder: Path) -> str:
    """Send a file of people: the path of its import, whose columns stand on the page."""
    desk.goto("/imports")
    desk.page.set_input_files("#file", people(folder))
    desk.page.wait_for_url("**/imports/0*")
    return desk.page.url.removeprefix(desk.url)


def people(folder: Path) -> Path:
    """A file of people as a company has it: French headings, national numbers, a column to leave out, lines to reject."""
    lines = [
        f"M.;Prénom{n};Nom{n};p{n}@alpages.example;06 12 34 {n // 100:02d} {n % 100:02d};Alpages;74000;Annecy;France;vip"
        for n in range(PEOPLE)
    ]
    file = folder / "people.csv"
    file.write_text("\n".join([HEADINGS, *lines[:150], *REJECTED, *lines[150:]]), "utf-8")
    return file


def watched(desk: Desk, until: str) -> bool:
    """Wait for an import; whether it was seen at work: its progress, with a way to stop it."""
    bar, end = desk.page.locator("progress"), desk.page.locator(until)
    bar.or_(end).first.wait_for()
    seen = bar.count() == 1 and desk.page.locator("button[value=stop]").count() == 1
    end.wait_for()
    return seen


def figures(page: Page) -> dict[str, int]:
    """The figures of an import, by their words."""
    return {
        one.locator("span").inner_text(): int(one.locator("b").inner_text())
        for one in page.locator(".figures > div").all()
    }


def test_what_reads_the_pages_is_what_was_taken() -> None:
    assert hashlib.sha256(AXE.encode()).hexdigest() == AXE_SHA256


def test_what_goes_wrong_is_noticed(browser: Browser, running: Running) -> None:
    desk = Desk(browser, running.url)
    desk.goto("/sign-in")
    desk.read()
    assert desk.wrong == []
    desk.page.evaluate("document.body.insertAdjacentHTML('beforeend', '<img src=\"/assets/mark.svg?\">')")
    assert any("image-alt" in one for one in violations(desk.page))
    desk.page.evaluate("document.body.insertAdjacentHTML('beforeend', '<div style=\"width:3000px\">.</div>')")
    assert not desk.page.evaluate(TOO_WIDE)
    desk.page.evaluate("document.body.firstElementChild.style.minWidth = '3000px'")
    assert desk.page.evaluate(TOO_WIDE)
    desk.page.evaluate("fetch('http://127.0.0.1:1/').catch(() => 0)")
    desk.goto("/nowhere")
    desk.context.close()
    assert any("refused by the policy: style-src" in one for one in desk.wrong)
    assert any("refused by the policy: connect-src" in one for one in desk.wrong)
    assert any(one.startswith("404: ") for one in desk.wrong)


def test_a_person_is_found_let_in_and_erased(
    processor: Desk, controller: Desk, held: dict[str, str], browser: Browser, running: Running
) -> None:
    page = controller.page
    controller.find(SOUGHT)
    page.locator("#found tbody tr:only-child").wait_for()
    assert FOUND not in page.content()
    assert "nom7" not in page.url.casefold()
    controller.read()
    page.click("#found tbody th a")
    person = page.url
    assert FOUND not in page.content()
    controller.read()
    page.select_option("#reason", "asked")
    page.click("button:has-text('Show')")
    controller.said(FOUND)
    controller.read()
    page.click("text=Correct")
    assert page.input_value("#email") == FOUND
    controller.read()
    page.fill("#email", "not an address")
    page.locator("#email").evaluate("one => { one.form.noValidate = true }")
    with page.expect_response(lambda answer: answer.request.method == "POST") as refused:
        page.click("button:has-text('Save')")
    assert refused.value.status == 422
    controller.said("nothing was saved")
    controller.read()
    page.fill("#email", FOUND)
    page.fill("#company", "Alpages d'en haut")
    page.click("button:has-text('Save')")
    controller.said("The profile is corrected.")
    controller.said("Alpages d'en haut")
    page.click("nav.tabs >> text=Account")
    controller.read()
    page.click("button.first:has-text('Invite')")
    link = page.inner_text("#link")
    controller.read()

    own = Desk(browser, running.url)
    the_person_s_own_side(own, link)

    page.goto(person + "/erase")
    controller.read()
    page.fill("#word", person[-6:])
    page.click("text=Erase for good")
    controller.said("read back as gone")
    controller.read()
    own.goto("/me")
    assert own.page.url.endswith("/sign-in")
    assert controller.goto(held["import"]).status == 404, "the uploaded file holds a line of the erased person"
    controller.find(SOUGHT)
    controller.said("Nobody is found by that")
    controller.read()
    controller.goto(person)
    assert "Nom7" not in page.content()
    controller.find("nom8 prenom8")
    page.locator("#found tbody tr:only-child").wait_for()

    controller.out_and_in()
    processor.out_and_in()
    assert unexpected(controller, "422", "404") + unexpected(processor) + unexpected(own, "403") == []
    assert min(controller.documents, processor.documents, own.documents) > 5


def test_two_who_are_one_are_merged_field_by_field_and_parted_again(controller: Desk, held: dict[str, str]) -> None:
    page, before = controller.page, len(controller.wrong)
    controller.goto(held["pair"])
    elder, younger = [one.get_attribute("href") for one in page.locator("thead a").all()]
    assert TWIN["email"] not in page.content(), "masked, until a reason is given"
    controller.read()
    page.select_option("#reason", "asked")
    page.click("button:has-text('Show')")
    controller.said(TWIN["email"])
    controller.read()
    page.check("input[name=keep][value=a]")
    page.check("input[name=field_email][value=b]")
    page.check("input[name=field_company][value=a]")
    page.click("button:has-text('Merge them')")
    controller.said("They are one person now.")
    assert page.url.endswith(elder)
    shown = page.inner_text("main")
    assert "Alpages" in shown
    assert TWIN["company"] not in shown
    controller.find(TWIN["email"])
    assert page.locator("#found tbody th a").get_attribute("href") == elder, "the chosen address is the elder's now"
    controller.goto(f"{elder}/edit")
    assert (page.input_value("#email"), page.input_value("#postal_code")) == (TWIN["email"], "74000")
    page.fill("#company", "Alpages, réunis")
    page.click("button:has-text('Save')")
    controller.said("The profile is corrected.")
    controller.goto("/duplicates?show=all")
    assert page.locator("tbody tr", has_text=TWIN["family_name"]).count() == 0
    controller.read()
    page.click("button:has-text('Undo')")
    controller.said("Nothing is undone yet")
    controller.read()
    page.check("input[value=put-back]")
    page.click("button:has-text('Undo the merge')")
    controller.said("They are two people again.")
    assert page.url.endswith(younger)
    controller.read()
    for path, address, company in (
        (elder, "p20@alpages.example", "Alpages"),
        (younger, TWIN["email"], TWIN["company"]),
    ):
        controller.goto(f"{path}/edit")
        assert (page.input_value("#email"), page.input_value("#company")) == (address, company)
    asked = [one for one in controller.wrong[before:] if not one.startswith("409: ") and "status of 409" not in one]
    assert asked == [], "the one 409 is the question what becomes of the change"
    del controller.wrong[before:]


def the_person_s_own_side(own: Desk, link: str) -> None:
    """What the person sees and does: their data, who saw it, a copy, closing and keeping, a passkey; and nothing else."""
    own.enter(link)
    own.goto("/me")
    own.said(FOUND)
    own.said("Alpages d'en haut")
    own.read()
    with own.page.expect_download() as taken:
        own.page.click("text=Take along")
    whole = json.loads(Path(taken.value.path()).read_bytes())
    assert [one["data"]["email"] for one in whole["records"] if one["type"] == "profile"] == [FOUND]
    own.goto("/me/activity")
    own.said("Seen in clear")
    own.said("Reason:")
    own.read()
    own.goto("/me/close")
    own.page.click("text=Close it in seven days")
    own.said("The account will be closed in seven days.")
    own.read()
    own.page.click("text=Keep my account")
    own.said("The account is kept.")
    own.passkey("My own telephone")
    own.out_and_in()
    own.goto("/people")
    own.said("Your role does not open this")
    own.read()


def unexpected(desk: Desk, *statuses: str) -> list[str]:
    """What went wrong at a desk, without the refusals that the walk asked for."""
    words = tuple(f"{status}: " for status in statuses)
    said = tuple(f"status of {status}" for status in statuses)
    return [one for one in desk.wrong if not one.startswith(words) and not any(word in one for word in said)]


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


@pytest.fixture(scope="module")
def owing(processor: Desk, controller: Desk, running: Running) -> tuple[Desk, Desk]:
    """Both sides under their agreement, with something owed by each."""
    subprocess.run([sys.executable, "-c", OWE, str(running.folder / "data")], check=True, timeout=120)
    return processor, controller


@pytest.mark.parametrize("language", ["en-GB", "fr-FR"])
def test_every_page_is_clean_in_light_and_dark_wide_and_narrow(
    owing: tuple[Desk, Desk], held: dict[str, str], browser: Browser, tmp_path: Path, language: str
) -> None:
    found: list[str] = []
    processor, controller = owing
    names = {**held, "dossier": processor.dossier, "import": uploaded(controller, tmp_path)}
    controller.page.click("text=Check every line")
    watched(controller, "button[value=run]")
    controller.goto("/obligations?show=theirs")
    names["obligation"] = controller.page.locator("tbody a[href*='/obligations/0']").first.get_attribute("href")
    for desk, paths in ((None, DOORS), (processor, PROCESSOR_PAGES), (controller, CONTROLLER_PAGES)):
        kept = {"storage_state": desk.context.storage_state()} if desk else {}
        reader = Desk(browser, controller.url, locale=language, bypass_csp=True, **kept)
        for path in paths:
            answer = reader.goto(path.format(**names))
            assert reader.page.locator("html").get_attribute("lang") == language[:2]
            if path in DOORS or answer.status == 200:
                side = {id(processor): "ours", id(controller): "theirs"}.get(id(desk), "door")
                found += in_every_light(reader.page, language[:2], side + path.translate(NAME))
            assert desk is None or reader.page.url == reader.url + path.format(**names), path
        reader.context.close()
        found += unexpected(reader, "404", "410") if desk is None else reader.wrong
    assert found == []


def in_every_light(page: Page, language: str, name: str) -> list[str]:
    """What is wrong with a page on a desk and on a telephone, in light and dark (each language takes two of the four), and
    at 320 pixels, where WCAG 1.4.10 wants it to fit."""
    found = []
    page.evaluate(AXE)
    for width, light in ((1280, "light"), (390, "dark")) if language == "en" else ((1280, "dark"), (390, "light")):
        page.set_viewport_size({"width": width, "height": 860})
        page.emulate_media(color_scheme=light, reduced_motion="reduce")
        for one in page.evaluate(RULES)["violations"]:
            found.append(f"{page.url} {width} {light} {one['id']}: {one['nodes'][0]['html'][:200]}")
    for width, light in SHOWN if SHOTS else []:
        page.set_viewport_size({"width": width, "height": 860})
        page.emulate_media(color_scheme=light, reduced_motion="reduce")
        page.screenshot(path=f"{SHOTS}/{language}-{width}-{light}-{name}.png", full_page=True)
    page.set_viewport_size({"width": 320, "height": 860})
    found += [f"{page.url} is wider than 320"] if page.evaluate(TOO_WIDE) else []
    page.set_viewport_size({"width": 1280, "height": 860})
    return found


def test_evidence_is_attached_by_whoever_owes_and_a_calendar_is_subscribed_to(
    owing: tuple[Desk, Desk], tmp_path: Path
) -> None:
    desk = owing[1]
    page, before = desk.page, len(desk.wrong)
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
    page.click("button.first:has-text('Make a link')")
    answer = desk.context.request.get(page.inner_text("#link"))
    assert answer.headers["content-type"].startswith("text/calendar")
    assert "BEGIN:VEVENT" in answer.text()
    assert desk.wrong[before:] == []

"""The trial of a newcomer: `bailee up` with a mail server and a mailbox, a controller by the console, and a person who
writes an e-mail. From there on by browser and mailbox alone, until everything is answered and verifies offline."""

import io
import re
import smtplib
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from playwright.sync_api import Browser, sync_playwright
from tests.acceptance.test_console import CHROMIUM, FLAGS, SLOTS, Desk, Running
from tests.outside import Post, free_port, until

from bailee.proof.verify import verify_paths

pytestmark = pytest.mark.system

INTAKE, PRIVACY, PRINTER = "privacy@passerelle.example", SLOTS["notices"], "rgpd@imprimerie.example"
ELODIE, KARIM, LINA = "elodie@client.example", "karim@client.example", "lina@client.example"
BOTH = (
    "Bonjour,\n\nJe souhaite obtenir une copie de toutes les données que vous avez sur moi, puis je vous demande de "
    "supprimer toutes mes données personnelles.\n\nCordialement"
)
COMPLAINT = "Hello, I complain: you use my data without my consent, and nobody answers me."


class Trial:
    """The platform, the world's mail, and who sits at which desk."""

    def __init__(self, running: Running, post: Post, intake: int, clock: Path, browser: Browser) -> None:
        self.running, self.post, self.intake, self.clock = running, post, intake, clock
        self.processor, self.controller = Desk(browser, running.url), Desk(browser, running.url)

    def write(self, sender: str, text: str) -> None:
        """What a person's mail program does."""
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = sender, INTAKE, "Mes données"
        mail["Message-ID"] = f"<{uuid4()}@client.example>"
        mail.set_content(text)
        with smtplib.SMTP("127.0.0.1", self.intake) as client:
            client.send_message(mail)

    def agree(self) -> None:
        """Both parties come in, read the same words, and sign."""
        ours, theirs = self.processor, self.controller
        ours.enter(self.running.first_link, "ops@passerelle.example")
        ours.passkey("Laptop")
        ours.goto("/controllers/new")
        ours.page.fill("#name", SLOTS["controller_name"])
        ours.page.fill("#address", "admin@alpages.example")
        ours.page.click("button.first")
        ours.page.click("text=Go to the dossier")
        self.dossier = ours.page.url
        ours.page.click("text=Prepare or sign the agreement")
        draft = ours.page.url
        assert ours.page.input_value("#controller_name") == SLOTS["controller_name"]
        for name, value in SLOTS.items():
            ours.page.fill(f"#{name}", value)
        ours.page.click("button.first")
        ours.said("names the key")
        invitation = self.post.first("admin@alpages.example").get_body(("plain",)).get_content()
        theirs.enter(re.search(r"http://\S+/link/\S+", invitation)[0])
        theirs.passkey("Office")
        theirs.goto("/agreement/draft")
        theirs.page.click("text=Make a key for me")
        theirs.page.click("text=I have kept it")
        self.sign(theirs, "Jeanne Alpage", "the other party's is waited for")
        ours.goto(draft)
        self.sign(ours, "A. Passeur", "the agreement is in force")

    @staticmethod
    def sign(desk: Desk, name: str, said: str) -> None:
        desk.page.fill("#name", name)
        desk.page.click("button.first:has-text('Sign')")
        desk.said(said)

    def hold(self, *people: tuple[str, str]) -> None:
        """Take people in one by one, and hand everyone over to a printer, whose address is known."""
        desk = self.controller
        for given, address in people:
            desk.goto("/people/new")
            desk.page.fill("#given_name", given)
            desk.page.fill("#family_name", "Exemple")
            desk.page.fill("#email", address)
            desk.page.click("main button.first")
            desk.said("held from now on")
        desk.goto("/exports")
        desk.page.fill("input[name=recipient]", "Imprimerie du Lac")
        with desk.page.expect_download():
            desk.page.click("main button.first")
        desk.goto("/rights")
        desk.page.locator("input[name=recipient]").last.fill("Imprimerie du Lac")
        desk.page.locator("input[name=address]").last.fill(PRINTER)
        desk.page.click("main button.first")
        desk.said("It is chosen.")

    def carried_out(self, right: str, button: str) -> None:
        """Open the request of a right that was passed on, and have it carried out."""
        desk = self.controller
        desk.goto("/requests")
        desk.page.click(f"main tbody th a:has-text('{right}')")
        request = desk.page.url
        desk.page.click(f"button:has-text('{button}')")
        until(lambda: desk.goto(request) and desk.page.locator("#answer-words").count(), f"{right} carried out")

    def answered(self, words: str) -> None:
        desk = self.controller
        desk.page.fill("#answer-words", words)
        desk.page.click("form:has(#answer-words) button.first")
        desk.said("The answer is given.")

    def taken(self, link: str, folder: Path) -> Path:
        """Download an archive from a page, and unpack it."""
        with self.controller.page.expect_download() as got:
            self.controller.page.click(f"text={link}")
        with zipfile.ZipFile(got.value.path()) as packed:
            packed.extractall(folder)
        return folder


@pytest.fixture(scope="module")
def trial(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trial]:
    """A platform with a mail server and a mailbox of its own, under an agreement, with three people held."""
    if not CHROMIUM.exists():
        pytest.skip("chromium is not installed here")
    folder, post, intake = tmp_path_factory.mktemp("trial"), Post(), free_port()
    clock = folder / "clock"
    clock.write_text("+0s")
    post.open()
    running = Running(
        folder, smtp_url=f"smtp://127.0.0.1:{post.port}", mail_from="no-reply@passerelle.example",
        intake_address=INTAKE, intake_smtp=f"127.0.0.1:{intake}", processor="Passerelle SAS", clock=f"file:{clock}",
    )  # fmt: skip
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        made = Trial(running, post, intake, clock, opened)
        made.agree()
        made.hold(("Élodie", ELODIE), ("Karim", KARIM), ("Lina", LINA))
        yield made
        opened.close()
    running.close()
    post.shut()


def test_a_mail_becomes_a_request_that_is_carried_out_answered_and_proven(trial: Trial, tmp_path: Path) -> None:
    trial.write(ELODIE, BOTH)
    # Other letters go to that address too, the one about addresses among them: this one carries the request.
    [letter] = until(
        lambda: [one for one in trial.post.to(PRIVACY) if any(one.iter_attachments())], "the request, passed on"
    )
    for part in letter.iter_attachments():
        content = part.get_content()
        whole = content.encode() if isinstance(content, str) else content
        (tmp_path / part.get_filename()).write_bytes(whole if isinstance(whole, bytes) else whole.as_bytes())
    desk = trial.controller
    desk.goto("/ledger")
    key = desk.page.inner_text("p.secret")
    [envelope] = tmp_path.glob("request-*.json")
    assert [one.words for one in verify_paths([envelope], [key]) if not one.ok] == []
    assert trial.post.to(ELODIE) == [], "nobody answers the person"
    assert f"{trial.running.url}/act/" in letter.get_body(("plain",)).get_content(), "its link leads to this platform"

    desk.goto("/")
    desk.said("Answer a person's request")
    desk.goto("/received")
    desk.page.click("main tbody a")
    desk.said(ELODIE)
    desk.page.click("text=Go to the requests")
    trial.carried_out("Access", "Carry it out")
    pack = trial.taken("The pack", tmp_path / "pack")
    assert ELODIE in (pack / "data.json").read_text()
    trial.answered("Voici la copie de vos données.")
    trial.carried_out("Erasure", "Erase")
    desk.page.click("text=Write to those whose address is known")
    desk.said("The recipients whose address is known are written to.")
    trial.answered("Vos données sont effacées.")
    file = trial.taken("The file as evidence", tmp_path / "file")
    said = subprocess.run(
        [sys.executable, "-m", "bailee.proof", str(file), "--key", key], capture_output=True, text=True, check=False
    )
    assert said.returncode == 0, said.stdout + said.stderr
    for kind in ("request-received", "request-carried-out", "recipient-told", "request-answered"):
        assert f"'{kind}'" in said.stdout

    until(lambda: len(trial.post.to(ELODIE)) == 2, "both answers")
    assert {one["Subject"] for one in trial.post.to(ELODIE)} == {"Votre demande : notre réponse"}
    assert ELODIE not in trial.post.first(PRINTER).as_string()
    desk.goto("/obligations?show=ended")
    for owed in ("Forward a person's request", "Answer a person's request", "Tell recipients of a change"):
        assert desk.page.locator(f'tr:has-text("{owed}") >> text=kept').count() >= 1
    desk.goto("/notices")
    desk.said("A person's request, passed on")
    assert "letter-" not in desk.page.inner_text("main")
    assert desk.wrong == []


def test_the_same_by_mailbox_alone_without_an_account(trial: Trial) -> None:
    letters = len(trial.post.to(PRIVACY))

    def newest(subject: str) -> Any:
        found = until(
            lambda: [one for one in trial.post.to(PRIVACY)[letters:] if subject in one["Subject"]],
            f"a letter: {subject}",
        )
        return found[-1].get_body(("plain",)).get_content()

    def answer(link: str, button: str, *, handed: bool = False) -> bytes:
        """What whoever reads the mailbox does with a link: ask for the code, type it in, choose."""
        visitor = trial.processor.page.context.browser.new_context(locale="en-GB")
        page, codes = visitor.new_page(), len(trial.post.to(PRIVACY))
        page.goto(link.replace("http://localhost:8400", trial.running.url))
        page.click("button.first")
        code = until(lambda: [m for m in trial.post.to(PRIVACY)[codes:] if "code" in m["Subject"]], "a code")[-1]
        page.fill("#code", re.search(r"\b\d{8}\b", code.get_body(("plain",)).get_content())[0])
        page.press("#code", "Enter")
        assert page.locator("#code").count(), "Enter chooses nothing"
        if page.locator("#choice").count():  # of many choices one is picked from a list
            page.select_option("#choice", label=button)
            button = "Answer"
        if handed:
            with page.expect_download() as got:
                page.click(f"button:has-text('{button}')")
            content = Path(got.value.path()).read_bytes()
        else:
            page.click(f"button:has-text('{button}')")
            page.wait_for_selector("text=Answered, and the ledger says so")
            content = b""
        visitor.close()
        return content

    act = re.compile(r"http://\S+/act/\S+")
    trial.write(LINA, BOTH)
    [first] = act.findall(newest("has written"))
    answer(first, "We take it on")
    _, access, erasure = act.findall(newest("your next step"))
    answer(access, "Carry it out now")
    [ready] = act.findall(newest("lies ready"))
    with zipfile.ZipFile(io.BytesIO(answer(ready, "Fetch the file", handed=True))) as pack:
        assert LINA in pack.read("data.json").decode()
    printed = len(trial.post.to(PRINTER))
    answer(erasure, "Erase the person now")
    told = until(lambda: trial.post.to(LINA), "word to the person")
    assert "effacé pour de bon" in told[-1].get_body(("plain",)).get_content()
    until(lambda: len(trial.post.to(PRINTER)) > printed, "word to the recipient")


def test_an_instruction_is_given_challenged_and_withdrawn(trial: Trial) -> None:
    ours, theirs = trial.processor, trial.controller
    theirs.goto("/instructions/new")
    with theirs.page.expect_navigation():  # the form comes anew, with what the pattern says
        theirs.page.click("text=Letters to partners")
    theirs.page.fill("#reason", "the year-end letter")
    theirs.page.fill("#id", "year-end-letter")
    theirs.page.click("text=Keep the draft")
    theirs.page.fill("#name", "Jeanne Alpage")
    theirs.page.click("text=Sign the instruction")
    theirs.said("It is signed and on file.")
    ours.goto(f"{trial.dossier}/instructions")
    ours.page.locator("summary:has-text('Challenge it')").first.click()
    ours.page.fill("details[open] textarea", "No legal ground is named.")
    ours.page.click("details[open] >> text=Tell the controller now")
    ours.said("The controller is being told")
    until(
        lambda: [one for one in trial.post.to(PRIVACY) if "No legal ground is named." in one.as_string()], "its letter"
    )
    theirs.goto("/")
    theirs.page.click("tbody a:has-text('Answer a challenge')")
    theirs.page.click("text=Go where it is done")
    theirs.page.click("main .sheet a")
    theirs.page.click("summary:has-text('Withdraw it')")
    theirs.page.fill("details[open] input[name=name]", "Jeanne Alpage")
    theirs.page.click("text=Sign the withdrawal")
    theirs.said("withdrawn")
    assert ours.wrong + theirs.wrong == []


def test_a_privacy_tool_asks_by_opendsr_with_a_credential_of_the_console(trial: Trial) -> None:
    desk = trial.controller
    desk.goto("/credentials")
    desk.page.fill("#name", "privacy-desk")
    for box in desk.page.locator("input[name=purposes]").all():
        box.uncheck()
    desk.page.check("input[value=rights-of-persons]")
    desk.page.click("main form button.first")
    token = desk.page.inner_text("#credential")
    asked = {
        "regulation": "gdpr", "subject_request_id": str(uuid4()), "subject_request_type": "access", "api_version": "2.0",
        "submitted_time": "2026-11-25T10:00:00Z",
        "subject_identities": [{"identity_type": "email", "identity_value": KARIM, "identity_format": "raw"}],
    }  # fmt: skip
    with httpx.Client(base_url=trial.running.url, headers={"authorization": f"Bearer {token}"}) as tool:
        assert tool.post("/opendsr/requests", json=asked).status_code == 201
        path = f"/opendsr/requests/{asked['subject_request_id']}"
        until(lambda: tool.get(path).json()["request_status"] == "completed", "the answer to the tool")
        assert tool.get(f"{path}/results").content.startswith(b"PK")


def test_three_hours_without_a_mail_server_lose_nothing_send_nothing_twice_and_are_said(trial: Trial) -> None:
    before = len(trial.post.to(PRIVACY))
    trial.post.shut()
    trial.write(KARIM, COMPLAINT)
    ready = f"{trial.running.url}/health/ready"
    until(lambda: httpx.get(ready).json()["mail"].startswith("away"), "word that mail is away")
    trial.clock.write_text("+3h")
    ours = trial.processor
    ours.goto("/sign-in")  # three hours without a word end a session
    ours.page.click("form[data-passkey] button")
    ours.page.wait_for_url(lambda url: not url.endswith("/sign-in"))
    ours.goto("/")
    ours.said("No mail leaves since")
    trial.post.open()
    until(lambda: len(trial.post.to(PRIVACY)) > before, "the letter")
    until(lambda: httpx.get(ready).json()["mail"] == "ready", "mail as before")
    told = ours.page.locator("td:has-text('after 3 hours')")
    until(lambda: ours.goto("/messages/forwarded") and told.count(), "that it was told, after three hours")
    assert len([one for one in trial.post.to(PRIVACY) if KARIM in one.as_string()]) == 1

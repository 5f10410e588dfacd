"""Instructions in the console: drafted, read, signed by who signed the agreement, challenged, compelled, rehearsed."""

import re
from datetime import datetime, timedelta, timezone
from pathlib import Path
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.browsing import ORIGIN
from tests.household import ADMIN, DPO, VIEWER, Household

from bailee.cli.demo import parties
from bailee.contract.amendments import amended
from bailee.contract.documents import Amendment, Changed, InstructionText, SignedDocument, content_of
from bailee.contract.sentences import FORMAT
from bailee.contract.signing import Signatory, sign
from bailee.processing.accounts.sessions import PROVEN_FOR
from bailee.promised import Promised
from bailee.vocabulary.groups import PersonGroup
from bailee.vocabulary.operations import Operation
from bailee.vocabulary.parties import ActorKind
from bailee.vocabulary.purposes import Purpose

FORM = (
    ("actors", "controller_system"), ("operations", "consult"), ("categories", "name"), ("categories", "email"),
    ("groups", "user"), ("purposes", "prospecting"), ("reason", "the <b>year-end</b> letter"), ("id", "year-end"),
)  # fmt: skip


class Party:
    """A controller whose administrator signed the agreement with a key of the platform's, and the processor's people."""

    def __init__(self, rooms, house, signer, company):
        self.rooms, self.house, self.signer, self.company = rooms, house, signer, company
        self.key = Ed25519PrivateKey.generate()
        self.id, self.promised = house.id, Promised(rooms)
        self.platform = Household(rooms, rooms.platform)

    async def browser(self, role=None):
        return await self.house.signed_in(self.signer if role is None else await self.house.staff(role))

    async def amend(self, amendment):
        """File an amendment that both signed."""
        document = SignedDocument(kind="amendment", content=content_of(amendment), signatures=())
        for required in self.agreement.signatories:
            key = self.key if required.party == "processor" else self.company.signing
            who = Signatory(party=required.party, role=required.role, name="N")
            document = sign(document, who, key, self.rooms.clock.now())
        await self.rooms.filing.file(self.id, document, by="tests")

    async def processor(self, role):
        return await self.platform.signed_in(await self.platform.staff(role))


@pytest.fixture
def party(rooms, base):
    async def made(**changes):
        company = parties.companies()[0]
        company.id = await rooms.filing.open_dossier(company.name, by="tests")
        company.verifier_key = rooms.log_key.verifier(company.id)
        agreement = parties.filled(base, company)
        if changes:
            listed = tuple(Changed(path=path, value=value, reason="r") for path, value in changes.items())
            since = base.in_force_from
            agreement = amended(agreement, Amendment(format="bailee.dev/amendment/v1", since=since, changes=listed))
        house = Household(rooms, company.id)
        signer = await house.staff(ADMIN)
        company.signing = await house.wings.admitting.signing_key(company.id, signer)
        at = rooms.clock.now() - timedelta(minutes=1)
        found = Party(rooms, house, signer, company)
        found.agreement = agreement
        await rooms.filing.file(company.id, parties.signed(agreement, company, found.key, at), by="tests")
        return found

    return made


@pytest.fixture
def clock(settings):
    """The file of the simulated clock, put back afterwards."""
    file = Path(settings.clock.removeprefix("file:"))
    yield file
    file.write_text("+0s")


async def drafted(browser, *form):
    answer = await browser.post("/instructions/new", *(form or FORM))
    assert answer.status == 303, answer.raw[-600:]
    return answer.headers["location"]


async def signed(browser, *form):
    place = await drafted(browser, *form)
    shown = (await browser.get(place)).raw.decode()
    digest = re.search(r'name="digest" value="(\w+)"', shown)[1]
    answer = await browser.post(f"{place}/sign", digest=digest, name="Ada Alpage")
    assert answer.headers.get("location") == "/instructions", answer.raw[-600:]
    return digest


async def test_an_instruction_is_built_as_a_sentence_read_critically_signed_and_withdrawn(party):
    whose = await party()
    browser = await whose.browser()
    assert b"Nothing instructed yet" in (await browser.get("/instructions")).raw
    preview = (await browser.post("/instructions/preview", *FORM)).raw.decode()
    assert "Our systems may consult names and e-mail addresses of users, for prospecting" in preview
    assert "&lt;b&gt;year-end&lt;/b&gt;" in preview
    assert "It has no end" in preview
    place = await drafted(browser)
    shown = (await browser.get(place)).raw.decode()
    assert "Nos systèmes peuvent consulter" in shown, "both languages are there to read"
    await signed(browser, *FORM)
    listed = (await browser.get("/instructions")).raw.decode()
    assert "Signed by Ada Alpage" in listed
    one = (await browser.get("/instructions/of/year-end")).raw.decode()
    assert "in force" in one
    assert (await browser.post("/instructions/of/year-end/withdraw", name="")).status == 422
    answer = await browser.post("/instructions/of/year-end/withdraw", name="Ada Alpage")
    assert answer.headers["location"] == "/instructions"
    assert b"withdrawn" in (await browser.get("/instructions/of/year-end")).raw
    assert (await browser.post("/instructions/of/year-end/withdraw", name="Ada")).status == 404


async def test_instants_are_said_to_the_minute_in_the_readers_zone_and_kept_as_they_are(party):
    whose = await party()
    browser = await whose.browser()
    begin = datetime(2031, 7, 2, 1, 59, 59, 999_999, tzinfo=timezone(timedelta(hours=2)))
    end = begin + timedelta(days=1)
    text = InstructionText(
        format=FORMAT, id="exact", purposes=(Purpose.support,), operations=(Operation.consult,), categories=("name",),
        groups=(PersonGroup.user,), actors=(ActorKind.controller_system,), in_force_from=begin, in_force_until=end,
        reason="from 1 July 2031, 23:59:59.999999 UTC <b>on</b>",
    )  # fmt: skip
    draft = await whose.promised.instructing.draft(whose.id, text, by="tests")
    shown = '<time datetime="2031-07-01T23:59:59Z">1 July 2031, 23:59 UTC</time>'
    for path in ("/instructions", f"/instructions/drafts/{draft}"):
        page = (await browser.get(path)).raw.decode()
        assert f"from {shown}, until " in page, path
        assert "“from 1 July 2031, 23:59:59.999999 UTC &lt;b&gt;on&lt;/b&gt;”" in page, "what they wrote is theirs"
        assert "à partir du 1 juillet 2031, 23:59 UTC, jusqu" in page or path == "/instructions"
    assert (await whose.promised.instructing.find(whose.id, draft)).text == text


async def test_what_is_missing_in_the_form_is_said_where_it_is_missing(party):
    browser = await (await party()).browser()
    answer = await browser.post("/instructions/new", ("reason", "x"))
    assert answer.status == 422
    for words in (b"Say who may.", b"Say with which data.", b"Give it a short name"):
        assert words in answer.raw
    preview = await browser.post("/instructions/preview", *FORM, ("since", "2026-02-30"))
    assert b"This is not a day." in preview.raw
    named = [(name, value) for name, value in FORM if name != "id"]
    assert (await browser.post("/instructions/new", *named, ("id", "Not A Name"))).status == 422
    pattern = (await browser.get("/instructions/new?pattern=campaign")).raw.decode()
    assert re.search(r'value="prospecting" checked', pattern)


async def test_only_a_signer_of_the_agreement_signs_and_only_with_presence_proven(party, clock):
    whose = await party()
    signer, other = await whose.browser(), await whose.browser(DPO)
    place = await drafted(other)
    digest = re.search(r'name="digest" value="(\w+)"', (await other.get(place)).raw.decode())[1]
    refused = await other.post(f"{place}/sign", digest=digest, name="Mallory")
    assert refused.status == 403
    assert b"Your signature has no force here" in refused.raw
    assert (await signer.post(f"{place}/sign", digest="0" * 64, name="Ada")).status == 409
    clock.write_text(f"+{int(PROVEN_FOR.total_seconds()) + 60}s")
    asked = await signer.post(f"{place}/sign", digest=digest, name="Ada")
    assert asked.headers["location"].startswith("/me/sign-in/prove")
    assert await whose.promised.instructing.on_file(whose.id) == []


async def test_what_could_never_be_allowed_cannot_be_signed_and_the_page_says_why(party):
    browser = await (await party()).browser()
    place = await drafted(browser, *FORM, ("actors", "processor_staff"))
    shown = (await browser.get(place)).raw.decode()
    assert "The processor may never pursue this purpose" in shown
    assert "Sign the instruction" not in shown
    digest = "0" * 64
    assert (await browser.post(f"{place}/sign", digest=digest, name="Ada")).status == 409


async def test_a_draft_is_changed_by_one_at_a_time_and_given_up(party):
    browser = await (await party()).browser()
    place = await drafted(browser)
    form = (await browser.get(f"{place}/write")).raw.decode()
    assert 'name="version" value="1"' in form
    changed = await browser.post(f"{place}/write", *FORM, ("until", "2090-12-31"), ("version", "1"))
    assert changed.headers["location"] == place
    assert (
        b'until <time datetime="2091-01-01T00:00:00Z">1 January 2091, 00:00 UTC</time>'
        in (await browser.get(place)).raw
    )
    assert b'value="2090-12-31"' in (await browser.get(f"{place}/write")).raw
    assert (await browser.post(f"{place}/write", *FORM, ("version", "1"))).status == 409
    assert (await browser.post(f"{place}/write", ("version", "2"))).status == 422
    assert (await browser.post(f"{place}/drop")).headers["location"] == "/instructions"
    assert (await browser.get(place)).status == 404
    assert (await browser.post(f"{place}/drop")).status == 404


async def test_a_mail_is_taken_in_shown_as_text_and_kept_beside_what_it_became(party):
    whose = await party()
    browser = await whose.browser()
    answer = await browser.post("/instructions/take-in", text="Let sales see <script>names</script>", name="mail")
    place = answer.headers["location"]
    shown = (await browser.get(place)).raw.decode()
    assert "Let sales see &lt;script&gt;names" in shown
    draft = place.removesuffix("/write")
    assert (await browser.get(draft)).headers["location"] == place
    await browser.post(place, *FORM, ("version", "1"))
    digest = re.search(r'name="digest" value="(\w+)"', (await browser.get(draft)).raw.decode())[1]
    await browser.post(f"{draft}/sign", digest=digest, name="Ada")
    one = (await browser.get("/instructions/of/year-end")).raw.decode()
    kept = await browser.get(re.search(r'"(/instructions/originals/[\w-]+)"', one)[1])
    assert kept.raw == b"Let sales see <script>names</script>"
    assert kept.headers["content-disposition"].startswith("attachment")
    assert kept.headers["content-type"].startswith("application/octet-stream")
    for text, status in (("", 422), (" \n", 422), ("x" * 500_001, 413)):
        assert (await browser.post("/instructions/take-in", text=text)).status == status
    token = await browser.token()
    headers = {
        "origin": ORIGIN,
        "x-csrf": token,
        "content-type": "application/octet-stream",
        "x-file-name": "a%20b.eml",
    }
    sent = await browser.raw("/instructions/take-in", b"From: x\n\nplease", **headers)
    assert sent.status in (200, 201)
    assert b"/write" in sent.raw
    found = await whose.promised.instructing.listed(whose.id)
    assert (await whose.promised.instructing.original(whose.id, found[0].original)).name == "a b.eml"


async def test_the_next_version_of_an_instruction_begins_with_the_last(party):
    browser = await (await party()).browser()
    await signed(browser)
    form = (await browser.get("/instructions/new?like=year-end")).raw.decode()
    assert 'name="replaces" type="text" value="year-end"' in form
    later = [(name, value) for name, value in FORM if name != "id"]
    await signed(browser, *later, ("id", "year-end-2"), ("replaces", "year-end"), ("categories", "phone"))
    listed = (await browser.get("/instructions")).raw.decode()
    assert "replaced by year-end-2" in listed


async def test_a_challenge_is_raised_by_the_processor_and_answered_by_the_controller(party):
    whose = await party(**{"terms.instructions.challenge_suspends.value": "yes"})
    controller, officer = await whose.browser(), await whose.processor("processor-dpo")
    await signed(controller)
    room = f"/controllers/{whose.id}/instructions"
    listed = (await officer.get(room)).raw.decode()
    assert "This agreement suspends what is challenged" in listed
    assert (await officer.post(f"{room}/challenge", instruction="year-end", reason="")).status == 422
    assert (await officer.post(f"{room}/challenge", instruction="nothing", reason="r")).status == 404
    done = await officer.post(f"{room}/challenge", instruction="year-end", reason="no <i>ground</i>")
    assert done.headers["location"] == room
    assert (await officer.post(f"{room}/challenge", instruction="year-end", reason="again")).status == 409
    assert b"An instruction is challenged" in (await controller.get("/instructions")).raw
    shown = (await controller.get("/instructions/of/year-end")).raw.decode()
    assert "no &lt;i&gt;ground&lt;/i&gt;" in shown
    confirm = re.search(r'action="(/instructions/challenges/[\w-]+/confirm)"', shown)[1]
    stranger = await whose.browser(DPO)
    assert (await stranger.post(confirm, name="M", answer="x")).status == 403
    assert (await controller.post(confirm, name="Ada", answer="Art. 6(1)(f)")).headers["location"] == "/instructions"
    assert b"confirmed in writing" in (await controller.get("/instructions/of/year-end")).raw
    assert (await controller.post(confirm, name="Ada")).status == 409


async def test_the_processor_takes_in_a_mail_and_the_controller_makes_an_instruction_of_it(party):
    whose = await party()
    officer, controller = await whose.processor("processor-dpo"), await whose.browser()
    room = f"/controllers/{whose.id}/instructions"
    await officer.post(f"{room}/take-in", text="please do", name="mail of today")
    assert b"1 draft waits for the controller." in (await officer.get(room)).raw
    assert b"Something came in writing" in (await controller.get("/instructions")).raw
    nobody = f"/controllers/{UUID(int=0)}/instructions"
    assert (await officer.post(f"{nobody}/take-in", text="x")).status == 404
    assert (await officer.get(nobody)).status == 404


def order(**more):
    days = {"until": "2090-01-31", "since": "2090-01-01"}
    return {
        "authority": "Tribunal", "reference": "26/1", "country": "fr", "law": "CPP art. 60-1", "place": "fr",
        "operations": "consult", "categories": "name", "groups": "user", "actors": "processor_staff", **days, **more,
    }  # fmt: skip


async def test_an_order_is_written_down_and_approved_by_the_officer_and_an_administrator(party):
    whose = await party()
    officer, administrator = await whose.processor("processor-dpo"), await whose.processor("processor-administrator")
    room = f"/controllers/{whose.id}/orders"
    assert b"No order" in (await officer.get(room)).raw
    for more, words in (
        ({"country": "us"}, b"counts only under an international agreement"), ({"until": "2089-01-01"}, b"ends before"),
        ({"until": ""}, b"does not fit"), ({"persons": "nobody"}, b"does not fit"), ({"law": ""}, b"does not fit"),
    ):  # fmt: skip
        wrong = await officer.post(f"{room}/new", **order(**more))
        assert wrong.status == 422
        assert words in wrong.raw, more
    place = (await officer.post(f"{room}/new", **order())).headers["location"]
    assert b"Approve it" in (await officer.get(place)).raw
    assert (await officer.post(f"{place}/approve")).headers["location"] == place
    assert (await officer.post(f"{place}/approve")).status == 403
    second = await whose.processor("processor-dpo")
    assert (await second.post(f"{place}/approve")).status == 403, "one officer is enough"
    assert (await administrator.post(f"{place}/approve")).headers["location"] == place
    shown = (await officer.get(place)).raw
    assert b"Nothing is opened until a server has taken it over" in shown
    assert (await administrator.post(f"{place}/drop")).status == 409
    assert b"Orders of the law" in (await (await whose.browser()).get("/instructions")).raw
    assert b"Tribunal" in (await officer.get(room)).raw


async def test_an_order_that_may_not_be_told_is_not_shown_to_the_controller_until_the_ban_ends(party):
    whose = await party()
    officer, administrator = await whose.processor("processor-dpo"), await whose.processor("processor-administrator")
    controller, room = await whose.browser(), f"/controllers/{whose.id}/orders"
    ban = {"ban_law": "CPP art. 11", "ban_interest": "an inquiry", "ban_until": "2090-02-01", "ban_event": "judgment"}
    place = (await officer.post(f"{room}/new", **order(**ban))).headers["location"]
    assert (await officer.post(f"{place}/ban-ended", event="x")).status == 409
    for browser in (officer, administrator):
        await browser.post(f"{place}/approve")
    assert b"Tribunal" not in (await controller.get("/instructions")).raw
    assert b"an inquiry" in (await officer.get(place)).raw
    assert (await officer.post(f"{place}/ban-ended", event="given")).headers["location"] == place
    assert b"Tribunal" in (await controller.get("/instructions")).raw
    dropped = (await officer.post(f"{room}/new", **order())).headers["location"]
    assert (await officer.post(f"{dropped}/drop")).headers["location"] == room


async def test_a_rehearsal_draws_what_would_change_and_says_what_the_ledger_does_not(party):
    whose = await party()
    browser = await whose.browser()
    await browser.get("/people")
    place = await drafted(browser)
    await whose.rooms.reading.integrated(whose.id)
    for path in (f"{place}/rehearsal?last=7", f"{place}/rehearsal?last=99"):
        shown = (await browser.get(path)).raw.decode()
        assert "What the ledger does not say" in shown
        assert "accesses replayed" in shown
    await signed(browser, *[pair for pair in FORM if pair[0] != "id"], ("id", "other"))
    assert (await browser.get("/instructions/of/other/rehearsal")).status == 200
    assert (await browser.get("/instructions/of/nothing/rehearsal")).status == 404
    taken = (await browser.post("/instructions/take-in", text="do")).headers["location"].removesuffix("/write")
    assert (await browser.get(f"{taken}/rehearsal")).status == 404


async def test_the_agreement_reads_as_a_document_with_its_terms_and_versions_side_by_side(party):
    whose = await party()
    browser = await whose.browser()
    shown = (await browser.get("/agreement/document")).raw.decode()
    assert "A challenge suspends the instruction" in shown
    assert "15 working days" in shown
    assert "working-days" not in shown
    assert "Our staff" in shown
    assert "What the amendments changed" not in shown
    change = Changed(path="terms.instructions.challenge_suspends.value", value="yes", reason="they asked for it")
    day = whose.rooms.clock.now().date() + timedelta(days=30)
    await whose.amend(Amendment(format="bailee.dev/amendment/v1", since=day, changes=(change,)))
    shown = (await browser.get("/agreement/document")).raw.decode()
    assert "to come" in shown
    assert "<ins>yes</ins>" in shown
    assert "they asked for it" in shown
    assert "Duties added by negotiation" not in shown
    assert (await (await whose.browser(VIEWER)).get("/agreement/document")).status == 403


async def test_what_was_negotiated_beside_the_sample_stands_in_the_document(party):
    duty = {
        "id": "tell-the-board", "trigger": "complaint-received", "period": "5 working-days", "owed_to": "controller",
        "evidence": "the minutes",
    }  # fmt: skip
    whose = await party(custom_duties=[duty])
    shown = (await (await whose.browser()).get("/agreement/document")).raw.decode()
    told = ("Tell the board", "a person&#39;s complaint reaches the processor", "5 working days", "the minutes")
    assert [words for words in told if words not in shown] == []

"""The register of staff by its doors: pages of three readers, the API, the command line."""

import base64
import hashlib
import json
import re
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from tests.household import ADMIN, DPO, Household, commanded
from tests.integration.test_staff import Desk
from tests.speaking import Client

from bailee.api.application import Application
from bailee.clauses.confidentiality import texts
from bailee.serving import control_plane, data_plane
from bailee.vocabulary.parties import ActorKind

DAY = timedelta(days=1)
OFFICER = "processor-dpo"


@pytest.fixture
def desk(rooms):
    return Desk(rooms)


@pytest.fixture
def platform(rooms):
    return Household(rooms, rooms.platform)


@pytest.fixture
def application(rooms):
    return Application(data_plane(rooms), control_plane(rooms))


async def operator(rooms, application, **given):
    issued = await rooms.credentials.issue(
        rooms.platform, by="tests", actor="system:hr", kind=ActorKind.processor_system,
        purposes=("contract-administration",), expires_at=rooms.clock.now() + DAY,
    )  # fmt: skip
    return Client(application, issued.text)


async def test_a_member_of_staff_reads_and_signs_the_very_text_in_their_language(platform, desk):
    person = await platform.staff("support")
    browser = await platform.signed_in(person)
    page = (await browser.get("/me/undertaking", accept_language="fr")).raw.decode()
    assert "Engagement de confidentialité" in page
    digest = re.search(r'name="digest" value="(\w+)"', page)[1]
    assert digest == texts.current("fr").digest
    english = (await browser.get("/me/undertaking")).raw.decode()
    assert texts.current("en").paragraphs[2] in english.replace("&#39;", "'")
    unnamed = await browser.post("/me/undertaking", digest=texts.current("en").digest)
    assert unnamed.status == 422
    other = await browser.post("/me/undertaking", digest=digest, signer="Ana Gil")
    assert other.status == 409, "what was read was another text than the page's language has"
    done = await browser.post("/me/undertaking", digest=texts.current("en").digest, signer="Ana Gil")
    assert (done.status, done.headers["location"]) == (303, "/me/undertaking")
    [kept] = (await desk.staff.of(person)).entry.undertakings
    assert texts.holds(kept)
    assert (kept.name, kept.text) == ("Ana Gil", texts.current("en").words)
    assert b"You have signed this." in (await browser.get("/me/undertaking")).raw
    assert (await browser.get("/staff")).status == 403, "the register is the officer's"


async def test_the_officer_records_ends_and_lets_go_on_pages_and_the_controller_sees_labels(
    platform, desk, hold, profile, rooms
):
    holder = await hold()
    read = await desk.reader(holder, profile)
    officer = await platform.signed_in(await platform.staff(OFFICER))
    admin = await Household(rooms, holder.id, holder).signed_in(await Household(rooms, holder.id, holder).staff(ADMIN))
    made = await officer.post("/staff", label=desk.label, name="Ana Gil")
    place = made.headers["location"]
    assert (await officer.post("/staff", label=desk.label)).status == 422
    assert (await officer.post("/staff", label="Ana Gil")).status == 422
    assert b"not let in" in (await admin.get("/processor-staff")).raw
    statute = {"reference": "Art. 226-13 CP", "since": desk.today.isoformat()}
    assert (await officer.post(f"{place}/bind", **(statute | {"since": "soon"}))).status == 422
    assert (await officer.post(f"{place}/bind", **statute)).headers["location"] == place
    sent = await officer.raw(
        f"{place}/papers", b"%PDF certificate", origin="http://localhost", x_csrf=await officer.token(),
        x_file_name="attestation%20.pdf", content_type="application/octet-stream",
    )  # fmt: skip
    shown = sent.body["location"]
    assert hashlib.sha256(b"%PDF certificate").hexdigest().encode() in (await officer.get(shown)).raw
    original = await officer.get(f"{shown}/original")
    assert (original.raw, original.headers["content-type"]) == (b"%PDF certificate", "application/octet-stream")
    paper = shown.rpartition("/")[2]
    taught = {"what": "GDPR", "on": desk.today.isoformat(), "given_by": "DPO", "paper": paper}
    assert (await officer.post(f"{place}/train", **taught)).status == 303
    assert (await read()).status == 200
    one = (await officer.get(place)).raw.decode()
    for words in ("Ana Gil", desk.label, "by law", "Art. 226-13 CP", "let in", "GDPR", holder.company.name):
        assert words in one, words
    assert "Ana Gil" in (await officer.get("/staff", accept_language="fr")).raw.decode()
    seen = (await admin.get("/processor-staff")).raw.decode()
    assert desk.label in seen
    assert "person is let in: bound and trained" in seen
    assert "Ana Gil" not in seen
    assert "personne est admise" in (await admin.get("/processor-staff", accept_language="fr")).raw.decode()
    stands = await desk.staff.one(UUID(place.rpartition("/")[2]))
    version = str(stands.entry.version)
    assert (await officer.post(f"{place}/change", label=desk.label, name="Ana G.", version="7")).status == 409
    assert (await officer.post(f"{place}/change", label=desk.label, name="Ana G.", version=version)).status == 303
    assert (await officer.post(f"{place}/end", record=str(stands.entry.trainings[0].id))).status == 303
    assert (await read()).body["clause"] == "staff.training"
    assert (await officer.post(f"{place}/end", record=str(stands.entry.trainings[0].id))).status == 409
    assert (await officer.post(f"{place}/release")).status == 303
    assert (await read()).status == 401
    gone = (await officer.get(place)).raw.decode()
    assert "The access has ended; what was undertaken binds on." in gone
    assert "Nobody of the processor" in (await admin.get("/processor-staff")).raw.decode()
    assert b"Have left" in (await officer.get("/staff")).raw
    for path in (f"/staff/{uuid4()}", f"{place}/papers/{uuid4()}"):
        assert (await officer.get(path)).status == 404


async def test_nobody_of_a_controller_comes_to_the_register(platform, hold, rooms):
    holder = await hold()
    house = Household(rooms, holder.id, holder)
    browser = await house.signed_in(await house.staff(DPO))
    assert (await browser.get("/staff")).status == 403
    assert (await browser.get("/me/undertaking")).headers["location"] == "/me"
    assert (await browser.post("/me/undertaking", signer="x")).status == 404
    staff = await platform.signed_in(await platform.staff(OFFICER))
    assert (await staff.get("/processor-staff")).headers["location"] == "/staff"


async def test_the_processors_systems_keep_the_register_over_http(desk, application, hold, profile, rooms):
    holder, other = await hold(0), await hold(1)
    read = await desk.reader(holder, profile)
    hr = await operator(rooms, application)
    made = await hr("POST", "/api/v1/staff", {"label": desk.label, "name": "Ana Gil"})
    assert made.status == 201, made.raw
    place = f"/api/v1/staff/{made.body['id']}"
    assert made.body["state"] == "unbound"
    assert (await hr("POST", "/api/v1/staff", {"label": desk.label})).status == 422
    document = base64.b64encode(b"%PDF signed").decode()
    bound = await hr("POST", f"{place}/undertakings", {"way": "paper", "since": str(desk.today), "document": document})
    assert (bound.status, bound.body["digest"]) == (201, hashlib.sha256(b"%PDF signed").hexdigest())
    for body in (
        {"way": "paper", "since": str(desk.today)}, {"way": "paper", "since": str(desk.today), "document": "?"},
        {"way": "statute", "since": str(desk.today)},
    ):  # fmt: skip
        refused = await hr("POST", f"{place}/undertakings", body)
        assert (refused.status, refused.body["clause"]) == (422, "staff.confidentiality"), body
    taught = {"what": "GDPR", "on": str(desk.today), "given_by": "DPO", "digest": "a" * 64}
    assert (await hr("POST", f"{place}/trainings", taught | {"digest": ""})).status == 422
    trained = await hr("POST", f"{place}/trainings", taught)
    assert trained.status == 201
    assert (await read()).status == 200
    one = (await hr("GET", place)).body
    assert (one["state"], one["access"][0]["controller"]) == ("in-order", str(holder.id))
    assert desk.label in [each["label"] for each in (await hr("GET", "/api/v1/staff")).body]
    theirs = await holder.client("contract-administration")
    foreign = await other.client("contract-administration")
    theirs.app = foreign.app = application
    [seen] = (await theirs("GET", f"/api/v1/controllers/{holder.id}/staff")).body
    assert (seen["label"], seen["let_in"], "Ana Gil" in str(seen)) == (desk.label, True, False)
    unknown = await foreign("GET", f"/api/v1/controllers/{uuid4()}/staff")
    mine = await foreign("GET", f"/api/v1/controllers/{holder.id}/staff")
    assert (mine.status, mine.raw) == (404, unknown.raw)
    assert (await theirs("GET", "/api/v1/staff")).status == (await theirs("GET", place)).status == 404
    assert (await theirs("POST", f"{place}/release", {})).status == 404
    assert (await hr("GET", f"/api/v1/staff/{uuid4()}")).status == 404
    ended = f"/api/v1/staff/records/{trained.body['id']}/end"
    assert (await hr("POST", ended, {})).status == 204
    assert (await hr("POST", ended, {})).status == 409
    assert (await read()).body["clause"] == "staff.training"
    left = await hr("POST", f"{place}/release", {})
    assert [(each["controller"], each["revoked"]) for each in left.body] == [(str(holder.id), True)]


async def test_a_named_operator_keeps_the_register_by_command(desk, hold, profile, premises, rooms, tmp_path):
    holder = await hold()
    read = await desk.reader(holder, profile)
    house = Household(rooms, holder.id, holder)
    paper = tmp_path / "signed.pdf"
    paper.write_bytes(b"%PDF signed")
    today = desk.today.isoformat()

    async def typed(*words: str):
        return await commanded(house, premises, "staff", *words)

    for words in (
        ("bind", desk.label, "--since", today), ("release", desk.label),
        ("train", desk.label, "--what", "GDPR", "--on", today, "--given-by", "DPO"),
    ):  # fmt: skip
        assert (await typed(*words)).exit_code == 2, words
    bound = await typed("bind", desk.label, "--since", today, "--document", str(paper), "--by", "ada", "--json")
    assert bound.exit_code == 0, bound.output
    assert json.loads(bound.stdout)["digest"] == hashlib.sha256(b"%PDF signed").hexdigest()
    trained = await typed(
        "train", desk.label, "--what", "GDPR", "--on", today, "--given-by", "DPO", "--digest", "b" * 64
    )
    assert "is on record, and every gate is told" in " ".join(trained.output.split())
    assert (await read()).status == 200
    shown = json.loads((await typed("list", "--json")).stdout)
    [mine] = [one for one in shown if one["label"] == desk.label]
    assert (mine["state"], mine["undertaking"], mine["let_in"]) == ("in-order", "paper", 1)
    assert desk.label in (await typed("list")).output
    gone = await typed("release", desk.label)
    assert "All access of" in gone.output
    assert (await read()).status == 401
    assert (await typed("release", desk.label, "--json")).exit_code == 2

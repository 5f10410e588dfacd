"""Sub-processors in the console: proposed in a form, judged, approved, read and decided on by a controller; and over HTTP."""

import os
import re
from datetime import timedelta
from uuid import UUID

import pytest
from tests.household import ADMIN, DPO, Household, worked
from tests.integration.test_instruction_pages import Party
from tests.integration.test_mail import Keeping, serving
from tests.integration.test_notices import Told
from tests.speaking import Client

from bailee.api.application import Application
from bailee.clauses.sub_processors import flow_down
from bailee.cli.demo import parties
from bailee.serving import control_plane, data_plane
from bailee.vocabulary.ids import new_id
from bailee.vocabulary.parties import ActorKind

DOCUMENT = "5e" * 32
OFFICER = "processor-dpo"


class Chained(Party):
    """A controller whose administrator signs here, the processor's officer, and the worker."""

    async def work(self):
        duties = [*self.promised.chain_due(), *self.promised.letters_due()]
        for name in ("sub-processors", "notices", "sub-processors"):
            await worked(duties, name, self.id)


@pytest.fixture
async def party(rooms, base):
    company = parties.companies()[0]
    company.id = await rooms.filing.open_dossier(company.name, by="tests")
    company.verifier_key = rooms.log_key.verifier(company.id)
    house = Household(rooms, company.id)
    signer = await house.staff(ADMIN)
    company.signing = await house.wings.admitting.signing_key(company.id, signer)
    found = Chained(rooms, house, signer, company)
    at = rooms.clock.now() - timedelta(minutes=1)
    document = parties.signed(parties.filled(base, company), company, found.key, at)
    await rooms.filing.file(company.id, document, by="tests")

    async def alone():
        return [company.id]

    for promised in (found.promised, found.platform.wings.promised):
        promised.everyone = alone  # this controller alone is told
    async with serving(Keeping()) as port:
        Told.connect(found, port)
        yield found


def form(**changes):
    parts = {
        "kind": "add", "slug": f"t-{os.urandom(6).hex()}", "name": "Cloud <b>Inc.</b>", "address": "1 Main Street, Boston",
        "country": "us", "remote": "in ca", "contact": "privacy@cloud.example", "role": "sends mail",
        "safeguards": "encryption at rest", "personal_data": "yes", "reason": "delivery is better", "means": "standard-clauses",
        "module": "3", "reference": "clauses of 3 May", "document": "d0" * 32, "assessment": "a5" * 32, "begins": "", "above": "",
        "mechanism_until": "",
    }  # fmt: skip
    return tuple((parts | changes).items())


DATA = (("categories", "name"), ("categories", "email"))


async def proposed(officer, *pairs):
    answer = await officer.post("/chain/new", *pairs)
    assert answer.status == 303, answer.raw[-900:]
    return answer.headers["location"]


async def judged(officer, place, *clauses, **changes):
    chosen = [("clauses", one) for one in clauses or flow_down.OBLIGATIONS]
    said = {"verdict": "same-in-substance", "grounds": "section 4", "document": DOCUMENT, "signer": "Olga Officer"}
    return await officer.post(f"{place}/judge", *chosen, **said | changes)


async def test_one_is_proposed_judged_approved_and_consented_to_in_the_console(party):
    officer = await party.processor(OFFICER)
    assert (await officer.get("/chain/new")).status == 200
    place = await proposed(officer, *form(), *DATA)
    shown = (await officer.get(place)).raw.decode()
    assert "Cloud &lt;b&gt;Inc.&lt;/b&gt;" in shown
    assert shown.count('name="clauses"') == len(flow_down.OBLIGATIONS)
    refused = await officer.post(f"{place}/approve")
    assert refused.status == 422
    assert b"It cannot be approved" in refused.raw
    assert b"<code>breach.notify</code>" in refused.raw, "it says which"
    assert (await judged(officer, place, signer="")).status == 422
    assert b"A judgement says why" in (await judged(officer, place, document="x")).raw
    assert (await judged(officer, place, "breach.notify", rest="yes")).status == 303
    assert b"ready to be approved" in (await officer.get("/chain")).raw
    assert (await officer.post(f"{place}/approve")).status == 303
    assert (await officer.post(f"{place}/approve")).status == 409
    await party.work()
    browser, proposal = await party.browser(), place.rpartition("/")[2]
    listed = (await browser.get("/sub-processors")).raw.decode()
    assert "You are asked" in listed
    one = (await browser.get(f"/sub-processors/{proposal}")).raw.decode()
    assert "It reaches in from outside the European Union: IN." in one
    content = re.search(r'name="content" value="(\w+)"', one)[1]
    said = {"content": content, "decision": "consent"}
    assert (await browser.post(f"/sub-processors/{proposal}/decide", signer="", **said)).status == 422
    assert (await browser.post(f"/sub-processors/{proposal}/decide", signer="Ada", content=content)).status == 409
    stranger = await party.browser(DPO)
    assert (await stranger.post(f"/sub-processors/{proposal}/decide", signer="Eve", **said)).status == 403
    other = await browser.post(f"/sub-processors/{proposal}/decide", signer="Ada", decision="consent", content="0" * 64)
    assert other.status == 409
    done = await browser.post(f"/sub-processors/{proposal}/decide", signer="Ada Alpage", **said)
    assert done.headers.get("location") == "/sub-processors", done.raw[-600:]
    again = await browser.post(f"/sub-processors/{proposal}/decide", signer="Ada Alpage", **said)
    assert again.status == 409
    assert b"consented to" in (await officer.get(place)).raw
    assert "Take the consent back" in (await browser.get(f"/sub-processors/{proposal}")).raw.decode()
    assert (await officer.post(f"{place}/followed/{party.id}", note="x")).status == 409
    assert (await officer.post(f"{place}/followed/{party.id}", note="")).status == 422


async def test_forms_of_a_change_an_end_and_a_replacement_begin_with_what_is_listed(party):
    officer = await party.processor(OFFICER)
    place = await proposed(
        officer, *form(country="fr", remote="", means="", module="", reference="", document="", assessment=""), *DATA
    )
    await judged(officer, place)
    await officer.post(f"{place}/approve")
    known = await party.promised.chain.keeping.find(UUID(place.rpartition("/")[2]))
    of = str(known.what.entry.id)
    for kind in ("change", "replace", "end"):
        assert (await officer.get(f"/chain/new?kind={kind}&of={of}")).status == 200
        assert (await officer.get(f"/chain/new?kind={kind}&of={new_id()}")).status == 404
    wrong = await officer.post("/chain/new", *form(kind="change", of=of, slug=known.what.entry.slug, means=""), *DATA)
    assert wrong.status == 422
    assert b"a transfer mechanism stands beside the consent" in wrong.raw
    assert b"delivery is better" in wrong.raw, "nothing that was typed is lost"
    for bad in ({"begins": "tomorrow"}, {"above": "x"}, {"mechanism_until": "x"}):
        answer = await officer.post("/chain/new", *form(**bad), *DATA)
        assert (answer.status, b"Something does not fit" in answer.raw) == (422, True)
    changed = await proposed(officer, *form(kind="change", of=of, slug=known.what.entry.slug), *DATA)
    kept = await party.promised.chain.keeping.find(UUID(changed.rpartition("/")[2]))
    assert len(kept.what.judgements) == len(flow_down.OBLIGATIONS), "a change begins with how it was judged before"
    assert (await officer.get(f"/chain/new?kind=change&of={of}")).status == 200
    await officer.post(f"{changed}/approve")
    like = (await officer.get(f"/chain/new?kind=change&of={of}")).raw.decode()
    assert 'value="clauses of 3 May"' in like
    replaced = await proposed(officer, *form(kind="replace", of=of), *DATA)
    assert (await officer.post(f"{replaced}/drop")).status == 303
    ended = await proposed(officer, *form(kind="end", of=of))
    assert (await officer.post(f"{ended}/approve")).status == 303, "an end needs no judgement"
    listed = (await officer.get("/chain")).raw.decode()
    assert "ends" in listed
    public = (await officer.get("/list/sub-processors")).raw.decode()
    assert known.what.entry.role in public or "Nobody works for us" in public


async def test_the_list_is_read_and_proposals_are_made_and_approved_over_http(party, rooms):
    served = Application(data_plane(rooms), control_plane(rooms))
    promised = served._control.dependencies["chain"].dependency()  # type: ignore[union-attr]

    async def alone():
        return [party.id]

    promised._controllers = alone

    async def client(controller, kind=ActorKind.controller_system):
        issued = await rooms.credentials.issue(
            controller, by="tests", actor="system:tests", kind=kind, purposes=["contract-administration"],
            expires_at=rooms.clock.now() + timedelta(days=1),
        )  # fmt: skip
        return Client(served, issued.text)

    operator, member = await client(rooms.platform, ActorKind.processor_system), await client(party.id)
    where = "/api/v1/sub-processors"
    body = {
        "kind": "add", "reason": "growth", "slug": f"t-{os.urandom(6).hex()}", "name": "Nuage SARL", "address": "1 quai",
        "country": "FR", "contact": "privacy@nuage.example", "role": "sends mail", "categories": ["email"],
        "safeguards": "encryption",
    }  # fmt: skip
    made = await operator("POST", f"{where}/proposals", body)
    assert made.status == 201, made.raw
    assert made.body["open"] == list(flow_down.OBLIGATIONS)
    refused = await operator("POST", f"{where}/proposals/{made.body['id']}/approve")
    assert (refused.status, refused.body["clause"]) == (409, "subprocessors.flow-down")
    assert "breach.notify" in refused.body["detail"]
    assert (await operator("POST", f"{where}/proposals/{new_id()}/approve")).status == 404
    abroad = {"means": "adequacy", "reference": "2021/1772", "document": "d0" * 32, "until": "2027-12-27"}
    for changes, detail in (
        ({"country": "GB"}, "no-mechanism"), ({"kind": "end", "of": str(new_id())}, "not-listed"),
        ({"country": "GB", "mechanism": abroad | {"until": "x"}}, "shape"),
    ):  # fmt: skip
        answer = await operator("POST", f"{where}/proposals", body | changes)
        assert (answer.status, answer.body["detail"]) == (422, detail)
    officer = await party.processor(OFFICER)
    await judged(officer, f"/chain/{made.body['id']}", "breach.notify")
    rows = {one["clause"]: one for one in (await operator("GET", f"{where}/proposals/{made.body['id']}/matrix")).body}
    assert (rows["breach.notify"]["name"], rows["breach.notify"]["holds"]) == ("Olga Officer", True)
    assert (rows["end.destroy"]["verdict"], rows["end.destroy"]["blocks"]) == ("", True)
    assert (await member("GET", f"{where}/proposals/{made.body['id']}/matrix")).status == 404
    await judged(officer, f"/chain/{made.body['id']}")
    approved = await operator("POST", f"{where}/proposals/{made.body['id']}/approve")
    assert (approved.status, approved.body["state"], approved.body["open"]) == (200, "approved", [])
    assert (await operator("POST", f"{where}/proposals/{made.body['id']}/approve")).status == 409
    [listed] = [one for one in (await member("GET", where)).body if one["proposal"] == made.body["id"]]
    assert (listed["label"], listed["depth"], listed["above"]) == (f"sub-processor:{body['slug']}", 0, None)
    moved = await operator(
        "POST",
        f"{where}/proposals",
        body | {"kind": "change", "of": listed["id"], "country": "GB", "mechanism": abroad},
    )
    assert (moved.status, moved.body["sub_processor"]) == (201, listed["id"])
    ended = await operator("POST", f"{where}/proposals", {"kind": "end", "reason": "over", "of": listed["id"]})
    assert (await operator("POST", f"{where}/proposals/{ended.body['id']}/approve")).status == 200
    await party.work()
    mine = {
        one["proposal"]: one for one in (await member("GET", f"/api/v1/controllers/{party.id}/sub-processors")).body
    }
    assert (mine[ended.body["id"]]["path"], mine[ended.body["id"]]["state"]) == ("end", "standing")
    assert mine[made.body["id"]]["consent"] == {}
    assert (await member("GET", f"{where}/proposals")).status == 404, "drafts are the processor's own"
    assert len((await operator("GET", f"{where}/proposals")).body) >= 3

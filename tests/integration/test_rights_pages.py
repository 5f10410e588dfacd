"""Requests in the console: taken in, carried out, answered; a person's own pages; in both languages."""

import io
import re
import zipfile
from uuid import UUID

import pytest
from tests.household import ADMIN, DPO, VIEWER, Household

from bailee.clauses.data_subject_requests.events import LEADS, Right, State, Step
from bailee.clauses.data_subject_requests.keeping import NoSuchRequest
from bailee.clauses.data_subject_requests.papers import EXCEPTING, KEEPING, REFUSING, RESTRICTING
from bailee.infra.guides import guide


@pytest.fixture
async def house(rooms, hold):
    holder = await hold()
    return Household(rooms, holder.id, holder)


@pytest.fixture
async def desk(house):
    await house.staff(ADMIN)
    return await house.signed_in(await house.staff(DPO))


@pytest.fixture
def rights(house):
    made = house.wings.promised.rights

    return made


async def taken_in(desk, **more):
    sent = {"right": "access", "channel": "letter", "words": "Please.", "contact": "her@home.example", "language": "fr"}
    answer = await desk.post("/requests", **(sent | more))
    assert answer.status == 303, answer.raw[-600:]
    return answer.headers["location"]


async def version(desk, path):
    return re.search(rb'name="version" value="(\d+)"', (await desk.get(path)).raw)[1].decode()


async def act(desk, path, **fields):
    return await desk.post(path, **({"version": await version(desk, path), "send": "yes"} | fields))


async def test_the_list_tells_two_alike_apart_by_name_where_one_is_held_and_it_is_recorded_once(house, desk, profile):
    people = [
        await house.resident(profile | {"email": f"{name}@home.example", "given_name": name}) for name in ("Ida", "Ole")
    ]
    held = [await taken_in(desk, address=f"{name}@home.example") for name in ("Ida", "Ole")]
    unknown = await taken_in(desk, contact="nobody@elsewhere.example")
    before = len(await house.entries())
    shown = (await desk.get("/requests")).raw.decode()
    rows = {row.split('"', 1)[0]: row for row in shown.split('<a href="/requests/')}
    for name, path in zip(("Ida", "Ole"), held, strict=True):
        assert f"{name} {profile['family_name']}" in rows[path.rpartition("/")[2]]
    assert "nobody who is held" in rows[unknown.rpartition("/")[2]]
    assert all(path[-6:] in shown for path in (*held, unknown))
    assert "home.example" not in shown
    told = (await house.entries())[before:]
    assert [(one["kind"], one["operation"]) for one in told] == [("permit", "consult")] * 2, (
        "its scope, and who was seen"
    )
    assert {tuple(sorted(one["persons"])) for one in told if one.get("persons")} == {tuple(sorted(map(str, people)))}
    await house.wings.accounts.make_role(house.id, "clerk", ["rights:request:read"], by="tests")
    clerk = await house.signed_in(await house.staff("clerk"))
    before = len(await house.entries())
    shown = (await clerk.get("/requests")).raw.decode()
    assert "someone who is held" in shown
    assert "Ida" not in shown
    assert len(await house.entries()) == before


async def test_access_from_the_letter_to_the_answer(house, desk, rights, profile):
    await house.resident(profile)
    path = await taken_in(desk, address=profile["email"].upper(), name="Élodie")
    page = (await desk.get(path)).raw.decode()
    assert "What to do next" in page
    assert "Held here" in page
    assert "Access (Art. 15)" in page, "the guide stands beside it"
    assert (await act(desk, path, act="order")).status == 303
    assert b"The oldest request is served first" in (await desk.get(f"{path}/progress")).raw
    await rights.working.due(house.id)
    page = (await desk.get(path)).raw.decode()
    assert "read back" in page
    pack = await desk.get(f"{path}/pack")
    assert zipfile.ZipFile(io.BytesIO(pack.raw)).namelist() == ["data.json", "answer.pdf", "manifest.json"]
    assert (await act(desk, path, act="answer", words="Voici.")).status == 303
    page = (await desk.get(path)).raw.decode()
    assert "What to do next" not in page
    assert "in time" in page
    file = await desk.get(f"{path}/file")
    assert "request.json" in zipfile.ZipFile(io.BytesIO(file.raw)).namelist()
    for show in ("open", "ended", "all", "at-work", "mine-to-do", "nonsense"):
        inbox = await desk.get(f"/requests?show={show}")
        assert (path.encode() in inbox.raw) is (show in ("ended", "all"))


ORDERS = {
    "rectification": {"field-0": "family_name", "value-0": "Nouveau", "field-1": "postal_address.city", "value-1": "Nantes"},
    "erasure": {}, "restriction": {"ground": "accuracy"}, "recipients": {},
    "portability": {}, "objection": {"purpose": "prospecting"},
    "automated-decision": {"decision": "score", "result": "looked at", "changed": "yes"},
}  # fmt: skip


@pytest.mark.parametrize("right", sorted(ORDERS))
async def test_every_right_is_carried_out_from_its_form(house, desk, rights, profile, right):
    person = await house.resident(profile)
    path = await taken_in(desk, right=right, person=str(person))
    page = (await desk.get(path)).raw.decode()
    record = re.search(r'<option value="([0-9a-f-]{36})">Profile', page)
    if right == "rectification":
        assert '<option value="postal_address.postal_code">Postal code</option>' in page, "fields go by their names"
    chosen = ORDERS[right] | ({"record": record[1]} if record else {})
    ordered = await act(desk, path, act="order", **chosen)
    assert ordered.status == 303, ordered.raw[-600:]
    await rights.working.due(house.id)
    one = await rights.keeping.find(house.id, UUID(path.rpartition("/")[2]))
    assert (one.step, one.reason) == (Step.done, ""), one.papers
    assert (await desk.get(path)).status == 200
    assert (await act(desk, path, act="answer", words="Done.")).status == 303
    assert (await desk.get(path)).status == 200


async def test_what_does_not_fit_is_said_and_nothing_is_done(house, desk, rights, profile):
    person = await house.resident(profile)
    path = await taken_in(desk, right="objection", person=str(person))
    refused = await act(desk, path, act="order")
    assert refused.status == 422
    assert b"Choose at least one purpose." in refused.raw
    assert (await act(desk, path, act="refuse", ground="excessive")).status == 409
    assert (await act(desk, path, act="nonsense")).status == 404
    old = await version(desk, path)
    assert (await act(desk, path, act="identify", identity="document")).status == 303
    assert (await desk.post(path, act="identify", identity="declared", version=old)).status == 409
    wrong = await desk.post("/requests", right="whim", channel="letter")
    assert wrong.status == 422
    late = await desk.post("/requests", right="access", channel="letter", received="2090-01-01")
    assert late.status == 422


async def test_without_a_person_the_clock_the_letters_and_the_file_are_there(house, desk, rights):
    path = await taken_in(desk, address="nobody@nowhere.example", received="")
    assert "Nobody who is held here" in (await desk.get(path)).raw.decode()
    for fields in (
        {"act": "ask-identity", "words": "Which account?"}, {"act": "identify", "identity": "declared"},
        {"act": "extend", "words": "Many archives."}, {"act": "refuse", "ground": "not-held", "words": "Nothing is held."},
    ):  # fmt: skip
        done = await act(desk, path, **fields)
        assert done.status == 303, (fields, done.raw[-400:])
    page = (await desk.get(path)).raw.decode()
    assert "Refused" in page
    assert "Extended by two months" in page


async def test_recipients_choices_exceptions_and_the_lifting_of_a_restriction(house, desk, rights, profile):
    client = await house.holder.client()
    body = {"groups": ["user"], "records": [{"type": "profile", "data": profile, "recipients": ["Post SA", "Bank"]}]}
    person = (await client("POST", "/api/v1/persons", body)).body["person"]
    path = await taken_in(desk, right="restriction", person=person, contact="")
    await act(desk, path, act="order", ground="accuracy")
    await rights.working.due(house.id)
    await act(desk, path, act="answer", words="Done.")
    chosen = {"version": "0", "recipient": "Post SA", "address": "dpo@post.example", "offer-access": "at-once",
              "ground-prospecting": "consent", "not-provided": "database-index",
              "callbacks": "Tool.example  back.example:8443"}  # fmt: skip
    assert (await desk.post("/rights", **chosen)).status == 303
    assert 'value="back.example:8443 tool.example"' in (await desk.get("/rights")).raw.decode()
    assert (await desk.post("/rights", **chosen)).status == 409
    assert (await desk.post("/rights", **{"version": "1", "offer-erasure": "at-once"})).status == 422
    assert (await desk.post("/rights", version="1", recipient="X", address="no address")).status == 422
    assert (await desk.post("/rights", version="1", callbacks="https://tool.example")).status == 422
    assert "dpo@post.example" in (await desk.get("/rights")).raw.decode()
    assert (await act(desk, path, act="tell")).status == 303
    done = await act(desk, path, act="excuse", recipient="Bank", excuse="impossible")
    assert done.status == 303
    assert (await act(desk, path, act="excuse", recipient="Bank", excuse="whim")).status == 409
    grant = {"ground": "legal-claims", "purpose": "account-management", "operation": "consult", "days": "3"}
    assert (await act(desk, path, act="except", **grant)).status == 303
    assert "account-management/consult" in (await desk.get(path)).raw.decode()
    assert (await act(desk, path, act="except", **(grant | {"operation": "whim"}))).status == 409
    assert (await act(desk, path, act="lift")).status == 409
    assert (await act(desk, path, act="announce", words="Checked.", told="yes")).status == 303
    assert (await act(desk, path, act="lift")).status == 303
    assert "The restriction was lifted" in (await desk.get(path)).raw.decode()


async def test_a_person_asks_and_takes_along_what_the_organisation_offers(house, desk, rights, profile, hold, rooms):
    person = await house.resident(profile)
    me = await house.signed_in(person)
    page = (await me.get("/me/rights")).raw.decode()
    assert 'name="right"' not in page
    assert (await me.post("/me/rights", right="access")).status == 403
    await desk.post("/rights", **{"version": "0", "offer-access": "at-once", "offer-erasure": "ask"})
    assert (await me.post("/me/rights", right="whim")).status == 403
    assert (await me.post("/me/rights", right="erasure", words="All of it.")).status == 303
    assert (await me.post("/me/rights", right="access")).status == 303
    await rights.working.due(house.id)
    page = (await me.get("/me/rights")).raw.decode()
    pack = re.search(r'href="(/me/rights/[0-9a-f-]+/pack)"', page)[1]
    assert zipfile.ZipFile(io.BytesIO((await me.get(pack)).raw)).namelist()[0] == "data.json"
    listed = await rights.keeping.listed(house.id, person)
    assert {(one.right, one.state, one.identity) for one in listed} == {
        (Right.erasure, State.received, "signed-in"), (Right.access, State.answered, "signed-in"),
    }  # fmt: skip
    other = await house.signed_in(
        await house.resident(profile | {"email": "o@x.example", "user_name": "o", "external_id": "o"})
    )
    assert (await other.get(pack)).status == 404
    foreign = Household(rooms, (await hold(1)).id)
    await foreign.staff(ADMIN)
    theirs = await foreign.signed_in(await foreign.staff(DPO))
    mine = pack.removeprefix("/me/rights/").removesuffix("/pack")
    unknown = "01a20b7d-0000-7000-8000-000000000000"
    for path in (
        "/requests/{}",
        "/requests/{}/pack",
        "/requests/{}/file",
        "/requests/{}/progress",
        "/me/rights/{}/pack",
    ):
        answers = [await theirs.get(path.format(id)) for id in (mine, unknown)]
        assert [a.status for a in answers] == [404, 404], path
    with pytest.raises(NoSuchRequest):
        await rights.keeping.find(foreign.id, UUID(mine))


async def test_who_may_only_look_at_people_sees_no_requests(house):
    await house.staff(ADMIN)
    viewer = await house.signed_in(await house.staff(VIEWER))
    assert (await viewer.get("/requests")).status == 403


@pytest.mark.parametrize("right", list(Right))
async def test_a_guide_stands_beside_each_right_in_both_languages(desk, right):
    english, french = guide("rights", right, "en"), guide("rights", right, "fr")
    assert english != french
    assert "<h2>" in english
    assert "<h1>" not in english
    assert "<h2>" in (await desk.get(f"/requests/guides/{right}")).raw.decode()
    assert (await desk.get("/requests/guides/whim")).status == 404


def test_every_code_that_pages_show_has_its_words(house):
    words = house.wings.pages.words
    codes = [f"keeping-{one}" for one in KEEPING] + [f"restricting-{one}" for one in RESTRICTING]
    codes += [f"refusing-{one}" for one in REFUSING] + [f"excepting-{one}" for one in EXCEPTING]
    codes += [f"{kind}-{one}" for one in Right for kind in ("right", "mine")] + [f"request-{one}" for one in State]
    codes += [f"not-now-{one}" for one in State]
    assert LEADS
    for code in codes:
        assert code in words.english, code
        assert code in words.french, code

"""Impact assessments: what is known is given as the authority's software opens it, questions are owed an answer, and what
is concluded is owed with its day."""

import json
import re
from datetime import timedelta
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from tests.household import Household
from tests.speaking import Client

from bailee.api.application import Application
from bailee.clauses.impact_assessments import writing
from bailee.clauses.impact_assessments.commands import InThePast, NoAssessment, NotDuring, NotYet
from bailee.cli.demo import parties
from bailee.contract.documents import InstructionText, SignedDocument, content_of
from bailee.contract.signing import Signatory, sign
from bailee.promised import Promised
from bailee.serving import control_plane, data_plane

OURS = {"name": "Loyalty programme", "questions": "Who of yours sees a number?\nAnd where?"}
# The questions that the software knows, and the entries of its catalogue of measures that are about data, security and
# governance: collected from its published files on 2026-11-26.
QUESTIONS = {111, 112, 113, 121, 122, 123, *range(211, 216), *range(221, 228)}
KINDS = re.compile(
    r"knowledge_base\.slugs\.PIA_(TEC_(CHIF|ANO|CLO|CTLA|LOG|ARCH|PAP|MINI)|SEC_(EXP|MAL|COMP|WEB|BKP|MAIN|CTR|NET|PHY|LOG"
    r"|MAT|SRC|PROT)|ORG_(ORG|POL|RMGT|PBD|VIOL|PERS|EXT|AUD))\.placeholder"
)


def text(reply) -> str:
    return reply.raw.decode()


@pytest.fixture
async def holder(hold):
    return await hold()


@pytest.fixture
def assessments(rooms):
    return Promised(rooms).assessments


@pytest.fixture
async def api(rooms, holder):
    return Client(
        Application(data_plane(rooms), control_plane(rooms)), (await holder.client("contract-administration")).token
    )


async def owed(rooms, controller) -> dict[str, tuple[str, str]]:
    found = Promised(rooms).obligations
    return {
        one.promise.subject.split("/")[0]: (one.state, one.promise.clause)
        for one in [*await found.listed(controller), *await found.ended_of(controller)]
        if one.promise.clause.startswith("dpia.")
    }


async def test_the_file_says_what_is_in_force_and_leaves_the_rest_to_the_controller(api, holder):
    asked = await api("POST", "/api/v1/impact-assessments", {"name": OURS["name"]})
    assert (asked.status, asked.body["state"]) == (201, "answered"), asked.raw
    path = f"/api/v1/impact-assessments/{asked.body['id']}"
    front = (await api("GET", f"{path}/file", query="form=pia&language=fr")).body
    assert set(front) == {"pia", "answers", "measures", "evaluations", "comments"}
    assert (front["pia"]["name"], front["pia"]["status"]) == (OURS["name"], 0)
    texts = {one["reference_to"]: one["data"]["text"] for one in front["answers"]}
    assert set(texts) < QUESTIONS
    assert not {211, 212, 213, 214, 221, 222} & set(texts), "those are the controller's to say"
    assert holder.agreement.parties.controller.name in texts[112]
    assert "numéro de téléphone" in texts[121]
    assert "30 jours" in texts[215]
    assert all(one["data"]["gauge"] is None for one in front["answers"])
    assert all(KINDS.fullmatch(one["placeholder"]) and one["title"] and one["content"] for one in front["measures"])
    assert [one["id"] for one in front["measures"]] == list(range(1, len(front["measures"]) + 1))
    [back] = (await api("GET", f"{path}/file", query="form=pia-back&language=fr")).body
    assert [one["data"] for one in back["answers"]] == [one["data"] for one in front["answers"]]
    # its server builds each part from what is sent: a name that it has no column for is an error there
    assert {key for one in back["measures"] for key in one} == {"title", "content", "placeholder", "created_at"}
    assert {key for one in back["answers"] for key in one} == {"reference_to", "data", "created_at"}
    assert (await api("GET", f"{path}/file", query="form=docx")).status == 400


async def test_a_purpose_that_the_controller_switches_on_stands_in_the_next_file_and_none_that_is_off(
    rooms, holder, assessments
):
    before = writing.answers(await assessments.facts(holder.id, "en"), "en")
    assert "Prospecting" not in before[121]
    words = InstructionText(
        format="bailee.dev/instruction/v1", id="spring", in_force_from=rooms.clock.now() - timedelta(seconds=30),
        purposes=("prospecting",), operations=("consult",), categories=("email",), groups=("user",),
        actors=("controller_system",), reason="spring",
    )  # fmt: skip
    document = SignedDocument(kind="instruction", content=content_of(words), signatures=())
    for role in (one.role for one in holder.agreement.signatories if one.party == "controller"):
        signatory = Signatory(party="controller", role=role, name="N")
        document = sign(document, signatory, holder.company.signing, rooms.clock.now())
    await rooms.filing.file(holder.id, document, by="tests")
    after = writing.answers(await assessments.facts(holder.id, "en"), "en")
    assert "<strong>Prospecting</strong>" in after[121]


async def test_questions_are_owed_an_answer_and_conclusions_follow_it(rooms, holder, assessments):
    id = await assessments.ask(holder.id, OURS["name"], OURS["questions"], by="person:dpo")
    assert await owed(rooms, holder.id) == {"impact-assessment": ("open", "dpia.assist")}
    today = rooms.clock.now().date()
    with pytest.raises(NotYet):
        await assessments.conclude(holder.id, id, "Fine", [], by="person:dpo")
    await assessments.answer(holder.id, id, "Nobody, unless you grant it.", by="staff:dpo")
    with pytest.raises(NotYet):
        await assessments.answer(holder.id, id, "Twice", by="staff:dpo")
    assert (await owed(rooms, holder.id))["impact-assessment"][0] == "discharged"
    measures = [("Mask numbers", today + timedelta(days=9)), ("Shorter sessions", today + timedelta(days=20))]
    with pytest.raises(InThePast):
        await assessments.conclude(holder.id, id, "Two", [("x", today - timedelta(days=2))], by="person:dpo")
    await assessments.conclude(holder.id, id, "Two measures", measures, by="person:dpo")
    with pytest.raises(NotYet):
        await assessments.conclude(holder.id, id, "Another", [], by="person:dpo")
    one = await assessments.one(holder.id, id)
    assert (one.state, one.open_actions) == ("concluded", 2)
    obligations = Promised(rooms).obligations
    due = {one.promise.subject: one.promise.binding for one in await obligations.listed(holder.id)}
    [first] = [at for subject, at in due.items() if subject == f"impact-measure/{id}/1"]
    until = first.astimezone(ZoneInfo(holder.agreement.time_zone))
    assert (until.date(), (until + timedelta(milliseconds=1)).date()) == (
        measures[0][1],
        measures[0][1] + timedelta(days=1),
    )
    await assessments.apply(holder.id, id, 2, "Since release 12", by="staff:dpo")
    for number, expected in ((2, NotYet), (3, NoAssessment), (0, NoAssessment)):
        with pytest.raises(expected):
            await assessments.apply(holder.id, id, number, "x", by="staff:dpo")
    assert (await assessments.one(holder.id, id)).open_actions == 1
    subjects = [
        one.promise.subject
        for one in await obligations.listed(holder.id)
        if one.state == "open" and one.promise.clause == "dpia.conclusions"
    ]
    assert subjects == [f"impact-measure/{id}/1"]


async def test_after_the_end_no_help_is_owed_and_what_was_said_goes_with_the_rest(rooms, holder, assessments, api):
    id = await assessments.ask(holder.id, OURS["name"], "", by="person:dpo")
    await rooms.ending.end(holder.id, parties.ended(holder.company, holder.agreement, rooms.clock.now()), by="tests")
    for asked in (assessments.ask(holder.id, "x", "", by="x"), assessments.facts(holder.id, "en")):
        with pytest.raises(NotDuring):
            await asked
    refused = await api("POST", "/api/v1/impact-assessments", {"name": "x"})
    assert (refused.status, refused.body["clause"]) == (409, "dpia.assist")
    assert (await assessments.one(holder.id, id)).papers.name == OURS["name"], "what was asked can still be read"
    await rooms.ending.waive(holder.id, by="tests")
    await rooms.ending.destroy(holder.id, by="tests", confirmed=True)
    with pytest.raises(NoAssessment):
        await assessments.one(holder.id, id)


async def test_anothers_assessment_answers_like_one_that_never_was(api, hold, rooms, assessments):
    other = await hold(1)
    theirs = await assessments.ask(other.id, "Theirs", "", by="x")
    conclusions = {"conclusions": "x"}
    for id in (theirs, uuid4()):
        path = f"/api/v1/impact-assessments/{id}"
        assert (await api("GET", path)).status == 404
        assert (await api("GET", f"{path}/file")).status == 404
        assert (await api("POST", f"{path}/conclusions", conclusions)).status == 404
    assert (await api("GET", "/api/v1/impact-assessments")).body == []


async def test_what_is_said_is_sealed_and_the_ledger_holds_none_of_it(rooms, holder, assessments):
    id = await assessments.ask(holder.id, "Zebra scheme", "Zebra question", by="person:dpo")
    async with rooms.data.transaction(holder.id) as tx:
        row = await tx.fetchrow("SELECT sealed FROM bailee.impact_assessment WHERE controller_id = $1", holder.id)
    assert b"Zebra" not in row["sealed"]
    await rooms.reading.integrated(holder.id)
    told = [one.opened.body async for one in rooms.reading.entries(holder.id, 0, 1000) if one.opened]
    assert any(str(id) in str(body) for body in told)
    assert not any("Zebra" in str(body) for body in told)


async def test_on_the_pages_one_asks_the_other_answers_and_applies(rooms, holder):
    company = Household(rooms, holder.id, holder)
    staff = Household(rooms, rooms.platform)
    dpo = await company.signed_in(await company.staff("controller-dpo"))
    ours = await staff.signed_in(await staff.staff("processor-administrator"))
    assert (await dpo.post("/impact-assessments", name="", questions="")).status == 422
    asked = await dpo.post("/impact-assessments", **OURS)
    path = asked.headers["location"]
    id = UUID(path.rsplit("/", 1)[1])
    shown = await dpo.get(path)
    assert "Who of yours sees a number?" in text(shown)
    assert "They follow the answer" in text(shown)
    there = f"/controllers/{holder.id}{path}"
    assert "Your answer" in text(await ours.get(there))
    assert (await ours.post(there, words="")).status == 422
    assert (await ours.post(there, words="Nobody <b>sees</b> it")).status == 303
    assert "Nobody &lt;b&gt;sees&lt;/b&gt; it" in text(await dpo.get(path))
    day = (rooms.clock.now() + timedelta(days=3)).date().isoformat()
    assert (await dpo.post(path, **{"conclusions": "One", "measure:0": "Mask", "due:0": ""})).status == 422
    told = await dpo.post(path, **{"conclusions": "One", "measure:0": "Mask", "due:0": day})
    assert told.status == 303, told.raw
    assert "It is applied" in text(await ours.get(there))
    assert "It is applied" not in text(await dpo.get(path))
    assert (await ours.post(there, number="1", words="Since today")).status == 303
    listed = await dpo.get("/impact-assessments")
    assert "1 of 1 applied" in text(listed)
    file = await dpo.get(f"{path}/file?form=pia-back")
    assert json.loads(file.raw)[0]["name"] == OURS["name"]
    assert (await ours.get(f"/controllers/{uuid4()}/impact-assessments/{id}")).status == 404
    way = [one for one in await Promised(rooms).obligations.ended_of(holder.id) if one.promise.clause == "dpia.assist"]
    assert way

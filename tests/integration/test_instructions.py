"""Instructions from a draft to the gate: signed, withdrawn, challenged, compelled, rehearsed, on real servers."""

import asyncio
import hashlib
import re
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.household import ADMIN, Household, worked
from tests.integration.test_mail import read, serving
from tests.integration.test_notices import Later, Told
from tests.unit.test_photographs import halves, saved

from bailee.clauses.instructions.answering import ANSWER
from bailee.clauses.instructions.instructing import Original
from bailee.clauses.instructions.mistakes import (
    ChangedMeanwhile,
    Faulty,
    Impossible,
    NothingInForce,
    NothingThere,
    NotNow,
)
from bailee.clauses.instructions.sealing import AlteredRow
from bailee.contract.authorising import NotAuthorised
from bailee.contract.compulsion import Ban, Order
from bailee.contract.documents import Amendment, Changed, InstructionText
from bailee.contract.ruling import AccessRequest, Refusal
from bailee.gate import beside
from bailee.gate.sets import START
from bailee.obligations.mailbox.answering import Answered
from bailee.obligations.mailbox.intents import Intent, Stale
from bailee.obligations.notices.queueing import NOTICES
from bailee.promised import Promised
from bailee.vocabulary.groups import PersonGroup
from bailee.vocabulary.ids import new_id
from bailee.vocabulary.operations import Operation
from bailee.vocabulary.parties import ActorKind
from bailee.vocabulary.purposes import Purpose

FORMAT = "bailee.dev/instruction/v1"
SUSPENDS = {"terms.instructions.challenge_suspends.value": "yes"}


@pytest.fixture
def promised(rooms):
    return Promised(rooms)


@pytest.fixture
def clock(settings):
    """The file of the simulated clock, put back afterwards."""
    file = Path(settings.clock.removeprefix("file:"))
    yield file
    file.write_text("+0s")


def text(rooms, **more) -> InstructionText:
    parts = {
        "id": "year-end", "purposes": (Purpose.prospecting,), "operations": (Operation.consult,),
        "categories": ("name", "email"), "groups": (PersonGroup.user,), "actors": (ActorKind.controller_system,),
        "in_force_from": rooms.clock.now() - timedelta(seconds=1), "reason": "the year-end letter",
    }  # fmt: skip
    return InstructionText(format=FORMAT, **parts | more)


async def signed(promised, holder, **more) -> str:
    made = text(promised.rooms, **more)
    draft = await promised.instructing.draft(holder.id, made, by="tests")
    looked = await promised.instructing.look(holder.id, made)
    return await promised.instructing.sign(
        holder.id, draft, "Ada Alpage", key=holder.company.signing, digest=looked.digest, by="tests"
    )


async def held(holder, profile):
    """Someone who is held, for prospecting too."""
    client = await holder.client()
    taken = await client(
        "POST", "/api/v1/persons",
        {"groups": ["user"], "records": [{"type": "profile", "data": profile, "purposes": ["account-management", "prospecting"]}]},
    )  # fmt: skip
    assert taken.status == 201, taken.raw
    return taken.body["person"], taken.body["records"][0]


async def reading(holder, person, record, purpose="prospecting", **more):
    client = await holder.client(purpose, **more)
    return await client("GET", f"/api/v1/persons/{person}/profile/{record}")


async def obligation(promised, controller, subject):
    listed = {one.promise.subject: one for one in await promised.obligations.listed(controller)}
    return listed.get(subject)


async def notices(promised, controller):
    rooms = promised.rooms
    async with rooms.data.transaction(controller) as tx:
        rows = await tx.fetch(
            "SELECT notice_id, sealed_under, sealed, discharges FROM bailee.notice WHERE controller_id = $1 ORDER BY notice_id",
            controller,
        )
    found = []
    for row in rows:
        key = await rooms.keys.controller_key(controller, row["sealed_under"])
        found.append(NOTICES.unseal(key, controller, row["notice_id"], row["sealed"]))
    return found


async def test_an_instruction_is_drafted_rewritten_signed_and_opens_the_gate_until_it_is_withdrawn(
    rooms, hold, promised, profile
):
    holder = await hold()
    person, record = await held(holder, profile)
    assert (await reading(holder, person, record)).status == 403
    made = text(rooms)
    draft = await promised.instructing.draft(holder.id, text(rooms, reason="a first try"), by="tests")
    await promised.instructing.rewrite(holder.id, draft, made, version=1, by="tests")
    with pytest.raises(ChangedMeanwhile):
        await promised.instructing.rewrite(holder.id, draft, made, version=1, by="tests")
    [listed] = await promised.instructing.listed(holder.id)
    assert (listed.id, listed.text, listed.version) == (draft, made, 2)
    looked = await promised.instructing.look(holder.id, made)
    signing = {"key": holder.company.signing, "by": "tests"}
    with pytest.raises(ChangedMeanwhile):
        await promised.instructing.sign(holder.id, draft, "Ada", digest="0" * 64, **signing)
    digest = await promised.instructing.sign(holder.id, draft, "Ada Alpage", digest=looked.digest, **signing)
    assert await promised.instructing.listed(holder.id) == []
    answer = await reading(holder, person, record)
    assert answer.status == 200, answer.raw
    assert set(answer.body["data"]) <= {"given_name", "family_name", "email"}
    [filed] = await promised.instructing.on_file(holder.id)
    assert (filed.text, filed.digest, filed.state, filed.signatories) == (made, digest, "in-force", ("Ada Alpage",))
    await promised.instructing.withdraw(holder.id, "year-end", "Ada Alpage", **signing)
    assert (await reading(holder, person, record)).status == 403
    [filed] = await promised.instructing.on_file(holder.id)
    assert (filed.state, filed.withdrawn) == ("over", True)
    with pytest.raises(NothingThere):
        await promised.instructing.withdraw(holder.id, "year-end", "Ada Alpage", **signing)
    said = next(entry for entry in await Household(rooms, holder.id).entries() if entry["kind"] == "instruction-signed")
    english = hashlib.sha256(looked.said["en"].encode()).hexdigest()
    assert said["details"]["sentences"]["en"] == english


async def test_an_instruction_holds_from_its_first_day_and_no_longer_on_its_last(rooms, hold, promised, profile, clock):
    holder = await hold()
    person, record = await held(holder, profile)
    first = rooms.clock.now() + timedelta(days=2)
    await signed(promised, holder, in_force_from=first, in_force_until=first + timedelta(days=7))
    [filed] = await promised.instructing.on_file(holder.id)
    assert filed.state == "coming"
    for offset, status in (("+1d", 403), ("+3d", 200), ("+8d", 200), ("+10d", 403)):
        clock.write_text(offset)
        rooms.clock.now()
        assert (await reading(holder, person, record, expires=timedelta(days=1))).status == status, offset
    [filed] = await promised.instructing.on_file(holder.id)
    assert filed.state == "over"


async def test_only_who_signed_the_agreement_signs_what_follows(rooms, hold, promised):
    holder = await hold()
    made = text(rooms)
    draft = await promised.instructing.draft(holder.id, made, by="tests")
    digest = (await promised.instructing.look(holder.id, made)).digest
    with pytest.raises(NotAuthorised):
        await promised.instructing.sign(
            holder.id, draft, "Mallory", key=Ed25519PrivateKey.generate(), digest=digest, by="tests"
        )
    assert [one.id for one in await promised.instructing.listed(holder.id)] == [draft]
    assert await promised.instructing.on_file(holder.id) == []


async def test_what_could_never_be_allowed_is_not_signed_and_all_else_is_only_asked(rooms, hold, promised):
    holder = await hold()
    made = text(rooms, actors=(ActorKind.processor_staff,))
    looked = await promised.instructing.look(holder.id, made)
    assert looked.blocked
    draft = await promised.instructing.draft(holder.id, made, by="tests")
    with pytest.raises(Impossible):
        await promised.instructing.sign(
            holder.id, draft, "Ada", key=holder.company.signing, digest=looked.digest, by="tests"
        )
    grave = await promised.instructing.look(holder.id, text(rooms, purposes=(Purpose.profiling,)))
    assert not grave.blocked
    assert {"profiling-without-ground", "open-ended"} <= {one.code for one in grave.findings}
    await signed(promised, holder, id="profiles", purposes=(Purpose.profiling,))


async def test_a_mail_is_kept_as_given_beside_the_instruction_that_it_became(rooms, hold, promised):
    holder = await hold()
    mail = Original(name="mail.eml", media_type="message/rfc822", content="Please let sales see names. Élodie".encode())
    draft = await promised.instructing.take_in(holder.id, mail, by="tests")
    found = await promised.instructing.find(holder.id, draft)
    assert found.text is None
    with pytest.raises(NothingThere):
        await promised.instructing.sign(holder.id, draft, "A", key=holder.company.signing, digest="", by="tests")
    made = text(rooms)
    await promised.instructing.rewrite(holder.id, draft, made, version=1, by="tests")
    digest = (await promised.instructing.look(holder.id, made)).digest
    await promised.instructing.sign(holder.id, draft, "Ada", key=holder.company.signing, digest=digest, by="tests")
    originals = await promised.instructing.originals(holder.id)
    assert await promised.instructing.original(holder.id, originals[digest]) == mail
    async with rooms.data.transaction(holder.id) as tx:
        sealed = await tx.fetchval("SELECT sealed FROM bailee.instruction_original WHERE controller_id = $1", holder.id)
    assert mail.content not in sealed
    kinds = {e["kind"]: e.get("details") for e in await Household(rooms, holder.id).entries()}
    assert kinds["instruction-signed"]["original"] == mail.digest
    other = await hold(1)
    with pytest.raises(NothingThere):
        await promised.instructing.original(other.id, originals[digest])


async def test_a_draft_that_is_given_up_goes_with_what_it_was_made_of(rooms, hold, promised):
    holder = await hold()
    mail = Original(name="a.txt", media_type="text/plain", content=b"do this")
    draft = await promised.instructing.take_in(holder.id, mail, by="tests")
    original = (await promised.instructing.find(holder.id, draft)).original
    await promised.instructing.drop(holder.id, draft, by="tests")
    for gone in (promised.instructing.find(holder.id, draft), promised.instructing.original(holder.id, original)):
        with pytest.raises(NothingThere):
            await gone
    with pytest.raises(NothingThere):
        await promised.instructing.drop(holder.id, draft, by="tests")


async def test_without_an_agreement_there_is_nothing_to_instruct_under(rooms, promised):
    bare = await rooms.filing.open_dossier("Bare SA", by="tests")
    with pytest.raises(NothingInForce):
        await promised.instructing.look(bare, text(rooms))
    assert await promised.instructing.on_file(bare) == []
    with pytest.raises(NothingThere):
        await promised.instructing.on_file(new_id())
    with pytest.raises(NothingInForce):
        await promised.challenging.challenge(bare, "x", "r", by="tests")


async def test_a_draft_moved_to_another_controller_does_not_open(rooms, hold, promised):
    one, two = await hold(), await hold(1)
    draft = await promised.instructing.draft(one.id, text(rooms), by="tests")
    async with rooms.data.transaction(one.id) as tx:
        row = await tx.fetchrow("SELECT * FROM bailee.instruction_draft WHERE controller_id = $1", one.id)
    async with rooms.data.transaction(two.id) as tx:
        await tx.execute(
            "INSERT INTO bailee.instruction_draft VALUES ($1, $2, 1, $3, NULL, $4)",
            two.id, draft, row["changed_at"], row["sealed"],
        )  # fmt: skip
    with pytest.raises(AlteredRow):
        await promised.instructing.find(two.id, draft)


async def test_a_challenge_informs_at_once_and_suspends_only_where_the_agreement_says_so(
    rooms, hold, promised, profile
):
    plain, strict = await hold(), await hold(1, **SUSPENDS)
    for holder, status in ((plain, 200), (strict, 403)):
        person, record = await held(holder, profile)
        await signed(promised, holder)
        client = await holder.client("prospecting")
        path = f"/api/v1/persons/{person}/profile/{record}"
        assert (await client("GET", path)).status == 200
        made = await promised.challenging.challenge(holder.id, "year-end", "no ground\nat all", by="dpo")
        answer = await client("GET", path)
        assert answer.status == status, answer.raw
        assert made.suspends is (status == 403)
        if made.suspends:
            assert answer.body["clause"] == "instructions.challenge"
            assert answer.body["instruction"] == "year-end"
        [notice] = await notices(promised, holder.id)
        assert (notice.kind, notice.letter) == ("instruction", "instructions/challenged")
        assert notice.values["reason"] == "no ground\nat all"
        assert notice.values["said_en"].startswith("Our systems may consult names")
        owed = await obligation(promised, holder.id, f"challenge/{made.id}")
        assert (owed.promise.owed_by, owed.state) == ("controller", "open")
        assert owed.promise.due.rule.startswith("no period in law or agreement")
        with pytest.raises(NotNow):
            await promised.challenging.challenge(holder.id, "year-end", "again", by="dpo")
        with pytest.raises(NothingThere):
            await promised.challenging.challenge(holder.id, "another", "r", by="dpo")
        [listed] = await promised.challenging.listed(holder.id)
        assert (listed.reason, listed.state) == ("no ground\nat all", "open")


async def test_the_controllers_written_confirmation_lifts_the_suspension(rooms, hold, promised, profile):
    holder = await hold(**SUSPENDS)
    person, record = await held(holder, profile)
    await signed(promised, holder)
    made = await promised.challenging.challenge(holder.id, "year-end", "no ground", by="dpo")
    signing = {"name": "Ada", "by": "tests"}
    with pytest.raises(NotAuthorised):
        await promised.challenging.confirm(holder.id, made.id, "ok", key=Ed25519PrivateKey.generate(), **signing)
    assert (await reading(holder, person, record)).status == 403
    [filed] = await promised.instructing.on_file(holder.id)
    assert filed.state == "suspended"
    await promised.challenging.confirm(holder.id, made.id, "Art. 6(1)(f)", key=holder.company.signing, **signing)
    assert (await reading(holder, person, record)).status == 200
    [listed] = await promised.challenging.listed(holder.id)
    assert listed.state == "confirmed"
    owed = await obligation(promised, holder.id, f"challenge/{made.id}")
    assert (owed.state, owed.proof) == ("discharged", f"document/{listed.proof}")
    with pytest.raises(NotNow):
        await promised.challenging.confirm(holder.id, made.id, "again", key=holder.company.signing, **signing)
    with pytest.raises(NothingThere):
        await promised.challenging.confirm(holder.id, new_id(), "x", key=holder.company.signing, **signing)
    assert await worked(promised.duties(), "challenges", holder.id) == 0


@pytest.mark.parametrize(("terms", "choice", "state", "status"), [
    (SUSPENDS, "confirm", "confirmed", 200), (SUSPENDS, "stop", "withdrawn", 403), ({}, "stop", "withdrawn", 403),
])  # fmt: skip
async def test_a_challenge_is_answered_from_the_mailbox_once_and_bites_at_the_gate(
    rooms, hold, profile, clock, terms, choice, state, status
):
    holder = await hold(**terms)
    told = Told(rooms, holder, Later(), clock)
    promised = told.promised
    person, record = await held(holder, profile)
    await signed(promised, holder)
    async with serving(told.keeping) as port:
        told.connect(port)
        made = await promised.challenging.challenge(holder.id, "year-end", "no ground\nat all", by="dpo")
        await told.go_on()
        letter = read(told.keeping.mails[-1].content).get_body(("plain",)).get_content()
        link = re.search(r"/act/([A-Za-z0-9_-]+)", letter)[1]
        shown = await promised.answering.show(link)
        assert shown.question.choices == ("confirm", "stop")
        assert "Our systems may consult names" in shown.question.words
        assert "no ground\nat all" in shown.question.words
        assert [one.state for one in await promised.challenging.listed(holder.id)] == ["open"], (
            "looking answers nothing"
        )
        await promised.answering.send_code(link)
        assert told.keeping.mails[-1].rcpt_tos == told.keeping.mails[0].rcpt_tos, "to the address on record"
        said = read(told.keeping.mails[-1].content).get_body(("plain",)).get_content()
        given = {"content": shown.question.content, "code": re.search(r"\b\d{8}\b", said)[0]}
        await promised.answering.answer(link, choice, **given)
        with pytest.raises(Answered):
            await promised.answering.answer(link, "confirm", **given)
    [known] = await promised.challenging.listed(holder.id)
    assert (known.state, known.proof.partition("/")[0]) == (state, "notice")
    owed = await obligation(promised, holder.id, f"challenge/{made.id}")
    assert (owed.state, owed.proof) == ("discharged", known.proof)
    client = await holder.client("prospecting")
    assert (await client("GET", f"/api/v1/persons/{person}/profile/{record}")).status == status
    [entry] = [one for one in await told.entries() if one["kind"] == "challenge-answered"]
    assert entry["actor"].startswith("mailbox:")
    assert await promised.challenging.hear(holder.id) == 0
    assert await promised.instructing.on_file(holder.id)


async def test_a_challenge_that_was_answered_otherwise_meanwhile_is_not_answered_by_its_link(rooms, hold, promised):
    holder = await hold(**SUSPENDS)
    await signed(promised, holder)
    made = await promised.challenging.challenge(holder.id, "year-end", "no ground", by="dpo")
    await promised.instructing.withdraw(holder.id, "year-end", "Ada Alpage", key=holder.company.signing, by="tests")
    await promised.challenging.hear(holder.id)
    asked = Intent(
        controller=holder.id, act=ANSWER, choice="confirm", content="", notice=new_id(),
        arguments={"challenge": str(made.id), "instruction": "year-end"},
    )  # fmt: skip
    with pytest.raises(Stale):
        async with rooms.committing.transaction(holder.id) as change:
            await promised.acts[ANSWER](change, asked, by="mailbox:x")


async def test_a_withdrawal_answers_a_challenge_however_it_came_on_file(rooms, hold, promised):
    holder = await hold(**SUSPENDS)
    await signed(promised, holder)
    made = await promised.challenging.challenge(holder.id, "year-end", "no ground", by="dpo")
    await promised.instructing.withdraw(holder.id, "year-end", "Ada", key=holder.company.signing, by="tests")
    assert await promised.challenging.hear(holder.id) == 1
    [listed] = await promised.challenging.listed(holder.id)
    assert listed.state == "withdrawn"
    assert (await obligation(promised, holder.id, f"challenge/{made.id}")).state == "discharged"
    dossier = await rooms.archive.refresh(holder.id)
    assert dossier.beside.suspensions == ()


async def test_a_challenge_to_what_is_over_asks_for_nothing_any_more(rooms, hold, promised, clock):
    holder = await hold()
    await signed(promised, holder, in_force_until=rooms.clock.now() + timedelta(days=1))
    made = await promised.challenging.challenge(holder.id, "year-end", "no ground", by="dpo")
    assert await promised.challenging.hear(holder.id) == 0
    clock.write_text("+2d")
    assert await promised.challenging.hear(holder.id) == 1
    [listed] = await promised.challenging.listed(holder.id)
    assert listed.state == "over"
    assert (await obligation(promised, holder.id, f"challenge/{made.id}")).state == "withdrawn"


async def test_the_controller_is_reminded_of_its_answer(rooms, hold, promised, clock):
    holder = await hold()
    await signed(promised, holder)
    made = await promised.challenging.challenge(holder.id, "year-end", "no ground", by="dpo")

    async def reminded() -> int:
        await promised.obligations.look(holder.id)
        said = [e for e in await Household(rooms, holder.id).entries() if e["kind"] == "obligation-reminded"]
        return sum(e["details"]["subject"] == f"challenge/{made.id}" for e in said)

    for offset, count in (("+1d", 0), ("+3d", 1), ("+4d", 1)):
        clock.write_text(offset)
        assert await reminded() == count, offset


async def test_a_service_is_challenged_but_never_suspended(rooms, hold, promised, profile):
    holder = await hold(**SUSPENDS)
    person, record = await held(holder, profile)
    made = await promised.challenging.challenge(holder.id, "service:own-acts", "too wide", by="dpo")
    assert not made.suspends
    assert (await reading(holder, person, record, "account-management")).status == 200
    assert await promised.challenging.hear(holder.id) == 0


def order(rooms, person=None, **more) -> Order:
    now = rooms.clock.now()
    parts = {
        "id": new_id(), "country": "FR", "law": "Code de procédure pénale, art. 60-1", "authority": "Tribunal d'Annecy",
        "reference": "26/1234", "operations": (Operation.consult,), "categories": ("name", "email"),
        "groups": (PersonGroup.user,), "persons": (UUID(person),) if person else (),
        "actors": (ActorKind.processor_staff,), "place": "FR", "in_force_from": now - timedelta(seconds=1),
        "in_force_until": now + timedelta(days=7),
    }  # fmt: skip
    return Order(**parts | more)


async def staff(rooms, holder, days=60):
    """A client of the processor's staff, bound and trained, for the one purpose that orders serve."""
    until = rooms.clock.now() + timedelta(days=days)
    for fact in ("confidential_until", "trained_until"):
        await rooms.filing.write_standing(holder.id, "staff:legal", fact, until, by="tests")
    return await holder.client(
        "legal-obligation", kind=ActorKind.processor_staff, actor="staff:legal", expires=timedelta(days=days)
    )


async def approved(promised, holder, made):
    await promised.compelling.draft(holder.id, made, by="legal")
    await promised.compelling.approve(holder.id, made.id, role="officer", by="dpo")
    return await promised.compelling.approve(holder.id, made.id, role="administrator", by="admin")


async def told(promised, holder, known):
    """What sending does when a server has taken the notice over."""
    async with promised.rooms.committing.transaction(holder.id) as change:
        await promised.obligations.discharge(change, known.what.telling, by="platform", proof="notice/1")


async def test_an_order_is_followed_only_once_the_controller_was_told_and_exactly(rooms, hold, promised, profile):
    holder = await hold()
    person, record = await held(holder, profile)
    another, its = await held(holder, profile | {"email": "x@alpages.example", "user_name": "x", "external_id": "x"})
    client = await staff(rooms, holder)
    path = f"/api/v1/persons/{person}/profile/{record}"
    known = await approved(promised, holder, order(rooms, person))
    assert known.state == "telling"
    assert await worked(promised.duties(), "orders of the law", holder.id) == 0
    refused = await client("GET", path)
    assert (refused.status, refused.body["clause"]) == (403, "instructions.legal-compulsion")
    [notice] = await notices(promised, holder.id)
    assert (notice.letter, notice.discharges) == ("instructions/compelled", known.what.telling)
    assert notice.values["console"] == "", "nobody can reach a console that has no address"
    await told(promised, holder, known)
    assert await worked(promised.duties(), "orders of the law", holder.id) == 1
    answer = await client("GET", path)
    assert answer.status == 200, answer.raw
    assert set(answer.body["data"]) <= {"given_name", "family_name", "email"}
    assert (await client("GET", f"/api/v1/persons/{another}/profile/{its}")).status == 403
    entries = await Household(rooms, holder.id).entries()
    named = [e for e in entries if e.get("instruction") == known.what.order.name]
    assert [e["clause"] for e in named] == ["instructions.legal-compulsion"]
    assert [one.what.order.id for one in await promised.compelling.listed(holder.id, told_only=True)]


async def test_the_letter_of_an_order_leads_to_its_place_on_the_controllers_page(rooms, hold, promised, monkeypatch):
    holder = await hold()
    monkeypatch.setattr(promised.compelling, "_console", "https://bailee.example")
    made = order(rooms)
    await approved(promised, holder, made)
    [notice] = await notices(promised, holder.id)
    assert notice.values["console"] == f"https://bailee.example/instructions#order-{made.id}"
    written = promised.letters.write("instructions/compelled", "fr", notice.values)
    assert notice.values["console"] in written.text
    assert f'href="{notice.values["console"]}"' in written.html
    house = Household(rooms, holder.id)
    page = await (await house.signed_in(await house.staff(ADMIN))).get("/instructions")
    assert f'id="order-{made.id}"' in page.raw.decode()


async def test_the_gate_opens_for_an_order_when_a_real_server_took_the_notice_over(
    rooms, hold, promised, profile, clock
):
    holder = await hold()
    person, record = await held(holder, profile)
    client = await staff(rooms, holder)
    path = f"/api/v1/persons/{person}/profile/{record}"
    keeping, its_own = Later(), Told(rooms, holder, None)
    async with rooms.data.transaction(rooms.platform) as tx:
        await tx.execute("DELETE FROM bailee.mail_route WHERE controller_id = $1", rooms.platform)
    its_own.connect(1)  # nobody listens there
    await approved(promised, holder, order(rooms, person))
    await its_own.go_on()
    await worked(its_own.promised.duties(), "orders of the law", holder.id)
    assert (await client("GET", path)).status == 403
    async with serving(keeping) as port:
        its_own.connect(port)
        clock.write_text("+30m")  # it is tried again after a pause
        assert await its_own.go_on() >= 1
    [envelope] = keeping.mails
    assert envelope.rcpt_tos == ["privacy@alpages.example"]
    assert "26/1234" in read(envelope.content)["Subject"]
    assert await worked(its_own.promised.duties(), "orders of the law", holder.id) == 1
    assert (await client("GET", path)).status == 200
    [known] = await promised.compelling.listed(holder.id)
    assert known.what.told_at is not None


async def test_an_order_ends_on_its_last_day(rooms, hold, promised, profile, clock):
    holder = await hold()
    person, record = await held(holder, profile)
    client = await staff(rooms, holder)
    known = await approved(promised, holder, order(rooms, person))
    await told(promised, holder, known)
    await worked(promised.duties(), "orders of the law", holder.id)
    path = f"/api/v1/persons/{person}/profile/{record}"
    for offset, status in (("+6d", 200), ("+8d", 403)):
        clock.write_text(offset)
        assert (await client("GET", path)).status == status, offset
    assert await worked(promised.duties(), "orders of the law", holder.id) >= 1
    assert (await promised.compelling.find(holder.id, known.what.order.id)).state == "over"
    assert (await rooms.archive.refresh(holder.id)).beside.orders == ()


async def test_an_order_whose_days_passed_before_the_notice_went_is_never_followed(rooms, hold, promised, clock):
    holder = await hold()
    known = await approved(promised, holder, order(rooms))
    clock.write_text("+8d")
    await told(promised, holder, known)
    assert await worked(promised.duties(), "orders of the law", holder.id) >= 1
    assert (await promised.compelling.find(holder.id, known.what.order.id)).state == "over"


async def test_two_people_in_two_roles_approve(rooms, hold, promised):
    holder = await hold()
    made = order(rooms)
    await promised.compelling.draft(holder.id, made, by="legal")
    await promised.compelling.approve(holder.id, made.id, role="officer", by="one")
    for role, by, code in (
        ("officer", "two", "role-approved-already"), ("administrator", "one", "two-people-are-needed"),
        ("support", "two", "role-approved-already"),
    ):  # fmt: skip
        with pytest.raises(NotNow, match=code):
            await promised.compelling.approve(holder.id, made.id, role=role, by=by)
    await promised.compelling.drop(holder.id, made.id, by="one")
    with pytest.raises(NotNow, match="order-dropped"):
        await promised.compelling.approve(holder.id, made.id, role="administrator", by="two")
    with pytest.raises(NothingThere):
        await promised.compelling.find(holder.id, new_id())
    assert await promised.compelling.listed(holder.id, told_only=True) == []


async def test_an_order_of_a_third_country_needs_an_agreement_that_it_names(rooms, hold, promised):
    holder = await hold()
    with pytest.raises(Faulty, match="third-country-without-agreement"):
        await promised.compelling.draft(holder.id, order(rooms, country="US"), by="legal")
    past = rooms.clock.now() - timedelta(days=1)
    with pytest.raises(Faulty, match="over-already"):
        await promised.compelling.draft(
            holder.id, order(rooms, in_force_from=past - timedelta(days=1), in_force_until=past), by="legal"
        )
    await promised.compelling.draft(holder.id, order(rooms, country="US", agreement="a treaty"), by="legal")


async def test_an_order_that_may_not_be_told_is_followed_in_reasoned_silence_and_disclosed_when_the_ban_ends(
    rooms, hold, promised, profile, clock
):
    holder = await hold()
    person, record = await held(holder, profile)
    client = await staff(rooms, holder)
    ban = Ban(law="CPP, art. 11", public_interest="an investigation", until=rooms.clock.now() + timedelta(days=20))
    made = order(rooms, person, ban=ban)
    known = await approved(promised, holder, made)
    assert (known.state, known.told) == ("in-force", False)
    assert (await client("GET", f"/api/v1/persons/{person}/profile/{record}")).status == 200
    assert await notices(promised, holder.id) == []
    assert await promised.compelling.listed(holder.id, told_only=True) == []
    assert (await client("GET", f"/api/v1/persons/{new_id()}/profile/{record}")).status in (403, 404)
    assert not await telling(rooms, holder, person)
    owed = await obligation(promised, rooms.platform, f"order/{made.id}/disclosure")
    assert (owed.state, owed.promise.due.strict) == ("open", ban.until)
    clock.write_text("+19d")
    await worked(promised.duties(), "orders of the law", holder.id)
    assert await notices(promised, holder.id) == []
    clock.write_text("+21d")
    await worked(promised.duties(), "orders of the law", holder.id)
    [notice] = await notices(promised, holder.id)
    assert (notice.letter, notice.values["why"]) == ("instructions/disclosed", "an investigation")
    owed = await obligation(promised, rooms.platform, f"order/{made.id}/disclosure")
    assert owed.state == "discharged"
    known = await promised.compelling.find(holder.id, made.id)
    assert (known.told, known.what.ban_ended) == (True, "day-came")
    assert [one.what.order.id for one in await promised.compelling.listed(holder.id, told_only=True)] == [made.id]
    await worked(promised.duties(), "orders of the law", holder.id)
    assert len(await notices(promised, holder.id)) == 1
    assert (await promised.compelling.find(holder.id, made.id)).state == "over"
    assert (await rooms.archive.refresh(holder.id)).beside.orders == ()
    assert made.name in await telling(rooms, holder, person)


async def telling(rooms, holder, person) -> str:
    """All that the controller's view of its ledger says of orders, one person's history and every receipt included."""
    head = await rooms.reading.integrated(holder.id)
    entries = [one async for one in rooms.reading.entries(holder.id, 0, head.size)]
    assert len(entries) == head.size, "every entry is there"
    said = [one.opened.body.decode() for one in entries if one.opened]
    about = [one async for one in rooms.reading.about(holder.id, UUID(person))]
    said += [one.opened.body.decode() for one in about]
    async with rooms.data.transaction(holder.id) as tx:
        rows = await tx.fetch("SELECT batch_id, entries FROM bailee.ledger_batch WHERE controller_id = $1", holder.id)
    for row in rows:
        for position in range(row["entries"]):
            said.append((await rooms.reading.body(holder.id, row["batch_id"], position) or b"").decode())
            assert "index" in await rooms.reading.receipt(holder.id, row["batch_id"], position)
    return " ".join(one for one in said if "order" in one or "compulsion" in one)


async def test_a_ban_that_an_event_ends_is_disclosed_when_someone_says_that_it_came(rooms, hold, promised):
    holder = await hold()
    ban = Ban(law="l", public_interest="p", until=rooms.clock.now() + timedelta(days=90), event="the trial is over")
    made = order(rooms, ban=ban)
    await promised.compelling.draft(holder.id, made, by="legal")
    with pytest.raises(NotNow):
        await promised.compelling.end_ban(holder.id, made.id, "", by="dpo")
    await promised.compelling.approve(holder.id, made.id, role="officer", by="dpo")
    await promised.compelling.approve(holder.id, made.id, role="administrator", by="admin")
    await promised.compelling.end_ban(holder.id, made.id, "judgment given", by="dpo")
    [notice] = await notices(promised, holder.id)
    assert notice.letter == "instructions/disclosed"
    with pytest.raises(NotNow):
        await promised.compelling.end_ban(holder.id, made.id, "again", by="dpo")


async def test_a_disclosure_that_was_cut_short_is_settled_later(rooms, hold, promised, monkeypatch):
    holder = await hold()
    ban = Ban(law="l", public_interest="p", until=rooms.clock.now() + timedelta(days=90), event="e")
    made = order(rooms, ban=ban)
    await approved(promised, holder, made)

    async def killed(*_given):
        raise ConnectionError

    with monkeypatch.context() as patch:
        patch.setattr(type(promised.compelling), "_settle", killed)
        with pytest.raises(ConnectionError):
            await promised.compelling.end_ban(holder.id, made.id, "came", by="dpo")
    assert (await obligation(promised, rooms.platform, f"order/{made.id}/disclosure")).state == "open"
    assert await worked(promised.duties(), "orders of the law", holder.id) >= 1
    assert (await obligation(promised, rooms.platform, f"order/{made.id}/disclosure")).state == "discharged"
    assert len(await notices(promised, holder.id)) == 1


async def test_an_order_that_is_disclosed_while_it_runs_goes_on_and_is_shown(rooms, hold, promised, profile):
    holder = await hold()
    person, record = await held(holder, profile)
    client = await staff(rooms, holder)
    path = f"/api/v1/persons/{person}/profile/{record}"
    ban = Ban(law="l", public_interest="p", until=rooms.clock.now() + timedelta(days=3), event="e")
    made = order(rooms, person, ban=ban)
    await approved(promised, holder, made)
    assert (await client("GET", path)).status == 200
    await promised.compelling.end_ban(holder.id, made.id, "came", by="dpo")
    assert (await client("GET", path)).status == 200
    assert made.name in await telling(rooms, holder, person)


async def acts(rooms, holder, *kinds):
    entries = await Household(rooms, holder.id).entries()
    return [one["kind"] for one in entries if one["kind"] in kinds]


OF_ORDERS = ("order-disclosed", "order-in-force", "order-over")


async def test_what_a_ban_kept_out_of_the_controllers_ledger_is_told_with_the_disclosure(rooms, hold, promised, clock):
    holder = await hold()
    ban = Ban(law="l", public_interest="p", until=rooms.clock.now() + timedelta(days=20))
    made = order(rooms, ban=ban)
    await approved(promised, holder, made)
    clock.write_text("+8d")
    await promised.compelling.due(holder.id)
    assert (await promised.compelling.find(holder.id, made.id)).state == "over"
    clock.write_text("+19d")
    await promised.compelling.due(holder.id)
    assert await acts(rooms, holder, *OF_ORDERS) == []
    clock.write_text("+21d")
    await promised.compelling.due(holder.id)
    assert sorted(await acts(rooms, holder, *OF_ORDERS)) == sorted(OF_ORDERS)


async def test_an_order_that_was_disclosed_ends_in_the_controllers_ledger(rooms, hold, promised, clock):
    holder = await hold()
    ban = Ban(law="l", public_interest="p", until=rooms.clock.now() + timedelta(days=90), event="e")
    made = order(rooms, ban=ban)
    await approved(promised, holder, made)
    await promised.compelling.end_ban(holder.id, made.id, "came", by="dpo")
    assert sorted(await acts(rooms, holder, *OF_ORDERS)) == ["order-disclosed", "order-in-force"]
    for offset, kept in (("+6d", ["order-disclosed", "order-in-force"]), ("+8d", sorted(OF_ORDERS))):
        clock.write_text(offset)
        await promised.compelling.due(holder.id)
        assert sorted(await acts(rooms, holder, *OF_ORDERS)) == kept, offset


async def test_no_disclosure_is_owed_for_an_order_that_never_came_into_force(rooms, hold, promised, monkeypatch):
    holder = await hold()
    ban = Ban(law="l", public_interest="p", until=rooms.clock.now() + timedelta(days=9), event="e")
    made = order(rooms, ban=ban)
    await promised.compelling.draft(holder.id, made, by="legal")
    await promised.compelling.approve(holder.id, made.id, role="officer", by="dpo")

    transaction = rooms.committing.transaction
    state = "SELECT state FROM bailee.compulsion WHERE controller_id = $1 AND order_id = $2"

    @asynccontextmanager
    async def not_committed(controller):
        async with transaction(controller) as change:
            yield change
            if await change.connection.fetchval(state, holder.id, made.id) == "in-force":
                raise RuntimeError

    with monkeypatch.context() as patch:
        patch.setattr(promised.rooms.committing, "transaction", not_committed)
        with pytest.raises(RuntimeError):
            await promised.compelling.approve(holder.id, made.id, role="administrator", by="admin")
    assert (await promised.compelling.find(holder.id, made.id)).state == "drafted"
    assert await obligation(promised, rooms.platform, f"order/{made.id}/disclosure") is None


@pytest.mark.parametrize("ended_first", [False, True])
async def test_a_disclosure_whose_duty_was_cut_short_is_owed_all_the_same(
    rooms, hold, promised, monkeypatch, ended_first
):
    holder = await hold()
    ban = Ban(law="l", public_interest="p", until=rooms.clock.now() + timedelta(days=9), event="e")
    made = order(rooms, ban=ban)

    async def killed(*_given):
        raise ConnectionError

    with monkeypatch.context() as patch:
        patch.setattr(type(promised.compelling), "_owe_disclosure", killed)
        with pytest.raises(ConnectionError):
            await approved(promised, holder, made)
    known = await promised.compelling.find(holder.id, made.id)
    assert (known.state, known.what.owing) == ("in-force", True)
    if ended_first:
        await promised.compelling.end_ban(holder.id, made.id, "came", by="dpo")
    else:
        assert await promised.compelling.due(holder.id) >= 1
    owed = await obligation(promised, rooms.platform, f"order/{made.id}/disclosure")
    assert owed.state == ("discharged" if ended_first else "open")
    assert not (await promised.compelling.find(holder.id, made.id)).what.owing


async def test_a_set_read_under_an_order_releases_no_more_than_the_order_names(rooms, hold, promised, profile):
    holder = await hold()
    person, record = await held(holder, profile)
    another, _ = await held(holder, profile | {"email": "y@alpages.example", "user_name": "y", "external_id": "y"})
    client = await staff(rooms, holder)
    for one in (person, another):
        put = await (await holder.client())("PUT", f"/api/v1/persons/{one}/photo", raw=saved(halves(), "PNG"))
        assert put.status == 201, put.raw
    known = await approved(promised, holder, order(rooms, person, categories=("name", "email", "profile-photo")))
    await told(promised, holder, known)
    await promised.compelling.due(holder.id)
    caller = await holder.caller(client)
    asked = AccessRequest(
        actor=caller.actor, controller=holder.id, operation=Operation.consult, purpose=Purpose.legal_obligation,
        persons=(UUID(person),),
    )  # fmt: skip
    page = await rooms.sets.page(asked, "profile", START, 100)
    assert [one.address.record for one in page.released.records] == [UUID(record)]
    listed = await rooms.files.page(asked, START, 100)
    assert [one.file.place.address.person for one in listed.shown] == [UUID(person)]
    everyone = await rooms.sets.page(msgspec.structs.replace(asked, persons=()), "profile", START, 100)
    assert isinstance(everyone, Refusal), "an order about one person is none about all"


async def test_people_are_listed_under_an_order_as_far_as_it_names_their_groups(rooms, hold, promised, profile):
    holder = await hold()
    person, _ = await held(holder, profile)
    partner = profile | {"email": "z@alpages.example", "user_name": "z", "external_id": "z"}
    await (await holder.client()).person(partner, "partner")
    client = await staff(rooms, holder)
    known = await approved(promised, holder, order(rooms))
    await told(promised, holder, known)
    await promised.compelling.due(holder.id)
    listed = await client("GET", "/api/v1/persons")
    assert [one["id"] for one in listed.body["persons"]] == [person]
    named = [e for e in await Household(rooms, holder.id).entries() if e.get("instruction") == known.what.order.name]
    assert named[-1]["persons"] == [person]


async def test_of_one_instruction_one_challenge_is_open_however_many_raise_it_at_once(rooms, hold, promised):
    holder = await hold()
    await signed(promised, holder)
    tries = [promised.challenging.challenge(holder.id, "year-end", f"reason {n}", by="dpo") for n in range(4)]
    found = await asyncio.gather(*tries, return_exceptions=True)
    refused = [one for one in found if isinstance(one, NotNow)]
    assert len(refused) == 3, found
    assert {str(one) for one in refused} == {"challenged-already"}
    assert len(await promised.challenging.listed(holder.id)) == 1
    assert len(await notices(promised, holder.id)) == 1, "the controller is told once"


async def test_an_order_moved_to_another_controller_does_not_open(rooms, hold, promised):
    one, two = await hold(), await hold(1)
    key = await promised.sealing.key(one.id)
    made = order(rooms)
    assert beside.ORDERS.unseal(key, one.id, made.id, beside.ORDERS.seal(key, one.id, made.id, made)) == made
    with pytest.raises(beside.AlteredOrder):
        beside.ORDERS.unseal(key, two.id, made.id, beside.ORDERS.seal(key, one.id, made.id, made))


async def test_recorded_traffic_is_replayed_against_a_proposal(rooms, hold, promised, profile):
    holder = await hold()
    person, record = await held(holder, profile)
    await signed(promised, holder)
    for _ in range(3):
        assert (await reading(holder, person, record)).status == 200
    assert (await reading(holder, person, record, "statistics")).status == 403
    await rooms.reading.integrated(holder.id)
    proposal = text(rooms, id="study", purposes=(Purpose.statistics,), replaces="year-end")
    seen = []
    report = await promised.rehearsing.rehearse(
        holder.id, proposal, by="tests", progress=lambda read, whole: seen.append((read, whole))
    )
    effects = {(row.purpose, row.effect): row.count for row in report.rows}
    assert effects[("prospecting", "refused")] == 3
    assert effects[("statistics", "allowed")] == 1
    assert report.changes == 4
    assert report.entries > report.replayed
    old = await promised.rehearsing.rehearse(holder.id, proposal, by="tests", last=timedelta(0))
    assert (old.entries, old.changes) == (0, 0)
    change = Changed(path="terms.instructions.challenge_suspends.value", value="yes", reason="r")
    amendment = Amendment(format="bailee.dev/amendment/v1", since=datetime.now(UTC).date(), changes=(change,))
    assert (await promised.rehearsing.rehearse(holder.id, amendment, by="tests")).changes == 0
    with pytest.raises(NothingThere):
        await promised.rehearsing.rehearse(new_id(), proposal, by="tests")


async def test_a_long_log_is_rehearsed_window_by_window(rooms, hold, promised, profile, monkeypatch):
    from bailee.clauses.instructions import rehearsing

    holder = await hold()
    person, record = await held(holder, profile)
    client = await holder.client()
    path = f"/api/v1/persons/{person}/profile/{record}"
    await asyncio.gather(*(client("GET", path) for _ in range(40)))
    await rooms.reading.integrated(holder.id)
    monkeypatch.setattr(rehearsing, "WINDOW", 7)
    monkeypatch.setattr(rehearsing, "EVERY", 10)
    seen = []
    report = await promised.rehearsing.rehearse(
        holder.id, text(rooms), by="tests", progress=lambda read, _whole: seen.append(read)
    )
    consulted = sum(row.count for row in report.rows if row.operation == "consult")
    entries = await Household(rooms, holder.id).entries()
    assert consulted == sum(e.get("operation") == "consult" and e["kind"] == "permit" for e in entries) >= 40
    assert seen[:3] == [10, 20, 30]
    cut = await promised.rehearsing.rehearse(holder.id, text(rooms), by="tests", most=5)
    assert cut.entries < report.entries
    assert (cut.complete, report.complete) == (False, True)

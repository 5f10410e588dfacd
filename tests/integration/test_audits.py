"""Audits on real servers: what falls due, who hears of it, what an auditor sees and until when, and what a pack proves."""

import io
import json
import zipfile
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import msgspec
import pytest
from tests.household import ADMIN, DPO, Household, worked
from tests.integration.test_instructions_api import operator, party

from bailee.api.application import Application
from bailee.clauses.audits.events import Scope
from bailee.clauses.audits.keeping import AlteredAudit
from bailee.clauses.audits.mistakes import ChangedMeanwhile, NothingThere, NotNow
from bailee.clauses.audits.steps import (
    Accept,
    Announce,
    Answer,
    Asked,
    Begin,
    Close,
    Done,
    Found,
    Named,
    Plan,
    Propose,
    Redate,
    Refuse,
    Report,
    Spend,
    Waive,
    Withdraw,
)
from bailee.cli.verifying import findings
from bailee.promised import Promised
from bailee.serving import control_plane, data_plane

DAY = timedelta(days=1)
SCOPE = Scope(("security.confidentiality", "services.access", "audits.respond", "services.support"), "the servers")


@pytest.fixture
def promised(rooms):
    return Promised(rooms)


@pytest.fixture
def clock(settings):
    """The file of the simulated clock, put back afterwards."""
    file = Path(settings.clock.removeprefix("file:"))
    yield file
    file.write_text("+0s")


def wanted(rooms, days=60, **given):
    first = rooms.clock.now().date() + days * DAY
    return msgspec.structs.replace(
        Asked(by="third-party", scope=SCOPE, first=first, last=first + DAY, questions=("Who holds the keys?",),
              auditor=Named("Ada Auditor", "Audit SA", "ISO 27001 lead auditor")), **given,
    )  # fmt: skip


async def owed(promised, controller):
    """Clause, kind of subject and state of every obligation of audits."""
    return {
        (one.promise.clause, one.promise.subject.partition("/")[0], one.state)
        for one in await promised.obligations.listed(controller) if one.promise.clause.startswith("audits.")
    }  # fmt: skip


async def letters(rooms, controller):
    async with rooms.data.transaction(controller) as tx:
        rows = await tx.fetch(
            "SELECT letter, side FROM bailee.notice WHERE controller_id = $1 ORDER BY notice_id", controller
        )
    return [(row["letter"], row["side"]) for row in rows if row["letter"].startswith("audits/")]


class Audited:
    """One audit, stepped through by both parties."""

    def __init__(self, audits, controller, id):
        self.audits, self.controller, self.id = audits, controller, id

    async def ours(self, step):
        return await self.audits.step(self.controller, self.id, step, "processor", by="staff:dpo")

    async def theirs(self, step):
        return await self.audits.step(self.controller, self.id, step, "controller", by="staff:legal")


async def begun(rooms, promised, controller, clock, **given):
    """An audit that is under way: two months have passed."""
    made = await promised.audits.ask(controller, wanted(rooms, **given), by="staff:legal")
    one = Audited(promised.audits, controller, made.id)
    await one.ours(Accept())
    await one.ours(Announce(arrangements="Room 4"))
    clock.write_text("+60d")
    await one.ours(Begin())
    return one


async def test_a_request_in_time_gives_its_notice_and_asks_us_for_an_answer(rooms, promised, hold):
    holder = await hold()
    made = await promised.audits.ask(holder.id, wanted(rooms), by="staff:legal")
    assert (made.state, made.notice.standing, made.bears) == ("asked", "in-time", "controller")
    assert await owed(promised, holder.id) == {
        ("audits.notice", "audit", "discharged"), ("audits.refuse", "audit-answer", "open"),
    }  # fmt: skip
    [notice] = [one for one in await promised.obligations.listed(holder.id) if one.promise.clause == "audits.notice"]
    assert notice.promise.owed_by == "controller"
    assert notice.promise.due == made.notice.due, "both readings are kept"
    assert await letters(rooms, holder.id) == [("audits/asked", "controller"), ("audits/heard", "processor")]
    one = Audited(promised.audits, holder.id, made.id)
    await one.ours(Accept())
    assert ("audits.refuse", "audit-answer", "discharged") in await owed(promised, holder.id)
    entries = [body for body in await Household(rooms, holder.id).entries() if body["kind"].startswith("audit-")]
    assert [body["kind"] for body in entries] == ["audit-asked", "audit-stepped"]
    assert "Ada" not in json.dumps(entries), "no name and no text is in the ledger"
    assert "keys" not in json.dumps(entries)


async def test_a_date_too_early_is_flagged_and_owes_nothing_until_it_is_waived_or_moved(rooms, promised, hold):
    holder = await hold()
    made = await promised.audits.ask(holder.id, wanted(rooms, 3), by="staff:legal")
    assert made.state == "flagged"
    assert await owed(promised, holder.id) == set()
    one = Audited(promised.audits, holder.id, made.id)
    with pytest.raises(NotNow):
        await one.ours(Accept())
    waived = await one.ours(Waive(name="P. Rocessor"))
    assert (waived.state, waived.waiver.name) == ("asked", "P. Rocessor")
    assert await owed(promised, holder.id) == {
        ("audits.notice", "audit", "discharged"), ("audits.refuse", "audit-answer", "open"),
    }  # fmt: skip
    late = [one for one in await promised.obligations.listed(holder.id) if one.infringed_at]
    assert late == [], "what was waived is no infringement"
    sooner = await one.theirs(Redate(first=made.first - DAY, last=made.last))
    assert (sooner.state, sooner.waiver) == ("flagged", None)
    assert ("audits.refuse", "audit-answer", "withdrawn") in await owed(promised, holder.id)
    moved = await one.theirs(Redate(first=made.notice.surely + 7 * DAY, last=made.notice.surely + 8 * DAY))
    assert moved.state == "asked"
    assert ("audits.refuse", "audit-answer", "open") in await owed(promised, holder.id)


async def test_an_authority_owes_no_notice_and_whom_it_sends_is_not_refused(rooms, promised, hold):
    holder = await hold()
    made = await promised.audits.ask(holder.id, wanted(rooms, 1, by="authority"), by="staff:legal")
    assert (made.state, made.notice.standing) == ("asked", "exempt")
    refusal = Refuse(ground="competitor", reason="no", name="P.")
    with pytest.raises(NotNow):
        await Audited(promised.audits, holder.id, made.id).ours(refusal)
    assert await promised.audits.drawn(holder.id, made) is None


async def test_a_refused_auditor_is_told_at_once_and_another_proposed(rooms, promised, hold):
    holder = await hold()
    made = await promised.audits.ask(holder.id, wanted(rooms), by="staff:legal")
    one = Audited(promised.audits, holder.id, made.id)
    await one.ours(Refuse(ground="competitor", reason="They sell what we sell.", name="P. Rocessor"))
    assert (await letters(rooms, holder.id))[-1] == ("audits/refused", "controller")
    assert ("audits.refuse", "audit-answer", "discharged") in await owed(promised, holder.id)
    again = await one.theirs(Propose(auditor=Named("Bo Other", "Other SARL", "CISA")))
    assert (again.state, again.first) == ("asked", made.first)
    assert ("audits.refuse", "audit-answer", "open") in await owed(promised, holder.id), "an answer is owed anew"
    assert (await one.ours(Accept())).state == "accepted"


async def test_findings_become_obligations_with_days_and_the_file_is_closed(rooms, promised, hold, clock):
    holder = await hold()
    one = await begun(rooms, promised, holder.id, clock)
    await one.ours(Answer(n=1, text="Nobody alone."))
    found = (
        Found(clause="services.support", severity="major", text="none was restored"),
        Found(clause="services.access", severity="observation", text="well kept"),
    )
    await one.theirs(Report(findings=found, conclusion="good on the whole"))
    assert ("audits.respond", "audit-report", "open") in await owed(promised, holder.id)
    due = rooms.clock.now().date() + 30 * DAY
    await one.ours(Plan(finding=1, text="restore one", owner="O. Wner", due=due))
    assert ("audits.respond", "audit-report", "discharged") in await owed(promised, holder.id)
    [action] = [
        one for one in await promised.obligations.listed(holder.id) if one.promise.subject.startswith("audit-action/")
    ]
    assert (action.state, action.promise.owed_by, action.promise.owed_to) == ("open", "processor", "controller")
    assert action.promise.due.strict.date() in (due, due - DAY), "the end of that day in Paris"
    with pytest.raises(NotNow, match="undone"):
        await one.theirs(Close())
    await one.ours(Done(n=1, evidence="restored on Monday"))
    assert ("audits.evidence", "audit-action", "discharged") in await owed(promised, holder.id)
    assert (await one.theirs(Close())).state == "closed"


async def test_a_report_without_faults_is_answered_by_itself(rooms, promised, hold, clock):
    holder = await hold()
    one = await begun(rooms, promised, holder.id, clock)
    await one.theirs(Report(findings=(), conclusion="nothing found"))
    assert ("audits.respond", "audit-report", "discharged") in await owed(promised, holder.id)


async def test_what_is_withdrawn_owes_nothing_and_a_stale_page_changes_nothing(rooms, promised, hold):
    holder, other = await hold(), await hold(1)
    made = await promised.audits.ask(holder.id, wanted(rooms), by="staff:legal")
    with pytest.raises(NothingThere):
        await promised.audits.find(other.id, made.id)
    with pytest.raises(ChangedMeanwhile):
        await promised.audits.step(holder.id, made.id, Withdraw(), "controller", by="x", seen=7)
    gone = await promised.audits.step(holder.id, made.id, Withdraw(), "controller", by="x", seen=1)
    assert gone.is_over
    assert ("audits.refuse", "audit-answer", "withdrawn") in await owed(promised, holder.id)


async def test_a_file_put_back_to_an_older_version_does_not_open(rooms, promised, hold):
    holder = await hold()
    made = await promised.audits.ask(holder.id, wanted(rooms), by="staff:legal")
    async with rooms.data.transaction(holder.id) as tx:
        held = await tx.fetchval("SELECT sealed FROM bailee.audit WHERE controller_id = $1", holder.id)
    await Audited(promised.audits, holder.id, made.id).ours(Accept())
    async with rooms.data.transaction(holder.id) as tx:
        await tx.execute("UPDATE bailee.audit SET sealed = $2 WHERE controller_id = $1", holder.id, held)
    with pytest.raises(AlteredAudit):
        await promised.audits.find(holder.id, made.id)


async def test_costs_go_to_the_controller_as_paper_and_for_programs(rooms, promised, hold, clock):
    holder = await hold()
    one = await begun(rooms, promised, holder.id, clock)
    today = rooms.clock.now().date()
    await one.ours(Spend(day=today, who="Ann", what="interview", minutes=90, rate=10_000))
    await one.ours(Spend(day=today - DAY, who="Bob", what="travel", spent=4_250))
    _, (pdf, data) = await promised.audits.statement(holder.id, one.id)
    assert pdf.content.startswith(b"%PDF-")
    told = json.loads(data.content)
    assert (told["total"]["amount"], told["bears"], told["format"]) == (
        19_250,
        "controller",
        "bailee.dev/audit-costs/v1",
    )
    assert sum(line["amount"] for line in told["lines"]) == told["total"]["amount"]
    await promised.audits.tell_costs(holder.id, one.id, by="staff:dpo")
    assert (await letters(rooms, holder.id))[-1] == ("audits/costs", "controller")
    [entry] = [body for body in await Household(rooms, holder.id).entries() if body["kind"] == "audit-costs-told"]
    assert (entry["details"]["amount"], entry["details"]["minutes"]) == (19_250, 90)


async def test_an_auditor_reads_one_audit_until_its_last_instant_and_not_the_second_after(rooms, promised, hold, clock):
    holder, other = await hold(), await hold(1)
    house, stranger = Household(rooms, holder.id), Household(rooms, other.id)
    admin = await house.signed_in(await house.staff(ADMIN))
    one = Audited(promised.audits, holder.id, (await promised.audits.ask(holder.id, wanted(rooms), by="x")).id)
    elsewhere = await promised.audits.ask(other.id, wanted(rooms), by="x")
    assert (await admin.post(f"/audits/{one.id}/auditor", address="ada@audit.example")).status == 409, (
        "not accepted yet"
    )
    await one.ours(Accept())
    assert (await admin.post(f"/audits/{one.id}/auditor", address="nobody")).status == 422
    answer = await admin.post(f"/audits/{one.id}/auditor", address="ada@audit.example")
    assert answer.status in (200, 303), answer.raw[-600:]
    [guest] = (await promised.audits.find(holder.id, one.id)).audit.guests
    clock.write_text("+60d")
    async with rooms.data.transaction(holder.id) as tx:
        await tx.execute(
            "UPDATE bailee.account SET state = 'active' WHERE controller_id = $1 AND person_id = $2",
            holder.id,
            guest.person,
        )
    auditor = await house.signed_in(guest.person)
    seen = await auditor.get("/audit")
    assert seen.status == 200, seen.raw[-600:]
    assert b"Who holds the keys?" in seen.raw
    assert b"security.confidentiality" in seen.raw
    assert b"data.profile" not in seen.raw, "not in scope"
    outside = (
        "/audits", f"/audits/{one.id}", "/ledger", "/agreement", "/people", "/obligations", "/notices", "/instructions",
        f"/controllers/{holder.id}/audits/{one.id}", f"/audits/{elsewhere.id}", "/access", "/credentials",
    )  # fmt: skip
    for path in outside:
        answer = await auditor.get(path)
        assert answer.status in (403, 404), path
        assert b"Ada" not in answer.raw, path
    for path in (f"/audits/{one.id}/steps", f"/audits/{one.id}/evidence", f"/audits/{one.id}/auditor"):
        assert (await auditor.post(path, step="withdraw")).status == 403, "an auditor changes nothing"
    foreign = await stranger.signed_in(await stranger.staff("audit-visitor"))
    assert (await foreign.get("/audit")).status == 404, "another controller's auditor sees nothing"

    clock.write_text((guest.until - timedelta(minutes=5)).isoformat())
    auditor = await house.signed_in(guest.person)
    assert (await auditor.get("/audit")).status == 200
    clock.write_text((guest.until + timedelta(seconds=1)).isoformat())
    assert (await auditor.get("/audit")).status == 404, "the second after"
    assert await worked(house.wings.duties(), "auditors' accounts", holder.id) == 1
    assert (await auditor.get("/audit")).status == 303, "the session has ended with the account"
    assert not (await house.wings.accounts.find(holder.id, guest.person)).may_sign_in
    assert (await promised.audits.find(holder.id, one.id)).audit.guests == ()
    clock.write_text((guest.until + 8 * DAY).isoformat())
    assert await house.wings.closing.due(holder.id) == 1
    assert await house.wings.accounts.find(holder.id, guest.person) is None, "its person is erased"


async def test_an_audit_that_is_over_ends_its_accounts(rooms, promised, hold):
    holder = await hold()
    house = Household(rooms, holder.id)
    made = await promised.audits.ask(holder.id, wanted(rooms), by="x")
    one = Audited(promised.audits, holder.id, made.id)
    await one.ours(Accept())
    person = await house.staff("audit-visitor")
    await promised.audits.admit(holder.id, made.id, person, by="x")
    assert (await promised.audits.visited(holder.id, person)).audit.id == made.id
    later = await one.theirs(Redate(first=made.first + 7 * DAY, last=made.last + 7 * DAY))
    assert later.guests[0].until > made.notice.due.generous
    await one.theirs(Withdraw())
    with pytest.raises(NothingThere):
        await promised.audits.visited(holder.id, person)
    assert await worked(house.wings.duties(), "auditors' accounts", holder.id) == 1
    assert not (await house.wings.accounts.find(holder.id, person)).may_sign_in


def unpacked(content: bytes, folder: Path) -> Path:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        archive.extractall(folder)
    return folder


async def test_a_pack_proves_its_clauses_offline_and_a_changed_byte_does_not(rooms, promised, hold, tmp_path):
    holder = await hold()
    made = await promised.audits.ask(holder.id, wanted(rooms), by="x")
    await Audited(promised.audits, holder.id, made.id).ours(Answer(n=1, text="Nobody alone."))
    await Household(rooms, holder.id).staff(DPO)
    pack = await promised.audits.pack(holder.id, made.id, by="x")
    folder, key = unpacked(pack.content, tmp_path / "pack"), rooms.log_key.verifier(holder.id)
    told = json.loads((folder / "manifest.json").read_bytes())
    assert [one["id"] for one in told["clauses"]] == list(SCOPE.clauses)
    by = {one["id"]: one for one in told["clauses"]}
    kinds = {proof["kind"] for proof in by["audits.respond"]["proofs"]}
    assert kinds == {"audit-asked", "audit-stepped", "notice-queued"}
    assert by["audits.respond"]["entries"] == len(by["audits.respond"]["proofs"]) == 3
    assert by["services.access"]["proofs"][0]["kind"] == "account-invited"
    assert (by["services.support"]["proofs"], by["services.support"]["state"]) == ([], "next")
    assert told["questions"][0]["answer"] == "Nobody alone."
    assert told["documents"][0]["kind"] == "agreement"
    found = findings([folder], [key])
    assert all(one.ok for one in found), found
    assert {one.kind for one in found} == {"bundle", "receipt"}
    for name in sorted(
        str(file.relative_to(folder)) for file in folder.rglob("*") if file.suffix in (".json", ".note", ".tlog-proof")
    ):
        if name.endswith("keys.json"):
            continue
        whole = (folder / name).read_bytes()
        at = len(whole) // 2
        (folder / name).write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        assert not all(one.ok for one in findings([folder], [key])), name
        (folder / name).write_bytes(whole)
    proof = next((folder / "receipts").glob("*.tlog-proof"))
    whole = proof.read_bytes()
    proof.unlink()
    assert not all(one.ok for one in findings([folder], [key])), "one is missing"
    proof.write_bytes(whole)
    assert all(one.ok for one in findings([folder], [key]))


async def test_the_same_checkpoint_gives_the_same_pack_and_what_was_handed_over_is_kept(rooms, promised, hold):
    holder = await hold()
    made = await promised.audits.ask(holder.id, wanted(rooms), by="x")
    head, at = await rooms.reading.integrated(holder.id), rooms.clock.now()
    packing = promised.audits.packing
    first, second = [await packing.of(holder.id, made, head, at) for _ in range(2)]
    assert first == second
    kept = await promised.audits.pack(holder.id, made.id, by="x")
    assert await promised.audits.packed(holder.id, made.id, kept.digest, by="y") == kept.content
    with pytest.raises(NothingThere):
        await promised.audits.packed(holder.id, made.id, "0" * 64, by="y")
    later = await packing.of(holder.id, made, head, at)
    assert later.content == first.content, "the ledger has grown since, the checkpoint has not"


async def test_over_http_both_parties_take_their_own_steps(rooms, hold):
    app = Application(data_plane(rooms), control_plane(rooms))
    holder, other = await hold(), await hold(1)
    mine, ours, foreign = await party(app, holder), await operator(app, rooms), await party(app, other)
    base = f"/api/v1/controllers/{holder.id}/audits"
    sent = msgspec.to_builtins(wanted(rooms))
    made = await mine("POST", base, sent)
    assert made.status == 201, made.raw
    one = f"{base}/{made.body['id']}"
    assert [audit["id"] for audit in (await mine("GET", base)).body] == [made.body["id"]]
    assert (await foreign("GET", one)).status == (await mine("GET", f"{base}/{UUID(int=1)}")).status == 404
    assert (await mine("POST", f"{one}/steps", {"step": "accept"})).status == 403, "the processor's to take"
    assert (await mine("POST", f"{one}/steps", {"step": "refuse-it"})).status == 400
    assert (await ours("POST", f"{one}/steps", {"step": "begin"})).body["type"].endswith("audit/asked")
    accepted = await ours("POST", f"{one}/steps", {"step": "accept"})
    assert (accepted.status, accepted.body["state"]) == (200, "accepted")
    today = str(rooms.clock.now().date())
    spent = {"step": "spend", "day": today, "who": "Ann", "what": "mail", "minutes": 30, "rate": 9_000}
    assert (await ours("POST", f"{one}/steps", spent)).status == 200
    assert (await mine("GET", f"{one}/costs")).body["total"]["amount"] == 4_500
    assert (await mine("POST", f"{one}/costs/statement")).status == 404
    assert (await ours("POST", f"{one}/costs/statement")).status == 204
    pack = await mine("POST", f"{one}/evidence")
    assert (pack.status, pack.raw[:2]) == (200, b"PK")
    bad = await mine("POST", base, sent | {"first": "2026-01-01", "last": "2026-01-02"})
    assert (bad.status, bad.body["type"].rpartition("/")[2]) == (422, "past")

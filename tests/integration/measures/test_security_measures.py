"""Measures on a platform of their own: each probe is shown to fail when what it looks at is really broken."""

import asyncio
import shutil
from datetime import timedelta
from uuid import UUID

import msgspec
import pytest
from tests.household import Household

from bailee.clauses.security_measures import catalogue, probes
from bailee.clauses.security_measures.events import Found
from bailee.furnishing import furnish
from bailee.infra.space import Reserve
from bailee.ledger.entries import Act
from bailee.processing.accounts.approving.dangers import Danger
from bailee.processing.accounts.signing_in.methods import Totp
from bailee.processing.accounts.signing_in.passwords import PRODUCTION
from bailee.processing.accounts.staffing import Staffing
from bailee.promised import Promised
from bailee.vocabulary.parties import ActorKind


async def probe(promised: Promised, measure: str) -> Found:
    """What one probe finds now, run as the platform runs it."""
    [found] = (await probes.look_at(promised._looked_at, {measure: probes.LIVE[measure]})).values()
    return found


async def test_a_record_that_is_stored_in_clear_is_found(promised, hold, profile, owner):
    client = await (await hold()).client()
    await client.person(profile)
    assert (await probe(promised, "records.encrypted")).state == "proven"
    data, _ = owner
    before = await data.fetch("SELECT controller_id, record_id, sealed FROM bailee.record")
    await data.execute("UPDATE bailee.record SET sealed = $1", b'{"email": "elodie@alpages.example", "language": "fr"}')
    broken = await probe(promised, "records.encrypted")
    assert (broken.state, broken.reason, broken.figures["readable"]) == ("broken", "not-sealed", len(before))
    for row in before:
        await data.execute("UPDATE bailee.record SET sealed = $2 WHERE record_id = $1", row["record_id"], row["sealed"])
    assert (await probe(promised, "records.encrypted")).state == "proven"
    for server, sql in zip(owner, ("SELECT 1", "DELETE FROM bailee.person_key"), strict=True):
        await server.execute(sql)
    promised.rooms.keys._persons.clear()
    assert (await probe(promised, "records.encrypted")).figures["keyless"] == 1


async def test_a_role_that_may_pass_policies_by_is_found_on_either_server(promised, owner):
    assert (await probe(promised, "isolation.roles")).state == "proven"
    for server in owner:
        await server.execute("ALTER ROLE bailee_app BYPASSRLS")
        assert (await probe(promised, "isolation.roles")).reason == "roles-too-strong"
        await server.execute("ALTER ROLE bailee_app NOBYPASSRLS")
    assert (await probe(promised, "isolation.roles")).state == "proven"


async def test_a_table_without_row_level_security_is_found(promised, owner):
    assert (await probe(promised, "isolation.rows")).state == "proven"
    await owner[1].execute("ALTER TABLE bailee.person_key DISABLE ROW LEVEL SECURITY")
    assert (await probe(promised, "isolation.rows")).figures == {"tables": 1}
    await owner[1].execute("ALTER TABLE bailee.person_key ENABLE ROW LEVEL SECURITY")


@pytest.mark.parametrize(
    ("measure", "which"),
    [
        ("keys.two-copies", lambda s: s.root_keys_escrow),
        ("keys.two-copies", lambda s: s.root_keys),
        ("destruction.two-copies", lambda s: s.destruction_folders[1] / "destruction.ndjson"),
        ("ledger.anchored", lambda s: s.anchors / "anchors.ndjson"),
    ],
)
async def test_a_copy_that_is_missing_is_found(promised, settings, folder, measure, which):
    await promised.rooms.appending.append_one(Act("tested", promised.rooms.platform, "tests"))
    await published(promised)
    assert (await probe(promised, measure)).state == "proven"
    file = which(settings)
    shutil.move(file, folder / "aside")
    assert (await probe(promised, measure)).state == "broken"
    shutil.move(folder / "aside", file)
    assert (await probe(promised, measure)).state == "proven"


async def published(promised: Promised) -> None:
    """Wait until the platform's log has published all it has."""
    for _ in range(500):
        if not await promised.rooms.reading.waiting(promised.rooms.platform):
            return
        await asyncio.sleep(0.02)
    raise AssertionError("the sequencer does not come round")


async def test_a_root_key_file_that_others_can_read_or_that_differs_is_found(promised, settings):
    settings.root_keys_escrow.chmod(0o644)
    assert (await probe(promised, "keys.two-copies")).state == "broken"
    settings.root_keys_escrow.chmod(0o600)
    kept = settings.root_keys_escrow.read_bytes()
    settings.root_keys_escrow.write_bytes(kept + b" ")
    assert (await probe(promised, "keys.two-copies")).state == "broken"
    settings.root_keys_escrow.write_bytes(kept)
    assert (await probe(promised, "keys.two-copies")).state == "proven"


async def test_checkpoints_that_the_anchors_do_not_have_are_found(promised, settings):
    await published(promised)
    file = settings.anchors / "anchors.ndjson"
    kept = file.read_bytes()
    file.write_bytes(b"")
    assert (await probe(promised, "ledger.anchored")).reason == "not-anchored"
    file.write_bytes(kept)


async def test_staff_without_a_second_factor_a_weak_password_and_a_rule_switched_off_are_found(promised, rooms, clock):
    assert (await probe(promised, "access.second-factor")).state == "idle"
    assert (await probe(promised, "access.second-person")).state == "idle"
    platform = Household(rooms, rooms.platform)
    first = await platform.staff("processor-administrator", password="meadow lantern quiet harbour seven")
    assert (await probe(promised, "access.second-factor")).state == "idle", "nothing opens before they have one"
    clock.write_text("+61m")
    broken = await probe(promised, "access.second-factor")
    assert (broken.state, broken.figures) == ("broken", {"having": 0, "of": 1})
    assert (await probe(promised, "access.passwords")).figures == {"weak": 1}
    await equip(platform, first)
    assert (await probe(promised, "access.second-factor")).figures == {"having": 1, "of": 1}
    second = await platform.staff("processor-dpo", "processor-administrator")
    clock.write_text("+3h")
    assert (await probe(promised, "access.second-factor")).figures == {"having": 1, "of": 2}
    assert (await probe(promised, "access.second-person")).state == "proven"
    await platform.wings.access.approvals.choose(rooms.platform, frozenset({Danger.switches}), by="tests")
    assert (await probe(promised, "access.second-person")).figures == {"guarded": 1}
    await platform.wings.access.approvals.choose(
        rooms.platform, frozenset({Danger.switches, Danger.administrators}), by="tests"
    )
    await equip(platform, second)
    assert (await probe(promised, "access.second-factor")).state == "proven"


async def equip(platform: Household, person: UUID) -> None:
    """Give someone an authenticator, as the page does; and a password of today's cost."""
    admitting = platform.wings.admitting
    account = await platform.wings.accounts.find(platform.id, person)
    held = await platform.wings.means.read(platform.id, person, account.key_id)
    fresh = msgspec.structs.replace(held.methods, totp=Totp("JBSWY3DPEHPK3PXP"), password=None)
    await admitting.change(platform.id, account, held, fresh, what="authenticator-added", by="tests")


async def test_staff_with_access_and_without_training_are_found(promised, hold, clock):
    assert (await probe(promised, "access.bound")).state == "idle"
    holder = await hold()
    await holder.client(kind=ActorKind.processor_staff, actor="staff:ada")
    assert (await probe(promised, "access.bound")).figures == {"staff": 1, "unbound": 1, "untrained": 1}
    now = promised.rooms.clock.now()
    for fact, days in (("confidential_until", 400), ("trained_until", 20)):
        await promised.rooms.filing.write_standing(holder.id, "staff:ada", fact, now + timedelta(days=days), by="tests")
    assert (await probe(promised, "access.bound")).state == "proven"
    async with promised.rooms.data.transaction(holder.id) as tx:
        await tx.execute("UPDATE bailee.credential SET expires_at = $2 WHERE controller_id = $1 AND actor = 'staff:ada'",
                         holder.id, now + timedelta(days=60))  # fmt: skip
    clock.write_text("+19d")
    assert (await probe(promised, "access.bound")).state == "proven"
    clock.write_text("+21d")
    assert (await probe(promised, "access.bound")).figures == {"staff": 1, "unbound": 0, "untrained": 1}
    clock.write_text("+61d")
    assert (await probe(promised, "access.bound")).state == "idle"


async def test_entries_that_wait_are_found(settings, premises, clock):
    async with furnish(settings, premises.addresses()) as alone:  # without a sequencer
        await alone.appending.append_one(Act("tested", alone.platform, "tests"))
        assert (await probe(Promised(alone), "ledger.integrated")).state == "proven"
        clock.write_text("+1h")
        assert (await probe(Promised(alone), "ledger.integrated")).state == "broken"


async def test_beside_a_platform_that_stands_still_what_runs_is_told_as_it_was_seen_last(promised):
    await promised.measures.look(running=False)
    found = {one.line.measure: one.found for one in (await promised.measures.statement()).rows}
    known = {name for name, one in found.items() if one.reason != "never-looked"}
    assert known == set(found) - probes.WHILE_RUNNING


async def test_a_look_at_the_records_that_is_too_long_ago_is_found(promised, hold, profile, clock, rooms):
    holder = await hold()
    await (await holder.client()).person(profile)
    while await rooms.looks.oldest() is None or not (await rooms.looks.oldest()).whole:
        await rooms.looking_through.go_on(holder.id)
    assert (await probe(promised, "records.compared")).state == "proven"
    clock.write_text("+13d")
    assert (await probe(promised, "records.compared")).state == "proven"
    clock.write_text("+15d")
    assert (await probe(promised, "records.compared")).reason == "look-too-old"


async def test_a_clock_that_leapt_is_found(promised, clock, rooms):
    assert (await probe(promised, "clock.trusted")).reason == "no-tick"
    await rooms.ticking.tick()
    assert (await probe(promised, "clock.trusted")).state == "proven"
    clock.write_text("+3h")
    await rooms.ticking.tick()
    assert (await probe(promised, "clock.trusted")).reason == "clock-doubted"
    clock.write_text("+0s")
    await rooms.ticking.confirm()
    assert (await probe(promised, "clock.trusted")).state == "proven"


async def test_a_reserve_that_was_given_up_is_found(promised, settings):
    assert (await probe(promised, "space.reserved")).reason == "no-reserve"
    Reserve(settings.data, size=4096).tend()
    assert (await probe(promised, "space.reserved")).state == "proven"


async def test_a_duty_that_stands_still_for_a_day_is_found(promised, rooms, clock):
    now = rooms.clock.now()
    await rooms.setbacks.note(rooms.platform, "webhooks", "TimeoutError", times=3, again_at=now)
    assert (await probe(promised, "duties.running")).state == "proven"
    clock.write_text("+25h")
    assert (await probe(promised, "duties.running")).figures == {"duties": 1}
    await rooms.setbacks.over(rooms.platform, "webhooks")
    assert (await probe(promised, "duties.running")).state == "proven"


async def test_versions_whose_support_has_ended_are_found(promised, clock):
    assert (await probe(promised, "versions.supported")).state == "proven"
    clock.write_text("+4000d")
    assert (await probe(promised, "versions.supported")).state == "broken"


async def test_a_server_that_is_away_leaves_its_measures_unknown_and_no_other(settings, premises, rooms, promised):
    class Away:
        data, control = premises.addresses().data, premises.addresses().control
        sequencer = premises.addresses().sequencer
        key_store = "postgresql://bailee_app@/bailee?host=/nowhere"

    async with furnish(settings, Away) as alone:
        found = await probes.look_at(Promised(alone)._looked_at, probes.LIVE)
    assert found["isolation.roles"] == Found("unknown", "failed", {"kind": "Unavailable"})
    assert found["keys.two-copies"].state == "proven"


def test_the_cost_that_staff_are_held_to_is_that_of_production():
    assert Staffing(accounts=None, means=None, approvals=None, clock=None)._cost == PRODUCTION  # type: ignore[arg-type]  # -- none is used
    assert {line.measure for line in catalogue.lines() if line.kind == "live"} == set(probes.LIVE)

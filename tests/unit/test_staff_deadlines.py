"""Until when someone is bound and trained, and what the processor owes itself of it: the day before, and the second after."""

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec.structs import replace

from bailee.clauses.confidentiality import evidence, texts
from bailee.clauses.confidentiality.counting import (
    FOREVER,
    Terms,
    bound,
    bound_until,
    changes,
    standings,
    trained_until,
)
from bailee.clauses.confidentiality.deadlines import wanted
from bailee.clauses.confidentiality.events import Access, Entry, Member, Training, Undertaking
from bailee.obligations.calendar import Calendar

NOW = datetime(2026, 3, 10, 9, tzinfo=UTC)
SECOND, DAY = timedelta(seconds=1), timedelta(days=1)
PARIS = Terms(Calendar.of("Europe/Paris", "FR"), "12 months")
SHORT = Terms(Calendar.of("Europe/Helsinki", "FI"), "6 months")
MEMBER = Member(id=uuid4(), label="staff:9", account=uuid4(), noted_at=NOW, noted_by="tests")


def undertaking(**more) -> Undertaking:
    given = {"way": "statute", "since": date(2026, 1, 5), "reference": "Art. 226-13 CP", "recorded_by": "tests"}
    return Undertaking(id=uuid4(), member=MEMBER.id, recorded_at=NOW, **(given | more))


def training(on: date = date(2026, 3, 10), **more) -> Training:
    given = {"what": "Data protection", "given_by": "DPO", "digest": "0" * 64, "recorded_by": "tests"}
    return Training(id=uuid4(), member=MEMBER.id, on=on, recorded_at=NOW, **(given | more))


def access(**more) -> Access:
    given = {
        "controller": uuid4(), "credential": uuid4(), "actor": "staff:9", "purposes": ("support",), "created_at": NOW,
        "expires_at": NOW + 300 * DAY, "used_at": None, "bound_until": None, "trained_until": None, "behind": False,
    }  # fmt: skip
    return Access(**(given | more))


def test_a_training_counts_to_the_end_of_its_last_day_as_each_agreement_counts_days():
    one = training()
    assert trained_until(one, PARIS) == datetime(2027, 3, 10, 23, tzinfo=UTC), "midnight in Paris after 10 March 2027"
    assert trained_until(one, SHORT) == datetime(2026, 9, 10, 21, tzinfo=UTC), "midnight in Helsinki, in summer"
    leap = trained_until(training(date(2024, 2, 29)), PARIS)
    assert leap == datetime(2025, 2, 28, 23, tzinfo=UTC), "months end on the last day where there is no such day"
    sunday = trained_until(training(date(2025, 5, 10)), PARIS)
    assert sunday == datetime(2026, 5, 10, 22, tzinfo=UTC), "the strict reading does not run on after a Sunday"
    assert trained_until(replace(one, ended_at=NOW), PARIS) == NOW, "struck out"


def test_an_undertaking_binds_without_an_end_or_to_the_end_of_the_last_day_it_names():
    assert bound_until(undertaking(), PARIS.calendar) == FOREVER
    assert bound_until(undertaking(until=date(2026, 6, 30)), PARIS.calendar) == datetime(2026, 6, 30, 22, tzinfo=UTC)
    assert bound_until(undertaking(until=date(2026, 6, 30), ended_at=NOW), PARIS.calendar) == NOW
    assert not bound(undertaking(ended_at=NOW), NOW)
    assert bound(undertaking(until=date(2026, 3, 9)), NOW), "where the day ends latest it has not ended"
    assert not bound(undertaking(until=date(2026, 3, 8)), NOW)


def test_a_gate_is_told_of_whoever_serves_under_every_label_and_of_nothing_that_is_not_on_record():
    entry = Entry(member=MEMBER, undertakings=(undertaking(),), trainings=(training(),))
    told = standings([entry], PARIS)
    for actor in ("staff:9", str(MEMBER.account)):
        assert told[actor, "confidential_until"] == FOREVER
        assert told[actor, "trained_until"] == trained_until(entry.trainings[0], PARIS)
    assert set(standings([Entry(member=MEMBER, trainings=(training(),))], PARIS)) == {
        ("staff:9", "trained_until"), (str(MEMBER.account), "trained_until"),
    }  # fmt: skip
    assert standings([entry], None) == {}, "nothing is agreed"
    assert standings([replace(entry, member=replace(MEMBER, released_at=NOW))], PARIS) == {}
    newer = replace(entry, trainings=(training(date(2025, 1, 1)), training(), training(date(2026, 2, 1), ended_at=NOW)))
    assert standings([newer], PARIS)["staff:9", "trained_until"] == told["staff:9", "trained_until"]


def test_what_a_gate_should_not_know_ends_now_and_what_others_wrote_stays():
    later = NOW + DAY
    known = {
        ("gone", "trained_until"): later, ("gone", "destination_consented_until"): later,
        ("past", "trained_until"): NOW, ("same", "trained_until"): later, ("other", "confidential_until"): later,
    }  # fmt: skip
    told = changes(known, {("same", "trained_until"): later, ("other", "confidential_until"): FOREVER}, NOW)
    assert told == {("gone", "trained_until"): NOW, ("other", "confidential_until"): FOREVER}


def test_an_undertaking_and_a_training_are_owed_of_everyone_with_access_and_of_nobody_else():
    unknown = Entry(member=MEMBER)
    owed = wanted([unknown], [access()], NOW)
    assert [(one.clause, one.about, one.due.strict) for one in owed] == [
        ("staff.confidentiality", f"staff/{MEMBER.id}/first", NOW + 7 * DAY),
        ("staff.training", f"staff/{MEMBER.id}/first", NOW + 7 * DAY),
    ]
    promise = owed[0].promise(2)
    assert (promise.subject, promise.owed_by) == (f"staff/{MEMBER.id}/first/2", "processor")
    assert wanted([unknown], [], NOW) == wanted([unknown], [access(actor="staff:10")], NOW) == []
    assert wanted([replace(unknown, member=replace(MEMBER, released_at=NOW))], [access()], NOW) == []
    over = undertaking(ended_at=NOW)
    again = wanted([replace(unknown, undertakings=(over,), trainings=(training(ended_at=NOW),))], [access()], NOW)
    assert again[0].about == f"staff/{MEMBER.id}/{over.id}"
    assert [one.clause for one in again] == ["staff.confidentiality", "staff.training"]


def test_the_next_training_is_owed_thirty_days_before_the_shortest_term_runs_out():
    entry = Entry(member=MEMBER, undertakings=(undertaking(),), trainings=(training(),))
    ends = trained_until(entry.trainings[0], SHORT)
    held = [access(trained_until=trained_until(entry.trainings[0], PARIS)), access(trained_until=ends)]
    assert wanted([entry], held, ends - 30 * DAY - SECOND) == []
    [one] = wanted([entry], held, ends - 30 * DAY)
    assert one.due.strict == ends - timedelta(microseconds=1)
    assert one.about == f"staff/{MEMBER.id}/{entry.trainings[0].id}"
    assert [each for each in one.reminders if each > ends - 8 * DAY]
    assert wanted([entry], [replace(each, behind=True) for each in held], ends) == [], "told first"
    assert wanted([entry], [access()], ends) == [], "nothing is agreed there"


def test_how_someone_stands_is_said_by_the_day():
    entry = Entry(member=MEMBER, undertakings=(undertaking(),), trainings=(training(),))
    ends = trained_until(entry.trainings[0], SHORT)
    held = [access(trained_until=ends, bound_until=FOREVER)]

    def state(one: Entry, at: datetime) -> str:
        return evidence.stands(one, held, PARIS, at).state

    assert state(entry, ends - 31 * DAY) == "in-order"
    assert state(entry, ends - 30 * DAY) == "soon"
    assert state(entry, ends - SECOND) == "soon"
    assert state(entry, ends) == "untrained"
    assert state(replace(entry, undertakings=()), NOW) == "unbound"
    assert state(replace(entry, member=replace(MEMBER, released_at=NOW)), NOW) == "released"
    alone = evidence.stands(entry, [], PARIS, NOW)
    assert (alone.state, alone.controllers, alone.trained_until) == (
        "in-order",
        0,
        trained_until(entry.trainings[0], PARIS),
    )
    assert [evidence.stands(entry, held, PARIS, at).let_in for at in (ends - SECOND, ends)] == [1, 0]
    [seen] = evidence.seen(
        [*held, access(used_at=NOW, purposes=("security",), bound_until=FOREVER, trained_until=ends)], NOW
    )
    assert (seen.label, seen.credentials, seen.purposes, seen.let_in, seen.used_at) == (
        "staff:9", 2, ("security", "support"), True, NOW,
    )  # fmt: skip


def test_a_signature_covers_the_very_text_that_is_kept_and_no_other():
    text, key = texts.current("fr"), Ed25519PrivateKey.generate()
    plain = undertaking(way="signed", reference=text.reference, digest=text.digest, text=text.words, name="Ana")
    one = texts.signed(plain, key)
    assert texts.holds(one)
    assert texts.holds(replace(one, ended_at=NOW)), "what becomes of it later is not in it"
    assert not texts.holds(replace(one, text=text.words + " ")), "another text than the digest's"
    for other in (
        replace(one, name="Eva"), replace(one, digest=texts.current("en").digest, text=texts.current("en").words),
        replace(one, signature="?"), replace(one, member=uuid4()),
    ):  # fmt: skip
        assert not texts.holds(other)
    assert not texts.holds(plain)
    assert text.digest != texts.current("en").digest
    assert len(text.paragraphs) == len(texts.current("en").paragraphs) == 8

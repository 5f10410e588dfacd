"""When a backup is made, when it is missed, when it is proven, and when it goes: the day before, and the day after."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from bailee.processing.backup import deadlines, drawing
from bailee.processing.backup.deadlines import Terms
from bailee.processing.backup.drawing import Age
from bailee.processing.backup.events import DATA, FILES, KEYS, Check, Copy, Found, Standing

TERMS = Terms(hours=24, kept=30, drilled=30)
TAKEN = datetime(2026, 11, 2, 3, 0, tzinfo=UTC)
TICK = timedelta(microseconds=1)
DAY = timedelta(days=1)


def copy(name, kind="full", *, days=0, epochs=()):
    taken = TAKEN + timedelta(days=days)
    stores = {"full": (DATA, KEYS, FILES), "keys": (KEYS,), "attested": ("data server",)}[kind]
    return Copy(
        name=name, kind=kind, stores=stores, taken_at=taken, ended_at=taken, expires_at=TERMS.expires(taken), epochs=epochs
    )  # fmt: skip


def test_the_next_backup_is_made_a_day_after_the_last_and_missed_half_a_day_later():
    assert deadlines.copy_due(None, TAKEN, TERMS)
    assert not deadlines.copy_due(TAKEN, TAKEN + DAY - TICK, TERMS)
    assert deadlines.copy_due(TAKEN, TAKEN + DAY, TERMS)
    owed = deadlines.next_copy("one", TAKEN, TERMS)
    assert (owed.binding, owed.clause, owed.subject) == (TAKEN + 1.5 * DAY, "services.backup", "backup/one")
    assert deadlines.next_copy("one", TAKEN, Terms(hours=1, kept=1, drilled=1)).binding == TAKEN + timedelta(hours=2)


def test_a_drill_is_owed_by_the_end_of_its_last_day_and_made_three_days_before():
    owed = deadlines.next_drill("one", TAKEN, TERMS)
    assert owed.binding == datetime(2026, 12, 3, tzinfo=UTC) - TICK
    assert owed.reminders == (owed.binding - 7 * DAY,)
    assert deadlines.next_drill("one", TAKEN, Terms(hours=24, kept=30, drilled=5)).reminders == ()
    assert deadlines.drill_due(None, TAKEN, TERMS)
    assert not deadlines.drill_due(TAKEN, TAKEN + 27 * DAY - TICK, TERMS)
    assert deadlines.drill_due(TAKEN, TAKEN + 27 * DAY, TERMS)
    daily = Terms(hours=24, kept=30, drilled=1)
    assert not deadlines.drill_due(TAKEN, TAKEN + DAY / 2 - TICK, daily)
    assert deadlines.drill_due(TAKEN, TAKEN + DAY / 2, daily)


def test_the_key_store_is_copied_again_once_a_key_that_it_needs_has_died_and_an_hour_has_gone():
    last, hour = copy("one", epochs=("a/1", "b/1")), timedelta(hours=1)
    assert not deadlines.keys_due(last, frozenset({"a/1", "b/1", "c/1"}), TAKEN + DAY)
    assert deadlines.keys_due(last, frozenset({"a/2", "b/1"}), TAKEN + hour)
    assert not deadlines.keys_due(last, frozenset({"a/2", "b/1"}), TAKEN + hour - TICK)


@pytest.mark.parametrize(("after", "gone"), [(30 * DAY - TICK, []), (30 * DAY, ["one"]), (60 * DAY, ["one", "two"])])
def test_a_backup_goes_when_its_days_are_over(after, gone):
    copies = [copy("one"), copy("two", days=10), copy("three", days=20)]
    assert [one.name for one in deadlines.spent(copies, TAKEN + after)] == gone


def test_the_last_good_backup_never_goes_and_what_is_newer_of_the_keys_alone_stays_beside_it():
    copies = [copy("one"), copy("keys-1", "keys", days=1), copy("keys-2", "keys", days=2)]
    assert [one.name for one in deadlines.spent(copies, TAKEN + 5000 * DAY)] == ["keys-1"]
    whole = copy("two", days=3)
    assert [one.name for one in deadlines.spent([*copies, whole], TAKEN + 4 * DAY)] == ["keys-1", "keys-2"]
    assert deadlines.spent([], TAKEN) == []


def test_a_copy_is_known_by_what_it_holds():
    assert copy("one").has_keys
    assert not msgspec.structs.replace(copy("one"), stores=(DATA, FILES)).has_keys


def check(name, *, days, kind="drill", good=True):
    at = TAKEN + days * DAY
    return Check(
        id=name, kind=kind, copy="one", began_at=at, ended_at=at, good=good, by="tests", found=Found()
    )  # fmt: skip


def test_a_term_is_soon_over_and_late_only_once_it_is():
    due = TAKEN + timedelta(hours=36)
    assert drawing.age(TAKEN, due, TAKEN) == Age(0, "calm", due)
    assert drawing.age(TAKEN, due, TAKEN + timedelta(hours=27)).standing == "soon"
    assert drawing.age(TAKEN, due, due) == Age(99, "soon", due)
    assert drawing.age(TAKEN, due, due + TICK) == Age(100, "late", due)


def test_backups_and_drills_are_as_old_as_their_last_good_ones():
    one, attested = copy("one"), copy("said", "attested", days=1)
    standing = Standing(copy=one, attested=attested, drill=check("first", days=2))
    copied, proven = drawing.ages(standing, TERMS, TAKEN + 2 * DAY)
    assert copied.due_at == attested.taken_at + 1.5 * DAY
    assert proven.due_at == datetime(2026, 12, 5, tzinfo=UTC) - TICK
    assert drawing.ages(Standing(copy=None, attested=None, drill=None), TERMS, TAKEN) == (None, None)


def test_the_strip_shows_the_last_weeks_and_what_was_found():
    copies = [copy("old"), copy("new", days=30), copy("keys", "keys", days=35)]
    found = drawing.strip(copies, [check("bad", days=40, good=False)], TAKEN + 40 * DAY)
    assert found.since == TAKEN + 5 * DAY
    assert [(one.kind, one.good, one.at) for one in found.marks] == [
        ("full", True, 71.4), ("keys", True, 85.7), ("drill", False, 100.0),
    ]  # fmt: skip
    assert drawing.strip([], [], TAKEN).marks == ()
    assert drawing.strip([copy("one")], [], TAKEN).since == TAKEN - DAY

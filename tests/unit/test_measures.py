"""Measures, without a platform: what looks make of them, what settings say, and what the catalogue may not do."""

import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import msgspec
import pytest
import yaml
from tests.agreed import agreement

from bailee.clauses.security_measures import catalogue, evidence, probes
from bailee.clauses.security_measures.deadlines import OURS, to_restore, to_review
from bailee.clauses.security_measures.declared import declared
from bailee.clauses.security_measures.events import LAPSED, Found, Kept, Standing
from bailee.clauses.security_measures.judging import BLIND, SETTLED, changes, judge, strip
from bailee.clauses.security_measures.saying import FOUND, in_words
from bailee.infra.settings import Settings

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
TICK = timedelta(microseconds=1)
GOOD, BAD, NOT_SEEN = Found("proven", "sealed"), Found("broken", "not-sealed"), Found("unknown", "failed")


def looked(*found: tuple[Found, timedelta], watched: bool = True) -> tuple[Standing, int, int]:
    """How a measure stands after some looks, and how many incidents were opened and closed on the way."""
    standing, opened, closed = None, 0, 0
    for one, after in found:
        judged = judge(standing, "a.b", one, NOW + after, watched=watched)
        standing = judged.standing
        if judged.opens:
            standing = msgspec.structs.replace(standing, incident=uuid4())
        opened, closed = opened + judged.opens, closed + judged.closes
    assert standing is not None
    return standing, opened, closed


def minutes(*numbers: int) -> list[timedelta]:
    return [timedelta(minutes=one) for one in numbers]


def test_a_measure_that_flaps_is_one_incident_until_it_has_held_for_an_hour():
    looks = [(GOOD if number % 2 else BAD, after) for number, after in enumerate(minutes(*range(0, 600, 10)))]
    standing, opened, closed = looked(*looks)
    assert (opened, closed) == (1, 0)
    assert standing.incident is not None
    last = looks[-1][1]
    _, opened, closed = looked(*looks, (GOOD, last + SETTLED - TICK))
    assert (opened, closed) == (1, 0)
    standing, opened, closed = looked(*looks, (GOOD, last + SETTLED))
    assert (opened, closed) == (1, 1)
    assert standing.incident is None


def test_what_cannot_be_looked_at_is_unknown_closes_nothing_and_is_an_incident_after_a_day():
    standing, opened, _ = looked((GOOD, timedelta()), (NOT_SEEN, timedelta(hours=1)), (NOT_SEEN, BLIND))
    assert (standing.found.state, opened) == ("unknown", 0)
    assert looked((NOT_SEEN, timedelta()), (NOT_SEEN, BLIND - TICK))[1] == 0
    assert looked((NOT_SEEN, timedelta()), (NOT_SEEN, BLIND))[1] == 1
    hour = timedelta(hours=1)
    broken_then_blind = [(BAD, timedelta()), (GOOD, hour), (NOT_SEEN, hour + SETTLED / 2), (GOOD, hour + SETTLED)]
    assert looked(*broken_then_blind)[2] == 0, "the hour begins anew after what could not be seen"


def test_nobody_vouching_any_more_is_an_incident_at_once_and_nobody_yet_is_none():
    assert looked((Found("unknown", LAPSED), timedelta()))[1] == 1
    assert (
        looked((Found("unknown", "nobody-vouches"), timedelta()), (Found("unknown", "nobody-vouches"), BLIND * 9))[1]
        == 0
    )


def test_what_is_declared_is_held_at_the_start_and_opens_no_incident():
    assert looked((BAD, timedelta()), (BAD, BLIND), watched=False)[1] == 0


def test_the_history_keeps_changes_and_one_result_a_day():
    kept, standing = [], None
    for hours in (0, 1, 13, 14, 37):
        judged = judge(standing, "a.b", GOOD, NOW + timedelta(hours=hours), watched=True)
        standing = judged.standing
        kept.append(judged.kept)
    assert kept == [True, False, True, False, True]
    assert judge(standing, "a.b", BAD, NOW + timedelta(hours=37), watched=True).kept


def test_a_strip_shows_the_worst_of_each_day_and_a_day_without_a_look_as_unknown():
    day = timedelta(days=1)
    kept = [
        Kept(NOW - 3 * day, "proven", "x"), Kept(NOW - 3 * day + TICK, "broken", "x"), Kept(NOW - day, "proven", "x"),
        Kept(NOW, "attested", "x"),
    ]  # fmt: skip
    assert [one.state for one in strip(kept, NOW, 5)] == [None, "broken", "unknown", "proven", "attested"]
    assert [one.state for one in strip([], NOW, 2)] == [None, None]


def test_a_restoration_is_due_by_the_agreements_figure_and_by_ours_where_it_has_none():
    incident, agreed = uuid4(), agreement()
    terms = agreed.terms.security_measures
    shorter = msgspec.structs.replace(terms, restore=msgspec.structs.replace(terms.review, value="1 day"))
    for changed, hours in ((shorter, None), (msgspec.structs.replace(terms, restore=None), 72)):
        own = msgspec.structs.replace(agreed, terms=msgspec.structs.replace(agreed.terms, security_measures=changed))
        promise = to_restore(own, "a.b", incident, NOW)
        assert promise.subject == f"measure/a.b/{incident}"
        if hours:
            assert f"{hours} hours" == OURS
            assert promise.binding == NOW + timedelta(hours=hours)
        else:
            assert promise.binding.astimezone(UTC).date() == date(2026, 11, 27)


def test_measures_are_reviewed_within_twelve_months_with_two_reminders_before():
    promise = to_review(agreement(), "agreement", NOW)
    assert promise.binding.date() == date(2027, 11, 26)
    assert [(promise.binding - one).days for one in promise.reminders] == [30, 7]


def test_the_catalogue_is_whole_and_never_lowers_a_measure():
    lines = catalogue.lines()
    assert len({line.measure for line in lines}) >= 25
    assert catalogue.lowered(lines) == []
    live = {line.measure for line in lines if line.kind == "live"}
    assert live == set(probes.LIVE)
    assert {line.measure for line in lines if line.kind == "declared"} == set(declared(Settings(data=Path("x"))))
    assert {line.article for line in lines} == {"a", "b", "c", "d"}


def test_a_weaker_or_earlier_line_of_a_measure_is_found():
    first = catalogue.lines()[0]
    weaker = msgspec.structs.replace(first, level=first.level - 1)
    earlier = msgspec.structs.replace(first, since=first.since - timedelta(days=1))
    better = msgspec.structs.replace(first, level=first.level + 1, since=first.since + timedelta(days=1))
    assert catalogue.lowered([first, weaker]) == [first.measure]
    assert catalogue.lowered([first, earlier]) == [first.measure]
    assert catalogue.lowered([first, better]) == []
    assert catalogue.in_force([first, better], first.since)[first.measure] == first
    assert catalogue.in_force([first, better], better.since)[first.measure] == better
    assert catalogue.in_force([first], first.since - timedelta(days=1)) == {}


def test_a_line_that_was_changed_or_taken_away_is_found_and_one_that_is_added_is_not():
    lines = catalogue.lines()
    known = {number: (line.measure, line.digest) for number, line in enumerate(lines)}
    changed = [*lines[:3], msgspec.structs.replace(lines[3], level=9), *lines[4:]]
    assert catalogue.altered(changed, known) == catalogue.Altered(3, lines[3].measure)
    assert catalogue.altered(lines[:-1], known) == catalogue.Altered(len(lines) - 1, lines[-1].measure)
    assert catalogue.altered([*lines, lines[0]], known) is None
    assert catalogue.altered(lines, {}) is None


ELSEWHERE = "postgresql://bailee_app@db.example:5432/bailee?sslmode=verify-full"
HERE = "postgresql://bailee_app@127.0.0.1:5432/bailee"
BY_SOCKET = "postgresql://bailee_app@/bailee?host=/run/postgresql"


@pytest.mark.parametrize(
    ("measure", "stronger", "weaker"),
    [
        ("keys.apart", {"database_url": ELSEWHERE, "key_store_url": ELSEWHERE.replace("db.", "keys.")},
         {"database_url": ELSEWHERE, "key_store_url": ELSEWHERE}),
        ("transport.servers", {}, {"database_url": HERE}),
        ("transport.servers", {"database_url": BY_SOCKET}, {"database_url": BY_SOCKET, "control_url": HERE}),
        ("transport.servers", {"database_url": ELSEWHERE}, {"database_url": HERE}),
        ("transport.mail", {"smtp_url": "smtps://mail.example"}, {"smtp_url": "smtp://localhost:25"}),
        ("transport.intake", {"intake_smtp": "0.0.0.0:25", "intake_certificate": "x"}, {"intake_smtp": "0.0.0.0:25"}),
        ("places.in-the-union", {}, {"blobs": "s3://x", "blobs_country": "DE"}),
        ("places.in-the-union", {"smtp_url": "smtps://mail.example"},
         {"smtp_url": "smtps://mail.example", "smtp_country": "IE"}),
        ("letters.forgotten", {}, {"notice_text_days": "31"}),
        ("platform.real", {}, {"sandbox": True}),
    ],
)  # fmt: skip
def test_settings_that_lower_a_measure_have_a_lower_rank(measure, stronger, weaker):
    before, after = (
        declared(Settings(data=Path("x"), **given))[measure] for given in (stronger, weaker)
    )  # fmt: skip
    assert before.rank > after.rank
    assert in_words("en", before.found) != in_words("en", after.found)


def test_what_a_setting_does_not_use_has_no_rank():
    found = declared(Settings(data=Path("x")))
    assert {name for name, one in found.items() if one.rank is None} == {"transport.mail", "transport.intake"}


def test_the_digest_of_a_statement_is_that_of_its_states_and_not_of_its_hour():
    lines = catalogue.in_force(catalogue.lines(), date(2027, 1, 1))
    name = next(iter(lines))

    def statement(found: Found, at: datetime) -> evidence.Statement:
        standing = Standing(measure=name, found=found, since_at=at, looked_at=at, kept_on=at.date())
        return evidence.Statement(at, evidence.rows(lines, {name: standing}, {}), ())

    one = statement(GOOD, NOW)
    assert one.digest == statement(GOOD, NOW + timedelta(hours=1)).digest
    assert one.digest != statement(BAD, NOW).digest
    assert one.holds
    assert not statement(BAD, NOW).holds
    assert one.counts()["unknown"] == len(lines) - 1
    told = evidence.for_register(one, "fr")
    assert told[0] == (lines[name].fr.name, "proven")
    assert len(told) == len(lines)


def test_whatever_a_look_may_find_has_its_words_in_both_languages():
    room = Path(catalogue.__file__).parent
    source = "".join(
        (room / name).read_text("utf-8") for name in ("probes.py", "declared.py", "looking.py", "evidence.py")
    )
    states = "proven|attested|unknown|broken|idle"
    codes = set(re.findall(rf'Found\(\s*"(?:{states})", "([a-z-]+)"', source)) | {
        "failed",
        LAPSED,
        "two-copies",
        "sockets",
        "copies-differ",
    }
    assert codes == set(FOUND)
    french = yaml.safe_load((room / "templates" / "words.fr.yaml").read_text("utf-8"))
    assert sorted(text for text in FOUND.values() if text not in french) == []


def test_of_a_history_the_page_tells_where_the_state_became_another():
    days = [
        Kept(NOW + timedelta(days=n), state, "x")
        for n, state in enumerate(["proven", "proven", "broken", "broken", "proven"])
    ]
    assert [(one.at - NOW).days for one in changes(days[::-1])] == [4, 2, 0]
    assert changes([]) == []


def test_what_is_owed_about_a_measure_is_called_as_the_catalogue_calls_it():
    room = Path(catalogue.__file__).parent / "templates"
    for language in ("en", "fr"):
        words = yaml.safe_load((room / f"words.{language}.yaml").read_text("utf-8"))
        called = {
            name.removeprefix("about-measure-"): said for name, said in words.items() if name.startswith("about-")
        }
        assert called == {line.measure: line.said(language).name for line in catalogue.lines()}


def test_the_reference_lists_the_catalogue_as_it_is():
    text = (Path(__file__).parents[2] / "docs/reference/measures.md").read_text("utf-8")
    rows = re.findall(r"^\| `([\w.-]+)` \| 32\(1\)\((\w)\) \| (\d+) \| (\w+) \| (.+?) \| (.+?) \|$", text, re.MULTILINE)
    assert rows == [
        (line.measure, line.article, str(line.level), line.kind, line.en.name, line.en.probed)
        for line in catalogue.lines()
    ]

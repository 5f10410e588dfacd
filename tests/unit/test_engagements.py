"""What the ruling makes of sub-processors: engaged for a controller, or refused; and the pure rules of their clause."""

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import msgspec
import pytest
from tests.agreed import NOW, agreement, documents

from bailee.clauses.sub_processors import deadlines
from bailee.clauses.sub_processors.events import Known, Mechanism, Proposed, SubProcessor
from bailee.clauses.sub_processors.evidence import changes, coming, current, live
from bailee.clauses.sub_processors.paths import covered_until, faults, way
from bailee.clauses.sub_processors.wording import notice, question
from bailee.contract.amendments import amended
from bailee.contract.documents import Amendment, Changed
from bailee.contract.engagements import Engagement
from bailee.contract.force import Beside, compile_documents
from bailee.contract.ruling import AccessRequest, Permit, Refusal, Standing, rule
from bailee.vocabulary.operations import Operation
from bailee.vocabulary.parties import Actor, ActorKind
from bailee.vocabulary.purposes import Purpose

NOBODY = Standing()
LABEL = "sub-processor:cloud"
TICK = timedelta(microseconds=1)
DAY = timedelta(days=1)


def engaged(**changes) -> Engagement:
    parts = {
        "id": uuid4(), "label": LABEL, "categories": frozenset({"name", "email"}), "places": frozenset({"US"}),
        "since": NOW - DAY, "until": None,
    }  # fmt: skip
    return Engagement(**parts | changes)


def asking(actor: str = "system:mail", **parts) -> AccessRequest:
    given = {
        "actor": Actor(id=actor, kind=ActorKind.processor_system, credential=uuid4()), "controller": uuid4(),
        "operation": Operation.consult, "purpose": Purpose.account_management,
    }  # fmt: skip
    return AccessRequest(**given | parts)


def ruled(request: AccessRequest, *engagements: Engagement, at: datetime = NOW) -> Permit | Refusal:
    force = compile_documents(documents(), at, Beside(engagements=engagements))
    return rule(force, NOBODY, request, at)


SENT = {"operation": Operation.transmit, "recipient": LABEL}


@pytest.mark.parametrize(
    "request_", [asking(LABEL), asking(**SENT), asking(LABEL, place="US"), asking(**SENT, place="US")]
)
def test_a_sub_processor_that_is_not_engaged_is_refused_whether_it_asks_or_receives(request_):
    for others in ((), (engaged(label="sub-processor:other"),), (engaged(since=NOW + TICK),), (engaged(until=NOW),)):
        refusal = ruled(request_, *others)
        assert isinstance(refusal, Refusal)
        assert (refusal.clause, refusal.reason) == ("subprocessors.consent", "sub-processor-not-engaged")


@pytest.mark.parametrize(
    "request_", [asking(LABEL), asking(**SENT), asking(LABEL, place="US"), asking(**SENT, place="US")]
)
def test_one_that_is_engaged_receives_the_named_categories_on_its_days(request_):
    one = engaged(since=NOW, until=NOW + DAY)
    permit = ruled(request_, one)
    assert isinstance(permit, Permit)
    assert permit.categories == {"name", "email"}
    assert isinstance(ruled(request_, one, at=NOW - TICK), Refusal)
    assert isinstance(ruled(request_, one, at=NOW + DAY - TICK), Permit)
    assert isinstance(ruled(request_, one, at=NOW + DAY), Refusal)


def test_another_country_than_those_it_was_engaged_for_needs_a_consent_of_its_own():
    assert ruled(asking(LABEL, place="IN"), engaged()).clause == "transfers.consent"
    assert isinstance(ruled(asking(LABEL, place="IN"), engaged(places=frozenset({"US", "IN"}))), Permit)


def test_one_engaged_sub_processor_does_not_open_the_way_to_another():
    both = asking(LABEL, operation=Operation.transmit, recipient="sub-processor:below")
    assert ruled(both, engaged()).reason == "sub-processor-not-engaged"
    below = engaged(label="sub-processor:below", categories=frozenset({"email"}))
    assert ruled(both, engaged(), below).categories == {"email"}
    apart = engaged(label="sub-processor:below", categories=frozenset({"ip-address"}))
    assert ruled(both, engaged(), apart).reason == "recipient-not-named"


def test_a_controllers_own_system_is_no_sub_processor_whatever_it_is_called():
    own = Actor(id=LABEL, kind=ActorKind.controller_system, credential=uuid4())
    assert isinstance(ruled(msgspec.structs.replace(asking(), actor=own)), Permit)


def entry(**changes) -> SubProcessor:
    parts = {
        "id": uuid4(), "slug": "cloud", "name": "Cloud Inc.", "address": "1 Main Street", "country": "FR",
        "contact": "privacy@cloud.example", "role": "sends mail", "categories": ("email",), "safeguards": "encryption",
    }  # fmt: skip
    return SubProcessor(**parts | changes)


def under(**terms):
    listed = tuple(
        Changed(path=f"terms.sub_processors.{name}.value", value=value, reason="r") for name, value in terms.items()
    )
    since = agreement().in_force_from
    return amended(agreement(), Amendment(format="bailee.dev/amendment/v1", since=since, changes=listed))


@pytest.mark.parametrize(
    ("changes", "path", "why"),
    [
        ({}, "inside", ("exclusively-inside", "")),
        ({"remote": ("DE", "PL")}, "inside", ("exclusively-inside", "")),
        ({"remote": ("DE", "GB")}, "outside", ("reached-from-outside", "GB")),
        ({"country": "NO"}, "outside", ("stands-outside", "NO")),
        ({"country": "US", "personal_data": False, "categories": ()}, "no-data", ("no-personal-data", "")),
    ],
)
def test_the_path_is_taken_by_rule_and_says_why(changes, path, why):
    found = way("add", entry(**changes), agreement())
    assert (found.path, found.why[0], found.asks) == (path, why, path == "outside")
    assert found.may_object is (path == "outside"), "the base agreement gives the right outside alone"
    wider = way("add", entry(**changes), under(objection_scope="all"))
    assert (wider.path, wider.may_object) == (path, True)
    ending = way("end", entry(**changes), under(objection_scope="all"))
    assert (ending.path, ending.may_object) == ("end", False)


def test_whom_the_agreement_names_is_consented_to_as_named_and_not_beyond():
    host = agreement().hosting.sub_processors[0]
    named = entry(name=host.name, country=host.country, categories=host.categories)
    assert way("add", named, agreement()).path == "agreement"
    assert way("add", msgspec.structs.replace(named, country="DE"), agreement()).path == "inside"
    assert way("add", msgspec.structs.replace(named, remote=("IN",)), agreement()).path == "outside"
    more = msgspec.structs.replace(named, categories=(*host.categories, "shoe-size"))
    assert way("add", more, agreement()).path == "inside"


def test_seven_days_from_a_saturday_are_read_twice_and_the_later_is_the_controllers():
    due = deadlines.window(agreement(), datetime(2026, 11, 21, 9, tzinfo=UTC))
    assert due.strict == datetime(2026, 11, 28, 23, tzinfo=UTC) - TICK
    assert due.generous == datetime(2026, 11, 30, 23, tzinfo=UTC) - TICK, "an end on a Saturday runs on to Monday"
    assert deadlines.waiting_due(due).strict == due.generous + DAY
    longer = deadlines.window(under(objection="30 days"), datetime(2026, 11, 21, 9, tzinfo=UTC))
    assert longer.strict == datetime(2026, 12, 21, 23, tzinfo=UTC) - TICK, "a longer time is a term"
    arrived = datetime(2026, 11, 21, 9, tzinfo=UTC)
    assert deadlines.reminders(due, arrived) == (due.strict - 2 * DAY,)
    assert deadlines.reminders(deadlines.window(under(objection="1 day"), arrived), arrived) == ()
    assert deadlines.telling_due(NOW + 9 * DAY, NOW).strict == NOW + 9 * DAY
    assert deadlines.telling_due(NOW, NOW).strict == NOW + DAY
    assert deadlines.judging_due(NOW + 9 * DAY, NOW).strict == NOW + 9 * DAY
    assert deadlines.judging_due(NOW, NOW).strict == NOW + 14 * DAY


def test_a_mechanism_covers_its_last_day_and_nothing_after():
    rests = Mechanism(means="adequacy", document="0" * 64, reference="2021/1772", until=date(2027, 12, 27))
    assert covered_until(entry(country="GB", mechanism=rests)) == datetime(2027, 12, 28, tzinfo=UTC)
    assert covered_until(entry(country="NO", mechanism=rests)) is None, "the Economic Area needs none"
    assert covered_until(entry(country="GB", mechanism=msgspec.structs.replace(rests, until=None))) is None
    assert covered_until(entry(country="GB")) is None


def proposed(kind, what, at, **more) -> Known:
    made = Proposed(
        id=more.pop("id", None) or uuid4(), kind=kind, entry=what, begins_at=at, reason="r", proposed_by="s", approved_by="o",
        approved_at=at - DAY, **more,
    )  # fmt: skip
    return Known(what=made, version=2, state="approved", changed_at=at)


def test_the_list_is_a_tree_as_of_an_instant_and_says_what_is_to_come():
    host, sender = entry(name="Host", main_host=True), entry(slug="sender", name="A sender")
    below = entry(slug="below", name="Below", above=host.id)
    orphan = entry(slug="orphan", name="Orphan", above=uuid4())
    other = entry(slug="other", name="Other")
    known = [
        proposed("add", host, NOW - 9 * DAY), proposed("add", sender, NOW - 8 * DAY), proposed("add", below, NOW - 7 * DAY),
        proposed("add", orphan, NOW - 6 * DAY), proposed("replace", other, NOW + DAY, replaces=sender.id),
        proposed("end", orphan, NOW + 2 * DAY),
        msgspec.structs.replace(proposed("add", entry(slug="draft"), NOW - DAY), state="drafted"),
    ]  # fmt: skip
    now = current(known, NOW)
    assert [(one.entry.name, one.depth) for one in now] == [("Host", 0), ("Below", 1), ("A sender", 0), ("Orphan", 0)]
    assert {one.entry.name: one.coming.kind for one in now if one.coming} == {"A sender": "replace", "Orphan": "end"}
    later = current(known, NOW + 2 * DAY)
    assert [one.entry.name for one in later] == ["Host", "Below", "Other"]
    assert [one.kind for one in coming(known, NOW)] == ["replace", "end"]
    assert len(live(known, NOW)) == 6
    assert [one.entry.name for one in changes(known)][:2] == ["Orphan", "Other"]
    again = proposed("change", msgspec.structs.replace(host, country="DE"), NOW)
    assert next(one for one in current([*known, again], NOW) if one.entry.id == host.id).since == NOW - 9 * DAY


def test_a_circle_in_the_chain_is_a_fault():
    one, two = entry(slug="one"), entry(slug="two")
    two = msgspec.structs.replace(two, above=one.id)
    changed = msgspec.structs.replace(one, above=two.id)
    what = proposed("change", changed, NOW).what
    assert "chain-circular" in faults(what, [one, two], frozenset(agreement().category_ids()))
    circle = [msgspec.structs.replace(one, above=two.id), two]
    outside = proposed("add", entry(slug="three", above=one.id), NOW).what
    assert "chain-circular" not in faults(outside, circle, frozenset(agreement().category_ids()))


@pytest.mark.parametrize("effect", ["exclude", "alternative", "terminate"])
def test_a_letter_and_its_question_say_what_an_objection_does(effect):
    what = proposed("add", entry(country="US"), NOW).what
    terms = under(objection_effect=effect)
    letter = notice(what, way("add", what.entry, terms), terms, uuid4(), console="https://x.example")
    assert (letter.kind, letter.values["effect"], letter.values["period_fr"]) == ("sub_processor", effect, "7 jours")
    said = {language: question(what, terms, language, NOW) for language in ("en", "fr")}
    assert {one.about for one in said.values()} == {what.digest}
    assert said["en"].words != said["fr"].words
    assert question(what, under(objection_effect="exclude"), "en", NOW).words == said["en"].words or effect != "exclude"

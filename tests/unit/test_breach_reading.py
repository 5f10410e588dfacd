"""What is counted of a breach, when its notices fall due, and how it is drawn: the pure parts."""

import json
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import msgspec
import pytest

from bailee.clauses.breach_notice.counting import NIL, Reached, Row, faults
from bailee.clauses.breach_notice.deadlines import authority, complete, notify
from bailee.clauses.breach_notice.events import (
    Breach,
    Case,
    Computed,
    Concerned,
    Description,
    Edited,
    Figures,
    Remark,
    Scope,
    Sent,
    changes,
    unknown,
)
from bailee.clauses.breach_notice.evidence import drawn, register, standing
from bailee.clauses.breach_notice.likely import suggested
from bailee.clauses.breach_notice.wording import called, listed
from bailee.contract.reading import read_agreement
from bailee.infra import samples
from bailee.obligations import wording

NOW = datetime(2026, 12, 24, 16, 20, tzinfo=UTC)
HOUR = timedelta(hours=1)
SAID = Description(what="A key was copied.", natures=("confidentiality",), consequences="Letters.", measures="Turned.")
ADA, BEN = UUID(int=1), UUID(int=2)


def scope(**more) -> Scope:
    return msgspec.structs.replace(Scope(kind="access", since=NOW - HOUR, until=NOW, actor="system:crm"), **more)


def entry(**more) -> bytes:
    body = {"kind": "permit", "at": NOW.isoformat(), "actor": "system:crm", "categories": ["name"]} | more
    return json.dumps(body, default=str).encode()


def case(**more) -> Case:
    made = Case(
        id=uuid4(),
        breach=uuid4(),
        aware_at=NOW,
        opened_at=NOW,
        target_at=NOW + 24 * HOUR,
        description=SAID,
        telling=uuid4(),
        completing=uuid4(),
    )
    return msgspec.structs.replace(made, **more)


def computed(number: int = 1, **more) -> Computed:
    return msgspec.structs.replace(Computed(number=number, scope=scope(), asked_at=NOW, asked_by="a"), **more)


def sent(**more) -> Sent:
    made = Sent(notice=uuid4(), kind="first", at=NOW + HOUR, by="a", description=SAID, figures=Figures())
    return msgspec.structs.replace(made, **more)


@pytest.mark.parametrize(
    ("said", "asked", "rows"),
    [
        ({"records": [[ADA, "profile", BEN]]}, {}, [Row(ADA, BEN, "profile", 1)]),
        ({"persons": [ADA]}, {}, [Row(ADA, NIL, "", 0)]),
        ({"persons": [ADA], "records": [[ADA, "profile", BEN]]}, {}, [Row(ADA, BEN, "profile", 1)]),
        ({"records": [[ADA, "profile", BEN]], "kind": "refusal"}, {}, []),
        ({"records": [[ADA, "profile", BEN]], "kind": "withheld"}, {}, []),
        ({"records": [[ADA, "profile", BEN]], "kind": "erased"}, {}, []),
        ({"records": [[ADA, "profile", BEN]], "kind": "change", "digest": "00"}, {}, [Row(ADA, BEN, "profile", 1)]),
        ({"records": [[ADA, "profile", BEN]], "actor": "other"}, {}, []),
        ({"records": [[ADA, "profile", BEN]], "at": NOW + HOUR}, {}, []),
        ({"records": [[ADA, "profile", BEN]], "at": NOW - 2 * HOUR}, {}, []),
        ({"records": [[ADA, "profile", BEN]], "at": NOW - HOUR}, {}, [Row(ADA, BEN, "profile", 1)]),
        ({"records": [[ADA, "profile", BEN]], "credential": BEN}, {"credential": ADA, "actor": ""}, []),
        ({"records": [[ADA, "profile", BEN]], "credential": ADA}, {"credential": ADA, "actor": ""}, [Row(ADA, BEN, "profile", 1)]),
        ({"records": [[ADA, "a", BEN], [BEN, "b", ADA]]}, {"actor": "", "persons": (BEN,)}, [Row(BEN, ADA, "b", 1)]),
        ({"persons": [ADA]}, {"actor": "", "persons": (BEN,)}, []),
        ({"records": [[ADA, "profile", BEN]]}, {"kind": "store"}, []),
        ({"records": [[ADA, "profile", BEN]], "kind": "change", "digest": "00"}, {"kind": "store"}, []),
        ({"records": [[ADA, "profile", BEN]], "kind": "change"}, {"kind": "store"}, [Row(ADA, BEN, "profile", 1)]),
        ({"records": [[ADA, "profile", BEN]], "kind": "change", "at": NOW - 2 * HOUR}, {"kind": "store"}, []),
    ],
)  # fmt: skip
def test_what_an_entry_says_counts_where_it_reached_somebody_in_the_window(said, asked, rows):
    reached = Reached(scope(**asked))
    reached.add([entry(**said), entry(**said), None])
    assert (reached.entries, reached.unread, reached.held) == (3, 1, len(rows))
    assert reached.take() == rows
    assert reached.take() == []
    assert reached.categories == ({"name"} if rows and asked.get("kind") != "store" else set())
    assert reached.matches == (2 if rows and asked.get("kind") != "store" else 0)


@pytest.mark.parametrize(
    ("asked", "codes"),
    [
        ({}, ()), ({"until": NOW - 2 * HOUR}, ("ends-before-it-begins",)), ({"actor": ""}, ("nobody-named",)),
        ({"since": NOW + HOUR, "until": NOW + 2 * HOUR}, ("window-in-the-future",)),
        ({"actor": "x" * 201}, ("too-much-named",)), ({"persons": (ADA,) * 1_001}, ("too-much-named",)),
        ({"kind": "store", "actor": ""}, ()),
    ],
)  # fmt: skip
def test_a_scope_that_names_nothing_is_not_computed(asked, codes):
    assert faults(scope(**asked), NOW) == codes


def test_the_figures_that_count_are_the_last_edited_else_the_last_computed():
    one, bound = (
        computed(done_at=NOW, persons=3, records=4, groups={"user": 3}),
        computed(2, done_at=NOW, persons=9, exact=False),
    )
    assert case().figures == Figures()
    assert case(computed=(computed(),)).computing
    assert case(computed=(one, computed(2))).figures == Figures(
        persons=3, records=4, groups={"user": 3}, source="computed"
    )
    assert case(computed=(one, bound)).figures.source == "bound"
    human = Edited(at=NOW, by="a", persons=5, records=None, categories=("name",), reason="seen", beside=1)
    by_hand = case(computed=(one,), edited=(human,)).figures
    assert (by_hand.persons, by_hand.records, by_hand.groups, by_hand.source) == (5, None, {"user": 3}, "edited")
    assert case(computed=(one, bound), edited=(human,)).figures.groups == {}


def test_what_is_not_known_yet_is_named_and_what_changed_is_new():
    assert unknown(Description(what="x"), Figures()) == (
        "nature", "persons", "records", "categories", "consequences", "measures"
    )  # fmt: skip
    assert unknown(SAID, Figures(persons=0, records=0, categories=("name",))) == ()
    assert case().unknown == ("persons", "records", "categories")
    assert unknown(SAID, Figures(persons=0, records=0)) == (), "nobody's data are no data"
    before = sent(description=Description(what="x"))
    found = changes(
        before, msgspec.structs.replace(SAID, began_at=NOW), Figures(persons=1, records=1, categories=("name",))
    )
    assert found == ("what", "time", "nature", "persons", "records", "categories", "consequences", "measures")
    assert changes(sent(), SAID, Figures()) == ()


def test_every_deadline_counts_from_awareness_and_says_that_it_is_ours():
    agreement = read_agreement(samples.agreement().read_text(encoding="utf-8"))
    told, whole, own = (make(ADA, NOW, agreement) for make in (notify, complete, authority))
    assert (told.due.strict, told.reminders) == (NOW + 24 * HOUR, (NOW + 12 * HOUR,))
    assert (whole.due.strict, own.due.strict) == (NOW + 72 * HOUR, NOW + 72 * HOUR)
    assert (own.owed_by, own.owed_to, own.binding >= own.due.strict) == ("controller", "authority", True)
    assert wording.rule("en", told.due.rule).startswith("our own target, the agreement names no hours: 24 hours after")
    assert wording.rule("fr", told.due.rule).startswith(
        "notre propre objectif, le contrat ne fixe pas d'heures : 24 heures après"
    )
    assert wording.rule("en", whole.due.rule).startswith("ours, Art. 33(4) names no period: 72 hours after")
    assert wording.rule("fr", whole.due.rule).startswith(
        "le nôtre, l'article 33, § 4, ne fixe aucun délai : 72 heures après"
    )
    term = msgspec.structs.replace(agreement.terms.breach_notice.notice, ours=False, value="48 hours")
    terms = msgspec.structs.replace(
        agreement.terms, breach_notice=msgspec.structs.replace(agreement.terms.breach_notice, notice=term)
    )
    theirs = notify(ADA, NOW, msgspec.structs.replace(agreement, terms=terms))
    assert theirs.due.strict == NOW + 48 * HOUR
    assert theirs.due.rule.startswith("48 hours after")


def test_a_breach_is_drawn_on_a_line_of_time():
    running = drawn(case(), NOW + 12 * HOUR)
    assert [(one.mark, one.x) for one in running.points] == [("aware", 0.0), ("now", 50.0), ("target", 100.0)]
    assert (running.runs_from, running.runs_to, running.late_from) == (0.0, 50.0, None)
    late = drawn(case(), NOW + 48 * HOUR)
    assert (late.late_from, late.target) == (50.0, 50.0)
    first = sent(taken_at=NOW + 6 * HOUR)
    remark = Remark(kind="authority-told", at=NOW + 8 * HOUR, words="", said_at=NOW, by="a")
    long_ago = msgspec.structs.replace(SAID, began_at=NOW - timedelta(days=300))
    whole = drawn(
        case(sent=(first,), told_at=first.taken_at, remarks=(remark,), description=long_ago), NOW + 24 * HOUR,
        NOW + 78 * HOUR,
    )  # fmt: skip
    assert [one.mark for one in whole.points] == ["began", "aware", "first", "remark", "now", "target", "authority"]
    assert whole.points[0].x == 0.0, "what began long ago stands at the edge"
    assert whole.points[1].x == 20.0, "and takes no more room than a fifth"
    assert drawn(case(target_at=NOW), NOW).runs_to == 0.0
    assert [case().late(NOW + hours * HOUR) for hours in (23, 24, 25)] == [False, False, True]


def test_the_register_has_a_line_for_every_controller_concerned():
    told = case(sent=(sent(),), told_at=NOW + HOUR)
    assert [standing(one) for one in (case(), case(sent=(sent(),)), told, msgspec.structs.replace(told, closed_at=NOW))] == [
        "untold", "sending", "told", "closed"
    ]  # fmt: skip
    away = Concerned(BEN, "B", uuid4(), opened=True, apart=True, told_at=NOW + 2 * HOUR, told_how="by phone")
    breach = Breach(
        id=uuid4(), state="open", found_at=NOW, found_by="a", aware_at=NOW, description=SAID,
        concerned=(Concerned(ADA, "A", uuid4(), opened=True), away, Concerned(UUID(int=3), "C", uuid4())),
    )  # fmt: skip
    lines = register(breach, [(breach.concerned[0], told), (away, None), (breach.concerned[2], None)], NOW)
    assert [(one.name, one.state, one.seconds, one.how) for one in lines] == [
        ("A", "told", 3600.0, ""), ("B", "apart", 7200.0, "by phone"), ("C", "waits", None, "")
    ]  # fmt: skip
    assert breach.waits
    assert breach.of(BEN) is away
    assert breach.of(UUID(int=9)) is None


@pytest.mark.parametrize(
    ("natures", "categories", "held", "codes"),
    [
        (("confidentiality",), ("name", "email"), None, ["phishing", "identity"]),
        (("confidentiality",), ("ip-address", "profile-photo", "custom-badge"), None, ["habits", "likeness", "custom"]),
        (("confidentiality",), (), "data-server", ["sealed"]), (("confidentiality",), (), "key-store", ["keys-wrapped"]),
        (("integrity", "availability"), ("email",), None, ["wrong-data", "no-access"]),
    ],
)  # fmt: skip
def test_what_is_likely_is_suggested_and_no_more(natures, categories, held, codes):
    where = scope(kind="store", store=held) if held else scope()
    assert suggested(natures, categories, where) == codes


@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_term_has_words(language):
    for about, terms in (
        ("nature", ("confidentiality", "integrity", "availability")), ("category", ("name", "email")),
        ("group", ("user", "partner")), ("type", ("profile", "activity", "photo", "scim")),
    ):  # fmt: skip
        for one in terms:
            assert called(language, about, one) != one, (about, one)
    assert called(language, "category", "custom-badge") == "badge"
    assert called(language, "type", "badge") == "badge"
    assert listed(language, "category", ("custom-a", "custom-b")) == "a, b"

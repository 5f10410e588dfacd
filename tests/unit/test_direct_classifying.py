"""Which rights a message is about, in English and French; where it goes; and when it must be there."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from tests.agreed import agreement

from bailee.clauses.direct_requests import deadlines
from bailee.clauses.direct_requests.classifying import classify, is_about_us
from bailee.clauses.direct_requests.destinations import Destined, Signs, Undecided, destined
from bailee.clauses.direct_requests.envelope import request_type
from bailee.clauses.direct_requests.rights import verdict

SAID = [
    ("Please send me a copy of all my data.", "A15"),
    ("This is a subject access request under the GDPR.", "A15"),
    ("What personal data do you hold about me?", "A15"),
    ("I would like to see all the information you hold on me", "A15"),
    ("Je souhaite exercer mon droit d'accès.", "A15"),
    ("Quelles données détenez-vous sur moi ?", "A15"),
    ("Merci de me communiquer les données me concernant.", "A15"),
    ("Je voudrais accéder à mes données personnelles", "A15"),
    ("My surname is misspelled, please correct my name.", "A16"),
    ("Please update my address in your files", "A16"),
    ("Merci de corriger mon adresse", "A16"),
    ("Mon nom est erroné dans vos fichiers.", "A16"),
    ("Delete my account and all my data", "A17"),
    ("I want my data to be erased immediately.", "A17"),
    ("I am invoking my right to be forgotten", "A17"),
    ("please remove me from your database", "A17"),
    ("Je vous demande de supprimer toutes mes données.", "A17"),
    ("Veuillez effacer mon compte", "A17"),
    ("En application de l'article 17 du RGPD, je demande l’effacement de mes données", "A17"),
    ("Please restrict the processing while you check.", "A18"),
    ("Je demande la limitation du traitement.", "A18"),
    ("Gelez mes données, s'il vous plaît", "A18"),
    ("I want my data in a machine-readable format, to take it elsewhere", "A20"),
    ("Je fais valoir la portabilité de mes données", "A20"),
    ("Stop sending me advertising", "A21"),
    ("I object to the profiling of my purchases", "A21"),
    ("Je m'oppose à l'utilisation de mes données", "A21"),
    ("Unsubscribe me please", "A21"),
    ("I ask for human review of this automated decision", "A22"),
    ("Je demande l'intervention humaine sur ce refus", "A22"),
    ("I want to make a complaint about how you treat my data", "A77"),
    ("Vous avez utilisé mes données sans mon consentement", "A77"),
    ("I will go to the supervisory authority", "A77"),
    ("Je saisirai la CNIL.", "A77"),
    ("Ma demande reste sans réponse depuis deux mois", "A77"),
]
NOTHING = [
    "Hello, what are your opening hours?",
    "Please do not delete my data, I only want to say thank you",
    "Ne supprimez pas mon compte",
    "The data sheet of the product is missing; can you send the manual?",
    "Bonjour, je n'arrive pas à me connecter.",
    "Your article was a good read. Is there an article about hiking?",
    "Meeting on Tuesday? I have 15 articles to show.",
    "",
]


@pytest.mark.parametrize(("text", "kind"), SAID)
def test_a_sentence_of_a_person_is_recognised(text, kind):
    found = classify("", text)
    assert kind in found.kinds, found
    assert found.reasons


@pytest.mark.parametrize("text", NOTHING)
def test_what_asks_for_nothing_is_left_unclear(text):
    assert classify("", text).kinds == ()


def test_what_is_quoted_is_not_what_is_asked():
    text = "Thank you, all is well.\n\nOn Monday, Passerelle wrote:\n> Do you want us to delete your data?\n> delete my data"
    assert classify("", text).kinds == ()
    french = "Merci, tout va bien.\n\nLe 3 mars 2026 à 10:00, Passerelle a écrit :\nsupprimez mes données"
    assert classify("", french).kinds == ()
    assert classify("", "> delete all my data").kinds == ("A17",), "nothing else is there"


def test_what_the_person_chose_counts_and_the_rest_is_added():
    found = classify("", "and delete my account", asks="A15")
    assert found.kinds == ("A15", "A17")
    assert "chosen" in found.reasons
    assert classify("", "hello", asks="A99").kinds == ()


def test_a_verdict_says_which_clocks_run():
    assert [verdict(one) for one in (("A15",), ("A77",), ("A17", "A77"), ())] == [
        "request",
        "complaint",
        "both",
        "unclear",
    ]
    assert (request_type(("A15",)), request_type(("A15", "A17")), request_type(("A16",))) == ("access", None, None)


def test_the_processors_own_relations_are_seen():
    assert is_about_us("", "Take me off your newsletter")
    assert is_about_us("Ma candidature chez vous", "")
    assert not is_about_us("", "Delete my data")


ALPAGES, HARBOUR, PLATFORM = uuid4(), uuid4(), uuid4()
NAMES = {ALPAGES: "Coopérative des Alpages", HARBOUR: "Harbour Chandlers Ltd"}


def signs(**more):
    given = {"addressed": None, "company": "", "text": "", "about_us": False, "held": {}}
    return Signs(**(given | more))


def held(*controllers: UUID):
    return {one: (uuid4(),) for one in controllers}


CASES = [
    (signs(addressed=HARBOUR, held=held(ALPAGES)), Destined(controllers=(HARBOUR,), how="addressed")),
    (signs(addressed=uuid4()), Undecided(reason="nobody-found")),
    (signs(company="alpages"), Destined(controllers=(ALPAGES,), how="named")),
    (signs(company="Les ALPAGES, SA", held=held(HARBOUR)), Destined(controllers=(ALPAGES,), how="named")),
    (signs(company="Acme", held=held(HARBOUR)), Undecided(reason="company-unknown", suggested=(HARBOUR,))),
    (signs(company="Ltd"), Undecided(reason="company-unknown")),
    (signs(held=held(ALPAGES)), Destined(controllers=(ALPAGES,), how="held")),
    (signs(held=held(ALPAGES, HARBOUR)), Destined(controllers=(ALPAGES, HARBOUR), how="held")),
    (signs(held=held(ALPAGES, HARBOUR), text="my account at Harbour Chandlers"), Destined(controllers=(HARBOUR,), how="held")),
    (signs(held=held(ALPAGES), text="my account at harbour-chandlers, ltd."),
     Undecided(reason="names-another", suggested=(ALPAGES, HARBOUR))),
    (signs(text="my account at Harbour Chandlers"), Undecided(reason="only-named", suggested=(HARBOUR,))),
    (signs(about_us=True), Undecided(reason="own")),
    (signs(about_us=True, held=held(ALPAGES)), Undecided(reason="about-us", suggested=(ALPAGES,))),
    (signs(held=held(PLATFORM)), Undecided(reason="own")),
    (signs(held=held(PLATFORM, ALPAGES)), Destined(controllers=(ALPAGES,), how="held")),
    (signs(), Undecided(reason="nobody-found")),
]  # fmt: skip


@pytest.mark.parametrize(("given", "expected"), CASES)
def test_where_a_message_goes(given, expected):
    assert destined(given, NAMES, PLATFORM) == expected


AT = datetime(2026, 12, 24, 16, 20, tzinfo=UTC)


def test_both_clocks_run_from_receipt_and_christmas_stops_neither():
    owed = {one.clause: one for one in deadlines.promises(("A17", "A77"), "request/1", AT, agreement())}
    assert owed["rights.complaint"].binding == AT + timedelta(hours=72)
    assert owed["rights.complaint"].due.generous > owed["rights.complaint"].due.strict
    assert owed["rights.forward"].binding == AT + timedelta(hours=1)
    assert "on receipt" in owed["rights.forward"].due.rule
    assert [one.clause for one in deadlines.promises(("A77",), "request/1", AT, agreement())] == ["rights.complaint"]
    assert [one.clause for one in deadlines.promises((), "request/1", AT, agreement())] == ["rights.forward"]


def test_a_negotiated_period_takes_the_place_of_ours():
    import msgspec

    terms = agreement().terms
    forward = msgspec.structs.replace(terms.data_subject_requests.forward, value="24 hours")
    requests = msgspec.structs.replace(terms.data_subject_requests, forward=forward)
    changed = msgspec.structs.replace(agreement(), terms=msgspec.structs.replace(terms, data_subject_requests=requests))
    [owed] = deadlines.promises(("A15",), "request/1", AT, changed)
    assert owed.binding == AT + timedelta(hours=24)


def test_our_own_answer_is_due_within_a_month():
    owed = deadlines.own("message/1", datetime(2027, 1, 31, 9, tzinfo=UTC), "Europe/Paris", "FR")
    assert (owed.binding.date().isoformat(), owed.owed_to) == ("2027-02-28", "person")

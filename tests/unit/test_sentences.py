"""Instructions as sentences: made from the data, and read back to the very data."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bailee.contract import sentences, wording
from bailee.contract.documents import InstructionText, content_of
from bailee.contract.sentences import NotASentence, SaysSomethingElse, check, read_sentence, sentence, spoken
from bailee.vocabulary.categories import CATALOGUE
from bailee.vocabulary.groups import PersonGroup
from bailee.vocabulary.operations import Operation
from bailee.vocabulary.parties import ActorKind
from bailee.vocabulary.purposes import Purpose

FORMAT = "bailee.dev/instruction/v1"
BEGIN, END = datetime(2026, 12, 1, tzinfo=UTC), datetime(2026, 12, 31, 18, 30, tzinfo=UTC)


def text(**more) -> InstructionText:
    parts = {
        "id": "year-end", "purposes": (Purpose.customer_relations,), "operations": (Operation.consult,),
        "categories": ("name", "email"), "groups": (PersonGroup.partner,), "actors": (ActorKind.controller_staff,),
        "in_force_from": BEGIN, "in_force_until": END, "reason": "the year-end letter",
    }  # fmt: skip
    return InstructionText(format=FORMAT, **parts | more)


def test_an_instruction_reads_as_people_would_say_it():
    assert sentence(text(), "en") == (
        "Instruction year-end: Our staff may consult names and e-mail addresses of partners, for customer relations, "
        "from 1 December 2026, 00:00 UTC, until 31 December 2026, 18:30 UTC. Reason: “the year-end letter”."
    )
    assert sentence(text(), "fr") == (
        "Instruction year-end : Nos collaborateurs peuvent consulter les noms et les adresses électroniques, concernant "
        "des partenaires, pour la relation client, à partir du 1 décembre 2026, 00:00 UTC, jusqu'au 31 décembre 2026, "
        "18:30 UTC. Motif : « the year-end letter »."
    )


def test_who_only_reads_it_is_told_its_instants_to_the_minute():
    exact = text(in_force_from=BEGIN + timedelta(seconds=59, microseconds=999_999), reason="at 10:00:00.000001 UTC")
    assert "from 1 December 2026, 00:00:59.999999 UTC" in sentence(exact, "en")
    for language in ("en", "fr"):
        plain = text(reason="at 10:00:00.000001 UTC")
        assert spoken(exact, language) == spoken(plain, language) == sentence(plain, language)


def test_everything_an_instruction_can_say_is_in_its_sentence():
    whole = text(
        in_force_until=None, recipients=("Letterhouse Ltd", "A “B” \\ » Cie"), retention="2 years", replaces="spring",
        legal_ground="Art. 6(1)(f)", safeguards="a human looks", categories=("name", "custom-shoe-size"),
    )  # fmt: skip
    said = check(whole)
    for words in ("passed on to “Letterhouse Ltd”", "kept for at most “2 years”", "replacing “spring”",
                  "until it is withdrawn", "Legal ground: “Art. 6(1)(f)”", "Safeguards:", "“custom-shoe-size”"):  # fmt: skip
        assert words in said["en"]
    assert "jusqu'à son retrait" in said["fr"]


def test_every_word_has_one_phrase_in_each_language_and_no_phrase_two_words():
    for table, words in (
        (wording.ACTORS, ActorKind), (wording.OPERATIONS, Operation), (wording.GROUPS, PersonGroup),
        (wording.PURPOSES, Purpose), (wording.CATEGORIES, CATALOGUE),
    ):  # fmt: skip
        assert set(map(str, table)) == set(map(str, words))
        for language in sentences.LANGUAGES:
            said = list(wording.phrases(table, language).values())
            assert len(set(said)) == len(said)


some = st.sampled_from
words = st.text(st.characters(blacklist_categories=("Cs",)), min_size=1, max_size=200)
instants = st.datetimes(
    datetime(1900, 1, 2), datetime(9000, 1, 1), timezones=some([UTC, timezone(timedelta(hours=5, minutes=30))])
)
maybe = {
    "retention": st.text("0123 years", min_size=1, max_size=9),
    "replaces": st.from_regex(r"[a-z][a-z0-9-]{0,20}", fullmatch=True), "legal_ground": words, "safeguards": words,
}  # fmt: skip
texts = st.fixed_dictionaries(
    {
        "id": st.from_regex(r"[a-z][a-z0-9-]{0,59}", fullmatch=True),
        "purposes": st.lists(some(list(Purpose)), min_size=1, max_size=5).map(tuple),
        "operations": st.lists(some(list(Operation)), min_size=1, max_size=6).map(tuple),
        "categories": st.lists(some([*CATALOGUE, "custom-shoe-size", "custom-and"]), min_size=1, max_size=6).map(tuple),
        "groups": st.lists(some(list(PersonGroup)), min_size=1, max_size=4).map(tuple),
        "actors": st.lists(some(list(ActorKind)), min_size=1, max_size=4).map(tuple),
        "recipients": st.lists(words, max_size=3).map(tuple),
        "in_force_from": instants, "in_force_until": st.none() | instants, "reason": words,
    },
    optional=maybe,
).map(lambda parts: InstructionText(format=FORMAT, **parts))  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(texts)
def test_the_sentence_gives_the_very_data_back(made):
    said = check(made)
    for language, sentence_ in said.items():
        again = read_sentence(sentence_, language)
        assert again == made
        assert sentence(again, language) == sentence_


def test_what_is_left_unsaid_is_not_in_what_is_signed():
    assert b"replaces" not in content_of(text())
    assert b'"replaces":"spring"' in content_of(text(replaces="spring"))


@pytest.mark.parametrize(
    ("cut", "put", "expected"),
    [
        ("Instruction", "Order", "Instruction"),
        ("year-end: ", "year-end ", ":"),
        ("our staff", "my staff", "one of"),
        ("may consult", "may destroy all", "one of"),
        ("may consult", "may consultnames", "a space"),
        ("31 December 2026, 18:30 UTC", "31 Decembre 2026, 18:30 UTC", "a day and an hour"),
        ("31 December 2026, 18:30 UTC", "31 February 2026, 18:30 UTC", "a day and an hour"),
        ("until 31 December 2026, 18:30 UTC", "until midnight", "','"),
        ("letter”.", "letter”. And more", "the end"),
        ("letter”.", "letter", "”"),
        ("“the year-end letter”", "“”", "`str` of length >= 1"),
        (", for", ", passed on to Bob, for", "for"),
        (", from", ", passed on to Bob, from", "a name in quotes"),
    ],
)
def test_what_is_no_sentence_is_told_apart_with_its_place(cut, put, expected):
    said = sentence(text(), "en").replace("Our", "our")
    with pytest.raises(NotASentence, match="character") as refused:
        read_sentence(said.replace(cut, put), "en")
    assert expected in str(refused.value)


def test_nothing_is_signed_on_a_sentence_that_says_something_else(monkeypatch):
    other = text(reason="another")
    monkeypatch.setattr(sentences, "read_sentence", lambda _words, _language: other)
    with pytest.raises(SaysSomethingElse):
        check(text())

    def refuse(_words, _language):
        raise NotASentence(0, "sense")

    monkeypatch.setattr(sentences, "read_sentence", refuse)
    with pytest.raises(SaysSomethingElse):
        check(text())

"""What a careful reader would ask about an instruction, and that only the impossible blocks."""

from datetime import timedelta

import msgspec
import pytest
from tests.agreed import NOW, agreement

from bailee.contract.documents import InstructionText
from bailee.contract.findings import KNOWN
from bailee.contract.linting import impossible, lint
from bailee.vocabulary.groups import PersonGroup
from bailee.vocabulary.operations import Operation
from bailee.vocabulary.parties import ActorKind
from bailee.vocabulary.purposes import Purpose


def text(**more) -> InstructionText:
    parts = {
        "id": "year-end", "purposes": (Purpose.customer_relations,), "operations": (Operation.consult,),
        "categories": ("name", "email"), "groups": (PersonGroup.partner,), "actors": (ActorKind.controller_staff,),
        "in_force_from": NOW, "in_force_until": NOW + timedelta(days=30), "reason": "r",
    }  # fmt: skip
    return InstructionText(format="bailee.dev/instruction/v1", **parts | more)


def codes(made, others=(), base=None):
    return [one.code for one in lint(base or agreement(), made, others, at=NOW)]


def test_a_plain_instruction_raises_no_question():
    assert codes(text()) == []


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"actors": (ActorKind.processor_staff,)}, ["purpose-of-controller"]),
        ({"in_force_until": NOW}, ["never-in-force", "over-already"]),
        ({"in_force_from": NOW - timedelta(days=9), "in_force_until": NOW - timedelta(days=1)},
         ["over-already", "begins-before-signature"]),
        ({"purposes": (Purpose.account_management,), "operations": (Operation.transmit,), "actors": (ActorKind.processor_system,)},
         ["no-recipient"]),
        ({"purposes": (Purpose.support,), "operations": (Operation.modify,), "actors": (ActorKind.processor_staff,)},
         ["controllers-own-act"]),
        ({"categories": ("custom-health-card",)}, ["category-not-agreed", "special-category"]),
        ({"categories": ("birth-date",), "operations": (Operation.store,)}, ["birth-date-kept"]),
        ({"categories": ("birth-date",)}, []),
        ({"purposes": (Purpose.profiling,), "categories": ("profile-photo",)},
         ["profiling-without-ground", "profiling-without-safeguards", "profiling-of-faces"]),
        ({"purposes": (Purpose.profiling,), "legal_ground": "Art. 6(1)(a)", "safeguards": "a human looks"}, []),
        ({"operations": (Operation.transfer,), "recipients": ("Letterhouse Ltd",)}, ["third-country", "recipient-somewhere"]),
        ({"retention": "10 years"}, []),
        ({"retention": "11 years"}, ["retention-above-ceiling"]),
        ({"retention": "for ever"}, ["retention-unreadable"]),
        ({"in_force_until": None}, ["open-ended"]),
        ({"replaces": "spring"}, ["replaces-nothing"]),
    ],
)  # fmt: skip
def test_each_question_is_asked_where_it_belongs(more, expected):
    assert codes(text(**more)) == expected


def test_only_what_could_never_be_allowed_blocks():
    for more, blocks in (
        ({"actors": (ActorKind.processor_system,)}, True), ({"in_force_until": NOW}, True),
        ({"operations": (Operation.transfer,), "recipients": ("X",)}, False), ({"in_force_until": None}, False),
    ):  # fmt: skip
        assert impossible(lint(agreement(), text(**more), at=NOW)) is blocks


def test_the_gravest_comes_first():
    found = lint(agreement(), text(actors=(ActorKind.processor_staff,), in_force_until=None, replaces="x"), at=NOW)
    assert [one.severity for one in found] == ["never", "warn", "note"]


def test_what_the_agreement_does_not_list_is_said():
    bare = msgspec.structs.replace(
        agreement(), groups=tuple(one for one in agreement().groups if one.group is not PersonGroup.partner),
        controller_purposes=(),
    )  # fmt: skip
    assert codes(text(), base=bare) == ["group-not-agreed", "purpose-not-agreed"]


def test_a_sub_processor_outside_the_union_is_known_for_what_it_is():
    hosting = agreement().hosting
    host = msgspec.structs.replace(hosting.sub_processors[0], name="Faraway Inc", country="US")
    base = msgspec.structs.replace(agreement(), hosting=msgspec.structs.replace(hosting, sub_processors=(host,)))
    made = text(operations=(Operation.transmit,), recipients=("Faraway Inc",))
    assert codes(made, base=base) == ["recipient-outside-eu"]


def test_what_replaces_another_says_where_it_is_wider():
    before = text(id="spring")
    same, wider = text(replaces="spring"), text(replaces="spring", categories=("name", "email", "phone"))
    assert codes(same, [before]) == []
    [found] = lint(agreement(), wider, [before], at=NOW)
    assert (found.code, found.about) == ("wider-than-replaced", "phone")
    assert codes(text(reason="other"), [text()]) == ["id-in-use"]
    assert codes(text(), [text()]) == []


def test_what_a_finding_is_about_is_said_in_words_and_names_stay_names():
    made = text(
        actors=(ActorKind.processor_staff,), purposes=(Purpose.prospecting, Purpose.profiling), recipients=("profiling",),
        retention="99 years", categories=("name", "custom-shoe-size"),
    )  # fmt: skip
    found = {one.code: one for one in lint(agreement(), made, at=NOW)}
    own = found["purpose-of-controller"]
    assert own.about == "prospecting, profiling"
    assert own.words("fr").endswith(": la prospection, le profilage.")
    assert found["category-not-agreed"].words("fr").endswith(": custom-shoe-size.")
    assert found["recipient-somewhere"].words("fr").endswith(": profiling.")
    assert found["retention-above-ceiling"].words("fr").endswith("au plus 10 ans.")


def test_every_finding_says_in_both_languages_what_and_what_to_do():
    found = lint(agreement(), text(categories=("custom-syndicat",)), at=NOW)
    assert "custom-syndicat" in found[0].words("en")
    for code, said in KNOWN.items():
        for words in (*said.words, *said.remedy):
            assert words.format(about="x").endswith("."), code
    assert found[0].remedy("fr") == KNOWN["category-not-agreed"].remedy[1]
    assert len({said.words for said in KNOWN.values()}) == len(KNOWN)

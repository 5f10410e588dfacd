"""The slots' names as letters say them. Pure."""

from collections.abc import Mapping, Sequence

WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "heading": "Confirm this address for notices",
        "breach": "breaches of personal data", "complaint": "complaints", "request": "requests of persons",
        "sub_processor": "sub-processors", "hold": "holds", "end": "the end of the contract",
        "controller-officer": "your data protection officer", "processor-officer": "our data protection officer",
    },
    "fr": {
        "heading": "Confirmez cette adresse pour les notifications",
        "breach": "violations de données", "complaint": "réclamations", "request": "demandes de personnes",
        "sub_processor": "sous-traitants ultérieurs", "hold": "gels de données", "end": "fin du contrat",
        "controller-officer": "votre délégué à la protection des données",
        "processor-officer": "notre délégué à la protection des données",
    },
}  # fmt: skip


def spoken(language: str, slots: Sequence[str]) -> list[str]:
    """The slots in a language."""
    words = WORDS.get(language, WORDS["en"])
    return [words[slot] for slot in slots]


def heading(language: str) -> str:
    """What a new address is asked."""
    return WORDS.get(language, WORDS["en"])["heading"]

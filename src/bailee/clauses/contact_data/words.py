"""The slots' names as letters say them. Pure."""

from collections.abc import Mapping, Sequence

from bailee.clauses.contact_data.addresses import Now
from bailee.clauses.contact_data.slots import ADDRESSES, THEIRS

WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "heading": "Confirm this address for notices",
        "which": "Which address changes?",
        "means": "A new address is used once it is confirmed from there. Until then notices go where they go now, and the "
        "address before is told at once.",
        "no-officer-means": "Where you have no officer any more, choose that: it holds at once, and the officer before is told.",
        "back": "Shall these notices stay with this address?",
        "take-back-means": "Take it back: the other address is not used, and can no more be confirmed.",
        "ask-again-means": "Ask once more: another letter goes to the new address, with a link that opens for seven days.",
        "nobody": "none named",
        "breach": "breaches of personal data", "complaint": "complaints", "request": "requests of persons",
        "sub_processor": "sub-processors", "hold": "holds", "end": "the end of the contract",
        "controller-officer": "your data protection officer", "processor-officer": "our data protection officer",
    },
    "fr": {
        "heading": "Confirmez cette adresse pour les notifications",
        "which": "Quelle adresse change ?",
        "means": "Une nouvelle adresse est utilisée une fois confirmée depuis cette boîte-là. D'ici là, les notifications vont "
        "où elles vont, et l'adresse d'avant est avertie aussitôt.",
        "no-officer-means": "Si vous n'avez plus de délégué, choisissez-le : cela vaut aussitôt, et le délégué d'avant en est "
        "averti.",
        "back": "Ces notifications restent-elles à cette adresse ?",
        "take-back-means": "Annuler : l'autre adresse n'est pas utilisée, et ne peut plus être confirmée.",
        "ask-again-means": "Redemander : une autre lettre part à la nouvelle adresse, avec un lien qui s'ouvre pendant sept "
        "jours.",
        "nobody": "personne n'est nommé",
        "breach": "violations de données", "complaint": "réclamations", "request": "demandes de personnes",
        "sub_processor": "sous-traitants ultérieurs", "hold": "gels de données", "end": "fin du contrat",
        "controller-officer": "votre délégué à la protection des données",
        "processor-officer": "notre délégué à la protection des données",
    },
}  # fmt: skip


def spoken(language: str, slots: Sequence[str]) -> list[str]:
    """The slots in a language."""
    return [said(language, slot) for slot in slots]


def said(language: str, word: str) -> str:
    """One of the words in a language."""
    return WORDS.get(language, WORDS["en"])[word]


def lines(now: Now) -> list[str]:
    """Who is reached in each of the controller's slots, a line each."""
    colon = " : " if now.language == "fr" else ": "
    return [
        said(now.language, slot)
        + colon
        + (" ".join(filter(None, (one.name, one.email))) or said(now.language, "nobody"))
        for slot in (*ADDRESSES, THEIRS)
        for one in [now.slots[slot]]
    ]

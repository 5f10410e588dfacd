"""What the letters about sub-processors say, and what they ask. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from bailee.clauses.sub_processors.events import Proposed
from bailee.clauses.sub_processors.paths import Way
from bailee.contract.agreement import Agreement
from bailee.contract.wording import CATEGORIES, phrases
from bailee.obligations.mailbox.questions import Question
from bailee.obligations.notices.notice import Notice
from bailee.vocabulary.languages import LANGUAGES, Language
from bailee.vocabulary.periods import Period

OBJECTION, OBJECT = "sub-processor-object", "object"
OPEN_FOR = timedelta(days=366)  # what was not answered in time can still be refused
HEADING: dict[Language, str] = {
    "en": "Object to this sub-processor?", "fr": "S'opposer à ce sous-traitant ultérieur ?",
}  # fmt: skip
MEANS: dict[Language, dict[str, str]] = {
    "en": {
        "exclude": "Object: your data stay out of it, from now on.",
        "alternative": "Object: your data stay out of it, and we owe you an alternative.",
        "terminate": "Object: your data stay out of it, and your contract is to be ended.",
    },
    "fr": {
        "exclude": "S'opposer : vos données n'y vont pas, dès maintenant.",
        "alternative": "S'opposer : vos données n'y vont pas, et nous vous devons une autre solution.",
        "terminate": "S'opposer : vos données n'y vont pas, et votre contrat doit prendre fin.",
    },
}
WHY: dict[Language, Mapping[str, str]] = {
    "en": {
        "ends": "It ends.", "no-personal-data": "It receives no personal data.",
        "exclusively-inside": "It works exclusively inside the European Union, access and support included.",
        "named-in-agreement": "The agreement that you signed names it.",
        "stands-outside": "It stands outside the European Union: {country}.",
        "reached-from-outside": "It reaches in from outside the European Union: {country}.",
    },
    "fr": {
        "ends": "Il prend fin.", "no-personal-data": "Il ne reçoit pas de données personnelles.",
        "exclusively-inside": "Il travaille exclusivement dans l'Union européenne, accès et assistance compris.",
        "named-in-agreement": "Le contrat que vous avez signé le nomme.",
        "stands-outside": "Il se trouve hors de l'Union européenne : {country}.",
        "reached-from-outside": "Il accède aux données depuis l'extérieur de l'Union européenne : {country}.",
    },
}  # fmt: skip


def effect(agreement: Agreement) -> str:
    """What an objection does."""
    return str(agreement.terms.sub_processors.objection_effect.value)


def reasons(way: Way, language: Language) -> list[str]:
    """Why a proposal takes its path, in words."""
    return [WHY[language][code].format(country=country) for code, country in way.why]


def categories(named: Sequence[str], language: Language) -> str:
    """Data categories in words; one that the vocabulary does not know goes by its own name."""
    known = phrases(CATEGORIES, language)
    return ", ".join(known.get(one, one) for one in named)


def notice(what: Proposed, way: Way, agreement: Agreement, discharges: UUID, *, console: str) -> Notice:
    """The letter that tells of a proposal, or asks."""
    entry, clause = what.entry, way.clause
    period = Period.parse(str(agreement.terms.sub_processors.objection.value))
    return Notice(
        kind="sub_processor", clause=clause, subject=f"proposal/{what.id}", letter="sub_processors/proposed",
        values={
            "change": what.kind, "path": way.path, "name": entry.name, "address": entry.address, "country": entry.country,
            "remote": ", ".join(entry.remote), "contact": entry.contact, "role": entry.role,
            "safeguards": entry.safeguards, "reason": what.reason, "begins": what.begins_at.strftime("%Y-%m-%d"),
            "mechanism": entry.mechanism.reference if entry.mechanism else "", "may_object": "yes" if way.may_object else "",
            "effect": effect(agreement), "console": f"{console}/sub-processors/{what.id}" if console else "",
            **{f"why_{language}": reasons(way, language) for language in LANGUAGES},
            **{f"categories_{language}": categories(entry.categories, language) for language in LANGUAGES},
            **{f"period_{language}": period.said(language) for language in LANGUAGES},
        },
        discharges=discharges,
    )  # fmt: skip


def question(what: Proposed, agreement: Agreement, language: Language, now: datetime) -> Question:
    """What can be answered from the mailbox: an objection closes, so the mailbox is enough; a consent is signed."""
    entry = what.entry
    words = [f"{entry.name}, {', '.join(entry.places)}", entry.role, categories(entry.categories, language)]
    return Question(
        act=OBJECTION, choices=(OBJECT,), heading=HEADING[language],
        words="\n".join([*words, MEANS[language].get(effect(agreement), MEANS[language]["exclude"])]),
        until=now + OPEN_FOR, about=what.digest, arguments={"proposal": str(what.id)},
    )  # fmt: skip

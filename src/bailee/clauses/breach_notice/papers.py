"""What the controller sends on: the facts of Art. 33(3) as a file for the authority's form, as data and as PDF. Pure but
for the typesetting.

What only the controller can say stands in it as a question: nothing is notified for it.
"""

from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from bailee.clauses.breach_notice.events import NATURES, Case
from bailee.clauses.breach_notice.wording import called, listed, words
from bailee.infra.pdf import NotTypeset, typeset
from bailee.infra.web.words import figure, moment
from bailee.obligations.notices.letters import UNSET
from bailee.vocabulary.categories import CATALOGUE
from bailee.vocabulary.languages import Language

TEMPLATE = Path(__file__).with_name("templates") / "authority.typ"
FORMAT = "bailee.dev/breach/v1"
# What Art. 33(1) and 33(3) leave to the controller, in the order in which forms ask for it.
YOURS = ("controller", "reference", "delay", "risk", "persons-told", "other-states")


class Contact(msgspec.Struct, frozen=True):
    """The processor's contact point: its officer, or whom to ask where none is appointed."""

    processor: str
    name: str
    email: str


def paper(case: Case, contact: Contact) -> dict[str, Any]:
    """The facts as the last notice told them; what is not known yet is null, and named under `unknown`."""
    last = case.sent[-1]
    said, figures = last.description, last.figures
    return {
        "format": FORMAT, "reference": str(case.id), "legal_basis": "GDPR (Regulation 2016/679), Art. 33(3)",
        "processor": {"name": contact.processor, "contact_point": {"name": contact.name, "email": contact.email}},
        "processor_aware_at": _at(case.aware_at), "controller_told_at": _at(case.told_at),
        "began_at": _at(said.began_at), "ended_at": _at(said.ended_at), "what_happened": said.what,
        "nature": [{"term": one, "iri": NATURES[one]} for one in said.natures],
        "persons": {
            "approximate_number": figures.persons,
            "categories": [{"term": one, "number": many} for one, many in figures.groups.items()],
        },
        "records": {
            "approximate_number": figures.records,
            "categories": [
                {"term": one, "iri": CATALOGUE[one].iri if one in CATALOGUE else None} for one in figures.categories
            ],
        },
        "figures_are": figures.source or None, "likely_consequences": said.consequences or None,
        "measures": said.measures or None, "unknown": list(last.unknown), "phases": len(case.sent),
        "left_to_the_controller": list(YOURS),
    }  # fmt: skip


def document(case: Case, contact: Contact, language: Language, *, at: datetime) -> bytes:
    """The same as PDF/A, in a language. A character that no font at hand has becomes a question mark: the data have it."""

    def say(text: str) -> str:
        return words().say(language, text)

    def instant(value: datetime | None) -> str:
        return moment(language, value) if value else say("not known yet")

    last, none = case.sent[-1], say("not known yet")
    said, figures = last.description, last.figures
    groups = ", ".join(
        f"{called(language, 'group', one)} ({figure(language, many)})" for one, many in figures.groups.items()
    )
    rows = [
        (say("Reference"), str(case.id)),
        (say("The processor"), contact.processor),
        (say("Contact point (Art. 33(3)(b))"), f"{contact.name}, {contact.email}" if contact.email else contact.name),
        (say("The processor was aware"), instant(case.aware_at)),
        (say("You were told"), instant(case.told_at)),
        (say("It began"), instant(said.began_at)),
        (say("It ended"), instant(said.ended_at)),
        (say("Nature (Art. 33(3)(a))"), listed(language, "nature", said.natures) or none),
        (say("What happened"), said.what),
        (say("Persons, approximately"), none if figures.persons is None else figure(language, figures.persons)),
        (say("Categories of persons"), groups or none),
        (say("Records, approximately"), none if figures.records is None else figure(language, figures.records)),
        (say("Categories of data"), listed(language, "category", figures.categories) or none),
        (say("Where the numbers come from"), say(f"breach-source-{figures.source or 'none'}")),
        (say("Likely consequences (Art. 33(3)(c))"), said.consequences or none),
        (say("Measures taken or proposed (Art. 33(3)(d))"), said.measures or none),
    ]
    data = {
        "title": say("Breach of personal data: the facts for the supervisory authority"), "language": language,
        "rows": rows, "yours": [say(f"breach-yours-{one}") for one in YOURS], "yours_title": say("For you to add"),
        "note": say("Made from what the processor knows now. Notifying is yours: nothing was sent to any authority."),
        "day": at.date().isoformat(), "reference": str(case.id),
    }  # fmt: skip
    try:
        return typeset(TEMPLATE, data)
    except NotTypeset:
        return typeset(TEMPLATE, _fitting(data))


def _fitting(value: Any) -> Any:
    """A value without characters that cannot be set."""
    match value:
        case str():
            return UNSET.sub("?", value)
        case dict():
            return {name: _fitting(one) for name, one in value.items()}
        case _:
            return [_fitting(one) for one in value]


def _at(value: datetime | None) -> str | None:
    return value.isoformat() if value else None

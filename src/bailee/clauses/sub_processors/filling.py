"""The form of a sub-processor: what a browser sent, as an entry. Pure but for reading the form."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import msgspec
from litestar.datastructures import FormMultiDict

from bailee.clauses.sub_processors.events import Kind, Mechanism, SubProcessor
from bailee.clauses.sub_processors.mistakes import Faulty
from bailee.infra.web import forms
from bailee.vocabulary.ids import new_id

WORDS = (
    "slug", "name", "address", "country", "remote", "contact", "role", "safeguards", "above", "reason", "begins", "means",
    "module", "reference", "document", "assessment", "mechanism_until",
)  # fmt: skip
LONGEST = 500
FAULTS = {
    "text-missing": "Fill in everything that has no hint saying that it may be empty.",
    "slug-malformed": "The short name is small letters, digits and hyphens, and begins with a letter.",
    "slug-taken": "Another sub-processor has this short name.",
    "slug-changed": "The short name stays as it is: the gate knows the sub-processor by it.",
    "country-malformed": "A country is two letters, as FR; several stand side by side.",
    "category-unknown": "One of the categories is none of the agreement's.",
    "data-without-category": "Say which data it receives.",
    "category-without-data": "Whoever receives no personal data has no category of them.",
    "no-mechanism": "Outside the European Economic Area a transfer mechanism stands beside the consent: name it and its document.",
    "nothing-above": "The sub-processor that engages it is not on the list.",
    "chain-circular": "It cannot work for us through one that works through it.",
    "others-below": "Others work through it: end or move those first.",
    "nothing-replaced": "Say which one it replaces.",
    "not-listed": "It is not on the list by then.",
    "listed-already": "It is on the list already.",
    "document-malformed": "A document is named by its SHA-256: 64 digits and letters.",
    "assessment-missing": "A mechanism other than an adequacy decision needs an assessment of the transfer's impact.",
    "module-missing": "Standard contractual clauses have a module; nothing else has.",
    "mechanism-over": "The mechanism ends before the sub-processor begins.",
    "clause-unknown": "Choose the obligations that you judge.",
    "judgement-without-grounds": "A judgement says why, and by which document.",
    "shape": "Something does not fit: a day is a date.",
}  # fmt: skip


def blank(kind: Kind, like: SubProcessor | None) -> dict[str, Any]:
    """The form of a proposal, filled with an entry that it changes or ends."""
    values: dict[str, Any] = dict.fromkeys(WORDS, "") | {"categories": [], "personal_data": True, "main_host": False}
    if like is None or kind in ("add", "replace"):
        return values
    values |= {name: getattr(like, name) for name in WORDS if hasattr(like, name)}
    values |= {"remote": " ".join(like.remote), "above": str(like.above or ""), "categories": list(like.categories)}
    values |= {"personal_data": like.personal_data, "main_host": like.main_host}
    if like.mechanism is not None:
        values |= {
            name: getattr(like.mechanism, name) for name in ("means", "module", "reference", "document", "assessment")
        }
        values["mechanism_until"] = like.mechanism.until.isoformat() if like.mechanism.until else ""
    return values


def sent_values(sent: FormMultiDict) -> dict[str, Any]:
    """What was sent, as the form shows it again."""
    values: dict[str, Any] = {name: forms.text(sent, name)[:LONGEST] for name in WORDS}
    values["country"], values["remote"] = values["country"].upper(), values["remote"].upper()
    values["categories"] = [one for one in sent.getall("categories", []) if isinstance(one, str)]
    values["personal_data"] = forms.text(sent, "personal_data") == "yes"
    values["main_host"] = forms.text(sent, "main_host") == "yes"
    return values


def entry_of(values: dict[str, Any], known: SubProcessor | None) -> SubProcessor:
    """The entry that the values make; `Faulty` where one does not fit. `known` keeps its id."""
    try:
        return SubProcessor(
            id=known.id if known else new_id(), slug=values["slug"], name=values["name"], address=values["address"],
            country=values["country"], remote=tuple(values["remote"].replace(",", " ").split()),
            contact=values["contact"], role=values["role"], main_host=values["main_host"],
            categories=tuple(sorted(set(values["categories"]))), personal_data=values["personal_data"],
            safeguards=values["safeguards"], above=UUID(values["above"]) if values["above"] else None,
            mechanism=_mechanism(values),
        )  # fmt: skip
    except (ValueError, msgspec.ValidationError):
        raise Faulty("shape") from None


def begins(values: dict[str, Any]) -> datetime | None:
    """From which day on; None: at once."""
    try:
        return (
            datetime.combine(date.fromisoformat(values["begins"]), datetime.min.time(), UTC)
            if values["begins"]
            else None
        )
    except ValueError:
        raise Faulty("shape") from None


def _mechanism(values: dict[str, Any]) -> Mechanism | None:
    if not values["means"]:
        return None
    parts = {name: values[name] for name in ("means", "module", "reference", "document", "assessment")}
    return msgspec.convert(parts | {"until": values["mechanism_until"] or None}, Mechanism)

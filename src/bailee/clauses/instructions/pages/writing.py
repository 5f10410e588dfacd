"""The form of an instruction: what its fields say, what is still missing, and patterns to begin with."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
from litestar.datastructures import FormMultiDict
from msgspec import UNSET

from bailee.contract.documents import InstructionText
from bailee.contract.sentences import FORMAT
from bailee.infra.web import forms
from bailee.vocabulary.periods import UNITS

MANY = ("actors", "operations", "categories", "groups", "purposes")
OPTIONAL = ("replaces", "retention", "legal_ground", "safeguards")
A_DAY = timedelta(days=1)
# A period may be typed in French: its units are the agreement's, under other names.
FRENCH = {"année": "year", "années": "years"} | {
    name: kept for unit, (one, many) in UNITS["fr"].items() for name, kept in ((one, unit[:-1]), (many, unit))
}  # fmt: skip
MISSING = {
    "id": "Give it a short name: small letters, digits and hyphens.", "actors": "Say who may.",
    "operations": "Say what they may do.", "categories": "Say with which data.", "groups": "Say whose data.",
    "purposes": "Say what for.", "reason": "Say why, in a few words.",
}  # fmt: skip
PATTERNS: Mapping[str, dict[str, Any]] = {
    "letters": {
        "actors": ["controller_staff"], "operations": ["consult"], "categories": ["name", "email"],
        "groups": ["partner"], "purposes": ["customer-relations"],
    },
    "campaign": {
        "actors": ["controller_system"], "operations": ["consult", "use"], "categories": ["name", "email", "language"],
        "groups": ["user"], "purposes": ["prospecting"],
    },
    "figures": {
        "actors": ["controller_system"], "operations": ["query", "use"], "categories": ["company", "language"],
        "groups": ["user", "partner"], "purposes": ["statistics"],
    },
    "invoices": {
        "actors": ["controller_system"], "operations": ["consult"], "categories": ["name", "company", "postal-address"],
        "groups": ["partner"], "purposes": ["invoicing"],
    },
}  # fmt: skip


class Written(msgspec.Struct, frozen=True):
    """What a form holds: its values as typed, the instruction that they make, and what keeps them from making one."""

    values: dict[str, Any]
    text: InstructionText | None
    wrong: dict[str, str]


def written(sent: FormMultiDict, now: datetime) -> Written:
    """A form as it was sent."""
    values: dict[str, Any] = {name: [one for one in sent.getall(name, []) if isinstance(one, str)] for name in MANY}
    for name in ("id", "reason", "recipients", "since", "until", *OPTIONAL):
        values[name] = forms.text(sent, name)
    values["retention"] = period(values["retention"])
    wrong = {name: words for name, words in MISSING.items() if not values[name]}
    parts: dict[str, Any] = {name: values[name] for name in MANY} | {"format": FORMAT, "id": values["id"]}
    parts |= {name: values[name] for name in OPTIONAL if values[name]}
    parts |= {
        "reason": values["reason"],
        "recipients": [one.strip() for one in values["recipients"].splitlines() if one.strip()],
    }
    try:
        parts["in_force_from"] = _midnight(values["since"]) or now.replace(second=0, microsecond=0)
        parts["in_force_until"] = _after(_midnight(values["until"]))
        text = None if wrong else msgspec.convert(parts, InstructionText)
    except msgspec.ValidationError:
        return Written(values, None, wrong or {"id": MISSING["id"]})
    except (ValueError, OverflowError):
        return Written(values, None, wrong | {"since": "This is not a day."})
    return Written(values, text, wrong)


def period(typed: str) -> str:
    """A period as the agreement writes it, typed in either language: `18 mois` is 18 months."""
    amount, _, unit = " ".join(typed.split()).lower().partition(" ")
    return f"{amount} {FRENCH[unit]}" if amount.isdecimal() and unit in FRENCH else typed


def shown(text: InstructionText) -> dict[str, Any]:
    """An instruction as the form's values."""
    values: dict[str, Any] = {name: [str(one) for one in getattr(text, name)] for name in MANY}
    values |= {name: "" if getattr(text, name) is UNSET else getattr(text, name) for name in OPTIONAL}
    until = text.in_force_until
    return values | {
        "id": text.id, "reason": text.reason, "recipients": "\n".join(text.recipients),
        "since": text.in_force_from.astimezone(UTC).date().isoformat(),
        "until": (until.astimezone(UTC) - timedelta(microseconds=1)).date().isoformat() if until else "",
    }  # fmt: skip


def empty(pattern: str = "") -> dict[str, Any]:
    """The values to begin with: those of a pattern, or none."""
    blank: dict[str, Any] = {name: [] for name in MANY} | dict.fromkeys(
        ("id", "reason", "recipients", "since", "until", *OPTIONAL), ""
    )
    return blank | PATTERNS.get(pattern, {})


def _midnight(text: str) -> datetime | None:
    day = date.fromisoformat(text) if text else None
    return datetime(day.year, day.month, day.day, tzinfo=UTC) if day else None


def _after(last: datetime | None) -> datetime | None:
    """The last day counts whole: it ends at the midnight after it."""
    return last + A_DAY if last else None

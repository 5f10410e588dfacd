"""What forms of audits send, as steps; and what keeps a step from being taken, told to the reader."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import msgspec
from litestar.datastructures import FormMultiDict

from bailee.clauses.audits.mistakes import ChangedMeanwhile, Faulty, NothingInForce, NothingThere, NotNow, NotTheirs
from bailee.clauses.audits.steps import AnyStep, Asked
from bailee.infra.web import forms
from bailee.infra.web.answers import NOT_HERE, Wrong

OUTRUN = Wrong(409, "Someone changed this meanwhile", "Load the page anew to see how things stand.", "audits.respond")
NO_AGREEMENT = Wrong(409, "No agreement is in force", "There is nothing to audit under.", "audits.respond")
NOT_YOURS = Wrong(403, "This step is the other party's", "Ask them to take it.", "audits.respond")
UNREADABLE = Wrong(422, "Something is missing", "Fill in what is asked for, and send it again.", "audits.respond")
REASONS = {
    "not-yet": Wrong(409, "It has not begun yet", "It can be begun on its first day.", "audits.respond"),
    "unplanned": Wrong(409, "A finding has no action yet", "The processor plans one first.", "audits.respond"),
    "undone": Wrong(409, "An action is not done yet", "It can be closed once all are.", "audits.respond"),
    "not-accepted": Wrong(
        409, "The auditor is not accepted yet", "An account is made once dates and auditor are.", "audits.refuse"
    ),
    "past": Wrong(422, "That day has passed", "Name a day from today on.", "audits.notice"),
    "future": Wrong(422, "That day is still to come", "Log what was done, on the day it was done.", "audits.costs"),
    "nothing-spent": Wrong(422, "Nothing was spent", "Give minutes, or an amount.", "audits.costs"),
    "no-costs": Wrong(409, "There is no cost to tell of", "Log time or an amount first.", "audits.costs"),
    "last-before-first": Wrong(
        422, "The days do not fit", "The last day is the first or later, within a year.", "audits.notice"
    ),
    "no-clause": Wrong(422, "Nothing is audited", "Choose a clause at least.", "audits.respond"),
    "authority": Wrong(
        409, "Whom an authority sends cannot be refused", "Answer what it asks.", "audits.refuse"
    ),
    "no-auditor": Wrong(409, "Nobody is named to be refused", "The controller names who comes.", "audits.refuse"),
}  # fmt: skip
OTHERWISE = Wrong(
    409, "That step does not go from here", "Load the page anew to see how things stand.", "audits.respond"
)
AUDITOR = ("name", "company", "qualification")


@contextmanager
def in_words() -> Iterator[None]:
    """What keeps a step from being taken, told to the reader."""
    try:
        yield
    except NothingThere:
        raise NOT_HERE from None
    except ChangedMeanwhile:
        raise OUTRUN from None
    except NothingInForce:
        raise NO_AGREEMENT from None
    except NotTheirs:
        raise NOT_YOURS from None
    except (NotNow, Faulty) as found:
        raise REASONS.get(str(found), OTHERWISE) from None


def asked_of(sent: FormMultiDict, *, taken_in: bool) -> Asked:
    """A request, as the form has it. Questions stand one on each line."""
    named = {one: forms.text(sent, one) for one in AUDITOR}
    shape: dict[str, Any] = {
        "by": forms.text(sent, "by"), "first": forms.text(sent, "first"),
        "last": forms.text(sent, "last") or forms.text(sent, "first"),
        "scope": {"clauses": _several(sent, "clauses"), "systems": forms.text(sent, "systems")},
        "auditor": named if any(named.values()) else None, "questions": _lines(sent, "questions"),
        "taken_in": forms.text(sent, "taken_in"),
    }  # fmt: skip
    if taken_in and not shape["taken_in"]:
        raise UNREADABLE
    found: Asked = _read(shape, Asked)
    return found


def step_of(sent: FormMultiDict) -> AnyStep:
    """A step, as a form has it: `step` names it, and the fields are called as its own."""
    kind = forms.text(sent, "step")
    shape: dict[str, Any] = {
        name: forms.text(sent, name) for name in sent if isinstance(name, str) and name not in ("csrf", "version")
    }
    match kind:
        case "propose":
            shape = {"step": kind, "auditor": {one: shape.get(one, "") for one in AUDITOR}}
        case "answer":
            shape["references"] = [_reference(one) for one in _lines(sent, "references")]
        case "report":
            rows = zip(
                _several(sent, "clause"), _several(sent, "severity"), _several(sent, "text"), strict=False
            )  # fmt: skip
            shape = {
                "step": kind, "conclusion": shape.get("conclusion", ""),
                "findings": [
                    {"clause": clause, "severity": severity, "text": text} for clause, severity, text in rows if text
                ],
            }  # fmt: skip
        case "redate":
            shape["last"] = shape.get("last") or shape.get("first", "")
        case "spend":
            shape |= {
                "minutes": _minutes(shape.get("minutes", "")), "rate": _cents(shape.get("rate", "")),
                "spent": _cents(shape.get("spent", "")),
            }  # fmt: skip
        case _:
            pass
    found: AnyStep = _read(shape, AnyStep)
    return found


def _read(shape: dict[str, Any], kind: Any) -> Any:
    try:
        return msgspec.convert(shape, kind, strict=False)
    except msgspec.ValidationError:
        raise UNREADABLE from None


def _lines(sent: FormMultiDict, name: str) -> list[str]:
    return [line.strip() for line in forms.text(sent, name).splitlines() if line.strip()]


def _several(sent: FormMultiDict, name: str) -> list[str]:
    return [one.strip()[: forms.LIMIT] for one in sent.getall(name, []) if isinstance(one, str)]


def _reference(line: str) -> dict[str, str]:
    """`entry 12`, `document DIGEST`, or the id of a clause alone."""
    kind, _, id = line.partition(" ")
    return {"kind": kind, "id": id.strip()} if id else {"kind": "clause", "id": kind}


def _minutes(text: str) -> int:
    """Minutes, or hours and minutes: `90`, `1:30`."""
    hours, colon, minutes = text.rpartition(":")
    if (colon and not (hours.isdigit() and minutes.isdigit())) or (not colon and text and not text.isdigit()):
        raise UNREADABLE
    return int(hours or 0) * 60 + int(minutes or 0)


def _cents(text: str) -> int:
    """An amount with at most two places after the comma or point, in cents."""
    whole, _, part = text.replace(",", ".").replace(" ", "").partition(".")
    if not text:
        return 0
    if not whole.isdecimal() or len(part) > 2 or (part and not part.isdecimal()) or len(whole) > 7:
        raise UNREADABLE
    return int(whole) * 100 + int(f"{part:0<2}")

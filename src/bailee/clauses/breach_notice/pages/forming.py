"""Forms of breaches: what a browser sent, as what the rooms below take; and what keeps it from being taken, in words."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, tzinfo
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from litestar.datastructures import FormMultiDict

from bailee.clauses.breach_notice.commands import Figured
from bailee.clauses.breach_notice.events import NATURES, STORES, Description, Scope
from bailee.clauses.breach_notice.mistakes import ChangedMeanwhile, Faulty, NothingThere, NotNow
from bailee.clauses.breach_notice.opening import LONGEST
from bailee.infra.clock import is_kept
from bailee.infra.web import forms
from bailee.infra.web.answers import NOT_HERE, Wrong
from bailee.vocabulary.categories import is_category

OUTRUN = Wrong(409, "Someone changed this meanwhile", "Load the page anew: what you see is no longer what is held.")
NOT_NOW = Wrong(409, "That step does not go from here", "Load the page anew to see how things stand.")
FAULTS = {
    "nothing-said": "Say what happened, as far as you know.",
    "too-long": "It is longer than a notice can be: four thousand characters each.",
    "awareness-in-the-future": "Nobody was aware of it later than now.",
    "ends-before-it-begins": "It ends before it begins, or begins later than now.",
    "window-in-the-future": "The window begins later than now.",
    "nobody-named": "Say whose accesses are counted: an actor, a credential, or the persons they were about.",
    "too-much-named": "A thousand persons can be named at most.",
    "only-accesses-are-looked-for": "Only accesses can be looked for at every controller.",
    "no-such-controller": "One of these is no controller of yours.",
    "no-reason": "Say why: the reason stays beside it.",
    "no-number": "A number is a whole one, from nought upwards.",
    "no-category": "Categories are those of the list, or the controller's own.",
    "told-when-and-how": "Say when it was told, not later than now, and how.",
    "in-the-future": "It cannot have been done later than now.",
    "no-such-remark": "Choose one of those that are offered.",
    "shape": "Something is missing or does not fit: ids are UUIDs, one on a line.",
}


@contextmanager
def in_words() -> Iterator[None]:
    """What keeps an act from being done, told to the reader."""
    try:
        yield
    except NothingThere:
        raise NOT_HERE from None
    except ChangedMeanwhile:
        raise OUTRUN from None
    except NotNow:
        raise NOT_NOW from None
    except Faulty as faulty:
        raise Wrong(422, "This does not fit", FAULTS.get(faulty.args[0], FAULTS["shape"])) from None


def instant(sent: FormMultiDict, name: str) -> datetime | None:
    """A day and time as the browser's own zone has it; None where nothing was typed, `Faulty` where it is none."""
    typed = forms.text(sent, name)
    if not typed:
        return None
    try:
        at = datetime.fromisoformat(typed)
        at = (at if at.tzinfo else at.replace(tzinfo=_zone(sent))).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Faulty("shape") from None
    if not is_kept(at):
        raise Faulty("shape")
    return at


def description(sent: FormMultiDict) -> Description:
    """What is told of a breach."""
    return Description(
        what=_long(sent, "what"), natures=tuple(one for one in NATURES if one in sent.getall("natures", [])),
        began_at=instant(sent, "began"), ended_at=instant(sent, "ended"), consequences=_long(sent, "consequences"),
        measures=_long(sent, "measures"),
    )  # fmt: skip


def scope(sent: FormMultiDict, now: datetime) -> Scope | None:
    """What is to be computed; None where nothing was chosen. Without a window it is the last day."""
    kind = forms.text(sent, "kind")
    if kind not in ("access", "store"):
        return None
    until = instant(sent, "until") or now
    since = instant(sent, "since")
    if since is None:
        raise Faulty("shape")
    store = next((one for one in STORES if one == forms.text(sent, "store")), STORES[0])
    if kind == "store":
        return Scope(kind="store", since=since, until=until, store=store)
    credential = forms.text(sent, "credential")
    return Scope(
        kind="access", since=since, until=until, actor=forms.text(sent, "actor"),
        credential=_id(credential) if credential else None,
        persons=tuple(map(_id, forms.text(sent, "persons").split())),
    )  # fmt: skip


def figured(sent: FormMultiDict) -> Figured:
    """Figures that a human gives."""
    chosen = [one for one in sent.getall("categories", []) if isinstance(one, str) and is_category(one)]
    return Figured(
        persons=_number(sent, "persons_number"), records=_number(sent, "records_number"), categories=tuple(chosen),
        reason=forms.text(sent, "reason"),
    )  # fmt: skip


def chosen(sent: FormMultiDict) -> list[UUID]:
    """The controllers that were marked."""
    return [_id(one) for one in sent.getall("controllers", []) if isinstance(one, str)]


def version(sent: FormMultiDict) -> int:
    """The version of a file as it was shown."""
    return forms.number(sent, "version") or 0


def _long(sent: FormMultiDict, name: str) -> str:
    value = sent.get(name, "")
    return value.strip().replace("\r\n", "\n")[: LONGEST + 1] if isinstance(value, str) else ""


def _number(sent: FormMultiDict, name: str) -> int | None:
    typed = forms.text(sent, name)
    if not typed:
        return None
    found = forms.number(sent, name)
    if found is None:
        raise Faulty("no-number")
    return found


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Faulty("shape") from None


def _zone(sent: FormMultiDict) -> tzinfo:
    """The zone that the page's script found; UTC where there is none, as the page says."""
    try:
        return ZoneInfo(forms.text(sent, "zone") or "UTC")
    except (ValueError, ZoneInfoNotFoundError, OSError):
        return UTC

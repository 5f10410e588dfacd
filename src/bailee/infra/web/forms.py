"""Forms: single values of what a browser sends, bounded. What they mean is the room's to say."""

from uuid import UUID

from litestar.datastructures import FormMultiDict

LIMIT = 2_000


def text(sent: FormMultiDict, name: str) -> str:
    """One value, trimmed; empty when it was not sent."""
    value = sent.get(name, "")
    return value.strip()[:LIMIT] if isinstance(value, str) else ""


def number(sent: FormMultiDict, name: str) -> int | None:
    """A whole number, or None."""
    value = text(sent, name)
    return int(value) if value.isascii() and value.isdigit() and len(value) < 10 else None


def id_of(sent: FormMultiDict, name: str) -> UUID:
    """An id, or the nil id for what is not one: it names nobody."""
    try:
        return UUID(text(sent, name))
    except ValueError:
        return UUID(int=0)

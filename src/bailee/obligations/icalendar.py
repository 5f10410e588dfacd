"""Obligations as a calendar (RFC 5545): one event at each due instant, an alarm at each coming reminder.

Identifiers and clocks only. Pure: what is said of an obligation comes as an argument.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

import msgspec

FOLD = 75


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """One event: a stable id, the instant, a line, a few more, and the instants at which to ring."""

    id: str
    at: datetime
    summary: str
    description: str
    late: bool = False
    rings: Sequence[datetime] = ()


def written(name: str, events: Iterable[Event], now: datetime) -> bytes:
    """The calendar's bytes: lines folded at 75 octets, ended by CR LF."""
    lines = [
        "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//bailee//obligations//EN", "CALSCALE:GREGORIAN", "METHOD:PUBLISH",
        f"X-WR-CALNAME:{_text(name)}", "REFRESH-INTERVAL;VALUE=DURATION:PT1H", "X-PUBLISHED-TTL:PT1H",
        *(line for event in events for line in _event(event, now)), "END:VCALENDAR",
    ]  # fmt: skip
    return b"".join(folded(line) + b"\r\n" for line in lines)


def folded(line: str) -> bytes:
    """A line of any length, cut so that no part has more than 75 octets and no character is split."""
    parts, part = list[bytes](), b""
    for character in line:
        octets = character.encode()
        if len(part) + len(octets) > FOLD:
            parts.append(part)
            part = b" "
        part += octets
    return b"\r\n".join([*parts, part])


def _event(event: Event, now: datetime) -> Iterator[str]:
    yield from ("BEGIN:VEVENT", f"UID:{event.id}", f"DTSTAMP:{_instant(now)}", f"DTSTART:{_instant(event.at)}")
    yield f"SUMMARY:{_text(event.summary)}"
    yield f"DESCRIPTION:{_text(event.description)}"
    yield from ("STATUS:CONFIRMED", "TRANSP:TRANSPARENT", "CLASS:CONFIDENTIAL")
    if event.late:
        yield "PRIORITY:1"
    for ring in event.rings:
        if now < ring < event.at:
            yield from ("BEGIN:VALARM", "ACTION:DISPLAY", f"TRIGGER;VALUE=DATE-TIME:{_instant(ring)}")
            yield f"DESCRIPTION:{_text(event.summary)}"
            yield "END:VALARM"
    yield "END:VEVENT"


def _instant(at: datetime) -> str:
    """To the second, never later than it is: a day's last instant stays on its day."""
    return f"{at:%Y%m%dT%H%M%SZ}"


def _text(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\r", "")
    return escaped.replace("\n", "\\n")

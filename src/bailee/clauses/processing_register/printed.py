"""Printed: a register as PDF/A, one sheet a controller; the same register gives the same bytes."""

from pathlib import Path
from typing import Any

import msgspec

from bailee.clauses.processing_register import saying, sheets
from bailee.clauses.processing_register.composing import gaps
from bailee.clauses.processing_register.drawing import mapped
from bailee.clauses.processing_register.events import Register, Stray
from bailee.infra.web import words

STRAYS = {
    "unused": "{activity}: nothing was done under it in the last 90 days (last: {last}).",
    "unused-part": "{activity}: {what} was not used in the last 90 days (last: {last}).",
    "refused": "Refused, {times} ×: {operation}, for {purpose}: {reason} (last: {last}).",
    "ended": "{activity} has ended; it was used {times} × before (last: {last}).",
    "after-end": "{activity} was used after it had ended (last: {last}). This must not happen: look into it.",
}
GAPS = {
    "representative": "No representative in the Union (Art. 27) is named for {which}.",
    "name": "The name of {which} is missing.",
    "address": "The address of {which} is missing.",
    "guarantee": "No guarantee is on record for the transfer to {which}.",
}
TEMPLATE = Path(__file__).with_name("templates") / "register.typ"


def printed(register: Register, language: str) -> bytes:
    """The PDF. `NotTypeset` where it cannot be set."""
    from bailee.infra import pdf  # heavy, and only a PDF needs it

    return pdf.typeset(TEMPLATE, _said(register, language))


def _said(register: Register, language: str) -> dict[str, Any]:
    declared, observed = register.declared, register.observed
    drawn = mapped(declared, observed)
    return {
        "language": language, "digest": register.digest, "number": register.number, "simulated": register.simulated, "destroyed": register.destroyed,
        "made_day": f"{register.made_at:%Y-%m-%d}", "as_of": words.moment(language, register.at),
        "made_at": words.moment(language, register.made_at), "title": declared.title, "version": declared.version,
        "since": words.day(language, declared.since),
        "ended": words.day(language, declared.ended_at) if declared.ended_at else "",
        "parties": [
            [one.name, one.address, one.country, sheets.officer(one, language), sheets.representative(one)]
            for one in (declared.controller, declared.processor)
        ],
        "lines": [_line(one, language) for one in sheets.lines(register, language)],
        "companies": list(map(sheets.company, declared.companies)),
        "transfers": sheets.transferred(declared, language), "measures": sheets.measures(declared, language),
        "kept": sheets.kept(declared, language), "regions": sheets.regions(declared, language),
        "map": {
            "columns": [saying.category(language, one, declared.labels) for one in drawn.categories],
            "rows": [[saying.coded(language, "purpose", row.purpose), row.cells] for row in drawn.rows],
        },
        "counted": words.day(language, observed.until), "entries": words.figure(language, observed.entries),
        "unread": observed.unread, "behind": observed.behind,
        "strays": [stray(one, register, language) for one in register.strays],
        "gaps": [gap(one, language) for one in gaps(declared)],
    }  # fmt: skip


def _line(one: sheets.Line, language: str) -> dict[str, Any]:
    return msgspec.structs.asdict(one) | {
        "since": words.day(language, one.since), "until": words.day(language, one.until) if one.until else "",
        "last_at": words.day(language, one.last_at) if one.last_at else "", "times": words.figure(language, one.times),
    }  # fmt: skip


def gap(code: str, language: str) -> str:
    """What a register cannot say, in words."""
    kind, _, which = code.partition("/")
    return saying.said(language, GAPS[kind], which=saying.coded(language, "side", which))


def stray(one: Stray, register: Register, language: str) -> str:
    """Where declared and observed part, as a sentence."""
    unknown = saying.said(language, "not known" if register.observed.unread else "never")
    last = words.day(language, one.last_at) if one.last_at else unknown
    return saying.said(
        language, STRAYS[f"{one.kind}-part" if one.part else one.kind], activity=saying.activity(language, one.activity),
        what=_what(one, register, language), last=last, times=words.figure(language, one.times),
        purpose=saying.coded(language, "purpose", one.purpose), operation=saying.coded(language, "nature", one.operation),
        reason=saying.coded(language, "refused", one.reason),
    )  # fmt: skip


def _what(one: Stray, register: Register, language: str) -> str:
    if one.part == "category":
        return saying.category(language, one.what, register.declared.labels)
    return saying.coded(language, "nature" if one.part == "operation" else one.part or "part", one.what)

"""A person's history as a page shows it: entries of the ledger in plain words, the latest first."""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from bailee.ledger.reading import Reading

SHOWN = 100
ACTORS = {
    "processor_system": "the platform",
    "processor_staff": "the processor's staff",
    "controller_system": "a system of the organisation",
    "controller_staff": "someone of the organisation",
    "person": "the person",
    "auditor": "an auditor",
}
KINDS = {
    "permit": "Access allowed",
    "refusal": "Access refused",
    "withheld": "Access withheld",
    "change": "Data changed",
    "repeated": "Access refused, several times",
    "person-changed": "Groups or restriction changed",
    "erasure-asked": "Erasure asked for",
    "erased": "Erased",
    "account-invited": "Invited",
    "invitation-sent": "Invitation sent",
    "reset-sent": "Link to sign in anew sent",
    "account-accept": "Invitation accepted",
    "account-suspend": "Account suspended",
    "account-resume": "Account resumed",
    "account-ask-closing": "Closing of the account asked for",
    "account-keep": "Account kept",
    "roles-given": "Roles given",
    "access-reviewed": "Access reviewed",
    "unmasked": "Seen in clear",
    "signed-in": "Signed in",
    "sign-in-refused": "Sign-in refused",
    "signed-out": "Signed out",
    "sign-in-changed": "Ways of signing in changed",
    "handed-over": "Handed over",
    "merged": "Merged with a duplicate",
    "merge-undone": "Parted from a duplicate again",
    "duplicate-dismissed": "Found to be someone else than a likely duplicate",
    "ledger-read": "History looked at",
    "retention-applied": "Gone by a rule of retention",
    "photo-changed": "Photograph changed",
}
OPERATIONS = {
    "consult": "looked at", "retrieve": "read", "query": "searched", "modify": "corrected", "store": "taken in",
    "erase": "erased", "delete": "deleted", "export": "exported", "download": "downloaded", "restrict": "restricted",
    "combine": "matched", "transmit": "sent on", "return": "returned",
}  # fmt: skip


class Line(msgspec.Struct, frozen=True):
    """One entry in words; texts are English keys of the pages' words."""

    at: datetime
    words: str
    operation: str
    actor: str
    own: bool
    good: bool
    clause: str
    categories: tuple[str, ...]
    name: str
    purpose: str
    index: int | None
    details: dict[str, Any]


class Alike(msgspec.Struct, frozen=True):
    """Entries that say the same: the latest of them, how many there are, and when the first was written."""

    line: Line
    number: int
    first_at: datetime


async def told(reading: Reading, controller: UUID, person: UUID, absorbed: Sequence[UUID] = ()) -> list[Alike]:
    """The entries about a person, and about those merged into them, the alike together and the latest first; what
    names several is said once."""
    lines = {
        one.name: _line(one.name, one.index, json.loads(one.opened.body), whose)
        for whose in (*absorbed, person)
        async for one in reading.about(controller, whose)
    }
    return together(lines.values())[:SHOWN]


def together(lines: Iterable[Line]) -> list[Alike]:
    """Lines that say the same of the same actor, told once; in the order of their latest."""
    alike: dict[tuple[object, ...], list[Line]] = {}
    for line in sorted(lines, key=lambda line: line.at, reverse=True):
        said = (line.words, line.operation, line.actor, line.purpose, line.clause, line.details.get("reason"))
        alike.setdefault(said, []).append(line)
    return [Alike(same[0], len(same), same[-1].at) for same in alike.values()]


def _line(name: str, index: int | None, body: dict[str, Any], person: UUID) -> Line:
    kind = body["kind"]
    own = body["actor"] == str(person)
    return Line(
        at=datetime.fromisoformat(body["at"]),
        words=KINDS.get(kind, f"kind-{kind}"),
        operation=OPERATIONS.get(body.get("operation", ""), ""),
        actor="the person"
        if own
        else ACTORS.get(
            body.get("actor_kind", ""), "the platform" if body["actor"] == "platform" else "someone of the organisation"
        ),
        own=own,
        good=kind not in ("refusal", "repeated", "withheld"),
        clause=body.get("clause", ""),
        categories=tuple(body.get("categories", ())),
        name=name,
        purpose=body.get("purpose", ""),
        index=index,
        details=body.get("details", {}),
    )

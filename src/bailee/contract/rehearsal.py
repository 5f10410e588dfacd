"""Rehearsal: recorded traffic ruled again, as things stand and as they would stand. Pure.

What a ledger entry says of an access is folded into a pattern with a count; each pattern is ruled twice. The ledger
does not say all: bodies of old months are pruned, groups of persons are not written down, and the data named are those
that were released. `Report` counts what could not be replayed, and says so.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any, Literal
from uuid import UUID

import msgspec

from bailee.contract.agreement import Agreement
from bailee.contract.amendments import amended
from bailee.contract.documents import Amendment, InstructionText, SignedDocument, Withdrawal
from bailee.contract.force import NOTHING, Beside, Found, InForce, composed, read_documents
from bailee.contract.ruling import AccessRequest, Permit, Standing, rule
from bailee.vocabulary.operations import Operation
from bailee.vocabulary.parties import Actor, ActorKind
from bailee.vocabulary.purposes import Purpose

Proposal = Agreement | Amendment | InstructionText | Withdrawal
Effect = Literal["same", "allowed", "refused", "wider", "narrower"]
EFFECTS: tuple[Effect, ...] = ("refused", "allowed", "narrower", "wider", "same")
MOST_PATTERNS = 5_000
# Whoever asks is trusted here: what an undertaking, a training or a consent decided is no matter of an instruction.
FOREVER = datetime.max.replace(tzinfo=UTC)
TRUSTED = Standing(confidential_until=FOREVER, trained_until=FOREVER, destination_consented_until=FOREVER)
NOT_OF_INSTRUCTIONS = frozenset(
    {"no-undertaking", "not-trained", "place-outside-eu", "not-own-data", "restricted", "objected", "unknown",
     "purpose-not-of-record", "purpose-not-of-credential", "group-not-covered", "altered", "sub-processor-not-engaged"}
)  # fmt: skip
NIL = UUID(int=0)


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """What an entry says of an access; everything else in a body is no matter of a rehearsal."""

    kind: str
    actor: str
    actor_kind: str = ""
    operation: str = ""
    purpose: str = ""
    place: str = ""
    reason: str = ""
    categories: tuple[str, ...] = ()
    recipient: str | None = None
    count: int | None = None


class Pattern(msgspec.Struct, frozen=True, kw_only=True):
    """Accesses that a ruling cannot tell apart. A person's label is left out: persons are not told apart."""

    actor: str
    actor_kind: ActorKind
    purpose: Purpose
    operation: Operation
    categories: tuple[str, ...]
    recipient: str | None
    place: str


class Traffic(msgspec.Struct, kw_only=True):
    """Recorded accesses, folded. It holds `most` patterns and counts what comes beyond."""

    most: int = MOST_PATTERNS
    entries: int = 0
    pruned: int = 0
    others: int = 0
    beyond: int = 0
    not_of_instructions: int = 0
    cut: bool = False
    patterns: dict[Pattern, int] = {}

    def add(self, body: bytes | None) -> None:
        """Fold one entry in; None where its body is pruned."""
        self.entries += 1
        if body is None:
            self.pruned += 1
            return
        said = msgspec.json.decode(body, type=Said)
        if said.kind not in ("permit", "change", "refusal") or not said.purpose:
            self.others += 1
        elif said.reason in NOT_OF_INSTRUCTIONS:
            self.not_of_instructions += said.count or 1
        else:
            self._count(_pattern(said), said.count or 1)

    def _count(self, pattern: Pattern, count: int) -> None:
        if pattern not in self.patterns and len(self.patterns) >= self.most:
            self.beyond += count
        else:
            self.patterns[pattern] = self.patterns.get(pattern, 0) + count


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """What a proposal would do to accesses of one pattern, and which instruction or clause decides then."""

    purpose: str
    actor: str
    actor_kind: str
    operation: str
    recipient: str | None
    place: str
    count: int
    effect: Effect
    gained: tuple[str, ...]
    lost: tuple[str, ...]
    decided_by: str
    clause: str


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """A rehearsal: what changes, gravest first; how much by purpose; and what could not be replayed."""

    since: datetime
    until: datetime
    entries: int
    replayed: int
    pruned: int
    others: int
    beyond: int
    not_of_instructions: int
    rows: tuple[Row, ...]
    by_purpose: dict[str, dict[str, int]]
    in_force: bool
    complete: bool

    @property
    def changes(self) -> int:
        """How many accesses would be ruled otherwise."""
        return sum(row.count for row in self.rows if row.effect != "same")


def as_if(
    documents: Sequence[SignedDocument], proposal: Proposal, at: datetime, beside: Beside = NOTHING
) -> InForce | None:
    """What would be in force at `at` if the proposal were signed and had begun."""
    found = read_documents(documents, at)
    if found is None:
        return None
    return composed(_with(found, proposal, at), at, beside)


def rehearse(
    traffic: Traffic, before: InForce | None, after: InForce | None, span: tuple[datetime, datetime]
) -> Report:
    """Rule every pattern twice and say what differs."""
    at = span[1]
    rows = [_row(pattern, count, before, after, at) for pattern, count in traffic.patterns.items()]
    rows.sort(key=lambda row: (EFFECTS.index(row.effect), -row.count, row.purpose, row.actor_kind, row.actor))
    by_purpose: dict[str, dict[str, int]] = {}
    for row in rows:
        counts = by_purpose.setdefault(row.purpose, dict.fromkeys(EFFECTS, 0))
        counts[row.effect] += row.count
    return Report(
        since=span[0], until=at, entries=traffic.entries, replayed=sum(traffic.patterns.values()),
        pruned=traffic.pruned, others=traffic.others, beyond=traffic.beyond,
        not_of_instructions=traffic.not_of_instructions, rows=tuple(rows), by_purpose=by_purpose,
        in_force=before is not None, complete=not traffic.cut,
    )  # fmt: skip


def _with(found: Found, proposal: Proposal, at: datetime) -> Found:
    """The documents as read, the proposal among them, moved to the instant that is rehearsed."""
    replace = msgspec.structs.replace
    if isinstance(proposal, Agreement):
        return replace(found, agreement=proposal)
    if isinstance(proposal, Amendment):
        amended(found.agreement, proposal)  # a path that is not there is said now, and by its name
        return replace(found, texts=(*found.texts, replace(proposal, since=min(proposal.since, _day(at)))))
    if isinstance(proposal, Withdrawal):
        return replace(found, texts=(*found.texts, replace(proposal, at=min(proposal.at, at))))
    begun = replace(proposal, in_force_from=min(proposal.in_force_from, at))
    if begun.in_force_until is not None and begun.in_force_until <= at:
        begun = replace(begun, in_force_until=None)
    return replace(found, texts=(*found.texts, begun))


def _day(at: datetime) -> date:
    return at.astimezone(UTC).date()


def _pattern(said: Said) -> Pattern:
    parts: dict[str, Any] = msgspec.structs.asdict(said)
    kept = {name: parts[name] for name in Pattern.__struct_fields__}
    if said.actor_kind == ActorKind.person:
        kept["actor"] = ""
    return msgspec.convert(kept, Pattern)


def _row(pattern: Pattern, count: int, before: InForce | None, after: InForce | None, at: datetime) -> Row:
    was, would = (rule(force, TRUSTED, _request(pattern), at) for force in (before, after))
    gained, lost = frozenset[str](), frozenset[str]()
    if isinstance(was, Permit) and isinstance(would, Permit):
        named = frozenset(pattern.categories) or was.categories
        lost = named - would.categories
        if named >= was.categories:  # who asked for some fields by name is shown no more of them
            gained = would.categories - was.categories
        effect: Effect = "narrower" if lost else "wider" if gained else "same"
    elif isinstance(was, Permit):
        effect = "refused"
    else:
        effect = "allowed" if isinstance(would, Permit) else "same"
    return Row(
        purpose=pattern.purpose, actor=pattern.actor, actor_kind=pattern.actor_kind, operation=pattern.operation,
        recipient=pattern.recipient, place=pattern.place, count=count, effect=effect, gained=tuple(sorted(gained)),
        lost=tuple(sorted(lost)), decided_by=would.instruction or "", clause=would.clause,
    )  # fmt: skip


def _request(pattern: Pattern) -> AccessRequest:
    """The access as the ledger knows it; a person asks about nobody but themselves, else it was refused then."""
    person = pattern.actor_kind is ActorKind.person
    return AccessRequest(
        actor=Actor(id=str(NIL) if person else pattern.actor, kind=pattern.actor_kind, credential=NIL), controller=NIL,
        operation=pattern.operation, purpose=pattern.purpose, persons=(NIL,) if person else (),
        recipient=pattern.recipient, place=pattern.place,
    )  # fmt: skip

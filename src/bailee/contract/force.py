"""What is in force at an instant: the filed documents folded in order, and compiled for deciding.

The result is good for an interval between two neighbouring boundaries (an instruction starting or ending,
an amendment's date, the end of the contract). Compiled, a decision is a few look-ups, however many
instructions there are: (purpose, operation, actor kind) -> group -> categories, with who decided each.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time

import msgspec
from msgspec import UNSET

from bailee.contract.agreement import Agreement
from bailee.contract.amendments import amended
from bailee.contract.challenges import Suspension, left, suspended, taken
from bailee.contract.compulsion import Order
from bailee.contract.documents import (
    Amendment,
    Confirmation,
    End,
    InstructionText,
    SignedDocument,
    Text,
    Withdrawal,
    read_content,
)
from bailee.contract.engagements import Engagement
from bailee.contract.instructions import Instruction, given, standing_instructions
from bailee.contract.reading import activation_gaps
from bailee.contract.signing import Signer, check_signatures, missing, signed_by, signers

Key = tuple[str, str, str]
FIRST = datetime.min.replace(tzinfo=UTC)


class Cover(msgspec.Struct, frozen=True):
    """What is covered for one purpose, operation and actor kind."""

    by_group: Mapping[str, frozenset[str]]
    categories: frozenset[str]
    recipients: Mapping[str, frozenset[str]]
    decided_by: Mapping[str, Instruction]
    first: Instruction


class Beside(msgspec.Struct, frozen=True):
    """What stands in the gate's store beside the signed documents: challenges that suspend, orders of the law, and the
    sub-processors that may receive data."""

    suspensions: tuple[Suspension, ...] = ()
    orders: tuple[Order, ...] = ()
    engagements: tuple[Engagement, ...] = ()


NOTHING = Beside()


class InForce(msgspec.Struct, frozen=True, kw_only=True):
    """The agreement, instructions and orders in force, on [valid_from, valid_until); the agreement since `since`.

    `suspended` says what only a suspended instruction would allow, and which one.
    """

    agreement: Agreement
    since: datetime
    digest: str
    instructions: tuple[Instruction, ...]
    ended_at: datetime | None
    valid_from: datetime
    valid_until: datetime | None
    covers: Mapping[Key, Cover]
    purposes: frozenset[str]
    signers: frozenset[Signer]
    suspended: Mapping[Key, str] = {}
    orders: tuple[Order, ...] = ()
    engagements: tuple[Engagement, ...] = ()


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """The signed documents read: the agreement, since when, its digest and signers, and all that follows it."""

    agreement: Agreement
    since: datetime
    digest: str
    signers: frozenset[Signer]
    texts: tuple[Text, ...]


def compile_documents(documents: Sequence[SignedDocument], at: datetime, beside: Beside = NOTHING) -> InForce | None:
    """What is in force at `at`; None where no agreement is: nothing is allowed then."""
    found = read_documents(documents, at)
    return None if found is None else composed(found, at, beside)


def read_documents(documents: Sequence[SignedDocument], at: datetime) -> Found | None:
    """The documents that have force, read; None where no agreement is in force at `at`."""
    valid = [document for document in documents if not check_signatures(document)]
    found = _agreement(valid, at)
    if found is None:
        return None
    agreement, since, document = found
    known = signers(document)
    texts = (read_content(one) for one in valid if one.kind != "agreement" and _has_force(one, agreement, known))
    return Found(agreement=agreement, since=since, digest=document.digest, signers=known, texts=tuple(texts))


def composed(found: Found, at: datetime, beside: Beside = NOTHING) -> InForce:
    """What was read, folded as of `at` and compiled for deciding."""
    agreement = found.agreement
    ended_at = min((text.at for text in found.texts if isinstance(text, End)), default=None)
    amendments = [text for text in found.texts if isinstance(text, Amendment)]
    for amendment in sorted(amendments, key=lambda one: one.since):
        if midnight(amendment.since) <= at:
            agreement = amended(agreement, amendment)
    instructions = [*standing_instructions(agreement, found.since), *given_by(found.texts)]
    boundaries = [found.since, *(midnight(one.since) for one in amendments), *_edges([*instructions, *beside.orders])]
    boundaries += [ended_at] if ended_at else []
    boundaries += [text.at for text in found.texts if isinstance(text, Confirmation)]
    whole = [one for one in instructions if one.in_force(at)]
    stopped = suspended(beside.suspensions, found.texts, at)
    live = tuple(rest for one in whole for rest in left(one, stopped))
    covers = compiled(live)
    return InForce(
        agreement=agreement,
        since=found.since,
        digest=found.digest,
        instructions=live,
        ended_at=ended_at if ended_at and ended_at <= at else None,
        valid_from=max((one for one in boundaries if one <= at), default=FIRST),
        valid_until=min((one for one in boundaries if one > at), default=None),
        covers=covers,
        purposes=frozenset(purpose for one in live for purpose in one.purposes),
        signers=found.signers,
        suspended=taken(whole, covers, stopped),
        orders=tuple(one for one in beside.orders if one.in_force(at)),
        engagements=beside.engagements,
    )


def compiled(instructions: Iterable[Instruction]) -> dict[Key, Cover]:
    """The table that decides. Where several cover the same, the first on file is the one named."""
    building: dict[Key, list[Instruction]] = {}
    for one in instructions:
        for purpose in one.purposes:
            for operation in one.operations:
                for actor in one.actors:
                    building.setdefault((purpose, operation, actor), []).append(one)
    return {key: _cover(members) for key, members in building.items()}


def midnight(day: date) -> datetime:
    """The first instant of a day, in UTC."""
    return datetime.combine(day, time(), UTC)


def _cover(members: list[Instruction]) -> Cover:
    by_group: dict[str, set[str]] = {}
    recipients: dict[str, set[str]] = {}
    decided_by: dict[str, Instruction] = {}
    for one in members:
        for group in one.groups:
            by_group.setdefault(group, set()).update(one.categories)
        for recipient in one.recipients:
            recipients.setdefault(recipient, set()).update(one.categories)
        for category in one.categories:
            decided_by.setdefault(category, one)
    return Cover(
        by_group={group: frozenset(found) for group, found in by_group.items()},
        categories=frozenset(decided_by),
        recipients={name: frozenset(found) for name, found in recipients.items()},
        decided_by=decided_by,
        first=members[0],
    )


def _agreement(documents: Sequence[SignedDocument], at: datetime) -> tuple[Agreement, datetime, SignedDocument] | None:
    newest = None
    for document in documents:
        if document.kind != "agreement":
            continue
        agreement = msgspec.json.decode(document.content, type=Agreement)
        since = max([midnight(agreement.in_force_from), *(one.signed_at for one in document.signatures)])
        if since <= at and not missing(document, agreement.signatories) and not activation_gaps(agreement):
            newest = (agreement, since, document)
    return newest


def _has_force(document: SignedDocument, agreement: Agreement, known: frozenset[Signer]) -> bool:
    """Both sign an amendment, the controller its instructions, either of them the end."""
    if document.kind == "end":
        return bool(signed_by(document, known))
    both = document.kind == "amendment"
    required = tuple(one for one in agreement.signatories if both or one.party == "controller")
    return not missing(document, required, known)


def given_by(texts: Sequence[Text]) -> list[Instruction]:
    """Every instruction that texts give, those included that have ended, each cut short where it was withdrawn."""
    ends: dict[str, datetime] = {}
    for text in texts:
        if isinstance(text, Withdrawal):
            ends[text.instruction] = min(text.at, ends.get(text.instruction, text.at))
        elif isinstance(text, InstructionText) and text.replaces is not UNSET and text.replaces != text.id:
            ends[text.replaces] = min(text.in_force_from, ends.get(text.replaces, text.in_force_from))
    return [
        given(text, min((t for t in (text.in_force_until, ends.get(text.id)) if t), default=None))
        for text in texts
        if isinstance(text, InstructionText)
    ]


def _edges(members: Iterable[Instruction | Order]) -> list[datetime]:
    return [edge for one in members for edge in (one.in_force_from, one.in_force_until) if edge]

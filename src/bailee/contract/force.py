"""What is in force at an instant: the filed documents folded in order, and compiled for deciding.

The result is good for an interval between two neighbouring boundaries (an instruction starting or ending,
an amendment's date, the end of the contract). Compiled, a decision is a few look-ups, however many
instructions there are: (purpose, operation, actor kind) -> group -> categories, with who decided each.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time

import msgspec

from bailee.contract.agreement import Agreement
from bailee.contract.amendments import amended
from bailee.contract.documents import Amendment, End, InstructionText, SignedDocument, Text, Withdrawal, read_content
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


class InForce(msgspec.Struct, frozen=True, kw_only=True):
    """The agreement and instructions in force, on [valid_from, valid_until); the agreement itself since `since`."""

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


def compile_documents(documents: Sequence[SignedDocument], at: datetime) -> InForce | None:
    """What is in force at `at`; None where no agreement is: nothing is allowed then."""
    valid = [document for document in documents if not check_signatures(document)]
    found = _agreement(valid, at)
    if found is None:
        return None
    agreement, since, document = found
    known = signers(document)
    signed = [read_content(one) for one in valid if one.kind != "agreement" and _has_force(one, agreement, known)]
    ended_at = min((text.at for text in signed if isinstance(text, End)), default=None)
    amendments = [text for text in signed if isinstance(text, Amendment)]
    for amendment in sorted(amendments, key=lambda one: one.since):
        if midnight(amendment.since) <= at:
            agreement = amended(agreement, amendment)
    instructions = [*standing_instructions(agreement, since), *_given(signed)]
    boundaries = [since, *(midnight(one.since) for one in amendments), *_edges(instructions)]
    boundaries += [ended_at] if ended_at else []
    live = tuple(one for one in instructions if one.in_force(at))
    return InForce(
        agreement=agreement,
        since=since,
        digest=document.digest,
        instructions=live,
        ended_at=ended_at if ended_at and ended_at <= at else None,
        valid_from=max((one for one in boundaries if one <= at), default=FIRST),
        valid_until=min((one for one in boundaries if one > at), default=None),
        covers=compiled(live),
        purposes=frozenset(purpose for one in live for purpose in one.purposes),
        signers=known,
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


def _given(texts: Sequence[Text]) -> list[Instruction]:
    withdrawn: dict[str, datetime] = {}
    for text in texts:
        if isinstance(text, Withdrawal):
            withdrawn[text.instruction] = min(text.at, withdrawn.get(text.instruction, text.at))
    return [
        given(text, min((t for t in (text.in_force_until, withdrawn.get(text.id)) if t), default=None))
        for text in texts
        if isinstance(text, InstructionText)
    ]


def _edges(instructions: Iterable[Instruction]) -> list[datetime]:
    return [edge for one in instructions for edge in (one.in_force_from, one.in_force_until) if edge]

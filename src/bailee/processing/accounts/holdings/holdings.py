"""What is held about a person: of each kind how many, what for and by which instruction, since when and until when.

A page draws it. It is asked after the gate has answered who the person is, under the entry of that answer: what is
told here are the facts that stand in clear beside the sealed values, and only of kinds that the visitor may see.
"""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from bailee.contract.force import InForce
from bailee.contract.ruling import AccessRequest, Permit, Refusal
from bailee.gate.archive import Dossier
from bailee.gate.passage import Passage
from bailee.gate.people import Person
from bailee.infra.clock import Clock
from bailee.infra.database import Database
from bailee.processing.accounts.holdings import queries
from bailee.processing.accounts.holdings.picture import Bar, Picture, drawn
from bailee.vault.files import FILES, PHOTO
from bailee.vault.holding import Row
from bailee.vocabulary.operations import Operation

PHOTOS = frozenset({"profile-photo"})
BUILT_IN = frozenset({"profile", "scim", "majority", "activity", PHOTO, FILES})


class Ground(msgspec.Struct, frozen=True):
    """A purpose that data are held for, and the instructions in force that say so: those that store, else that use."""

    purpose: str
    instructions: tuple[str, ...]


class Kind(msgspec.Struct, frozen=True, kw_only=True):
    """Records that are alike: their type, how many, what for, since when, and the ends of the first and the last.

    `idle` purposes are named with them and nothing in force pursues them. Without an end of its own a record is kept
    until the contract ends, and `period` after it at most.
    """

    type: str
    own: bool
    number: int
    grounds: tuple[Ground, ...]
    idle: int
    since: datetime
    first_end: datetime | None
    last_end: datetime | None
    bar: Bar


class Holding(msgspec.Struct, frozen=True):
    """All that may be told about a person; `untold` kinds are not this visitor's to see."""

    kinds: tuple[Kind, ...]
    picture: Picture
    untold: int
    period: str


class Holdings:
    """Tells what is held about people."""

    def __init__(self, *, passage: Passage, database: Database, clock: Clock) -> None:
        self._passage = passage
        self._database = database
        self._clock = clock

    async def about(self, request: AccessRequest, person: Person) -> Holding | Refusal:
        """What is held about a person whom the gate has just told of."""
        dossier = await self._passage.dossier(request.controller)
        permit, now = self._passage.rule(dossier, request), self._clock.now()
        if isinstance(permit, Refusal):
            return await self._passage.refuse(permit)
        async with self._database.transaction(request.controller) as tx:
            rows = await tx.fetch(queries.KINDS, request.controller, person.id, now)
        force = dossier.in_force(now)
        assert force is not None, "a permit comes of what is in force"
        told = [row for row in rows if _categories(dossier, row["type"], permit) & permit.categories]
        picture = drawn([(row["since"], row["first_end"], _last(row)) for row in told], now)
        kinds = tuple(
            _kind((dossier, force, permit), row, person.groups, bar)
            for row, bar in zip(told, picture.bars, strict=True)
        )
        return Holding(kinds, picture, len(rows) - len(told), force.agreement.terms.retention.processor_most.value)


def _kind(under: tuple[Dossier, InForce, Permit], row: Row, groups: Sequence[str], bar: Bar) -> Kind:
    dossier, force, permit = under
    policy = dossier.classes.get(row["class_id"])
    categories = _categories(dossier, row["type"], permit)
    purposes = policy.purposes if policy else ()
    found = [_ground(force, purpose, groups, categories) for purpose in purposes]
    grounds = tuple(one for one in found if one.instructions)
    return Kind(
        type=row["type"], own=row["type"] not in BUILT_IN, number=row["number"], grounds=grounds,
        idle=len(found) - len(grounds), since=row["since"], first_end=row["first_end"], last_end=_last(row), bar=bar,
    )  # fmt: skip


def _ground(force: InForce, purpose: str, groups: Sequence[str], categories: frozenset[str]) -> Ground:
    """Why such data of such people may be held for a purpose."""
    found = [
        one for one in force.instructions
        if purpose in one.purposes and one.groups & set(groups) and one.categories & categories
    ]  # fmt: skip
    storing = [one for one in found if Operation.store in one.operations]
    return Ground(purpose, tuple(sorted(one.id for one in storing or found)))


def _last(row: Row) -> datetime | None:
    """When the last of them ends; None where one has no end of its own."""
    end: datetime | None = row["last_end"]
    return None if row["endless"] else end


def _categories(dossier: Dossier, type_name: str, permit: Permit) -> frozenset[str]:
    """The categories of what a type can hold. A file's is sealed with it: it may be any that the visitor may see."""
    known = dossier.types.get(type_name)
    if known is None:
        return PHOTOS if type_name == PHOTO else permit.categories
    return frozenset(field.category for field in known.fields.values())

"""An assessment as it stands, and the facts that help with one: in no language yet."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

import msgspec

State = Literal["asked", "answered", "concluded"]
Form = Literal["pia", "pia-back"]
FORMS: tuple[Form, ...] = ("pia", "pia-back")


class Measure(msgspec.Struct, frozen=True, kw_only=True):
    """A measure of security as an assessment lists it. `kind` is the slug of the authority's own catalogue."""

    title: str
    content: str
    kind: str


class Purposed(msgspec.Struct, frozen=True, kw_only=True):
    """What is done for a purpose: with which data of whom, how, by whom, and who receives them."""

    purpose: str
    categories: tuple[str, ...]
    groups: tuple[str, ...]
    operations: tuple[str, ...]
    actors: tuple[str, ...]
    recipients: tuple[str, ...]


class Company(msgspec.Struct, frozen=True, kw_only=True):
    """A company in the chain: its role and country."""

    name: str
    role: str
    country: str
    inside: bool


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What the processor knows of a controller's processing at an instant. Periods are as the agreement writes them."""

    at: datetime
    controller: str
    controller_officer: str
    processor: str
    processor_officer: str
    agreement: str
    version: str
    signed_at: datetime
    purposes: tuple[Purposed, ...]
    categories: tuple[str, ...]
    groups: tuple[str, ...]
    regions: tuple[str, ...]
    companies: tuple[Company, ...]
    destroyed: str
    technical: str
    technical_addresses: str
    controller_most: str
    answer: str
    measures: tuple[Measure, ...] = ()


class Action(msgspec.Struct, frozen=True, kw_only=True):
    """A measure that a conclusion asks for: until when, and how it was applied."""

    words: str
    due_on: date
    obligation: UUID
    done_at: datetime | None = None
    done: str = ""


class Papers(msgspec.Struct, frozen=True, kw_only=True):
    """What was said, as it is sealed."""

    name: str
    questions: str = ""
    answer: str = ""
    conclusions: str = ""
    actions: tuple[Action, ...] = ()


class Assessment(msgspec.Struct, frozen=True, kw_only=True):
    """An assessment of the controller's with which it asked for help."""

    id: UUID
    version: int
    state: State
    asked_at: datetime
    changed_at: datetime
    papers: Papers

    @property
    def open_actions(self) -> int:
        """How many measures are still to be applied."""
        return sum(one.done_at is None for one in self.papers.actions)

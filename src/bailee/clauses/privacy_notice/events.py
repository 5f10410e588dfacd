"""What a controller fills in, and what a notice says: facts, in no language yet."""

from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

Ground = Literal[
    "", "consent", "contract", "legal-obligation", "vital-interests", "public-task", "legitimate-interests"
]
GROUNDS: tuple[Ground, ...] = (
    "consent", "contract", "legal-obligation", "vital-interests", "public-task", "legitimate-interests",
)  # fmt: skip
Occasion = Literal["page", "invitation", "sign-in", "import", "collection"]


class OfPurpose(msgspec.Struct, frozen=True, kw_only=True):
    """What only the controller knows of a purpose. Texts are its own words, in each language of its persons."""

    ground: Ground = ""
    interests: dict[str, str] = {}
    kept: dict[str, str] = {}


class Filled(msgspec.Struct, frozen=True, kw_only=True):
    """All that a controller has filled in. `obligatory`: whether data must be given, and what follows if not;
    `source`: whence data come that are not had from the person; `automated`: the logic of decisions by machines."""

    contact: str = ""
    purposes: dict[str, OfPurpose] = {}
    obligatory: dict[str, str] = {}
    source: dict[str, str] = {}
    automated: dict[str, str] = {}


class Purposed(msgspec.Struct, frozen=True, kw_only=True):
    """A purpose as a notice tells it."""

    purpose: str
    categories: tuple[str, ...]
    ground: str
    interests: str
    kept: str


class Company(msgspec.Struct, frozen=True, kw_only=True):
    """A company that receives data: its role and country."""

    name: str
    role: str
    country: str


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """The facts of a notice, for one group of persons in one language."""

    controller: str
    address: str
    contact: str
    officer: str
    officer_mail: str
    processor: str
    purposes: tuple[Purposed, ...]
    recipients: tuple[str, ...]
    companies: tuple[Company, ...]
    outside: tuple[Company, ...]
    end_period: str
    consent: bool
    obligatory: str
    source: str
    automated: str
    profiles: bool
    authority: str
    authority_site: str


class Version(msgspec.Struct, frozen=True, kw_only=True):
    """A notice as it was shown: its digest is that of the very bytes."""

    digest: str
    language: str
    group: str
    number: int
    made_at: datetime


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """Which version a person was shown, when and where."""

    person: UUID
    digest: str
    language: str
    group: str
    shown_at: datetime
    occasion: str

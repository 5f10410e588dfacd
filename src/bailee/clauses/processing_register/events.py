"""What a register says, and what becomes of it: facts, in codes of the vocabulary, in no language yet."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

import msgspec

Outcome = Literal["used", "refused"]
Form = Literal["pdf", "csv", "xlsx", "json", "json-ld"]
FORMS: tuple[Form, ...] = ("pdf", "csv", "xlsx", "json", "json-ld")
Asker = Literal["controller", "authority"]
Receiver = Literal["controller", "authority", "auditor", "processor"]
Strays = Literal["unused", "refused", "ended", "after-end"]


class Named(msgspec.Struct, frozen=True):
    """Someone who is reached about data protection."""

    name: str
    email: str


class PartyOf(msgspec.Struct, frozen=True, kw_only=True):
    """One side of the agreement; `officer` is None where none is appointed, `representative` (Art. 27) where none is named."""

    name: str
    country: str
    address: str
    officer: Named | None = None
    representative: Named | None = None


class Activity(msgspec.Struct, frozen=True, kw_only=True):
    """A category of processing: what one service or instruction covers. `kept` is the longest that what is made of the
    data stays, where the instruction says so; `reason` is the controller's own. `suspended`: only this part goes on."""

    id: str
    clause: str
    purposes: tuple[str, ...]
    operations: tuple[str, ...]
    categories: tuple[str, ...]
    groups: tuple[str, ...]
    actors: tuple[str, ...]
    recipients: tuple[str, ...]
    since: datetime
    until: datetime | None = None
    kept: str = ""
    reason: str = ""
    suspended: bool = False


class Company(msgspec.Struct, frozen=True, kw_only=True):
    """A sub-processor: its role, where it is, which categories it sees (none named: all that its role needs)."""

    name: str
    role: str
    country: str
    categories: tuple[str, ...] = ()


class Carried(msgspec.Struct, frozen=True, kw_only=True):
    """A transfer to a third country: to whom, where, under which guarantee. `needed`: whether one is, besides consent."""

    recipient: str
    country: str
    guarantee: str = ""
    needed: bool = True


class Measure(msgspec.Struct, frozen=True, kw_only=True):
    """A measure of Art. 32(1) in general words, in each language."""

    id: str
    words: dict[str, str]


class Kept(msgspec.Struct, frozen=True):
    """How long something is kept: a term of the agreement by its path, and its value."""

    term: str
    period: str


class Declared(msgspec.Struct, frozen=True, kw_only=True):
    """What Art. 30(2) asks for, as it stood at an instant. Versions are of this; its digest names it.

    `labels` are the agreement's own names for categories that a controller added; `stopped` are the instructions of
    which nothing goes on while they are challenged.
    """

    title: str
    agreement: str
    version: str
    since: datetime
    ended_at: datetime | None
    controller: PartyOf
    processor: PartyOf
    activities: tuple[Activity, ...]
    companies: tuple[Company, ...]
    transfers: tuple[Carried, ...]
    measures: tuple[Measure, ...]
    kept: tuple[Kept, ...]
    regions: tuple[str, ...]
    labels: dict[str, str] = {}
    stopped: tuple[str, ...] = ()


class Pattern(msgspec.Struct, frozen=True, array_like=True):
    """What accesses have in common that are counted together.

    With a `category`, how often that category was used so; without, how often there was an access at all. What was
    refused says for which reason, and nothing that whoever asked may have made up.
    """

    outcome: Outcome
    purpose: str
    operation: str
    instruction: str = ""
    category: str = ""
    actor: str = ""
    recipient: str = ""
    place: str = ""
    reason: str = ""


class Tally(msgspec.Struct, frozen=True):
    """How often, and when last."""

    times: int
    last_at: datetime


class Use(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What really happened, as often as it did: a pattern's parts by name."""

    outcome: Outcome
    purpose: str
    operation: str
    instruction: str = ""
    category: str = ""
    actor: str = ""
    recipient: str = ""
    place: str = ""
    reason: str = ""
    times: int
    last_at: datetime

    @property
    def pattern(self) -> Pattern:
        """What was counted together."""
        return Pattern(
            self.outcome, self.purpose, self.operation, self.instruction, self.category, self.actor, self.recipient,
            self.place, self.reason,
        )  # fmt: skip


class Observed(msgspec.Struct, frozen=True, kw_only=True):
    """What the ledger tells: counted to the end of `until`. `behind` entries wait to be counted; `unread` were forgotten
    or veiled before they were."""

    until: date
    uses: tuple[Use, ...] = ()
    entries: int = 0
    unread: int = 0
    behind: int = 0


class Stray(msgspec.Struct, frozen=True, kw_only=True):
    """Where declared and observed part. `unused`: declared, and not used for so many days; `refused`: tried and refused;
    `ended`: was used under an instruction that has ended; `after-end`: used after it had. `part` says what of it
    (`purpose`, `operation`, `category`, or the whole)."""

    kind: Strays
    activity: str
    part: str = ""
    what: str = ""
    purpose: str = ""
    operation: str = ""
    reason: str = ""
    times: int = 0
    last_at: datetime | None = None


class Register(msgspec.Struct, frozen=True, kw_only=True):
    """A register as it is given: `number` is that of the version kept then (0: none was), `digest` that of `declared`.
    `destroyed`: the contract is over and what happened under it was destroyed; what was signed is left."""

    format: Literal["bailee.dev/register/v1"] = "bailee.dev/register/v1"
    controller: UUID
    at: datetime
    made_at: datetime
    number: int
    digest: str
    declared: Declared
    observed: Observed
    strays: tuple[Stray, ...]
    destroyed: bool = False
    simulated: bool = False


class Version(msgspec.Struct, frozen=True):
    """A version that was kept."""

    number: int
    digest: str
    made_at: datetime


class Given(msgspec.Struct, frozen=True, kw_only=True):
    """A copy that was given: to whom, in which forms, and the digests of the document and of its files."""

    id: UUID
    given_at: datetime
    digest: str
    to: Receiver
    whom: str
    by: str
    at: datetime
    number: int
    language: str
    files: dict[str, str]
    request: UUID | None = None


class Ask(msgspec.Struct, frozen=True, kw_only=True):
    """A request for the register: by whom, in their words, as of which instant (None: of when it is given)."""

    id: UUID
    asked_at: datetime
    asker: Asker
    whom: str
    at: datetime | None
    obligation: UUID
    open: bool

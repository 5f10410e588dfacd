"""Facts: a copy was made, was proven, was restored; a person attested one of a server of their own."""

from datetime import datetime
from typing import Literal

import msgspec

Kind = Literal["full", "keys", "attested"]
DATA, KEYS, FILES = "data", "keys", "files"


class Copy(msgspec.Struct, frozen=True, kw_only=True):
    """A copy that counts: whole, signed, and in its folder. `taken_at` is when what it holds was taken.

    `epochs` are the keys of the root provider (by name) that the copy of the key store needs to be opened. `attested`
    ones are of servers that the operator backs up: a person's word.
    """

    name: str
    kind: Kind
    stores: tuple[str, ...]
    taken_at: datetime
    ended_at: datetime
    expires_at: datetime
    size: int = 0
    parts: int = 0
    digest: str = ""
    epochs: tuple[str, ...] = ()
    gone_at: datetime | None = None
    by: str = "platform"
    entry: str = ""

    @property
    def has_keys(self) -> bool:
        """Whether the key store is in it."""
        return KEYS in self.stores


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """What a drill or a restore found, as counts: no ids of persons.

    `lost` are entries of ledgers that were published and are not in the copy; `revived` are persons whom the destruction
    log names and who came back: erased again before anything is served. `trouble` says in codes what is not as it must be.
    """

    logs: int = 0
    entries: int = 0
    lost: int = 0
    persons: int = 0
    records: int = 0
    sampled: int = 0
    opened: int = 0
    destroyed_since: int = 0
    revived: int = 0
    alive: int = 0
    files: int = 0
    trouble: tuple[str, ...] = ()


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """A drill, or a restore: of which copy, when, by whom, and what was found."""

    id: str
    kind: Literal["drill", "restore"]
    copy: str
    began_at: datetime
    ended_at: datetime
    good: bool
    found: Found
    by: str
    entry: str = ""


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """How backups stand: the last good copy of what is here, the last a person attested, the last good drill."""

    copy: Copy | None
    attested: Copy | None
    drill: Check | None

    @property
    def last(self) -> Copy | None:
        """The newer of the two copies."""
        return max((one for one in (self.copy, self.attested) if one), key=lambda one: one.taken_at, default=None)

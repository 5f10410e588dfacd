"""What probes look at: the parts of a running platform, given by name."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol
from uuid import UUID

import msgspec

from bailee.infra.clock import Clock
from bailee.infra.database import Database
from bailee.infra.keys.store import KeyStore
from bailee.infra.setbacks.looks import Looks
from bailee.infra.setbacks.setbacks import Setbacks
from bailee.infra.settings import Settings


class Staffed(Protocol):
    """How the processor's own people are let in, in numbers."""

    @property
    def active(self) -> int:
        """Active accounts with roles."""

    @property
    def with_factor(self) -> int:
        """Those with a second factor."""

    @property
    def weak(self) -> int:
        """Those whose password is kept below today's cost."""

    @property
    def guarded(self) -> int:
        """How many of the acts that one could do much harm by wait for a second person."""

    @property
    def several(self) -> bool:
        """Whether there is one."""


class Looking(msgspec.Struct, frozen=True, kw_only=True):
    """What probes look at. `ticking` says whether a leap of the clock waits to be confirmed, and whether it is believed."""

    settings: Settings
    platform: UUID
    data: Database
    key_store: Database
    keys: KeyStore
    clock: Clock
    looks: Looks
    setbacks: Setbacks
    everyone: Callable[[], Awaitable[Sequence[UUID]]]
    staff: Callable[[], Awaitable[Staffed]]
    ticking: Callable[[], Awaitable[tuple[bool, bool]]]

"""Staffing: how the processor's own people are let in, in numbers: who has a second factor, whose password is kept too
weakly, and whether one of them alone can do much harm.
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from uuid import UUID

import msgspec

from bailee.infra.clock import Clock
from bailee.processing.accounts.accounts import Accounts
from bailee.processing.accounts.admitting import has_factor
from bailee.processing.accounts.approving.approvals import Approvals
from bailee.processing.accounts.approving.dangers import Danger
from bailee.processing.accounts.lifecycle import State
from bailee.processing.accounts.means import Means
from bailee.processing.accounts.signing_in.methods import Methods
from bailee.processing.accounts.signing_in.passwords import PRODUCTION, Cost, Passwords

COMING_IN = timedelta(hours=1)
GUARDED = (Danger.administrators, Danger.switches)


class Lowers(Exception):
    """The rule of the platform would have fewer acts wait for a second person than controllers were promised."""


class Guarding:
    """What must go on waiting for a second person at the platform, once a controller has been taken on. `everyone` gives
    the controllers, the platform among them."""

    def __init__(self, platform: UUID, everyone: Callable[[], Awaitable[Sequence[UUID]]]) -> None:
        self._platform = platform
        self._everyone = everyone

    async def keep(self, controller: UUID, dangers: frozenset[Danger]) -> None:
        """Nothing, or `Lowers`."""
        if controller == self._platform and not dangers.issuperset(GUARDED) and len(await self._everyone()) > 1:
            raise Lowers


class Staffed(msgspec.Struct, frozen=True):
    """Active accounts with roles, those of them with a second factor, those whose password is kept below today's cost;
    of how many guarded acts; and whether there is a second person at all."""

    active: int
    with_factor: int
    weak: int
    guarded: int
    several: bool


class Staffing:
    """Counts the staff of one controller: the platform's own."""

    def __init__(
        self, *, accounts: Accounts, means: Means, approvals: Approvals, clock: Clock, cost: Cost = PRODUCTION
    ) -> None:
        self._accounts = accounts
        self._means = means
        self._approvals = approvals
        self._clock = clock
        self._cost = cost

    async def of(self, controller: UUID) -> Staffed:
        """The numbers. Who holds no role may do nothing, and is not counted; nor is who came in within the hour and has
        no second factor yet, for nothing opens to them before they have one.
        """
        active = [one for one in await self._accounts.with_roles(controller) if one.state is State.active]
        held = [(one, await self._means.read(controller, one.person, one.key_id)) for one in active]
        since = self._clock.now() - COMING_IN
        methods = [
            found.methods if found else Methods(address="") for one, found in held
            if one.changed_at < since or (found and has_factor(found.methods))
        ]  # fmt: skip
        passwords = [one.password for one in methods if one.password]
        weigher = Passwords(self._cost, threads=1)
        chosen = await self._approvals.chosen(controller)
        several = await self._approvals.several(controller, Danger.administrators)
        weak = sum(map(weigher.needs_rehash, passwords))
        weigher.close()
        return Staffed(
            len(methods), sum(map(has_factor, methods)), weak, sum(one in chosen for one in GUARDED), several
        )

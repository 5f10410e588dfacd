"""User names are one person's each, for a controller: compared as the blind index has them, without case and accents."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from uuid import UUID

from scim2_models import UniquenessException

from bailee.infra.clock import Clock
from bailee.infra.database import Database
from bailee.infra.keys.store import KeyStore
from bailee.processing.accounts.scim import queries
from bailee.vault.profile import PROFILE
from bailee.vault.searching import normal, tag
from bailee.vocabulary.ids import new_id

FORGOTTEN_AFTER = timedelta(minutes=1)
TAKEN = "This userName is taken"


class Claims:
    """Keeps two requests at the same time from giving the same user name to two people."""

    def __init__(self, keys: KeyStore, database: Database, clock: Clock) -> None:
        self._keys = keys
        self._database = database
        self._clock = clock

    @asynccontextmanager
    async def claim(self, controller: UUID, user_name: str, person: UUID) -> AsyncIterator[None]:
        """Hold a user name for a person while the change that gives it is made; `uniqueness` where it is taken.

        What a crash leaves of a claim is forgotten after a minute.
        """
        secret = (await self._keys.controller_key(controller, "index")).secret
        wanted, claim, now = tag(secret, PROFILE, "user_name", normal(user_name)), new_id(), self._clock.now()
        async with self._database.transaction(controller) as tx:
            await tx.execute(queries.FORGET_CLAIMS, controller, now - FORGOTTEN_AFTER)
            if await tx.fetchval(queries.CLAIM, controller, wanted, claim, now) is None:
                raise UniquenessException(detail=TAKEN)
        try:
            async with self._database.transaction(controller) as tx:
                if await tx.fetchval(queries.NAMED_ALIKE, controller, wanted, person) is not None:
                    raise UniquenessException(detail=TAKEN)
            yield
        finally:
            async with self._database.transaction(controller) as tx:
                await tx.execute(queries.UNCLAIM, controller, claim)

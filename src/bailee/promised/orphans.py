"""Orphans: keys that were made for a request whose transaction then failed. Nothing was ever sealed under them.

A key is made before the row that names it, for a key of a row must never be missing. What is named by no row after an
hour, far longer than any transaction lasts, is nobody's.
"""

from datetime import timedelta
from uuid import UUID

from bailee.clauses.data_subject_requests import queries as rights
from bailee.clauses.direct_requests import queries as direct
from bailee.infra.clock import Clock
from bailee.infra.keys.store import KeyStore
from bailee.ledger.committing import Committing
from bailee.ledger.entries import Act

BEGINS = "request/"
AFTER = timedelta(hours=1)
MANY = 500


class Orphans:
    """Sweeps the keys of requests that never came to be."""

    def __init__(self, *, committing: Committing, keys: KeyStore, clock: Clock) -> None:
        self._committing = committing
        self._keys = keys
        self._clock = clock

    async def sweep(self, controller: UUID) -> int:
        """Shred what is nobody's; how many. For the worker."""
        before, after, shredded = self._clock.now() - AFTER, "", 0
        while names := await self._keys.old_names(controller, BEGINS, before=before, after=after, limit=MANY):
            async with self._committing.transaction(controller) as change:
                held = {
                    row["sealed_under"]
                    for named in (rights.NAMED_KEYS, direct.NAMED_KEYS)
                    for row in await change.connection.fetch(named, controller, names)
                }
            for name in sorted(set(names) - held):
                await self._keys.shred_controller_key(controller, name)
                shredded += 1
            after = names[-1]
        if shredded:
            async with self._committing.transaction(controller) as change:
                details = {"keys": shredded, "of": "requests that never came to be"}
                await change.append([Act("orphan-keys-shredded", controller, "platform", details)])
        return shredded

"""For the doctor: would a start with these settings be refused for lowering a measure?"""

from collections.abc import Sequence

import asyncpg

from bailee.clauses.security_measures.keeping import Keeping
from bailee.clauses.security_measures.starting import Starting
from bailee.gate import queries as gate
from bailee.infra.database import Database
from bailee.infra.doctor import Check
from bailee.infra.key_service import root_keys
from bailee.infra.keys.store import KeyStore
from bailee.infra.premises import Addresses
from bailee.infra.settings import Settings

NAME = "measures"


async def checks(settings: Settings, addresses: Addresses) -> Sequence[Check]:
    """One check for each measure that would be lowered; one that says that none would."""
    opened = [Database(one, 1) for one in (addresses.data, addresses.control, addresses.key_store)]
    try:
        return await _checks(settings, *opened)
    except asyncpg.UndefinedTableError:  # from before this clause: the next start brings the tables
        return ()
    finally:
        for one in opened:
            await one.close()


async def _checks(settings: Settings, data: Database, control: Database, key_store: Database) -> Sequence[Check]:
    found = await control.fetch(gate.PLATFORM)
    if not found:
        return ()
    clock, root = settings.make_clock(), root_keys(settings)
    keeping = Keeping(data, KeyStore(key_store, root, clock), found[0]["controller_id"])
    starting = Starting(keeping=keeping, settings=settings, clock=clock)
    try:
        problems = await starting.problems([row["controller_id"] for row in await control.fetch(gate.DIRECTORY)])
    finally:
        await root.close()
    return [Check(NAME, False, one) for one in problems] or [Check(NAME, True, "none would be lowered by a start")]

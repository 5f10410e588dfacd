"""Exchanging: imports, their work and exports, put together from what the house has."""

from dataclasses import dataclass

from bailee.gate.matching import Matching
from bailee.gate.passage import Passage
from bailee.gate.people import People
from bailee.gate.records import Records
from bailee.gate.sets import Sets
from bailee.infra.clock import Clock
from bailee.infra.database import Database
from bailee.infra.keys.store import KeyStore
from bailee.ledger.appending import Appending
from bailee.ledger.committing import Committing
from bailee.processing.accounts.exporting import Exporting
from bailee.processing.accounts.handovers import Handovers
from bailee.processing.accounts.import_planning import Planning
from bailee.processing.accounts.import_working import Working
from bailee.processing.accounts.importing import Importing


@dataclass(frozen=True)
class Exchanging:
    """Imports as asked for, imports as they are worked at, exports, and the register of what was handed over."""

    importing: Importing
    working: Working
    exporting: Exporting
    handovers: Handovers


def exchanging(
    *, passage: Passage, people: People, records: Records, sets: Sets, appending: Appending, committing: Committing,
    database: Database, keys: KeyStore, clock: Clock, place: str,
) -> Exchanging:  # fmt: skip
    """All of them, furnished."""
    matching = Matching(passage=passage, appending=appending, database=database, keys=keys)
    planning = Planning(passage=passage, matching=matching, database=database, keys=keys, place=place)
    importing = Importing(
        passage=passage, database=database, committing=committing, keys=keys, clock=clock, place=place
    )
    working = Working(
        importing=importing, planning=planning, passage=passage, people=people, records=records, database=database,
        keys=keys, clock=clock,
    )  # fmt: skip
    handovers = Handovers(database=database, committing=committing, keys=keys, clock=clock)
    exporting = Exporting(sets=sets, people=people, handovers=handovers, place=place)
    return Exchanging(importing, working, exporting, handovers)

"""Further: what the gate does beyond one record and one set, each part made once."""

import msgspec

from bailee.gate.archive import Archive
from bailee.gate.changing import Changing
from bailee.gate.finding import Finding
from bailee.gate.passage import Passage
from bailee.gate.relating.relations import Relations
from bailee.gate.renewing.name_tokens import NameTokens
from bailee.gate.renewing.renewals import Renewing
from bailee.infra.clock import Clock
from bailee.infra.database import Database
from bailee.infra.keys.store import KeyStore
from bailee.ledger.appending import Appending
from bailee.ledger.committing import Committing


class Further(msgspec.Struct, frozen=True):
    """Search by words, the switch for it, relations, and renewals in the background."""

    finding: Finding
    name_tokens: NameTokens
    relations: Relations
    renewing: Renewing


def further(
    *, passage: Passage, archive: Archive, appending: Appending, committing: Committing, database: Database,
    keys: KeyStore, clock: Clock,
) -> Further:  # fmt: skip
    """The parts, in the order of what they stand on."""
    changing = Changing(passage=passage, appending=appending, committing=committing)
    return Further(
        finding=Finding(passage=passage, appending=appending, database=database, keys=keys, clock=clock),
        name_tokens=NameTokens(passage=passage, committing=committing, archive=archive, clock=clock),
        relations=Relations(
            passage=passage, changing=changing, appending=appending, database=database, keys=keys, clock=clock
        ),
        renewing=Renewing(passage=passage, committing=committing, keys=keys, clock=clock),
    )

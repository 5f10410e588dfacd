"""The room of reconciliation: its parts, put together from what the house has."""

from bailee.gate.changing import Changing
from bailee.gate.files import FilesGate
from bailee.gate.passage import Passage
from bailee.infra.clock import Clock
from bailee.infra.database import Database
from bailee.infra.keys.store import KeyStore
from bailee.ledger.appending import Appending
from bailee.ledger.telling import Told
from bailee.processing.accounts.reconciling.carrying import Carrying
from bailee.processing.accounts.reconciling.dismissing import Dismissing
from bailee.processing.accounts.reconciling.ending import Ending
from bailee.processing.accounts.reconciling.finding import Finding
from bailee.processing.accounts.reconciling.merges import Merges
from bailee.processing.accounts.reconciling.merging import Merging
from bailee.processing.accounts.reconciling.undoing import Undoing
from bailee.vault.erasing import Erasing


class Reconciling:
    """Finding, merging, dismissing, undoing, and the end of terms."""

    def __init__(
        self, *, passage: Passage, changing: Changing, appending: Appending, erasing: Erasing, files: FilesGate,
        database: Database, keys: KeyStore, clock: Clock, told: Told, place: str,
    ) -> None:  # fmt: skip
        carrying = Carrying(files=files, database=database, keys=keys, clock=clock)
        self.merges = Merges(database, clock)
        self.finding = Finding(passage=passage, appending=appending, database=database, clock=clock)
        self.dismissing = Dismissing(changing=changing, clock=clock)
        self.merging = Merging(changing=changing, carrying=carrying, keys=keys, clock=clock, told=told)
        self.undoing = Undoing(
            changing=changing, merges=self.merges, carrying=carrying, keys=keys, clock=clock, told=told
        )
        self.ending = Ending(changing=changing, erasing=erasing, database=database, clock=clock, place=place)

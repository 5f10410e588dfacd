"""The room of the webhooks, furnished: its parts made once, from what the house gives."""

from bailee.infra.clock import Clock
from bailee.infra.database import Database
from bailee.infra.keys.store import KeyStore
from bailee.infra.outbound import Outbound
from bailee.ledger.committing import Committing
from bailee.processing.webhooks.deliveries import Deliveries
from bailee.processing.webhooks.delivering import Delivering
from bailee.processing.webhooks.destinations import Checking, Designated
from bailee.processing.webhooks.subscriptions import Subscriptions


class Webhooks:
    """Subscriptions, their queue, and who carries it out. `checking` is the destination check (`destinations.py`)."""

    def __init__(
        self, *, database: Database, committing: Committing, keys: KeyStore, outbound: Outbound, clock: Clock,
        checking: Checking | None = None,
    ) -> None:  # fmt: skip
        self.subscriptions = Subscriptions(
            database=database, committing=committing, keys=keys, outbound=outbound,
            checking=checking or Designated(), clock=clock,
        )  # fmt: skip
        self.deliveries = Deliveries(database, committing, clock)
        self.delivering = Delivering(
            database=database, committing=committing, subscriptions=self.subscriptions, outbound=outbound,
            clock=clock,
        )  # fmt: skip

"""The premises: the servers a platform stands on, embedded or external, started, migrated and addressed.

Two servers: data (with control, unless that is a third) and key store. Each is embedded below the data
directory, or external where a setting names it; an external one has an owner's address for migrations.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import msgspec

from bailee.infra import migrating, occupancy
from bailee.infra.postgres.cluster import OWNER, Cluster
from bailee.infra.settings import RefusedSettings, Settings

DATABASE = "bailee"
APP, SEQUENCER = "bailee_app", "bailee_sequencer"


class NotFounded(Exception):
    """The platform has no dossier of its own yet: `bailee init` founds it."""


class Addresses(msgspec.Struct, frozen=True):
    """Where the application connects, by role and server."""

    data: str
    control: str
    key_store: str
    sequencer: str


class Premises:
    """The servers of one data directory."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._data = None if settings.database_url else Cluster(settings.data / "data")
        self._keys = None if settings.key_store_url else Cluster(settings.data / "keys")

    @property
    def clusters(self) -> list[Cluster]:
        """The embedded ones."""
        return [cluster for cluster in (self._data, self._keys) if cluster is not None]

    @property
    def founded(self) -> bool:
        """Whether there is anything here yet (an external server is asked elsewhere)."""
        return any((cluster.directory / "PG_VERSION").exists() for cluster in self.clusters)

    @contextmanager
    def running(self) -> Iterator[None]:
        """The servers run for as long as a command needs them, and are left as they were found: what was started for it is
        stopped by the last command that leaves, unless a `bailee up` has taken it over."""
        self._settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
        guests = occupancy.Guests(self._settings.data)
        try:
            guests.started([cluster.directory.name for cluster in self.start()])
            yield
        finally:
            with guests.leaving() as left:
                for cluster in self.clusters:
                    if cluster.directory.name in left:
                        cluster.stop()

    def start(self) -> list[Cluster]:
        """Start what does not run; those that were started here."""
        self._settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
        with ThreadPoolExecutor() as side_by_side:
            started = list(side_by_side.map(lambda cluster: cluster.start(), self.clusters))
        return [cluster for cluster, here in zip(self.clusters, started, strict=True) if here]

    async def migrate(self) -> list[str]:
        """Bring every schema to this version; the names of the migrations applied now."""
        for cluster in self.clusters:
            await migrating.prepare(cluster.address(OWNER, "postgres"), DATABASE, cluster.passwords())
        settings = self._settings
        data = self._owner(self._data, settings.database_owner_url, "BAILEE_DATABASE_OWNER_URL")
        keys = self._owner(self._keys, settings.key_store_owner_url, "BAILEE_KEY_STORE_OWNER_URL")
        if settings.control_url:
            control = self._owner(None, settings.control_owner_url, "BAILEE_CONTROL_OWNER_URL")
            done = [*await migrating.migrate(data, ("data",)), *await migrating.migrate(control, ("control",))]
        else:
            done = await migrating.migrate(data, ("data", "control"))
        return [*done, *await migrating.migrate(keys, ("keys",))]

    def addresses(self) -> Addresses:
        """The addresses of the application's roles."""
        settings = self._settings
        data = settings.database_url or self._embedded(self._data, APP)
        return Addresses(
            data=data,
            control=settings.control_url or data,
            key_store=settings.key_store_url or self._embedded(self._keys, APP),
            sequencer=settings.sequencer_url or self._embedded(self._data, SEQUENCER),
        )

    @staticmethod
    def _embedded(cluster: Cluster | None, role: str) -> str:
        if cluster is None:
            raise RefusedSettings([f"the address for {role} is missing"])
        return cluster.address(role, DATABASE)

    @staticmethod
    def _owner(cluster: Cluster | None, named: str, setting: str) -> str:
        if cluster is not None:
            return cluster.address(OWNER, DATABASE)
        if not named:
            raise RefusedSettings([f"an external server is migrated by its owner: set {setting}"])
        return named

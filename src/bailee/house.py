"""The house: every part made once, by name. No registry, no magic; read it to know what depends on what."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from uuid import UUID

from bailee.clauses.return_and_destruction import queries as ends
from bailee.clauses.return_and_destruction.certifying import Certifying
from bailee.clauses.return_and_destruction.commands import Commands
from bailee.clauses.return_and_destruction.destroying import Destroying
from bailee.clauses.return_and_destruction.returning import Returning
from bailee.clauses.return_and_destruction.shelf import Shelf
from bailee.clauses.return_and_destruction.stores import Backup
from bailee.gate import queries as gate
from bailee.gate.archive import Archive
from bailee.gate.changing import Changing
from bailee.gate.credentials import Credentials
from bailee.gate.crossing import Crossing
from bailee.gate.files import FilesGate
from bailee.gate.filing import Filing
from bailee.gate.further import Further, further
from bailee.gate.idempotency import KEPT
from bailee.gate.passage import Passage
from bailee.gate.people import People
from bailee.gate.records import Records
from bailee.gate.refusing import Refusing
from bailee.gate.replay import Replay
from bailee.gate.rewriting import Rewriting
from bailee.gate.seeking import Seeking
from bailee.gate.sets import Sets
from bailee.gate.sweeping import Sweeping
from bailee.gate.veiling import Veiled
from bailee.infra.blobs import Blobs
from bailee.infra.clock import Clock
from bailee.infra.database import Database
from bailee.infra.keys.store import KeyStore
from bailee.infra.keys.trying import Trying
from bailee.infra.keys.turning import Turn, Turning
from bailee.infra.outbox import Outbox
from bailee.infra.paths import paths
from bailee.infra.root_keys import RootKeys
from bailee.infra.setbacks.looks import Looks
from bailee.infra.setbacks.setbacks import Setbacks
from bailee.infra.settings import Settings
from bailee.infra.space import Space
from bailee.leaving import WITH_CONTROLLER, WITH_PERSON
from bailee.ledger.altered import Noticing
from bailee.ledger.anchors import Anchors
from bailee.ledger.appending import Appending, Writing
from bailee.ledger.committing import Committing
from bailee.ledger.entries import Act
from bailee.ledger.pruning import Pruning
from bailee.ledger.reading import Reading
from bailee.ledger.signing import LogKey
from bailee.obligations.room import Owing
from bailee.processing.accounts.exchanging import Exchanging, exchanging
from bailee.processing.backup.book import Book
from bailee.processing.webhooks.announcing import Announcing
from bailee.processing.webhooks.mirroring import Mirroring
from bailee.vault import queries as vault
from bailee.vault.destruction_log import DestructionLog
from bailee.vault.erasing import Erasing
from bailee.vault.files import GROWN_UP, Files
from bailee.vault.holding import Holding
from bailee.vault.looking_through import LookingThrough
from bailee.vault.opening import Opening
from bailee.vault.scrubbing import Scrubbing
from bailee.worker.jobs import Duty
from bailee.worker.rounds import Controllers, Rounds
from bailee.worker.ticking import Ticking

A_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Rooms:
    """The rooms of a running platform, furnished."""

    settings: Settings
    clock: Clock
    platform: UUID
    data: Database
    control: Database
    key_store: Database
    root: RootKeys
    keys: KeyStore
    turning: Turning
    log_key: LogKey
    destruction_log: DestructionLog
    appending: Appending
    committing: Committing
    reading: Reading
    archive: Archive
    credentials: Credentials
    filing: Filing
    refusing: Refusing
    passage: Passage
    sets: Sets
    records: Records
    people: People
    files: FilesGate
    erasing: Erasing
    replay: Replay
    sweeping: Sweeping
    scrubbing: Scrubbing

    @cached_property
    def pruning(self) -> Pruning:
        """Forgetting what old entries said; not while people are held, nor while what they opened is owed."""
        against = (self.people.owed, self.owing.obligations.owed)
        return Pruning(self.data, self.keys, self.appending, against)

    @cached_property
    def ticking(self) -> Ticking:
        """Whether the time is believed."""
        return Ticking(self.control, self.clock)

    async def names(self) -> dict[UUID, str]:
        """Every controller and its name, the platform itself first."""
        return {one.id: one.name for one in await self.filing.listed()}

    async def everyone(self) -> list[UUID]:
        """Every controller, the platform itself first."""
        return list(await self.names())

    @cached_property
    def owing(self) -> Owing:
        """Who owes what to whom by when."""
        return Owing(
            database=self.data, committing=self.committing, reading=self.reading, keys=self.keys, clock=self.clock,
            names=self.names, platform=self.platform, believed=self.ticking.believed,
            in_force=self.archive.in_force, told=Mirroring(self.clock, self.platform),
        )  # fmt: skip

    @cached_property
    def ending(self) -> Commands:
        """The clause of return and destruction."""
        folders = self.settings.returns, self.settings.certificates
        returning = Returning(
            archive=self.archive, sets=self.sets, people=self.people, reading=self.reading, log_key=self.log_key,
            files=self.files, relations=self.further.relations, clock=self.clock, database=self.data,
            shelf=Shelf(self.data, folders[0]),
        )  # fmt: skip
        destroying = Destroying(
            database=self.data, keys=self.keys, trying=Trying(self.key_store, self.root), archive=self.archive,
            appending=self.appending, reading=self.reading, log=self.destruction_log, clock=self.clock,
            returns=folders[0], certificates=folders[1], outbox=Outbox(self.settings.outbox), files=self.files.files,
            leaving=WITH_CONTROLLER, platform=self.platform,
        )  # fmt: skip
        certifying = Certifying(
            database=self.data, destroying=destroying, appending=self.appending, reading=self.reading,
            log_key=self.log_key, clock=self.clock, folder=folders[1], keeper=self.settings.signing,
            processor=self.settings.processor, platform=self.platform, sinks=lambda: paths(self.settings),
            backups=self._standing_backups, kept=self.root.kept if self.settings.keys_elsewhere else None,
        )  # fmt: skip
        return Commands(
            database=self.data, committing=self.committing, archive=self.archive, filing=self.filing,
            returning=returning, destroying=destroying, certifying=certifying, clock=self.clock,
            obligations=self.owing.obligations, platform=self.platform, believed=self.ticking.believed,
        )  # fmt: skip

    async def _standing_backups(self) -> list[Backup]:
        """The copies that stand now, for certificates."""
        known = await Book(self.control).there()
        return [Backup(one.name, one.expires_at) for one in known]

    @cached_property
    def further(self) -> Further:
        """Search by words, relations, renewals."""
        return further(
            passage=self.passage, archive=self.archive, appending=self.appending, committing=self.committing,
            database=self.data, keys=self.keys, clock=self.clock,
        )  # fmt: skip

    @cached_property
    def exchanging(self) -> Exchanging:
        """Imports and exports."""
        return exchanging(
            passage=self.passage, people=self.people, records=self.records, sets=self.sets, appending=self.appending,
            committing=self.committing, database=self.data, keys=self.keys, clock=self.clock, place=self.settings.region,
        )  # fmt: skip

    async def turn(self, controller: UUID, *, by: str, progress: Callable[[int], None] = lambda _moved: None) -> Turn:
        """Turn a controller's key epoch, and close the erasures that this made final."""
        began = self.clock.now()
        await self.sweeping.keys(controller)  # the key of someone erased that came back with a key store moves nowhere
        turn = await self.turning.turn(controller, progress)
        if not turn.epoch:
            return turn
        if not turn.left:
            await self.erasing.close(controller, began, self.root.kept)
        details = {"epoch": turn.epoch, "moved": turn.moved, "destroyed": list(turn.destroyed)}
        await self.appending.append_one(Act("keys-turned", controller, by, details))
        return turn

    async def confirm_clock(self, *, by: str) -> bool:
        """A named person confirms the time; recorded in the platform's log. Whether it was doubted."""
        doubted = await self.ticking.confirm()
        await self.appending.append_one(Act("clock-confirmed", self.platform, by, {"doubted": doubted}))
        return doubted

    async def turn_due(self, controller: UUID) -> int:
        """Turn a controller's epoch, for erasures that are not final yet, a day after the last turn."""
        due = await self.erasing.pending_final(controller) and await self.turning.older_than(controller, A_DAY)
        if due:
            await self.turn(controller, by="platform")
        return int(bool(due))

    @cached_property
    def noticing(self) -> Noticing:
        """Who writes down what is found altered, by a request or by the worker."""
        return Noticing(self.appending, self.platform, self.clock)

    @cached_property
    def setbacks(self) -> Setbacks:
        """What keeps the worker from a duty at a controller."""
        return Setbacks(self.control, self.clock)

    @cached_property
    def looks(self) -> Looks:
        """How far the scrub has come."""
        return Looks(self.control)

    @cached_property
    def looking_through(self) -> LookingThrough:
        """The scrub, everyone in turn."""
        return LookingThrough(scrubbing=self.scrubbing, looks=self.looks, clock=self.clock)

    def rounds_over(self, controllers: Controllers) -> Rounds:
        """Duties at each of some controllers."""
        return Rounds(
            database=self.data, archive=self.archive, setbacks=self.setbacks, clock=self.clock, controllers=controllers,
            noticing=self.noticing, believed=self.ticking.believed,
        )  # fmt: skip

    def duties(self) -> list[Duty]:
        """What the jobs' process looks after."""
        rounds, sweeping = self.rounds_over(self.everyone), self.sweeping
        asked, in_turn = rounds.asked, rounds.in_turn
        return [
            asked("erasures", 60.0, vault.WITH_ERASURES, self.replay.go_on),
            asked("old idempotency keys", 3600.0, gate.WITH_OLD_KEYS, sweeping.forget, ago=KEPT),
            in_turn("orphan keys", 3600.0, sweeping.keys, most=500),
            asked("files that must go", 300.0, vault.WITH_FILES_TO_GO, sweeping.files, ago=GROWN_UP),
            in_turn("blobs without a row", 300.0, sweeping.blobs, most=50),
            asked("ends of contracts", 5.0, ends.WITH_ENDINGS, self.ending.due, abreast=2),
            in_turn("scrub", 10.0, self.looking_through.go_on, most=50),
            asked("key epochs", 3600.0, vault.WITH_ERASURES_NOT_FINAL, self.turn_due),
        ]


def furnished(settings: Settings, platform: UUID, databases: Sequence[Database], root: RootKeys) -> Rooms:
    """Every part, in the order of the floors. The databases are those of data, of control, and the key store."""
    data, control, key_store = databases
    clock = settings.make_clock()
    log = DestructionLog(settings.destruction_folders, root.signer("destruction-log"), Anchors(settings.anchors))
    keys = KeyStore(key_store, root, clock)
    writing = Writing(keys, clock, Space(settings.volumes, clock))
    appending, committing = Appending(data, writing), Committing(data, writing)
    archive = Archive(data, keys, clock, platform)
    reading = Veiled(data, keys, clock, archive)
    refusing, holding = Refusing(appending), Holding(data)
    crossing = Crossing(appending=appending, opening=Opening(keys), clock=clock)
    seeking = Seeking(appending=appending, opening=Opening(keys), database=data, clock=clock)
    passage = Passage(archive=archive, appending=appending, refusing=refusing, crossing=crossing, seeking=seeking, clock=clock)  # fmt: skip
    changing = Changing(passage=passage, appending=appending, committing=committing)
    rewriting = Rewriting(passage=passage, holding=holding, appending=appending, keys=keys, clock=clock)
    records = Records(changing=changing, rewriting=rewriting, keys=keys, clock=clock)
    files = Files(data, Blobs.of(settings), clock)
    outbox, told = Outbox(settings.outbox), Announcing(clock)
    erasing = Erasing(data, keys, committing, log, clock, files=files, outbox=outbox, told=told, leaving=WITH_PERSON)
    filing = Filing(
        control=control, committing=committing, appending=appending, keys=keys, archive=archive, clock=clock,
        platform=platform,
    )  # fmt: skip
    sets = Sets(passage=passage, appending=appending, database=data, keys=keys, clock=clock)
    people = People(passage=passage, changing=changing, appending=appending, erasing=erasing, keys=keys, database=data, clock=clock, told=told)  # fmt: skip
    return Rooms(
        settings=settings, clock=clock, platform=platform, data=data, control=control, key_store=key_store, root=root,
        keys=keys, turning=Turning(key_store, root, clock), log_key=LogKey(settings.log_name, root.signer("log")),
        destruction_log=log, appending=appending, committing=committing, reading=reading, archive=archive, sets=sets,
        credentials=Credentials(data, committing, archive, clock), filing=filing, refusing=refusing, passage=passage,
        records=records, people=people, erasing=erasing, scrubbing=Scrubbing(data, Reading(data, keys, clock), committing),
        files=FilesGate(passage=passage, appending=appending, files=files, keys=keys, database=data, clock=clock),
        replay=Replay(data, control, erasing, clock), sweeping=Sweeping(data, keys, clock, files),
    )  # fmt: skip

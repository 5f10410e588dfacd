"""Every place where the running system keeps or sends data. A sink that is not listed here is a defect."""

from pathlib import Path

import msgspec

from bailee.infra.occupancy import FOUNDING, GUESTS, SERVED_AT
from bailee.infra.postgres.cluster import Cluster
from bailee.infra.settings import Settings

NOTHING = "nothing to destroy"
EXTERNAL = "external server (its files and backups are yours)"
CRYPTOGRAPHIC = "the keys: cryptographic erasure"


class Sink(msgspec.Struct, frozen=True):
    """A place: what it holds, whether it can hold personal data, and what destroys that."""

    name: str
    path: str
    holds: str
    personal: bool
    destroyed_by: str


def paths(settings: Settings) -> list[Sink]:
    """All of them, for these settings."""
    return [*_servers(settings), *_own(settings), _blobs(settings), *_backups(settings), *_outward(settings)]


def _servers(settings: Settings) -> list[Sink]:
    held = "ciphertext of records, search tags, the ledger; its WAL and temporary files"
    sinks = [
        *_server("data server", settings.database_url, settings.data / "data", held),
        *_server("key store", settings.key_store_url, settings.data / "keys", "wrapped keys; its WAL"),
    ]
    if settings.control_url and settings.control_url != settings.database_url:
        sinks.append(Sink("control server", EXTERNAL, "the directory of controllers, ticks", False, NOTHING))
    return sinks


def _server(name: str, url: str, folder: Path, holds: str) -> list[Sink]:
    if url:
        return [Sink(name, EXTERNAL, holds, True, CRYPTOGRAPHIC)]
    return [
        Sink(name, str(folder), holds, True, CRYPTOGRAPHIC),
        Sink(f"{name}'s log", f"{folder}.log", "starts, stops, faults; no statement, no value", False, NOTHING),
        Sink(f"{name}'s passwords", f"{folder}.passwords", "role passwords", False, NOTHING),
        Sink(
            f"{name}'s socket", str(Cluster(folder).socket_path), "connections of this host", False, "nothing is kept"
        ),
    ]


def _own(settings: Settings) -> list[Sink]:
    return [*_beside(settings), *_within(settings)]


def _blobs(settings: Settings) -> Sink:
    holds = "photographs and files, sealed in chunks under their person's key; random ids for names"
    place = EXTERNAL if settings.blobs else str(settings.blobs_folder)
    return Sink("blobs", place, holds, True, "removed with the person or the contract; " + CRYPTOGRAPHIC)


def _backups(settings: Settings) -> list[Sink]:
    """Where copies are, and where one is unpacked; each holds no more than the servers, and none of the root keys."""
    copies = "sealed copies of the embedded servers and of the files, with a signed manifest in clear"
    sinks = [Sink("backups", settings.backups, copies, True, f"removed when they expire; {CRYPTOGRAPHIC}")]
    once = "what stood in the data directory before a restore, until the operator removes it"
    return [
        *(sinks if settings.backups else []),
        Sink("drill", str(settings.drill), "a backup restored aside, while a drill lasts", True, CRYPTOGRAPHIC),
        Sink("set aside", str(settings.set_aside), once, True, CRYPTOGRAPHIC),
        Sink("restoring", f"{settings.data}.restoring", "a backup, while it is unpacked", True, CRYPTOGRAPHIC),
    ]


def _outward(settings: Settings) -> list[Sink]:
    """What goes out: destinations are sinks too, though nothing of ours stays there."""
    told = "webhooks: ids, an event's name and time, to the hosts that a controller designated"
    yours, letters = "sent: with the receiver from then on", "mail: an address and a letter"
    sinks = [Sink("webhook destinations", "https", told, False, NOTHING)]
    if settings.smtp_url:
        sinks.append(Sink("mail server", "smtp", letters, True, yours))
    elif settings.sandbox:
        kept = f"{letters}, as in a mail spool"
        sinks.append(Sink("outbox", str(settings.outbox), kept, True, "removed with the person or the contract"))
    if settings.intake_maildir:
        waiting = "mail of persons, until it is taken in: a second"
        sinks.append(Sink("intake maildir", settings.intake_maildir, waiting, True, "removed when it is taken in"))
    return sinks


def _beside(settings: Settings) -> list[Sink]:
    """The siblings of the data directory: in no backup of it."""
    first, second = settings.destruction_folders
    keys, proof = "key-encryption and signing keys", "kept: it is the proof"
    locks = "an empty file that writers lock"
    elsewhere = "key-encryption keys; its storage and its snapshots are yours"
    service = (
        [Sink("key service", EXTERNAL, elsewhere, False, "destroyed one by one")] if settings.keys_elsewhere else []
    )
    return [
        *service,
        Sink("root keys", str(settings.root_keys), keys, False, "destroyed one by one"),
        Sink("root keys' lock", f"{settings.root_keys}.lock", locks, False, NOTHING),
        Sink(
            "root keys, escrow", str(settings.root_keys_escrow), "the same, replaced at each change", False, "replaced"
        ),
        Sink("signing certificate", str(settings.signing), "key and certificate that sign PDFs", False, NOTHING),
        Sink("destruction log, a", str(first), "digests of the ids of what was destroyed", False, proof),
        Sink("destruction log, b", str(second), "the same", False, proof),
        Sink(
            "anchors",
            str(settings.anchors),
            "published checkpoints: sizes and hashes; which starts of servers were looked over",
            False,
            proof,
        ),
    ]


def _within(settings: Settings) -> list[Sink]:
    kept, passing = "kept: it is the proof", "keys for a minute, plaintext while it is answered"
    sealed = "bundles sealed to the controller's own key"
    return [
        Sink("reserve", str(settings.data / "reserve"), "room for the servers when the disk is full", False, NOTHING),
        Sink("founding lock", str(settings.data / FOUNDING), "an empty file that founders lock", False, NOTHING),
        Sink(
            "guests", str(settings.data / GUESTS), "which servers commands started, while they use them", False, NOTHING
        ),
        Sink("served port", str(settings.data / SERVED_AT), "the port that is served, for commands", False, NOTHING),
        Sink("returns", str(settings.returns), sealed, True, "removed at destruction"),
        Sink("certificates", str(settings.certificates), "certificates: counts and proofs, no person", False, kept),
        Sink("standard error", "-", "events and places in the code, no value", False, NOTHING),
        Sink("memory of the processes", "-", passing, True, "gone with the process"),
    ]

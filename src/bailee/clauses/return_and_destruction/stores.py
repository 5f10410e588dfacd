"""The stores of a certificate: each place that could hold a copy, and how sure we are that it is gone.

*Proven*: we looked, and it is gone or cannot be opened. *Attested*: a person signed for it. *Unknown*:
nobody can say. One unknown store forbids the words "all destroyed".
"""

from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Literal

import msgspec

from bailee.clauses.return_and_destruction.destroying import Facts
from bailee.infra.paths import Sink

State = Literal["proven", "attested", "unknown"]
ERASED = "cryptographic erasure: AES-256-GCM, every key destroyed"
COPIES: tuple[State, str, str] = ("proven", ERASED, "what they hold has no key left")


class Backup(msgspec.Struct, frozen=True):
    """A backup that stands when a certificate is made, and the day on which it expires."""

    name: str
    expires_at: datetime


class Store(msgspec.Struct, frozen=True):
    """One store as the certificate shows it."""

    name: str
    place: str
    state: State
    method: str
    found: str


class Snapshots(msgspec.Struct, frozen=True):
    """The backups of a key service: for how many days they are kept, and the day from which none holds a key that was
    destroyed with the contract."""

    days: int
    gone_on: date


def stores(sinks: list[Sink], facts: Facts, snapshots: Snapshots | None = None) -> list[Store]:
    """Every store of `bailee paths` that can hold personal data or its keys, judged by what was found."""
    judged = {
        "data server": _data(facts),
        "key store": _keys(facts),
        "returns": _bundle(facts),
        "blobs": _blobs(facts),
        "outbox": _outbox(sinks, facts),
        **dict.fromkeys(("backups", "drill", "set aside", "restoring"), COPIES),
        "mail server": ("attested", "handed over, not kept", "letters are with their readers; not looked at"),
        "memory of the processes": (
            "attested",
            "keys are forgotten within a minute",
            "so the program is made; not looked at",
        ),
    }
    found = []
    for sink in sinks:
        if not sink.personal:
            continue
        state, method, words = judged.get(sink.name, ("unknown", "", "nobody has said"))
        place = "external" if sink.path.startswith("external") else sink.name
        found.append(Store(sink.name, place, state, method, words))
        if place == "external":
            found.append(_backups(sink, snapshots))
    if snapshots is not None:
        kept = f"kept {snapshots.days} days by whoever runs it"
        found += [
            Store("key service", "external", *_keys(facts)),
            Store(
                "snapshots of the key service",
                "external",
                "attested",
                kept,
                f"none holds a key from {snapshots.gone_on} on",
            ),
        ]
    return found


def _backups(sink: Sink, snapshots: Snapshots | None) -> Store:
    name, words = f"backups of the {sink.name}", "what they hold has no key left"
    if snapshots is None or not snapshots.days:
        return Store(name, "external", "proven", ERASED, words)
    later = f"{words} when the snapshots of the key service are gone: on {snapshots.gone_on}"
    return Store(name, "external", "attested", ERASED, later)


def of_backups(known: Sequence[Backup]) -> str:
    """What a certificate says of the backups that stand."""
    if not known:
        return "no backup of this platform's own stands; a backup made by others holds ciphertext without keys"
    last = max(one.expires_at for one in known)
    number = f"{len(known)} backup{'s stand' if len(known) > 1 else ' stands'}"
    return f"{number}, of which the last expires on {last:%Y-%m-%d}; what they hold of this controller has no key left"


def says_all(found: list[Store]) -> bool:
    """Whether the certificate may say that all is destroyed."""
    return bool(found) and all(store.state != "unknown" for store in found)


def _data(facts: Facts) -> tuple[State, str, str]:
    rows = sum(facts.left.get(name, 1) for name in ("records", "tags", "idempotency", "files", "persons", "bodies"))
    good = rows == 0 and facts.opened == 0
    words = f"0 rows left; {facts.sampled} ciphertexts tried with every key left, {facts.opened} opened"
    return ("proven" if good else "unknown", f"rows deleted; {ERASED}", words if good else f"{rows} rows left")


def _blobs(facts: Facts) -> tuple[State, str, str]:
    left = facts.left.get("blobs", 1)
    return ("proven" if left == 0 else "unknown", f"blobs deleted; {ERASED}", f"{left} blobs left")


def _outbox(sinks: list[Sink], facts: Facts) -> tuple[State, str, str]:
    left = [sink for sink in sinks if sink.name == "outbox" and (Path(sink.path) / str(facts.controller)).exists()]
    return ("unknown", "", "letters are left") if left else ("proven", "removed", "no letter left")


def _keys(facts: Facts) -> tuple[State, str, str]:
    left = facts.left.get("keys", 1)
    words = f"{facts.person_keys} person keys and {len(facts.root_keys)} root keys destroyed, {left} left"
    return ("proven" if left == 0 else "unknown", "keys deleted and read back", words)


def _bundle(facts: Facts) -> tuple[State, str, str]:
    if facts.bundle_removed:
        return "proven", "removed", "no file left"
    if facts.bundle_remains:
        return "proven", "sealed to the controller's own key", f"may remain {facts.bundle_remains}: we cannot open it"
    return "unknown", "", "files are left"

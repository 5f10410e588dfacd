"""Probes: each looks at one measure as it really is, alone. What it finds are codes and figures, nothing about anyone.

A probe that cannot be run, for whatever reason, leaves its measure unknown, never held.
"""

import asyncio
import secrets
import sys
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import yaml

from bailee.clauses.security_measures import queries
from bailee.clauses.security_measures.events import FAILED, Figure, Found
from bailee.clauses.security_measures.given import Looking
from bailee.infra import doctor
from bailee.infra.premises import APP, SEQUENCER
from bailee.infra.space import FILE, WATERMARK, free
from bailee.ledger import queries as ledger
from bailee.ledger.anchors import Anchors
from bailee.proof.checkpoint import Checkpoint
from bailee.vocabulary.ids import new_id

TIMEOUT = 60.0
PATIENCE = 5.0
SAMPLE = 5
SHORTEST = 28  # a nonce and a tag
A_YEAR = 365 * 24 * 3_600_000  # in milliseconds
SEALED_WITHIN = timedelta(minutes=1)
COMPARED_WITHIN = timedelta(days=14)
STILL = timedelta(days=1)
SUPPORT = Path(__file__).with_name("support.yaml")


Probe = Callable[[Looking], Awaitable[Found]]


async def look_at(given: Looking, probes: Mapping[str, Probe]) -> dict[str, Found]:
    """Every probe, each alone and for a minute at most. What seems broken is looked at again after some seconds: what only
    comes up, catches up, or is erased at this moment is not broken.
    """
    found = await _each(given, probes)
    doubtful = {measure: probes[measure] for measure, one in found.items() if one.state == "broken"}
    if doubtful:
        await asyncio.sleep(PATIENCE)
        found |= await _each(given, doubtful)
    return found


async def _each(given: Looking, probes: Mapping[str, Probe]) -> dict[str, Found]:
    found = await asyncio.gather(*(_alone(given, one) for one in probes.values()), return_exceptions=True)
    return {measure: _told(one) for measure, one in zip(probes, found, strict=True)}


async def _alone(given: Looking, probe: Probe) -> Found:
    async with asyncio.timeout(TIMEOUT):
        return await probe(given)


def _told(found: Found | BaseException) -> Found:
    if isinstance(found, Found):
        return found
    if not isinstance(found, Exception):
        raise found
    return Found("unknown", FAILED, {"kind": type(found).__name__})


async def encrypted(given: Looking) -> Found:
    """Records of every controller's first people and of some others: none is text, and each key is there, for one alone."""
    pivot = UUID(int=new_id().int - (secrets.randbelow(A_YEAR) << 80))  # people are in the order in which they came
    rows = await given.data.fetch(queries.RECORDS, list(await given.everyone()), pivot, SAMPLE)
    people = {(row["controller"], row["person"], row["key_id"]) for row in rows}
    keys = await given.keys.person_keys(people)
    figures: dict[str, Figure] = {
        "records": len(rows), "people": len(people), "readable": sum(not _is_ciphertext(row["sealed"]) for row in rows),
        "keyless": sum(one[2] not in keys or keys[one[2]].closed for one in people),
        "shared": sum(number > 1 for number in Counter(one[2] for one in people).values()),
    }  # fmt: skip
    if figures["readable"] or figures["keyless"] or figures["shared"]:
        return Found("broken", "not-sealed", figures)
    return Found("proven", "sealed", figures) if rows else Found("idle", "no-records")


def _is_ciphertext(sealed: bytes) -> bool:
    """Whether it can be what sealing makes: no text is."""
    try:
        sealed.decode()
    except UnicodeDecodeError:
        return len(sealed) >= SHORTEST
    return False


async def root_copies(given: Looking) -> Found:
    """What the doctor says of the two files."""
    return _files(given, ("root keys", "root keys, escrow", "escrow copy"), "two-copies", "copies-differ")


async def destruction_copies(given: Looking) -> Found:
    """What the doctor says of the two logs."""
    return _files(given, ("destruction log", "both copies"), "two-copies", "copies-differ")


def _files(given: Looking, names: tuple[str, ...], good: str, bad: str) -> Found:
    checks = [one for one in doctor.files(given.settings) if one.name in names]
    wrong = sum(not one.good for one in checks)
    if wrong or {one.name for one in checks} != set(names):
        return Found("broken", bad)
    return Found("proven", good)


async def roles(given: Looking) -> Found:
    """Both roles of the data server, and the one of the key store."""
    asked = ((given.data, APP), (given.data, SEQUENCER), (given.key_store, APP))
    strong = sum([await doctor.too_strong(server.fetch, role) for server, role in asked])
    if strong:
        return Found("broken", "roles-too-strong", {"strong": strong, "roles": len(asked)})
    return Found("proven", "roles-weak", {"roles": len(asked)})


async def rows(given: Looking) -> Found:
    """Tables of controllers without row-level security, on both servers."""
    open_ = [one for server in (given.data, given.key_store) for one in await doctor.open_tables(server.fetch)]
    return Found("broken", "rows-open", {"tables": len(open_)}) if open_ else Found("proven", "rows-parted")


async def second_factor(given: Looking) -> Found:
    """The share of staff accounts that have one."""
    staff = await given.staff()
    figures: dict[str, Figure] = {"having": staff.with_factor, "of": staff.active}
    if not staff.active:
        return Found("idle", "no-staff")
    all_have = staff.with_factor == staff.active
    return Found("proven", "all-staff", figures) if all_have else Found("broken", "some-staff", figures)


async def passwords(given: Looking) -> Found:
    """Digests below today's cost: whoever signs in has theirs made anew, so they are of who has not for long."""
    staff = await given.staff()
    if staff.weak:
        return Found("broken", "weak-digests", {"weak": staff.weak})
    return Found("proven", "slow-digests") if staff.active else Found("idle", "no-staff")


async def second_person(given: Looking) -> Found:
    """The rule of the platform; where one person alone looks after it, nobody else can look."""
    staff = await given.staff()
    if staff.guarded < 2:
        return Found("broken", "not-guarded", {"guarded": staff.guarded})
    return Found("proven", "guarded") if staff.several else Found("idle", "one-person")


async def bound(given: Looking) -> Found:
    """Credentials of staff at every controller, and standing without an end that has come."""
    found = await given.data.fetch(queries.STAFF, await _controllers(given), given.clock.now())
    staff, unbound, untrained = (sum(row[name] for row in found) for name in ("staff", "unbound", "untrained"))
    if unbound or untrained:
        return Found("broken", "some-unbound", {"staff": staff, "unbound": unbound, "untrained": untrained})
    return Found("proven", "all-bound", {"staff": staff}) if staff else Found("idle", "no-staff-there")


async def integrated(given: Looking) -> Found:
    """Entries and checkpoints that have waited for longer than a minute."""
    before = given.clock.now() - SEALED_WITHIN
    waiting = await given.data.fetch(queries.LEDGER_WAITING, list(await given.everyone()), before)
    if waiting:
        return Found("broken", "ledger-waits", {"controllers": len(waiting)})
    return Found("proven", "ledger-sealed")


async def anchored(given: Looking) -> Found:
    """The platform's own log has published nothing that is not anchored: the anchor comes first."""
    anchors = Anchors(given.settings.anchors)
    if not anchors.standing:
        return Found("broken", "no-anchors")
    async with given.data.transaction(given.platform) as tx:
        head = await tx.fetchrow(ledger.HEAD, given.platform)
    if head is None:
        return Found("unknown", "nothing-published")
    published = Checkpoint.parse(head["checkpoint"].partition("\n\n")[0] + "\n")
    notes = await asyncio.to_thread(anchors.checkpoints)
    kept = notes.get(published.origin, "")
    size = Checkpoint.parse(kept.partition("\n\n")[0] + "\n").size if kept else -1
    return Found("proven", "anchored") if size >= published.size else Found("broken", "not-anchored")


async def compared(given: Looking) -> Found:
    """The look that is the longest ago, of all controllers."""
    look = await given.looks.oldest()
    if look is None:
        return Found("unknown", "no-look-yet")
    days = (given.clock.now() - look.since) // timedelta(days=1)
    late = given.clock.now() - look.since > COMPARED_WITHIN
    if late:
        return Found("broken", "look-too-old", {"days": days})
    return Found("proven", "compared", {"days": days}) if look.whole else Found("unknown", "first-look")


async def clock(given: Looking) -> Found:
    """The last tick of the jobs' process."""
    doubted, believed = await given.ticking()
    if doubted:
        return Found("broken", "clock-doubted")
    return Found("proven", "clock-believed") if believed else Found("unknown", "no-tick")


async def space(given: Looking) -> Found:
    """The reserve, and what is free on the volumes of the embedded servers."""
    folders = [one for one in given.settings.volumes if one.exists()]
    if not folders:
        return Found("idle", "external-servers")
    if any(free(one) < WATERMARK for one in folders):
        return Found("broken", "disk-low")
    return Found("proven", "reserved") if (given.settings.data / FILE).exists() else Found("broken", "no-reserve")


async def running(given: Looking) -> Found:
    """Duties that have stood still for longer than a day."""
    still = [one for one in await given.setbacks.listed() if given.clock.now() - one.since_at > STILL]
    return Found("broken", "duties-still", {"duties": len(still)}) if still else Found("proven", "duties-run")


async def supported(given: Looking) -> Found:
    """The versions of both servers and of the language, against the dated ends of their support."""
    versions = [("postgresql", await doctor.version(one.fetch)) for one in (given.data, given.key_store)]
    running = [(name, text.split(".")[0]) for name, text in versions]
    running.append(("python", ".".join(map(str, sys.version_info[:2]))))
    ends = [_support().get(name, {}).get(version) for name, version in running]
    known = [one for one in ends if one is not None]
    if any(one < given.clock.now().date() for one in known):
        return Found("broken", "unsupported")
    if len(known) < len(ends):
        return Found("unknown", "unlisted-version")
    return Found("proven", "supported", {"until": min(known).isoformat()})


@cache
def _support() -> dict[str, dict[str, date]]:
    loaded: Any = yaml.safe_load(SUPPORT.read_text(encoding="utf-8"))
    return msgspec.convert(loaded, dict[str, dict[str, date]])


async def _controllers(given: Looking) -> list[UUID]:
    return [one for one in await given.everyone() if one != given.platform]


# Of a platform that runs: there is nothing to see of them while it stands still.
WHILE_RUNNING = frozenset({"ledger.integrated", "clock.trusted", "space.reserved", "duties.running"})
LIVE: Mapping[str, Probe] = {
    "records.encrypted": encrypted, "keys.two-copies": root_copies, "isolation.roles": roles, "isolation.rows": rows,
    "access.second-factor": second_factor, "access.passwords": passwords, "access.second-person": second_person,
    "access.bound": bound, "ledger.integrated": integrated, "ledger.anchored": anchored,
    "destruction.two-copies": destruction_copies, "records.compared": compared, "clock.trusted": clock,
    "space.reserved": space, "duties.running": running, "versions.supported": supported,
}  # fmt: skip

"""Planning a part of an import: each line normalised, found twice or not, held already or not, and so decided.

Someone held is found by external id, else by e-mail. Nothing is changed here; a dry run is a plan that is kept.
"""

import hmac
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec

from bailee.contract.ruling import AccessRequest, Refusal
from bailee.gate.matching import Matched, Matching
from bailee.gate.passage import Passage
from bailee.gate.sets import Opened, Sought
from bailee.infra.database import Database
from bailee.infra.keys.key import Key
from bailee.infra.keys.store import KeyStore
from bailee.processing.accounts import queries
from bailee.processing.accounts.import_jobs import Job
from bailee.processing.accounts.normal_forms import normalise, same_mailbox
from bailee.processing.accounts.tables import Line
from bailee.vault import searching
from bailee.vault.amending import merge
from bailee.vault.profile import PROFILE
from bailee.vault.record_types import RecordType, RefusedData
from bailee.vocabulary.ids import Address
from bailee.vocabulary.operations import Operation
from bailee.vocabulary.purposes import Purpose


class Failing(Exception):
    """The whole job cannot go on; `reason` is a code."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Planned(msgspec.Struct):
    """A line and what is to be done with it: `create`, `update`, `skip` or `reject`."""

    line: int
    outcome: str = "create"
    reasons: tuple[str, ...] = ()
    profile: dict[str, object] = {}
    groups: frozenset[str] = frozenset()
    address: Address | None = None
    person: UUID | None = None

    def reject(self, *reasons: str) -> None:
        """All or nothing: a line with a reason is not imported at all."""
        self.outcome, self.reasons = "reject", reasons


class Planning:
    """Decides what becomes of lines."""

    def __init__(
        self, *, passage: Passage, matching: Matching, database: Database, keys: KeyStore, place: str
    ) -> None:  # fmt: skip
        self._passage = passage
        self._matching = matching
        self._database = database
        self._keys = keys
        self._place = place

    async def plan(self, job: Job, key: Key, lines: Sequence[Line], creating: frozenset[int]) -> list[Planned]:
        """A plan for each line. Lines that are being created since before a stop are not looked for again."""
        record_type = (await self._passage.dossier(job.controller)).types[PROFILE]
        plans = [_normal(job, record_type, line) for line in lines]
        good = [one for one in plans if one.outcome == "create"]
        await self._claim(job, key, good)
        await self._look(job, [one for one in good if one.outcome == "create" and one.line not in creating])
        return plans

    async def keep_out(self, job: Job, new: Sequence[Planned]) -> None:
        """Reject each line that names someone who was erased since the upload, and no other.

        Asked after the plan: whoever was met in it lives, or their erasure is seen here. Where someone was erased whom
        this import cannot tell from others, all of it is to be uploaded anew.
        """
        if not new:
            return
        record_type = (await self._passage.dossier(job.controller)).types[PROFILE]
        secret = (await self._keys.controller_key(job.controller, "index")).secret
        named = {one.line: _named(secret, record_type, one.profile) for one in new}
        wanted = sorted({tag for tags in named.values() for tag in tags})
        async with self._database.transaction(job.controller) as tx:
            erasing = await tx.fetch(queries.ERASING_ALIKE, job.controller, wanted, job.uploaded_at)
            kept = await tx.fetchval(queries.ERASED_TAGS, job.controller, job.id)
            if await tx.fetchval(queries.ERASED_UNKNOWN, job.controller, job.id, job.uploaded_at):
                raise Failing("erased-meanwhile")
        erased = {row["tag"] for row in erasing} | set(kept or ())
        for one in new:
            if erased & named[one.line]:
                one.reject(ERASED)

    def request(
        self, job: Job, operation: Operation, *, categories: frozenset[str] = frozenset(),
        addresses: tuple[Address, ...] = (), persons: tuple[UUID, ...] = (),
    ) -> AccessRequest:  # fmt: skip
        """A request in the name of the one who asked for the job."""
        return AccessRequest(
            actor=job.mandate.actor, controller=job.controller, operation=operation,
            purpose=Purpose(job.mandate.purpose), categories=categories, named=bool(categories),
            addresses=addresses, persons=persons, place=self._place,
        )  # fmt: skip

    async def _claim(self, job: Job, key: Key, good: Sequence[Planned]) -> None:
        """Whoever comes first in the file has the place; the others are rejected."""
        claims = {one.line: _tags(key, one.profile) for one in good}
        rows = [(job.controller, job.id, tag, number) for number, (own, _) in claims.items() for tag in own]
        wanted = [tag for _, looked in claims.values() for tag in looked]
        if not wanted:
            return
        async with self._database.transaction(job.controller) as tx:
            await tx.executemany(queries.PUT_TAG, rows)
            known = {r["tag"]: r["line"] for r in await tx.fetch(queries.TAGS, job.controller, job.id, wanted)}
        for one in good:
            first = min((known[tag] for tag in claims[one.line][1] if tag in known), default=one.line)
            if first < one.line:
                one.reject("duplicate-in-file")

    async def _look(self, job: Job, good: Sequence[Planned]) -> None:
        wanted = {Sought(PROFILE, f, str(one.profile[f])) for one in good for f in IDENTITY if f in one.profile}
        if not wanted:
            return
        request = self.request(job, Operation.consult)
        matched = await self._matching.match(request, sorted(wanted, key=lambda s: (s.field, s.value)))
        if isinstance(matched, Refusal):
            raise Failing(matched.reason)
        for one in good:
            _decide(job, one, matched)


IDENTITY = ("external_id", "email")
# What names someone who was erased: a name too, for a line may hold no more. A telephone is shared by a whole office.
NAMING = ("external_id", "email", "user_name", "name")
ERASED = "erased-since"


def _normal(job: Job, record_type: RecordType, line: Line) -> Planned:
    if line.reason:
        return Planned(line.number, "reject", (line.reason,))
    fields = {field: line.cells[heading] for heading, field in job.chosen.mapping.items() if heading in line.cells}
    done = normalise(fields, region=job.chosen.region, default_groups=frozenset(job.chosen.groups))
    if done.problems:
        return Planned(line.number, "reject", tuple(f"{field}:{code}" for field, code in done.problems))
    if not done.profile:
        return Planned(line.number, "reject", ("nothing-in-it",))
    try:
        record_type.check(done.profile)
    except RefusedData as refused:
        places = {place.strip("/").replace("/", ".") for place, _ in refused.problems}
        return Planned(line.number, "reject", tuple(f"{place}:does-not-fit" for place in sorted(places)))
    return Planned(line.number, profile=done.profile, groups=done.groups)


def _tags(key: Key, profile: dict[str, object]) -> tuple[list[bytes], list[bytes]]:
    """The tags that a line claims, and those that nobody before it may have claimed.

    An address of mail alone names someone; beside an external id it does not (a family may share one).
    """

    def tag(kind: bytes, value: object) -> bytes:
        return hmac.digest(key.secret, kind + str(value).casefold().encode(), "sha256")[:16]

    external, mail = profile.get("external_id"), profile.get("email")
    if external is not None:
        own = [tag(b"x", external)] + ([tag(b"E", mail)] if mail is not None else [])
        return own, [tag(b"x", external)] + ([tag(b"e", mail)] if mail is not None else [])
    return ([tag(b"e", mail)], [tag(b"e", mail), tag(b"E", mail)]) if mail is not None else ([], [])


def _named(secret: bytes, record_type: RecordType, profile: dict[str, object]) -> set[bytes]:
    """The tags under which whoever a line is about would be found."""
    held = [(field, searching.held(record_type, field, profile)) for field in NAMING]
    return {
        searching.tag(secret, PROFILE, record_type.origin(field), value) for field, value in held if value is not None
    }


def _decide(job: Job, one: Planned, matched: Matched) -> None:
    sought = [Sought(PROFILE, f, str(one.profile[f])) for f in IDENTITY if f in one.profile]
    if any(s in matched.withheld for s in sought):
        one.reject("not-accessible")
        return
    hits = list[Opened]()
    for s in sought:
        if s in matched.crowded:
            one.reject("too-many-alike")
            return
        if hits := _same(s.field, matched.found.get(s, []), one.profile):
            break
    if not hits:
        return
    if len({hit.address.person for hit in hits}) > 1 or len(hits) > 1:
        one.reject("ambiguous")
        return
    one.address, one.person = hits[0].address, hits[0].address.person
    if job.policy == "create-only":
        one.reject("exists")
    elif job.policy == "skip":
        one.outcome, one.reasons = "skip", ("exists",)
    else:
        current = msgspec.json.decode(hits[0].data)
        alike = merge(current, one.profile) == current
        one.outcome, one.reasons = ("skip", ("unchanged",)) if alike else ("update", ())


def _same(field: str, hits: list[Opened], profile: dict[str, object]) -> list[Opened]:
    """Of those found by a field, the ones with no other external id than the line's; found by an address of mail, with
    that very mailbox: one that only looks alike may be somebody else's."""
    wanted, address = profile.get("external_id"), str(profile.get("email"))
    held = [(hit, msgspec.json.decode(hit.data, type=dict[str, Any])) for hit in hits]
    return [
        hit for hit, data in held
        if (wanted is None or data.get("external_id", wanted) == wanted)
        and (field != "email" or same_mailbox(str(data.get("email", "")), address))
    ]  # fmt: skip

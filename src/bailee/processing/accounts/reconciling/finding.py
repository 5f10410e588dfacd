"""Finding: likely duplicates inside one controller, by what their blind indexes share.

Whoever shares a tag (the same e-mail address, phone, whole name, user name or own id) is compared; nobody else is.
One page looks at a bounded number of tags and says where the next begins. The scope is ruled and recorded before the
index is asked, and the profiles are opened by address through the passage, with an entry that names them all.
"""

from collections.abc import Iterable, Sequence
from itertools import combinations
from typing import Any
from uuid import UUID

import msgspec
from asyncpg import Connection

from bailee.contract.ruling import AccessRequest, Refusal, extend
from bailee.gate.passage import Passage
from bailee.gate.sets import Opened
from bailee.infra.clock import Clock
from bailee.infra.database import Database
from bailee.ledger.appending import Appending
from bailee.processing.accounts.reconciling import queries
from bailee.processing.accounts.reconciling.conflicts import CannotMerge
from bailee.processing.accounts.reconciling.similarity import LIKELY, POSSIBLE, Similarity, similarity
from bailee.vault.profile import PROFILE
from bailee.vocabulary.ids import Address

WINDOW = 20_000  # tags of the index that one step looks at
STEPS = 10  # steps of one page
PAIRS = 50  # pairs of one page
LOOKS = 8  # pages of pairs that are looked at for one page of likely ones
CROWD = 8  # a value that more people share than this says nothing (a switchboard's number)
START = b""

Pair = tuple[UUID, UUID]


class Profile(msgspec.Struct, frozen=True):
    """A profile as the gate released it, with the version that a merge must still find."""

    person: UUID
    record: UUID
    version: int
    fields: dict[str, Any]


Profiles = tuple[dict[UUID, Profile], list[Refusal]]


class Candidate(msgspec.Struct, frozen=True):
    """Two profiles that may be one person's, the older id first, and why."""

    first: Profile
    second: Profile
    similarity: Similarity


class Found(msgspec.Struct, frozen=True):
    """A page of candidates, the likeliest first; `after` is where the next begins (None at the end).

    `below` counts the possible pairs that were looked at and whose score is lower than what was asked for.
    """

    candidates: tuple[Candidate, ...]
    after: bytes | None
    below: int = 0


class Finding:
    """Looks for duplicates."""

    def __init__(self, *, passage: Passage, appending: Appending, database: Database, clock: Clock) -> None:
        self._passage = passage
        self._appending = appending
        self._database = database
        self._clock = clock

    async def likely(self, request: AccessRequest, after: bytes = START) -> Found | Refusal:
        """The next candidates that are likely: it looks on where names alone are shared, and no longer than `LOOKS`."""
        found, below, place = dict[Pair, Candidate](), 0, after
        for _ in range(LOOKS):
            page = await self.page(request, place, LIKELY)
            if isinstance(page, Refusal):
                return page
            found |= {(one.first.person, one.second.person): one for one in page.candidates}
            below += page.below
            if page.after is None or len(found) >= PAIRS:
                return Found(_likeliest(found.values()), page.after, below)
            place = page.after
        return Found(_likeliest(found.values()), place, below)

    async def page(self, request: AccessRequest, after: bytes = START, least: int = POSSIBLE) -> Found | Refusal:
        """The next candidates of a score at least; `request` asks to combine, and names nobody."""
        refused = await self._scope(request)
        if refused is not None:
            return refused
        pairs, following = await self._pairs(request.controller, after)
        read = await self.profiles(request, {person for pair in pairs for person in pair})
        if isinstance(read, Refusal):
            return read
        profiles, _ = read
        found = [_candidate(profiles[a], profiles[b]) for a, b in pairs if a in profiles and b in profiles]
        possible = [one for one in found if one.similarity.score >= POSSIBLE]
        kept = [one for one in possible if one.similarity.score >= least]
        return Found(_likeliest(kept), following, len(possible) - len(kept))

    async def pair(self, request: AccessRequest, one: UUID, other: UUID) -> Candidate | Refusal | None:
        """Two people compared, whatever their score; None where either has no profile that may be seen."""
        if one == other:
            raise CannotMerge("same-person")
        read = await self.profiles(request, {one, other})
        if isinstance(read, Refusal):
            return read
        profiles, refused = read
        if len(profiles) < 2:
            return next(iter(refused), None)
        first, second = sorted((one, other))
        return _candidate(profiles[first], profiles[second])

    async def _scope(self, request: AccessRequest) -> Refusal | None:
        dossier = await self._passage.dossier(request.controller)
        permit = self._passage.rule(dossier, request)
        if isinstance(permit, Refusal):
            return await self._passage.refuse(permit)
        await self._appending.append_one(extend(permit, ()))
        return None

    async def _pairs(self, controller: UUID, after: bytes) -> tuple[list[Pair], bytes | None]:
        """Pairs that share a tag and were not dismissed, in the order of the index."""
        pairs, place = dict[Pair, None](), after
        async with self._database.transaction(controller) as tx:
            for _ in range(STEPS):
                end = await tx.fetchval(queries.WINDOW_END, controller, place, WINDOW)
                rows = await tx.fetch(queries.SHARED_TAGS, controller, place, end, CROWD, PAIRS)
                fresh = [pair for row in rows for pair in combinations(sorted(row["persons"]), 2)]
                dismissed = await _dismissed(tx, controller, fresh)
                for row in rows:
                    for pair in combinations(sorted(row["persons"]), 2):
                        if pair not in dismissed:
                            pairs[pair] = None
                    if len(pairs) >= PAIRS:
                        return list(pairs), row["tag"]
                if len(rows) == PAIRS:
                    place = rows[-1]["tag"]
                elif end is None:
                    return list(pairs), None
                else:
                    place = end
        return list(pairs), place

    async def profiles(self, request: AccessRequest, persons: Iterable[UUID]) -> Profiles | Refusal:
        """The profiles that the gate lets be seen, and why others are not (nothing is said of the unknown)."""
        wanted = sorted(persons)
        async with self._database.transaction(request.controller) as tx:
            rows = await tx.fetch(queries.PROFILES, request.controller, wanted, self._clock.now())
        if not rows:
            return {}, []
        addresses = tuple(Address(request.controller, row["person_id"], PROFILE, row["record_id"]) for row in rows)
        released = await self._passage.read(msgspec.structs.replace(request, addresses=addresses, persons=()))
        if isinstance(released, Refusal):
            return released
        refused = [why for _, why in released.withheld if why is not None]
        return {one.address.person: _profile(one) for one in released.records}, refused


def _likeliest(found: Iterable[Candidate]) -> tuple[Candidate, ...]:
    return tuple(sorted(found, key=lambda one: -one.similarity.score))


async def _dismissed(tx: Connection, controller: UUID, pairs: Sequence[Pair]) -> set[Pair]:
    if not pairs:
        return set()
    rows = await tx.fetch(queries.DISMISSED, controller, sorted({person for pair in pairs for person in pair}))
    return {(row["first_id"], row["second_id"]) for row in rows}


def _profile(one: Opened) -> Profile:
    fields = msgspec.json.decode(one.data, type=dict[str, Any])
    return Profile(one.address.person, one.address.record, one.version, fields)


def _candidate(first: Profile, second: Profile) -> Candidate:
    return Candidate(first, second, similarity(first.fields, second.fields))

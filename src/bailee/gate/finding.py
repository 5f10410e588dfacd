"""Finding: search by words of a name, where the controller has switched that on (`vault/tokens.py`).

What a bucket holds is mostly something else. One entry says that the search is under way; only after it is durable are
candidates opened, and then only to be compared. An entry names the confirmed alone, and only they are released.
"""

from uuid import UUID

import msgspec

from bailee.contract.ruling import AccessRequest, Permit, Refusal
from bailee.gate.archive import Dossier
from bailee.gate.crossing import Released
from bailee.gate.looking import queries
from bailee.gate.looking.filters import Filter
from bailee.gate.narrowing import select
from bailee.gate.passage import Passage
from bailee.gate.sets import CHUNK, Page, Place, UnknownField
from bailee.infra.clock import Clock
from bailee.infra.database import Database
from bailee.infra.keys.store import KeyStore
from bailee.ledger.appending import Appending, Recorded
from bailee.vault import confirming, searching, tokens
from bailee.vault import queries as vault_queries
from bailee.vault.holding import Row
from bailee.vault.opening import Selected
from bailee.vault.record_types import RecordType
from bailee.vault.sealing import Altered
from bailee.vocabulary.ids import Address

ON = "on"
LOOKS_SECONDS = 0.5  # a page may come back empty after this long, with where to go on


class Words(msgspec.Struct, frozen=True):
    """What is sought: a type, and words that one of its whole names must have, all of them, in any order."""

    type: str
    text: str


class NotSwitchedOn(Exception):
    """Names are not found by their words here: the controller has not switched that on, or it is not ready yet."""

    def __init__(self, state: str) -> None:
        super().__init__(state)
        self.state = state


class Finding:
    """Searches by words, through the passage."""

    def __init__(
        self, *, passage: Passage, appending: Appending, database: Database, keys: KeyStore, clock: Clock
    ) -> None:
        self._passage = passage
        self._appending = appending
        self._database = database
        self._keys = keys
        self._clock = clock

    async def ready(self, controller: UUID) -> bool:
        """Whether names are found by their words at this controller, as far as is known here."""
        return (await self._passage.dossier(controller)).name_tokens == ON

    async def find(
        self, request: AccessRequest, sought: Words, after: Place, limit: int, *, chosen: Filter | None = None
    ) -> Page | Refusal:
        """A page of records whose names have these words. It may hold fewer than `limit` and not be the last."""
        dossier = await self._switched_on(request.controller, 0, sought)
        record_type, field = _named(dossier, sought)
        parts = record_type.categories(dict.fromkeys(record_type.whole_name_fields[field]))
        asked = self._passage.rule(dossier, msgspec.structs.replace(request, categories=parts, named=True))
        if isinstance(asked, Refusal):
            return await self._passage.refuse(asked)
        scope = await self._appending.append_one(asked)
        words = tokens.words_of(searching.normal_whole_name(sought.text))
        key = await self._keys.controller_key(request.controller, "index")
        buckets = [list(tokens.sought(key.secret, sought.type, word)) for word in _longest_first(words)[:2]]
        began = self._clock.monotonic()
        while True:
            permit = self._passage.rule(dossier, request)
            if isinstance(permit, Refusal):
                return await self._passage.refuse(permit)
            version, rows = await self._candidates(dossier, sought.type, buckets, after, chosen)
            if version != dossier.version:
                dossier = await self._switched_on(request.controller, version, sought)
                continue
            found, last = await self._confirmed(dossier, permit, scope, rows, (sought, words, limit))
            if found:
                released = await self._passage.read(msgspec.structs.replace(request, addresses=found))
                return released if isinstance(released, Refusal) else Page(released, last)
            if last is None or self._clock.monotonic() - began > LOOKS_SECONDS:
                none = Released((), (), permit.instruction, permit.clause, scope.name, self._clock.monotonic())
                return Page(none, last)
            after = last

    async def _switched_on(self, controller: UUID, version: int, sought: Words) -> Dossier:
        """The dossier; where it says that words are not found, it is looked at whether that is still so."""
        dossier = await self._passage.dossier(controller, version)
        _named(dossier, sought)
        if dossier.name_tokens != ON:
            async with self._database.transaction(controller) as tx:
                now = await tx.fetchval(vault_queries.GATE, controller)
            dossier = await self._passage.dossier(controller, now or 0)
        if dossier.name_tokens != ON:
            raise NotSwitchedOn(dossier.name_tokens)
        return dossier

    async def _candidates(
        self, dossier: Dossier, type_name: str, buckets: list[list[bytes]], after: Place, chosen: Filter | None
    ) -> tuple[int, list[Row]]:
        controller = dossier.controller
        first, second = buckets[0] if buckets else [], buckets[1] if len(buckets) > 1 else None
        given = (first, second, type_name, *after, CHUNK)
        if chosen is None:
            rows = await self._database.fetch(queries.CANDIDATES, controller, *given)
            return rows[0]["gate_version"] if rows else 0, [row for row in rows if row["person_id"] is not None]
        narrowed = chosen.of_record(dossier)
        async with self._database.transaction(controller) as tx:
            version = await tx.fetchval(vault_queries.GATE, controller)
            await tx.execute(queries.PLANNED_ANEW)
            return version or 0, await tx.fetch(queries.FILTERED_CANDIDATES, controller, *narrowed, *given)

    async def _confirmed(
        self, dossier: Dossier, permit: Permit, scope: Recorded[Permit], rows: list[Row],
        sought: tuple[Words, tuple[str, ...], int],
    ) -> tuple[tuple[Address, ...], Place | None]:  # fmt: skip
        """Who of the candidates has the words, `limit` at most, and where to go on (None at the end)."""
        what, words, limit = sought
        record_type, field = _named(dossier, what)
        now, chosen = self._clock.now(), list[Selected]()
        for row in rows:
            address = Address(
                controller=dossier.controller, person=row["person_id"], type=row["type"], record=row["record_id"]
            )
            one = select(dossier, permit, address, row, now)
            if isinstance(one, Selected) and scope.fact.categories <= one.view.categories:
                chosen.append(one)
        keys = await self._keys.person_keys(
            [(s.sealed.address.controller, s.sealed.address.person, s.sealed.key_id) for s in chosen]
        )
        found = list[Address]()
        try:
            for sealed in (one.sealed for one in chosen if one.sealed.key_id in keys):
                if confirming.holds(scope, keys[sealed.key_id], record_type, sealed, field=field, words=words):
                    found.append(sealed.address)
                    if len(found) == limit:
                        return tuple(found), (sealed.address.person, sealed.address.record)
        except Altered as altered:
            raise await self._passage.altered(permit, altered) from None
        return tuple(found), (rows[-1]["person_id"], rows[-1]["record_id"]) if len(rows) == CHUNK else None


def _named(dossier: Dossier, sought: Words) -> tuple[RecordType, str]:
    """The type, and the whole name that it has."""
    record_type = dossier.types.get(sought.type)
    if record_type is None or not record_type.whole_name_fields:
        raise UnknownField("words", ())
    return record_type, next(iter(record_type.whole_name_fields))


def _longest_first(words: tuple[str, ...]) -> list[str]:
    """The longer a word the rarer, as a rule: nothing of the index is asked."""
    return sorted(words, key=len, reverse=True)

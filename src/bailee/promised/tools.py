"""Controllers' own tools: what they order by OpenDSR is carried out in the room of the rights."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from bailee.clauses.data_subject_requests.commands import Rights
from bailee.clauses.data_subject_requests.events import CLOSED, Asked, Mandate, NotNow, Request, Right, State, Step
from bailee.clauses.data_subject_requests.taking_along import NO_PACK, together
from bailee.clauses.direct_requests.opendsr.ordering import Standing
from bailee.clauses.direct_requests.opendsr.wire import Kind, Malformed
from bailee.ledger.committing import Transaction
from bailee.vocabulary.parties import Actor


class Ordered:
    """Subject requests, as requests of the controller's own."""

    def __init__(self, rights: Rights) -> None:
        self._rights = rights

    async def open(
        self, change: Transaction, kind: Kind, person: UUID, *, actor: Actor, until: datetime, received_at: datetime
    ) -> tuple[UUID, datetime]:
        """Open a request and queue the work on it, in the credential's name. Nobody is written to: the tool answers."""
        asked = Asked(
            right=Right(kind), channel="api", words=f"OpenDSR: {kind}", person=person, identity="declared",
            received_at=received_at,
        )  # fmt: skip
        made = await self._rights.requests.open_within(change, asked, by=actor.id, mandate=Mandate(actor, until))
        return made.id, made.due.strict

    async def standing(self, controller: UUID, requests: Sequence[UUID]) -> Standing:
        """Completed when all are; in progress as soon as one is."""
        found = [await self._rights.keeping.find(controller, one) for one in requests]
        results = sum(_results(one) for one in found)
        if all(one.state is State.withdrawn for one in found):
            return Standing("cancelled", 0)
        if all(one.state in CLOSED or one.step is Step.done for one in found):
            return Standing("completed", results)
        waiting = all(one.step is Step.queued for one in found)
        return Standing("pending" if waiting else "in_progress", results)

    async def cancel(self, controller: UUID, requests: Sequence[UUID], *, by: str) -> None:
        """Withdraw them; what has been begun meanwhile is too far."""
        for id in requests:
            one = await self._rights.keeping.find(controller, id)
            try:
                await self._rights.requests.withdraw(controller, id, by=by, version=one.version)
            except NotNow:
                raise Malformed("only a pending request can be cancelled", "notPending") from None

    async def results(
        self, controller: UUID, requests: Sequence[UUID], *, actor: Actor, until: datetime
    ) -> AsyncIterator[bytes]:
        """The pack; where several people are held under one address, a zip of their packs, each named by its request.

        Every taking is recorded before the first byte leaves. A request that brought no pack is not in it; where one's
        pack may not leave whole, none leaves.
        """
        packs: dict[str, AsyncIterator[bytes]] = {}
        for id in requests:
            try:
                packs[f"{id}.zip"] = await self._rights.taking_along.take(controller, id, Mandate(actor, until))
            except NotNow as found:
                if found.state != NO_PACK:
                    raise Malformed(f"a result cannot leave whole: {found.state}", "resultsChanged", 409) from None
        if not packs:
            raise Malformed("there are no results any more", "noResults", 404)
        return next(iter(packs.values())) if len(requests) == 1 else together(packs)


def _results(one: Request) -> int:
    work: dict[str, Any] = one.papers.work if one.papers else {}
    return int(work.get("result", {}).get("records", 0) or 0) if isinstance(work.get("result"), dict) else 0

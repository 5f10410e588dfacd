"""Dismissing: someone looked at a pair and found two people; they are not shown together again."""

from uuid import UUID

from bailee.contract.ruling import AccessRequest, Permit, Refusal, extend
from bailee.gate.archive import Dossier
from bailee.gate.changing import Changing, Done, Written, living
from bailee.infra.clock import Clock
from bailee.ledger.committing import Transaction
from bailee.ledger.entries import Act, Fact
from bailee.processing.accounts.reconciling import queries, standing
from bailee.processing.accounts.reconciling.conflicts import CannotMerge


class Dismissing:
    """Remembers who is not whom."""

    def __init__(self, *, changing: Changing, clock: Clock) -> None:
        self._changing = changing
        self._clock = clock

    async def dismiss(self, request: AccessRequest, one: UUID, other: UUID) -> Written | Refusal:
        """Remember that these are two people; `request` asks to combine them."""
        if one == other:
            raise CannotMerge("same-person")
        first, second = sorted((one, other))

        async def work(_dossier: Dossier, permit: Permit, change: Transaction) -> Done:
            permit = standing.allow_both(permit, [await living(change, person) for person in (first, second)])
            actor = permit.request.actor.id
            await change.connection.execute(queries.DISMISS, change.controller, first, second, actor, self._clock.now())
            act = Act("duplicate-dismissed", change.controller, actor, {}, (first, second))
            both: list[Fact] = [extend(permit, (), (first, second)), act]
            _, appended = await change.append(both)
            return Written((first, second), (), 1), appended

        return await self._changing.change(request, work)

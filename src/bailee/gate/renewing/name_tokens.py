"""Name tokens switched on and off by the controller; the index follows in the background (`vault/tokens.py`)."""

from uuid import UUID

from bailee.contract.ruling import Refusal
from bailee.gate.archive import Archive, Dossier, TokensState
from bailee.gate.passage import Passage
from bailee.gate.renewing import queries
from bailee.gate.renewing.renewals import BUILDING, OFF, TOKENS, asking, begin
from bailee.infra.clock import Clock
from bailee.ledger.committing import Committing, Transaction
from bailee.ledger.entries import Act


class NameTokens:
    """The controller's switch."""

    def __init__(self, *, passage: Passage, committing: Committing, archive: Archive, clock: Clock) -> None:
        self._passage = passage
        self._committing = committing
        self._archive = archive
        self._clock = clock

    async def switch(self, controller: UUID, on: bool, *, by: str) -> TokensState | Refusal:
        """Switch on or off; the state from now on: off, building, on. What is so already stays as it is."""
        dossier = await self._passage.dossier(controller)
        while True:
            ruled = self._passage.rule(dossier, asking(controller))
            if on and isinstance(ruled, Refusal):
                return await self._passage.refuse(ruled)
            async with self._committing.transaction(controller) as change:
                version = await change.connection.fetchval(queries.GATE_VERSION, controller)
                if version == dossier.version:
                    state = await self._switched(change, dossier, on, by)
                    break
            dossier = await self._passage.dossier(controller, version)
        self._archive.forget(controller)
        return state

    async def _switched(self, change: Transaction, dossier: Dossier, on: bool, by: str) -> TokensState:
        if on == (dossier.name_tokens != OFF):
            return dossier.name_tokens
        tx, controller = change.connection, change.controller
        if on:
            await tx.execute(queries.END_RENEWAL, controller, TOKENS)
        named = [name for name, one in dossier.types.items() if one.whole_name_fields]
        await begin(change, named if on else [TOKENS], self._clock.now())
        state = BUILDING if on else OFF
        await tx.execute(queries.SWITCH_TOKENS, controller, state)
        await change.append([Act("name-tokens-on" if on else "name-tokens-off", controller, by)])
        return state

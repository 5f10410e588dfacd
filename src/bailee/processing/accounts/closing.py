"""Closing: an account whose term for thinking better has passed is erased with its person, and that is proven."""

from uuid import UUID

from bailee.contract.ruling import AccessRequest, Refusal
from bailee.gate.changing import Held, Unknown
from bailee.gate.people import People
from bailee.infra.settings import Settings
from bailee.processing.accounts.accounts import Accounts
from bailee.vocabulary.operations import Operation
from bailee.vocabulary.parties import Actor, ActorKind
from bailee.vocabulary.purposes import Purpose

NOBODY = UUID(int=0)


class Closing:
    """Carries closings out."""

    def __init__(self, *, accounts: Accounts, people: People, settings: Settings) -> None:
        self._accounts = accounts
        self._people = people
        self._settings = settings

    async def due(self, controller: UUID) -> int:
        """Erase those whose day has come; how many. Someone under a hold, or refused by the gate, is tried again."""
        erased = 0
        for person in await self._accounts.closing_due(controller):
            request = AccessRequest(
                actor=Actor("platform", ActorKind.processor_system, NOBODY), controller=controller,
                operation=Operation.erase, purpose=Purpose.account_management, persons=(person,),
                place=self._settings.region,
            )  # fmt: skip
            try:
                found = await self._people.erase(request, person)
            except (Held, Unknown):
                continue
            erased += not isinstance(found, Refusal)
        return erased

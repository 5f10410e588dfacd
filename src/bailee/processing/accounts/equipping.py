"""Equipping: whose address something is, also of people whom a directory provisioned and who have no means yet.

Their e-mail is in the profile: it is looked up through the gate, in the platform's own name and for the accounts'
purpose, with an entry like any access. Someone found so gets means with this address and nothing to sign in with; a
link, or the organisation's own sign-on, does the rest.
"""

from typing import Any
from uuid import UUID

import msgspec

from bailee.contract.ruling import AccessRequest, Refusal
from bailee.gate.passage import Destroyed
from bailee.gate.sets import START, Sets, Sought
from bailee.ledger.committing import Committing
from bailee.processing.accounts.accounts import Account, Accounts
from bailee.processing.accounts.lifecycle import State
from bailee.processing.accounts.means import AddressTaken, Means
from bailee.processing.accounts.normal_forms import same_mailbox
from bailee.processing.accounts.signing_in.methods import Methods
from bailee.vault.profile import PROFILE
from bailee.vocabulary.operations import Operation
from bailee.vocabulary.parties import Actor, ActorKind
from bailee.vocabulary.purposes import Purpose

NOBODY = UUID(int=0)


class Equipping:
    """Finds accounts by address, and gives first means to those who have none."""

    def __init__(self, *, sets: Sets, accounts: Accounts, means: Means, committing: Committing, place: str) -> None:
        self._sets = sets
        self._accounts = accounts
        self._means = means
        self._committing = committing
        self._place = place

    async def account_of(self, controller: UUID, address: str) -> Account | None:
        """The account that signs in with this address, or whose profile alone has it: this very address, not one that an
        index finds alike, for whoever reads its mail is let in."""
        person = await self._means.person_of(controller, address)
        if person is not None:
            account = await self._accounts.find(controller, person)
            means = account and await self._means.read(controller, person, account.key_id)
            return account if means and same_mailbox(means.methods.address, address) else None
        for found, own in await self._by_profile(controller, address):
            account = await self._accounts.find(controller, found)
            standing = account is not None and account.state in (State.invited, State.active)
            if account is not None and standing and await self.equip(controller, account, own):
                return account
        return None

    async def equip(self, controller: UUID, account: Account, address: str) -> bool:
        """Give an account without means its first: this address. False where it has means, or another has the name."""
        if await self._means.read(controller, account.person, account.key_id) is not None:
            return False
        try:
            async with self._committing.transaction(controller) as change:
                await self._means.first(
                    change.connection, controller, account.person, account.key_id, Methods(address=address)
                )
        except AddressTaken:
            return False
        return True

    async def _by_profile(self, controller: UUID, address: str) -> list[tuple[UUID, str]]:
        request = AccessRequest(
            actor=Actor("platform", ActorKind.processor_system, NOBODY), controller=controller,
            operation=Operation.query, purpose=Purpose.account_management, place=self._place,
        )  # fmt: skip
        try:
            found = await self._sets.search(request, Sought(PROFILE, "email", address), START, 2)
        except Destroyed:
            return []
        if isinstance(found, Refusal):
            return []
        held = [(one.address.person, _email(one.data)) for one in found.released.records]
        return [(person, own) for person, own in held if same_mailbox(own, address)]


def _email(data: bytes) -> str:
    return str(msgspec.json.decode(data, type=dict[str, Any]).get("email", ""))

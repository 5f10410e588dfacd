"""Names of colleagues for pages: the addresses they sign in with, shown to those who manage access."""

from collections.abc import Sequence
from uuid import UUID

from bailee.infra.web.visit import Visit
from bailee.processing.accounts.accounts import Accounts
from bailee.processing.accounts.means import Means


class Names:
    """Who is who among those with a role."""

    def __init__(self, *, accounts: Accounts, means: Means) -> None:
        self._accounts = accounts
        self._means = means

    async def of(self, visit: Visit, persons: Sequence[UUID]) -> dict[UUID, str]:
        """The sign-in addresses of these accounts."""
        found = await self._accounts.of(visit.whose, persons)
        names = {}
        for person, account in found.items():
            held = await self._means.read(visit.whose, person, account.key_id)
            if held is not None:
                names[person] = held.methods.address
        return names

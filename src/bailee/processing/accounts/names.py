"""Names of colleagues for pages: the addresses they sign in with, in clear to those who decide about access alone."""

from collections.abc import Iterable
from uuid import UUID

from bailee.infra.web.visit import Visit
from bailee.processing.accounts.accounts import Accounts
from bailee.processing.accounts.masking import mask
from bailee.processing.accounts.means import Means

SEE = "accounts:account:read"
DECIDE = ("accounts:role:assign", "accounts:review:decide")


class Names:
    """Who is who among those with a role."""

    def __init__(self, *, accounts: Accounts, means: Means, platform: UUID) -> None:
        self._accounts = accounts
        self._means = means
        self._platform = platform

    async def of(self, visit: Visit, persons: Iterable[UUID]) -> dict[UUID, str]:
        """What these accounts are called; the end of the id where no address is held, or no account any more."""
        wanted = set(persons)
        names = {person: str(person)[-6:] for person in wanted}
        clear = any(visit.may(one) for one in DECIDE)
        for person, account in (await self._accounts.of(visit.whose, wanted)).items():
            held = await self._means.read(visit.whose, person, account.key_id)
            if held is not None and held.methods.address:
                names[person] = held.methods.address if clear else mask("email", held.methods.address)
        return names

    async def of_actors(self, visit: Visit, actors: Iterable[str | None]) -> dict[str, str]:
        """What those who act in the ledger are called: colleagues as above, systems by their own name."""
        people = {actor: person for actor in actors if actor and (person := _person(actor))}
        found = await self.of(visit, people.values())
        return {actor: found[people[actor]] if actor in people else actor for actor in actors if actor}

    async def in_ledger(self, visit: Visit, actors: Iterable[str]) -> dict[str, str]:
        """What those of the ledger's actors are called who work for one of the two sides: the processor's staff to both,
        a controller's own people to whoever may see its accounts. No other actor is in it."""
        people = {person: actor for actor in set(actors) if (person := _person(actor))}
        found: dict[str, str] = {}
        for whose in dict.fromkeys((self._platform, visit.whose)):
            if whose != self._platform and not visit.may(SEE):
                continue
            clear = whose == visit.whose and any(visit.may(one) for one in DECIDE)
            for person, account in (await self._accounts.of(whose, people)).items():
                held = await self._means.read(whose, person, account.key_id) if account.roles else None
                if held is not None and held.methods.address:
                    address = held.methods.address
                    found[people[person]] = address if clear else mask("email", address)
        return found


def _person(actor: str) -> UUID | None:
    try:
        return UUID(actor)
    except ValueError:
        return None

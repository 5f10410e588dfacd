"""Handing over: lists of people that a clause computed, through the doors that every export goes through."""

from collections.abc import AsyncIterator, Callable, Sequence
from uuid import UUID

from bailee.clauses.breach_notice.pages.controller import Handing
from bailee.infra.web.visit import Visit
from bailee.processing.accounts.approving.dangers import Asked, Danger
from bailee.processing.accounts.exchanging import Exchanging
from bailee.processing.accounts.exporting import Wanted
from bailee.processing.accounts.import_jobs import Mandate
from bailee.processing.accounts.pages.authority import Authority
from bailee.vocabulary.parties import Actor, ActorKind
from bailee.vocabulary.purposes import Purpose


def handing(proven: Callable[[Visit, str], None], authority: Authority, exchanging: Exchanging) -> Handing:
    """Through presence, a second person and the gate, with the record of every export."""

    async def second(visit: Visit, place: str, fields: tuple[tuple[str, str], ...]) -> None:
        await authority.second(visit, Asked(Danger.export, place, fields))

    def names(visit: Visit, persons: Sequence[UUID]) -> AsyncIterator[bytes]:
        actor = Actor(str(visit.who), ActorKind.controller_staff, visit.session.id)
        mandate = Mandate(actor, Purpose.account_management, visit.session.expires_at)
        return exchanging.exporting.stream(visit.whose, mandate, Wanted("csv", tuple(persons)))

    return Handing(proven=proven, second=second, names=names)

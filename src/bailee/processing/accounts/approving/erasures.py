"""Erasing by a system: over HTTP and by a directory it waits where the controller wants a second person for it.

Nobody looks at what would not be done anyway: someone who is not held, is held back from destruction, or whom the caller
may not erase is answered as ever, without an approval.
"""

from bailee.contract.ruling import AccessRequest, Refusal
from bailee.gate.passage import Passage
from bailee.infra.database import Database
from bailee.processing.accounts.approving.approvals import Approvals
from bailee.processing.accounts.approving.dangers import Asked, Danger
from bailee.vault import queries


class Erasures:
    """Asks for a second person before someone is erased."""

    def __init__(self, *, passage: Passage, database: Database, approvals: Approvals) -> None:
        self._passage = passage
        self._database = database
        self._approvals = approvals

    async def second(self, request: AccessRequest, *, door: str) -> None:
        """Nothing where it may be asked of the gate now, which rules on it; else `SecondPerson`."""
        if Danger.erase not in await self._approvals.chosen(request.controller) or not await self._would_be(request):
            return
        [person] = request.persons
        fields = (("person", str(person)), ("purpose", str(request.purpose)))
        await self._approvals.first(request.controller, Asked(Danger.erase, door, fields), by=request.actor.id)

    async def _would_be(self, request: AccessRequest) -> bool:
        """Whether the erasure would be begun, were it asked of the gate."""
        if isinstance(self._passage.rule(await self._passage.dossier(request.controller), request), Refusal):
            return False
        [person] = request.persons
        async with self._database.transaction(request.controller) as tx:
            row = await tx.fetchrow(queries.PERSON, request.controller, person)
        return row is not None and row["state"] == "living" and not row["held"]

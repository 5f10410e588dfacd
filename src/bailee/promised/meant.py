"""Who is meant: of those that an index finds alike, the ones whom a tool's request can be about.

An index passes over case and accents. A customer's number that differs by its case alone is another customer's, and an
address whose domain has an accent is somebody else's: their data would be packed, or erased, for whoever asked.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec

from bailee.clauses.direct_requests.finding import Finding
from bailee.contract.ruling import AccessRequest, Refusal
from bailee.gate.passage import Destroyed
from bailee.gate.sets import START, Sets, Sought
from bailee.processing.accounts.normal_forms import same_mailbox
from bailee.vault.profile import PROFILE
from bailee.vocabulary.operations import Operation
from bailee.vocabulary.parties import Actor, ActorKind
from bailee.vocabulary.purposes import Purpose

NOBODY = UUID(int=0)
MANY = 50


class Meant:
    """Looks at what was found, through the gate, in the platform's own name."""

    def __init__(self, *, finding: Finding, sets: Sets, place: str) -> None:
        self._finding = finding
        self._sets = sets
        self._place = place

    async def at(self, controller: UUID, sought: Sequence[tuple[str, str]]) -> tuple[UUID, ...]:
        """Whom one controller holds under any of these values of a profile's fields, and no one else."""
        found = dict[UUID, None]()
        for field, value in sought:
            tagged = await self._finding.at(controller, [(field, value)])
            held = await self._held(controller, field, value) if tagged else {}
            # who may not be looked at (restricted, say) is passed over by nobody: nothing shows that another is meant
            exact = [one for one in tagged if one not in held or _same(field, held[one], value)]
            only = tagged if field != "email" and len(tagged) == 1 else ()  # a number in another case, and no other
            found |= dict.fromkeys(exact or only)
        return tuple(found)

    async def _held(self, controller: UUID, field: str, value: str) -> dict[UUID, str]:
        """What those that may be looked at hold in the field."""
        request = AccessRequest(
            actor=Actor("platform", ActorKind.processor_system, NOBODY), controller=controller,
            operation=Operation.query, purpose=Purpose.account_management, place=self._place,
        )  # fmt: skip
        try:
            page = await self._sets.search(request, Sought(PROFILE, field, value), START, MANY)
        except Destroyed:
            return {}
        if isinstance(page, Refusal):
            return {}
        records = (
            (one.address.person, msgspec.json.decode(one.data, type=dict[str, Any])) for one in page.released.records
        )
        return {person: str(data.get(field, "")) for person, data in records}


def _same(field: str, held: str, value: str) -> bool:
    return same_mailbox(held, value) if field == "email" else held == value.strip()

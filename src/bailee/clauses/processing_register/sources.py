"""Where the parts of a register come from that other rooms keep: small protocols, handed in where the rooms are wired.

Each is asked as of an instant. Until a room of its own stands for one, the agreement's own data are the source.
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from bailee.clauses.processing_register.events import Carried, Company, Measure, Named
from bailee.clauses.processing_register.saying import measured
from bailee.contract.agreement import Agreement, Contact, Party
from bailee.contract.clauses import BY_ID
from bailee.vocabulary.languages import LANGUAGES
from bailee.vocabulary.places import EEA, is_eu

# The duties of Art. 32(1) that this software carries out; each has words of its own once it is built.
OF_SECURITY = (
    "services.storage", "services.access", "security.confidentiality", "services.backup", "services.monitoring",
    "staff.confidentiality", "staff.training",
)  # fmt: skip


class AsOf(msgspec.Struct, frozen=True):
    """Of whom, under which agreement, as of which instant."""

    controller: UUID
    agreement: Agreement
    at: datetime


class Officers(msgspec.Struct, frozen=True):
    """The data-protection officers of both sides; None where none is appointed."""

    controller: Named | None
    processor: Named | None


class Sources(msgspec.Struct, frozen=True, kw_only=True):
    """Who tells what."""

    officers: Callable[[AsOf], Awaitable[Officers]]
    companies: Callable[[AsOf], Awaitable[Sequence[Company]]]
    transfers: Callable[[AsOf], Awaitable[Sequence[Carried]]]
    measures: Callable[[AsOf], Awaitable[Sequence[Measure]]]


async def agreed_officers(of: AsOf) -> Officers:
    """The officers that the agreement names."""
    parties = of.agreement.parties
    return Officers(_officer(parties.controller), _officer(parties.processor))


async def agreed_companies(of: AsOf) -> Sequence[Company]:
    """The sub-processors that the agreement names."""
    return [
        Company(name=one.name, role=one.role, country=one.country, categories=tuple(sorted(one.categories)))
        for one in of.agreement.hosting.sub_processors
    ]


async def agreed_transfers(of: AsOf) -> Sequence[Carried]:
    """What goes outside the Union by the agreement: no guarantee is on record for it there."""
    return [
        Carried(recipient=one.name, country=one.country, needed=one.country not in EEA)
        for one in of.agreement.hosting.sub_processors
        if not is_eu(one.country)
    ]


async def built_measures(_of: AsOf) -> Sequence[Measure]:
    """What this software does by itself for the security of data, in general words."""
    built = ["ledger", *(id for id in OF_SECURITY if BY_ID[id].state == "built")]
    return [Measure(id=id, words={language: measured(language, id) for language in LANGUAGES}) for id in built]


def _officer(party: Party) -> Named | None:
    return Named(party.dpo.name, party.dpo.email) if isinstance(party.dpo, Contact) else None

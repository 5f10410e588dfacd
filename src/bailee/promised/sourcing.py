"""Sourcing: what the processing register is told by the rooms that keep it, beside what the agreement says."""

from collections.abc import Sequence
from functools import cached_property

import msgspec

from bailee.clauses.processing_register.events import Carried, Company
from bailee.clauses.processing_register.sources import AsOf, Sources, agreed_companies, agreed_transfers
from bailee.clauses.sub_processors import evidence
from bailee.clauses.sub_processors.events import SubProcessor
from bailee.promised.chain import Chained
from bailee.promised.registering import Registering
from bailee.vocabulary.places import EEA, is_eu


class Sourced(Registering, Chained):
    """The register, and the list of sub-processors that it tells of."""

    @cached_property
    def register_sources(self) -> Sources:
        """The same, with whoever is engaged beside those that the agreement names."""
        return msgspec.structs.replace(super().register_sources, companies=self._companies, transfers=self._transfers)

    async def _companies(self, of: AsOf) -> Sequence[Company]:
        engaged = [
            Company(name=one.name, role=one.role, country=one.country, categories=one.categories)
            for one in await self._engaged(of)
        ]
        return [*await agreed_companies(of), *engaged]

    async def _transfers(self, of: AsOf) -> Sequence[Carried]:
        carried = [
            Carried(
                recipient=one.name, country=place, guarantee=one.mechanism.reference if one.mechanism else "",
                needed=place not in EEA,
            )
            for one in await self._engaged(of)
            for place in one.places
            if one.personal_data and not is_eu(place)
        ]  # fmt: skip
        return [*await agreed_transfers(of), *carried]

    async def _engaged(self, of: AsOf) -> list[SubProcessor]:
        """Who of the list as of the instant may receive this controller's data, but for those that the agreement names."""
        decisions = await self.chain_kept.decisions(of.controller)
        named = {one.name.casefold() for one in of.agreement.hosting.sub_processors}
        return [
            one.entry
            for one in evidence.current(await self.chain_kept.listed(), of.at)
            if (found := decisions.get(one.proposal)) is not None
            and found.stands
            and one.entry.name.casefold() not in named
        ]

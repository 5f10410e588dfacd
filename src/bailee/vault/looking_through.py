"""Looking through everyone: the scrub goes on at each controller where it was, however often it is restarted."""

from uuid import UUID

from bailee.infra.clock import Clock
from bailee.infra.setbacks.looks import FIRST, Looks
from bailee.vault.scrubbing import Scrubbing


class LookingThrough:
    """Compares everyone with the ledger, part by part, and writes down how far it has come."""

    def __init__(self, *, scrubbing: Scrubbing, looks: Looks, clock: Clock) -> None:
        self._scrubbing = scrubbing
        self._looks = looks
        self._clock = clock

    async def go_on(self, controller: UUID) -> int:
        """The next persons of a controller, after those of before; how many records differ.

        Where some cannot be compared the others are all the same, and no look is whole before these are.
        """
        began, kept = self._clock.now(), await self._looks.after(controller)
        before = self._scrubbing.place(controller)
        if before is None:
            before = kept
            self._scrubbing.go_on(controller, kept)
        found = await self._scrubbing.some(controller)
        place = self._scrubbing.place(controller)
        if place is None:
            await self._looks.none(controller)
        elif before == kept:
            await self._looks.came_to(controller, place, began=began)
        elif before < kept and (place == FIRST or place > kept):
            self._scrubbing.go_on(controller, kept)  # to those that could not be compared
        return len(found)

"""Bouncing: a delivery report becomes a failed delivery, an obligation, and word to our people."""

from bailee.infra.clock import Clock
from bailee.ledger.committing import Committing
from bailee.ledger.entries import Act
from bailee.obligations.notices import queries
from bailee.obligations.notices.bounces import Bounced
from bailee.obligations.notices.settling import Settling


class Bouncing:
    """Takes delivery reports in; the intake of mail calls it."""

    def __init__(self, *, committing: Committing, settling: Settling, clock: Clock) -> None:
        self._committing = committing
        self._settling = settling
        self._clock = clock

    async def note(self, bounce: Bounced) -> bool:
        """Write a bounce down; whether it was about a mail that had been taken over and had not bounced before."""
        controller, notice, now = bounce.controller, bounce.notice, self._clock.now()
        reason = f"bounced {bounce.status}"
        async with self._committing.transaction(controller) as change:
            row = await change.connection.fetchrow(queries.LOCK, controller, notice)
            if row is None:
                return False
            found = await change.connection.fetchrow(queries.BOUNCE, controller, notice, bounce.recipient, reason, now)
            if found is None:
                return False
            await change.connection.execute(
                queries.ATTEMPT, controller, notice, found["recipient"], found["attempts"] + 1, now, "bounced", reason
            )
            details = {"notice": str(notice), "recipient": found["recipient"], "status": bounce.status}
            await change.append([Act("notice-bounced", controller, "platform", details)])
            await change.connection.execute(queries.FAIL, controller, notice, reason)
            await self._settling.failed(change, notice, row, reason)
        return True

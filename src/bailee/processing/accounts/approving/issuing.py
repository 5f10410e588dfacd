"""Issuing and rotating credentials: one rule for every door. Console, HTTP and command line issue here and nowhere else,
so that where a controller wants a second person for it, no door is without one."""

from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from bailee.gate.credentials import Credentials, Issued
from bailee.infra.clock import Clock
from bailee.processing.accounts.approving.approvals import Approvals
from bailee.processing.accounts.approving.dangers import Asked, Danger
from bailee.vocabulary.parties import ActorKind


class Wanted(msgspec.Struct, frozen=True):
    """A credential as somebody wants it: whose, for what, until when, or for how long from when it is issued."""

    actor: str
    kind: ActorKind
    purposes: tuple[str, ...]
    until: datetime | timedelta

    def fields(self) -> tuple[tuple[str, str], ...]:
        """Word for word, as it is bound."""
        lasts = self.until
        term = ("days", str(lasts.days)) if isinstance(lasts, timedelta) else ("until", lasts.isoformat())
        whose = (("name", self.actor), ("kind", str(self.kind)), term)
        return (*whose, *(("purposes", one) for one in self.purposes))


class Issuing:
    """Issues and rotates credentials, once whoever has to look at it has."""

    def __init__(self, *, credentials: Credentials, approvals: Approvals, clock: Clock) -> None:
        self._credentials = credentials
        self._approvals = approvals
        self._clock = clock

    async def issue(self, controller: UUID, wanted: Wanted, *, door: str, by: str) -> Issued:
        """Another credential, or `SecondPerson`. `door` is the path or the command that asks."""
        await self._approvals.first(controller, Asked(Danger.credentials, door, wanted.fields()), by=by)
        until = wanted.until if isinstance(wanted.until, datetime) else self._clock.now() + wanted.until
        return await self._credentials.issue(
            controller, by=by, actor=wanted.actor, kind=wanted.kind, purposes=wanted.purposes, expires_at=until
        )

    async def rotate(
        self, controller: UUID, credential: UUID, *, overlap: timedelta, door: str, by: str, side: str
    ) -> Issued | None:  # fmt: skip
        """One in the place of another, which goes on for the overlap; or `SecondPerson`. None where there is none to
        rotate: nobody is asked to look at that. On the controller's side none of the processor's hands is: whoever
        rotates one is shown its text, and would act in the processor's name.
        """
        known = {one.credential: one for one in await self._credentials.listed(controller)}.get(credential)
        if known is None or (side == "controller" and known.actor_kind.of_processor):
            return None
        hours = str(int(overlap.total_seconds() // 3600))
        whose = (("credential", str(credential)), ("name", known.actor), ("overlap_hours", hours))
        fields = (*whose, *(("purposes", one) for one in known.purposes))
        await self._approvals.first(controller, Asked(Danger.credentials, door, fields), by=by)
        return await self._credentials.rotate(controller, credential, by=by, overlap=overlap)

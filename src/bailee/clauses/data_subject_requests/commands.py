"""What can be done about requests: the room, furnished. Pages, endpoints and the worker are given this.

The steps of a request are in `requesting.py`, what carries it out in `working.py` and below; each is made once here.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from bailee.clauses.data_subject_requests import queries
from bailee.clauses.data_subject_requests.carrying import Carrying
from bailee.clauses.data_subject_requests.choices import Choosing
from bailee.clauses.data_subject_requests.corresponding import Corresponding
from bailee.clauses.data_subject_requests.events import Request
from bailee.clauses.data_subject_requests.keeping import Keeping
from bailee.clauses.data_subject_requests.packing import Forms, HeldAbout, Packing
from bailee.clauses.data_subject_requests.proving import Proving
from bailee.clauses.data_subject_requests.recipients import Recipients
from bailee.clauses.data_subject_requests.requesting import Requests
from bailee.clauses.data_subject_requests.restricting import Restricting
from bailee.clauses.data_subject_requests.taking_along import TakingAlong
from bailee.clauses.data_subject_requests.transmitting import Transmitting
from bailee.clauses.data_subject_requests.working import Ready, Working
from bailee.contract.agreement import Agreement
from bailee.gate.uploading import Uploading
from bailee.infra.clock import Clock
from bailee.infra.outbound import Outbound
from bailee.obligations.notices.queueing import Queueing
from bailee.obligations.obligations import Obligations


class Rights:
    """The rights of persons for one running platform. `rooms` are those of the house."""

    def __init__(
        self, rooms: Any, *, obligations: Obligations, queueing: Queueing, uploading: Uploading, outbound: Outbound,
        held_about: HeldAbout, forms: Forms, ready: Ready, base: Callable[[], Agreement],
    ) -> None:  # fmt: skip
        place, clock = rooms.settings.region, rooms.clock
        self._clock: Clock = clock
        self.keeping = keeping = Keeping(committing=rooms.committing, keys=rooms.keys, clock=clock)
        self.choosing = Choosing(committing=rooms.committing, keys=rooms.keys, clock=clock)
        letters = Corresponding(queueing=queueing, agreement=self._agreement)
        self.requests = Requests(
            keeping=keeping, archive=rooms.archive, obligations=obligations, letters=letters, clock=clock, base=base
        )
        self.recipients = Recipients(
            database=rooms.data, archive=rooms.archive, reading=rooms.reading, keeping=keeping, choosing=self.choosing,
            obligations=obligations, letters=letters, agreement=self._agreement, clock=clock,
        )  # fmt: skip
        self.restricting = Restricting(
            people=rooms.people, keeping=keeping, obligations=obligations, letters=letters, clock=clock, place=place
        )
        self.packing = Packing(
            keeping=keeping, sets=rooms.sets, people=rooms.people, files=rooms.files, reading=rooms.reading,
            archive=rooms.archive, recipients=self.recipients, choosing=self.choosing, agreement=self._agreement,
            held_about=held_about, forms=forms, clock=clock, place=place,
        )  # fmt: skip
        carrying = Carrying(
            keeping=keeping, passage=rooms.passage, records=rooms.records, people=rooms.people, erasing=rooms.erasing,
            uploading=uploading, restricting=self.restricting, recipients=self.recipients, place=place,
        )  # fmt: skip
        self.taking_along = TakingAlong(
            keeping=keeping, packing=self.packing, files=rooms.files, restricting=self.restricting, place=place
        )
        self.proving = Proving(
            keeping=keeping, recipients=self.recipients, obligations=obligations, reading=rooms.reading
        )
        self.working = Working(
            keeping=keeping, requests=self.requests, packing=self.packing, carrying=carrying,
            recipients=self.recipients, restricting=self.restricting, ready=ready, clock=clock,
            transmitting=Transmitting(
                passage=rooms.passage, appending=rooms.appending, outbound=outbound, log_key=rooms.log_key,
                system=rooms.platform,
            ),
        )  # fmt: skip

    def now(self) -> datetime:
        """The time that clocks of requests are read by."""
        return self._clock.now()

    async def held_of(self, one: Request) -> list[tuple[UUID, str, datetime]]:
        """The records and files of a request's person, by id, type and day: what an order names. No content, and
        nothing that is over: nobody sees it any more, and it is deleted."""
        now = self._clock.now()
        async with self.keeping.committing.transaction(one.controller) as change:
            rows = [
                *(
                    row
                    for row in await change.connection.fetch(queries.RECORDS, one.controller, one.person)
                    if row["expires_at"] is None or row["expires_at"] > now
                ),
                *await change.connection.fetch(queries.FILES, one.controller, one.person),
            ]
        return [(row.get("record_id") or row["file_id"], row["type"], row["created_at"]) for row in rows]

    async def _agreement(self, controller: UUID) -> Agreement:
        return await self.requests.agreement(controller)

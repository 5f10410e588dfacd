"""Carrying out: each right on what is really held, through the gate, and read back.

A step that was done before a stop is seen to be done and not done again. What the gate refuses stops the work with
its reason (`Stopped`); a human goes on from there.
"""

from typing import Any
from uuid import UUID

import msgspec

from bailee.clauses.data_subject_requests import queries
from bailee.clauses.data_subject_requests.asking import Stopped, granted, request
from bailee.clauses.data_subject_requests.events import Request, Right, held
from bailee.clauses.data_subject_requests.keeping import Keeping
from bailee.clauses.data_subject_requests.papers import Correction, Order
from bailee.clauses.data_subject_requests.recipients import Recipients
from bailee.clauses.data_subject_requests.restricting import Restricting
from bailee.gate.changing import Unknown
from bailee.gate.passage import Passage
from bailee.gate.people import People
from bailee.gate.records import Records
from bailee.gate.uploading import Uploading
from bailee.vault.erasing import Erasing
from bailee.vocabulary.ids import Address
from bailee.vocabulary.operations import Operation

HELD = "A hold stands on this person: nothing is erased until it is lifted. Refuse with that reason, or wait."


class Carrying:
    """Does what was ordered."""

    def __init__(
        self, *, keeping: Keeping, passage: Passage, records: Records, people: People, erasing: Erasing,
        uploading: Uploading, restricting: Restricting, recipients: Recipients, place: str,
    ) -> None:  # fmt: skip
        self._keeping = keeping
        self._passage = passage
        self._records = records
        self._people = people
        self._erasing = erasing
        self._uploading = uploading
        self._restricting = restricting
        self._recipients = recipients
        self._place = place

    async def out(self, one: Request, order: Order) -> tuple[str, dict[str, Any]]:
        """Carry an order out: how far the request was granted, and what came of it."""
        match one.right:
            case Right.rectification:
                return await self._rectify(one, order)
            case Right.erasure:
                return await self._erase(one, order)
            case Right.restriction:
                assert one.mandate is not None
                await self._restricting.restrict(one.controller, held(one), one.mandate, on=True)
                return "granted", {"restricted": True, "ground": order.ground}
            case Right.objection:
                assert one.mandate is not None
                if order.purposes:
                    purposes = frozenset(order.purposes)
                    await self._restricting.object(one.controller, held(one), one.mandate, purposes)
                far = "granted" if not order.weighed else "partly" if order.purposes else "refused"
                return far, {"stopped": list(order.purposes), "goes_on": [one.purpose for one in order.weighed]}
            case Right.recipients:
                return "granted", {"recipients": await self._recipients.of(one.controller, held(one))}
            case _:  # a human looked at what a machine had decided
                assert order.review is not None
                return "granted", {"changed": order.review.changed, "reviewer": order.review.reviewer}

    async def concerned(self, one: Request, order: Order) -> dict[str, Any]:
        """Whom it concerns and who must hear of it, before it is done: afterwards it may be gone."""
        records = {correction.record for correction in order.corrections} or None
        person = held(one)
        names = await self._recipients.of(one.controller, person, frozenset(records) if records else None)
        return {"person": str(person), "records": sorted(map(str, records or ())), "recipients": names}

    async def _rectify(self, one: Request, order: Order) -> tuple[str, dict[str, Any]]:
        for correction in order.corrections:
            if not await self._is(one, correction):
                asked = self._asked(one, Operation.modify, (self._address(one, correction.type, correction.record),))
                try:
                    granted(await self._records.patch(asked, correction.patch, None))
                except Unknown:
                    raise Stopped("not-held", "A record to be corrected is not held any more.") from None
                if not await self._is(one, correction):
                    raise Stopped("not-as-ordered", "The record reads otherwise than ordered: look at it again.")
        return "granted", {"corrected": [str(correction.record) for correction in order.corrections]}

    async def _is(self, one: Request, correction: Correction) -> bool:
        """Whether a record reads as the patch would have it, and in nothing else than it is asked for."""
        asked = self._asked(one, Operation.retrieve, (self._address(one, correction.type, correction.record),))
        read = granted(await self._passage.read(asked))
        for _, refusal in read.withheld:
            raise Stopped(refusal.reason if refusal else "not-held", refusal.remedy if refusal else "")
        [found] = read.records
        data = msgspec.json.decode(found.data)
        return bool(_merged(data, correction.patch) == data)

    async def _erase(self, one: Request, order: Order) -> tuple[str, dict[str, Any]]:
        assert one.papers is not None
        person = UUID(one.papers.work["concerned"]["person"])
        if order.kept:
            return await self._erase_some(one, person, order)
        known = await self._erasing.state(one.controller, person)
        if known is None:
            await self._free(one, person)
            asked = self._asked(one, Operation.erase)
            known = granted(await self._people.erase(asked, person))
        elif known.step != "done":  # it was begun before a stop
            known = await self._erasing.proceed(one.controller, person)
        if known is None or known.step != "done" or known.unreadable_at is None:
            raise Stopped("not-read-back", "The key was not read back as gone yet: the erasure goes on.")
        return "granted", {"erased_at": known.unreadable_at.isoformat(), "records": known.records}

    async def _erase_some(self, one: Request, person: UUID, order: Order) -> tuple[str, dict[str, Any]]:
        """Part of it: what a ground of Art. 17(3) keeps stays, everything else goes, and that is read back."""
        await self._free(one, person)
        kept = {keeping.record for keeping in order.kept}
        gone = 0
        for address, is_file in await self._all(one, person):
            if address.record in kept:
                continue
            asked = self._asked(one, Operation.delete, (address,))
            try:
                granted(await (self._uploading.delete(asked) if is_file else self._records.delete(asked)))
            except Unknown:  # went meanwhile
                continue
            gone += 1
        left = {address.record for address, _ in await self._all(one, person)}
        if left - kept:
            raise Stopped("not-as-ordered", "Something was taken in meanwhile: order again what stays.")
        grounds = sorted({keeping.ground for keeping in order.kept if keeping.record in left})
        return "partly", {"erased": gone, "kept": sorted(map(str, left)), "grounds": grounds}

    async def _free(self, one: Request, person: UUID) -> None:
        """No hold stands; checked again by whoever erases, under the person's lock."""
        assert one.mandate is not None
        seen = await self._restricting.person(one.controller, person, one.mandate)
        if seen is None:
            raise Stopped("not-held", "Nobody of that id is held any more.")
        if seen.held:
            raise Stopped("hold", HELD)

    async def _all(self, one: Request, person: UUID) -> list[tuple[Address, bool]]:
        """Every record and file of a person, and which of them are files."""
        async with self._keeping.committing.transaction(one.controller) as change:
            rows = await change.connection.fetch(queries.RECORDS, one.controller, person)
            files = await change.connection.fetch(queries.FILES, one.controller, person)
        records = [(self._address(one, row["type"], row["record_id"]), False) for row in rows]
        return records + [(self._address(one, row["type"], row["file_id"]), True) for row in files]

    def _address(self, one: Request, type_name: str, record: UUID) -> Address:
        return Address(controller=one.controller, person=held(one), type=type_name, record=record)

    def _asked(self, one: Request, operation: Operation, addresses: tuple[Address, ...] = ()) -> Any:
        assert one.mandate is not None
        persons = () if addresses else (held(one),)
        return request(one.controller, one.mandate, operation, place=self._place, persons=persons, addresses=addresses)


def _merged(data: Any, patch: Any) -> Any:
    """A merge patch (RFC 7396) applied."""
    if not isinstance(patch, dict):
        return patch
    kept = dict(data) if isinstance(data, dict) else {}
    for name, value in patch.items():
        if value is None:
            kept.pop(name, None)
        else:
            kept[name] = _merged(kept.get(name), value)
    return kept

"""Proving: the request's file with the receipts of its entries, in one zip that verifies without us."""

import io
import zipfile
from uuid import UUID

import msgspec

from bailee.clauses.data_subject_requests import evidence
from bailee.clauses.data_subject_requests.events import Request
from bailee.clauses.data_subject_requests.keeping import Keeping
from bailee.clauses.data_subject_requests.recipients import Recipients
from bailee.ledger.reading import Reading
from bailee.obligations.obligations import Obligations

ANY_DAY = (2026, 1, 1, 0, 0, 0)


class Line(msgspec.Struct, frozen=True):
    """An entry of a request as its timeline shows it."""

    name: str
    body: dict[str, object]


class Proving:
    """Reads what the ledger says of a request."""

    def __init__(
        self, *, keeping: Keeping, recipients: Recipients, obligations: Obligations, reading: Reading
    ) -> None:  # fmt: skip
        self._keeping = keeping
        self._recipients = recipients
        self._obligations = obligations
        self._reading = reading

    async def timeline(self, one: Request) -> list[Line]:
        """What was done about a request, in order."""
        found = []
        for name in one.entries:
            body = await self._reading.body(one.controller, *_place(name))
            if body is not None:
                found.append(Line(name, msgspec.json.decode(body)))
        return found

    async def zip(self, controller: UUID, request: UUID) -> bytes:
        """The whole file; waits for the youngest entry to be integrated."""
        one = await self._keeping.find(controller, request)
        await self._reading.integrated(controller)
        receipts = [await self._reading.receipt(controller, *_place(name)) for name in one.entries]
        bodies = [await self._reading.body(controller, *_place(name)) or b"null" for name in one.entries]
        about = f"request/{one.id}"
        owed = [o for o in await self._obligations.listed(controller) if o.promise.subject.startswith(about)]
        members = {
            "README.txt": evidence.README.encode(),
            "request.json": evidence.file(one, bodies, await self._recipients.listed(one), owed),
        }
        words = evidence.papers(one)
        if words is not None:
            members["papers.json"] = words
        members |= {f"receipts/{n:04d}.tlog-proof": text.encode() for n, text in enumerate(receipts, 1)}
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
            for name, content in members.items():
                made.writestr(zipfile.ZipInfo(name, ANY_DAY), content)
        return out.getvalue()


def _place(name: str) -> tuple[UUID, int]:
    batch, _, position = name.rpartition(".")
    return UUID(batch), int(position)

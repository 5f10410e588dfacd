"""Requests of persons: taken in, carried out, answered, proven, by the controller's own programs (rights.tools).

The controller is the credential's, which must serve the purpose rights-of-persons; what is carried out on data is done
in its name, until it ends. Every change names the version it was seen at.
"""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.response import Stream

from bailee.api.control.admission import Admission
from bailee.api.control.request_shapes import (
    AnswerIn,
    ExtensionIn,
    IdentityIn,
    OrderIn,
    RecipientIn,
    RecipientOut,
    RefusedIn,
    RequestIn,
    RequestOut,
    WithdrawnIn,
)
from bailee.clauses.data_subject_requests.commands import Rights
from bailee.clauses.data_subject_requests.events import Asked, Mandate
from bailee.clauses.data_subject_requests.events import Request as OfPerson
from bailee.clauses.data_subject_requests.papers import Correction, Kept, Order, Review, Target, Weighed
from bailee.gate.credentials import Caller
from bailee.vocabulary.purposes import Purpose

Http = Request[Any, Any, Any]
NEEDED = Purpose.rights_of_persons


class Requests(Controller):
    """Requests of persons to the credential's own controller."""

    path = "/api/v1/requests"
    tags = ("rights of persons",)

    @post("/", summary="Take a request in")
    async def open(
        self, request: Http, data: RequestIn, admission: NamedDependency[Admission], rights: NamedDependency[Rights]
    ) -> RequestOut:
        """Its month runs from receipt, and the obligation to answer stands with it."""
        caller = await admission.member(request, NEEDED)
        return _out(await rights.requests.open(caller.controller, _asked(data), by=caller.actor.id))

    @get("/", summary="List requests, the most urgent first")
    async def listed(
        self, request: Http, admission: NamedDependency[Admission], rights: NamedDependency[Rights],
        person: UUID | None = None,
    ) -> list[RequestOut]:  # fmt: skip
        """At most 500; without what was written."""
        caller = await admission.member(request, NEEDED)
        return [_out(one) for one in await rights.keeping.listed(caller.controller, person)]

    @get("/{request_id:uuid}", summary="Read a request")
    async def one(
        self, request: Http, request_id: UUID, admission: NamedDependency[Admission], rights: NamedDependency[Rights]
    ) -> RequestOut:
        """States, clock and entries; its words are in its file."""
        caller = await admission.member(request, NEEDED)
        return _out(await rights.keeping.find(caller.controller, request_id))

    @post("/{request_id:uuid}/identity", summary="Note how sure it is who asks", status_code=200)
    async def identify(
        self, request: Http, request_id: UUID, data: IdentityIn, admission: NamedDependency[Admission],
        rights: NamedDependency[Rights],
    ) -> RequestOut:  # fmt: skip
        """Doubts stop no clock by themselves."""
        caller = await admission.member(request, NEEDED)
        do = rights.requests.identify
        return _out(await do(caller.controller, request_id, data.identity, by=caller.actor.id, version=data.version))

    @post("/{request_id:uuid}/extension", summary="Extend by two months, with reasons", status_code=200)
    async def extend(
        self, request: Http, request_id: UUID, data: ExtensionIn, admission: NamedDependency[Admission],
        rights: NamedDependency[Rights],
    ) -> RequestOut:  # fmt: skip
        """Within the first month only (Art. 12(3))."""
        caller = await admission.member(request, NEEDED)
        return _out(
            await rights.requests.extend(
                caller.controller, request_id, data.reasons, send=data.send, by=caller.actor.id, version=data.version
            )
        )

    @post("/{request_id:uuid}/order", summary="Have it carried out on what is held", status_code=202)
    async def order(
        self, request: Http, request_id: UUID, data: OrderIn, admission: NamedDependency[Admission],
        rights: NamedDependency[Rights],
    ) -> RequestOut:  # fmt: skip
        """Queued, the oldest request first; `step` says how far it is."""
        caller = await admission.member(request, NEEDED)
        return _out(
            await rights.requests.order(
                caller.controller, request_id, _order(data), mandate=_mandate(caller), by=caller.actor.id,
                version=data.version,
            )
        )  # fmt: skip

    @post("/{request_id:uuid}/answer", summary="Answer the person", status_code=200)
    async def answer(
        self, request: Http, request_id: UUID, data: AnswerIn, admission: NamedDependency[Admission],
        rights: NamedDependency[Rights],
    ) -> RequestOut:  # fmt: skip
        """Ends the clock."""
        caller = await admission.member(request, NEEDED)
        return _out(
            await rights.requests.answer(
                caller.controller, request_id, data.words, outcome=data.outcome, send=data.send, by=caller.actor.id,
                version=data.version,
            )
        )  # fmt: skip

    @post("/{request_id:uuid}/refusal", summary="Refuse, with reasons and remedies", status_code=200)
    async def refuse(
        self, request: Http, request_id: UUID, data: RefusedIn, admission: NamedDependency[Admission],
        rights: NamedDependency[Rights],
    ) -> RequestOut:  # fmt: skip
        """The letter names the way to complain and to a court (Art. 12(4))."""
        caller = await admission.member(request, NEEDED)
        return _out(
            await rights.requests.refuse(
                caller.controller, request_id, data.ground, data.reasons, send=data.send, by=caller.actor.id,
                version=data.version,
            )
        )  # fmt: skip

    @post("/{request_id:uuid}/withdrawal", summary="Note that the person no longer asks", status_code=200)
    async def withdraw(
        self, request: Http, request_id: UUID, data: WithdrawnIn, admission: NamedDependency[Admission],
        rights: NamedDependency[Rights],
    ) -> RequestOut:  # fmt: skip
        """Nothing is owed any more."""
        caller = await admission.member(request, NEEDED)
        do = rights.requests.withdraw
        return _out(await do(caller.controller, request_id, by=caller.actor.id, version=data.version))

    @get("/{request_id:uuid}/recipients", summary="Who must hear of it")
    async def recipients(
        self, request: Http, request_id: UUID, admission: NamedDependency[Admission], rights: NamedDependency[Rights]
    ) -> list[RecipientOut]:
        """Recipients of what was corrected, erased or restricted (Art. 19)."""
        caller = await admission.member(request, NEEDED)
        one = await rights.keeping.find(caller.controller, request_id)
        return [_recipient(r) for r in await rights.recipients.listed(one)]

    @post("/{request_id:uuid}/recipients", summary="Tell recipients, or note what happened", status_code=200)
    async def tell(
        self, request: Http, request_id: UUID, data: RecipientIn, admission: NamedDependency[Admission],
        rights: NamedDependency[Rights],
    ) -> list[RecipientOut]:  # fmt: skip
        """The obligation stands until each is told, or excused with a reason."""
        caller = await admission.member(request, NEEDED)
        do, by = rights.recipients, caller.actor.id
        if data.recipient:
            one = await do.excuse(caller.controller, request_id, data.recipient, data.excuse, by=by)
        else:
            one = await do.tell(caller.controller, request_id, by=by)
        return [_recipient(r) for r in await do.listed(one)]

    @get("/{request_id:uuid}/pack", summary="What answers it, as a zip", media_type="application/zip")
    async def pack(
        self, request: Http, request_id: UUID, admission: NamedDependency[Admission], rights: NamedDependency[Rights]
    ) -> Stream:
        """The ledger keeps who took it before its first byte leaves."""
        caller = await admission.member(request, NEEDED)
        pieces = await rights.taking_along.take(caller.controller, request_id, _mandate(caller))
        first = await anext(pieces)
        return Stream(_after(first, pieces), media_type="application/zip")

    @get("/{request_id:uuid}/file", summary="The request's file as evidence, as a zip", media_type="application/zip")
    async def file(
        self, request: Http, request_id: UUID, admission: NamedDependency[Admission], rights: NamedDependency[Rights]
    ) -> Response[bytes]:
        """Entries with their receipts: verifies offline."""
        caller = await admission.member(request, NEEDED)
        return Response(await rights.proving.zip(caller.controller, request_id), media_type="application/zip")


def _mandate(caller: Caller) -> Mandate:
    return Mandate(caller.actor, caller.expires_at)


def _asked(data: RequestIn) -> Asked:
    return Asked(**{name: getattr(data, name) for name in data.__struct_fields__})


def _order(data: OrderIn) -> Order:
    review, target = data.review, data.target
    return Order(
        corrections=tuple(Correction(one.type, one.record, one.patch) for one in data.corrections),
        kept=tuple(Kept(one.record, one.ground, one.reason) for one in data.kept), ground=data.ground,
        purposes=tuple(map(str, data.purposes)),
        weighed=tuple(Weighed(str(one.purpose), one.grounds) for one in data.weighed),
        review=Review(review.decision, review.reviewer, review.changed, review.result) if review else None,
        target=Target(target.recipient, target.url, target.country) if target else None,
    )  # fmt: skip


def _out(one: OfPerson) -> RequestOut:
    return RequestOut(
        id=one.id, right=one.right, article=one.right.article, person=one.person, channel=one.channel,
        identity=one.identity, state=str(one.state), step=str(one.step), reason=one.reason, outcome=one.outcome,
        done=one.done, received_at=one.received_at, due=one.due.strict, due_generous=one.due.generous,
        rule=one.due.rule, extended_at=one.extended_at, ended_at=one.ended_at, entries=list(one.entries),
        version=one.version,
    )  # fmt: skip


def _recipient(one: Any) -> RecipientOut:
    return RecipientOut(one.name, one.state, one.reason, one.notice)


async def _after(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for piece in rest:
        yield piece

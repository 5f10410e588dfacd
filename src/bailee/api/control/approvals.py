"""Approvals over HTTP: what waits for a second person, word for word, and deciding about exactly that.

Whoever decides is a person of the controller's with a credential of its own: no system, no operator of the processor,
and nobody behind whom the one who asked stands.
"""

import hmac
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec
from litestar import Controller, Request, delete, get, post
from litestar.di import NamedDependency

from bailee.api.control.admission import Admission
from bailee.api.problems import UNKNOWN, Refusing, problem
from bailee.gate.credentials import Caller
from bailee.processing.accounts.approving.approvals import Approval, Approvals, NotWaiting, OneOfOnesOwn
from bailee.vocabulary.parties import ActorKind

Http = Request[Any, Any, Any]
NO_SECOND = problem(
    403, "second-person", "This is no second person",
    "Somebody of the controller's decides, with a credential of kind controller_staff that who asked has not issued.",
    clause="security.confidentiality",
)  # fmt: skip
NOT_NOW = problem(
    409,
    "not-waiting",
    "This does not wait any more",
    "Read it again: it was decided, done or taken back, or its day passed.",
)
ANOTHER = problem(409, "another-request", "That is not what waits", "Read it again, and send the digest that it has.")


class ApprovalOut(msgspec.Struct, frozen=True):
    """An approval as it stands: which kind of act, the keyed digest of the request, who asked, who decided."""

    id: UUID
    danger: str
    digest: str
    state: str
    asked_by: str
    asked_at: datetime
    expires_at: datetime
    decided_by: str | None
    decided_at: datetime | None


class ApprovalAskedOut(msgspec.Struct, frozen=True):
    """What would be done, word for word, in the order in which it runs; `withheld` are bound, and shown to nobody. Empty
    once what was asked is kept no more."""

    approval: ApprovalOut
    path: str
    fields: list[tuple[str, str]]
    withheld: list[str]


class ApprovalDecisionIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A decision about exactly what was read: `digest` is the one that was read with it."""

    decision: Literal["approve", "refuse"]
    digest: str


class ApprovalsOf(Controller):
    """What waits for a second person, or did."""

    path = "/api/v1/controllers/{controller:uuid}/approvals"
    tags = ("approvals",)

    @get("/", summary="List the approvals")
    async def listed(
        self, request: Http, controller: UUID, admission: NamedDependency[Admission], approvals: NamedDependency[Approvals]
    ) -> list[ApprovalOut]:  # fmt: skip
        """The latest fifty, newest first."""
        await admission.party(request, controller)
        return [_out(one) for one in await approvals.listed(controller)]

    @get("/{approval:uuid}", summary="Read what waits, word for word")
    async def one(
        self, *, request: Http, controller: UUID, approval: UUID, admission: NamedDependency[Admission],
        approvals: NamedDependency[Approvals],
    ) -> ApprovalAskedOut:  # fmt: skip
        """For whoever may decide about it, or asked it."""
        caller = await admission.party(request, controller)
        found = await _found(approvals, controller, approval)
        if found.asked_by != caller.actor.id:
            _second(caller, controller)
        asked = found.asked
        return ApprovalAskedOut(
            _out(found), asked.path if asked else "", list(asked.fields) if asked else [],
            list(asked.withheld) if asked else [],
        )  # fmt: skip

    @post("/{approval:uuid}/decision", summary="Approve or refuse exactly this", status_code=200)
    async def decide(
        self, *, request: Http, controller: UUID, approval: UUID, data: ApprovalDecisionIn, admission: NamedDependency[Admission],
        approvals: NamedDependency[Approvals],
    ) -> ApprovalOut:  # fmt: skip
        """Who asked then sends the very same request again, once."""
        caller = await admission.party(request, controller)
        found = await _found(approvals, controller, approval)
        _second(caller, controller)
        if found.asked_by == caller.actor.id:
            raise Refusing(NO_SECOND)
        if not hmac.compare_digest(found.digest.encode(), data.digest.encode()):
            raise Refusing(ANOTHER)
        try:
            await approvals.decide(controller, approval, given=data.decision == "approve", by=caller.actor.id)
        except OneOfOnesOwn:
            raise Refusing(NO_SECOND) from None
        except NotWaiting:
            raise Refusing(NOT_NOW) from None
        return _out(await approvals.find(controller, approval))

    @delete("/{approval:uuid}", summary="Take back what waits", status_code=204)
    async def withdraw(
        self, *, request: Http, controller: UUID, approval: UUID, admission: NamedDependency[Admission],
        approvals: NamedDependency[Approvals],
    ) -> None:  # fmt: skip
        """Take back what this credential's own actor asked."""
        caller = await admission.party(request, controller)
        try:
            await approvals.withdraw(controller, approval, by=caller.actor.id)
        except NotWaiting:
            raise Refusing(UNKNOWN) from None


def _second(caller: Caller, controller: UUID) -> None:
    """Somebody of the controller's own, or a refusal."""
    if caller.controller != controller or caller.actor.kind is not ActorKind.controller_staff:
        raise Refusing(NO_SECOND)


async def _found(approvals: Approvals, controller: UUID, approval: UUID) -> Approval:
    try:
        return await approvals.find(controller, approval)
    except NotWaiting:
        raise Refusing(UNKNOWN) from None


def _out(one: Approval) -> ApprovalOut:
    return ApprovalOut(
        one.id, str(one.danger), one.digest, one.state, one.asked_by, one.asked_at, one.expires_at, one.decided_by,
        one.decided_at,
    )  # fmt: skip

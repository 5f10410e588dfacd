"""Approvals over HTTP: what waits for a second person. Giving one asks for someone present, and is done in the console."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, delete, get
from litestar.di import NamedDependency

from bailee.api.control.admission import Admission
from bailee.api.problems import UNKNOWN, Refusing
from bailee.processing.accounts.approving.approvals import Approvals, NotWaiting

Http = Request[Any, Any, Any]


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
        return [
            ApprovalOut(
                one.id, str(one.danger), one.digest, one.state, one.asked_by, one.asked_at, one.expires_at,
                one.decided_by, one.decided_at,
            )
            for one in await approvals.listed(controller)
        ]  # fmt: skip

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

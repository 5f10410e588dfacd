"""Pages of the second person: what waits for one, deciding about it, and which acts are to wait."""

import re
from typing import Any
from uuid import UUID

from litestar import Controller, Request, get, post

from bailee.infra.clock import Clock
from bailee.infra.web.answers import NOT_HERE, Html, Wrong, go, page, require
from bailee.infra.web.pages import Pages
from bailee.infra.web.visit import Visit
from bailee.processing.accounts import forms
from bailee.processing.accounts.approving.approvals import Approval, Approvals, NotWaiting, OneOfOnesOwn
from bailee.processing.accounts.approving.dangers import LETS_OTHERS_IN, PERMISSION, Asked, Danger, known
from bailee.processing.accounts.names import Names
from bailee.processing.accounts.pages.authority import Authority
from bailee.processing.accounts.roles import BUILT_IN
from bailee.processing.accounts.scim.group_roles import GroupRoles
from bailee.processing.accounts.staffing import Guarding

Http = Request[Any, Any, Any]
OWN = Wrong(403, "Not one's own", "Somebody else has to look at what you asked for.")
WHOM = re.compile(r"/people/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})")
DECISIONS = {"approve": True, "refuse": False}


class ApprovalPages(Controller):
    """What waits for a second person."""

    path = "/approvals"
    include_in_schema = False

    @get("/")
    async def listed(
        self, *, visit: Visit, pages: Pages, approvals: Approvals, names: Names, clock: Clock
    ) -> Html:  # fmt: skip
        """What waits, what was decided, and the rule itself."""
        require(visit, "accounts:account:read")
        now = clock.now()
        seen = [one for one in await approvals.listed(visit.whose) if concerns(visit, one)]
        called = await names.of_actors(visit, [actor for one in seen for actor in (one.asked_by, one.decided_by)])
        alone = {one for one in Danger if not await approvals.several(visit.whose, one)}
        return page(
            pages, "approvals.html", visit, waiting=[one for one in seen if one.open(now)],
            over=[one for one in seen if not one.open(now)], now=now, called=called, dangers=_offered(visit),
            chosen=await approvals.chosen(visit.whose), alone=alone, me=str(visit.who),
        )  # fmt: skip

    @post("/rule")
    async def choose(
        self, *, request: Http, visit: Visit, approvals: Approvals, authority: Authority, guarding: Guarding
    ) -> Html:
        """Say which acts are to wait; saying so waits itself. What controllers were promised goes on waiting."""
        require(visit, LETS_OTHERS_IN)
        authority.proven(visit, "/approvals")
        sent = await request.form()
        dangers = known(str(one) for one in sent.getall("dangers", []))
        await guarding.keep(visit.whose, dangers)
        fields = tuple(("dangers", str(one)) for one in Danger if one in dangers)
        await approvals.first(visit.whose, Asked(Danger.switches, "/approvals/rule", fields), by=str(visit.who))
        await approvals.choose(visit.whose, dangers, by=str(visit.who))
        return go("/approvals", "The rule is changed.")

    @get("/{approval:uuid}")
    async def show(
        self, *, approval: UUID, visit: Visit, pages: Pages, approvals: Approvals, names: Names, clock: Clock,
        group_roles: GroupRoles,
    ) -> Html:  # fmt: skip
        """One request, word for word."""
        one = await _seen(visit, approvals, approval)
        called = await names.of_actors(visit, [one.asked_by, one.decided_by])
        whom, group = _whom(one), one.asked.values("group") if one.asked else []
        groups = await group_roles.listed(visit.whose) if group else []
        return page(
            pages, "approval.html", visit, one=one, now=clock.now(), called=called, own=one.asked_by == str(visit.who),
            may=visit.may(PERMISSION[one.danger]), built_in=BUILT_IN, whom=whom,
            whom_called=(await names.of(visit, [whom]))[whom] if whom else "",
            group_called=next((known.name for known in groups if [str(known.id)] == group), ""),
        )  # fmt: skip

    @post("/{approval:uuid}")
    async def decide(
        self, *, request: Http, approval: UUID, visit: Visit, approvals: Approvals, authority: Authority
    ) -> Html:
        """Approve or refuse what somebody else asked; take back what one asked oneself."""
        one = await _seen(visit, approvals, approval)
        decision = forms.text(await request.form(), "decision")
        if decision == "withdraw":
            await approvals.withdraw(visit.whose, approval, by=str(visit.who))
            return go("/approvals", "The request is taken back.")
        if decision not in DECISIONS:
            raise Wrong(422, "Approve or refuse", "Choose one of the two.")
        require(visit, PERMISSION[one.danger])
        if one.asked_by == str(visit.who):
            raise OWN
        authority.proven(visit, f"/approvals/{approval}")
        if one.asked is not None:
            await authority.to_give(visit, one.asked.values("roles"))
        try:
            await approvals.decide(visit.whose, approval, given=DECISIONS[decision], by=str(visit.who))
        except OneOfOnesOwn:
            raise OWN from None
        return go("/approvals", "The decision is recorded.")


def concerns(visit: Visit, one: Approval) -> bool:
    """Whether someone asked for this, or may decide it."""
    return one.asked_by == str(visit.who) or visit.may(PERMISSION[one.danger])


def _whom(one: Approval) -> UUID | None:
    """The person that a request is about, if it is about one."""
    if one.asked is None:
        return None
    found = WHOM.search(one.asked.path) or WHOM.search("/people/" + "".join(one.asked.values("person")))
    return UUID(found[1]) if found else None


async def _seen(visit: Visit, approvals: Approvals, approval: UUID) -> Approval:
    try:
        one = await approvals.find(visit.whose, approval)
    except NotWaiting:
        raise NOT_HERE from None
    if not concerns(visit, one):
        raise NOT_HERE
    return one


def _offered(visit: Visit) -> list[Danger]:
    """The acts that there are on a side: the processor's has no people of its own to export or erase."""
    here = (Danger.administrators, Danger.switches) if visit.side == "processor" else tuple(Danger)
    return [one for one in Danger if one in here]

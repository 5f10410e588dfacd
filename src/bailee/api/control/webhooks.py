"""Webhooks: where a controller's own systems hear of its accounts and people. The controller is the credential's."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Controller, Request, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import QueryParameter
from msgspec import Meta

from bailee.api.control.admission import Admission
from bailee.processing.webhooks.deliveries import Deliveries, Delivery
from bailee.processing.webhooks.events import Event
from bailee.processing.webhooks.subscriptions import Subscriptions, Webhook

Http = Request[Any, Any, Any]
Url = Annotated[str, Meta(min_length=8, max_length=2000)]
Host = Annotated[str, Meta(pattern="^[a-z0-9.:\\[\\]-]{1,270}$")]
Country = Annotated[str, Meta(pattern="^[A-Z]{2}$")]
Events = Annotated[list[Event], Meta(min_length=1, max_length=20)]
Limit = Annotated[int, QueryParameter(name="limit", ge=1, le=200)]


class WebhookIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A subscription: the address, the hosts it may ever move among (`host` or `host:port`), and their country.

    `shape` says what the other side reads: our messages, or obligations as `slack` or `jira` take them. Jira is given
    an `authorization` header, sealed and never shown, and the `project` to file issues in.
    """

    url: Url
    hosts: Annotated[list[Host], Meta(min_length=1, max_length=10)]
    country: Country
    events: Events
    shape: Literal["standard", "slack", "jira"] = "standard"
    authorization: Annotated[str, Meta(max_length=1000)] = ""
    project: Annotated[str, Meta(max_length=10)] = ""


class WebhookPatchIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What changes of a subscription; what is left out stays."""

    url: Url | None = None
    events: Events | None = None
    state: Literal["active", "paused"] | None = None


class WebhookOut(msgspec.Struct, frozen=True):
    """A subscription. `reason` says why it is in its state: asked, gone (410), retries-exhausted, delivered."""

    id: UUID
    url: str
    hosts: list[str]
    country: str
    events: list[str]
    shape: Literal["standard", "slack", "jira"]
    state: Literal["active", "paused", "failing"]
    reason: str
    created_by: str
    created_at: datetime
    changed_at: datetime


class WebhookMadeOut(msgspec.Struct, frozen=True):
    """A new subscription: `secret` is shown this once."""

    webhook: WebhookOut
    secret: str


class WebhookSecretOut(msgspec.Struct, frozen=True):
    """A new secret, shown this once; until `both_until` the one before signs as well."""

    secret: str
    both_until: datetime


class WebhookAttemptOut(msgspec.Struct, frozen=True):
    """An attempt: the receiver's status, or a stable reason why there is none."""

    number: int
    at: datetime
    status: int | None
    reason: str
    milliseconds: int


class WebhookDeliveryOut(msgspec.Struct, frozen=True):
    """A delivery and its attempts; a test has neither person nor entry."""

    id: UUID
    event: str
    person: UUID | None
    entry: str | None
    state: Literal["waiting", "delivered", "failed"]
    created_at: datetime
    due_at: datetime
    delivered_at: datetime | None
    attempts: list[WebhookAttemptOut]


class WebhookDeliveriesOut(msgspec.Struct, frozen=True):
    """Deliveries, the newest first; `before` is where to go on, null at the end."""

    deliveries: list[WebhookDeliveryOut]
    before: UUID | None


class WebhookQueuedOut(msgspec.Struct, frozen=True):
    """A delivery that will be sent."""

    delivery: UUID


class Webhooks(Controller):
    """Subscriptions of the credential's own controller, and what was delivered to them."""

    path = "/api/v1/webhooks"
    tags = ("webhooks",)

    @post("/", summary="Subscribe a system to events")
    async def make(
        self, request: Http, data: WebhookIn, admission: NamedDependency[Admission],
        subscriptions: NamedDependency[Subscriptions],
    ) -> WebhookMadeOut:  # fmt: skip
        """Messages carry ids alone, signed after Standard Webhooks; the answer is the one showing of the secret."""
        caller = await admission.member(request)
        made, secret = await subscriptions.make(
            caller.controller, url=data.url, hosts=data.hosts, country=data.country, events=data.events,
            by=caller.actor.id, shape=data.shape, authorization=data.authorization, project=data.project,
        )  # fmt: skip
        return WebhookMadeOut(_out(made), secret)

    @get("/", summary="List the subscriptions")
    async def listed(
        self, request: Http, admission: NamedDependency[Admission], subscriptions: NamedDependency[Subscriptions]
    ) -> list[WebhookOut]:
        """Every subscription, without secrets."""
        caller = await admission.member(request)
        return [_out(one) for one in await subscriptions.listed(caller.controller)]

    @get("/{webhook:uuid}", summary="Read a subscription")
    async def one(
        self, request: Http, webhook: UUID, admission: NamedDependency[Admission],
        subscriptions: NamedDependency[Subscriptions],
    ) -> WebhookOut:  # fmt: skip
        """One subscription, without its secret."""
        caller = await admission.member(request)
        return _out(await subscriptions.one(caller.controller, webhook))

    @patch("/{webhook:uuid}", summary="Change, pause or resume a subscription")
    async def change(
        self, request: Http, webhook: UUID, data: WebhookPatchIn, admission: NamedDependency[Admission],
        subscriptions: NamedDependency[Subscriptions],
    ) -> WebhookOut:  # fmt: skip
        """While it is paused nothing is queued and nothing is sent; what was queued before is sent afterwards."""
        caller = await admission.member(request)
        changed = await subscriptions.change(
            caller.controller, webhook, url=data.url, events=data.events, state=data.state, by=caller.actor.id
        )
        return _out(changed)

    @delete("/{webhook:uuid}", summary="Remove a subscription", status_code=204)
    async def remove(
        self, request: Http, webhook: UUID, admission: NamedDependency[Admission],
        subscriptions: NamedDependency[Subscriptions],
    ) -> None:  # fmt: skip
        """With all that was queued for it."""
        caller = await admission.member(request)
        await subscriptions.remove(caller.controller, webhook, by=caller.actor.id)

    @post("/{webhook:uuid}/secret", summary="Replace the signing secret", status_code=200)
    async def rotate(
        self, request: Http, webhook: UUID, admission: NamedDependency[Admission],
        subscriptions: NamedDependency[Subscriptions],
    ) -> WebhookSecretOut:  # fmt: skip
        """Both secrets sign for a day, so that no message is lost in between."""
        caller = await admission.member(request)
        secret, until = await subscriptions.rotate(caller.controller, webhook, by=caller.actor.id)
        return WebhookSecretOut(secret, until)

    @post("/{webhook:uuid}/test", summary="Send a message about nobody", status_code=202)
    async def test(
        self, request: Http, webhook: UUID, admission: NamedDependency[Admission],
        deliveries: NamedDependency[Deliveries],
    ) -> WebhookQueuedOut:  # fmt: skip
        """Of type `webhook.test`; how it went stands among the deliveries."""
        caller = await admission.member(request)
        return WebhookQueuedOut(await deliveries.test(caller.controller, webhook, by=caller.actor.id))

    @get("/{webhook:uuid}/deliveries", summary="List what was sent, and how each attempt went")
    async def deliveries_of(
        self, request: Http, webhook: UUID, admission: NamedDependency[Admission],
        deliveries: NamedDependency[Deliveries], before: UUID | None = None, limit: Limit = 50,
    ) -> WebhookDeliveriesOut:  # fmt: skip
        """The newest first; kept for 30 days. The ledger keeps every transmission."""
        caller = await admission.member(request)
        found = await deliveries.listed(caller.controller, webhook, before=before, limit=limit)
        return WebhookDeliveriesOut([_delivery(one) for one in found], found[-1].id if len(found) == limit else None)

    @post("/{webhook:uuid}/deliveries/{delivery:uuid}/redeliver", summary="Send a delivery again", status_code=202)
    async def again(
        self, request: Http, webhook: UUID, delivery: UUID, admission: NamedDependency[Admission],
        deliveries: NamedDependency[Deliveries],
    ) -> WebhookQueuedOut:  # fmt: skip
        """Under the `webhook-id` it has, so that a receiver knows it for the same."""
        caller = await admission.member(request)
        await deliveries.again(caller.controller, webhook, delivery, by=caller.actor.id)
        return WebhookQueuedOut(delivery)


def _out(one: Webhook) -> WebhookOut:
    return WebhookOut(
        one.id, one.place.url, sorted(one.place.hosts), one.place.country, list(one.events), one.place.shape, one.state, one.reason,
        one.created_by, one.created_at, one.changed_at,
    )  # fmt: skip


def _delivery(one: Delivery) -> WebhookDeliveryOut:
    attempts = [WebhookAttemptOut(a.number, a.at, a.status, a.reason, a.milliseconds) for a in one.attempts]
    return WebhookDeliveryOut(
        one.id, one.event, one.person, one.entry, one.state, one.created_at, one.due_at, one.delivered_at, attempts
    )

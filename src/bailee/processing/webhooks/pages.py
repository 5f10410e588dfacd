"""Pages of webhooks: which of the controller's systems hear of its people, and what became of what was sent."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request, get, post

from bailee.infra.destinations import Reason, read
from bailee.infra.web import forms
from bailee.infra.web.answers import NOT_HERE, Html, Wrong, go, page, require
from bailee.infra.web.pages import Pages
from bailee.infra.web.visit import Visit
from bailee.processing.webhooks.deliveries import Deliveries
from bailee.processing.webhooks.events import Event
from bailee.processing.webhooks.shapes import SHAPES, Shape
from bailee.processing.webhooks.subscriptions import NoWebhook, RefusedDestination, Subscriptions, TooManyWebhooks

Http = Request[Any, Any, Any]
MAY = "connections:webhook:manage"
SHOWN = 25
DONE = {
    "pause": "The webhook is paused.",
    "resume": "The webhook is active again.",
    "test": "A message about nobody is on its way.",
    "remove": "The webhook is removed.",
}


class WebhookPages(Controller):
    """The subscriptions of one controller."""

    path = "/webhooks"
    include_in_schema = False

    @get("/")
    async def listed(self, visit: Visit, pages: Pages, subscriptions: Subscriptions) -> Html:
        """Every subscription, and the form of another."""
        require(visit, MAY)
        return await _page(visit, pages, subscriptions)

    @post("/")
    async def make(self, request: Http, visit: Visit, pages: Pages, subscriptions: Subscriptions) -> Html:
        """Subscribe a system; the secret is shown on the page that answers, and never again."""
        require(visit, MAY)
        sent = await request.form()
        url, country = forms.text(sent, "url"), forms.text(sent, "country").upper()
        events = [str(one) for one in Event if one in sent.getall("events", [])]
        target = read(url)
        if isinstance(target, Reason) or not events or len(country) != 2:
            return await _page(visit, pages, subscriptions, wrong=NEEDED, url=url)
        try:
            shape: Shape = next((one for one in SHAPES if one == forms.text(sent, "shape")), "standard")
            _, secret = await subscriptions.make(
                visit.whose, url=url, hosts=[target.listed_as], country=country, by=str(visit.who), shape=shape,
                events=[one for one in events if shape == "standard" or one.startswith("obligation.")],
                authorization=forms.text(sent, "authorization"), project=forms.text(sent, "project"),
            )  # fmt: skip
        except RefusedDestination as refusal:
            if refusal.code.startswith(("shape-", "jira-", "authorization-")):
                return await _page(visit, pages, subscriptions, wrong=refusal.code, url=url)
            return await _page(visit, pages, subscriptions, wrong=ELSEWHERE, url=url)
        except TooManyWebhooks:
            raise Wrong(409, "There are as many webhooks as there may be", "Remove one first.") from None
        return await _page(visit, pages, subscriptions, secret=secret)

    @post("/{webhook:uuid}")
    async def act(
        self, *, request: Http, webhook: UUID, visit: Visit, pages: Pages, subscriptions: Subscriptions,
        deliveries: Deliveries,
    ) -> Html:  # fmt: skip
        """Pause, resume, test, rotate the secret, remove."""
        require(visit, MAY)
        wanted, by = forms.text(await request.form(), "act"), str(visit.who)
        try:
            if wanted == "rotate":
                secret, _ = await subscriptions.rotate(visit.whose, webhook, by=by)
                return await _page(visit, pages, subscriptions, secret=secret)
            if wanted == "pause":
                await subscriptions.change(visit.whose, webhook, by=by, state="paused")
            elif wanted == "resume":
                await subscriptions.change(visit.whose, webhook, by=by, state="active")
            elif wanted == "test":
                await deliveries.test(visit.whose, webhook, by=by)
            elif wanted == "remove":
                await subscriptions.remove(visit.whose, webhook, by=by)
            else:
                raise NOT_HERE
        except NoWebhook:
            raise NOT_HERE from None
        return go("/webhooks" if wanted == "remove" else f"/webhooks/{webhook}", DONE[wanted])

    @get("/{webhook:uuid}")
    async def show(
        self, webhook: UUID, visit: Visit, pages: Pages, subscriptions: Subscriptions, deliveries: Deliveries
    ) -> Html:
        """One subscription, and its latest deliveries with their attempts."""
        require(visit, MAY)
        try:
            one = await subscriptions.one(visit.whose, webhook)
            found = await deliveries.listed(visit.whose, webhook, before=None, limit=SHOWN)
        except NoWebhook:
            raise NOT_HERE from None
        return page(pages, "webhook.html", visit, one=one, found=found)

    @post("/{webhook:uuid}/deliveries/{delivery:uuid}")
    async def again(self, webhook: UUID, delivery: UUID, visit: Visit, deliveries: Deliveries) -> Html:
        """Send a delivery once more."""
        require(visit, MAY)
        try:
            await deliveries.again(visit.whose, webhook, delivery, by=str(visit.who))
        except NoWebhook:
            raise NOT_HERE from None
        return go(f"/webhooks/{webhook}", "It is sent once more.")


NEEDED = "An https address, the two letters of its country, and one event at least"
ELSEWHERE = "This address may not be sent to: a public place in the EU, over https"


async def _page(
    visit: Visit, pages: Pages, subscriptions: Subscriptions, *, secret: str = "", wrong: str = "", url: str = ""
) -> Html:
    found = await subscriptions.listed(visit.whose)
    return page(
        pages, "webhooks.html", visit, status=422 if wrong else 200, found=found, secret=secret, wrong=wrong, url=url,
        events=[one for one in Event if visit.side == "controller" or one.startswith("obligation.")], shapes=SHAPES,
    )  # fmt: skip

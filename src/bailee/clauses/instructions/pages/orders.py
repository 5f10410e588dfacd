"""Orders of the law, on the processor's side: written down, approved by two, told or reasoned in silence."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, get, post
from litestar.datastructures import FormMultiDict

from bailee.clauses.instructions.compelling import NEEDED, Compelling
from bailee.clauses.instructions.mistakes import Faulty
from bailee.clauses.instructions.pages.agreement import Signing
from bailee.clauses.instructions.pages.speaking import in_words, vocabulary
from bailee.contract.compulsion import Order
from bailee.infra.clock import Clock
from bailee.infra.web import forms
from bailee.infra.web.answers import Html, Wrong, go, page, require
from bailee.infra.web.pages import Pages
from bailee.infra.web.visit import Visit
from bailee.vocabulary.ids import new_id

Http = Request[Any, Any, Any]
DECIDE = "platform:order:decide"
ROLES = {"processor-dpo": "officer", "processor-administrator": "administrator"}
WORDS = ("country", "law", "agreement", "authority", "reference", "persons", "recipient", "place", "since", "until",
         "ban_law", "ban_interest", "ban_until", "ban_event")  # fmt: skip
MANY = ("operations", "categories", "groups", "actors")
FAULTS = {
    "third-country-without-agreement": "A third country's order counts only under an international agreement that it names.",
    "ends-before-it-begins": "It ends before it begins.",
    "longer-than-a-year": "An order is followed for a year at most; then it is looked at anew.",
    "not-the-processors-own-actors": "Only the processor's own staff and systems follow an order.",
    "no-recipient": "Say to whom data are given.",
    "only-law-of-the-union-forbids-telling": "Only the law of the Union or of a member state can forbid telling the controller.",
    "over-already": "Its last day has passed.",
    "shape": "Something is missing or does not fit: countries are two letters, persons are ids, one on a line.",
}
NO_ROLE = Wrong(403, "Two roles decide on an order", "The data-protection officer and an administrator approve it.")


class OrderPages(Controller):
    """The orders that concern one controller."""

    path = "/controllers/{controller:uuid}/orders"
    include_in_schema = False

    @get("/")
    async def listed(self, *, controller: UUID, visit: Visit, pages: Pages, compelling: Compelling) -> Html:
        """Every order and how far it is."""
        require(visit, DECIDE)
        listed = await compelling.listed(controller)
        return page(pages, "orders.html", visit, controller=controller, orders=listed)

    @get("/new")
    async def new(self, controller: UUID, visit: Visit, pages: Pages) -> Html:
        """The form of an order."""
        require(visit, DECIDE)
        blank: dict[str, Any] = dict.fromkeys(WORDS, "") | {name: [] for name in MANY}
        return _form(pages, visit, controller, blank | {"actors": ["processor_staff"], "country": "FR", "place": "FR"})

    @post("/new")
    async def create(
        self, *, controller: UUID, request: Http, visit: Visit, pages: Pages, compelling: Compelling, clock: Clock
    ) -> Html:
        """Write an order down."""
        require(visit, DECIDE)
        sent = await request.form()
        values = _values(sent)
        try:
            order = _order(values, clock.now())
            await compelling.draft(controller, order, by=str(visit.who))
        except Faulty as faulty:
            return _form(pages, visit, controller, values, *faulty.args)
        except (msgspec.ValidationError, ValueError, OverflowError):
            return _form(pages, visit, controller, values, "shape")
        return go(f"/controllers/{controller}/orders/{order.id}")

    @get("/{order:uuid}")
    async def one(self, *, controller: UUID, order: UUID, visit: Visit, pages: Pages, compelling: Compelling) -> Html:
        """One order: its scope, who approved, whether the controller was told."""
        require(visit, DECIDE)
        with in_words():
            known = await compelling.find(controller, order)
        mine = _roles(visit) - {one.role for one in known.what.approvals}
        can = bool(mine) and str(visit.who) not in {one.by for one in known.what.approvals}
        return page(pages, "order.html", visit, controller=controller, known=known, can=can, **vocabulary(visit))

    @post("/{order:uuid}/approve")
    async def approve(
        self, *, controller: UUID, order: UUID, visit: Visit, compelling: Compelling, signing: Signing
    ) -> Html:
        """One of the two approves."""
        require(visit, DECIDE)
        place = f"/controllers/{controller}/orders/{order}"
        signing.proven(visit, place)
        with in_words():
            known = await compelling.find(controller, order)
            open_ = sorted(_roles(visit) - {one.role for one in known.what.approvals})
            if not open_:
                raise NO_ROLE
            await compelling.approve(controller, order, role=open_[0], by=str(visit.who))
        return go(place, "Your approval is on record.")

    @post("/{order:uuid}/drop")
    async def drop(self, *, controller: UUID, order: UUID, visit: Visit, compelling: Compelling) -> Html:
        """Give an order up before it is followed."""
        require(visit, DECIDE)
        with in_words():
            await compelling.drop(controller, order, by=str(visit.who))
        return go(f"/controllers/{controller}/orders", "The order is given up.")

    @post("/{order:uuid}/ban-ended")
    async def ban_ended(
        self, *, controller: UUID, order: UUID, request: Http, visit: Visit, compelling: Compelling
    ) -> Html:
        """The ban on telling has ended: the controller is told now."""
        require(visit, DECIDE)
        event = forms.text(await request.form(), "event")[:200]
        with in_words():
            await compelling.end_ban(controller, order, event, by=str(visit.who))
        return go(f"/controllers/{controller}/orders/{order}", "The controller is being told.")


def _roles(visit: Visit) -> set[str]:
    """In which of the two roles the visitor may approve."""
    held = visit.session.roles if visit.session is not None else ()
    return {ROLES[name] for name in held if name in ROLES} & NEEDED


def _values(sent: FormMultiDict) -> dict[str, Any]:
    values: dict[str, Any] = {name: forms.text(sent, name) for name in WORDS}
    return values | {name: [one for one in sent.getall(name, []) if isinstance(one, str)] for name in MANY}


def _order(values: dict[str, Any], now: datetime) -> Order:
    """The order that a form makes; `ValueError` where it makes none."""
    parts: dict[str, Any] = {
        name: values[name] for name in ("law", "agreement", "authority", "reference", "recipient", *MANY)
    }
    parts |= {"id": str(new_id()), "country": values["country"].upper(), "place": values["place"].upper()}
    parts["persons"] = values["persons"].split()
    parts["in_force_from"] = _day(values["since"]) if values["since"] else now
    parts["in_force_until"] = _day(values["until"]) + timedelta(days=1)
    if values["ban_law"]:
        parts["ban"] = {
            "law": values["ban_law"], "public_interest": values["ban_interest"], "until": _day(values["ban_until"]),
            "event": values["ban_event"],
        }  # fmt: skip
    return msgspec.convert(parts, Order)


def _day(text: str) -> datetime:
    day = date.fromisoformat(text)
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _form(pages: Pages, visit: Visit, controller: UUID, values: dict[str, Any], *wrong: str) -> Html:
    return page(
        pages, "order-form.html", visit, status=422 if wrong else 200, controller=controller, values=values,
        wrong=[FAULTS[code] for code in wrong], **vocabulary(visit),
    )  # fmt: skip

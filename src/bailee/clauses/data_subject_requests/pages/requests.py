"""Pages of the controller's staff: the inbox with its clocks, and one request with what to do next and its guide."""

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from typing import Any, cast
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.datastructures import FormMultiDict
from litestar.response import Stream
from markupsafe import Markup

from bailee.clauses.data_subject_requests.commands import Rights
from bailee.clauses.data_subject_requests.events import Asked, Channel, Right, Step
from bailee.clauses.data_subject_requests.events import Request as OfPerson
from bailee.clauses.data_subject_requests.ordering import OBJECTED
from bailee.clauses.data_subject_requests.pages import reading, showing
from bailee.clauses.data_subject_requests.pages.acting import CHANNELS, IDENTITIES, act_on, identity_of, mandate, told
from bailee.clauses.data_subject_requests.pages.naming import named
from bailee.clauses.data_subject_requests.papers import EXCEPTING, KEEPING, REFUSING, RESTRICTING
from bailee.contract.ruling import AccessRequest, Refusal
from bailee.gate.sets import START, Sets, Sought
from bailee.infra.clock import Clock
from bailee.infra.guides import guide
from bailee.infra.web import forms
from bailee.infra.web.answers import HEADERS, NOT_HERE, Html, go, page, require
from bailee.infra.web.pages import Pages
from bailee.infra.web.visit import Visit
from bailee.obligations import wording
from bailee.vault.profile import PROFILE, TYPE
from bailee.vocabulary.languages import Language, language_of
from bailee.vocabulary.operations import Operation
from bailee.vocabulary.parties import ActorKind
from bailee.vocabulary.purposes import Purpose

Http = Request[Any, Any, Any]
FIELDS = tuple(name for name in TYPE.fields if name not in ("photo", "postal_address", "ip_address"))
PARTS = ("street", "complement", "city", "postal_code", "region", "country")
LABELS = {
    "title": "Civility", "given_name": "First name", "family_name": "Last name", "company": "Company",
    "email": "E-mail", "phone": "Phone", "language": "Language",
    "user_name": "User name", "external_id": "Your own id", "postal_address.street": "Number and street",
    "postal_address.complement": "Complement", "postal_address.city": "City",
    "postal_address.postal_code": "Postal code", "postal_address.region": "Region",
    "postal_address.country": "Country",
}  # fmt: skip


class Present:
    """What dangerous acts ask of the house: a fresh proof of presence."""

    def __init__(self, proven: Callable[[Visit, str], None]) -> None:
        self.proven = proven


class RequestPages(Controller):
    """Requests, for those who answer them."""

    path = "/requests"
    include_in_schema = False

    @get("/")
    async def inbox(
        self, *, visit: Visit, pages: Pages, rights: Rights, sets: Sets, clock: Clock, show: str = "open"
    ) -> Html:
        """Every request, the most urgent first, with whom it is about."""
        require(visit, "rights:request:read")
        by = show if show in showing.FILTERS else "open"
        every = await rights.keeping.listed(visit.whose)
        now = clock.now()
        rows = [(one, showing.clock(one, now)) for one in showing.chosen(every, by)]
        counts = {name: len(showing.chosen(every, name)) for name in showing.FILTERS}
        return page(
            pages, "requests.html", visit, rows=rows, chosen=by, counts=counts, pictures=showing.PICTURES,
            filters=showing.FILTERS, names=await named(visit, sets, [one for one, _ in rows]),
        )  # fmt: skip

    @get("/new")
    async def form(self, visit: Visit, pages: Pages, person: UUID | None = None) -> Html:
        """The form of a request that came some other way."""
        require(visit, "rights:request:handle")
        return page(
            pages, "request-new.html", visit, rights=showing.rights(), channels=CHANNELS, identities=IDENTITIES,
            person=person or "", wrong="", values={},
        )  # fmt: skip

    @post("/")
    async def open(
        self, request: Http, visit: Visit, pages: Pages, rights: Rights, sets: Sets
    ) -> Html:  # fmt: skip
        """Take a request in."""
        require(visit, "rights:request:handle")
        sent = await request.form()
        values = {name: forms.text(sent, name) for name in ("right", "channel", "received", "name", "contact", "words")}
        person: UUID | None = forms.id_of(sent, "person") if forms.text(sent, "person") else None
        address = forms.text(sent, "address")
        if person is None and address:
            person = await _found(visit, sets, address)
        received = _received(values["received"], rights.now())
        if values["right"] not in set(Right) or values["channel"] not in CHANNELS or received is None:
            return page(
                pages, "request-new.html", visit, status=422, rights=showing.rights(), channels=CHANNELS,
                identities=IDENTITIES, person=person or "", wrong="Choose the right, how it came, and a day that was.",
                values=values,
            )  # fmt: skip
        asked = Asked(
            right=Right(values["right"]), channel=cast(Channel, values["channel"]), words=values["words"], person=person,
            name=values["name"][:200], contact=values["contact"][:254], language=_language(sent),
            identity=identity_of(sent), received_at=received,
        )  # fmt: skip
        one = await told(rights.requests.open(visit.whose, asked, by=str(visit.who)))
        return go(f"/requests/{one.id}", "The request is taken in; its clock runs from the day it was received.")

    @get("/{request_id:uuid}")
    async def show(self, request_id: UUID, visit: Visit, pages: Pages, rights: Rights, clock: Clock) -> Html:
        """One request: its clock, what to do next, what was done, and the guide beside it."""
        require(visit, "rights:request:read")
        one = await told(rights.keeping.find(visit.whose, request_id))
        return page(pages, "request.html", visit, **await _shown(one, visit, rights, clock))

    @get("/{request_id:uuid}/progress")
    async def progress(self, request_id: UUID, visit: Visit, pages: Pages, rights: Rights) -> Html:
        """How far the work on it is."""
        require(visit, "rights:request:read")
        one = await told(rights.keeping.find(visit.whose, request_id))
        return page(pages, "request-progress.html", visit, one=one, waiting=one.step in (Step.queued, Step.running))

    @post("/{request_id:uuid}")
    async def act(self, request_id: UUID, request: Http, visit: Visit, rights: Rights, present: Present) -> Html:
        """Do something about it."""
        require(visit, "rights:request:handle")
        sent = await request.form()
        act = forms.text(sent, "act")
        if act in ("order", "answer", "refuse", "lift", "except"):
            present.proven(visit, f"/requests/{request_id}")
        said = await told(act_on(act, request_id, sent, visit, rights))
        return go(f"/requests/{request_id}", said)

    @get("/{request_id:uuid}/pack")
    async def pack(self, request_id: UUID, visit: Visit, rights: Rights, present: Present) -> Stream:
        """What answers it, to take along; the ledger keeps who took it."""
        require(visit, "rights:request:handle")
        present.proven(visit, f"/requests/{request_id}")
        return await packed(rights, visit, request_id, ActorKind.controller_staff)

    @get("/{request_id:uuid}/file")
    async def file(self, request_id: UUID, visit: Visit, rights: Rights) -> Response[bytes]:
        """The request's file as evidence, with receipts."""
        require(visit, "rights:request:read")
        content = await told(rights.proving.zip(visit.whose, request_id))
        named = {"content-disposition": f'attachment; filename="request-{request_id}.zip"'}
        return Response(content, media_type="application/zip", headers=HEADERS | named)

    @get("/guides/{right:str}")
    async def guide(self, right: str, visit: Visit, pages: Pages) -> Html:
        """The guide of a right, whole."""
        require(visit, "rights:request:read")
        if right not in set(Right):
            raise NOT_HERE
        return page(pages, "request-guide.html", visit, text=guided(right, visit), right=right)


async def _shown(one: OfPerson, visit: Visit, rights: Rights, clock: Clock) -> dict[str, Any]:
    """Everything that the page of a request shows."""
    held = one.person is not None and one.open
    return {
        "one": one, "clock": showing.clock(one, clock.now()), "counted": wording.rule, "steps": showing.next_steps(one),
        "pictures": showing.PICTURES, "waiting": one.step in (Step.queued, Step.running),
        "timeline": await rights.proving.timeline(one), "recipients": await rights.recipients.listed(one),
        "guide": guided(one.right, visit), "pack": showing.has_pack(one), "identities": (*IDENTITIES, "signed-in"),
        "records": await rights.held_of(one) if held and one.right in (Right.erasure, Right.rectification) else [],
        "exceptions": await rights.restricting.exceptions(one.controller, one.person) if one.person else [],
        "grounds": {"keep": KEEPING, "restrict": RESTRICTING, "refuse": REFUSING, "except": EXCEPTING},
        "purposes": list(map(str, OBJECTED)), "all_purposes": list(map(str, Purpose)),
        "operations": ("consult", "retrieve", "use", "modify", "transmit", "export"),
        "fields": [(name, LABELS.get(name, name)) for name in (*FIELDS, *(f"postal_address.{part}" for part in PARTS))],
        "profile": PROFILE, "pairs": range(reading.PAIRS),
    }  # fmt: skip


async def packed(rights: Rights, visit: Visit, request_id: UUID, kind: ActorKind) -> Stream:
    """A pack as a download."""
    pieces = await told(rights.taking_along.take(visit.whose, request_id, mandate(visit, kind)))
    first = await anext(pieces)
    named = {"content-disposition": 'attachment; filename="your-data.zip"'}
    return Stream(_after(first, pieces), media_type="application/zip", headers=HEADERS | named)


def guided(right: str, visit: Visit) -> Markup:
    """The guide of a right in the visitor's language: ours, rendered without anything it could carry in."""
    return Markup(guide("rights", str(right), visit.language))  # noqa: S704 -- our own text, HTML in it is not let through


async def _found(visit: Visit, sets: Sets, address: str) -> UUID | None:
    """Whose e-mail address this is, as the gate finds it; None where it is nobody's, or may not be looked for."""
    asked = AccessRequest(
        actor=mandate(visit).actor, controller=visit.whose, operation=Operation.query,
        purpose=Purpose.account_management, place=visit.place,
    )  # fmt: skip
    hits = await sets.search(asked, Sought(PROFILE, "email", address), START, 2)
    if isinstance(hits, Refusal):
        return None
    return next((record.address.person for record in hits.released.records), None)


def _received(text: str, now: datetime) -> datetime | None:
    """The day of receipt, today where none is named; None for what is no day that was."""
    if not text:
        return now
    try:
        day = datetime.strptime(text, "%Y-%m-%d").replace(hour=12, tzinfo=UTC)
    except ValueError:
        return None
    return min(day, now) if day.date() <= now.date() else None


def _language(sent: FormMultiDict) -> Language:
    return language_of(forms.text(sent, "language"))


async def _after(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for piece in rest:
        yield piece

"""Exports: people handed over to their controller, and the register of every handover (liability.handover)."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

from litestar import Controller, Request, get, post
from litestar.response import Stream

from bailee.infra.web.answers import HEADERS, Html, Wrong, page, require
from bailee.infra.web.pages import Pages
from bailee.infra.web.visit import Visit
from bailee.processing.accounts import forms
from bailee.processing.accounts.approving.dangers import Asked, Danger
from bailee.processing.accounts.export_forms import ENDING, MEDIA, Form
from bailee.processing.accounts.exporting import Exporting, Wanted
from bailee.processing.accounts.handovers import LAST, SHOWN, Handovers
from bailee.processing.accounts.import_jobs import Mandate
from bailee.processing.accounts.names import Names
from bailee.processing.accounts.pages.authority import Authority
from bailee.vocabulary.categories import CATALOGUE
from bailee.vocabulary.parties import Actor, ActorKind
from bailee.vocabulary.purposes import Purpose

Http = Request[Any, Any, Any]
FORM: dict[str, Form] = {"csv": "csv", "xlsx": "xlsx", "ndjson": "ndjson", "vcard": "vcard"}
FORMS = {"csv": "CSV, for spreadsheets", "xlsx": "XLSX, a workbook", "ndjson": "NDJSON, for programs",
         "vcard": "vCard 4, for address books"}  # fmt: skip


class ExportPages(Controller):
    """Exports of the controller's staff."""

    path = "/exports"
    include_in_schema = False

    @get("/")
    async def show(
        self, visit: Visit, pages: Pages, handovers: Handovers, names: Names, before: UUID | None = None
    ) -> Html:
        """What can be exported, what that means, and the register of what was."""
        require(visit, "exchange:export:run")
        found = await handovers.listed(visit.whose, before or LAST)
        called = await names.of_actors(visit, [one.actor for one in found])
        following = found[-1].id if len(found) == SHOWN else None
        return page(
            pages, "exports.html", visit, forms=FORMS, found=found, called=called, following=following,
            categories=CATALOGUE,
        )  # fmt: skip

    @post("/")
    async def export(self, request: Http, visit: Visit, exporting: Exporting, authority: Authority) -> Stream:
        """Everyone, as a file; the ledger keeps who took it, what, how many, to whom, and its digest."""
        require(visit, "exchange:export:run")
        authority.proven(visit, "/exports")
        sent = await request.form()
        recipient = forms.text(sent, "recipient")[:100]
        form = FORM.get(forms.text(sent, "format"))
        if form is None:
            raise Wrong(422, "There is no such format", "Choose one of those that are offered.")
        fields = (("format", form), ("recipient", recipient))
        await authority.second(visit, Asked(Danger.export, "/exports", fields))
        actor = Actor(str(visit.who), ActorKind.controller_staff, visit.session.id)
        mandate = Mandate(actor, Purpose.account_management, visit.session.expires_at)
        pieces = exporting.stream(visit.whose, mandate, Wanted(form, None, recipient))
        first = await anext(pieces)
        named = {"content-disposition": f'attachment; filename="people.{ENDING[form]}"'}
        return Stream(_after(first, pieces), media_type=MEDIA[form], headers=HEADERS | named)


async def _after(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for piece in rest:
        yield piece

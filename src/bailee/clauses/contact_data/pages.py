"""Pages of addresses and officers: who is reached where, since when, and asking for another."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from litestar import Controller, Request, get, post

from bailee.clauses.contact_data.addresses import Addresses
from bailee.clauses.contact_data.commands import Contacts
from bailee.clauses.contact_data.events import Reached
from bailee.clauses.contact_data.mistakes import NoAddress, NotAll, NothingAgreed, NothingWaits
from bailee.clauses.contact_data.slots import ADDRESSES, NOBODY, OURS, SLOTS, THEIRS
from bailee.infra.letters import is_address
from bailee.infra.web import forms
from bailee.infra.web.answers import NOT_HERE, Html, Wrong, go, page, require
from bailee.infra.web.pages import Pages
from bailee.infra.web.visit import Visit

Http = Request[Any, Any, Any]
MAY = "notices:address:change"
NOTHING = Wrong(409, "No agreement is in force", "The addresses are those of the agreement: sign it first.")
OVER = Wrong(409, "This was decided already", "Load the page anew to see how it stands.")
SOME = "Not every controller could be told: send it again, and the others are told; nobody is told twice."
UNREAD = "One e-mail address, and at least one kind of notice"


class ContactPages(Controller):
    """A controller's own addresses; on the processor's side its officer."""

    path = "/contacts"
    include_in_schema = False

    @get("/")
    async def show(self, visit: Visit, pages: Pages, addresses: Addresses) -> Html:
        """Every slot, what waits for its confirmation, and what was before."""
        require(visit, MAY)
        return await _page(visit, pages, addresses)

    @post("/")
    async def change(self, request: Http, visit: Visit, pages: Pages, addresses: Addresses, contacts: Contacts) -> Html:
        """Ask for another address, or name another officer."""
        require(visit, MAY)
        sent = await request.form()
        reached = Reached(forms.text(sent, "email")[:254], forms.text(sent, "name")[:200])
        if visit.side == "processor":
            if not is_address(reached.email) or not reached.name:
                return await _page(visit, pages, addresses, wrong="A name and one e-mail address", typed=reached)
            try:
                await contacts.appoint_for_all(reached, by=str(visit.who))
            except NotAll:
                return await _page(visit, pages, addresses, wrong=SOME, typed=reached, status=503)
            return go("/contacts", "The officer is named, and every controller is being told.")
        slots = [slot for slot in (*ADDRESSES, THEIRS) if slot in sent.getall("slots", [])]
        if forms.text(sent, "officer") == "none":
            return await _without(visit, contacts)
        try:
            await contacts.change(visit.whose, slots, reached, by=str(visit.who))
        except NoAddress:
            return await _page(visit, pages, addresses, wrong=UNREAD, typed=reached, ticked=slots)
        except NothingAgreed:
            raise NOTHING from None
        return go("/contacts", "A letter went to the new address: once it is confirmed from there, it is used.")

    @post("/{contact:uuid}/drop")
    async def drop(self, contact: UUID, visit: Visit, contacts: Contacts) -> Html:
        """Take a change back that is not confirmed yet."""
        require(visit, MAY)
        if visit.side == "processor":
            raise NOT_HERE
        try:
            await contacts.drop(visit.whose, contact, by=str(visit.who))
        except NothingWaits:
            raise OVER from None
        return go("/contacts", "The change is taken back; the address before stays.")


async def _without(visit: Visit, contacts: Contacts) -> Html:
    """The controller has no officer any more."""
    try:
        await contacts.no_officer(visit.whose, by=str(visit.who))
    except NothingAgreed:
        raise NOTHING from None
    except NothingWaits:
        raise OVER from None
    return go("/contacts", "It is noted that you have no officer; the one before is told.")


async def _page(
    visit: Visit, pages: Pages, addresses: Addresses, *, wrong: str = "", typed: Reached = NOBODY,
    ticked: Sequence[str] = (), status: int = 422,
) -> Html:  # fmt: skip
    now = await addresses.now(visit.whose) if visit.side != "processor" else None
    return page(
        pages, "contacts.html", visit, status=status if wrong else 200, now=now, wrong=wrong, typed=typed,
        ticked=ticked,
        slots=[slot for slot in SLOTS if slot != OURS] if visit.side != "processor" else [], ours=OURS,
    )  # fmt: skip

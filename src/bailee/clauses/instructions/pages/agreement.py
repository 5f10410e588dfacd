"""Pages of the agreement on its way: the processor prepares it, both read and sign the same words."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from litestar import Controller, Request, Response, get, post

from bailee.clauses.instructions.commands import AlreadySigned, Drafts, Incomplete, NoDraft, Shown
from bailee.clauses.instructions.drafting import Slots
from bailee.clauses.instructions.mistakes import ChangedMeanwhile
from bailee.contract.signing import Party
from bailee.gate.filing import Filing
from bailee.infra import age
from bailee.infra.web import forms
from bailee.infra.web.answers import HEADERS, NOT_HERE, Html, Wrong, go, page, require
from bailee.infra.web.pages import Pages
from bailee.infra.web.visit import Visit

Http = Request[Any, Any, Any]
SLOTS = tuple(Slots.__struct_fields__)
NEEDED = ("processor_name", "processor_country", "processor_address", "controller_name", "controller_country",
          "controller_address", "notices")  # fmt: skip
OUTRUN = Wrong(409, "The words have changed", "Read the agreement again before you sign it.")
SIGNED = Wrong(409, "You have signed already", "The other party's signature is waited for.")
EMPTY = Wrong(409, "Something is not filled in yet", "What has empty places cannot be signed.")


class Signing:
    """What signing asks of the house: a fresh proof of presence, and the signer's own key."""

    def __init__(
        self, proven: Callable[[Visit, str], None], key: Callable[[Visit], Awaitable[Ed25519PrivateKey]]
    ) -> None:
        self.proven = proven
        self.key = key


class ProcessorPages(Controller):
    """The processor's side of a draft."""

    path = "/controllers/{controller:uuid}/agreement"
    include_in_schema = False

    @get("/")
    async def show(
        self, controller: UUID, visit: Visit, pages: Pages, drafts: Drafts, filing: Filing
    ) -> Html:  # fmt: skip
        """The draft, or the form of one, with the parties' names filled in."""
        require(visit, "platform:controller:open")
        found = await drafts.find(controller)
        if found is None:
            named = next((one.name for one in await filing.listed() if one.id == controller), "")
            values = {"processor_name": visit.controller_name, "controller_name": named}
            return page(pages, "draft-form.html", visit, controller=controller, values=values, wrong="")
        return _shown(pages, visit, found, "processor", f"/controllers/{controller}")

    @get("/text")
    async def text(self, controller: UUID, visit: Visit, drafts: Drafts) -> Response[bytes]:
        """All of what will be signed, as it is hashed."""
        require(visit, "platform:controller:open")
        found = await drafts.find(controller)
        if found is None:
            raise NOT_HERE
        return _whole(found)

    @get("/change")
    async def change(self, controller: UUID, visit: Visit, pages: Pages, drafts: Drafts) -> Html:
        """The form again, with what was filled in."""
        require(visit, "platform:controller:open")
        found = await drafts.find(controller)
        values = msgspec.to_builtins(found.draft.slots) if found else {}
        return page(pages, "draft-form.html", visit, controller=controller, values=values, wrong="")

    @post("/")
    async def prepare(self, request: Http, controller: UUID, visit: Visit, pages: Pages, drafts: Drafts) -> Html:
        """Fill the sample agreement for this controller."""
        require(visit, "platform:controller:open")
        sent = await request.form()
        values = {name: forms.text(sent, name)[:300] for name in SLOTS}
        for side in ("processor", "controller"):
            values[f"{side}_country"] = values[f"{side}_country"].upper()
        known = await drafts.find(controller)
        values["recipient_key"] = known.draft.slots.recipient_key if known else ""
        if not all(values[name] for name in NEEDED):
            wrong = "Fill in both parties, and where notices go."
            return page(pages, "draft-form.html", visit, status=422, controller=controller, values=values, wrong=wrong)
        try:
            await drafts.prepare(controller, Slots(**values), by=str(visit.who))
        except NoDraft:
            raise NOT_HERE from None
        except ValueError:
            wrong = "Something does not fit: a country is two letters, an e-mail address is one address."
            return page(pages, "draft-form.html", visit, status=422, controller=controller, values=values, wrong=wrong)
        return go(f"/controllers/{controller}/agreement", "The agreement is drafted; nobody has signed it yet.")

    @post("/sign")
    async def sign(self, request: Http, controller: UUID, visit: Visit, drafts: Drafts, signing: Signing) -> Html:
        """Sign for the processor."""
        require(visit, "platform:controller:open")
        signing.proven(visit, f"/controllers/{controller}/agreement")
        done = await _sign(request, visit, drafts, signing, controller=controller, party="processor")
        return go(f"/controllers/{controller}" if done else f"/controllers/{controller}/agreement", SAID[done])


class ControllerPages(Controller):
    """The controller's side of a draft."""

    path = "/agreement/draft"
    include_in_schema = False

    @get("/")
    async def show(self, visit: Visit, pages: Pages, drafts: Drafts) -> Html:
        """The draft to read, complete and sign."""
        require(visit, "agreement:document:read")
        found = await drafts.find(visit.whose)
        if found is None:
            raise NOT_HERE
        return _shown(pages, visit, found, "controller", "/agreement")

    @get("/text")
    async def text(self, visit: Visit, drafts: Drafts) -> Response[bytes]:
        """All of what will be signed, as it is hashed."""
        require(visit, "agreement:document:read")
        found = await drafts.find(visit.whose)
        if found is None:
            raise NOT_HERE
        return _whole(found)

    @post("/key")
    async def key(self, request: Http, visit: Visit, pages: Pages, drafts: Drafts) -> Html:
        """Name the key that opens what comes back: one's own, or one made here and shown once."""
        require(visit, "agreement:document:sign")
        sent = await request.form()
        if await drafts.find(visit.whose) is None:
            raise NOT_HERE
        if forms.text(sent, "act") == "make":
            public, secret = age.fresh()
            await drafts.complete(visit.whose, public, by=str(visit.who))
            return page(pages, "draft-key.html", visit, public=public, secret=secret)
        try:
            await drafts.complete(visit.whose, forms.text(sent, "recipient_key"), by=str(visit.who))
        except ValueError:
            raise Wrong(422, "This is not an age recipient", "It begins with age1 and has 62 characters.") from None
        return go("/agreement/draft", "The key is named.")

    @post("/sign")
    async def sign(self, request: Http, visit: Visit, drafts: Drafts, signing: Signing) -> Html:
        """Sign for the controller."""
        require(visit, "agreement:document:sign")
        signing.proven(visit, "/agreement/draft")
        done = await _sign(request, visit, drafts, signing, controller=visit.whose, party="controller")
        return go("/agreement" if done else "/agreement/draft", SAID[done])


SAID = {
    True: "Everyone has signed: the agreement is in force.",
    False: "Your signature is there; the other party's is waited for.",
}


def _whole(found: Shown) -> Response[bytes]:
    named = {"content-disposition": 'attachment; filename="agreement.json"'}
    return Response(found.agreement.canonical(), media_type="application/json", headers=HEADERS | named)


def _shown(pages: Pages, visit: Visit, found: Shown, side: Party, back: str) -> Html:
    return page(
        pages, "draft.html", visit, shown=found, side=side, back=back,
        mine=[one for one in found.unsigned if one.party == side],
    )  # fmt: skip


async def _sign(
    request: Http, visit: Visit, drafts: Drafts, signing: Signing, *, controller: UUID, party: Party
) -> bool:
    sent = await request.form()
    name = forms.text(sent, "name")[:200]
    if not name:
        raise Wrong(422, "Sign with your name", "It stands in the document for as long as it is kept.")
    try:
        shown = await drafts.sign(
            controller, party, name, key=await signing.key(visit), digest=forms.text(sent, "digest"),
            by=str(visit.who),
        )  # fmt: skip
    except (ChangedMeanwhile, NoDraft):
        raise OUTRUN from None
    except Incomplete:
        raise EMPTY from None
    except AlreadySigned:
        raise SIGNED from None
    return shown is None

"""A person's own pages: my data, who saw it and why, correct, take along, close (autonomy.self-service)."""

import json
from typing import Any

from litestar import Controller, Request, Response, get, post

from bailee.gate.records import Draft, Records
from bailee.gate.sets import Of, Sets
from bailee.infra.web.answers import HEADERS, Html, go, page
from bailee.infra.web.pages import Pages
from bailee.infra.web.visit import Visit
from bailee.ledger.reading import Reading
from bailee.processing.accounts import forms
from bailee.processing.accounts.accounts import Accounts
from bailee.processing.accounts.lifecycle import State, Step
from bailee.processing.accounts.pages.asking import ask, granted
from bailee.processing.accounts.pages.history import told
from bailee.processing.accounts.pages.people import POLICY, REASONS
from bailee.processing.accounts.pages.seeing import NO_RECORD, Seeing
from bailee.vault.profile import PROFILE
from bailee.vault.profile import TYPE as PROFILE_TYPE
from bailee.vocabulary.ids import Address, new_id
from bailee.vocabulary.operations import Operation

Http = Request[Any, Any, Any]


class MyPages(Controller):
    """What a person sees of themselves, and may do."""

    path = "/me"
    include_in_schema = False

    @get("/")
    async def show(self, visit: Visit, pages: Pages, seeing: Seeing) -> Html:
        """My data, in clear: they are mine."""
        seen = await self._seen(visit, seeing)
        return page(pages, "me.html", visit, seen=seen, plain=True)

    @get("/edit")
    async def edit(self, visit: Visit, pages: Pages, seeing: Seeing) -> Html:
        """The form to correct my data."""
        seen = await seeing.one(visit, visit.who, own=True)
        return page(pages, "me-edit.html", visit, seen=seen, values=forms.flat(seen.fields), wrong={})

    @post("/edit")
    async def change(self, request: Http, visit: Visit, pages: Pages, seeing: Seeing, records: Records) -> Html:
        """Put my corrected data in place."""
        sent = await request.form()
        read = forms.profile(sent)
        seen = await seeing.one(visit, visit.who, own=True)
        if read.wrong:
            return page(
                pages, "me-edit.html", visit, status=422, seen=seen, values=forms.values(sent), wrong=read.wrong
            )
        named = {name: seen.fields[name] for name in ("user_name", "external_id") if name in seen.fields}
        whole = PROFILE_TYPE.check(forms.kept(seen.fields) | read.fields | named)
        record = seen.record if seen.version else new_id()
        address = Address(controller=visit.whose, person=visit.who, type=PROFILE, record=record)
        operation = Operation.modify if seen.version else Operation.store
        request_ = ask(visit, operation, persons=(visit.who,), addresses=(address,), own=True)
        if seen.version:
            granted(await records.replace(request_, whole, forms.number(sent, "version")))
        else:
            granted(await records.create(request_, Draft(whole, POLICY)))
        return go("/me", "Your data are corrected.")

    @get("/activity")
    async def activity(self, visit: Visit, pages: Pages, reading: Reading, seeing: Seeing) -> Html:
        """Who saw my data, and why it was allowed; when and from where I signed in."""
        sign_ins = [] if visit.side == "processor" else await seeing.sign_ins(visit, visit.who, own=True)
        entries = await told(reading, visit.whose, visit.who)
        return page(pages, "me-activity.html", visit, entries=entries, reasons=REASONS, sign_ins=sign_ins)

    @get("/download")
    async def download(self, visit: Visit, sets: Sets) -> Response[bytes]:
        """Everything that is held about me, as JSON to take along."""
        found, after = [], NO_RECORD
        while True:
            request = ask(visit, Operation.download, persons=(visit.who,), own=True)
            one = granted(await sets.page_of_person(request, Of(visit.who, None), after, 100))
            found += [
                {"type": record.address.type, "id": str(record.address.record), "version": record.version,
                 "created_at": record.created_at.isoformat(), "updated_at": record.updated_at.isoformat(),
                 "data": json.loads(record.data)}
                for record in one.released.records
            ]  # fmt: skip
            if one.after is None:
                break
            after = one.after[1]
        whole = {"person": str(visit.who), "held_by": visit.controller_name, "records": found}
        named = {"content-disposition": 'attachment; filename="my-data.json"'}
        return Response(
            json.dumps(whole, ensure_ascii=False, indent=2).encode(), media_type="application/json",
            headers=HEADERS | named,
        )  # fmt: skip

    @get("/close")
    async def ask_close(self, visit: Visit, pages: Pages, accounts: Accounts) -> Html:
        """What closing my account means."""
        return page(pages, "me-close.html", visit, account=await accounts.find(visit.whose, visit.who))

    @post("/close")
    async def close(self, request: Http, visit: Visit, accounts: Accounts) -> Html:
        """Ask for my account to be closed, or keep it after all."""
        keep = forms.text(await request.form(), "keep") == "yes"
        account = await accounts.find(visit.whose, visit.who)
        closing = account is not None and account.state is State.closing
        if closing == keep:
            await accounts.step(visit.whose, visit.who, Step.keep if keep else Step.ask_closing, by=str(visit.who))
        return go("/me/close", "The account is kept." if keep else "The account will be closed in seven days.")

    async def _seen(self, visit: Visit, seeing: Seeing) -> Any:
        if visit.side != "processor":
            return await seeing.one(visit, visit.who, own=True)
        return None

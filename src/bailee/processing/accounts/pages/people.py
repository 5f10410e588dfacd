"""Pages of people, for the controller's staff: search, a profile, its account, and what may be done with them."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request, get, post

from bailee.gate.changing import Held
from bailee.gate.people import NewPerson, People
from bailee.gate.records import Draft, Records
from bailee.gate.sets import START
from bailee.infra.web.answers import Html, Wrong, go, page, require
from bailee.infra.web.pages import Pages
from bailee.infra.web.visit import Visit
from bailee.ledger.appending import Appending
from bailee.ledger.entries import Act
from bailee.ledger.reading import Reading
from bailee.processing.accounts import forms
from bailee.processing.accounts.accounts import Accounts
from bailee.processing.accounts.pages.asking import ask, granted
from bailee.processing.accounts.pages.authority import Authority
from bailee.processing.accounts.pages.history import told
from bailee.processing.accounts.pages.seeing import Seeing
from bailee.processing.accounts.reconciling.room import Reconciling
from bailee.processing.accounts.roles import ADMINISTRATORS
from bailee.vault.holding import PolicyClass
from bailee.vault.profile import PROFILE
from bailee.vault.profile import TYPE as PROFILE_TYPE
from bailee.vocabulary.groups import PersonGroup
from bailee.vocabulary.ids import Address, new_id
from bailee.vocabulary.operations import Operation

Http = Request[Any, Any, Any]
REASONS = {
    "asked": "The person asked for it",
    "correction": "To correct the data",
    "identity": "To check who someone is",
    "contact": "To reach the person",
    "law": "A law asks for it",
}
POLICY = PolicyClass(type=PROFILE, purposes=("account-management",))


class PeoplePages(Controller):
    """The people a controller's platform holds."""

    path = "/people"
    include_in_schema = False

    @get("/")
    async def listed(self, visit: Visit, pages: Pages, seeing: Seeing, after: str = "") -> Html:
        """A page of people, masked."""
        require(visit, "people:person:list")
        found, following = await seeing.page(visit, forms.place(after))
        return page(
            pages, "people.html", visit, found=found, following=forms.place_text(following), first=not after,
            by_words=await seeing.finds_words(visit),
        )  # fmt: skip

    @post("/search")
    async def search(self, request: Http, visit: Visit, pages: Pages, seeing: Seeing) -> Html:
        """People found by exactly one of their names, numbers or addresses. By POST: nothing stands in a log."""
        require(visit, "people:person:list")
        sought = forms.text(await request.form(), "sought")
        if not sought:
            found, following = await seeing.page(visit, START)
            return page(pages, found_in(visit), visit, found=found, following=forms.place_text(following))
        for field, value in forms.searches(sought):
            found = await seeing.search(visit, field, value)
            if found:
                break
        found = found or await seeing.by_words(visit, sought)
        return page(pages, found_in(visit), visit, found=found, following="", sought=sought)

    @get("/new")
    async def new(self, visit: Visit, pages: Pages) -> Html:
        """The form of a new person."""
        require(visit, "people:person:create")
        return page(pages, "person-form.html", visit, seen=None, groups=list(PersonGroup), values={}, wrong={})

    @post("/new")
    async def create(self, request: Http, visit: Visit, pages: Pages, people: People) -> Html:
        """Take a person in."""
        require(visit, "people:person:create")
        sent = await request.form()
        read = forms.profile(sent)
        chosen = frozenset(value for value in sent.getall("groups", []) if value in set(PersonGroup))
        if read.wrong or not chosen:
            wrong = read.wrong | ({} if chosen else {"groups": "Choose a group at least"})
            return page(
                pages, "person-form.html", visit, status=422, seen=None, groups=list(PersonGroup),
                values=forms.values(sent) | {"groups": chosen}, wrong=wrong,
            )  # fmt: skip
        person = new_id()
        address = Address(controller=visit.whose, person=person, type=PROFILE, record=new_id())
        draft = Draft(PROFILE_TYPE.check(read.fields), POLICY)
        request_ = ask(
            visit, Operation.store, persons=(person,), addresses=(address,),
            categories=PROFILE_TYPE.categories(read.fields),
        )  # fmt: skip
        granted(await people.create(request_, [NewPerson(person, chosen, [(address, draft)])]))
        return go(f"/people/{person}", "The person is held from now on.")

    @get("/{person:uuid}")
    async def show(
        self, person: UUID, visit: Visit, pages: Pages, seeing: Seeing, reconciling: Reconciling
    ) -> Html:  # fmt: skip
        """A profile, masked; of someone who was merged, the one they are now."""
        require(visit, "people:profile:read")
        survivor = await reconciling.merges.survivor_of(visit.whose, person)
        if survivor is not None:
            return go(f"/people/{survivor}", "Here is who they were merged with.")
        held = await seeing.person(visit, person)
        seen = await seeing.one(visit, person)
        return page(pages, "person.html", visit, seen=seen, held=held, plain=False, reasons=REASONS)

    @post("/{person:uuid}/unmask")
    async def unmask(
        self, *, request: Http, person: UUID, visit: Visit, pages: Pages, seeing: Seeing, appending: Appending
    ) -> Html:
        """The profile in clear, once, with the reason in the ledger before."""
        require(visit, "people:profile:unmask")
        reason = forms.text(await request.form(), "reason")
        if reason not in REASONS:
            raise Wrong(422, "Say why first", "Seeing data in clear is recorded with its reason.")
        held = await seeing.person(visit, person)
        await appending.append_one(Act("unmasked", visit.whose, str(visit.who), {"reason": reason}, (person,)))
        seen = await seeing.one(visit, person, plain=True)
        return page(pages, "person.html", visit, seen=seen, held=held, plain=True, reasons=REASONS)

    @get("/{person:uuid}/edit")
    async def edit(self, person: UUID, visit: Visit, pages: Pages, seeing: Seeing, appending: Appending) -> Html:
        """The form of a person's profile, in clear: correcting needs the data."""
        require(visit, "people:profile:write")
        require(visit, "people:profile:unmask")
        act = Act("unmasked", visit.whose, str(visit.who), {"reason": "correction"}, (person,))
        await appending.append_one(act)
        held = await seeing.person(visit, person)
        seen = await seeing.one(visit, person, plain=True)
        values = forms.flat(seen.fields) | {"groups": frozenset(held.groups)}
        return page(pages, "person-form.html", visit, seen=seen, groups=list(PersonGroup), values=values, wrong={})

    @post("/{person:uuid}/edit")
    async def change(
        self, *, request: Http, person: UUID, visit: Visit, pages: Pages, seeing: Seeing, records: Records
    ) -> Html:
        """Put the corrected profile in place of the one the form was made from."""
        require(visit, "people:profile:write")
        sent = await request.form()
        read = forms.profile(sent)
        seen = await seeing.one(visit, person, plain=True)
        if read.wrong:
            values = forms.values(sent) | {"groups": frozenset(sent.getall("groups", []))}
            return page(
                pages, "person-form.html", visit, status=422, seen=seen, groups=list(PersonGroup), values=values,
                wrong=read.wrong,
            )  # fmt: skip
        address = Address(controller=visit.whose, person=person, type=PROFILE, record=seen.record)
        whole = PROFILE_TYPE.check(forms.kept(seen.fields) | read.fields)
        if seen.version:
            request_ = ask(
                visit, Operation.modify, persons=(person,), addresses=(address,),
                categories=PROFILE_TYPE.categories(whole),
            )  # fmt: skip
            granted(await records.replace(request_, whole, forms.number(sent, "version")))
        else:
            fresh = Address(controller=visit.whose, person=person, type=PROFILE, record=new_id())
            request_ = ask(visit, Operation.store, persons=(person,), addresses=(fresh,))
            granted(await records.create(request_, Draft(whole, POLICY)))
        return go(f"/people/{person}", "The profile is corrected.")

    @get("/{person:uuid}/activity")
    async def activity(
        self, *, person: UUID, visit: Visit, pages: Pages, seeing: Seeing, reading: Reading, reconciling: Reconciling
    ) -> Html:  # fmt: skip
        """Who did what with this person's data, from the ledger."""
        require(visit, "people:profile:read")
        held = await seeing.person(visit, person)
        seen = await seeing.one(visit, person)
        absorbed = await reconciling.merges.absorbed_by(visit.whose, person)
        sign_ins = await seeing.sign_ins(visit, person)
        entries = await told(reading, visit.whose, person, absorbed)
        return page(pages, "person-activity.html", visit, seen=seen, held=held, entries=entries, sign_ins=sign_ins)

    @get("/{person:uuid}/erase")
    async def ask_erase(self, person: UUID, visit: Visit, pages: Pages, seeing: Seeing, authority: Authority) -> Html:
        """What erasing means, before it is done."""
        require(visit, "people:person:erase")
        await authority.over(visit, person, f"/people/{person}/erase")
        await seeing.person(visit, person)
        return page(pages, "person-erase.html", visit, seen=await seeing.one(visit, person), wrong="")

    @post("/{person:uuid}/erase")
    async def erase(
        self, *, request: Http, person: UUID, visit: Visit, pages: Pages, seeing: Seeing, people: People,
        accounts: Accounts, authority: Authority,
    ) -> Html:  # fmt: skip
        """Erase a person; answered when the key was read back as gone."""
        require(visit, "people:person:erase")
        await authority.over(visit, person, f"/people/{person}/erase")
        seen = await seeing.one(visit, person)
        if forms.text(await request.form(), "word") != str(person)[-6:]:
            wrong = "Type the six characters exactly"
            return page(pages, "person-erase.html", visit, status=422, seen=seen, wrong=wrong)
        held = await accounts.step_down(visit.whose, person, by=str(visit.who)) if seen.account else ()
        try:
            erased = granted(await people.erase(ask(visit, Operation.erase, persons=(person,)), person))
        except (Wrong, Held):  # refused: an administrator who stepped down is one again
            if ADMINISTRATORS & set(held):
                await accounts.give(visit.whose, person, held, side=visit.side, by=str(visit.who))
            raise
        return page(pages, "person-erased.html", visit, erased=erased)


def found_in(visit: Visit) -> str:
    """The template of what was found: the list alone where the page takes it in, else a page of its own."""
    return "people-list.html" if visit.partial else "people-found.html"

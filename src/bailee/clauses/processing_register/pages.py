"""Pages of the register: a sheet for each controller, its versions, who asked for it and to whom it was given."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, Response, get, post

from bailee.clauses.processing_register import drawing, sheets
from bailee.clauses.processing_register.commands import Giving, NotAsked, To
from bailee.clauses.processing_register.composing import gaps
from bailee.clauses.processing_register.events import FORMS, Asker, Form
from bailee.clauses.processing_register.forms import MEDIA, named
from bailee.clauses.processing_register.printed import gap, stray
from bailee.clauses.processing_register.registers import NothingInForce, NotYet, NoVersion, Registers, instant
from bailee.clauses.processing_register.saying import category
from bailee.gate.filing import Filing
from bailee.infra.clock import Clock
from bailee.infra.pdf import NotTypeset
from bailee.infra.web import forms
from bailee.infra.web.answers import HEADERS, NOT_HERE, Html, Wrong, go, page, require
from bailee.infra.web.pages import Pages
from bailee.infra.web.visit import Visit
from bailee.vocabulary.languages import language_of

Http = Request[Any, Any, Any]
READ, GIVE = "agreement:document:read", "duties:evidence:attach"
SHOWN = 25
NOTHING = Wrong(
    409, "Nothing was in force then", "A register is made of what is agreed: name a day on which something was."
)
COMING = Wrong(422, "That day is still to come", "Nobody knows yet what will stand then.")
UNREAD = Wrong(422, "This is no day", "Choose a day that has come.")
ANSWERED = Wrong(409, "This request does not wait any more", "It was answered already: the copy stands below it.")
UNSET = Wrong(422, "A name in it cannot be printed", "Take it in another form.")
NAMELESS = Wrong(422, "Say which authority asked", "The register is given to it by that name.")


class Wanted(msgspec.Struct, frozen=True):
    """Whose sheet, what they are called, and as of which instant (None: now)."""

    controller: UUID
    name: str
    at: datetime | None


class RegisterPages(Controller):
    """Registers: a controller reads its own, the processor every controller's."""

    path = "/register"
    include_in_schema = False

    @get("/")
    async def listed(
        self, *, visit: Visit, pages: Pages, registers: Registers, giving: Giving, filing: Filing, clock: Clock,
        at: str = "", number: int = 1,
    ) -> Html:  # fmt: skip
        """A controller's own sheet; for the processor all of them, the newest version of each."""
        require(visit, READ)
        if visit.side != "processor":
            own = Wanted(visit.whose, visit.controller_name, _when(at, clock))
            return await _sheet(visit, pages, registers, giving, own)
        known = [one for one in await filing.listed() if one.kind == "controller"]
        first = SHOWN * (max(number, 1) - 1)
        rows = []
        for one in known[first : first + SHOWN]:
            waiting = [ask for ask in await giving.asks(one.id) if ask.open]
            rows.append((one, await registers.keeping.latest(one.id), len(waiting)))
        return page(
            pages, "registers.html", visit, rows=rows, number=max(number, 1), more=len(known) > first + SHOWN,
            company=sheets.company, transferred=sheets.transferred,
        )  # fmt: skip

    @get("/{controller:uuid}")
    async def show(
        self, *, controller: UUID, visit: Visit, pages: Pages, registers: Registers, giving: Giving, filing: Filing,
        clock: Clock, at: str = "",
    ) -> Html:  # fmt: skip
        """One controller's sheet, as of now or of a day."""
        name = await _name(visit, filing, controller)
        return await _sheet(visit, pages, registers, giving, Wanted(controller, name, _when(at, clock)))

    @get("/{controller:uuid}/versions")
    async def version(
        self, *, controller: UUID, visit: Visit, pages: Pages, registers: Registers, filing: Filing, number: int = 0,
        before: int = 0,
    ) -> Html:  # fmt: skip
        """What a version says otherwise than another: than the one before it, unless another is named."""
        name, language = await _name(visit, filing, controller), language_of(visit.language)
        known = await registers.keeping.versions(controller)
        if not known:
            raise NOT_HERE
        number = number or known[0].number
        try:
            old, new, found = await registers.difference(controller, before or max(number - 1, 1), number)
        except NoVersion:
            raise NOT_HERE from None
        told = [
            (one, sheets.which(one.part, one.which, new[1], language),
             sheets.values(one.field, one.before, old[1], language),
             sheets.values(one.field, one.after, new[1], language))
            for one in found
        ]  # fmt: skip
        return page(
            pages, "register-version.html", visit, controller=controller, name=name, old=old[0], new=new[0], told=told,
            known=known, map=drawing.changed(old[1], new[1]), labels=new[1].labels | old[1].labels, category=category,
        )  # fmt: skip

    @post("/{controller:uuid}/give")
    async def give(
        self, *, controller: UUID, request: Http, visit: Visit, giving: Giving, filing: Filing, clock: Clock
    ) -> Response[bytes]:
        """The register as a file; the copy is recorded. One that answers a request is given to whoever asked."""
        await _name(visit, filing, controller)
        sent, ours = await request.form(), visit.side == "processor"
        form = next((one for one in FORMS if one == forms.text(sent, "form")), FORMS[0])
        to = To(receiver="processor" if ours else "controller")
        if ours and forms.text(sent, "request"):
            require(visit, GIVE)
            to = To(receiver="processor", request=forms.id_of(sent, "request"), by_letter=True)
        try:
            handed = await giving.give(
                controller, [form], to, language=language_of(visit.language), at=_when(forms.text(sent, "at"), clock),
                by=str(visit.who),
            )  # fmt: skip
        except (NothingInForce, NotYet, NotAsked, NotTypeset) as problem:
            raise SAID[type(problem)] from None
        return _file(handed.files[form], named(handed.given.at, form), form)

    @post("/{controller:uuid}/ask")
    async def ask(
        self, *, controller: UUID, request: Http, visit: Visit, giving: Giving, filing: Filing, clock: Clock
    ) -> Html:
        """Note that the controller or an authority asked in writing: the register is owed from now on."""
        require(visit, GIVE)
        await _name(visit, filing, controller)
        sent = await request.form()
        asker: Asker = "authority" if forms.text(sent, "asker") == "authority" else "controller"
        whom = forms.text(sent, "whom")[:300]
        if asker == "authority" and not whom:
            raise NAMELESS
        try:
            await giving.ask(controller, asker, whom=whom, at=_when(forms.text(sent, "at"), clock), by=str(visit.who))
        except NothingInForce:
            raise NOTHING from None
        return go(f"/register/{controller}", "It is noted, and owed from now on.")

    @get("/{controller:uuid}/copies/{copy:uuid}")
    async def copy(
        self, *, controller: UUID, copy: UUID, visit: Visit, giving: Giving, filing: Filing, form: str = ""
    ) -> Response[bytes]:
        """A copy as it was given."""
        await _name(visit, filing, controller)
        wanted = next((one for one in FORMS if one == form), FORMS[0])
        found = await giving.again(controller, copy, wanted)
        if found is None:
            raise NOT_HERE
        return _file(found[1], named(found[0].at, wanted), wanted)


SAID = {NothingInForce: NOTHING, NotYet: COMING, NotAsked: ANSWERED, NotTypeset: UNSET}


def _file(content: bytes, name: str, form: Form) -> Response[bytes]:
    named_so = {"content-disposition": f'attachment; filename="{name}"'}
    return Response(content, status_code=200, media_type=MEDIA[form], headers=HEADERS | named_so)


async def _name(visit: Visit, filing: Filing, controller: UUID) -> str:
    """What a controller is called, for whoever may read its register; for all others it is not there."""
    require(visit, READ)
    if visit.side != "processor":
        if controller != visit.whose:
            raise NOT_HERE
        return visit.controller_name
    found = {one.id: one.name for one in await filing.listed() if one.kind == "controller"}
    if controller not in found:
        raise NOT_HERE
    return found[controller]


def _when(text: str, clock: Clock) -> datetime | None:
    try:
        return instant(text, clock.now())
    except ValueError:
        raise UNREAD from None


async def _sheet(visit: Visit, pages: Pages, registers: Registers, giving: Giving, of: Wanted) -> Html:
    language, controller, at = language_of(visit.language), of.controller, of.at
    shared: dict[str, Any] = {
        "controller": controller, "name": of.name, "forms": FORMS, "asks": await giving.asks(controller),
        "given": await giving.given(controller), "ours": visit.side == "processor", "past": at is not None,
    }  # fmt: skip
    try:
        register = await registers.at(controller, at)
    except NotYet:
        raise COMING from None
    except NothingInForce:
        return page(pages, "register.html", visit, register=None, named=at, **shared)
    versions = await registers.keeping.versions(controller)
    return page(
        pages, "register.html", visit, register=register, named=register.at, lines=sheets.lines(register, language),
        map=drawing.mapped(register.declared, register.observed), line=drawing.line(versions, register.made_at),
        kept=sheets.kept(register.declared, language), officer=sheets.officer, company=sheets.company,
        transferred=sheets.transferred(register.declared, language), labels=register.declared.labels, category=category,
        measures=sheets.measures(register.declared, language), regions=sheets.regions(register.declared, language),
        strays=[(one, stray(one, register, language)) for one in register.strays],
        gaps=[gap(one, language) for one in gaps(register.declared)], versions=versions, **shared,
    )  # fmt: skip

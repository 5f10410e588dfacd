"""The controller's instructions: as sentences, drafted with help, signed, withdrawn, confirmed when challenged."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post

from bailee.clauses.instructions.challenging import Challenging
from bailee.clauses.instructions.compelling import Compelling
from bailee.clauses.instructions.instructing import Drafted, Instructing
from bailee.clauses.instructions.mistakes import NothingInForce
from bailee.clauses.instructions.pages.agreement import Signing
from bailee.clauses.instructions.pages.originals import attachment, original_of
from bailee.clauses.instructions.pages.speaking import UNNAMED, in_words, vocabulary
from bailee.clauses.instructions.pages.writing import PATTERNS, Written, empty, shown, written
from bailee.infra.clock import Clock
from bailee.infra.web import forms
from bailee.infra.web.answers import NOT_HERE, Html, go, page, require
from bailee.infra.web.pages import Pages
from bailee.infra.web.visit import Visit

Http = Request[Any, Any, Any]
READ, DRAFT, SIGN = "agreement:document:read", "agreement:instruction:draft", "agreement:document:sign"


class InstructionPages(Controller):
    """What the controller has instructed, and is about to."""

    path = "/instructions"
    include_in_schema = False

    @get("/")
    async def listed(
        self, *, visit: Visit, pages: Pages, instructing: Instructing, challenging: Challenging, compelling: Compelling
    ) -> Html:
        """Instructions, drafts, challenges, and orders of the law that were told."""
        require(visit, READ)
        filed = await instructing.on_file(visit.whose)
        challenges = await challenging.listed(visit.whose)
        return page(
            pages, "instructions.html", visit, filed=filed, drafts=await instructing.listed(visit.whose),
            challenged={one.instruction for one in challenges if one.state == "open"},
            orders=await compelling.listed(visit.whose, told_only=True), **vocabulary(visit),
        )  # fmt: skip

    @get("/new")
    async def new(
        self, *, visit: Visit, pages: Pages, instructing: Instructing, pattern: str = "", like: str = ""
    ) -> Html:
        """The sentence builder, empty, from a pattern, or like an instruction on file."""
        require(visit, DRAFT)
        known = {one.text.id: one.text for one in await instructing.on_file(visit.whose)}
        values = shown(known[like]) | {"id": "", "replaces": like} if like in known else empty(pattern)
        return _form(pages, visit, Written(values, None, {}), None)

    @post("/preview")
    async def preview(
        self, *, request: Http, visit: Visit, pages: Pages, instructing: Instructing, clock: Clock
    ) -> Html:
        """The sentence that the form makes, and what a careful reader asks: while it is written."""
        require(visit, DRAFT)
        made = written(await request.form(), clock.now())
        return page(
            pages, "instruction-preview.html", visit, text=made.text, **vocabulary(visit),
            **await _looked(instructing, visit, made),
        )  # fmt: skip

    @post("/new")
    async def create(
        self, *, request: Http, visit: Visit, pages: Pages, instructing: Instructing, clock: Clock
    ) -> Html:
        """Keep a draft."""
        require(visit, DRAFT)
        made = written(await request.form(), clock.now())
        if made.text is None:
            return _form(pages, visit, made, None, status=422)
        draft = await instructing.draft(visit.whose, made.text, by=str(visit.who))
        return go(f"/instructions/drafts/{draft}")

    @get("/take-in")
    async def writing(self, visit: Visit, pages: Pages) -> Html:
        """The form for a mail or a document."""
        require(visit, DRAFT)
        return page(pages, "instruction-take-in.html", visit, action="/instructions/take-in", back="/instructions")

    @post("/take-in")
    async def take_in(self, request: Http, visit: Visit, instructing: Instructing) -> Response[Any]:
        """Keep a mail or a document as it is, and draft from it."""
        require(visit, DRAFT)
        original, by_script = await original_of(request)
        draft = await instructing.take_in(visit.whose, original, by=str(visit.who))
        place = f"/instructions/drafts/{draft}/write"
        return Response({"location": place}) if by_script else go(place, "It is kept as it came.")

    @get("/drafts/{draft:uuid}")
    async def draft(self, *, draft: UUID, visit: Visit, pages: Pages, instructing: Instructing) -> Html:
        """A draft to read: its sentence in both languages, and what was found in it."""
        require(visit, READ)
        with in_words():
            found = await instructing.find(visit.whose, draft)
        if found.text is None:
            return go(f"/instructions/drafts/{draft}/write")
        with in_words():
            looked = await instructing.look(visit.whose, found.text)
        return page(
            pages, "instruction-draft.html", visit, draft=found, looked=looked, original=await _original(instructing, visit, found),
            **vocabulary(visit),
        )  # fmt: skip

    @get("/drafts/{draft:uuid}/write")
    async def write(self, *, draft: UUID, visit: Visit, pages: Pages, instructing: Instructing) -> Html:
        """The builder with a draft in it."""
        require(visit, DRAFT)
        with in_words():
            found = await instructing.find(visit.whose, draft)
        values = shown(found.text) if found.text else empty()
        original = await _original(instructing, visit, found)
        return _form(pages, visit, Written(values, found.text, {}), found, original=original)

    @post("/drafts/{draft:uuid}/write")
    async def rewrite(
        self, *, draft: UUID, request: Http, visit: Visit, pages: Pages, instructing: Instructing, clock: Clock
    ) -> Html:
        """Write a draft anew."""
        require(visit, DRAFT)
        sent = await request.form()
        made = written(sent, clock.now())
        with in_words():
            found = await instructing.find(visit.whose, draft)
        if made.text is None:
            original = await _original(instructing, visit, found)
            return _form(pages, visit, made, found, status=422, original=original)
        with in_words():
            version = forms.number(sent, "version") or 0
            await instructing.rewrite(visit.whose, draft, made.text, version=version, by=str(visit.who))
        return go(f"/instructions/drafts/{draft}")

    @post("/drafts/{draft:uuid}/drop")
    async def drop(self, draft: UUID, visit: Visit, instructing: Instructing) -> Html:
        """Give a draft up."""
        require(visit, DRAFT)
        with in_words():
            await instructing.drop(visit.whose, draft, by=str(visit.who))
        return go("/instructions", "The draft is gone.")

    @post("/drafts/{draft:uuid}/sign")
    async def sign(
        self, *, draft: UUID, request: Http, visit: Visit, instructing: Instructing, signing: Signing
    ) -> Html:
        """Sign a draft: from its first instant on the gate opens for it."""
        require(visit, SIGN)
        signing.proven(visit, f"/instructions/drafts/{draft}")
        sent = await request.form()
        name = await _name(request)
        with in_words():
            key = await signing.key(visit)
            digest = forms.text(sent, "digest")
            await instructing.sign(visit.whose, draft, name, key=key, digest=digest, by=str(visit.who))
        return go("/instructions", "It is signed and on file.")

    @get("/originals/{original:uuid}")
    async def original(self, original: UUID, visit: Visit, instructing: Instructing) -> Response[bytes]:
        """What came in writing, byte for byte, to keep and never to run."""
        require(visit, READ)
        with in_words():
            return attachment(await instructing.original(visit.whose, original))

    @get("/of/{instruction:str}")
    async def one(
        self, *, instruction: str, visit: Visit, pages: Pages, instructing: Instructing, challenging: Challenging
    ) -> Html:
        """One instruction: its sentence, who signed it, what became of it."""
        require(visit, READ)
        filed = [one for one in await instructing.on_file(visit.whose) if one.text.id == instruction]
        challenges = [one for one in await challenging.listed(visit.whose) if one.instruction == instruction]
        if not filed and not challenges:
            raise NOT_HERE
        originals = await instructing.originals(visit.whose)
        return page(
            pages, "instruction.html", visit, id=instruction, filed=filed, challenges=challenges, originals=originals,
            **vocabulary(visit),
        )  # fmt: skip

    @post("/of/{instruction:str}/withdraw")
    async def withdraw(
        self, *, instruction: str, request: Http, visit: Visit, instructing: Instructing, challenging: Challenging,
        signing: Signing,
    ) -> Html:  # fmt: skip
        """Sign the withdrawal of an instruction; it bites before this answers."""
        require(visit, SIGN)
        signing.proven(visit, f"/instructions/of/{instruction}")
        name = await _name(request)
        with in_words():
            key = await signing.key(visit)
            await instructing.withdraw(visit.whose, instruction, name, key=key, by=str(visit.who))
            await challenging.hear(visit.whose)
        return go("/instructions", "It is withdrawn: the gate is closed for it.")

    @post("/challenges/{challenge:uuid}/confirm")
    async def confirm(
        self, *, challenge: UUID, request: Http, visit: Visit, challenging: Challenging, signing: Signing
    ) -> Html:
        """Sign that a challenged instruction stands."""
        require(visit, SIGN)
        signing.proven(visit, "/instructions")
        sent, name = await request.form(), await _name(request)
        with in_words():
            key, answer = await signing.key(visit), forms.text(sent, "answer")[:200] or "confirmed"
            await challenging.confirm(visit.whose, challenge, answer, name=name, key=key, by=str(visit.who))
        return go("/instructions", "It is confirmed: the instruction stands.")


async def _name(request: Http) -> str:
    name = forms.text(await request.form(), "name")[:200]
    if not name:
        raise UNNAMED
    return name


def _form(
    pages: Pages, visit: Visit, made: Written, draft: Drafted | None, *, status: int = 200, original: Any = None
) -> Html:
    return page(
        pages, "instruction-form.html", visit, status=status, values=made.values, wrong=made.wrong, draft=draft,
        patterns=tuple(PATTERNS), original=original, **vocabulary(visit),
    )  # fmt: skip


async def _looked(instructing: Instructing, visit: Visit, made: Written) -> dict[str, Any]:
    """What a preview shows: the sentence and the findings, or what is missing."""
    looked = None
    if made.text is not None:
        try:
            looked = await instructing.look(visit.whose, made.text)
        except NothingInForce:
            return {"looked": None, "wrong": {"": "No agreement is in force"}}
    return {"looked": looked, "wrong": made.wrong}


async def _original(instructing: Instructing, visit: Visit, draft: Drafted) -> Any:
    return None if draft.original is None else await instructing.original(visit.whose, draft.original)

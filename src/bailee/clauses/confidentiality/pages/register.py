"""The register of staff, as the processor keeps it: how everyone stands, and recording, ending, letting go."""

from datetime import date
from typing import Any
from urllib.parse import quote, unquote
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.datastructures import FormMultiDict

from bailee.clauses.confidentiality.commands import Bound, Staff, Taught
from bailee.clauses.confidentiality.events import Paper
from bailee.clauses.confidentiality.mistakes import Faulty
from bailee.clauses.confidentiality.pages.speaking import in_words
from bailee.gate.filing import Filing
from bailee.infra.clock import Clock
from bailee.infra.web import forms
from bailee.infra.web.answers import HEADERS, Html, go, page, require
from bailee.infra.web.pages import Pages
from bailee.infra.web.visit import Visit

Http = Request[Any, Any, Any]
KEEP = "platform:staff:keep"


class StaffPages(Controller):
    """The processor's own pages of its staff."""

    path = "/staff"
    include_in_schema = False

    @get("/")
    async def listed(self, *, visit: Visit, pages: Pages, staff: Staff, clock: Clock) -> Html:
        """Everyone, how they stand, and where they have access."""
        require(visit, KEEP)
        found = await staff.listed()
        return page(
            pages, "staff.html", visit, serving=[one for one in found if one.state != "released"],
            left=[one for one in found if one.state == "released"], now=clock.now(),
        )  # fmt: skip

    @post("/")
    async def note(self, request: Http, visit: Visit, staff: Staff) -> Html:
        """Put someone in the register."""
        require(visit, KEEP)
        sent = await request.form()
        with in_words():
            member = await staff.note(
                forms.text(sent, "label")[:80], name=forms.text(sent, "name")[:200], by=str(visit.who)
            )
        return go(f"/staff/{member.id}", "They stand in the register.")

    @get("/{member:uuid}")
    async def one(
        self, *, member: UUID, visit: Visit, pages: Pages, staff: Staff, filing: Filing, clock: Clock
    ) -> Html:  # fmt: skip
        """One of them: what binds them, what they were taught, where they have access."""
        require(visit, KEEP)
        with in_words():
            stands = await staff.one(member)
        names = {one.id: one.name for one in await filing.listed()}
        return page(pages, "staff-member.html", visit, stands=stands, names=names, now=clock.now())

    @post("/{member:uuid}/change")
    async def change(self, *, member: UUID, request: Http, visit: Visit, staff: Staff) -> Html:
        """Say anew which label and name someone has."""
        require(visit, KEEP)
        sent = await request.form()
        with in_words():
            known = (await staff.one(member)).entry.member
            await staff.change(
                member, forms.text(sent, "label")[:80], name=forms.text(sent, "name")[:200], account=known.account,
                version=forms.number(sent, "version") or 0, by=str(visit.who),
            )  # fmt: skip
        return go(f"/staff/{member}", "The register is changed.")

    @post("/{member:uuid}/bind")
    async def bind(self, *, member: UUID, request: Http, visit: Visit, staff: Staff) -> Html:
        """Record an undertaking on paper, or a duty of secrecy by law."""
        require(visit, KEEP)
        sent = await request.form()
        paper = _id(sent, "paper")
        with in_words():
            what = Bound(
                way="paper" if paper else "statute", since=_day(sent, "since"),
                until=_day(sent, "until") if forms.text(sent, "until") else None,
                reference=forms.text(sent, "reference")[:200], paper=paper,
            )  # fmt: skip
            await staff.bind(member, what, by=str(visit.who))
        return go(f"/staff/{member}", "The undertaking is on record.")

    @post("/{member:uuid}/train")
    async def train(self, *, member: UUID, request: Http, visit: Visit, staff: Staff) -> Html:
        """Record a training."""
        require(visit, KEEP)
        sent = await request.form()
        with in_words():
            what = Taught(
                what=forms.text(sent, "what")[:200], on=_day(sent, "on"), given_by=forms.text(sent, "given_by")[:200],
                digest=forms.text(sent, "digest").lower(), paper=_id(sent, "paper"),
            )  # fmt: skip
            await staff.train(member, what, by=str(visit.who))
        return go(f"/staff/{member}", "The training is on record.")

    @post("/{member:uuid}/end")
    async def end(self, *, member: UUID, request: Http, visit: Visit, staff: Staff) -> Html:
        """End an undertaking, or strike a training out."""
        require(visit, KEEP)
        record = forms.id_of(await request.form(), "record")
        with in_words():
            await staff.end(record, by=str(visit.who))
        return go(f"/staff/{member}", "It is ended, and every gate is told.")

    @post("/{member:uuid}/release")
    async def release(self, *, member: UUID, visit: Visit, staff: Staff) -> Html:
        """Let someone go."""
        require(visit, KEEP)
        with in_words():
            await staff.release(member, by=str(visit.who))
        return go(f"/staff/{member}", "Their access has ended everywhere. The duty of secrecy goes on.")

    @post("/{member:uuid}/papers")
    async def take_in(self, *, member: UUID, request: Http, visit: Visit, staff: Staff) -> Response[Any]:
        """Keep a document as it is; what it shows is said on the next page."""
        require(visit, KEEP)
        name = unquote(request.headers.get("x-file-name", ""))[:120] or "document"
        with in_words():
            await staff.one(member)
            paper = await staff.keep(Paper(name=name, content=await request.body()))
        return Response({"location": f"/staff/{member}/papers/{paper}"})

    @get("/{member:uuid}/papers/{paper:uuid}")
    async def paper(self, *, member: UUID, paper: UUID, visit: Visit, pages: Pages, staff: Staff) -> Html:
        """What a document shows: an undertaking or a training."""
        require(visit, KEEP)
        with in_words():
            stands, kept = await staff.one(member), await staff.keeping.paper(paper)
        return page(pages, "staff-paper.html", visit, stands=stands, paper=paper, kept=kept)

    @get("/{member:uuid}/papers/{paper:uuid}/original")
    async def original(self, *, member: UUID, paper: UUID, visit: Visit, staff: Staff) -> Response[bytes]:
        """The document to keep: a browser neither shows nor runs it."""
        require(visit, KEEP)
        with in_words():
            await staff.one(member)
            kept = await staff.keeping.paper(paper)
        named = {"content-disposition": f"attachment; filename*=UTF-8''{quote(kept.name, safe='')}"}
        return Response(kept.content, media_type="application/octet-stream", headers=HEADERS | named)


def _day(sent: FormMultiDict, name: str) -> date:
    try:
        return date.fromisoformat(forms.text(sent, name))
    except ValueError:
        raise Faulty("days") from None


def _id(sent: FormMultiDict, name: str) -> UUID | None:
    return forms.id_of(sent, name) if forms.text(sent, name) else None

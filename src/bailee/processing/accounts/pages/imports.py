"""The import wizard: a file, its columns, a dry run, the run with its progress, and what was rejected."""

import math
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from urllib.parse import unquote
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.response import Stream

from bailee.infra.clock import Clock
from bailee.infra.web.answers import HEADERS, NOT_HERE, Html, Wrong, go, page, require
from bailee.infra.web.pages import Pages
from bailee.infra.web.visit import Visit
from bailee.processing.accounts import forms
from bailee.processing.accounts.columns import FIELDS, RefusedMapping, propose
from bailee.processing.accounts.handing_back import rejected_csv
from bailee.processing.accounts.import_jobs import Job, Mandate, NoSuchImport, NotNow
from bailee.processing.accounts.importing import Importing
from bailee.processing.accounts.pages.ceremonies import said
from bailee.processing.accounts.pages.uploads import Uploads, own
from bailee.processing.accounts.spreadsheets import RefusedTable
from bailee.processing.accounts.tables import BYTES
from bailee.vocabulary.groups import PersonGroup
from bailee.vocabulary.parties import Actor, ActorKind
from bailee.vocabulary.purposes import Purpose

Http = Request[Any, Any, Any]
LABELS = {
    "title": "Civility", "given_name": "First name", "family_name": "Last name", "company": "Company",
    "email": "E-mail", "phone": "Phone", "language": "Language", "user_name": "User name",
    "external_id": "Your own id", "group": "Groups", "postal_address.street": "Number and street",
    "postal_address.complement": "Complement", "postal_address.city": "City",
    "postal_address.postal_code": "Postal code", "postal_address.region": "Region",
    "postal_address.country": "Country",
}  # fmt: skip
POLICIES = {
    "create-only": "Take in new people; a line about someone who is held already is rejected",
    "skip": "Take in new people; leave those who are held already as they are",
    "update": "Take in new people; correct those who are held already",
}
SAMPLES = 3
SHOWN = 100
NAME = 120
A_WHILE = 2.0  # seconds of work before its pace says anything


class ImportPages(Controller):
    """Imports of the controller's staff, in their own name."""

    path = "/imports"
    include_in_schema = False

    @get("/")
    async def listed(self, visit: Visit, pages: Pages, importing: Importing) -> Html:
        """Where a file is dropped, and the imports of the day."""
        require(visit, "exchange:import:run")
        return page(
            pages,
            "imports.html",
            visit,
            jobs=[one for one in await importing.listed(visit.whose) if one.mandate.actor.id == str(visit.who)],
        )

    @post("/", request_max_body_size=BYTES)
    async def upload(self, request: Http, visit: Visit, pages: Pages, importing: Importing) -> Response[bytes]:
        """Take a file; it goes from memory to sealed parts, and is never spooled."""
        require(visit, "exchange:import:run")
        try:
            job = await importing.upload(visit.whose, _mandate(visit), await request.body(), name=_name_of(request))
        except RefusedTable as refused:
            return said(422, title=pages.words.say(visit.language, f"table-{refused.code}"))
        return said(201, location=f"/imports/{job.id}")

    @get("/{job:uuid}")
    async def show(
        self, *, job: UUID, visit: Visit, pages: Pages, importing: Importing, reading_uploads: Uploads, clock: Clock
    ) -> Html:
        """Where the import stands: columns, or progress, or the outcome."""
        require(visit, "exchange:import:run")
        found = await _job(importing, visit, job)
        if found.state == "uploaded":
            return await self._columns(visit, pages, importing, reading_uploads, job=found, wrong={})
        return page(pages, "import.html", visit, job=found, **await _outcome(importing, visit, found, clock.now()))

    @get("/{job:uuid}/progress")
    async def progress(
        self, *, job: UUID, visit: Visit, pages: Pages, importing: Importing, clock: Clock, since: int = 0, done: int = 0
    ) -> Html:  # fmt: skip
        """The part of the page that moves; it says since when it has been looked at, and what was done then."""
        require(visit, "exchange:import:run")
        found = await _job(importing, visit, job)
        now = clock.now()
        told = await _outcome(importing, visit, found, now, (since, done) if since else None)
        return page(pages, "import-progress.html", visit, job=found, **told)

    @get("/{job:uuid}/columns")
    async def columns(
        self, *, job: UUID, visit: Visit, pages: Pages, importing: Importing, reading_uploads: Uploads
    ) -> Html:
        """The columns again."""
        require(visit, "exchange:import:run")
        return await self._columns(
            visit, pages, importing, reading_uploads, job=await _job(importing, visit, job), wrong={}
        )

    @post("/{job:uuid}/columns")
    async def map(
        self, *, request: Http, job: UUID, visit: Visit, pages: Pages, importing: Importing, reading_uploads: Uploads
    ) -> Html:
        """Keep the columns as chosen, and check every line without changing anything."""
        require(visit, "exchange:import:run")
        sent = await request.form()
        found = await _job(importing, visit, job)
        chosen = {
            heading: forms.text(sent, f"column-{number}")
            for number, heading in enumerate(found.chosen.headings)
            if forms.text(sent, f"column-{number}")
        }
        policy = forms.text(sent, "policy")
        if policy not in POLICIES:
            raise Wrong(422, "Choose what happens to people who are held already", "One of the three that are offered.")
        groups = frozenset(one for one in sent.getall("groups", []) if one in set(PersonGroup))
        try:
            await importing.map(visit.whose, job, chosen, policy, groups=groups)  # type: ignore[arg-type]  # -- one of POLICIES
            await importing.check(visit.whose, job, _mandate(visit))
        except RefusedMapping as refused:
            return await self._columns(
                visit, pages, importing, reading_uploads, job=found, wrong=dict(refused.problems)
            )
        except NotNow:
            pass  # someone began meanwhile: the page shows where it stands
        return go(f"/imports/{job}")

    @post("/{job:uuid}/act")
    async def act(self, request: Http, job: UUID, visit: Visit, importing: Importing) -> Html:
        """Run, stop, go on, or forget."""
        require(visit, "exchange:import:run")
        wanted = forms.text(await request.form(), "act")
        found = await _job(importing, visit, job)
        try:
            if wanted == "run":
                await importing.run(visit.whose, job, _mandate(visit))
            elif wanted == "check":
                await importing.check(visit.whose, job, _mandate(visit))
            elif wanted == "stop":
                await importing.stop(visit.whose, job, by=str(visit.who))
            elif wanted == "forget":
                await importing.delete(visit.whose, found.id, by=str(visit.who))
                return go("/imports", "The file is forgotten; people who were taken in stay.")
        except NotNow:
            return go(f"/imports/{job}")
        return go(f"/imports/{job}")

    @get("/{job:uuid}/rejected")
    async def rejected(self, job: UUID, visit: Visit, importing: Importing, reading_uploads: Uploads) -> Stream:
        """The rejected lines, as a file to mend."""
        require(visit, "exchange:import:run")
        found = await _job(importing, visit, job)
        await reading_uploads.open(visit, found, "rejected")
        named = {"content-disposition": 'attachment; filename="rejected.csv"'}
        return Stream(rejected_csv(importing, found), media_type="text/csv; charset=utf-8", headers=HEADERS | named)

    async def _columns(
        self,
        visit: Visit,
        pages: Pages,
        importing: Importing,
        reading_uploads: Uploads,
        *,
        job: Job,
        wrong: dict[str, str],
    ) -> Html:
        await reading_uploads.open(visit, job, "samples")
        lines = (await importing.part(visit.whose, job.id, 0))[:SAMPLES]
        mapping = job.chosen.mapping or propose(job.chosen.headings).mapping
        rows = [
            (number, heading, mapping.get(heading, ""), [line.cells.get(heading, "") for line in lines])
            for number, heading in enumerate(job.chosen.headings)
        ]
        return page(
            pages, "import-columns.html", visit, status=422 if wrong else 200, job=job, rows=rows, fields=FIELDS,
            labels=LABELS, policies=POLICIES, groups=list(PersonGroup), wrong=wrong,
        )  # fmt: skip


def _mandate(visit: Visit) -> Mandate:
    actor = Actor(str(visit.who), ActorKind.controller_staff, visit.session.id)
    return Mandate(actor, Purpose.account_management, visit.session.expires_at)


async def _job(importing: Importing, visit: Visit, job: UUID) -> Job:
    try:
        found = await importing.state(visit.whose, job)
    except NoSuchImport:
        raise NOT_HERE from None
    own(visit, found)
    return found


async def _outcome(
    importing: Importing, visit: Visit, job: Job, now: datetime, seen: tuple[int, int] | None = None
) -> dict[str, Any]:
    """How far it is, how long it will take, and the first lines that were rejected.

    `seen` is when the page began to look (in seconds, as `since` of the page), and how many lines were done then.
    """
    at_work = job.state in ("checking", "running")
    bad = [] if at_work or not job.rejected else await importing.first_rejected(visit.whose, job.id, SHOWN)
    done = job.created + job.updated + job.skipped + job.rejected
    since, before = seen or (int(now.timestamp()), done)
    left = minutes_left(job.lines - done, done - before, now.timestamp() - since) if at_work else None
    return {
        "at_work": at_work, "bad": bad, "done": done, "labels": LABELS, "words_of": _words_of, "left": left,
        "seen": (since, before),
    }  # fmt: skip


def minutes_left(lines: int, done: int, seconds: float) -> int | None:
    """How many minutes so many lines take at the pace of those done in the seconds before; None before that is known."""
    if done <= 0 or seconds < A_WHILE:
        return None
    return math.ceil(lines * seconds / done / 60)


def _name_of(request: Http) -> str:
    """The name of the file as the page's script sends it, without what no name needs."""
    said = unquote(request.headers.get("x-file-name", ""), errors="ignore")
    return "".join(sign for sign in said if sign.isprintable())[:NAME]


def _words_of(reasons: Sequence[str]) -> list[tuple[str, str]]:
    """Reasons as (field, code); one about the whole line has no field, and one of the gate is told as refused."""
    split = [reason.partition(":") for reason in reasons]
    return [("", head) if not code or head == "refused" else (head, code) for head, _, code in split]

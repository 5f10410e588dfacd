"""Pages of evidence: what was agreed, in words, and the ledger."""

import json
from typing import Any

from litestar import get

from bailee.clauses.instructions.commands import Drafts
from bailee.gate.archive import Archive
from bailee.gate.filing import Filing
from bailee.infra.clock import Clock
from bailee.infra.web.answers import Html, page, require
from bailee.infra.web.pages import Pages
from bailee.infra.web.visit import Visit
from bailee.ledger.reading import Reading
from bailee.ledger.signing import LogKey
from bailee.processing.accounts.names import Names
from bailee.vocabulary.categories import CATALOGUE

SHOWN = 50


@get("/agreement", include_in_schema=False)
async def agreement(
    *, visit: Visit, pages: Pages, archive: Archive, filing: Filing, drafts: Drafts, clock: Clock
) -> Html:
    """What is in force: each service as a sentence, and the signed documents it comes from."""
    require(visit, "agreement:document:read")
    dossier = await archive.dossier(visit.whose)
    force = dossier.in_force(clock.now()) if dossier else None
    instructions = sorted(force.instructions, key=lambda one: (one.clause, one.id)) if force else []
    return page(
        pages, "agreement.html", visit, force=force, instructions=instructions, categories=CATALOGUE,
        documents=await filing.documents(visit.whose), drafted=force is None and await drafts.find(visit.whose) is not None,
    )  # fmt: skip


@get("/ledger", include_in_schema=False)
async def ledger(
    *, visit: Visit, pages: Pages, reading: Reading, log_key: LogKey, names: Names, before: int | None = None
) -> Html:
    """The ledger's entries, the latest first, as they are hashed; and what is needed to verify them elsewhere.

    Entries name nobody: what an actor is called is looked up beside them, while there is such an account.
    """
    require(visit, "ledger:entry:read")
    head = await reading.head(visit.whose)
    size = head.size if head else 0
    stop = min(before, size) if before is not None and before > 0 else size
    start = max(0, stop - SHOWN)
    entries = [
        (one.index, _body(one.opened.body) if one.opened else None)
        async for one in reading.entries(visit.whose, start, stop)
    ]
    return page(
        pages, "ledger.html", visit, entries=entries[::-1], size=size, start=start, head=head,
        key=log_key.verifier(visit.whose),
        called=await names.in_ledger(visit, [body["actor"] for _, body in entries if body]),
    )  # fmt: skip


def _body(body: bytes) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(body)
    return found

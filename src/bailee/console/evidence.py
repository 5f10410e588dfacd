"""Pages of evidence: what was agreed, in words, and the ledger."""

import json
from collections.abc import Sequence
from typing import Any, Literal

import msgspec
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
from bailee.proof.checkpoint import Checkpoint
from bailee.vocabulary.categories import CATALOGUE

SHOWN = 50
LEAST = 0.02  # of the width: what a piece of a log has at least


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
    closed = [(one, sealed_size(one.checkpoint)) for one in await reading.closed(visit.whose)]
    waiting = await reading.waiting(visit.whose)
    return page(
        pages, "ledger.html", visit, entries=entries[::-1], size=size, start=start, head=head,
        closed=closed, waiting=waiting, log=drawn([entries for _, entries in closed], size, waiting), key=log_key.verifier(visit.whose),
        called=await names.in_ledger(visit, [body["actor"] for _, body in entries if body]),
    )  # fmt: skip


State = Literal["closed", "anchored", "waiting"]


class Piece(msgspec.Struct, frozen=True):
    """A piece of a log as it is drawn: what it is, where it begins and how wide it is, in hundredths of the width."""

    state: State
    at: float
    wide: float


def drawn(closed: Sequence[int], anchored: int, waiting: int) -> list[Piece]:
    """The pieces of a log, in the order in which they were written; none is too small to be seen."""
    pieces: list[tuple[State, int]] = [("closed", size) for size in closed]
    pieces += [("anchored", anchored), ("waiting", waiting)]
    whole = sum(size for _, size in pieces)
    shares = [(state, max(size / whole, LEAST)) for state, size in pieces if size]
    found, at, all_of_them = list[Piece](), 0.0, sum(share for _, share in shares)
    for state, share in shares:
        wide = share / all_of_them * 100
        found.append(Piece(state, round(at, 1), round(wide, 1)))
        at += wide
    return found


def sealed_size(checkpoint: str) -> int:
    """How many entries a signed checkpoint is over."""
    return Checkpoint.parse(checkpoint.partition("\n\n")[0] + "\n").size


def _body(body: bytes) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(body)
    return found

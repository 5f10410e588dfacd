"""What pages of audits share: the file as it is shown, to each reader the steps that are theirs."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
from litestar import Response

from bailee.clauses.audits.commands import ADMITTING, Audits
from bailee.clauses.audits.costing import statement
from bailee.clauses.audits.following import unplanned
from bailee.clauses.audits.keeping import Known
from bailee.clauses.audits.printing import amount, hours
from bailee.clauses.audits.steps import Party, open_to
from bailee.contract.clauses import BY_ID, CLAUSES, Clause
from bailee.infra.clock import Clock
from bailee.infra.web.answers import HEADERS
from bailee.infra.web.visit import Visit
from bailee.vocabulary.languages import language_of

USUAL = ("security.", "staff.")  # what audits verify: security and confidentiality
# The steps of the whole audit, which stand together; the others stand beside what they are about.
ACTS = frozenset({"accept", "waive", "refuse", "announce", "begin", "redate", "propose", "close", "withdraw"})
SEVERITIES = ("observation", "minor", "major", "critical")


class Seat(msgspec.Struct, frozen=True):
    """Where a reader sits: on which side (None: an auditor, who takes no step), at which controller, under which path."""

    party: Party | None
    controller: UUID
    base: str


async def shown(audits: Audits, visit: Visit, known: Known, seat: Seat, clock: Clock) -> dict[str, Any]:
    """What a page of one audit shows."""
    audit, language = known.audit, language_of(visit.language)
    steps = open_to(audit.state, seat.party) if seat.party else frozenset()
    return {
        "audit": audit, "version": known.version, "party": seat.party, "base": seat.base,
        "steps": steps, "acts": bool(steps & ACTS),
        "picture": await audits.drawn(seat.controller, audit), "costs": statement(audit),
        "money": lambda cents: amount(cents, audit.currency, language), "hours": hours,
        "clauses": [BY_ID[one] for one in audit.scope.clauses], "unplanned": unplanned(audit),
        "severities": SEVERITIES, "today": clock.now().date(),
        "admits": seat.party == "controller" and audit.state in ADMITTING and visit.may("audits:audit:ask"),
    }  # fmt: skip


def families() -> Sequence[tuple[str, list[tuple[Clause, bool]]]]:
    """Every clause by the first word of its id, with whether audits usually verify it."""
    found: dict[str, list[tuple[Clause, bool]]] = {}
    for one in CLAUSES:
        found.setdefault(one.id.partition(".")[0], []).append((one, one.id.startswith(USUAL)))
    return list(found.items())


def file(content: bytes, name: str, media_type: str) -> Response[bytes]:
    """A file to keep."""
    headers = {**HEADERS, "content-disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type=media_type, headers=headers)

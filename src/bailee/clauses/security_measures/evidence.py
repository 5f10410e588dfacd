"""Evidence of this clause: the statement of measures with its probes, as a document, and its digest. Pure.

It says nothing that would help whoever attacks: no path, no host, no address, no version; and nobody's name.
"""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from bailee.clauses.security_measures.catalogue import Line
from bailee.clauses.security_measures.events import Found, Incident, Said, Standing, State
from bailee.clauses.security_measures.judging import Cell

FORMAT = "bailee.dev/measures/v1"
NEVER = Found("unknown", "never-looked")


class Row(msgspec.Struct, frozen=True):
    """A measure in the statement: its line, how it stands, and its last days."""

    line: Line
    standing: Standing | None
    strip: tuple[Cell, ...] = ()

    @property
    def found(self) -> Found:
        """What was found last."""
        return self.standing.found if self.standing else NEVER


class Statement(msgspec.Struct, frozen=True):
    """Every measure in force at an instant, the incidents that are open, and the last review."""

    at: datetime
    rows: tuple[Row, ...]
    incidents: tuple[Incident, ...]
    review: Said | None = None

    @property
    def digest(self) -> str:
        """SHA-256 of what it says of each measure, whatever the hour it was looked at: the same states, the same digest."""
        said = [
            [one.line.measure, one.line.level, one.line.digest, one.found.state, one.found.reason] for one in self.rows
        ]
        return hashlib.sha256(msgspec.json.encode(said)).hexdigest()

    def counts(self) -> dict[State, int]:
        """How many measures stand in each state."""
        found: dict[State, int] = {"proven": 0, "attested": 0, "unknown": 0, "broken": 0, "idle": 0}
        for one in self.rows:
            found[one.found.state] += 1
        return found

    @property
    def holds(self) -> bool:
        """Whether no measure fails and none is in an incident. What is unknown is said, and is no failure yet."""
        return not self.incidents and all(one.found.state != "broken" for one in self.rows)


def document(one: Statement, *, processor: str) -> dict[str, Any]:
    """The statement as a document for machines."""
    return {
        "format": FORMAT, "processor": processor, "at": one.at.isoformat(), "digest": one.digest, "holds": one.holds,
        "measures": [
            {
                "measure": row.line.measure, "article": f"32(1)({row.line.article})", "level": row.line.level,
                "since": row.line.since.isoformat(), "kind": row.line.kind, "state": row.found.state,
                "reason": row.found.reason, "figures": row.found.figures,
                "state_since": row.standing.since_at.isoformat() if row.standing else None,
                "looked_at": row.standing.looked_at.isoformat() if row.standing else None,
                "en": msgspec.to_builtins(row.line.en), "fr": msgspec.to_builtins(row.line.fr),
            }
            for row in one.rows
        ],
        "incidents": [
            {"incident": str(found.id), "measure": found.measure, "opened_at": found.opened_at.isoformat(),
             "reason": found.reason}
            for found in one.incidents
        ],
        "review": {"at": one.review.at.isoformat(), "digest": one.review.digest} if one.review else None,
    }  # fmt: skip


def for_register(one: Statement, language: str) -> list[tuple[str, State]]:
    """What the register of processing says of measures (Art. 30(2)(d)): each by its name, and how sure it is.

    What there is nothing to protect by is left out.
    """
    return [(row.line.said(language).name, row.found.state) for row in one.rows if row.found.state != "idle"]


def open_among(incidents: Sequence[Incident]) -> tuple[Incident, ...]:
    """Those that are not closed."""
    return tuple(one for one in incidents if one.closed_at is None)


def rows(
    lines: Mapping[str, Line], standings: Mapping[str, Standing], strips: Mapping[str, tuple[Cell, ...]]
) -> tuple[Row, ...]:
    """The statement's rows, in the order of the catalogue."""
    return tuple(Row(line, standings.get(name), strips.get(name, ())) for name, line in lines.items())

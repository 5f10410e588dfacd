"""Records as a spreadsheet reads them: CSV with a guard against formulas. NDJSON is the exact form."""

import csv
import io
from collections.abc import Iterable, Mapping
from typing import Any

FORMULA = ("=", "+", "-", "@", "\t", "\r")


def flat(value: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested objects as dotted columns; lists as JSON text."""
    found: dict[str, Any] = {}
    for name, inner in value.items():
        if isinstance(inner, Mapping):
            found |= flat(inner, f"{prefix}{name}.")
        else:
            found[prefix + name] = inner
    return found


def guarded(value: Any) -> str:
    """A cell that no spreadsheet runs: text that looks like a formula gets a quotation mark before it."""
    text = "" if value is None else str(value)
    return "'" + text if text.startswith(FORMULA) else text


def as_csv(rows: Iterable[Mapping[str, Any]]) -> bytes:
    """The rows under the union of their columns, in order of appearance."""
    flattened = [flat(row) for row in rows]
    columns = list(dict.fromkeys(name for row in flattened for name in row))
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(map(guarded, columns))
    writer.writerows([guarded(row.get(name)) for name in columns] for row in flattened)
    return out.getvalue().encode()

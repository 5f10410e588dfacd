"""Handing back: the rejected lines of an import as CSV, with their reasons in the last column."""

import csv
import io
from collections.abc import AsyncIterator

from bailee.processing.accounts.import_jobs import Job
from bailee.processing.accounts.importing import Importing
from bailee.processing.accounts.tables import guarded


async def rejected_csv(importing: Importing, job: Job) -> AsyncIterator[bytes]:
    """The columns as they came, the line's number, and why it was rejected."""
    yield _csv([*map(guarded, job.chosen.headings), "line", "reasons"])
    for part in range(job.parts):
        for line, reasons in await importing.rejected(job.controller, job.id, part):
            texts = [guarded(line.cells.get(heading, "")) for heading in job.chosen.headings]
            yield _csv([*texts, str(line.number), " ".join(reasons)])


def _csv(texts: list[str]) -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out).writerow(texts)
    return out.getvalue().encode()

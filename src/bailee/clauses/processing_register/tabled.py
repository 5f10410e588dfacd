"""Tabled: a register as CSV or a workbook, one row for each category of processing, with the columns that authorities ask
for. Pure.

No cell is run as a formula. The first column is the processing's own id, the same as in JSON and JSON-LD.
"""

import csv
import io

from bailee.clauses.processing_register import sheets
from bailee.clauses.processing_register.events import Register
from bailee.clauses.processing_register.saying import said
from bailee.clauses.processing_register.sheets import Line

FORMULA = ("=", "+", "-", "@", "\t", "\r")
JOINT = "; "
COLUMNS = (
    "Processing", "Called", "Controller", "Officer of the controller", "Processor", "Officer of the processor",
    "Representatives",
    "Purposes", "Operations", "Categories of data", "Persons concerned", "Done by", "Recipients", "Sub-processors",
    "Transfers and their guarantees", "Measures of security", "Kept", "In force since", "In force until", "Suspended",
    "Times used", "Last used", "Counted until", "As of", "Digest",
)  # fmt: skip


def tabled(register: Register, language: str) -> bytes:
    """The CSV, in UTF-8 with a mark by which spreadsheets know it."""
    out = io.StringIO(newline="")
    csv.writer(out).writerows(map(_guarded, row) for row in rows(register, language))
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def workbook(register: Register, language: str) -> bytes:
    """The same as an XLSX workbook: text alone, the headings fixed, put together in memory."""
    import xlsxwriter  # type: ignore[import-untyped]  # it ships no types; and only a workbook needs it

    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(out, options) as book:
        book.set_properties({"title": said(language, "Processing register"), "created": register.made_at})
        sheet = book.add_worksheet(said(language, "Register"))
        wrapped, bold = book.add_format({"text_wrap": True, "valign": "top"}), book.add_format({"bold": True})
        sheet.set_column(0, len(COLUMNS) - 1, 28, wrapped)
        for number, row in enumerate(rows(register, language)):
            for column, cell in enumerate(row):
                sheet.write_string(number, column, cell, wrapped if number else bold)
        sheet.freeze_panes(1, 2)
        sheet.autofilter(0, 0, number, len(COLUMNS) - 1)
    return out.getvalue()


def rows(register: Register, language: str) -> list[list[str]]:
    """The headings, then a row for each category of processing."""
    shared = _shared(register, language)
    return [
        [said(language, f"column: {one}") for one in COLUMNS],
        *(_row(line, shared, language) for line in sheets.lines(register, language)),
    ]


def _shared(register: Register, language: str) -> dict[str, str]:
    """What every row of a register says alike."""
    declared = register.declared
    general = [f"{what}: {period}" for what, period in sheets.kept(declared, language)]
    return {
        "Controller": sheets.party(declared.controller),
        "Officer of the controller": sheets.officer(declared.controller, language),
        "Processor": sheets.party(declared.processor),
        "Officer of the processor": sheets.officer(declared.processor, language),
        "Representatives": JOINT.join(
            each for one in (declared.controller, declared.processor) if (each := sheets.representative(one))
        ),
        "Sub-processors": JOINT.join(map(sheets.company, declared.companies)),
        "Transfers and their guarantees": JOINT.join(sheets.transferred(declared, language)),
        "Measures of security": JOINT.join(sheets.measures(declared, language)),
        "Kept": JOINT.join(general),
        "Counted until": register.observed.until.isoformat(),
        "As of": register.at.isoformat(),
        "Digest": register.digest,
    }


def _row(line: Line, shared: dict[str, str], language: str) -> list[str]:
    own = {
        "Processing": line.id, "Called": line.name, "Purposes": JOINT.join(line.purposes),
        "Operations": JOINT.join(line.operations), "Categories of data": JOINT.join(line.categories),
        "Persons concerned": JOINT.join(line.groups), "Done by": JOINT.join(line.actors),
        "Recipients": JOINT.join(line.recipients), "In force since": line.since.isoformat(),
        "In force until": line.until.isoformat() if line.until else "",
        "Suspended": said(language, "yes") if line.suspended else said(language, "no"), "Times used": str(line.times),
        "Last used": line.last_at.isoformat() if line.last_at else "",
    }  # fmt: skip
    if line.kept:
        own["Kept"] = JOINT.join([line.kept, shared["Kept"]])
    return [own.get(one, shared.get(one, "")) for one in COLUMNS]


def _guarded(cell: str) -> str:
    return "'" + cell if cell.startswith(FORMULA) else cell

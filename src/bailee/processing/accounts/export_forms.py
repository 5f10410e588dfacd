"""The forms of an export: CSV, XLSX, NDJSON and vCard 4 (RFC 6350), each written piece by piece.

In CSV and XLSX no cell is run as a formula (`tables.guarded`); an import takes exactly that back, so that what was
exported comes in again as it was.
"""

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any, Literal, Protocol

import msgspec
import xlsxwriter  # type: ignore[import-untyped]  # it ships no types

from bailee.processing.accounts.columns import FIELDS
from bailee.processing.accounts.tables import guarded

Form = Literal["csv", "xlsx", "ndjson", "vcard"]
MEDIA = {
    "csv": "text/csv; charset=utf-8", "ndjson": "application/x-ndjson", "vcard": "text/vcard; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}  # fmt: skip
ENDING = {"csv": "csv", "xlsx": "xlsx", "ndjson": "ndjson", "vcard": "vcf"}
HEADINGS = ("person", *FIELDS)
PLACES = tuple((whole, part) for whole, _, part in (heading.partition(".") for heading in HEADINGS))
SHEET_ROWS = 50_000
FOLD = 75


class TooManyRows(Exception):
    """More people than a workbook is made for: it is put together in memory, nothing in clear touches a disk."""


class Writer(Protocol):
    """Turns records into bytes: some after each call, the last at the end."""

    def write(self, rows: Sequence[Mapping[str, Any]]) -> bytes:
        """The bytes of these records, if any are due yet. Each has `person`, `group` and the profile's fields."""
        ...

    def end(self) -> bytes:
        """What remains."""
        ...


def writer(form: Form) -> Writer:
    """A new writer."""
    made: dict[str, type[Writer]] = {"csv": _Csv, "xlsx": _Xlsx, "ndjson": _Ndjson, "vcard": _VCard}
    return made[form]()


def cells(row: Mapping[str, Any]) -> list[str]:
    """A record's cells under `HEADINGS`."""
    address = row.get("postal_address", {})
    found = []
    for whole, part in PLACES:
        value = address.get(part, "") if part else row.get(whole, "")
        if type(value) is not str:
            value = ",".join(value) if isinstance(value, list | tuple) else str(value)
        found.append(guarded(value) if value else "")
    return found


class _Csv:
    def __init__(self) -> None:
        self._out = io.StringIO(newline="")
        self._csv = csv.writer(self._out)
        self._csv.writerow(HEADINGS)

    def write(self, rows: Sequence[Mapping[str, Any]]) -> bytes:
        self._csv.writerows(map(cells, rows))
        found = self._out.getvalue().encode()
        self._out.seek(0)
        self._out.truncate()
        return found

    def end(self) -> bytes:
        return self.write([])


class _Xlsx:
    def __init__(self) -> None:
        self._out = io.BytesIO()
        self._book = xlsxwriter.Workbook(self._out, {"in_memory": True, "strings_to_formulas": False})
        self._sheet = self._book.add_worksheet("people")
        self._row = 0
        self._put(list(HEADINGS))

    def write(self, rows: Sequence[Mapping[str, Any]]) -> bytes:
        if self._row + len(rows) > SHEET_ROWS:
            raise TooManyRows
        for row in rows:
            self._put(cells(row))
        return b""

    def end(self) -> bytes:
        self._book.close()
        return self._out.getvalue()

    def _put(self, texts: list[str]) -> None:
        for column, text in enumerate(texts):
            if text:
                self._sheet.write_string(self._row, column, text)
        self._row += 1


class _Ndjson:
    def write(self, rows: Sequence[Mapping[str, Any]]) -> bytes:
        return b"".join(msgspec.json.encode(row) + b"\n" for row in rows)

    def end(self) -> bytes:
        return b""


class _VCard:
    def write(self, rows: Sequence[Mapping[str, Any]]) -> bytes:
        return "".join(map(vcard, rows)).encode()

    def end(self) -> bytes:
        return b""


def vcard(row: Mapping[str, Any]) -> str:
    """One person as a vCard 4: folded lines, values escaped (RFC 6350, 3.2 and 3.4)."""
    family, given, civility = (row.get(field, "") for field in ("family_name", "given_name", "title"))
    whole = " ".join(part for part in (given, family) if part) or row.get("company") or row.get("email") or "?"
    names = ";".join(map(escaped, (family, given, "", civility, "")))
    lines = ["BEGIN:VCARD", "VERSION:4.0", f"UID:urn:uuid:{row['person']}", f"FN:{escaped(whole)}", f"N:{names}"]
    for name, field in (("ORG", "company"), ("EMAIL", "email"), ("LANG", "language")):
        if row.get(field):
            lines.append(f"{name}:{escaped(row[field])}")
    if row.get("phone"):
        lines.append(f"TEL;VALUE=uri:tel:{row['phone']}")
    if address := row.get("postal_address"):
        parts = ("", "complement", "street", "city", "region", "postal_code", "country")
        lines.append("ADR:" + ";".join(escaped(address.get(part, "")) for part in parts))
    if row.get("group"):
        lines.append("CATEGORIES:" + ",".join(map(escaped, row["group"])))
    for name, field in (("X-BAILEE-EXTERNAL-ID", "external_id"), ("X-BAILEE-USER-NAME", "user_name")):
        if row.get(field):
            lines.append(f"{name}:{escaped(row[field])}")
    return "".join(map(folded, [*lines, "END:VCARD"]))


def escaped(text: str) -> str:
    """A value with backslash, comma, semicolon and line ends escaped."""
    for sign, instead in (("\\", "\\\\"), (",", "\\,"), (";", "\\;"), ("\r\n", "\\n"), ("\n", "\\n"), ("\r", "\\n")):
        text = text.replace(sign, instead)
    return text


def folded(text: str) -> str:
    """A line of at most 75 octets each, no character cut in two; those that follow begin with a space."""
    pieces, piece, size = list[str](), "", 0
    for sign in text:
        length = len(sign.encode())
        if size + length > FOLD:
            pieces.append(piece)
            piece, size = " ", 1
        piece, size = piece + sign, size + length
    return "\r\n".join([*pieces, piece]) + "\r\n"

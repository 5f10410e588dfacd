"""Tables: CSV, XLSX and NDJSON read as a stream of lines, each with its number in the file.

Encoding and separator are found from the bytes (UTF-8, UTF-16, Windows-1252; comma, semicolon, tab, bar). What
is too large is refused before it is parsed. A line that cannot be read is a line with a reason, not the end of
the file. Nothing is written anywhere.
"""

import codecs
import csv
import io
from collections.abc import Iterator
from typing import Any, Literal

import msgspec

from bailee.processing.accounts.spreadsheets import RefusedTable, check_size, sheet_rows

Format = Literal["csv", "xlsx", "ndjson"]

BYTES, ROWS, COLUMNS, LINE = 64 * 2**20, 1_000_000, 200, 65_536
SEPARATORS = ",;\t|"
GUARDED = ("=", "+", "-", "@", "\t", "\r", "'")
SAMPLE = 65_536


class Line(msgspec.Struct, frozen=True, array_like=True):
    """A line of a table: its number in the file (1 is the first), cells by heading, and why it cannot be read."""

    number: int
    cells: dict[str, str]
    reason: str = ""


class Table(msgspec.Struct, frozen=True):
    """What a file is: its format, how it is written, its headings. NDJSON's headings are those of its whole."""

    format: Format
    encoding: str
    separator: str
    headings: tuple[str, ...]
    duplicated: tuple[str, ...]


def unguarded(text: str) -> str:
    """A cell without the apostrophe that an export put before it: exactly the reverse of `guarded`."""
    return text[1:] if len(text) > 1 and text[0] == "'" and text[1] in GUARDED else text


def guarded(text: str) -> str:
    """A cell that no spreadsheet runs as a formula; what begins with an apostrophe gets one more."""
    return "'" + text if text.startswith(GUARDED) else text


def survey(data: bytes) -> Table:
    """What a file is, or `RefusedTable`. The whole file is looked at, none of it is kept."""
    if len(data) > BYTES:
        raise RefusedTable("too-many-bytes")
    if not data.strip(b"\x00 \t\r\n"):
        raise RefusedTable("empty")
    if data.startswith(b"PK\x03\x04"):
        check_size(data)
        headings, duplicated = _headings(next(iter(sheet_rows(data)), (0, []))[1])
        return Table("xlsx", "", "", headings, duplicated)
    if data.startswith((b"%PDF", b"\xd0\xcf\x11\xe0", b"\x89PNG", b"\x1f\x8b", b"\xff\xd8\xff", b"<")):
        raise RefusedTable("not-a-table")
    encoding = _encoding(data)
    text = _text(data, encoding).read(SAMPLE)
    if text.lstrip().startswith("{"):
        seen = dict[str, None]()
        for line in _ndjson(data, encoding):
            seen.update(dict.fromkeys(line.cells))
            if len(seen) > COLUMNS:
                raise RefusedTable("too-many-columns")
        return Table("ndjson", encoding, "", tuple(seen), ())
    separator = _separator(text)
    first = next(_csv_rows(data, encoding, separator), None)
    if first is None or first[2]:
        raise RefusedTable(first[2] if first else "empty")
    headings, duplicated = _headings(first[1])
    return Table("csv", encoding, separator, headings, duplicated)


def lines(data: bytes, table: Table) -> Iterator[Line]:
    """The lines below the headings, one after another; raises `RefusedTable` beyond a million."""
    source = _ndjson(data, table.encoding) if table.format == "ndjson" else _cells(data, table)
    for count, line in enumerate(source, 1):
        if count > ROWS:
            raise RefusedTable("too-many-rows")
        yield line


def _cells(data: bytes, table: Table) -> Iterator[Line]:
    """Rows under their headings, empty ones left out."""
    rows: Iterator[tuple[int, list[str], str]] = (
        ((number, cells, "") for number, cells in sheet_rows(data))
        if table.format == "xlsx"
        else _csv_rows(data, table.encoding, table.separator)
    )
    next(rows, None)
    width = len(table.headings)
    for number, cells, reason in rows:
        if reason or not any(cell.strip() for cell in cells):
            if reason:
                yield Line(number, {}, reason)
            continue
        if any(cell.strip() for cell in cells[width:]):
            reason = "too-many-cells"
        if any("\udc80" <= sign <= "\udcff" for cell in cells if not cell.isascii() for sign in cell):
            yield Line(number, {}, "encoding")
            continue
        named = {h: unguarded(cell) for h, cell in zip(table.headings, cells, strict=False) if cell != ""}
        yield Line(number, named, reason)


class _Feed:
    """Lines of text for the reader of CSV; one that is too long is passed by and told."""

    def __init__(self, text: io.TextIOWrapper) -> None:
        self._text = text
        self.number = 0
        self.too_long = False

    def __iter__(self) -> Iterator[str]:
        while found := self._text.readline(LINE):
            self.number += 1
            if len(found) == LINE and not found.endswith("\n"):
                self.too_long = True
                while (rest := self._text.readline(LINE)) and not rest.endswith("\n"):
                    pass
                yield "\n"
            else:
                yield found


def _csv_rows(data: bytes, encoding: str, separator: str) -> Iterator[tuple[int, list[str], str]]:
    feed = _Feed(_text(data, encoding))
    reader = csv.reader(iter(feed), delimiter=separator, strict=True)
    while True:
        start, reason, cells = feed.number + 1, "", list[str]()
        feed.too_long = False
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            reason = "not-closed"
        if feed.too_long:
            reason = "line-too-long"
        yield start, cells, reason


def _ndjson(data: bytes, encoding: str) -> Iterator[Line]:
    feed = _Feed(_text(data, encoding))
    decode = msgspec.json.Decoder(dict[str, Any]).decode
    for text in feed:
        if feed.too_long:
            feed.too_long = False
            yield Line(feed.number, {}, "line-too-long")
        elif text.strip():
            try:
                yield Line(feed.number, _flat(decode(text.encode())))
            except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
                yield Line(feed.number, {}, "not-json")
            except _NotFlat:
                yield Line(feed.number, {}, "not-text")


class _NotFlat(ValueError):
    """A value that is no text, number or object of these."""


def _flat(value: dict[str, Any], prefix: str = "", depth: int = 0) -> dict[str, str]:
    """Nested objects as dotted headings; lists of texts with commas (groups)."""
    found: dict[str, str] = {}
    for name, inner in value.items():
        if isinstance(inner, dict) and depth < 2:
            found |= _flat(inner, f"{prefix}{name}.", depth + 1)
        elif isinstance(inner, list) and all(isinstance(one, str) for one in inner):
            found[prefix + name] = ",".join(inner)
        elif isinstance(inner, str | int | float) and not isinstance(inner, bool):
            found[prefix + name] = str(inner)
        elif inner is not None:
            raise _NotFlat
    return found


def _headings(cells: list[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Headings, each once: the second of a name is `name #2`; a nameless one is `column 3`."""
    if not 0 < len(cells) <= COLUMNS:
        raise RefusedTable("too-many-columns" if cells else "no-headings")
    found, duplicated = list[str](), list[str]()
    for place, cell in enumerate(cells, 1):
        given = " ".join(unguarded(cell).replace("\x00", "").split())[:100] or f"column {place}"
        named, count = given, 1
        while named in found:
            count += 1
            named = f"{given} #{count}"
        if named != given:
            duplicated.append(named)
        found.append(named)
    return tuple(found), tuple(duplicated)


def _text(data: bytes, encoding: str) -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(data), encoding, errors="surrogateescape" if "utf-8" in encoding else "replace",
                            newline="")  # fmt: skip


def _encoding(data: bytes) -> str:
    """UTF-16 by its mark or its zeros, else UTF-8 unless nothing in it is, else Windows-1252."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    head = data[:2000]
    if len(head) > 3 and head[1::2].count(0) > len(head) // 3:
        return "utf-16-le"
    if len(head) > 3 and head[::2].count(0) > len(head) // 3:
        return "utf-16-be"
    kinds = {_kind(line) for line in data.splitlines() if not line.isascii()}
    if "other" in kinds and "utf-8" not in kinds:
        return "cp1252"
    return "utf-8-sig"


def _kind(line: bytes) -> str:
    try:
        line.decode()
    except UnicodeDecodeError:
        return "other"
    return "utf-8"


def _separator(text: str) -> str:
    """The separator that parts the first line most, outside quotation marks."""
    bare = "".join(text.splitlines()[0].split('"')[::2]) if text.strip() else ""
    return max(SEPARATORS, key=bare.count)

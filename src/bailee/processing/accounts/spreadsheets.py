"""XLSX: looked at before it is opened. Declared and real sizes, and what its cells would expand to.

A workbook is a zip of XML. It is inflated once in small pieces, counted, and never kept; a document type
declaration, a part that lies about its size, far cells and strings repeated beyond measure are refused.
"""

import io
import zipfile
import zlib
from collections.abc import Iterator
from xml.parsers import expat

from python_calamine import CalamineError, CalamineWorkbook

PARTS, INFLATED, PIECE = 1_000, 256 * 2**20, 65_536
CELLS, EXPANDED, STRING = 4_000_000, 256 * 2**20, 32_767


class RefusedTable(ValueError):
    """A file that is not read at all; `code` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def check_size(data: bytes) -> None:
    """Refuse a workbook that declares, or turns out, to be too much."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as whole:
            parts = whole.infolist()
            if len(parts) > PARTS or sum(one.file_size for one in parts) > INFLATED:
                raise RefusedTable("inflates-too-much")
            names = {one.filename for one in parts}
            if "xl/workbook.xml" not in names or len(names) != len(parts):
                raise RefusedTable("not-a-table")
            strings = _Strings()
            if "xl/sharedStrings.xml" in names:
                _parse(whole, "xl/sharedStrings.xml", strings.parser())
            total = 0
            for one in parts:
                if one.filename.startswith("xl/worksheets/") and one.filename.endswith(".xml"):
                    _parse(whole, one.filename, _Sheet(strings.lengths).parser())
                total += _inflated(whole, one)
                if total > INFLATED:
                    raise RefusedTable("inflates-too-much")
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, expat.ExpatError) as problem:
        raise RefusedTable("not-a-table") from problem


def sheet_rows(data: bytes) -> Iterator[tuple[int, list[str]]]:
    """The rows of the first sheet, with their numbers in the sheet. `check_size` comes first."""
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        if not book.sheet_names:
            raise RefusedTable("empty")
        sheet = book.get_sheet_by_index(0)
        rows = sheet.iter_rows()
    except CalamineError as problem:
        raise RefusedTable("not-a-table") from problem
    start = (sheet.start or (0, 0))[0]
    for number, row in enumerate(rows, start + 1):
        yield number, [_cell(value) for value in row]


def _cell(value: object) -> str:
    """A cell as text: whole numbers without a point, as postal codes and telephones are."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return "" if value is None else str(value)


def _inflated(whole: zipfile.ZipFile, part: zipfile.ZipInfo) -> int:
    """How large a part really is; it may not be larger than it declares."""
    count = 0
    with whole.open(part) as file:
        while piece := file.read(PIECE):
            count += len(piece)
            if count > part.file_size:
                raise RefusedTable("inflates-too-much")
    return count


def _parse(whole: zipfile.ZipFile, name: str, parser: expat.XMLParserType) -> None:
    with whole.open(name) as file:
        while piece := file.read(PIECE):
            parser.Parse(piece, False)


def _parser() -> expat.XMLParserType:
    made = expat.ParserCreate(namespace_separator=" ")

    def refuse(*_of: object) -> None:
        raise RefusedTable("document-type")

    made.StartDoctypeDeclHandler = refuse
    made.buffer_text = True
    return made


class _Strings:
    """The lengths of the shared strings."""

    def __init__(self) -> None:
        self.lengths: list[int] = []

    def parser(self) -> expat.XMLParserType:
        """One that fills `lengths`."""
        made = _parser()
        made.StartElementHandler = lambda name, _: self.lengths.append(0) if name.endswith(" si") else None
        made.CharacterDataHandler = self._add
        return made

    def _add(self, text: str) -> None:
        if self.lengths:
            self.lengths[-1] += len(text)
            if self.lengths[-1] > STRING:
                raise RefusedTable("cell-too-long")


class _Sheet:
    """How many cells a sheet spans, and how much text they would hold."""

    def __init__(self, lengths: list[int]) -> None:
        self._lengths = lengths
        self._rows = self._columns = self._expanded = self._cells = self._in_row = 0
        self._shared = False

    def parser(self) -> expat.XMLParserType:
        """One that raises where the sheet is too much."""
        made = _parser()
        made.StartElementHandler = self._start
        made.CharacterDataHandler = self._text
        return made

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        tag = name.rsplit(" ", 1)[-1]
        if tag == "row":
            self._rows, self._in_row = max(self._rows + 1, int(attributes.get("r", "0") or 0)), 0
        elif tag == "c":
            self._cells += 1
            self._in_row += 1
            self._shared = attributes.get("t") == "s"
            self._columns = max(self._columns, self._in_row, _column(attributes.get("r", "")))
            row = "".join(filter(str.isdigit, attributes.get("r", ""))) or "0"
            self._rows = max(self._rows, int(row[:8]))
            if self._rows * self._columns > CELLS or self._cells > CELLS:
                raise RefusedTable("too-many-cells")

    def _text(self, text: str) -> None:
        index = int(text) if self._shared and text.isascii() and text.isdigit() and len(text) < 9 else -1
        self._expanded += self._lengths[index] if 0 <= index < len(self._lengths) else len(text)
        if self._expanded > EXPANDED:
            raise RefusedTable("inflates-too-much")


def _column(place: str) -> int:
    """The number of a cell's column: A1 is 1, AA1 is 27."""
    number = 0
    for sign in place[:4]:
        if not ("A" <= sign <= "Z"):
            break
        number = number * 26 + ord(sign) - 64
    return number

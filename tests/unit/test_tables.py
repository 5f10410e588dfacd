"""Tables: as they are written in the wild, and as an enemy writes them."""

import contextlib
import io
import tracemalloc
import zipfile

import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from bailee.processing.accounts.columns import RefusedMapping, check, propose
from bailee.processing.accounts.spreadsheets import RefusedTable
from bailee.processing.accounts.tables import guarded, lines, survey, unguarded


def read(data: bytes) -> list[tuple[int, dict[str, str], str]]:
    return [(one.number, one.cells, one.reason) for one in lines(data, survey(data))]


def workbook(rows: list[list[object]]) -> bytes:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    sheet = book.add_worksheet()
    for number, row in enumerate(rows):
        sheet.write_row(number, 0, row)
    book.close()
    return out.getvalue()


def altered(data: bytes, part: str, content: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for one in old.infolist():
            new.writestr(one.filename, content if one.filename == part else old.read(one))
    return out.getvalue()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_encoding_and_separator_are_found(encoding, separator):
    text = f"Nom{separator}Prénom\r\nKéréon{separator}Zoé\r\n"
    assert read(text.encode(encoding))[0][1] == {"Nom": "Kéréon", "Prénom": "Zoé"}


def test_a_line_in_another_encoding_is_one_bad_line():
    assert read(b"nom,mail\n\xc3\xa9,a\n\xe9,b\nc,d\n") == [
        (2, {"nom": "é", "mail": "a"}, ""), (3, {}, "encoding"), (4, {"nom": "c", "mail": "d"}, ""),
    ]  # fmt: skip


def test_a_line_of_ten_megabytes_is_one_bad_line_in_bounded_memory():
    data = b"a,b\n" + b"x" * 10_000_000 + b"\n1,2\n"
    tracemalloc.start()
    found = read(data)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found == [(2, {}, "line-too-long"), (3, {"a": "1", "b": "2"}, "")]
    assert peak < 4 * len(data)


def test_an_open_quotation_mark_and_nuls_end_nothing():
    assert read(b'a,b\n"x,1\n')[0][2] == "not-closed"
    assert read(b"a,b\n1\x00,2\n") == [(2, {"a": "1\x00", "b": "2"}, "")]
    assert read(b"a,b\n1,2,3\n")[0][2] == "too-many-cells"


def test_ndjson_is_flattened_and_its_bad_lines_told():
    data = b'{"a":1,"postal_address":{"city":"X"}}\n[]\n{"b":["u","v"]}\n{"a":{"b":{"c":{"d":1}}}}\n{"a":true}\n'
    assert [(cells, reason) for _, cells, reason in read(data)] == [
        ({"a": "1", "postal_address.city": "X"}, ""), ({}, "not-json"), ({"b": "u,v"}, ""), ({}, "not-text"),
        ({}, "not-text"),
    ]  # fmt: skip


def test_a_workbook_is_read_with_whole_numbers_whole():
    assert read(workbook([["Nom", "CP"], ["Élo", 74000], [], ["Zoé", 1.5]])) == [
        (2, {"Nom": "Élo", "CP": "74000"}, ""),
        (4, {"Nom": "Zoé", "CP": "1.5"}, ""),
    ]


SHEET = "xl/worksheets/sheet1.xml"
OPEN = b'<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'


@pytest.mark.parametrize(
    ("part", "content", "code"),
    [
        (SHEET, b"<a>" + b" " * (300 * 2**20) + b"</a>", "inflates-too-much"),
        (SHEET, OPEN + b'<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
         b"</sheetData></worksheet>", "too-many-cells"),
        (SHEET, b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "document-type"),
        ("xl/sharedStrings.xml", b'<sst xmlns="urn:x"><si><t>' + b"x" * 40_000 + b"</t></si></sst>", "cell-too-long"),
        (SHEET, b"<worksheet", "not-a-table"),
    ],
)  # fmt: skip
def test_a_workbook_that_would_burst_is_refused_before_it_is_opened(part, content, code):
    with pytest.raises(RefusedTable) as refused:
        survey(altered(workbook([["a", "b"], ["c", "d"]]), part, content))
    assert refused.value.code == code


def test_strings_repeated_beyond_measure_are_refused():
    book = altered(workbook([["a"], ["b"]]), "xl/sharedStrings.xml",
                   b'<sst xmlns="urn:x"><si><t>' + b"x" * 30_000 + b"</t></si></sst>")  # fmt: skip
    cells = b"".join(b'<row><c t="s"><v>0</v></c></row>' for _ in range(10_000))
    with pytest.raises(RefusedTable, match="inflates-too-much"):
        survey(altered(book, SHEET, OPEN + cells + b"</sheetData></worksheet>"))


@given(st.text())
def test_the_guard_against_formulas_is_taken_back_exactly(text):
    assert unguarded(guarded(text)) == text
    assert not guarded(text).startswith(("=", "+", "-", "@", "\t", "\r"))


@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused_with_a_code(data):
    with contextlib.suppress(RefusedTable):
        for one in lines(data, survey(data)):
            assert one.number > 0


def test_headings_are_proposed_in_both_languages_and_what_is_double_or_unknown_is_shown():
    found = propose(("Nom", "First name", "E-mail", "mail", "Code postal", "Foo"))
    assert found.mapping == {
        "Nom": "family_name", "First name": "given_name", "E-mail": "email", "Code postal": "postal_address.postal_code",
    }  # fmt: skip
    assert found.unmapped == ("mail", "Foo")
    assert found.duplicates == {"email": ("E-mail", "mail")}
    assert survey(b"a,a,\n1,2,3\n").headings == ("a", "a #2", "column 3")


def test_a_mapping_with_problems_tells_all_of_them():
    with pytest.raises(RefusedMapping) as refused:
        check({"x": "email", "a": "nothing", "b": "phone", "c": "phone"}, ("a", "b", "c"))
    assert {code for _, code in refused.value.problems} == {"unknown-heading", "unknown-field", "field-twice"}

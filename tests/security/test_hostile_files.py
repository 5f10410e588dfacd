"""Files that mean harm: refused with a clear 4xx and nothing kept, or made harmless."""

import io
import zipfile
from urllib.parse import quote

import pytest
from PIL import Image
from tests.unit.test_photographs import exif, halves, png_of, saved

from bailee.api.files import checked_name, disposition
from bailee.api.problems import Refusing

SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
POLYGLOT = b"GIF89a/*" + bytes(100) + b"*/=1;alert(1)//"


def zipped() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as box:
        box.writestr("bomb", bytes(10_000_000))
    return out.getvalue()


HOSTILE = [
    ("pixel bomb", png_of(20_000, 20_000), 422), ("huge header", png_of(2**31 - 1, 2**31 - 1), 422),
    ("zip", zipped(), 415), ("svg", SVG, 415), ("gif and script", POLYGLOT, 415), ("html", b"<html>", 415),
    ("truncated", saved(halves(), "JPEG")[:300], 422), ("empty", b"", 415), ("only magic", b"\xff\xd8\xff", 422),
    ("svg behind a png's first bytes", b"\x89PNG\r\n\x1a\n" + SVG, 422), ("too many bytes", b"\xff\xd8\xff" * 6_000_000, 413),
]  # fmt: skip


@pytest.fixture
async def held(hold, profile):
    client = await (await hold()).client()
    person, record = await client.person(profile)
    return client, person, record


async def test_a_hostile_photograph_is_refused_and_nothing_is_kept(held, rooms, settings):
    client, person, _ = held
    good = await client("PUT", f"/api/v1/persons/{person}/photo", raw=saved(halves(), "PNG"))
    assert good.status == 201
    files = sorted(settings.blobs_folder.rglob("*"))
    for name, content, status in HOSTILE:
        reply = await client("PUT", f"/api/v1/persons/{person}/photo", raw=content)
        assert (name, reply.status) == (name, status)
        assert reply.headers["content-type"] == "application/problem+json"
        assert reply.body["remedy"]
    assert sorted(settings.blobs_folder.rglob("*")) == files
    listed = (await client("GET", f"/api/v1/persons/{person}/files")).body["files"]
    assert [one["id"] for one in listed] == [good.body["record"]]


async def test_a_polyglot_picture_loses_its_other_half_and_its_place(held):
    client, person, _ = held
    picture = saved(halves(), "JPEG", exif=exif(), comment=b"<script>alert(1)</script>") + zipped() + SVG
    assert (await client("PUT", f"/api/v1/persons/{person}/photo", raw=picture)).status == 201
    for size in ("64", "128", "256", "full"):
        reply = await client("GET", f"/api/v1/persons/{person}/photo", query=f"size={size}")
        assert reply.status == 200
        assert reply.headers["content-type"] == "image/jpeg"
        assert reply.headers["x-content-type-options"] == "nosniff"
        assert "no-store" in reply.headers["cache-control"]
        assert "sandbox" in reply.headers["content-security-policy"]
        for mark in (b"script", b"PK\x03\x04", b"CANARY", b"Exif", b"<svg"):
            assert mark not in reply.raw
        assert dict(Image.open(io.BytesIO(reply.raw)).getexif()) == {}


NAMES = [
    "a\r\nSet-Cookie: x=1", "a\x00b", "\u202egnp.exe", "../../etc/passwd", "..", "C:\\boot.ini", "", " ", "a" * 201,
    "a\u2028b", "a\u200bb", "\x7f",
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
async def test_a_name_that_is_none_is_refused_and_nothing_is_kept(held, name):
    client, person, _ = held
    reply = await client("POST", f"/api/v1/persons/{person}/files", raw=b"x", query=f"name={quote(name)}&category=name")
    assert reply.status == 422, reply.raw
    assert (await client("GET", f"/api/v1/persons/{person}/files")).body["files"] == []


@pytest.mark.parametrize("name", [*NAMES, 'a"b', "é\u0301.pdf", "漢字.pdf", "a;b=c", "\ud800"])
def test_a_disposition_is_one_safe_header_whatever_the_name(name):
    said = disposition(name)
    assert said.isascii()
    assert not any(byte < 32 or byte == 127 for byte in said)
    assert said.count(b'"') == 2
    assert said.startswith(b'attachment; filename="')
    assert b"/" not in said
    assert b"\\" not in said


def test_an_ordinary_name_stays_as_it_is_in_one_form():
    assert checked_name("Contrat e\u0301te\u0301 (2).pdf") == "Contrat été (2).pdf"
    with pytest.raises(Refusing):
        checked_name("a/b")


async def test_a_file_is_never_served_as_what_it_says_it_is(held):
    client, person, _ = held
    query = "name=page.html&category=name"
    reply = await client("POST", f"/api/v1/persons/{person}/files", raw=SVG, query=query, content_type="text/html")
    assert reply.status == 201
    read = await client("GET", f"/api/v1/persons/{person}/files/{reply.body['record']}")
    assert read.raw == SVG
    assert read.headers["content-type"] == "application/octet-stream"
    assert read.headers["content-disposition"].startswith("attachment;")
    assert "sandbox" in read.headers["content-security-policy"]


@pytest.mark.parametrize("category", ["", "nothing", "profile-photo", "Élodie"])
async def test_a_category_that_the_agreement_does_not_have_is_refused(held, category):
    client, person, _ = held
    query = f"name=a&category={quote(category)}"
    assert (await client("POST", f"/api/v1/persons/{person}/files", raw=b"x", query=query)).status == 422

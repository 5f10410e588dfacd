"""A photograph comes out as pixels alone: upright, small enough, without anything that was said about it."""

import io
import struct
import zlib

import pytest
from PIL import Image, ImageCms

from bailee.processing.accounts import photographs
from bailee.processing.accounts.photographs import Photographs, RefusedPhotograph, check, sniff


def saved(picture: Image.Image, format_: str, **options) -> bytes:
    out = io.BytesIO()
    picture.save(out, format_, **options)
    return out.getvalue()


def halves(mode: str = "RGB") -> Image.Image:
    """Left red, right blue; 40 wide, 20 high."""
    picture = Image.new(mode, (40, 20), (255, 0, 0) if mode == "RGB" else (255, 0, 0, 255))
    picture.paste((0, 0, 255) if mode == "RGB" else (0, 0, 255, 255), (20, 0, 40, 20))
    return picture


def exif(turned: int = 1) -> bytes:
    found = Image.Exif()
    found[0x0112] = turned
    found[0x010F] = "CAMERA-CANARY"
    found[0x0132] = "2020:02:02 02:02:02"
    found.get_ifd(0x8825)[1] = "N"
    found.get_ifd(0x8825)[2] = (45.0, 54.0, 11.0)
    return found.tobytes()


def opened(content: bytes) -> Image.Image:
    picture = Image.open(io.BytesIO(content))
    picture.load()
    return picture


@pytest.mark.parametrize("format_", ["JPEG", "PNG", "WEBP", "AVIF"])
async def test_each_format_comes_out_in_four_sizes_of_one_type(format_):
    assert sniff(saved(halves(), format_)) == format_
    made = await Photographs().make(saved(halves(), format_))
    assert made.media_type == "image/jpeg"
    assert {name: opened(content).size for name, content in made.renditions.items()} == {
        "full": (40, 20), "256": (256, 256), "128": (128, 128), "64": (64, 64)
    }  # fmt: skip
    whole = b"".join(made.renditions.values())
    assert all(whole[at : at + n] == made.renditions[name] for name, (at, n) in made.parts.items())


@pytest.mark.parametrize("format_", ["JPEG", "PNG", "WEBP"])
async def test_every_metadata_block_is_gone(format_):
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    options = {"exif": exif(), "icc_profile": profile}
    if format_ == "JPEG":
        options["comment"] = b"COMMENT-CANARY"
    if format_ != "PNG":
        options["xmp"] = b"<x:xmpmeta>XMP-CANARY</x:xmpmeta>"
    before = saved(halves(), format_, **options)
    for canary in (b"CAMERA-CANARY", *((b"XMP-CANARY",) if format_ != "PNG" else ())):
        assert canary in before
    made = await Photographs().make(before + b"TRAILER-CANARY")
    for content in made.renditions.values():
        assert b"CANARY" not in content
        for mark in (b"Exif", b"ICC_PROFILE", b"http://ns.adobe.com", b"xmpmeta", b"2020:02"):
            assert mark not in content
        picture = opened(content)
        assert dict(picture.getexif()) == {}
        assert not {"exif", "icc_profile", "xmp", "comment", "photoshop", "dpi"} & set(picture.info)


async def test_it_is_turned_upright_as_the_camera_said():
    for turned, size, corner in ((1, (40, 20), "left"), (3, (40, 20), "right"), (6, (20, 40), "top")):
        made = await Photographs().make(saved(halves(), "JPEG", exif=exif(turned), quality=95))
        picture = opened(made.renditions["full"])
        assert picture.size == size
        place = {"left": (2, 10), "right": (37, 10), "top": (10, 2)}[corner]
        red, _, blue = picture.getpixel(place)
        assert red > 200 > 60 > blue, turned


async def test_transparency_is_kept_as_png_and_opaque_alpha_is_not():
    clear = halves("RGBA")
    clear.putpixel((0, 0), (0, 0, 0, 0))
    made = await Photographs().make(saved(clear, "PNG"))
    assert made.media_type == "image/png"
    assert opened(made.renditions["full"]).mode == "RGBA"
    assert (await Photographs().make(saved(halves("RGBA"), "PNG"))).media_type == "image/jpeg"


@pytest.mark.parametrize("mode", ["1", "L", "P", "LA", "CMYK", "I;16"])
async def test_other_kinds_of_pixels_come_out_as_rgb(mode):
    format_ = "JPEG" if mode == "CMYK" else "PNG"
    picture = (
        Image.new("I;16", (10, 10), 65535) if mode == "I;16" else Image.new("RGB", (10, 10), "white").convert(mode)
    )
    made = await Photographs().make(saved(picture, format_))
    red, green, blue = opened(made.renditions["full"]).convert("RGB").getpixel((5, 5))
    assert min(red, green, blue) > 250


async def test_what_is_larger_than_needed_is_made_smaller():
    made = await Photographs().make(saved(Image.new("RGB", (5000, 2500), "green"), "JPEG"))
    assert opened(made.renditions["full"]).size == (2048, 1024)


def png_of(width: int, height: int) -> bytes:
    """A PNG whose header promises any size; its pixels are a few zeros."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("size", [(8000, 5001), (60_000, 60_000), (2**31 - 1, 2**31 - 1), (40_000, 1)])
async def test_a_header_that_promises_too_much_is_refused_before_a_pixel_is_decoded(size, monkeypatch):
    def never(*_):
        raise AssertionError("decoded")

    monkeypatch.setattr(photographs, "_upright", never)
    with pytest.raises(RefusedPhotograph) as refused:
        await Photographs().make(png_of(*size))
    assert refused.value.code == "pixels"


def test_a_webp_is_measured_before_its_decoder_sees_it():
    riff = b"RIFF\x00\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00" + bytes(4) + (16383).to_bytes(3, "little") * 2 + bytes(50)
    with pytest.raises(RefusedPhotograph) as refused:
        check(riff)
    assert refused.value.code == "pixels"


@pytest.mark.parametrize("cut", [4, 30, 100, -60])
@pytest.mark.parametrize("format_", ["JPEG", "PNG", "WEBP", "AVIF"])
async def test_half_a_picture_is_none(format_, cut):
    noisy = Image.effect_noise((64, 64), 50).convert("RGB")
    with pytest.raises(RefusedPhotograph) as refused:
        await Photographs().make(saved(noisy, format_)[:cut])
    assert refused.value.code in ("broken", "type")

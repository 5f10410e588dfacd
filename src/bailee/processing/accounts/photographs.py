"""Photographs: whatever a browser sends becomes a plain picture without history (clause data.profile).

What the bytes are is read from the bytes: JPEG, PNG, WebP or AVIF, nothing else. The header's dimensions are
checked before a pixel is decoded. What comes out is made anew from pixels: turned upright, in sRGB, without EXIF,
XMP, ICC profile, comment or anything that stood before, between or behind the picture.
"""

import asyncio
import io
import struct
import zlib

import msgspec
from PIL import Image, ImageCms, ImageOps

BYTES = 15 * 1024 * 1024
PIXELS = 40_000_000
SIDE = 30_000
SCANS = 100  # of a progressive JPEG: a file may ask for thousands, each as long as the picture is large
FULL = 2048  # pixels of the longer side that are kept
THUMBNAILS = (256, 128, 64)
WORKERS = 2
QUALITY = 88
SPOILED = (
    OSError, ValueError, TypeError, KeyError, IndexError, EOFError, SyntaxError, struct.error, zlib.error,
    OverflowError, MemoryError, ZeroDivisionError, RuntimeError, Warning,
)  # fmt: skip


class Photograph(msgspec.Struct, frozen=True):
    """A picture as it is kept: `full` and squares of 256, 128 and 64 pixels, all of one media type."""

    media_type: str
    renditions: dict[str, bytes]

    @property
    def parts(self) -> dict[str, tuple[int, int]]:
        """Where each rendition lies when they are put one after another: (first byte, length)."""
        found, start = {}, 0
        for name, content in self.renditions.items():
            found[name] = start, len(content)
            start += len(content)
        return found


class RefusedPhotograph(ValueError):
    """These bytes are not taken as a photograph: `code` says why (`type`, `bytes`, `pixels`, `broken`)."""

    def __init__(self, code: str, words: str) -> None:
        super().__init__(words)
        self.code = code


class Photographs:
    """Makes photographs, a few at a time, beside the loop."""

    def __init__(self) -> None:
        self._room = asyncio.Semaphore(WORKERS)

    async def make(self, content: bytes) -> Photograph:
        """The photograph in these bytes, or `RefusedPhotograph`."""
        kind = check(content)
        async with self._room:
            return await asyncio.to_thread(_make, kind, content)


def check(content: bytes) -> str:
    """What the bytes are by their own account, within limits that need no decoding; else `RefusedPhotograph`."""
    if len(content) > BYTES:
        raise RefusedPhotograph("bytes", f"A photograph has {BYTES // 1024 // 1024} MB at most.")
    kind = sniff(content)
    if kind is None:
        raise RefusedPhotograph("type", "A photograph is a JPEG, PNG, WebP or AVIF file.")
    if kind == "WEBP":  # its decoder sets the whole canvas aside before anyone asks
        _within(*_webp_size(content))
    if kind == "JPEG" and content.count(b"\xff\xda") > SCANS:
        raise RefusedPhotograph("pixels", "The picture is stored in too many passes.")
    return kind


def sniff(content: bytes) -> str | None:
    """The format by its first bytes, as Pillow names it; None for everything else."""
    if content.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "WEBP"
    if content[4:8] == b"ftyp" and content[8:12] in (b"avif", b"avis"):
        return "AVIF"
    return None


def _make(kind: str, content: bytes) -> Photograph:
    try:
        with Image.open(io.BytesIO(content), formats=[kind]) as opened:
            _within(*opened.size)
            picture = _upright(opened)
    except RefusedPhotograph:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as bomb:
        raise _too_many() from bomb
    except SPOILED as spoiled:
        raise RefusedPhotograph("broken", "The file is not a whole picture.") from spoiled
    format_ = "PNG" if picture.mode == "RGBA" else "JPEG"
    made = {"full": _encoded(picture, format_)}
    for side in THUMBNAILS:
        made[str(side)] = _encoded(ImageOps.fit(picture, (side, side), Image.Resampling.LANCZOS), format_)
    return Photograph(f"image/{format_.lower()}", made)


def _upright(opened: Image.Image) -> Image.Image:
    """The first frame: small enough, upright, in sRGB, RGBA only where something is transparent; pixels alone."""
    opened.draft("RGB", (FULL, FULL))
    opened.load()
    profile = opened.info.get("icc_profile")
    turned = opened.getexif().get(0x0112, 1)
    has_alpha = opened.mode in ("RGBA", "LA", "PA") or "transparency" in opened.info
    picture = (
        opened.copy() if opened.mode in ("RGB", "RGBA", "CMYK", "L") else opened.convert("RGBA" if has_alpha else "RGB")
    )
    picture.thumbnail((FULL, FULL), Image.Resampling.LANCZOS)
    picture = _plain(picture, profile).convert("RGBA" if has_alpha else "RGB")
    if picture.mode == "RGBA" and picture.getchannel("A").getextrema()[0] == 255:
        picture = picture.convert("RGB")
    turn = TURNS.get(turned)
    picture = picture.transpose(turn) if turn is not None else picture
    bare = Image.new(picture.mode, picture.size)
    bare.paste(picture)
    return bare


TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180, 4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE, 6: Image.Transpose.ROTATE_270, 7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}  # fmt: skip


def _plain(picture: Image.Image, profile: bytes | None) -> Image.Image:
    """In sRGB by its own profile; one that does not fit its picture is dropped like every other block."""
    if not profile:
        return picture
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        mode = "RGBA" if picture.mode == "RGBA" else "RGB"
        changed = ImageCms.profileToProfile(picture, source, ImageCms.createProfile("sRGB"), outputMode=mode)
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return picture
    return changed or picture


def _encoded(picture: Image.Image, format_: str) -> bytes:
    out = io.BytesIO()
    if format_ == "PNG":
        picture.save(out, "PNG")
    else:
        picture.save(out, "JPEG", quality=QUALITY, optimize=True, progressive=False)
    return out.getvalue()


def _within(width: int, height: int) -> None:
    if width * height > PIXELS or max(width, height) > SIDE:
        raise _too_many()


def _too_many() -> RefusedPhotograph:
    return RefusedPhotograph("pixels", f"A photograph has {PIXELS // 1_000_000} million pixels at most.")


def _webp_size(content: bytes) -> tuple[int, int]:
    """Width and height as the first chunk of a WebP says (RFC 9649)."""
    kind, head = content[12:16], content[20:30]
    if len(head) < 10:
        raise RefusedPhotograph("broken", "The file is not a whole picture.")
    if kind == b"VP8X":
        return int.from_bytes(head[4:7], "little") + 1, int.from_bytes(head[7:10], "little") + 1
    if kind == b"VP8L":
        bits = int.from_bytes(head[1:5], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    return int.from_bytes(head[6:8], "little") & 0x3FFF, int.from_bytes(head[8:10], "little") & 0x3FFF

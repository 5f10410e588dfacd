"""The console's own files: served under a name that carries their content's digest, kept by browsers for a year."""

import hashlib
from pathlib import Path

from litestar import Response, get
from litestar.exceptions import NotFoundException

FOLDER = Path(__file__).with_name("assets")
KINDS = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}
# What was taken from others, as released: htmx 2.0.11 (0BSD).
VENDORED = {"htmx.min.js": "d6fdc75f204e6bdefa99b69bf1e6d4ac69b8a364f77929f45c13476b4000f717"}


class NotAsVendored(RuntimeError):
    """A file taken from others is not the one that was taken."""


def _read() -> dict[str, bytes]:
    held = {path.name: path.read_bytes() for path in sorted(FOLDER.iterdir())}
    for name, digest in VENDORED.items():
        if hashlib.sha256(held[name]).hexdigest() != digest:
            raise NotAsVendored(name)
    return held


_HELD = _read()
ADDRESSES = {name: f"/assets/{hashlib.sha256(held).hexdigest()[:12]}/{name}" for name, held in _HELD.items()}


@get("/assets/{digest:str}/{name:str}", include_in_schema=False, sync_to_thread=False)
def asset(digest: str, name: str) -> Response[bytes]:
    """One of the console's own files."""
    if ADDRESSES.get(name) != f"/assets/{digest}/{name}":
        raise NotFoundException
    return Response(
        _HELD[name],
        media_type=KINDS[Path(name).suffix],
        headers={"cache-control": "public, max-age=31536000, immutable", "x-content-type-options": "nosniff"},
    )

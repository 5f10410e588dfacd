"""Statements: beside a file NAME stands NAME.note, in which the log's key signs its kind, name and content."""

from collections.abc import Iterable
from hashlib import sha256

from .merkle import Invalid
from .note import Verifier, open_note


def text_of(kind: str, name: str, content: bytes) -> str:
    """What is signed; `kind` is "bundle" for a manifest.json, "certificate" for a certificate.json."""
    return f"bailee.dev/statement/v1\n{kind}\n{sha256(content).hexdigest()}\n{name}\n"


def verify(note: str, text: str, pins: Iterable[Verifier]) -> None:
    """Raise unless the note states exactly this text, under the name `<log name>/statements` of a pinned key."""
    trusted = [pin._replace(name=f"{pin.name.rsplit('/', 2)[0]}/statements") for pin in pins]
    if open_note(note, trusted) != text:
        raise Invalid("the statement is about another file, or the file was changed or renamed since")

"""Checkpoints (C2SP tlog-checkpoint v1.0.0): a log's origin, size and root, signed; no extension lines."""

import re
from collections.abc import Iterable
from typing import NamedTuple

from .merkle import EMPTY, HASH, Invalid
from .note import Verifier, base64, open_note, unbase64

TEXT = re.compile(r"([^\n]+)\n(0|[1-9][0-9]{0,17})\n([^\n]+)\n")


class Checkpoint(NamedTuple):
    """What a log commits to: so many entries, in this order."""

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        return f"{self.origin}\n{self.size}\n{base64(self.root)}\n"

    @classmethod
    def parse(cls, text: str) -> "Checkpoint":
        if not (lines := TEXT.fullmatch(text)):
            raise Invalid("not a checkpoint: an origin, a size and a root hash, one line each")
        checkpoint = cls(lines[1], int(lines[2]), unbase64(lines[3]))
        if len(checkpoint.root) != HASH or (checkpoint.size == 0) != (checkpoint.root == EMPTY):
            raise Invalid("a checkpoint's root is 32 bytes, and that of the empty tree only at size 0")
        return checkpoint


def open_checkpoint(note: str, pins: Iterable[Verifier]) -> Checkpoint:
    """The checkpoint, signed under its own origin by a pinned key; a pin speaks for all logs of its log name."""
    origin = note.partition("\n")[0]
    same = [pin._replace(name=origin) for pin in pins if pin.name.rsplit("/", 2)[0] == origin.rsplit("/", 2)[0]]
    return Checkpoint.parse(open_note(note, same))

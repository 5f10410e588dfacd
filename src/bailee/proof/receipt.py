"""Receipts (C2SP tlog-proof v1): one entry's inclusion in a signed log, in one file, offline for ever."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .checkpoint import Checkpoint, open_checkpoint
from .merkle import HASH, Invalid, leaf_hash, verify_inclusion
from .note import Verifier, base64, unbase64

FORMAT = "c2sp.org/tlog-proof@v1"
HEAD = re.compile(re.escape(FORMAT) + r"\n(?:extra ([^\n]+)\n)?index (0|[1-9][0-9]{0,17})\n((?:[^\n]+\n){0,64})")


@dataclass(frozen=True)
class Receipt:
    """A receipt as it was read; nothing in it holds before `verify` returned."""

    index: int
    proof: tuple[bytes, ...]
    checkpoint: str
    extra: bytes


def make(index: int, proof: Sequence[bytes], checkpoint: str, extra: bytes | None = None) -> str:
    """A receipt out of an inclusion proof and the signed checkpoint it leads to."""
    head = f"{FORMAT}\n" + (f"extra {base64(extra)}\n" if extra else "") + f"index {index}\n"
    return head + "".join(f"{base64(value)}\n" for value in proof) + "\n" + checkpoint


def parse(text: str) -> Receipt:
    head, _, checkpoint = text.partition("\n\n")
    if not (parts := HEAD.fullmatch(head + "\n")):
        raise Invalid(f"not a receipt ({FORMAT})")
    proof = tuple(unbase64(value) for value in parts[3].split("\n")[:-1])
    if any(len(value) != HASH for value in proof):
        raise Invalid("a receipt's proof is made of hashes")
    return Receipt(int(parts[2]), proof, checkpoint, unbase64(parts[1]) if parts[1] else b"")


def verify(receipt: Receipt, data: bytes, pins: Iterable[Verifier]) -> Checkpoint:
    """The checkpoint, if a pinned key signed it and the leaf data stand at the index of its log."""
    checkpoint = open_checkpoint(receipt.checkpoint, pins)
    verify_inclusion(leaf_hash(data), receipt.index, checkpoint.size, receipt.proof, checkpoint.root)
    return checkpoint

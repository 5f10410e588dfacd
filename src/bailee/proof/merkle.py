"""The Merkle tree of RFC 6962, as far as checking a log needs it: hashes, the growing edge, inclusion."""

from collections.abc import Sequence
from functools import reduce
from hashlib import sha256

EMPTY = sha256(b"").digest()
HASH = 32


class Invalid(ValueError):
    """What was given does not hold; the words say why."""


def leaf_hash(data: bytes) -> bytes:
    return sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()


def fold(hashes: Sequence[bytes]) -> bytes:
    return reduce(lambda right, left: node_hash(left, right), reversed(hashes)) if hashes else EMPTY


class Edge:
    """The right edge of a growing tree: all that appending needs, one hash per set bit of the size."""

    def __init__(self) -> None:
        self.size, self.peaks = 0, list[bytes]()

    def append(self, leaf: bytes) -> None:
        carry = self.size
        while carry & 1:
            leaf, carry = node_hash(self.peaks.pop(), leaf), carry >> 1
        self.peaks.append(leaf)
        self.size += 1

    def root(self) -> bytes:
        return fold(self.peaks)


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """Raise unless the leaf hash stands at `index` of the log of `size` entries with that root."""
    if not 0 <= index < size:
        raise Invalid(f"entry {index} is outside a log of {size} entries")
    last, siblings = size - 1, list(reversed(proof))
    while last:
        if index & 1 or index < last:
            if not siblings:
                raise Invalid("the inclusion proof is too short")
            sibling = siblings.pop()
            leaf = node_hash(sibling, leaf) if index & 1 else node_hash(leaf, sibling)
        index, last = index >> 1, last >> 1
    if siblings or leaf != root:
        raise Invalid("the entry is not in the signed log: its proof leads elsewhere")

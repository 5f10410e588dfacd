"""The log's side of the tree: proofs to hand out, consistency, tiles as C2SP tlog-tiles cuts them (height 8).

A node is (level, index): the complete subtree over the leaves [index << level, (index + 1) << level).
Nothing is read or stored here. This file is not in `bailee_verify`, whose side of the tree is `merkle.py`.
"""

from collections.abc import Iterable, Mapping, Sequence

from .merkle import EMPTY, HASH, Edge, Invalid, fold, leaf_hash, node_hash, verify_inclusion

__all__ = [
    "EMPTY", "HASH", "Frontier", "Invalid", "Node", "Tile", "assemble", "changed_tiles", "consistency_nodes",
    "hash_in", "inclusion_nodes", "leaf_hash", "node_hash", "root_of", "tile_of", "tile_path",
    "verify_consistency", "verify_inclusion",
]  # fmt: skip

Node = tuple[int, int]
Tile = tuple[int, int, bytes]
TILE = 256 * HASH


class Frontier(Edge):
    """The right edge of a log as it is stored between two integrations."""

    def to_bytes(self) -> bytes:
        """The size (8 bytes, big-endian) and the peaks, the largest first."""
        return self.size.to_bytes(8, "big") + b"".join(self.peaks)

    @classmethod
    def from_bytes(cls, data: bytes) -> "Frontier":
        """What `to_bytes` wrote."""
        frontier = cls()
        frontier.size, frontier.peaks = int.from_bytes(data[:8], "big"), _cut(data[8:], HASH)
        if len(data) != 8 + HASH * frontier.size.bit_count():
            raise Invalid("the frontier's length does not fit its size")
        return frontier


def root_of(leaves: Iterable[bytes]) -> bytes:
    """The root over leaf hashes."""
    edge = Edge()
    for leaf in leaves:
        edge.append(leaf)
    return edge.root()


def _span(start: int, end: int) -> list[Node]:
    level = (end - start).bit_length() - 1
    return [(level, start >> level), *_span(start + (1 << level), end)] if start < end else []


def _beside(target: int, size: int, *, prefix: bool) -> list[list[Node]]:
    """What stands beside the way from the root down to a leaf, or down to the edge of the prefix it ends."""
    start, end, groups = 0, size, list[list[Node]]()
    while end - start > 1 and not (prefix and end - 1 == target):
        middle = start + (1 << (end - start - 1).bit_length() - 1)
        groups.append(_span(middle, end) if target < middle else _span(start, middle))
        start, end = (start, middle) if target < middle else (middle, end)
    return ([_span(start, end)] if prefix and start else []) + groups[::-1]


def inclusion_nodes(index: int, size: int) -> list[list[Node]]:
    """The nodes an inclusion proof is folded from: one group for each of its hashes, from the leaf up."""
    if not 0 <= index < size:
        raise Invalid(f"entry {index} is outside a log of {size} entries")
    return _beside(index, size, prefix=False)


def consistency_nodes(older: int, newer: int) -> list[list[Node]]:
    """The nodes of the proof that the log of `newer` entries begins with the log of `older` entries."""
    if not 0 <= older <= newer:
        raise Invalid(f"a log of {newer} entries cannot begin with one of {older}")
    return _beside(older - 1, newer, prefix=True) if older else []


def assemble(groups: Iterable[Iterable[Node]], hashes: Mapping[Node, bytes]) -> list[bytes]:
    """The proof, once the hash of every node of its groups is known: O(log size) of them."""
    return [fold([hashes[node] for node in group]) for group in groups]


def verify_consistency(older: int, newer: int, proof: Sequence[bytes], older_root: bytes, newer_root: bytes) -> None:
    """Raise unless the newer log begins with the whole older one."""
    groups = consistency_nodes(older, newer)
    if len(groups) != len(proof):
        raise Invalid(f"the consistency proof has {len(proof)} hashes where {len(groups)} are needed")
    steps = [(group[0][1] << group[0][0], value) for group, value in zip(groups, proof, strict=True)]
    old = new = steps.pop(0)[1] if steps and steps[0][0] < older else older_root
    for start, sibling in steps:
        old = node_hash(sibling, old) if start < older else old
        new = node_hash(sibling, new) if start < older else node_hash(new, sibling)
    if (old, new) != (older_root, newer_root) if older else older_root != EMPTY:
        raise Invalid("the newer log does not begin with the older one")


def tile_of(level: int, index: int) -> tuple[int, int]:
    """The tile (level, index) that holds a node, or the hashes it is folded from."""
    return level >> 3, index << (level & 7) >> 8


def hash_in(tile: bytes, level: int, index: int) -> bytes:
    """A node's hash, out of its tile."""
    first, width = (index << (level & 7) & 255) * HASH, HASH << (level & 7)
    if len(tile) < first + width:
        raise Invalid(f"the tile ends before node {level}/{index}")
    return root_of(_cut(tile[first : first + width], HASH))


def changed_tiles(size: int, edges: Mapping[tuple[int, int], bytes], leaves: Iterable[bytes]) -> list[Tile]:
    """The tiles (level, index, hashes) begun or extended by appending leaf hashes to a log of `size` entries.

    `edges`: the partial tiles of the right edge by (level, index), of (size >> 8 * level) & 255 hashes each
    where that is not zero. Levels that gain nothing are not read.
    """
    changed, level, hashes = list[Tile](), 0, list(leaves)
    while hashes:
        index, width = divmod(size, 256)
        packed = (edges.get((level, index), b"") if width else b"") + b"".join(hashes)
        if len(packed) != (width + len(hashes)) * HASH:
            raise Invalid(f"tile {level}/{index} should hold {width} hashes")
        tiles = _cut(packed, TILE)
        changed += [(level, index + n, tile) for n, tile in enumerate(tiles)]
        hashes = [root_of(_cut(tile, HASH)) for tile in tiles if len(tile) == TILE]
        level, size = level + 1, size >> 8
    return changed


def tile_path(level: int, index: int, width: int = 256) -> str:
    """A tile's path below the log's address, such as tile/0/x001/x234/067 or tile/1/000.p/17."""
    path = f"{index % 1000:03d}"
    while index := index // 1000:
        path = f"x{index % 1000:03d}/{path}"
    return f"tile/{level}/{path}" + (f".p/{width}" if width < 256 else "")


def _cut(packed: bytes, width: int) -> list[bytes]:
    return [packed[at : at + width] for at in range(0, len(packed), width)]

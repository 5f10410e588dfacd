"""The tree: frontier, proofs and tiles against the recursive definition of RFC 6962."""

import random
from collections.abc import Iterator
from hashlib import sha256
from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bailee.proof import merkle, tree
from bailee.proof.tree import Frontier, Invalid, assemble, consistency_nodes, inclusion_nodes

LEAVES = [tree.leaf_hash(index.to_bytes(4, "big")) for index in range(3000)]


def defined_root(leaves: list[bytes]) -> bytes:
    """MTH of RFC 6962, word for word."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    half = 1
    while half * 2 < len(leaves):
        half *= 2
    return sha256(b"\x01" + defined_root(leaves[:half]) + defined_root(leaves[half:])).digest()


class Counting(dict[tree.Node, bytes]):
    """Every node's hash by the definition; counts how many are asked for."""

    asked = 0

    def __missing__(self, node: tree.Node) -> bytes:
        level, index = node
        self[node] = defined_root(LEAVES[index << level : (index + 1) << level])
        return self[node]

    def __getitem__(self, node: tree.Node) -> bytes:
        self.asked += 1
        return super().__getitem__(node)


NODES = Counting()
ROOTS = [defined_root(LEAVES[:size]) for size in range(70)]


def changed(proof: list[bytes]) -> Iterator[list[bytes]]:
    """The same proof shortened, lengthened, reordered and altered."""
    yield [*proof, b"\x00" * 32]
    yield [b"\x00" * 32, *proof]
    for place in range(len(proof)):
        yield proof[:place] + proof[place + 1 :]
        yield [*proof[:place], bytes([proof[place][0] ^ 1]) + proof[place][1:], *proof[place + 1 :]]
    if len(proof) > 1:
        yield proof[::-1]


def test_the_frontier_has_the_defined_root_at_every_size() -> None:
    frontier = Frontier()
    for size in range(70):
        assert (frontier.size, frontier.root()) == (size, ROOTS[size])
        assert Frontier.from_bytes(frontier.to_bytes()).root() == ROOTS[size]
        frontier.append(LEAVES[size])


@given(st.integers(0, 3000), st.integers(0, 3000))
@settings(max_examples=25, deadline=None)
def test_a_frontier_that_was_stored_goes_on_as_if_it_had_not(first: int, second: int) -> None:
    first, second = sorted((first, second))
    frontier = Frontier()
    for leaf in LEAVES[:first]:
        frontier.append(leaf)
    frontier = Frontier.from_bytes(frontier.to_bytes())
    for leaf in LEAVES[first:second]:
        frontier.append(leaf)
    assert frontier.root() == tree.root_of(LEAVES[:second])


@pytest.mark.parametrize(
    "data", [b"", b"\x00" * 7, b"\x00" * 9, b"\x00" * 7 + b"\x03" + b"x" * 32, b"\x00" * 7 + b"\x01" + b"x" * 31]
)
def test_bytes_that_no_frontier_wrote_are_refused(data: bytes) -> None:
    with pytest.raises(Invalid):
        Frontier.from_bytes(data)


def test_every_entry_of_every_small_log_is_proven_and_no_other_stands_in_its_place() -> None:
    for size in range(1, 70):
        for index in range(size):
            proof = assemble(inclusion_nodes(index, size), NODES)
            tree.verify_inclusion(LEAVES[index], index, size, proof, ROOTS[size])
            for other in {(index + 1) % size, (index * 7) % size} - {index}:
                with pytest.raises(Invalid):
                    tree.verify_inclusion(LEAVES[other], index, size, proof, ROOTS[size])
                with pytest.raises(Invalid):
                    tree.verify_inclusion(LEAVES[index], other, size, proof, ROOTS[size])


def test_every_small_log_is_proven_to_begin_with_every_smaller_one() -> None:
    for newer in range(70):
        for older in range(newer + 1):
            proof = assemble(consistency_nodes(older, newer), NODES)
            tree.verify_consistency(older, newer, proof, ROOTS[older], ROOTS[newer])
            with pytest.raises(Invalid):
                tree.verify_consistency(older, newer, proof, b"\x00" * 32, ROOTS[newer])
            if older:
                with pytest.raises(Invalid):
                    tree.verify_consistency(older, newer, proof, ROOTS[older], b"\x00" * 32)


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_a_changed_proof_proves_nothing(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, 3000))
    index, older = data.draw(st.integers(0, size - 1)), data.draw(st.integers(1, size))
    root, older_root = tree.root_of(LEAVES[:size]), tree.root_of(LEAVES[:older])
    proof = assemble(inclusion_nodes(index, size), NODES)
    tree.verify_inclusion(LEAVES[index], index, size, proof, root)
    for other in changed(proof):
        with pytest.raises(Invalid):
            tree.verify_inclusion(LEAVES[index], index, size, other, root)
    proof = assemble(consistency_nodes(older, size), NODES)
    tree.verify_consistency(older, size, proof, older_root, root)
    for other in changed(proof):
        with pytest.raises(Invalid):
            tree.verify_consistency(older, size, other, older_root, root)


def test_a_fork_is_never_proven_consistent() -> None:
    seed = random.Random(3)
    for _ in range(200):
        newer = seed.randrange(2, 300)
        older = seed.randrange(1, newer)
        place = seed.randrange(older)
        forked = tree.root_of([*LEAVES[:place], b"\x00" * 32, *LEAVES[place + 1 : older]])
        proof = assemble(consistency_nodes(older, newer), NODES)
        with pytest.raises(Invalid):
            tree.verify_consistency(older, newer, proof, forked, tree.root_of(LEAVES[:newer]))


@pytest.mark.parametrize(("index", "size"), [(0, 0), (-1, 3), (3, 3), (9, 3)])
def test_an_entry_outside_the_log_has_no_proof(index: int, size: int) -> None:
    with pytest.raises(Invalid):
        inclusion_nodes(index, size)
    with pytest.raises(Invalid):
        merkle.verify_inclusion(LEAVES[0], index, size, [], LEAVES[0])


@pytest.mark.parametrize(("older", "newer"), [(-1, 3), (4, 3)])
def test_no_log_begins_with_a_longer_one(older: int, newer: int) -> None:
    with pytest.raises(Invalid):
        consistency_nodes(older, newer)


def test_a_proof_needs_as_many_hashes_as_the_tree_is_high() -> None:
    seed, size = random.Random(1), 2**40 + 12345
    for _ in range(200):
        asked = [node for group in inclusion_nodes(seed.randrange(size), size) for node in group]
        assert len(asked) <= 2 * size.bit_length()
        asked = [node for group in consistency_nodes(seed.randrange(1, size), size) for node in group]
        assert len(asked) <= 2 * size.bit_length()


@given(st.lists(st.integers(1, 700), min_size=1, max_size=6), st.randoms(use_true_random=False))
@settings(max_examples=25, deadline=None)
def test_tiles_grown_in_batches_give_every_proof(batches: list[int], seed: random.Random) -> None:
    tiles: dict[tuple[int, int], bytes] = {}
    size = 0
    for batch in batches:
        batch = min(batch, 3000 - size)
        tiles |= {
            (level, index): packed
            for level, index, packed in tree.changed_tiles(size, tiles, LEAVES[size : size + batch])
        }
        size += batch
    root = tree.root_of(LEAVES[:size])
    whole = {(level, index): packed for level, index, packed in tree.changed_tiles(0, {}, LEAVES[:size])}
    assert tiles == whole
    index, older = seed.randrange(size), seed.randrange(1, size + 1)
    for groups in (inclusion_nodes(index, size), consistency_nodes(older, size)):
        read = {tree.tile_of(*node) for group in groups for node in group}
        assert len(read) <= 4
        found = {node: tree.hash_in(tiles[tree.tile_of(*node)], *node) for group in groups for node in group}
        assert found == {node: NODES[node] for node in found}
    tree.verify_inclusion(LEAVES[index], index, size, assemble(inclusion_nodes(index, size), NODES), root)


@pytest.mark.parametrize("edges", [{}, {(0, 0): b"x" * 31}, {(0, 0): b"x" * 64}])
def test_tiles_do_not_grow_from_an_edge_that_does_not_fit(edges: dict[tuple[int, int], bytes]) -> None:
    with pytest.raises(Invalid):
        tree.changed_tiles(1, edges, LEAVES[:3])


def test_appending_nothing_changes_no_tile() -> None:
    assert tree.changed_tiles(1, {}, []) == []


def test_a_tile_that_ends_too_early_is_refused() -> None:
    with pytest.raises(Invalid):
        tree.hash_in(b"".join(LEAVES[:3]), 1, 1)


def test_a_second_takes_in_more_than_fifty_thousand_entries() -> None:
    data, started = [b"\x01" + leaf for leaf in LEAVES], process_time()
    frontier = Frontier()
    for _ in range(5):
        leaves = [tree.leaf_hash(entry) for entry in data]
        for leaf in leaves:
            frontier.append(leaf)
        tree.changed_tiles(0, {}, leaves)
    assert frontier.size / (process_time() - started) > 50_000

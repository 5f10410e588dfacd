"""A long log costs no more memory than a short one: written, sequenced, proven and read through.

30,000 entries by default; LONG=1 makes ten million (ENTRIES: as many) and says what they took.
"""

import asyncio
import os
import sys
from pathlib import Path
from time import perf_counter

from tests.integration.test_ledger import said

from bailee.ledger.entries import Act
from bailee.proof import receipt as receipts
from bailee.proof.entries import leaf_data, read_extra
from bailee.proof.merkle import node_hash
from bailee.proof.note import Verifier
from bailee.proof.tree import verify_consistency

LONG = os.environ.get("LONG") == "1"
ENTRIES = int(os.environ.get("ENTRIES", "10000000" if LONG else "30000"))
BATCH, WRITERS = 250, 4
GROWTH = 96 << 20


def resident() -> int:
    """Bytes of memory that this process holds."""
    [line] = [one for one in Path("/proc/self/status").read_text().splitlines() if one.startswith("VmRSS")]
    return int(line.split()[1]) << 10


def grow(peaks: list[tuple[int, bytes]], leaf: bytes) -> None:
    """Add a leaf to the whole subtrees of a log, each with its height."""
    height = 0
    while peaks and peaks[-1][0] == height:
        leaf, height = node_hash(peaks.pop()[1], leaf), height + 1
    peaks.append((height, leaf))


def root_of(peaks: list[tuple[int, bytes]]) -> bytes:
    """The root over the whole subtrees, from the right."""
    root = peaks[-1][1]
    for _, peak in reversed(peaks[:-1]):
        root = node_hash(peak, root)
    return root


async def test_a_log_of_any_length_is_kept_and_read_in_bounded_memory(rooms, hold, capsys):
    holder = await hold()
    facts = [Act("measured", holder.id, "tests", {"n": n}) for n in range(BATCH)]
    ahead = iter(range(ENTRIES // BATCH))
    checkpoints, measured, kept = {}, list[int](), []
    began = perf_counter()

    async def write() -> None:
        for number in ahead:
            [first, *_] = await rooms.appending.append(holder.id, facts)
            if number % (ENTRIES // BATCH // 10) == 0:
                kept.append(first)
                measured.append(resident())
                head = await rooms.reading.head(holder.id)
                if head is not None:
                    checkpoint = said(head.checkpoint)
                    checkpoints[checkpoint.size] = checkpoint.root

    await asyncio.gather(*(write() for _ in range(WRITERS)))
    written = perf_counter()
    head = await rooms.reading.integrated(holder.id, within=600)
    integrated = perf_counter()
    last = said(head.checkpoint)
    assert last.size >= ENTRIES
    assert max(measured) - measured[1] < GROWTH, "writing and sequencing grow with the log"
    for size, root in checkpoints.items():
        proof = await rooms.reading.consistency(holder.id, size, last.size)
        assert len(proof) <= last.size.bit_length() + 1
        verify_consistency(size, last.size, proof, root, last.root)
    lengths = [await proven(rooms, holder.id, one, last.size) for one in kept]
    proved = perf_counter()
    before, count = resident(), 0
    peaks: list[tuple[int, bytes]] = []
    async for entry in rooms.reading.entries(holder.id, 0, last.size):
        assert entry.index == count
        grow(peaks, entry.leaf)
        count += 1
    assert count == last.size
    assert root_of(peaks) == last.root, "what is read through is what was signed"
    grown = resident() - before
    assert grown < GROWTH, "reading grows with the log"
    if LONG:
        with capsys.disabled():
            sys.stdout.write(
                f"\n{last.size} entries: written in {written - began:.0f} s ({ENTRIES / (written - began):.0f} a second), "
                f"integrated {integrated - written:.2f} s later; {len(checkpoints)} consistency proofs and {len(kept)} "
                f"receipts in {(proved - integrated) * 1000:.0f} ms, a receipt of {max(lengths)} bytes at most; "
                f"read through in {perf_counter() - proved:.0f} s; memory grew by "
                f"{(max(measured) - measured[1]) >> 20} MiB writing and {grown >> 20} MiB reading, {GROWTH >> 20} allowed\n"
            )


async def proven(rooms, controller, recorded, size: int) -> int:
    """Check the receipt of an entry as an auditor does, with nothing but the log's key; its length in bytes."""
    text = await rooms.reading.receipt(controller, recorded.batch.batch_id, recorded.position)
    read = receipts.parse(text)
    pins = [Verifier.parse(rooms.log_key.verifier(controller))]
    assert receipts.verify(read, leaf_data(*read_extra(read.extra)), pins).size == size
    return len(text)

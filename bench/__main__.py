"""`make bench`: the performance table, side by side, medians of interleaved rounds.

`--short` is what `make check` runs: few rounds, the same code. Results go to bench/results.json, the picture
to bench/results.svg. LONG=1 runs the whole matrix.
"""

import argparse
import gc
import os
import sys
import tempfile
from pathlib import Path

import msgspec
import uvloop
from rich.console import Console

from bench import drawing, profiling
from bench.measuring import Row
from bench.rows import deciding, http, keeping, ledger, reads, searching
from bench.standing import standing

RESULTS = Path(__file__).with_name("results.json")
PICTURE = Path(__file__).with_name("results.svg")
PARTS = {
    "reads": reads,
    "http": http,
    "ledger": ledger,
    "keeping": keeping,
    "deciding": deciding,
    "searching": searching,
}


async def run(folder: Path, binaries: Path | None, chosen: argparse.Namespace) -> list[Row]:
    """Stand everything up, fill it, measure part after part."""
    long = os.environ.get("LONG") == "1"
    rounds, operations = (3, 400) if chosen.short else (7, 3000)
    console = Console(stderr=True)
    found: list[Row] = []
    async with standing(folder, binaries, rounds=rounds, operations=operations, long=long) as world:
        gc.collect()
        gc.freeze()
        gc.set_threshold(20_000, 20, 20)
        if chosen.profile:
            return await profiling.rows(world)
        for name, part in PARTS.items():
            if not chosen.only or name in chosen.only:
                with console.status(f"measuring {name}"):
                    found += await part.rows(world)
    return found


def contrib() -> Path | None:
    """The binaries of a PostgreSQL with pgcrypto, which the hand-made peer needs."""
    for folder in sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True):
        if Path(f"/usr/share/postgresql/{folder.parent.name}/extension/pgcrypto.control").exists():
            return folder
    return None


def main() -> int:
    """Measure, draw, keep."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--short", action="store_true", help="fewer rounds; results are printed, not kept")
    parser.add_argument("--profile", action="store_true", help="where the microseconds go; not kept")
    parser.add_argument("--only", nargs="*", choices=list(PARTS), help="only these parts; not kept")
    chosen = parser.parse_args()
    binaries = contrib()
    with tempfile.TemporaryDirectory() as folder:
        rows = uvloop.run(run(Path(folder), binaries, chosen))
    if chosen.profile:
        Console(width=120).print(drawing.stages(rows))
        return 0
    Console(width=170).print(drawing.table(rows, "Medians of interleaved rounds; a ratio above 1: ours is faster"))
    if binaries is None:
        print("row 3 is not measured: the hand-made peer needs pgcrypto, which no server here has")
    missed = [row for row in rows if _missed(row)]
    for row in missed:
        print(f"below its floor: {row.row} {row.settings} {row.ratio if row.ratio is not None else row.value}")
    if not chosen.short and not chosen.only:
        RESULTS.write_bytes(msgspec.json.format(msgspec.json.encode(rows)) + b"\n")
        PICTURE.write_text(drawing.bars(rows))
        print(f"kept in {RESULTS} and {PICTURE}")
    return 0


def _missed(row: Row) -> bool:
    if row.floor is None:
        return False
    if row.ratio is not None:
        return row.ratio < row.floor
    higher = row.unit == "/s"
    return row.value is not None and (row.value < row.floor if higher else row.value > row.floor)


if __name__ == "__main__":
    sys.exit(main())

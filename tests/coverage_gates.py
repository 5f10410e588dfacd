"""Gates on branch coverage, after the tests: all of what decides and proves, keeps and opens."""

import json
import subprocess
import sys

LEAST = {"vocabulary": 100, "proof": 100, "contract": 100, "ledger": 100, "vault": 100, "gate": 100}


def main() -> int:
    made = subprocess.run(
        [sys.executable, "-m", "coverage", "json", "-q", "-o", "-"], capture_output=True, text=True, check=True
    )
    files = json.loads(made.stdout)["files"]
    rooms: dict[str, list[float]] = {room: [] for room in LEAST}
    failed = False
    for name, one in files.items():
        room = name.removeprefix("src/bailee/").partition("/")[0]
        if room in rooms:
            share = one["summary"]["percent_covered"]
            rooms[room].append(share)
            if share < LEAST[room]:
                failed = True
                print(f"{name}: {share:.1f} %, not covered: {one['missing_lines'] or one['missing_branches']}")
    for room, shares in rooms.items():
        print(f"branch coverage of {room}: {min(shares):.1f} % in its least covered file, {LEAST[room]} % asked for")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())

"""Gates on branch coverage, after the tests: all of it on what decides, keeps, opens and proves."""

import json
import subprocess
import sys

ROOMS = ("vocabulary", "proof", "contract", "ledger", "vault", "gate")
WHOLE = tuple(f"src/bailee/{room}/" for room in ROOMS)


def main() -> int:
    made = subprocess.run(
        [sys.executable, "-m", "coverage", "json", "-q", "-o", "-"], capture_output=True, text=True, check=True
    )
    files = json.loads(made.stdout)["files"]
    short = {
        name: one["missing_lines"] or one["missing_branches"]
        for name, one in files.items()
        if name.startswith(WHOLE) and one["summary"]["percent_covered"] < 100
    }
    for name, missing in short.items():
        print(f"{name}: not covered: {missing}")
    print(f"branch coverage of {', '.join(ROOMS)}:", "100 %" if not short else "too low")
    return 1 if short else 0


if __name__ == "__main__":
    sys.exit(main())

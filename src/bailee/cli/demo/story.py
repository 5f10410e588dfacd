"""How the demo tells its story: chapters, facts, replies, with the time each took."""

import time
from pathlib import Path
from typing import Any

from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from bailee.cli.demo.speaking import Reply, Unexpected
from bailee.cli.saying import out, say_json


class Story:
    """Tells what happens, and keeps it for those who want JSON."""

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet
        self._began = time.monotonic()
        self._told: list[dict[str, Any]] = []
        self._artefacts: dict[str, str] = {}
        self._running: Progress | None = None

    def chapter(self, title: str) -> None:
        """Begin a chapter."""
        self._told.append({"chapter": title, "at": round(time.monotonic() - self._began, 1), "facts": []})
        self._print(f"\n[bold]{len(self._told)}  {title}[/bold]  [dim]{self._told[-1]['at']} s[/dim]")

    def begun(self, words: str) -> None:
        """Something that takes a while, before it is so: on a terminal a line that moves until the next is told."""
        if self._quiet or not out.is_terminal:
            self._print(f"   [dim]○ {words}[/dim]")
            return
        self.still()
        columns = (TextColumn("  "), SpinnerColumn(), TextColumn(f"[dim]{words}[/dim]"), TimeElapsedColumn())
        self._running = Progress(*columns, console=out, transient=True)
        self._running.add_task("", total=None)
        self._running.start()

    def still(self) -> None:
        """Nothing is under way any more: the moving line goes."""
        if self._running is not None:
            self._running.stop()
            self._running = None

    def fact(self, words: str) -> None:
        """Something that is so."""
        self._told[-1]["facts"].append(words)
        self._print(f"   [green]✓[/green] {words}")

    def refused(self, words: str, reply: Reply, *, clause: str) -> None:
        """A refusal that had to come, by this clause."""
        if reply.status < 400 or (clause and reply.body.get("clause") != clause):
            raise Unexpected(f"{words}: expected a refusal by {clause}, got {reply.status} {reply.body}")
        self._told[-1]["facts"].append(f"{words}: {reply.status} {clause}")
        named = f" by [bold]{clause}[/bold]" if clause else ""
        self._print(f"   [yellow]⊘[/yellow] {words}: refused{named}  [dim]{reply.body['remedy']}[/dim]")

    def artefact(self, name: str, path: Path) -> None:
        """Something left to look at."""
        self._artefacts[name] = str(path)

    def close(self, folder: Path, as_json: bool) -> None:
        """Say where everything lies."""
        took = round(time.monotonic() - self._began, 1)
        if as_json:
            say_json({"seconds": took, "folder": str(folder), "chapters": self._told, "artefacts": self._artefacts})
            return
        self._print(f"\n[bold]Everything is in {folder}[/bold]")
        width = max(map(len, self._artefacts))
        for name, path in self._artefacts.items():
            self._print(f"   {name:<{width}}  {path}")
        self._print(
            f"\n[green]done in {took} s[/green], every step checked. Next, with people of your own: docs/start/first-hour.md"
        )

    def _print(self, words: str) -> None:
        self.still()
        if not self._quiet:
            out.print(words, soft_wrap=True)

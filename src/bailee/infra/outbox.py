"""The outbox of a sandbox without a mail server: letters as files, apart for each controller and each person.

A letter names its reader, so it goes with them: when the person is erased, and with the controller's contract.
"""

import os
import shutil
from pathlib import Path
from uuid import UUID

PLATFORM = "platform"
NOBODY = "-"


class LettersLeft(OSError):
    """Letters to an erased person could not be removed: the erasure stays open and is tried again."""


class Outbox:
    """Keeps letters below one folder, readable by the platform's own user alone."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, controller: UUID | None, person: UUID | None, name: str, content: bytes) -> None:
        """A letter (the same one anew where it is sent again), for a person of a controller (none: of the processor's own) where it is to one."""
        below = (self._folder, self._of(controller), self._of(controller) / str(person or NOBODY))
        for one in below:
            one.mkdir(mode=0o700, parents=True, exist_ok=True)
        with open(os.open(below[-1] / f"{name}.eml", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
            out.write(content)

    def forget(self, controller: UUID, person: UUID) -> None:
        """Every letter to a person, or `LettersLeft`."""
        folder = self._of(controller) / str(person)
        shutil.rmtree(folder, ignore_errors=True)
        if folder.exists():
            raise LettersLeft(str(folder))

    def forget_all(self, controller: UUID) -> None:
        """Every letter to a controller's people; whether they are gone is looked at by the one who certifies it."""
        shutil.rmtree(self._of(controller), ignore_errors=True)

    def _of(self, controller: UUID | None) -> Path:
        return self._folder / str(controller or PLATFORM)

"""The room of backups for one running platform: each part once, by name."""

from functools import cached_property
from typing import Any
from uuid import UUID

from bailee.processing.backup.backups import Backups
from bailee.processing.backup.book import Book
from bailee.processing.backup.drills import Drills, Opener
from bailee.processing.backup.owing import Owing, terms_of


class Room:
    """Built on the rooms of the house; `open` opens rooms on a platform that was restored aside."""

    def __init__(self, rooms: Any, open: Opener) -> None:
        self._rooms = rooms
        self._open = open

    @cached_property
    def book(self) -> Book:
        """What is known of copies."""
        return Book(self._rooms.control)

    @cached_property
    def owing(self) -> Owing:
        """What is owed of them."""
        rooms = self._rooms
        return Owing(rooms.committing, rooms.owing.obligations, rooms.platform, terms_of(rooms.settings))

    @cached_property
    def backups(self) -> Backups:
        """The copies."""
        rooms = self._rooms
        return Backups(
            settings=rooms.settings, platform=rooms.platform, data=rooms.data, root=rooms.root, log_key=rooms.log_key,
            destruction_log=rooms.destruction_log, committing=rooms.committing, owing=self.owing, book=self.book,
            clock=rooms.clock, everyone=rooms.everyone, believed=rooms.ticking.believed,
        )  # fmt: skip

    @cached_property
    def drills(self) -> Drills:
        """What proves them."""
        rooms = self._rooms
        return Drills(
            settings=rooms.settings, platform=rooms.platform, committing=rooms.committing, owing=self.owing,
            book=self.book, clock=rooms.clock, shelf=lambda: self.backups.shelf, open=self._open,
        )  # fmt: skip

    async def only_platform(self) -> list[UUID]:
        """Whom the duties of backups are done at: the platform alone."""
        return [self._rooms.platform]

"""Telling the processor's own people that a notice failed: a letter of theirs, queued in the same transaction."""

from functools import cache
from pathlib import Path
from uuid import UUID

from bailee.infra.web.words import Words
from bailee.ledger.committing import Transaction
from bailee.obligations import wording
from bailee.obligations.notices.notice import Notice
from bailee.obligations.notices.queueing import Queueing
from bailee.vocabulary.languages import LANGUAGES

TEMPLATES = Path(__file__).with_name("templates")
BOUNCED = "bounced "


class StaffLetters:
    """Queues a letter to the processor's officer for each notice that failed."""

    def __init__(self, queueing: Queueing, origin: str) -> None:
        self._queueing = queueing
        self._origin = origin

    async def __call__(self, change: Transaction, notice: UUID, *, clause: str, reason: str) -> None:
        """A notice of a clause failed, for a reason."""
        link = f"{self._origin}/notices/{change.controller}/{notice}"
        values = {"notice": str(notice), "about": clause, "reason": reason, "link": link}
        values |= {f"matter_{language}": wording.called(language, clause) for language in LANGUAGES}
        values |= {f"why_{language}": why(language, reason) for language in LANGUAGES}
        letter = Notice(
            kind="officer", clause="parties.addresses", subject=f"notice/{notice}", letter="notices/failed",
            values=values, side="processor",
        )  # fmt: skip
        await self._queueing.queue(change, letter, by="platform")


def why(language: str, reason: str) -> str:
    """Why a notice did not arrive, in words; a code that has none stays as it is. Pages say it alike."""
    if reason.isdigit():
        return _words().say(language, "the mail server said {code}", code=reason)
    if reason.startswith(BOUNCED):
        return _words().say(language, "came back ({code})", code=reason.removeprefix(BOUNCED))
    said = _words().say(language, f"mail-{reason}")
    return said if said != f"mail-{reason}" else reason


@cache
def _words() -> Words:
    return Words((TEMPLATES,))

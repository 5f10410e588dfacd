"""What is not as it was sealed: wherever a request or the worker meets it, an entry of the platform's log says so.

The gate has its own entries for records, at their controllers. Here is the rest: notices, messages, questions, drafts,
settings. Asked for again and again, it is said once a minute.
"""

from uuid import UUID

from bailee.infra.clock import Clock
from bailee.infra.database import Unavailable
from bailee.infra.keys.key import NotAsSealed
from bailee.ledger.appending import Appending
from bailee.ledger.entries import Act

ONCE_IN_SECONDS = 60.0
REMEMBERED = 1_000


class Noticing:
    """Writes down what does not open as itself."""

    def __init__(self, appending: Appending, platform: UUID, clock: Clock) -> None:
        self._appending = appending
        self._platform = platform
        self._clock = clock
        self._said: dict[tuple[str, str], float] = {}

    async def note(self, problem: BaseException, where: str) -> None:
        """Say what was found, and where it was asked for; nothing for any other problem. `where` names no person."""
        if not isinstance(problem, NotAsSealed):
            return
        what, now = type(problem).__name__, self._clock.monotonic()
        if now - self._said.get((what, where), float("-inf")) < ONCE_IN_SECONDS:
            return
        if len(self._said) >= REMEMBERED:
            self._said.clear()
        self._said[what, where] = now
        details = {"what": what, "where": where, "id": _id(str(problem))}
        try:
            await self._appending.append_one(Act("found-altered", self._platform, "platform", details))
        except Unavailable:  # the answer is given all the same; whoever asks next has it written down
            del self._said[what, where]


def _id(text: str) -> str:
    """The id that a problem names; nothing where its words are no id."""
    try:
        return str(UUID(text))
    except ValueError:
        return ""

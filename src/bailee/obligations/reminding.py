"""Reminding by letter: once a day at the most, each office in charge is told what falls due, and what is late.

A letter is not one obligation's but a day's: whoever owes a thousand things gets one letter of the most urgent, with the
number of the others. It names duties and days, nobody, and needs no answer; the list itself is in the console.
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from bailee.infra.clock import Clock
from bailee.ledger.committing import Committing, Transaction
from bailee.obligations import queries, wording
from bailee.obligations.notices.notice import Kind, Notice
from bailee.obligations.notices.queueing import Queueing
from bailee.obligations.obligations import obligation_of
from bailee.obligations.promises import Obligation, Side
from bailee.vocabulary.languages import LANGUAGES

A_DAY, SOON = timedelta(days=1), timedelta(days=7)
MOST = 20
PAGE = 1_000
FIRST = datetime(1, 1, 1, tzinfo=UTC), UUID(int=0)
CLAUSE = "parties.cooperation"
# Which of a controller's offices is in charge of a clause, by how its id begins; our own officer is of all of ours.
OFFICES: tuple[tuple[str, Kind], ...] = (
    ("rights.complaint", "complaint"), ("breach.", "breach"), ("subprocessors.", "sub_processor"), ("end.", "end"),
    ("retention.", "hold"),
)  # fmt: skip


class Reminding:
    """Writes the letters. `reached` says whether an agreement names addresses for a controller now."""

    def __init__(
        self, *, committing: Committing, queueing: Queueing, clock: Clock, reached: Callable[[UUID], Awaitable[bool]],
        origin: str,
    ) -> None:  # fmt: skip
        self._committing = committing
        self._queueing = queueing
        self._clock = clock
        self._reached = reached
        self._origin = origin

    async def write(self, controller: UUID) -> int:
        """Queue today's letters of a controller, where there are any; how many. For the worker."""
        if not await self._reached(controller):
            return 0
        now = self._clock.now()
        async with self._committing.transaction(controller) as change:
            last: datetime | None = await change.connection.fetchval(queries.LAST_LETTER, controller)
            if await change.connection.fetchval(queries.WRITE_LETTER, controller, now, now - A_DAY) is None:
                return 0
            letters = digests(await self._pressing(change, last, now), last, now)
            for (side, kind), owed in letters.items():
                notice = Notice(
                    kind=kind, clause=CLAUSE, subject=f"reminders/{now:%Y-%m-%d}", letter="notices/reminder", side=side,
                    values=said(owed, now) | {"link": f"{self._origin}/obligations"},
                )  # fmt: skip
                await self._queueing.queue(change, notice, by="platform")
        return len(letters)

    async def _pressing(self, change: Transaction, last: datetime | None, now: datetime) -> list[Obligation]:
        """Whatever is open and near, late, or reminded of: however much else is open, all of it is looked at."""
        found, after = list[Obligation](), FIRST
        while rows := await change.connection.fetch(queries.OPEN_AFTER, change.controller, *after, PAGE):
            found += [one for one in map(obligation_of, rows) if _presses(one, now) or _came(one, last, now)]
            after = rows[-1]["due_at"], rows[-1]["obligation_id"]
        return found


def digests(
    found: Sequence[Obligation], last: datetime | None, now: datetime
) -> dict[tuple[Side, Kind], list[Obligation]]:
    """What each office is told: offices of which something came since the last letter, with all that presses there."""
    owed: dict[tuple[Side, Kind], list[Obligation]] = {}
    new = set[tuple[Side, Kind]]()
    for one in found:
        office = _office(one)
        if _presses(one, now) or _came(one, last, now):
            owed.setdefault(office, []).append(one)
        if _came(one, last, now):
            new.add(office)
    return {office: sorted(owed[office], key=lambda one: one.promise.binding) for office in sorted(new)}


def said(owed: Sequence[Obligation], now: datetime) -> dict[str, object]:
    """What the letter says: the most urgent, and how many more there are."""
    late = [one for one in owed if one.promise.binding < now]
    soon = [one for one in owed if one.promise.binding >= now]
    shown = {"late": late[:MOST], "soon": soon[: max(MOST - len(late), 0)]}
    lines = {
        f"{name}_{language}": [
            f"{wording.called(language, one.promise.clause)}, {one.promise.binding:%Y-%m-%d %H:%M} UTC" for one in some
        ]
        for name, some in shown.items()
        for language in LANGUAGES
    }  # fmt: skip
    return lines | {"many": len(late), "others": len(owed) - sum(map(len, shown.values()))}


def _office(one: Obligation) -> tuple[Side, Kind]:
    if one.promise.owed_by == "processor":
        return "processor", "officer"
    return "controller", next((kind for begins, kind in OFFICES if one.promise.clause.startswith(begins)), "request")


def _presses(one: Obligation, now: datetime) -> bool:
    return one.promise.binding <= now + SOON


def _came(one: Obligation, last: datetime | None, now: datetime) -> bool:
    """Whether a reminder of it, or its being late, has come since the last letter."""
    due = one.promise.binding
    if due < now and (last is None or due >= last):
        return True
    return any(at <= now and (last is None or at > last) for at in one.promise.reminders)

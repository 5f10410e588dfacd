"""Reminding by letter: once a day at the most, each office in charge is told what falls due, and what is late.

A letter is not one obligation's but a day's: whoever owes a thousand things gets one letter of the most urgent, with the
number of the others. It names duties and days, and nobody. What a controller owes and can answer from its mailbox has a
link of its own, made for this letter: whoever acts from a reminder never finds it too old. The list is in the console.
A matter that is not as it was sealed is named as such, without a link, and keeps no other from being reminded of.
"""

import itertools
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from bailee.infra.clock import Clock
from bailee.infra.keys.key import NotAsSealed
from bailee.infra.web.words import moment
from bailee.ledger.altered import Noticing
from bailee.ledger.committing import Committing, Transaction
from bailee.obligations import queries, wording
from bailee.obligations.mailbox.asking import Asking
from bailee.obligations.mailbox.questions import Question
from bailee.obligations.notices.notice import Kind, Notice
from bailee.obligations.obligations import obligation_of
from bailee.obligations.promises import Obligation, Side
from bailee.vocabulary.languages import LANGUAGES, Language

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
# What is asked of a controller about what it owes, as it stands; None where nothing can be answered.
AsksOf = Callable[[Obligation, Language], Awaitable[Question | None]]
# In which language a controller is written to; None where no agreement names addresses for it now.
WrittenTo = Callable[[UUID], Awaitable[Language | None]]


class Reminding:
    """Writes the letters. `answered` is what can be answered from a letter, by the first word of what it is about."""

    def __init__(
        self, *, committing: Committing, asking: Asking, clock: Clock, spoken: WrittenTo, answered: Mapping[str, AsksOf],
        noticing: Noticing, origin: str,
    ) -> None:  # fmt: skip
        self._committing = committing
        self._asking = asking
        self._clock = clock
        self._spoken = spoken
        self._answered = answered
        self._noticing = noticing
        self._origin = origin

    async def write(self, controller: UUID) -> int:
        """Queue today's letters of a controller, where there are any; how many. For the worker."""
        language = await self._spoken(controller)
        if language is None:
            return 0
        now, altered = self._clock.now(), dict[str, NotAsSealed]()
        async with self._committing.transaction(controller) as change:
            last: datetime | None = await change.connection.fetchval(queries.LAST_LETTER, controller)
            if await change.connection.fetchval(queries.WRITE_LETTER, controller, now, now - A_DAY) is None:
                return 0
            letters = digests(await self._pressing(change, last, now), last, now)
            for (side, kind), owed in letters.items():
                asked = {
                    str(one.id): question for one in itertools.chain(*shown(owed, now))
                    if (question := await self._question(one, language, altered)) is not None
                }  # fmt: skip
                notice = Notice(
                    kind=kind, clause=CLAUSE, subject=f"reminders/{now:%Y-%m-%d}", letter="notices/reminder", side=side,
                    values=said(owed, now) | {"altered": sorted(altered), "link": f"{self._origin}/obligations"},
                )  # fmt: skip
                await self._asking.ask_each(change, notice, asked, by="platform", language=language)
        for problem in altered.values():
            await self._noticing.note(problem, "worker: reminders")
        return len(letters)

    async def _question(
        self, one: Obligation, language: Language, altered: dict[str, NotAsSealed]
    ) -> Question | None:  # fmt: skip
        """What is asked about one matter. What is not as it was sealed goes to `altered`, and nothing is asked about it."""
        asked = self._answered.get(one.promise.subject.partition("/")[0])
        if asked is None or one.promise.owed_by != "controller":
            return None
        try:
            return await asked(one, language)
        except NotAsSealed as problem:
            altered[str(one.id)] = problem
            return None

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


def shown(owed: Sequence[Obligation], now: datetime) -> tuple[list[Obligation], list[Obligation]]:
    """The most urgent: what is late, and what falls due soon."""
    late = [one for one in owed if one.promise.binding < now]
    soon = [one for one in owed if one.promise.binding >= now]
    return late[:MOST], soon[: max(MOST - len(late), 0)]


def said(owed: Sequence[Obligation], now: datetime) -> dict[str, object]:
    """What the letter says: the most urgent, and how many more there are."""
    late, soon = shown(owed, now)
    lines = {
        f"{name}_{language}": [
            {
                "id": str(one.id),
                "said": f"{wording.called(language, one.promise.clause)}, {moment(language, one.promise.binding)}",
            }
            for one in some
        ]
        for name, some in (("late", late), ("soon", soon))
        for language in LANGUAGES
    }  # fmt: skip
    many = sum(one.promise.binding < now for one in owed)
    return lines | {"many": many, "others": len(owed) - len(late) - len(soon)}


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

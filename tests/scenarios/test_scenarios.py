"""Runs the stories of this folder: README.md says how they are written."""

import itertools
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
import yaml
from tests.household import Household

from bailee.clauses.return_and_destruction import deadlines
from bailee.contract.clauses import BY_ID
from bailee.obligations.calendar import Calendar
from bailee.obligations.custom_duties import CUSTOM
from bailee.obligations.obligations import Obligations
from bailee.obligations.promises import Obligation, Promise
from bailee.vocabulary.periods import Period

HERE = Path(__file__).parent
STORIES = sorted(HERE.glob("*.yaml"))
PARIS = ZoneInfo("Europe/Paris")
CALENDAR = Calendar.of("Europe/Paris", "FR")
WORDS = {
    "at",
    "what",
    "owes",
    "evidence",
    "mistaken",
    "extends",
    "contract_ends",
    "return_acknowledged",
    "shown",
    "reminded",
}
NAMED = {"destruction": "end.destroy", "acknowledgement": "end.return"}


class StoryClock:
    """The time of the story."""

    simulated = True

    def __init__(self) -> None:
        self.at = datetime(2026, 1, 1, tzinfo=UTC)

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return 0.0


def when(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%d %H:%M").replace(tzinfo=PARIS).astimezone(UTC)


class Story:
    """One story being told to the engine."""

    def __init__(self, rooms: Any, house: Household, agreement: Any) -> None:
        self.rooms, self.house, self.agreement = rooms, house, agreement
        self.clock, self.ids, self.events = StoryClock(), dict[str, UUID](), dict[str, datetime]()

        self.engine = Obligations(
            database=rooms.data, committing=rooms.committing, clock=self.clock, platform=rooms.platform,
        )  # fmt: skip

    async def moment(self, said: dict[str, Any]) -> None:
        assert set(said) <= WORDS, f"not words of a story: {set(said) - WORDS}"
        assert when(said["at"]) >= self.clock.at, "a story goes forward"
        await self._nights_between(when(said["at"]))
        async with self.rooms.committing.transaction(self.house.id) as change:
            for owed in said.get("owes", ()):
                await self._open(change, owed["about"], self._promise(owed))
            if said.get("contract_ends"):
                await self._end(change)
            if said.get("return_acknowledged"):
                await self.engine.discharge(change, self.ids["acknowledgement"], by="story", proof="acknowledgement")
            for about, proof in said.get("evidence", {}).items():
                await self.engine.discharge(change, self.ids[about], by="story", proof=proof)
            for about, reason in said.get("mistaken", {}).items():
                await self.engine.withdraw(change, self.ids[about], by="story", reason=reason)
            for about, given in said.get("extends", {}).items():
                due = CALENDAR.due(self.events[about], Period.parse(given["within"]))
                await self.engine.move(change, self.ids[about], due, by="story", reason=given["reason"])
        while await self.engine.due(self.house.id):
            continue
        held = {one.id: one for one in await self.engine.listed(self.house.id)}
        shown = {about: standing(held[self.ids[about]]) for about in said.get("shown", {})}
        assert shown == said.get("shown", {}), said["what"]
        if "reminded" in said:
            assert await self._reminded() == sorted(said["reminded"]), said["what"]

    async def _nights_between(self, until: datetime) -> None:
        """The worker looks at the end of every quarter of a day that the story passes over, as it does in life."""
        while until - self.clock.at > timedelta(hours=6) and self.ids:
            self.clock.at += timedelta(hours=6)
            await self.engine.due(self.house.id)
        self.clock.at = until

    def _promise(self, owed: dict[str, Any]) -> Promise:
        now = self.clock.at
        if "before" in owed:
            due = CALENDAR.latest(when(owed["before"]), Period.parse(owed["by_at_least"]))
        else:
            due = CALENDAR.due(now, Period.parse(owed["within"]))
        to = (
            "person"
            if owed["clause"] == "rights.tools"
            else {"processor": "controller", "controller": "processor"}[owed["by"]]
        )
        return Promise(
            clause=owed["clause"], subject=owed["about"], owed_by=owed["by"], owed_to=to, due=due, evidence="notice",
            reminders=tuple(CALENDAR.opens(now, Period.parse(one)) for one in owed.get("reminders", ())),
        )  # fmt: skip

    async def _open(self, change: Any, about: str, promise: Promise) -> None:
        self.ids[about] = await self.engine.open(change, promise, by="story")
        self.events[about] = self.clock.at

    async def _end(self, change: Any) -> None:
        """What the clause of return and destruction opens, by its own functions."""
        now, controller = self.clock.at, self.house.id
        day = deadlines.last_day(self.agreement, now, now)
        await self._open(change, "destruction", deadlines.destruction_owed(self.agreement, controller, now, day))
        owed = deadlines.acknowledgement_owed(self.agreement, controller, now, day)
        await self._open(change, "acknowledgement", owed)

    async def _reminded(self) -> list[str]:
        about = {str(id): name for name, id in self.ids.items()}
        given = [one for one in await self.house.entries() if one["kind"] == "obligation-reminded"]
        return sorted(about[one["details"]["obligation"]] for one in given)


def standing(one: Obligation) -> str:
    if one.state == "discharged":
        return "kept late" if one.infringed_at else "kept"
    return one.state if one.state == "withdrawn" else "late" if one.infringed_at else "open"


@pytest.mark.parametrize("file", STORIES, ids=lambda file: file.stem)
async def test_it_goes_as_the_story_says(file, rooms, hold):
    told = yaml.safe_load(file.read_text("utf-8"))
    holder = await hold()
    story = Story(rooms, Household(rooms, holder.id, holder), holder.agreement)
    for moment in told["story"]:
        await story.moment(moment)
    assert (await rooms.owing.rebuilding.rebuild(holder.id, by="story")).whole, "and the ledger tells the same story"


@pytest.mark.parametrize("file", STORIES, ids=lambda file: file.stem)
def test_every_story_shows_the_last_moment_in_time_and_the_first_that_is_too_late(file):
    told = yaml.safe_load(file.read_text("utf-8"))
    assert told["clause"] in BY_ID or told["clause"].startswith(CUSTOM), (
        "a duty that the agreement added has a name of its own"
    )
    seen: dict[str, list[tuple[datetime, str]]] = {}
    for moment in told["story"]:
        assert moment["what"].endswith("."), "each moment says in a sentence what happens"
        for about, how in moment.get("shown", {}).items():
            seen.setdefault(about, []).append((when(moment["at"]), how))
    edges = [
        about for about, looks in seen.items() for (at, how), (after, then) in itertools.pairwise(looks)
        if how == "open" and then == "late" and after - at <= timedelta(days=1)
    ]  # fmt: skip
    assert edges


def test_there_are_stories_for_the_clauses_with_clocks():
    told = {yaml.safe_load(file.read_text("utf-8"))["clause"] for file in STORIES}
    assert {
        "rights.complaint", "rights.forward", "rights.tools", "instructions.challenge", "subprocessors.consent",
        "breach.notify", "end.destroy",
    } <= told  # fmt: skip
    assert any(clause.startswith(CUSTOM) for clause in told)

"""The worker's rounds: who fails keeps nobody waiting, and who has nothing due costs nothing, however many there are."""

import asyncio
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
import pytest
from tests.house.test_words import french

from bailee.gate import queries as gate
from bailee.infra.database import Database, Unavailable
from bailee.vocabulary.ids import new_id
from bailee.wings import Wings
from bailee.worker import rounds
from bailee.worker.jobs import Duty
from bailee.worker.rounds import Asked, InTurn, Round

# Duties that know no controller: messages are the platform's own until they are passed on, and measures are the same for all.
OF_THE_PLATFORM = {"messages", "messages that have served here", "security measures"}


def duties(rooms: Any) -> dict[str, Duty]:
    """Every duty of the jobs' process, by its name."""
    every = [*rooms.duties(), *Wings(rooms).duties()]
    assert len({one.name for one in every}) == len(every)
    return {one.name: one for one in every}


def test_every_duty_goes_round_the_controllers_in_the_one_way(rooms):
    found = duties(rooms)
    apart = {name for name, duty in found.items() if not isinstance(duty.do, Round)}
    assert apart == OF_THE_PLATFORM
    assert len(found) > 25
    for name in found.keys() - apart:
        assert found[name].do.name == name
        assert found[name].rest() == 0.0, "before the first question"


def test_every_duty_has_its_french_for_the_page_that_shows_what_stands_still(rooms):
    assert [name for name in duties(rooms) if name not in french() and name not in OF_THE_PLATFORM] == []


async def named(rooms: Any) -> list[str]:
    return sorted(name for name, duty in duties(rooms).items() if isinstance(duty.do, Round))


async def test_one_controller_that_raises_keeps_no_other_waiting_in_any_duty(rooms, hold, monkeypatch):
    """The same fault in every duty: what it does at the first of two controllers raises, with the very Round of the house."""
    bad, good = [(await hold()).id for _ in range(2)]
    for name in await named(rooms):
        made = duties(rooms)[name].do
        assert isinstance(made, Round)
        served: list[UUID] = []

        async def both() -> Sequence[UUID]:
            return [bad, good]

        async def broken(controller: UUID, served: list[UUID] = served) -> int:
            if controller == bad:
                raise ZeroDivisionError("a row that cannot be read")
            served.append(controller)
            return 0

        monkeypatch.setattr(made.who, "due", both)
        monkeypatch.setattr(made.who, "done", lambda _controller: None)
        made.do = broken
        await made()
        await made()
        assert served == [good, good], name
        [setback] = [one for one in await rooms.setbacks.listed() if (one.controller, one.duty) == (bad, name)]
        assert (setback.kind, setback.times) == ("ZeroDivisionError", 1), "it rests for a while"
        made.do = whole(served)
        made._held_up = {bad: (1, 0.0)}  # its pause is over
        await made()
        assert served[-2:] == [bad, good], name
        assert not [one for one in await rooms.setbacks.listed() if one.controller == bad], name


def whole(served: list[UUID]) -> Any:
    async def works(controller: UUID) -> int:
        served.append(controller)
        return 0

    return works


async def test_a_round_over_idle_controllers_makes_as_many_statements_however_many_there_are(rooms, hold, monkeypatch):
    """Counted as the servers are asked, the data server, the control database and the key store alike."""
    idle = [(await hold()).id for _ in range(9)]
    heard: list[str] = []
    monkeypatch.setattr(Database, "observe", staticmethod(heard.append))
    for database in (rooms.data, rooms.key_store, rooms.control):
        await database.close()
    grown = {}
    for name in await named(rooms):
        made = duties(rooms)[name].do
        assert isinstance(made, Round)
        counts = []
        for many in (1, 9):
            if isinstance(made.who, InTurn):
                continue  # it looks through everything: `most` of them in each round, see below
            monkeypatch.setattr(made.who, "_controllers", listing(idle[:many]))
            await made()  # what is new is looked at once
            await told_all()
            heard.clear()
            await made()
            await told_all()
            counts.append(len(heard))
        if len(set(counts)) > 1 or (counts and not counts[0]):
            grown[name] = counts
    assert grown == {}


async def told_all() -> None:
    """The driver tells of a statement a turn of the loop after it."""
    for _ in range(3):
        await asyncio.sleep(0)


def listing(controllers: list[UUID]) -> Any:
    async def these() -> list[UUID]:
        return controllers

    return these


async def test_what_looks_through_everything_looks_at_the_next_few_and_comes_round(rooms, monkeypatch):
    for name in await named(rooms):
        who = duties(rooms)[name].do.who  # type: ignore[attr-defined]
        assert isinstance(who, InTurn) == (
            name
            in {
                "scrub",
                "orphan keys",
                "blobs without a row",
                "keys of no request",
                "backups",
                "drills",
                "what is owed of security measures",
                "registers, looked at in turn",
                "standing of staff looked over",
                "undertakings and trainings",
            }
        ), name
    known = sorted(new_id() for _ in range(5))
    monkeypatch.setattr(rounds.secrets, "choice", lambda some: some[1])
    turn = InTurn(listing(known), 2)
    seen = [list(await turn.due()) for _ in range(4)]
    assert seen == [known[2:4], known[4:], known[:2], known[2:4]], "begun anywhere, everyone has a turn"
    assert list(await InTurn(listing([]), 2).due()) == []


async def made(rooms: Any, do: Any, controllers: list[UUID], **more: Any) -> Round:
    who = Listed(controllers)
    return Round(f"a duty {new_id()}", who, do, setbacks=rooms.setbacks, clock=rooms.clock, **more)


class Listed:
    """Whoever is listed has something due."""

    whole, among = True, 0

    def __init__(self, controllers: list[UUID]) -> None:
        self.controllers, self.looked = controllers, list[UUID]()

    async def due(self) -> Sequence[UUID]:
        return self.controllers

    def done(self, controller: UUID) -> None:
        self.looked.append(controller)


async def test_pauses_grow_up_to_a_limit_and_those_for_a_server_that_is_away_do_not(rooms, monkeypatch):
    one, problem, passed = new_id(), ZeroDivisionError(), [0.0]

    async def fails(_controller: UUID) -> int:
        raise problem

    going = await made(rooms, fails, [one])
    monkeypatch.setattr(type(rooms.clock), "monotonic", lambda _clock: passed[0])
    lengths = []
    for _ in range(10):
        await going()
        before, pause = passed[0], 0.0
        assert going._held_up is not None
        pause = going._held_up[one][1] - before
        lengths.append(pause)
        passed[0] = before + pause - 0.001
        times = going._held_up[one][0]
        await going()
        assert going._held_up[one][0] == times, "not before its pause is over"
        passed[0] = before + pause
    assert lengths == [5.0, 10.0, 20.0, 40.0, 80.0, 160.0, 320.0, 600.0, 600.0, 600.0]
    problem = Unavailable("away")  # type: ignore[assignment]
    await going()
    assert going._held_up[one][1] - passed[0] == rounds.FIRST_PAUSE


async def test_who_hangs_keeps_the_others_waiting_for_its_share_at_most_and_rests(rooms, monkeypatch):
    hangs, other, seen = new_id(), new_id(), list[UUID]()

    async def works(controller: UUID) -> int:
        if controller == hangs:
            await asyncio.Event().wait()
        seen.append(controller)
        return 0

    monkeypatch.setattr(rounds, "SHARE_SECONDS", 0.05)
    going = await made(rooms, works, [hangs, other])
    await asyncio.wait_for(going(), 30)
    assert seen == [other]
    assert await rooms.setbacks.of(going.name) == {hangs: 1}


async def test_a_setback_is_known_to_the_next_process_and_goes_when_nothing_is_due_any_more(rooms):
    one, other = new_id(), new_id()

    async def fails(_controller: UUID) -> int:
        raise KeyError

    going = await made(rooms, fails, [one, other])
    await going()
    again = Round(going.name, Listed([one]), whole([]), setbacks=rooms.setbacks, clock=rooms.clock)
    assert set(await rooms.setbacks.of(going.name)) == {one, other}
    await again()
    assert await rooms.setbacks.of(going.name) == {}, "the one was done, the other is not due any more"
    [counted] = [each for each in await rooms.setbacks.counted() if each.duty == going.name]
    assert (counted.times, counted.standing) == (2, 0)


async def test_a_round_goes_on_as_long_as_there_is_more_to_do_and_each_has_its_turn(rooms):
    some, order = [new_id(), new_id()], list[UUID]()

    async def thrice(controller: UUID) -> int:
        order.append(controller)
        return int(order.count(controller) <= 2)

    going = await made(rooms, thrice, some)
    assert await going() == 4
    assert order == some * 3


async def test_what_is_done_is_done_under_what_is_agreed_now(rooms, hold):
    holder, seen = await hold(), list[int]()
    known = await rooms.archive.refresh(holder.id)
    rooms.archive._dossiers[holder.id] = msgspec.structs.replace(known, version=known.version - 1)

    async def works(controller: UUID) -> int:
        seen.append((await rooms.archive.dossier(controller)).version)
        return 0

    duty = rooms.rounds_over(listing([holder.id])).asked("some work", 0.0, gate.WITH_EXPIRED, works)
    assert await duty.do.do(holder.id) == 0
    assert seen == [known.version]
    assert await rooms.archive.current(new_id()) is None


async def test_where_the_question_is_not_answered_the_round_is_over_and_nobody_is_blamed(rooms):
    class Away(Listed):
        async def due(self) -> Sequence[UUID]:
            raise Unavailable("away")

    going = Round("unasked", Away([]), whole([]), setbacks=rooms.setbacks, clock=rooms.clock)
    with pytest.raises(Unavailable):
        await going()
    assert not [one for one in await rooms.setbacks.listed() if one.duty == "unasked"]


async def test_a_question_about_many_is_asked_less_often(rooms):
    everyone = [new_id() for _ in range(1000)]
    asked = Asked(rooms.data, listing(everyone), rooms.clock, gate.WITH_EXPIRED)
    going = Round("many", asked, whole([]), setbacks=rooms.setbacks, clock=rooms.clock)
    assert await going() == 0
    assert going.rest() == 3.0
    asked.among *= 1000
    assert going.rest() == 60.0


def test_a_question_is_one_of_the_rooms_own(rooms):
    for name, duty in duties(rooms).items():
        if isinstance(duty.do, Round) and isinstance(duty.do.who, Asked):
            assert duty.do.who._sql.startswith("SELECT controller FROM bailee."), name

"""What an SMTP server that anyone may speak to holds: so many connections and bytes, and so many of one source."""

import asyncio
import tracemalloc
from contextlib import asynccontextmanager

import pytest

from bailee.clauses.direct_requests import listening
from bailee.clauses.direct_requests.addressing import Addresses
from bailee.clauses.direct_requests.listening import Mailbox
from bailee.clauses.direct_requests.room import STEP, Limits, Room
from bailee.promised import Promised

OURS = "requests@bailee.example"
LINE = b"x" * 98 + b"\r\n"
MUCH = LINE * 1500  # more than two steps, less than three


@pytest.fixture
def intake(rooms):
    return Promised(rooms).incoming


@asynccontextmanager
async def serving(rooms, intake, monkeypatch, **limits):
    monkeypatch.setattr(listening, "Limits", lambda: Limits(**limits))
    slugs = Promised(rooms).slugs
    mailbox = Mailbox(keeping=intake, addresses=Addresses(frozenset({OURS})), whose=slugs.whose, clock=rooms.clock)
    async with listening.listening(mailbox, "127.0.0.1:0", host_name="mx.bailee.example") as port:
        yield port


class Talk:
    """One connection, said word by word."""

    def __init__(self, reader, writer) -> None:
        self.reader, self.writer = reader, writer

    @classmethod
    async def begin(cls, port: int, source: str = "127.0.0.1") -> "Talk":
        return cls(*await asyncio.open_connection("127.0.0.1", port, local_addr=(source, 0)))

    async def hears(self) -> str:
        while (line := (await self.reader.readline()).decode())[3:4] == "-":
            continue
        return line.strip()

    async def say(self, *lines: str) -> str:
        for line in lines:
            self.writer.write(f"{line}\r\n".encode())
            heard = await self.hears()
        return heard

    async def to_data(self) -> str:
        await self.hears()
        return await self.say("EHLO a.example", "MAIL FROM:<a@a.example>", f"RCPT TO:<{OURS}>", "DATA")

    async def ended(self, content: bytes = b"") -> str:
        self.writer.write(content + b".\r\n")
        return await self.hears()

    async def close(self) -> None:
        self.writer.close()


async def until(said) -> None:
    """Wait for what comes of it, however long it takes."""
    while not said():
        await asyncio.sleep(0.01)


async def test_one_source_leaves_places_for_the_others(rooms, intake, monkeypatch):
    async with serving(rooms, intake, monkeypatch, connections=4, of_one=2) as port:
        mine = [await Talk.begin(port) for _ in range(3)]
        assert [(await one.hears())[:3] for one in mine] == ["220", "220", "421"]
        others = [await Talk.begin(port, "127.0.0.2") for _ in range(2)]
        assert [(await one.hears())[:3] for one in others] == ["220", "220"]
        third = await Talk.begin(port, "127.0.0.3")
        assert (await third.hears())[:3] == "421", "that is all there are"
        assert (await mine[0].say("QUIT"))[:3] == "221"
        await mine[0].reader.read()
        again = await Talk.begin(port, "127.0.0.3")
        assert (await again.hears())[:3] == "220"
        for one in (*mine, *others, third, again):
            await one.close()


async def test_the_bytes_on_their_way_are_bounded_and_whoever_finds_no_room_comes_later(rooms, intake, monkeypatch):
    made: list[Room] = []
    monkeypatch.setattr(listening, "Room", lambda limits: made.append(Room(limits)) or made[0])
    async with serving(rooms, intake, monkeypatch, held=4 * STEP, held_of_one=4 * STEP) as port:
        first, second = [await Talk.begin(port) for _ in range(2)]
        assert (await first.to_data())[:3] == "354"
        first.writer.write(MUCH)
        await until(lambda: made[0]._held.total() == 3 * STEP)
        assert (await second.to_data())[:3] == "354"
        assert await second.ended(MUCH + b"second\r\n") == listening.FULL
        assert (await first.ended())[:3] == "250"
        assert (await second.say("MAIL FROM:<a@a.example>", f"RCPT TO:<{OURS}>", "DATA"))[:3] == "354"
        assert (await second.ended(MUCH + b"second\r\n"))[:3] == "250"
        for one in (first, second):
            await one.close()


async def test_what_is_refused_gives_its_room_back_and_a_source_holds_no_more_than_its_share(
    rooms, intake, monkeypatch
):
    async with serving(rooms, intake, monkeypatch, held=9 * STEP, held_of_one=2 * STEP) as port:
        talk, other = await Talk.begin(port), await Talk.begin(port, "127.0.0.2")
        assert (await talk.to_data())[:3] == "354"
        assert await talk.ended(MUCH) == listening.FULL
        assert (await talk.say("MAIL FROM:<a@a.example>", f"RCPT TO:<{OURS}>", "DATA"))[:3] == "354", "given back"
        assert (await talk.ended(LINE * 10))[:3] == "250"
        assert (await other.to_data())[:3] == "354"
        assert (await other.ended(LINE * 9))[:3] == "250"
        for one in (talk, other):
            await one.close()
    async with serving(rooms, intake, monkeypatch, held=STEP - 1) as port:
        talk = await Talk.begin(port)
        assert await talk.to_data() == listening.FULL, "before a byte of it is said"
        await talk.close()


async def test_a_mail_arrives_as_it_was_said_and_too_much_of_it_does_not(rooms, intake, monkeypatch):
    monkeypatch.setattr(listening, "LARGEST", 10_000)
    async with serving(rooms, intake, monkeypatch) as port:
        talk = await Talk.begin(port)
        assert (await talk.to_data())[:3] == "354"
        content = b"Subject: dots\r\n\r\n..\r\n..leads\r\nno.dot\r\n" + LINE
        assert (await talk.ended(content))[:3] == "250"
        [newest] = await intake.listed(("received",), 1)
        kept = await intake.open(newest.message_id)
        assert kept is not None
        assert kept.mail == content.replace(b"\r\n..", b"\r\n.")
        for much, code in ((LINE * 101, "552"), (b"y" * 5000 + b"\r\n" + LINE, "500"), (LINE, "250")):
            assert (await talk.say("MAIL FROM:<a@a.example>", f"RCPT TO:<{OURS}>", "DATA"))[:3] == "354"
            assert (await talk.ended(much))[:3] == code
        assert (await talk.say("DATA"))[:3] == "503"
        assert (await talk.say("MAIL FROM:<a@a.example>", f"RCPT TO:<{OURS}>", "DATA x"))[:3] == "501"
        await talk.close()


async def test_a_mail_of_nothing_but_ends_of_lines_takes_no_more_memory_than_its_size(rooms, intake, monkeypatch):
    async with serving(rooms, intake, monkeypatch) as port:
        talk = await Talk.begin(port)
        assert (await talk.to_data())[:3] == "354"
        tracemalloc.start()
        try:
            assert (await talk.ended(b"\r\n" * 250_000))[:3] == "250"
            _, most = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert most < 10_000_000, "half a MB, several times over; each line by itself would take twenty"
        await talk.close()


async def test_who_is_silent_and_who_only_chatters_is_shown_out(rooms, intake, monkeypatch):
    monkeypatch.setattr(listening, "SILENT_SECONDS", 0.2)
    async with serving(rooms, intake, monkeypatch) as port:
        talk = await Talk.begin(port)
        assert (await talk.hears())[:3] == "220"
        assert await talk.reader.read() == b"", "silent"
    monkeypatch.setattr(listening, "SILENT_SECONDS", 60.0)
    monkeypatch.setattr(listening, "LONGEST_SECONDS", 0.5)
    async with serving(rooms, intake, monkeypatch) as port:
        talk = await Talk.begin(port)
        assert (await talk.to_data())[:3] == "354"
        while not talk.reader.at_eof():
            talk.writer.write(LINE)
            await asyncio.sleep(0.02)
        assert await talk.reader.read() == b"", "in the middle of a mail too"


def test_what_is_given_back_is_not_remembered():
    room = Room(Limits())
    for number in range(100):
        source = f"10.0.0.{number}"
        assert room.enter(source)
        with room.space(source) as space:
            assert space.more(STEP)
        room.leave(source)
    assert (room._connections, room._held) == ({}, {})

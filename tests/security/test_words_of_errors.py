"""The words of an exception may hold somebody's data: neither the server nor the loop writes them down."""

import json
import subprocess
import sys
import traceback

import pytest
from tests.household import Household
from tests.speaking import Client

from bailee.processing.accounts.exporting import Exporting

SECRET = "solveig.angstrom@chandlers.example"
LEFT_BEHIND = f"""
import asyncio, gc
from bailee.infra import logs

async def fails():
    raise ValueError("{SECRET}")

async def main():
    task = asyncio.create_task(fails(), name="{SECRET}")
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    del task
    gc.collect()

logs.configure()
asyncio.run(main())
"""
LIBRARY = f"""
import logging
from litestar import Litestar
from bailee.infra import logs

logs.configure()
Litestar([], logging_config=None)
others = logging.getLogger("httpx")
others.info("GET {SECRET}")
others.warning("GET %s", "{SECRET}")
logging.getLogger("asyncio").error("{SECRET} was slow")
try:
    raise ValueError("{SECRET}")
except ValueError:
    others.exception("{SECRET}")
"""


def test_a_task_that_nobody_waited_for_says_what_and_where_and_no_word_more():
    done = subprocess.run([sys.executable, "-c", LEFT_BEHIND], capture_output=True, text=True, timeout=60, check=True)
    assert '"event": "left behind"' in done.stderr
    assert '"kind": "ValueError"' in done.stderr
    assert "fails" in done.stderr, "the places are there"
    assert SECRET not in done.stdout + done.stderr


def test_what_a_library_would_say_is_told_by_its_place_alone():
    done = subprocess.run([sys.executable, "-c", LIBRARY], capture_output=True, text=True, timeout=60, check=True)
    said = [json.loads(line) for line in done.stderr.splitlines()]
    assert [(one["level"], one["event"], one["library"]) for one in said] == [
        ("warning", "a library warns", "httpx"), ("error", "a library warns", "asyncio"), ("error", "left behind", "httpx"),
    ]  # fmt: skip
    assert said[0]["place"].startswith("<string>:")
    assert said[2]["kind"] == "ValueError"
    assert SECRET not in done.stdout + done.stderr


async def test_an_answer_that_breaks_off_leaves_the_server_nothing_to_write_down(hold, rooms, monkeypatch):
    async def breaks(self, controller, mandate, wanted):
        yield b"person\r\n"
        raise ValueError(SECRET)

    holder = await hold()
    house = Household(rooms, holder.id, holder)
    monkeypatch.setattr(Exporting, "stream", breaks)
    client = Client(house.app, (await holder.client()).token)
    with pytest.raises(ConnectionAbortedError) as cut:
        await client("POST", "/api/v1/exports", {"format": "csv", "persons": []})
    assert SECRET not in "".join(traceback.format_exception(cut.value))

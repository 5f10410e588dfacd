"""What lies outside a platform that is run whole: the mail server of everyone, a port, and patience."""

import socket
import time
from collections.abc import Callable
from email import message_from_bytes
from email.policy import SMTPUTF8
from typing import Any

import pytest
from aiosmtpd.controller import Controller

PATIENCE = 120.0


def until(found: Callable[[], Any], what: str) -> Any:
    """Wait for something to be so."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if got := found():
            return got
        time.sleep(0.2)
    pytest.fail(f"never came: {what}")


def free_port() -> int:
    """A port that nobody serves."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Post:
    """The mail server of everyone outside: it keeps what it takes, and can be shut and opened again."""

    def __init__(self) -> None:
        self.port, self.mails = free_port(), []
        self.server: Any = None

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        self.mails.append(message_from_bytes(envelope.content, policy=SMTPUTF8))
        return "250 taken"

    def open(self) -> None:
        self.server = Controller(self, hostname="127.0.0.1", port=self.port, enable_SMTPUTF8=True)
        self.server.start()

    def shut(self) -> None:
        self.server.stop()

    def to(self, address: str) -> list[Any]:
        return [one for one in list(self.mails) if one["To"] == address]

    def first(self, address: str) -> Any:
        return until(lambda: self.to(address), f"a letter to {address}")[0]

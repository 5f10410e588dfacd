"""One `bailee up` alone serves a data directory, and one process at a time founds there."""

import errno
import fcntl
import os
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest

from bailee.cli import serving
from bailee.cli.doors import alone_here, settings_of
from bailee.cli.serving import _alone
from bailee.infra import occupancy
from bailee.infra.doctor import files
from bailee.infra.occupancy import Guests
from bailee.infra.premises import Premises
from bailee.infra.settings import Settings


def said(capsys) -> str:
    """What was said to people, however narrow their screen."""
    return " ".join(capsys.readouterr().err.split())


def test_a_folder_is_served_by_one_and_by_the_next_once_that_one_is_gone(tmp_path, capsys):
    first = _alone(tmp_path / "data")
    with pytest.raises(SystemExit):
        _alone(tmp_path / "data")
    assert "is served already" in said(capsys)
    os.close(first)
    os.close(_alone(tmp_path / "data"))


def test_where_no_folder_can_be_locked_it_is_said_and_served_all_the_same(tmp_path, capsys, monkeypatch):
    def none(*_: object) -> None:
        raise OSError(errno.EBADF, "Bad file descriptor")

    monkeypatch.setattr(fcntl, "flock", none)
    os.close(_alone(tmp_path / "data"))
    assert "cannot be locked" in said(capsys)
    with alone_here(tmp_path / "data"):
        assert not occupancy.served(tmp_path / "data")


def test_who_would_found_where_another_does_waits_and_is_told(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(occupancy, "WAIT_SECONDS", 0.0)
    with alone_here(tmp_path / "data"), pytest.raises(SystemExit), alone_here(tmp_path / "data"):
        pass
    assert "is founding in" in said(capsys)
    with alone_here(tmp_path / "data"):
        pass


def test_a_folder_that_cannot_be_made_is_said(tmp_path, capsys):
    (tmp_path / "file").write_text("")
    with pytest.raises(SystemExit), alone_here(tmp_path / "file" / "data"):
        pass
    with pytest.raises(SystemExit):
        _alone(tmp_path / "file" / "data")
    assert said(capsys).count("a file cannot be used") == 2


class Counted:
    """A server that counts its starts and stops."""

    def __init__(self) -> None:
        self.directory, self.runs, self.starts = Path("data"), False, 0

    def start(self) -> bool:
        fresh, self.runs = not self.runs, True
        self.starts += fresh
        return fresh

    def stop(self) -> None:
        self.runs = False


@pytest.fixture
def server(monkeypatch):
    made = Counted()
    monkeypatch.setattr(Premises, "clusters", [made])
    return made


def using(data) -> ExitStack:
    """A command that is under way: it ends when this is closed."""
    command = ExitStack()
    command.enter_context(Premises(Settings(data=data)).running())
    return command


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 0, 2)])
def test_servers_that_a_command_started_run_until_the_last_command_leaves(tmp_path, server, order):
    commands = [using(tmp_path) for _ in range(3)]
    for one in order:
        assert server.runs
        commands[one].close()
    assert (server.runs, server.starts) == (False, 1)
    using(tmp_path).close()
    assert (server.runs, server.starts) == (False, 2)


def test_servers_that_ran_before_any_command_are_left_running(tmp_path, server):
    server.start()
    using(tmp_path).close()
    assert server.runs


def test_servers_that_a_command_started_are_left_to_the_up_that_serves_them_by_then(tmp_path, server):
    command = using(tmp_path)
    up = _alone(tmp_path)
    command.close()
    os.close(up)
    assert server.runs
    using(tmp_path).close()
    assert server.runs, "they were taken over: no later command stops them"


def test_what_a_killed_command_started_is_stopped_by_the_last_one_that_leaves(tmp_path, server):
    killed = Guests(tmp_path)
    killed.started(["data"])
    server.start()
    killed._file.close()  # as the end of its process does
    command = using(tmp_path)
    assert server.starts == 1
    command.close()
    assert not server.runs


def test_where_nothing_can_be_locked_each_command_stops_what_it_started(tmp_path, server, monkeypatch):
    def none(*_: object) -> None:
        raise OSError(errno.EBADF, "Bad file descriptor")

    monkeypatch.setattr(fcntl, "flock", none)
    first, second = using(tmp_path), using(tmp_path)
    second.close()
    assert server.runs
    first.close()
    assert not server.runs


def test_commands_that_come_and_go_at_once_find_their_servers_running(tmp_path, server):
    def come_and_go(_: int) -> bool:
        with Premises(Settings(data=tmp_path)).running():
            time.sleep(0.001)
            return server.runs

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(come_and_go, range(200)))
    assert not server.runs


def test_links_of_commands_name_the_port_that_is_served_while_it_is(tmp_path, monkeypatch):
    data = tmp_path / "data"
    monkeypatch.setenv("BAILEE_PORT", "8500")
    assert settings_of(data).origin == "http://localhost:8500", "nothing is there yet"
    up = _alone(data)
    assert settings_of(data).port == "8500", "it is not known yet"
    occupancy.say_port(data, "41234")
    assert settings_of(data).origin == "http://localhost:41234"
    os.close(up)
    assert settings_of(data).port == "8500", "nothing serves it any more"
    (data / occupancy.SERVED_AT).unlink()
    (data / occupancy.SERVED_AT).mkdir()
    occupancy.say_port(data, "41234")  # what cannot be written keeps nobody from serving


@pytest.mark.parametrize(("more", "good"), [
    ({}, False), ({"url": "https://bailee.example"}, True), ({"sandbox": True}, True),
])  # fmt: skip
def test_where_letters_leave_the_doctor_says_whether_their_links_can_be_followed(tmp_path, more, good):
    settings = Settings(data=tmp_path, smtp_url="smtp://mail.example", **more)
    [check] = [one for one in files(settings) if one.name == "links"]
    assert (check.good, settings.origin in check.words, "set BAILEE_URL" in check.words) == (good, True, not good)
    assert not [one for one in files(Settings(data=tmp_path)) if one.name == "links"], "no letter leaves"


def test_a_port_that_another_program_has_is_said_before_anything_starts(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(serving, "PORT_SECONDS", 0.0)
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = other.getsockname()[1]
        with pytest.raises(SystemExit) as ended:
            serving.up.main(["--data", str(tmp_path / "data"), "--port", str(taken)], obj=None, standalone_mode=False)
        assert ended.value.code == 2
        assert f"port {taken} at 127.0.0.1 is in use by another program" in said(capsys)
    assert serving._port_at("127.0.0.1", taken) == taken
    assert serving._port_at("127.0.0.1", 0) > 0


@pytest.mark.parametrize("where", ["variable", "file", "nowhere"])
def test_up_serves_at_the_port_that_is_set_wherever_it_is_and_else_at_8400(tmp_path, monkeypatch, where):
    monkeypatch.delenv("BAILEE_PORT", raising=False)
    monkeypatch.delenv("BAILEE_SETTINGS", raising=False)
    asked = list[int]()

    def looked_at(_host: str, port: int) -> int:
        asked.append(port)
        raise SystemExit

    monkeypatch.setattr(serving, "_port_at", looked_at)
    if where == "variable":
        monkeypatch.setenv("BAILEE_PORT", "8500")
    if where == "file":
        (tmp_path / "settings.toml").write_text("port = 8500")
        monkeypatch.setenv("BAILEE_SETTINGS", str(tmp_path / "settings.toml"))
    with pytest.raises(SystemExit):
        serving.up.main(["--data", str(tmp_path / "data")], obj=None, standalone_mode=False)
    assert asked == [8400 if where == "nowhere" else 8500]


def test_an_address_that_is_not_of_this_machine_is_said(capsys):
    with pytest.raises(SystemExit):
        serving._port_at("192.0.2.1", 0)
    assert "nothing can be served at 192.0.2.1" in said(capsys)
    assert serving._at("::1", 8400) == "http://[::1]:8400"

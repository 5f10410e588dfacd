"""One `bailee up` alone serves a data directory."""

import errno
import fcntl
import os

import pytest

from bailee.cli.serving import _alone


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

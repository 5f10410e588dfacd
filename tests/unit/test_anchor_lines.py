"""Anchors: half a line was never kept, a broken one is said, and a full disk is an outage."""

import os

import pytest

from bailee.infra.database import Unavailable
from bailee.ledger import anchors as room
from bailee.ledger.anchors import Anchor, Anchors, BrokenAnchors
from bailee.ledger.closing import Closing, _came_back
from bailee.proof.checkpoint import Checkpoint
from bailee.proof.tree import Frontier
from bailee.vocabulary.ids import new_id

ROOT = bytes(range(32))


def checkpoint(origin: str, size: int) -> Anchor:
    return Anchor(checkpoint=Checkpoint(origin, size, ROOT).text() + "\n— signed\n")


@pytest.fixture
def kept(tmp_path):
    made = Anchors(tmp_path / "anchors")
    made.keep([checkpoint("log/a/1", 3), Anchor(destroyed=2, digest="d")])
    return made, tmp_path / "anchors" / room.FILE


@pytest.mark.parametrize("torn", [b'{"checkp', b"x" * 9000, b'{"destroyed":9,"digest":"e"}'])
def test_half_a_line_was_never_kept_and_the_next_writer_cuts_it_off(kept, torn):
    anchors, file = kept
    whole = file.read_bytes()
    file.write_bytes(whole + torn)
    assert anchors.destroyed() == Anchor(destroyed=2, digest="d")
    assert list(anchors.checkpoints()) == ["log/a/1"]
    anchors.keep([Anchor(destroyed=3, digest="f")])
    assert file.read_bytes() == whole + b'{"destroyed":3,"digest":"f"}\n'


def test_a_file_of_half_a_line_is_empty(tmp_path):
    anchors = Anchors(tmp_path)
    anchors.start()
    (tmp_path / room.FILE).write_bytes(b"{" * 5000)
    assert anchors.destroyed() is None
    anchors.keep([Anchor(destroyed=1, digest="a")])
    assert anchors.destroyed() == Anchor(destroyed=1, digest="a")


def test_a_broken_line_among_whole_ones_is_said(kept):
    anchors, file = kept
    file.write_bytes(b"broken\n" + file.read_bytes())
    with pytest.raises(BrokenAnchors, match="line 1"):
        anchors.destroyed()


def test_a_disk_that_is_full_is_an_outage_and_keeps_what_was_kept(kept, monkeypatch):
    anchors, file = kept
    whole = file.read_bytes()

    def full(_handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(Unavailable):
        anchors.keep([Anchor(destroyed=3, digest="f")])
    monkeypatch.undo()
    assert file.read_bytes().startswith(whole)


def test_of_two_names_of_one_log_the_longer_counts_and_a_name_of_no_log_is_said(tmp_path):
    anchors, controller = Anchors(tmp_path), new_id()
    anchors.keep([checkpoint(f"z.example/{controller}/1", 3), checkpoint(f"a.example/{controller}/1", 40)])
    newest = Closing(None, None, anchors, None)._newest()
    assert "a.example" in newest[controller][1]
    anchors.keep([checkpoint("nothing", 1)])
    with pytest.raises(BrokenAnchors, match="no log"):
        Closing(None, None, anchors, None)._newest()


def test_how_far_a_log_had_come_back_is_said_as_far_as_its_head_can_be_read():
    whole = Frontier().to_bytes()
    assert _came_back({"frontier": whole, "size": 0})["restored-size"] == 0
    assert "restored-root" in _came_back({"frontier": whole, "size": 0})
    assert _came_back({"frontier": whole + b"x", "size": 3}) == {"restored-size": 3}

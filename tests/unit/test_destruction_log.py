"""The destruction log: two copies, signed and chained; what contradicts keeps the platform sealed."""

from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bailee.infra.database import Unavailable
from bailee.ledger.anchors import Anchors
from bailee.vault.destruction_log import FILE, Contradiction, DestructionLog, controller_name, person_name

NOW = datetime(2026, 11, 23, tzinfo=UTC)


@pytest.fixture
def log(tmp_path) -> DestructionLog:
    made = DestructionLog((tmp_path / "a", tmp_path / "b"), Ed25519PrivateKey.generate(), Anchors(tmp_path / "anchors"))
    made.start()
    return made


def test_what_is_intended_and_not_confirmed_is_to_be_done_again(log):
    one, other = person_name(uuid4(), uuid4()), controller_name(uuid4())
    log.intend([one, other], NOW)
    log.confirm([one], NOW)
    assert log.unconfirmed() == {other}
    assert log.destroyed() == {one, other}
    assert [line.n for line in log.check()] == [1, 2, 3]


@pytest.mark.parametrize("harm", ["missing", "shorter", "edited", "one edited", "cut", "reordered", "forged"])
def test_a_copy_that_is_not_whole_is_a_contradiction(log, tmp_path, harm):
    log.intend([person_name(uuid4(), uuid4()) for _ in range(3)], NOW)
    first, second = tmp_path / "a" / FILE, tmp_path / "b" / FILE
    lines = first.read_bytes().splitlines(keepends=True)
    match harm:
        case "missing":
            second.unlink()
        case "shorter":
            second.write_bytes(b"".join(lines[:2]))
        case "one edited":
            first.write_bytes(b"".join(lines).replace(b'"intent"', b'"confirmed"', 1))
        case "edited":
            changed = b"".join(lines).replace(b'"intent"', b'"confirmed"', 1)
            first.write_bytes(changed), second.write_bytes(changed)
        case "cut":
            first.write_bytes(b"".join(lines[1:])), second.write_bytes(b"".join(lines[1:]))
        case "reordered":
            first.write_bytes(b"".join(reversed(lines))), second.write_bytes(b"".join(reversed(lines)))
        case "forged":
            other = DestructionLog(
                (tmp_path / "c", tmp_path / "d"), Ed25519PrivateKey.generate(), Anchors(tmp_path / "anchors")
            )
            other.start()
            other.intend([person_name(uuid4(), uuid4())], NOW)
            forged = (tmp_path / "c" / FILE).read_bytes()
            first.write_bytes(forged), second.write_bytes(forged)
    with pytest.raises(Contradiction):
        log.check()


def test_nothing_more_is_written_when_the_copies_end_differently(log, tmp_path):
    log.intend([person_name(uuid4(), uuid4())], NOW)
    (tmp_path / "b" / FILE).write_bytes(b"")
    with pytest.raises(Contradiction):
        log.confirm([person_name(uuid4(), uuid4())], NOW)


def test_both_copies_put_back_to_an_older_state_contradict_what_is_anchored(log, tmp_path):
    log.intend([person_name(uuid4(), uuid4()) for _ in range(2)], NOW)
    files = [tmp_path / folder / FILE for folder in "ab"]
    older = files[0].read_bytes()
    log.confirm([person_name(uuid4(), uuid4())], NOW)
    for file in files:
        file.write_bytes(older)
    with pytest.raises(Contradiction, match="line 3"):
        log.check()


@pytest.mark.parametrize("harm", ["second lacks a line", "first ends in half a line"])
def test_a_writer_that_died_between_the_copies_contradicts_nothing(log, tmp_path, harm):
    log.intend([person_name(uuid4(), uuid4())], NOW)
    first, second = tmp_path / "a" / FILE, tmp_path / "b" / FILE
    kept = first.read_bytes()
    anchors = (tmp_path / "anchors" / "anchors.ndjson").read_bytes()
    log.confirm([person_name(uuid4(), uuid4())], NOW)
    (tmp_path / "anchors" / "anchors.ndjson").write_bytes(anchors)  # it died before anchoring what it wrote
    second.write_bytes(kept)
    if harm == "first ends in half a line":
        first.write_bytes(kept + b'{"n":2,"at"')
    assert len(log.check()) == (2 if harm == "second lacks a line" else 1)
    assert first.read_bytes() == second.read_bytes()
    log.confirm([person_name(uuid4(), uuid4())], NOW)
    assert [line.n for line in log.check()] == list(range(1, len(log.check()) + 1))


@pytest.mark.parametrize("which", ["a", "b"])
def test_a_copy_that_cannot_be_written_is_an_outage_and_the_next_writer_goes_on(log, tmp_path, monkeypatch, which):
    log.intend([person_name(uuid4(), uuid4())], NOW)
    opened = Path.open

    def full(self, mode="r", *more):
        if self == tmp_path / which / FILE and mode == "ab":
            raise OSError(28, "No space left on device")
        return opened(self, mode, *more)

    monkeypatch.setattr(Path, "open", full)
    with pytest.raises(Unavailable):
        log.intend([person_name(uuid4(), uuid4())], NOW)
    monkeypatch.undo()
    log.intend([name := person_name(uuid4(), uuid4())], NOW)
    assert log.check()[-1].name == name


def test_anchors_that_are_lost_are_begun_anew_with_the_last_line(log, tmp_path):
    file = tmp_path / "anchors" / "anchors.ndjson"
    for names in ([], [person_name(uuid4(), uuid4())]):
        if names:
            log.intend(names, NOW)
        file.unlink()
        assert not log.anchored
        log.anchor()
        assert log.anchored
        assert len(log.check()) == len(names)
    assert file.stat().st_size

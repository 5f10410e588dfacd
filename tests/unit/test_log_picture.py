"""The drawing of a log: its generations, what is sealed, and what waits."""

from bailee.console.evidence import LEAST, Piece, drawn


def test_pieces_stand_one_after_another_as_wide_as_they_are_long() -> None:
    assert drawn([100], 200, 100) == [
        Piece("closed", 0.0, 25.0), Piece("anchored", 25.0, 50.0), Piece("waiting", 75.0, 25.0),
    ]  # fmt: skip


def test_what_is_small_is_seen_and_what_is_empty_is_not_drawn() -> None:
    [anchored, waiting] = drawn([], 1_000_000, 1)
    assert waiting.wide >= LEAST * 100 - 0.1
    assert anchored.wide + waiting.wide == 100.0
    assert drawn([0], 0, 0) == []

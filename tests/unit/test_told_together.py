"""The history of a person: what says the same is told once, with how often and since when."""

from datetime import UTC, datetime, timedelta

from bailee.processing.accounts.pages.history import Line, together

BEGAN = datetime(2026, 3, 1, tzinfo=UTC)


def line(minutes: int, actor: str = "an auditor", purpose: str = "support", reason: str = "") -> Line:
    return Line(
        at=BEGAN + timedelta(minutes=minutes), words="Access allowed", operation="read", actor=actor, own=False, good=True,
        clause="instructions.documented", categories=(), name=str(minutes), purpose=purpose, index=minutes,
        details={"reason": reason} if reason else {},
    )  # fmt: skip


def test_what_says_the_same_is_one_line_with_its_number_and_both_times() -> None:
    [same] = together([line(2), line(9), line(5)])
    assert (same.line.index, same.number, same.first_at) == (9, 3, BEGAN + timedelta(minutes=2))


def test_another_actor_purpose_or_reason_is_another_line_and_the_latest_comes_first() -> None:
    told = together([line(1), line(2, actor="the person"), line(3, purpose="security"), line(4, reason="law"), line(5)])
    assert [(same.line.index, same.number) for same in told] == [(5, 2), (4, 1), (3, 1), (2, 1)]

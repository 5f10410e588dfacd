"""A time as the data server sends it is the time that it stands for, to the microsecond."""

from datetime import UTC, datetime

import pytest

from bailee.vault import moments


@pytest.mark.parametrize(
    ("sent", "time"),
    [
        ("0000000000000000", datetime(2000, 1, 1, tzinfo=UTC)),
        ("0000000000000001", datetime(2000, 1, 1, microsecond=1, tzinfo=UTC)),
        ("ffffffffffffffff", datetime(1999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)),
        ("000304206de1fde7", datetime(2026, 11, 25, 22, 50, 59, 123_687, tzinfo=UTC)),
    ],
)
def test_a_time_is_read_from_its_bytes(sent, time):
    assert moments.read(bytes.fromhex(sent)) == time


def test_a_time_that_was_read_already_stays_as_it_is():
    now = datetime(2026, 11, 25, 12, tzinfo=UTC)
    assert moments.read(now) is now

"""Moments: times as the data server sends them, read when someone looks.

To the hot path a record's times are bytes that pass by: reading two of them takes the driver longer than opening the
record, and most who read a record never ask when it was made.
"""

from datetime import UTC, datetime, timedelta

# Microseconds since 2000 in eight bytes, as PostgreSQL sends a time; or the time itself, where the driver has read it.
Moment = bytes | datetime
BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)


def read(moment: Moment) -> datetime:
    """The time, aware, in UTC."""
    if isinstance(moment, bytes):
        return BEGINNING + timedelta(microseconds=int.from_bytes(moment, "big", signed=True))
    return moment

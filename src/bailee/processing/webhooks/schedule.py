"""When a delivery that failed is tried again: ten waits, a little under three days in all. Pure.

Each wait is longer or shorter by a tenth at most, by a number drawn from the delivery's id and the try: receivers
that come back are not met by everyone at once, and a test can say when.
"""

import hashlib
from datetime import timedelta
from uuid import UUID

WAITS = (
    timedelta(seconds=5), timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2),
    timedelta(hours=5), timedelta(hours=8), timedelta(hours=12), timedelta(hours=16), timedelta(hours=20),
)  # fmt: skip
JITTER = 0.1


def wait(delivery: UUID, tries: int) -> timedelta | None:
    """How long to wait after so many tries (1 or more) that failed; None when there is no further one."""
    if tries > len(WAITS):
        return None
    drawn = int.from_bytes(hashlib.sha256(delivery.bytes + tries.to_bytes(4, "big")).digest()[:8], "big") / 2**64
    return WAITS[tries - 1] * (1 + JITTER * (2 * drawn - 1))

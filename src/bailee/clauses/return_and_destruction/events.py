"""What happens at the end of a contract: facts, past tense, frozen."""

from datetime import datetime
from uuid import UUID

import msgspec


class Ending(msgspec.Struct, frozen=True):
    """How far the end of one contract is; an instant is null until it has come."""

    controller: UUID
    ended_at: datetime
    last_day: datetime
    returned_at: datetime | None = None
    manifest_digest: str | None = None
    acknowledged_at: datetime | None = None
    waived_at: datetime | None = None
    destroying_at: datetime | None = None
    destroyed_at: datetime | None = None
    certificate_id: UUID | None = None
    entries: dict[str, str] = {}

    @property
    def settled(self) -> bool:
        """Whether the controller has said that it has its data, or does not want them."""
        return self.acknowledged_at is not None or self.waived_at is not None

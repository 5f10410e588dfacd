"""The legal calendar: both readings of a period. Pure."""

from datetime import datetime

import msgspec


class Due(msgspec.Struct, frozen=True, kw_only=True):
    """When something is due: the strict reading binds us, the generous one serves the other side; the rule in words."""

    strict: datetime
    generous: datetime
    rule: str

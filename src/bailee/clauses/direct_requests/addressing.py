"""Which addresses are ours to take mail for, and which controller a sub-address names. Pure but for the slugs.

`privacy@processor.example` is for everyone; `privacy+SLUG@processor.example` names a controller by its slug. The
address that our letters come from takes their bounces and answers.
"""

from collections.abc import Awaitable, Callable, Sequence
from uuid import UUID

import msgspec

Whose = Callable[[str], Awaitable[UUID | None]]


class Addresses(msgspec.Struct, frozen=True):
    """Our own addresses, in lower case."""

    own: frozenset[str]

    def takes(self, recipient: str) -> bool:
        """Whether mail to this address is ours."""
        return self._bare(recipient)[0] in self.own

    async def named(self, recipients: Sequence[str], whose: Whose) -> UUID | None:
        """The one controller that the recipients name, if any."""
        slugs = {slug for one in recipients for own, slug in [self._bare(one)] if own in self.own and slug}
        found = {await whose(slug) for slug in sorted(slugs)[:5]} - {None}
        return found.pop() if len(found) == 1 else None

    @staticmethod
    def _bare(recipient: str) -> tuple[str, str]:
        local, _, domain = recipient.strip().strip("<>").lower().rpartition("@")
        name, _, slug = local.partition("+")
        return f"{name}@{domain}", slug

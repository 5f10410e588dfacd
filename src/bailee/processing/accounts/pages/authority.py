"""Authority over others: nobody acts on an account that may do more than they may, and what is dangerous asks for a
fresh proof of presence (security.confidentiality)."""

from collections.abc import Sequence
from uuid import UUID

from bailee.infra.web.answers import Wrong
from bailee.infra.web.visit import Visit
from bailee.processing.accounts import roles
from bailee.processing.accounts.accounts import Accounts
from bailee.processing.accounts.approving.approvals import Approvals
from bailee.processing.accounts.approving.dangers import Asked, Danger, changes_administrators
from bailee.processing.accounts.pages.ways import NotProven
from bailee.processing.accounts.sessions import Sessions

# A form as it was sent: its path and its fields.
Form = tuple[str, tuple[tuple[str, str], ...]]
ABOVE = Wrong(403, "They may do more than you", "Someone with at least their permissions does this.")
BEYOND = Wrong(403, "You can give no more than you have", "Ask an administrator to give this role.")


class Authority:
    """Whether a visitor may do this to that account, now."""

    def __init__(self, *, accounts: Accounts, sessions: Sessions, approvals: Approvals) -> None:
        self._accounts = accounts
        self._sessions = sessions
        self._approvals = approvals

    def proven(self, visit: Visit, back: str) -> None:
        """Presence was proven lately; else the proof is asked for, and then `back` is gone on with."""
        if not self._sessions.is_proven(visit.session):
            raise NotProven(back)

    async def over(self, visit: Visit, person: UUID, back: str) -> None:
        """Over this account, and present."""
        self.proven(visit, back)
        account = await self._accounts.find(visit.whose, person)
        if account is not None:
            await self._within(visit, account.roles, ABOVE)

    async def to_give(self, visit: Visit, given: Sequence[str]) -> None:
        """To give these roles."""
        await self._within(visit, given, BEYOND)

    async def second(self, visit: Visit, asked: Asked) -> None:
        """Nothing where this may be done now; else `SecondPerson`: somebody else looks at exactly this first."""
        await self._approvals.first(visit.whose, asked, by=str(visit.who))

    async def to_unmake(self, visit: Visit, person: UUID, given: Sequence[str], form: Form) -> bool:
        """To leave someone with these roles: a second person's where an administrator is made or unmade by it.

        Whether it is so, and may be done now."""
        account = await self._accounts.find(visit.whose, person)
        made = await self._accounts.made_roles(visit.whose)
        before = roles.permissions(account.roles if account else (), made)
        if not changes_administrators(before, roles.permissions(given, made)):
            return False
        await self.second(visit, Asked(Danger.administrators, *form))
        return True

    async def _within(self, visit: Visit, names: Sequence[str], problem: Wrong) -> None:
        made = await self._accounts.made_roles(visit.whose)
        if roles.permissions(names, made) - visit.permissions:
            raise problem

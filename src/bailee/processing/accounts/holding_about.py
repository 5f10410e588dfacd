"""What the room of accounts holds about someone, for a copy of their data: no secret, no digest of one."""

from typing import Any
from uuid import UUID

from bailee.processing.accounts.accounts import Accounts
from bailee.processing.accounts.means import Means
from bailee.processing.accounts.sessions import Sessions


class HeldAbout:
    """Tells what an account, its means of signing in and its sessions hold about their person."""

    def __init__(self, *, accounts: Accounts, means: Means, sessions: Sessions) -> None:
        self._accounts = accounts
        self._means = means
        self._sessions = sessions

    async def __call__(self, controller: UUID, person: UUID) -> dict[str, Any]:
        """The facts as JSON values; nothing for who has no account."""
        account = await self._accounts.find(controller, person)
        if account is None:
            return {}
        held = await self._means.read(controller, person, account.key_id)
        methods = held.methods if held else None
        return {
            "state": str(account.state), "roles": list(account.roles), "opened_at": account.created_at,
            "signed_in_at": account.signed_in_at, "reviewed_at": account.reviewed_at,
            "address": methods.address if methods else None,
            "password_changed_at": methods.password_changed_at if methods else None,
            "authenticator": bool(methods and methods.totp),
            "passkeys": [one.id for one in methods.passkeys] if methods else [],
            "providers": [one.issuer for one in methods.federated] if methods else [],
            "sessions": [
                {"address": one.device.address, "browser": one.device.agent, "began_at": one.created_at,
                 "seen_at": one.seen_at}
                for one in await self._sessions.listed(controller, account)
            ],
        }  # fmt: skip

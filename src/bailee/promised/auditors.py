"""Auditors' accounts: made by the room of accounts, for the room of audits; they close and are erased like any other."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from uuid import UUID

from bailee.clauses.audits.commands import Audits
from bailee.clauses.audits.guests import ROLE, Guests, Invited
from bailee.infra.web.visit import Visit
from bailee.processing.accounts.accounts import Accounts, NoAccount
from bailee.processing.accounts.inviting import Inviting, Sent
from bailee.processing.accounts.lifecycle import NotFromHere, Step
from bailee.vocabulary.groups import PersonGroup


def guests(accounts: Accounts, inviting: Inviting, proven: Callable[[Visit, str], None]) -> Guests:
    """Lets auditors in, for one audit, and ends their accounts."""

    async def invite(visit: Visit, address: str) -> Invited:
        link = await accounts.enrol(visit.whose, address, [ROLE], by=str(visit.who), group=PersonGroup.partner)
        sent = await inviting.invite(visit, link, address, visit.language)
        return Invited(link.person, "" if sent is Sent.mailed else f"{visit.origin}/link/{link.text}")

    async def end(controller: UUID, person: UUID) -> None:
        with suppress(NoAccount, NotFromHere):  # it is gone, or closing
            await accounts.step(controller, person, Step.ask_closing, by="platform")

    return Guests(proven, invite, end)


def ending(audits: Audits, let_in: Guests) -> Callable[[UUID], Awaitable[int]]:
    """What the worker does where an account's last instant has passed."""

    async def end(controller: UUID) -> int:
        return await audits.end_access(controller, let_in.end)

    return end

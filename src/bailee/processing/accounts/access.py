"""Access, looked after: the second person, reviews, who is who, and authority over others, put together."""

from typing import Any
from uuid import UUID

from bailee.gate.credentials import Credentials
from bailee.gate.passage import Passage
from bailee.infra.clock import Clock
from bailee.infra.database import Database
from bailee.infra.keys.store import KeyStore
from bailee.ledger.committing import Committing
from bailee.processing.accounts.accounts import Accounts
from bailee.processing.accounts.approving.approvals import Approvals
from bailee.processing.accounts.approving.erasures import Erasures
from bailee.processing.accounts.approving.issuing import Issuing
from bailee.processing.accounts.means import Means
from bailee.processing.accounts.names import Names
from bailee.processing.accounts.pages.authority import Authority
from bailee.processing.accounts.provisioning import Provisioning
from bailee.processing.accounts.reviewing import Reviewing
from bailee.processing.accounts.scim.group_roles import GroupRoles
from bailee.processing.accounts.sessions import Sessions


class Access:
    """What looks after the accounts of a platform, each part once."""

    def __init__(
        self, *, database: Database, committing: Committing, keys: KeyStore, clock: Clock, accounts: Accounts,
        means: Means, sessions: Sessions, credentials: Credentials, platform: UUID, passage: Passage,
    ) -> None:  # fmt: skip
        self.approvals = Approvals(
            database=database, committing=committing, keys=keys, accounts=accounts, clock=clock
        )  # fmt: skip
        self.issuing = Issuing(credentials=credentials, approvals=self.approvals, clock=clock)
        self.group_roles = GroupRoles(
            database=database, committing=committing, keys=keys, clock=clock,
            provisioning=Provisioning(committing, clock), approvals=self.approvals,
        )  # fmt: skip
        self.erasures = Erasures(passage=passage, database=database, approvals=self.approvals)
        self.reviewing = Reviewing(database, committing, clock)
        self.names = Names(accounts=accounts, means=means, platform=platform)
        self.authority = Authority(accounts=accounts, sessions=sessions, approvals=self.approvals)

    def given_to_pages(self) -> dict[str, Any]:
        """What pages ask for, by name."""
        return {
            "approvals": self.approvals, "reviewing": self.reviewing, "names": self.names, "authority": self.authority,
            "issuing": self.issuing, "group_roles": self.group_roles,
        }  # fmt: skip

"""The wings: what the platform does for a controller, built on the rooms of the house. Each part once, by name."""

from functools import cached_property
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bailee import promised
from bailee.clauses.audits import queries as audits
from bailee.clauses.audits.guests import Guests
from bailee.clauses.confidentiality.pages.speaking import Own
from bailee.clauses.data_subject_requests.pages.requests import Present
from bailee.clauses.instructions.pages.agreement import Signing
from bailee.console import assets
from bailee.console.guide import Guide
from bailee.console.rooms import here, rooms_of
from bailee.console.visiting import Visiting
from bailee.furnishing import opened
from bailee.gate.changing import Changing
from bailee.gate.renewing import queries as renewing
from bailee.house import A_DAY, Rooms
from bailee.infra.mail import Mailing
from bailee.infra.outbound import Outbound
from bailee.infra.web.pages import Pages
from bailee.infra.web.visit import Visit
from bailee.processing import accounts as accounts_room
from bailee.processing import backup as backup_room
from bailee.processing import webhooks as webhooks_room
from bailee.processing.accounts import queries as accounts
from bailee.processing.accounts.access import Access
from bailee.processing.accounts.accounts import INVITED_FOR, Accounts
from bailee.processing.accounts.admitting import Admitting
from bailee.processing.accounts.approving import queries as approving
from bailee.processing.accounts.approving.approvals import KEPT_FOR
from bailee.processing.accounts.closing import Closing
from bailee.processing.accounts.counting import Counting
from bailee.processing.accounts.equipping import Equipping
from bailee.processing.accounts.holdings.holdings import Holdings
from bailee.processing.accounts.inviting import Inviting
from bailee.processing.accounts.lifecycle import State
from bailee.processing.accounts.means import Means
from bailee.processing.accounts.organisations import Organisations
from bailee.processing.accounts.pages.seeing import Seeing
from bailee.processing.accounts.pages.uploads import Uploads
from bailee.processing.accounts.pages.ways import NotProven
from bailee.processing.accounts.reconciling import queries as reconciling
from bailee.processing.accounts.reconciling.room import Reconciling
from bailee.processing.accounts.reviewing import Reviewing
from bailee.processing.accounts.sessions import Sessions
from bailee.processing.accounts.sign_on import SignOn
from bailee.processing.accounts.signing_in.passwords import Passwords
from bailee.processing.accounts.staffing import Guarding
from bailee.processing.backup.room import Room as Backing
from bailee.processing.webhooks import queries as webhooks
from bailee.processing.webhooks.announcing import Announcing
from bailee.processing.webhooks.delivering import KEPT
from bailee.processing.webhooks.room import Webhooks
from bailee.promised import auditors
from bailee.promised.handing import handing
from bailee.worker.jobs import Duty

WEBHOOKS_ABREAST = 32
TEMPLATES = (
    Path(assets.__file__).with_name("templates"),
    Path(accounts_room.__file__).with_name("templates"),
    Path(webhooks_room.__file__).with_name("templates"),
    Path(backup_room.__file__).with_name("templates"),
    *promised.TEMPLATES,
)


class Wings:
    """The rooms of processing, and the console's kit, for one running platform."""

    def __init__(self, rooms: Rooms) -> None:
        self.rooms = rooms
        self.promised = promised.Promised(rooms)

    @cached_property
    def webhooks(self) -> Webhooks:
        """What the controllers' own systems hear of their people."""
        rooms = self.rooms
        return Webhooks(
            database=rooms.data, committing=rooms.committing, keys=rooms.keys, clock=rooms.clock,
            outbound=Outbound(sandbox=rooms.settings.sandbox),
        )  # fmt: skip

    @cached_property
    def backing(self) -> Backing:
        """Backups, and what proves them."""
        return Backing(self.rooms, opened)

    @cached_property
    def means(self) -> Means:
        """The means of signing in."""
        return Means(self.rooms.data, self.rooms.keys)

    @cached_property
    def accounts(self) -> Accounts:
        """The accounts."""
        rooms = self.rooms
        return Accounts(
            database=rooms.data, committing=rooms.committing, keys=rooms.keys, means=self.means, clock=rooms.clock,
            told=Announcing(rooms.clock),
        )  # fmt: skip

    @cached_property
    def sessions(self) -> Sessions:
        """Who is signed in."""
        rooms = self.rooms
        return Sessions(
            database=rooms.data, committing=rooms.committing, keys=rooms.keys, clock=rooms.clock,
            technical=self.promised.technical,
        )  # fmt: skip

    @cached_property
    def passwords(self) -> Passwords:
        """Hashing and checking of passwords."""
        return Passwords()

    @cached_property
    def admitting(self) -> Admitting:
        """Signing in."""
        rooms = self.rooms
        return Admitting(
            accounts=self.accounts, means=self.means, passwords=self.passwords, committing=rooms.committing,
            database=rooms.data, keys=rooms.keys, clock=rooms.clock, platform=rooms.platform,
        )  # fmt: skip

    @cached_property
    def inviting(self) -> Inviting:
        """Letters with a link."""
        return Inviting(accounts=self.accounts, means=self.means, equipping=self.equipping, mailing=self.mailing)

    @cached_property
    def equipping(self) -> Equipping:
        """Accounts by address, those of a directory included."""
        rooms = self.rooms
        return Equipping(
            sets=rooms.sets, accounts=self.accounts, means=self.means, committing=rooms.committing,
            place=rooms.settings.region,
        )  # fmt: skip

    @cached_property
    def sign_on(self) -> SignOn:
        """Single sign-on by the controllers' own providers."""
        rooms = self.rooms
        return SignOn(
            admitting=self.admitting, accounts=self.accounts, means=self.means, equipping=self.equipping,
            committing=rooms.committing, keys=rooms.keys, clock=rooms.clock,
            outbound=Outbound(sandbox=rooms.settings.sandbox), sandbox=rooms.settings.sandbox,
        )  # fmt: skip

    @cached_property
    def mailing(self) -> Mailing:
        """The door for mail."""
        return self.promised.mailing

    @cached_property
    def pages(self) -> Pages:
        """The templates of every room."""
        return Pages(TEMPLATES, assets.ADDRESSES, rooms_of=rooms_of, here=here)

    @cached_property
    def visiting(self) -> Visiting:
        """Who visits the console."""
        rooms = self.rooms
        return Visiting(
            settings=rooms.settings, sessions=self.sessions, accounts=self.accounts, means=self.means, filing=rooms.filing,
            pages=self.pages, clock=rooms.clock, platform=rooms.platform,
        )  # fmt: skip

    def proven(self, visit: Visit, back: str) -> None:
        """Nothing, or `NotProven` where presence was not proven lately."""
        if not self.sessions.is_proven(visit.session):
            raise NotProven(back)

    async def signing_key(self, visit: Visit) -> Ed25519PrivateKey:
        """The visitor's own key for signing documents."""
        return await self.admitting.signing_key(visit.whose, visit.who)

    def reviewing(self) -> Reviewing:
        """The periodic review of access."""
        return Reviewing(self.rooms.data, self.rooms.committing, self.rooms.clock)

    @cached_property
    def access(self) -> Access:
        """Who may do what, looked after."""
        rooms = self.rooms
        return Access(
            database=rooms.data, committing=rooms.committing, keys=rooms.keys, clock=rooms.clock,
            accounts=self.accounts, means=self.means, sessions=self.sessions, credentials=rooms.credentials,
            platform=rooms.platform, passage=rooms.passage,
        )  # fmt: skip

    @cached_property
    def closing(self) -> Closing:
        """Closing accounts whose day has come."""
        return Closing(accounts=self.accounts, people=self.rooms.people, settings=self.rooms.settings)

    @cached_property
    def guests(self) -> Guests:
        """Auditors, let in for one audit."""
        return auditors.guests(self.accounts, self.inviting, self.proven)

    @cached_property
    def reconciling(self) -> Reconciling:
        """Duplicates: found, merged, dismissed, parted again."""
        rooms = self.rooms
        changing = Changing(passage=rooms.passage, appending=rooms.appending, committing=rooms.committing)
        return Reconciling(
            passage=rooms.passage, changing=changing, appending=rooms.appending, erasing=rooms.erasing,
            files=rooms.files, database=rooms.data, keys=rooms.keys, clock=rooms.clock,
            told=Announcing(rooms.clock), place=rooms.settings.region,
        )  # fmt: skip

    def _presence(self) -> dict[str, Any]:
        """What asks for a fresh proof of presence, by name."""
        return {
            "signing": Signing(self.proven, self.signing_key), "present": Present(self.proven),
            "handing": handing(self.proven, self.access.authority, self.rooms.exchanging),
            "own_hand": Own(self.proven, self.signing_key), "guests": self.guests,
        }  # fmt: skip

    def given_to_pages(self) -> dict[str, Any]:
        """What pages ask for, by name."""
        rooms = self.rooms
        return {
            "accounts": self.accounts, "sessions": self.sessions, "means": self.means, "admitting": self.admitting,
            "inviting": self.inviting, "equipping": self.equipping, "sign_on": self.sign_on, "passwords": self.passwords,
            "organisations": Organisations(rooms.filing, rooms.platform),
            "reading_uploads": Uploads(passage=rooms.passage, appending=rooms.appending),
            "reconciling": self.reconciling,
            "people": rooms.people, "records": rooms.records, "sets": rooms.sets, "finding": rooms.further.finding,
            "name_tokens": rooms.further.name_tokens, "renewing": rooms.further.renewing, "reading": rooms.reading,
            "appending": rooms.appending, "archive": rooms.archive, "filing": rooms.filing,
            "credentials": rooms.credentials,
            "backing": self.backing.book, "backup_settings": rooms.settings,
            "importing": rooms.exchanging.importing, "exporting": rooms.exchanging.exporting,
            "handovers": rooms.exchanging.handovers, "subscriptions": self.webhooks.subscriptions,
            "deliveries": self.webhooks.deliveries,
            **self._presence(), "log_key": rooms.log_key, "clock": rooms.clock, "setbacks": rooms.setbacks, "looks": rooms.looks,
            "platform": rooms.platform,
            **self._of_access(),
            **self.promised.given_to_pages(),
        }  # fmt: skip

    def _of_access(self) -> dict[str, Any]:
        rooms, counting = self.rooms, Counting(self.rooms.data)
        return {
            **self.access.given_to_pages(),
            "guarding": Guarding(rooms.platform, rooms.everyone),
            "counting": counting,
            "holdings": Holdings(passage=rooms.passage, database=rooms.data, clock=rooms.clock),
            "seeing": Seeing(
                people=rooms.people, sets=rooms.sets, finding=rooms.further.finding, accounts=self.accounts,
                names=self.access.names,
            ),
            "guiding": Guide(
                filing=rooms.filing, archive=rooms.archive, accounts=self.accounts, counting=counting, clock=rooms.clock
            ),
        }  # fmt: skip

    async def first_link(self) -> str:
        """The link for the platform's first administrator; empty once one is active. A new one voids the last."""
        rooms = self.rooms
        known = await self.accounts.with_roles(rooms.platform)
        if any(one.state is not State.invited for one in known):
            return ""
        if known:
            link = await self.accounts.link(
                rooms.platform, known[0].person, "invitation", by="platform", lasts=INVITED_FOR
            )
        else:
            link = await self.accounts.enrol(rooms.platform, "", ["processor-administrator"], by="platform")
        return link.text

    def duties(self) -> list[Duty]:
        """What the jobs' process looks after, beside the house's own duties."""
        rooms, delivering = self.rooms, self.webhooks.delivering
        rounds = rooms.rounds_over(rooms.everyone)
        asked, destroying = rounds.asked, rounds.destroying
        return [
            destroying("closing accounts", 60.0, accounts.WITH_CLOSINGS, self.closing.due),
            asked("auditors' accounts", 5.0, audits.WITH_ACCESS, auditors.ending(self.promised.audits, self.guests)),
            asked("imports", 0.0, accounts.WITH_IMPORTS, rooms.exchanging.working.due),
            destroying("ends of merges", 10.0, reconciling.WITH_DUE_MERGES, self.reconciling.ending.due),
            asked("renewals", 1.0, renewing.WITH_RENEWALS, rooms.further.renewing.go_on),
            asked("ended sessions", 3600.0, accounts.WITH_SPENT_SESSIONS, self.sessions.forget, ago=A_DAY),
            asked("old approvals", 3600.0, approving.WITH_SPENT_APPROVALS, self.access.approvals.forget, ago=KEPT_FOR),
            asked("webhooks", 2.0, webhooks.WITH_DELIVERIES, delivering.deliver, abreast=WEBHOOKS_ABREAST),
            asked("old deliveries", 3600.0, webhooks.WITH_OLD_DELIVERIES, delivering.forget, ago=KEPT),
            *self._of_backups(),
            *self.promised.duties(),
        ]

    def _of_backups(self) -> list[Duty]:
        back, in_turn = self.backing, self.rooms.rounds_over(self.backing.only_platform).in_turn
        return [in_turn("backups", 60.0, back.backups.due, most=1), in_turn("drills", 600.0, back.drills.due, most=1)]

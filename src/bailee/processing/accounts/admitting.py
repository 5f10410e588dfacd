"""Admitting: from what someone offers at the door to an open session, or to one same refusal whatever was wrong.

Known and unknown accounts cost the same work and get the same words. A password alone opens the door only of an
account that has no second factor; who may touch other people's data must set one up before anything else.
"""

from datetime import datetime
from uuid import UUID

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bailee.infra import tokens
from bailee.infra.clock import Clock
from bailee.infra.database import Database
from bailee.infra.keys.store import KeyStore
from bailee.ledger.committing import Committing
from bailee.ledger.entries import Act
from bailee.processing.accounts import queries
from bailee.processing.accounts.accounts import Account, Accounts, NoAccount
from bailee.processing.accounts.attempts import Attempts
from bailee.processing.accounts.lifecycle import State, Step
from bailee.processing.accounts.means import Held, Means
from bailee.processing.accounts.signing_in import authenticators, limits, recovery, tickets
from bailee.processing.accounts.signing_in.challenges import Seals
from bailee.processing.accounts.signing_in.devices import Device
from bailee.processing.accounts.signing_in.methods import Methods, Passkey
from bailee.processing.accounts.signing_in.passkeys import Passkeys, owner
from bailee.processing.accounts.signing_in.passwords import Passwords
from bailee.processing.accounts.signing_in.tickets import Ticket
from bailee.vault import queries as vault_queries
from bailee.vault.searching import normal

USED, REHASHED = "code-used", "password-rehashed"
NO_SESSION = UUID(int=0)


def has_factor(methods: Methods) -> bool:
    """Whether a password alone is half a sign-in."""
    return methods.totp is not None or bool(methods.passkeys)


class At(msgspec.Struct, frozen=True):
    """Where someone wants in: the organisation as typed, the controller it names, and the address typed."""

    organisation: str
    controller: UUID
    address: str


class Denied(Exception):
    """What was offered does not open the door; nothing says which part was wrong."""


class LinkSpent(Exception):
    """The link was used already, has passed its time, or was replaced by a newer one."""


class Admitted(msgspec.Struct, frozen=True):
    """Someone is who they say they are, by these methods."""

    account: Account
    held: Held
    methods: tuple[str, ...]
    controller: UUID


class Halfway(msgspec.Struct, frozen=True):
    """The password was right; a code is asked for. `ticket` proves the first half for five minutes."""

    ticket: str


class Admitting:
    """Decides at the door."""

    def __init__(
        self, *, accounts: Accounts, means: Means, passwords: Passwords, committing: Committing, database: Database,
        keys: KeyStore, clock: Clock, platform: UUID,
    ) -> None:  # fmt: skip
        self._accounts = accounts
        self._means = means
        self._passwords = passwords
        self._committing = committing
        self._database = database
        self._keys = keys
        self._clock = clock
        self.attempts = Attempts(database, keys, clock)
        self._platform = platform

    def now(self) -> datetime:
        """The time at the door."""
        return self._clock.now()

    async def seals(self) -> Seals:
        """What seals the tokens that browsers carry for us."""
        return Seals((await self._keys.controller_key(self._platform, "signing-in")).secret)

    async def password(self, at: At, password: str, *, source: str, device: Device | None) -> Admitted | Halfway:
        """Sign in by address and password. `source` is the caller's network address, `device` a known browser.

        Guesses are counted by what was typed, whether or not there is such an organisation or account.
        """
        controller, address = at.controller, at.address
        found = await self._found(controller, address)
        known = self._known(device, controller, *found) if found else None
        drawn = limits.budgets(f"{normal(at.organisation)}\x00{normal(address)}", limits.source_of(source), known)
        guess = await self.attempts.guess(self._platform, drawn)
        right = await self._passwords.verify(found[1].methods.password if found else None, password)
        if not found or not right or not found[0].may_sign_in:
            raise Denied
        await guess.was_right()
        account, held = found
        if held.methods.password and self._passwords.needs_rehash(held.methods.password):
            fresh = msgspec.structs.replace(held.methods, password=await self._passwords.hash(password))
            held = await self.change(controller, account, held, fresh, what=REHASHED)
        if has_factor(held.methods):
            return Halfway(await self.ticket(controller, account, held))
        return Admitted(account, held, ("password",), controller)

    async def ticket(self, controller: UUID, account: Account, held: Held) -> str:
        """Proof, for five minutes and as long as password and account stay as they are, of the first half."""
        stood = tickets.standing(held.methods.password, account.version)
        until = self._clock.now() + tickets.LASTS
        return tickets.seal(await self.seals(), Ticket(controller, account.person, until, stood))

    async def code(self, ticket: str, code: str, *, device: Device | None) -> Admitted:
        """The second half: a code of the authenticator, or one of the recovery codes."""
        half = await self.half(ticket)
        if half is None:
            raise Denied
        controller, person = half.controller, half.person
        account, held = await self.standing(controller, person)
        if half.stood != tickets.standing(held.methods.password, account.version):
            raise Denied
        drawn = limits.code_budgets(str(person), self._known(device, controller, account, held))
        guess = await self.attempts.guess(self._platform, drawn)
        after, way = self._with_code(held.methods, code)
        if after is None or not account.may_sign_in:
            raise Denied
        kept = await self.change(controller, account, held, after, what=USED)
        await guess.was_right()
        return Admitted(account, kept, ("password", way), controller)

    async def half(self, ticket: str) -> Ticket | None:
        """Who passed the first half, as the ticket says."""
        return tickets.read(await self.seals(), ticket, self._clock.now())

    async def passkey(self, ceremonies: Passkeys, token: str, response: str) -> Admitted:
        """Sign in by passkey: two factors in one, and nothing to guess."""
        whose = owner(response)
        if whose is None:
            raise Denied
        account, held = await self.standing(whose.controller, whose.person)
        used = await ceremonies.signed_in(whose, held.methods, token, response, self._clock.now())
        if not isinstance(used, Passkey) or not account.may_sign_in:
            raise Denied
        kept = await self.change(whose.controller, account, held, held.methods.with_passkey(used), what=USED)
        return Admitted(account, kept, ("passkey",), whose.controller)

    async def signing_key(self, controller: UUID, person: UUID) -> Ed25519PrivateKey:
        """The key a person signs documents with, made at the first signature. Asked for after a proof of presence."""
        account, held = await self.standing(controller, person)
        if held.methods.signing_key is not None:
            return Ed25519PrivateKey.from_private_bytes(held.methods.signing_key)
        made = Ed25519PrivateKey.generate()
        fresh = msgspec.structs.replace(held.methods, signing_key=made.private_bytes_raw())
        await self.change(controller, account, held, fresh, what="signing-key")
        return made

    async def is_password(self, account: Account, held: Held, controller: UUID, password: str) -> bool:
        """Whether someone who is signed in still knows their password; counted like any guess."""
        drawn = limits.code_budgets(f"{controller} step-up {account.person}")
        guess = await self.attempts.guess(self._platform, drawn)
        right = await self._passwords.verify(held.methods.password, password)
        if right:
            await guess.was_right()
        return right

    async def standing(self, controller: UUID, person: UUID) -> tuple[Account, Held]:
        """A living person's account and means, or `Denied`."""
        account = await self._accounts.find(controller, person)
        held = account and await self._means.read(controller, person, account.key_id)
        if not account or not held:
            raise Denied
        return account, held

    async def change(
        self, controller: UUID, account: Account, held: Held, after: Methods, *, what: str, by: str = ""
    ) -> Held:
        """Put means in place; two requests with one code cannot both do so."""
        async with self._committing.transaction(controller) as change:
            row = await change.connection.fetchrow(vault_queries.LOCK_PERSON, controller, account.person)
            if row is None or row["state"] != "living":
                raise NoAccount
            await self._means.change(
                change.connection, controller, account.person, row["key_id"], before=held, after=after
            )
            if what not in (USED, REHASHED):
                act = Act("sign-in-changed", controller, by or str(account.person), {"what": what}, (account.person,))
                await change.append([act])
        return Held(after, held.version + 1)

    async def of_link(self, text: str) -> tuple[tokens.Token, str, Account, Held]:
        """Whom a link lets in, without using it up: scanners that open it do no harm."""
        token = tokens.parse(text)
        if token is None:
            raise LinkSpent
        async with self._database.transaction(token.controller) as tx:
            row = await tx.fetchrow(queries.LINK, token.controller, token.id)
        now = self._clock.now()
        if row is None or not token.opens(row["secret_digest"]) or row["used_at"] or now >= row["expires_at"]:
            raise LinkSpent
        try:
            account, held = await self.standing(token.controller, row["person_id"])
        except Denied:
            raise LinkSpent from None
        if account.state is State.suspended:
            raise LinkSpent
        return token, row["kind"], account, held

    async def use_link(self, token: tokens.Token, account: Account) -> Account:
        """Use a link up; an invited account becomes active."""
        controller, person = token.controller, account.person
        async with self._database.transaction(controller) as tx:
            if await tx.fetchval(queries.USE_LINK, controller, token.id, self._clock.now()) is None:
                raise LinkSpent
        if account.state is State.invited:
            await self._accounts.step(controller, person, Step.accept, by=str(person))
        found = await self._accounts.find(controller, person)
        if found is None:
            raise LinkSpent
        return found

    async def renew(self, controller: UUID, account: Account, held: Held, password: str) -> Held:
        """Put a password in place: sessions end, links open nothing, and no device is known, for a thief had them too."""
        now = self._clock.now()
        fresh = msgspec.structs.replace(
            held.methods, password=await self._passwords.hash(password), password_changed_at=now
        )
        kept = await self.change(controller, account, held, fresh, what="password")
        async with self._database.transaction(controller) as tx:
            await tx.execute(queries.END_SESSIONS, controller, account.person, now, NO_SESSION)
            await tx.execute(queries.VOID_ALL_LINKS, controller, account.person, now)
        return kept

    async def strip(self, controller: UUID, person: UUID, *, by: str) -> None:
        """Take the second factors of someone who has lost them; their sessions end."""
        account, held = await self.standing(controller, person)
        fresh = msgspec.structs.replace(held.methods, totp=None, recovery=(), passkeys=())
        await self.change(controller, account, held, fresh, what="factors-taken", by=by)
        async with self._database.transaction(controller) as tx:
            await tx.execute(queries.END_SESSIONS, controller, person, self._clock.now(), NO_SESSION)

    def _known(self, device: Device | None, controller: UUID, account: Account, held: Held) -> bytes | None:
        """The id of a browser that this account signed in on before, and since its password was last changed."""
        since = held.methods.password_changed_at
        known = device is not None and device.knows(controller, account.person, self._clock.now(), since=since)
        return device.id if device is not None and known else None

    async def _found(self, controller: UUID, address: str) -> tuple[Account, Held] | None:
        person = await self._means.person_of(controller, address)
        try:
            return await self.standing(controller, person) if person else None
        except Denied:
            return None

    def _with_code(self, methods: Methods, code: str) -> tuple[Methods | None, str]:
        if methods.totp is not None:
            used = authenticators.accept(methods.totp, code, self._clock.now())
            if used is not None:
                return msgspec.structs.replace(methods, totp=used), "code"
        left = recovery.use(methods.recovery, code)
        return (None, "") if left is None else (msgspec.structs.replace(methods, recovery=left), "recovery-code")

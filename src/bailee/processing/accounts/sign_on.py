"""Single sign-on: a controller's own identity provider opens the door for its people (services.access).

The provider and the client's secret are sealed under a key of the controller. Someone is found by issuer and subject;
the first time by the address that the provider says it has verified. Whoever is not known here is not let in: accounts
come from an invitation or a directory, not from a sign-in.
"""

from collections.abc import Mapping
from uuid import UUID

import httpx
import msgspec

from bailee.infra.clock import Clock
from bailee.infra.guarded import Guarded
from bailee.infra.keys.key import Key
from bailee.infra.keys.store import KeyStore
from bailee.infra.outbound import Outbound
from bailee.ledger.committing import Committing
from bailee.ledger.entries import Act
from bailee.processing.accounts import queries
from bailee.processing.accounts.accounts import Account, Accounts
from bailee.processing.accounts.admitting import Admitted, Admitting, Denied
from bailee.processing.accounts.equipping import Equipping
from bailee.processing.accounts.lifecycle import State, Step
from bailee.processing.accounts.means import Held, Means
from bailee.processing.accounts.signing_in.methods import Federated
from bailee.processing.accounts.signing_in.openid import Begun, Identity, OpenId
from bailee.processing.accounts.signing_in.providers import Provider, Reason

SECRET = "client"  # noqa: S105 -- the name under which the secret is asked for


class Agreed(msgspec.Struct, frozen=True):
    """A provider as agreed with a controller. The secret is empty for a public client."""

    issuer: str
    client_id: str
    secret: str = ""

    def provider(self) -> Provider:
        """As the flow knows it: the secret by name."""
        return Provider(issuer=self.issuer, client_id=self.client_id, secret=SECRET if self.secret else None)


class NotLetIn(Denied):
    """The controller's provider sent somebody who does not come in: whose account it is, as far as that is known."""

    def __init__(self, person: UUID | None = None) -> None:
        super().__init__()
        self.person = person


class SignOn:
    """Keeps providers, and admits whom they vouch for."""

    def __init__(
        self, *, admitting: Admitting, accounts: Accounts, means: Means, equipping: Equipping, committing: Committing,
        keys: KeyStore, clock: Clock, outbound: Outbound, sandbox: bool,
    ) -> None:  # fmt: skip
        self._admitting = admitting
        self._accounts = accounts
        self._means = means
        self._equipping = equipping
        self._committing = committing
        self._keys = keys
        self._clock = clock
        self._client = httpx.AsyncClient(transport=Guarded(outbound), trust_env=False)
        self._sandbox = sandbox
        self._flow: OpenId | None = None

    async def agreed(self, controller: UUID) -> Agreed | None:
        """The controller's provider, if it named one."""
        key = await self._key(controller)
        async with self._committing.transaction(controller) as change:
            row = await change.connection.fetchrow(queries.SIGN_ON, controller)
        return None if row is None else _open(key, controller, row["version"], row["sealed"])

    async def agree(self, controller: UUID, agreed: Agreed | None, *, by: str) -> None:
        """Name a provider, or none any more."""
        key, now = await self._key(controller), self._clock.now()
        async with self._committing.transaction(controller) as change:
            row = await change.connection.fetchrow(queries.SIGN_ON, controller)
            version = row["version"] + 1 if row else 1
            if agreed is None:
                await change.connection.execute(queries.DELETE_SIGN_ON, controller)
            else:
                sealed = _seal(key, controller, version, agreed)
                await change.connection.execute(queries.PUT_SIGN_ON, controller, version, now, sealed)
            details = {"issuer": agreed.issuer} if agreed else {"issuer": ""}
            await change.append([Act("sign-on-agreed", controller, by, details)])

    async def begin(self, controller: UUID, redirect: str, hint: str) -> Begun | Reason | None:
        """Where the browser goes; None where the controller has no provider."""
        agreed = await self.agreed(controller)
        if agreed is None:
            return None
        return await (await self._openid()).begin(controller, agreed.provider(), redirect, hint=hint or None)

    async def finish(self, controller: UUID, token: str, answer: Mapping[str, str]) -> Admitted:
        """Let in whom the provider vouches for, or `NotLetIn`; `Denied` where there is no provider at all."""
        agreed = await self.agreed(controller)
        if agreed is None:
            raise Denied
        found = await (await self._openid()).finish(controller, agreed.provider(), token, answer)
        if not isinstance(found, Identity):
            raise NotLetIn
        account, held = await self._known(controller, found)
        if account.state is State.invited:
            await self._accounts.step(controller, account.person, Step.accept, by=str(account.person))
            account, held = await self._admitting.standing(controller, account.person)
        if not account.may_sign_in:
            raise NotLetIn(account.person)
        return Admitted(account, held, ("openid",), controller)

    async def _known(self, controller: UUID, found: Identity) -> tuple[Account, Held]:
        """By issuer and subject; the first time by the verified address, and then the pair is kept."""
        person = await self._means.person_of_federated(controller, found.issuer, found.subject)
        if person is not None:
            return await self._standing(controller, person)
        if found.address is None:
            raise NotLetIn
        account = await self._equipping.account_of(controller, found.address)
        if account is None:
            raise NotLetIn
        account, held = await self._standing(controller, account.person)
        fresh = msgspec.structs.replace(
            held.methods, federated=(*held.methods.federated, Federated(found.issuer, found.subject)),
            address_confirmed=True,
        )  # fmt: skip
        return account, await self._admitting.change(controller, account, held, fresh, what="sign-on")

    async def _standing(self, controller: UUID, person: UUID) -> tuple[Account, Held]:
        try:
            return await self._admitting.standing(controller, person)
        except Denied:
            raise NotLetIn(person) from None

    async def _openid(self) -> OpenId:
        if self._flow is None:
            self._flow = OpenId(
                self._client, await self._admitting.seals(), self._admitting.attempts.spend, self._clock,
                secret_of=self._secret_of, loopback=self._sandbox,
            )  # fmt: skip
        return self._flow

    async def _secret_of(self, controller: UUID, name: str) -> str | None:
        agreed = await self.agreed(controller)
        return agreed.secret if agreed and name == SECRET else None

    async def _key(self, controller: UUID) -> Key:
        return await self._keys.controller_key(controller, "sign-on")


def _seal(key: Key, controller: UUID, version: int, agreed: Agreed) -> bytes:
    return key.seal(msgspec.json.encode(agreed), _bound(controller, version))


def _open(key: Key, controller: UUID, version: int, sealed: bytes) -> Agreed:
    plain = key.unseal(sealed, _bound(controller, version))
    return msgspec.json.decode(plain, type=Agreed)


def _bound(controller: UUID, version: int) -> bytes:
    return b"bailee/sign-on/1" + controller.bytes + version.to_bytes(4, "big")

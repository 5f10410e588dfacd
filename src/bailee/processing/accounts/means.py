"""The means of signing in, sealed under their person's key: an erased person's address and passkeys are unreadable.

The sign-in name is found by a keyed tag under the controller's own key, never by a name in clear.
"""

import hmac
from uuid import UUID

import msgspec
from asyncpg import Connection, UniqueViolationError

from bailee.infra.database import Database
from bailee.infra.keys.key import Key
from bailee.infra.keys.store import KeyStore
from bailee.processing.accounts import queries
from bailee.processing.accounts.signing_in.methods import Methods
from bailee.vault.sealing import Sealed, seal, unseal
from bailee.vault.searching import normal
from bailee.vocabulary.ids import Address

TYPE = "sign-in"


class AddressTaken(Exception):
    """Another account of this controller signs in with this address."""


class Outrun(Exception):
    """Someone changed the same account's means meanwhile: the step is to be made again."""


class Gone(Exception):
    """The person's key is gone: erased, or being erased."""


class Held(msgspec.Struct, frozen=True):
    """Means as read, with the version that a change must still find."""

    methods: Methods
    version: int


class Means:
    """Keeps the means of signing in."""

    def __init__(self, database: Database, keys: KeyStore) -> None:
        self._database = database
        self._keys = keys

    async def person_of(self, controller: UUID, address: str) -> UUID | None:
        """Whose sign-in address this is; None for nobody's."""
        tag = await self._tag(controller, address)
        async with self._database.transaction(controller) as tx:
            found: UUID | None = await tx.fetchval(queries.NAMED, controller, tag)
        return found

    async def person_of_federated(self, controller: UUID, issuer: str, subject: str) -> UUID | None:
        """Who this identity of a provider is; None for nobody known."""
        tag = await self._federated(controller, issuer, subject)
        async with self._database.transaction(controller) as tx:
            found: UUID | None = await tx.fetchval(queries.NAMED, controller, tag)
        return found

    async def read(self, controller: UUID, person: UUID, key_id: UUID | None) -> Held | None:
        """The means of a living person; None without an account or when the key is gone."""
        async with self._database.transaction(controller) as tx:
            row = await tx.fetchrow(queries.SIGN_IN, controller, person)
        if row is None or key_id is None:
            return None
        key = await self._key(controller, person, key_id)
        where = _where(controller, person)
        plain = unseal(key, Sealed(where, row["version"], key_id, row["sealed"]))
        return Held(msgspec.json.decode(plain, type=Methods), row["version"])

    async def first(self, tx: Connection, controller: UUID, person: UUID, key_id: UUID, methods: Methods) -> None:
        """Write an account's first means, and its name's tag, in the caller's transaction."""
        key = await self._key(controller, person, key_id)
        sealed = seal(key, _where(controller, person), 1, msgspec.json.encode(methods))
        await tx.execute(queries.INSERT_SIGN_IN, controller, person, 1, sealed)
        await self._name(tx, controller, person, methods)

    async def change(
        self, tx: Connection, controller: UUID, person: UUID, key_id: UUID, *, before: Held, after: Methods
    ) -> None:
        """Put means in place of those that were read, in the caller's transaction."""
        key = await self._key(controller, person, key_id)
        sealed = seal(key, _where(controller, person), before.version + 1, msgspec.json.encode(after))
        if await tx.fetchval(queries.CHANGE_SIGN_IN, controller, person, before.version, sealed) is None:
            raise Outrun
        if (normal(after.address), after.federated) != (normal(before.methods.address), before.methods.federated):
            await tx.execute(queries.DELETE_NAMES, controller, person)
            await self._name(tx, controller, person, after)

    async def _name(self, tx: Connection, controller: UUID, person: UUID, methods: Methods) -> None:
        """Write the tags by which someone is found: of the address, and of each identity at a provider."""
        tags = [await self._tag(controller, methods.address)] if methods.address else []
        tags += [await self._federated(controller, one.issuer, one.subject) for one in methods.federated]
        try:
            async with tx.transaction():
                for tag in tags:
                    await tx.execute(queries.INSERT_NAME, controller, tag, person)
        except UniqueViolationError:
            raise AddressTaken from None

    async def _tag(self, controller: UUID, address: str) -> bytes:
        secret = (await self._keys.controller_key(controller, "sign-in")).secret
        return hmac.digest(secret, b"address\x00" + normal(address).encode(), "sha256")[:16]

    async def _federated(self, controller: UUID, issuer: str, subject: str) -> bytes:
        secret = (await self._keys.controller_key(controller, "sign-in")).secret
        named = len(issuer).to_bytes(4, "big") + issuer.encode() + subject.encode()
        return hmac.digest(secret, b"federated\x00" + named, "sha256")[:16]

    async def _key(self, controller: UUID, person: UUID, key_id: UUID) -> Key:
        found = await self._keys.person_keys([(controller, person, key_id)])
        if key_id not in found:
            raise Gone
        return found[key_id]


def _where(controller: UUID, person: UUID) -> Address:
    return Address(controller=controller, person=person, type=TYPE, record=person)

"""By what means one person signs in: one value, replaced as a whole, kept sealed under the person's key.

Passwords are here as argon2id strings and recovery codes as digests. The authenticator's secret has to be here as
it is, for a code is computed from it: that is why the whole is sealed.
"""

from datetime import datetime

import msgspec


class Totp(msgspec.Struct, frozen=True):
    """An authenticator app: its shared secret (base32) and the last time step of which a code was used (RFC 6238)."""

    secret: str
    used_step: int = -1


class Passkey(msgspec.Struct, frozen=True, kw_only=True):
    """A passkey (WebAuthn): `id` and `public_key` (COSE) in base64url without padding, `sign_count` as last seen."""

    id: str
    public_key: str
    sign_count: int
    name: str
    created_at: datetime
    transports: tuple[str, ...] = ()
    used_at: datetime | None = None


class Federated(msgspec.Struct, frozen=True):
    """Who someone is at an identity provider: the pair that never changes (OpenID Connect Core 5.7)."""

    issuer: str
    subject: str


class Methods(msgspec.Struct, frozen=True, kw_only=True):
    """Everything someone signs in with. `address` is the sign-in e-mail; `recovery` holds digests of unused codes."""

    address: str
    address_confirmed: bool = False
    password: str | None = None
    password_changed_at: datetime | None = None
    totp: Totp | None = None
    recovery: tuple[bytes, ...] = ()
    passkeys: tuple[Passkey, ...] = ()
    federated: tuple[Federated, ...] = ()
    signing_key: bytes | None = None  # Ed25519, for the documents that this person signs for a party

    def passkey(self, id: str) -> Passkey | None:
        """The passkey of this credential id, if it is one of theirs."""
        return next((one for one in self.passkeys if one.id == id), None)

    def with_passkey(self, passkey: Passkey) -> "Methods":
        """With this passkey added, or in place of the one of its id."""
        if self.passkey(passkey.id) is None:
            return msgspec.structs.replace(self, passkeys=(*self.passkeys, passkey))
        kept = tuple(passkey if one.id == passkey.id else one for one in self.passkeys)
        return msgspec.structs.replace(self, passkeys=kept)

    def without_passkey(self, id: str) -> "Methods":
        """Without the passkey of this credential id."""
        return msgspec.structs.replace(self, passkeys=tuple(one for one in self.passkeys if one.id != id))

    def is_federated(self, issuer: str, subject: str) -> bool:
        """Whether this identity at this provider is theirs."""
        return Federated(issuer, subject) in self.federated

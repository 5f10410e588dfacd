"""Passkeys (W3C Web Authentication Level 3): signing in with a device that knows its owner.

A passkey is discoverable, the authenticator itself verifies its user (so it is two factors in one), and its user
handle is the ids of controller and person: nobody types an organisation or an address. No attestation is asked
for: it would say which device someone owns. What the browser sends is hostile until verified; every way of
failing is a `Refused`, and nothing of it is in a log.
"""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

import msgspec
import webauthn
from cryptography.exceptions import UnsupportedAlgorithm
from webauthn.authentication.verify_authentication_response import VerifiedAuthentication
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url
from webauthn.helpers.cose import COSEAlgorithmIdentifier
from webauthn.helpers.decode_credential_public_key import decode_credential_public_key
from webauthn.helpers.decoded_public_key_to_cryptography import decoded_public_key_to_cryptography
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AttestationConveyancePreference,
    AuthenticatorSelectionCriteria,
    AuthenticatorTransport,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from bailee.processing.accounts.signing_in import challenges
from bailee.processing.accounts.signing_in.challenges import Challenge, Purpose, Seals, Spend, Unusable
from bailee.processing.accounts.signing_in.methods import Methods, Passkey

WAIT = int(challenges.LASTS.total_seconds() * 1000)  # milliseconds that the browser waits: the challenge's life
RESPONSE = 32 * 1024  # characters of a response; a real one has some two thousand
NAME = 64
MOST = 20  # passkeys of one account
TRANSPORTS = {one.value for one in AuthenticatorTransport}
SIGNATURES = [
    COSEAlgorithmIdentifier.EDDSA,
    COSEAlgorithmIdentifier.ECDSA_SHA_256,
    COSEAlgorithmIdentifier.RSASSA_PKCS1_v1_5_SHA_256,
]
# what the library and the libraries below it raise on hostile input
HOSTILE = (WebAuthnException, UnsupportedAlgorithm, ValueError, LookupError, TypeError, AttributeError, RecursionError)


class Refused(StrEnum):
    """Why a response is refused. Stable; a stranger is told one and the same for all of them."""

    malformed = "response-malformed"
    not_verified = "response-not-verified"
    unknown_passkey = "passkey-unknown"
    other_account = "passkey-of-another-account"
    already_registered = "passkey-already-registered"
    too_many = "passkeys-too-many"
    copied = "passkey-copied"


class Site(msgspec.Struct, frozen=True):
    """Where people sign in: the relying party's id (a host name), its name, and the origins accepted in full."""

    id: str
    name: str
    origins: tuple[str, ...]


class Whose(msgspec.Struct, frozen=True):
    """An account, as a user handle names it."""

    controller: UUID
    person: UUID

    @property
    def handle(self) -> bytes:
        """The user handle: 32 bytes, two random ids, nothing personal (WebAuthn 14.6.1)."""
        return self.controller.bytes + self.person.bytes


class Begun(msgspec.Struct, frozen=True):
    """A ceremony begun: the options' JSON for the browser, and the token to send back with its response."""

    options: str
    token: str


class _Inner(msgspec.Struct, frozen=True, rename="camel"):
    user_handle: str | None = None
    transports: tuple[str, ...] = ()


class _Response(msgspec.Struct, frozen=True):
    """The parts of a response that say whose it is; the library reads the rest."""

    id: str
    response: _Inner


class Passkeys:
    """Makes options and verifies responses. `spend` is the caller's store of challenges that were used."""

    def __init__(self, site: Site, seals: Seals, spend: Spend) -> None:
        self._site = site
        self._seals = seals
        self._spend = spend

    def register(self, whose: Whose, methods: Methods, now: datetime, *, label: str) -> Begun:
        """Begin adding a passkey for someone signed in. `label` is what their device shows: the address."""
        challenge, token = challenges.begin(
            self._seals, Purpose.passkey_registration, now, controller=whose.controller, person=whose.person
        )
        options = webauthn.generate_registration_options(
            rp_id=self._site.id, rp_name=self._site.name, user_name=label, user_id=whose.handle,
            challenge=challenge.challenge, timeout=WAIT, attestation=AttestationConveyancePreference.NONE,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
            ),
            exclude_credentials=_described(methods), supported_pub_key_algs=SIGNATURES,
        )  # fmt: skip
        return Begun(webauthn.options_to_json(options), token)

    async def registered(
        self, whose: Whose, methods: Methods, token: str, response: str, *, name: str, now: datetime
    ) -> Passkey | Refused | Unusable:
        """The new passkey, to be kept; or why not."""
        challenge = self._challenge(Purpose.passkey_registration, token, now, whose)
        if isinstance(challenge, Unusable):
            return challenge
        parts = _parts(response)
        if parts is None:
            return Refused.malformed
        if len(methods.passkeys) >= MOST:
            return Refused.too_many
        try:
            found = webauthn.verify_registration_response(
                credential=response, expected_challenge=challenge.challenge, expected_rp_id=self._site.id,
                expected_origin=list(self._site.origins), require_user_verification=True,
                supported_pub_key_algs=SIGNATURES,
            )  # fmt: skip
            # a key that cannot be used is refused now, not at the first sign-in
            decoded_public_key_to_cryptography(decode_credential_public_key(found.credential_public_key))
        except HOSTILE:
            return Refused.not_verified
        id = bytes_to_base64url(found.credential_id)
        if methods.passkey(id) is not None:
            return Refused.already_registered
        if not await self._spend(whose.controller, challenge.challenge, challenge.expires_at):
            return Unusable.spent
        return Passkey(
            id=id, public_key=bytes_to_base64url(found.credential_public_key), sign_count=found.sign_count,
            name=_name(name), created_at=now, transports=tuple(t for t in parts.response.transports if t in TRANSPORTS),
        )  # fmt: skip

    def sign_in(self, now: datetime) -> Begun:
        """Begin signing in: any passkey of this site, whoever's it is."""
        challenge, token = challenges.begin(self._seals, Purpose.passkey_sign_in, now)
        return self._asked(challenge, token, [])

    def step_up(self, whose: Whose, methods: Methods, now: datetime) -> Begun:
        """Begin proving that someone signed in is still there: one of their passkeys."""
        challenge, token = challenges.begin(
            self._seals, Purpose.passkey_step_up, now, controller=whose.controller, person=whose.person
        )
        return self._asked(challenge, token, _described(methods))

    async def signed_in(
        self, whose: Whose, methods: Methods, token: str, response: str, now: datetime
    ) -> Passkey | Refused | Unusable:
        """The passkey as used, to be kept in place of the old one before a session opens; `whose` comes from `owner`.

        For an account that is not there, give empty means: the answer is that of an unknown passkey.
        """
        if owner(response) != whose:
            return Refused.malformed
        return await self._used(Purpose.passkey_sign_in, whose, methods, token, response, now=now)

    async def stepped_up(
        self, whose: Whose, methods: Methods, token: str, response: str, now: datetime
    ) -> Passkey | Refused | Unusable:
        """The passkey as used, to be kept in place of the old one; `whose` comes from the session."""
        named = owner(response)
        if named is not None and named != whose:
            return Refused.other_account
        return await self._used(Purpose.passkey_step_up, whose, methods, token, response, now=now)

    async def _used(
        self, purpose: Purpose, whose: Whose, methods: Methods, token: str, response: str, *, now: datetime
    ) -> Passkey | Refused | Unusable:
        challenge = self._challenge(purpose, token, now, whose)
        if isinstance(challenge, Unusable):
            return challenge
        parts = _parts(response)
        if parts is None:
            return Refused.malformed
        passkey = methods.passkey(parts.id)
        if passkey is None:
            return Refused.unknown_passkey
        found = self._verified(challenge, passkey, response)
        if found is None:
            return Refused.not_verified
        if not await self._spend(whose.controller, challenge.challenge, challenge.expires_at):
            return Unusable.spent
        if (found.new_sign_count or passkey.sign_count) and found.new_sign_count <= passkey.sign_count:
            return Refused.copied  # truly signed, yet the count went back: two devices hold this key (WebAuthn 6.1.1)
        return msgspec.structs.replace(passkey, sign_count=found.new_sign_count, used_at=now)

    def _verified(self, challenge: Challenge, passkey: Passkey, response: str) -> VerifiedAuthentication | None:
        """The response, verified but for its count: the library judges the count before the signature."""
        try:
            return webauthn.verify_authentication_response(
                credential=response, expected_challenge=challenge.challenge, expected_rp_id=self._site.id,
                expected_origin=list(self._site.origins), require_user_verification=True,
                credential_public_key=base64url_to_bytes(passkey.public_key), credential_current_sign_count=0,
            )  # fmt: skip
        except HOSTILE:
            return None

    def _challenge(self, purpose: Purpose, token: str, now: datetime, whose: Whose) -> Challenge | Unusable:
        """The challenge of this token, if it was made for this purpose and for nobody else."""
        found = challenges.read(self._seals, purpose, token, now)
        if isinstance(found, Unusable) or found.person is None:
            return found
        return found if Whose(found.controller or whose.controller, found.person) == whose else Unusable.unknown

    def _asked(self, challenge: Challenge, token: str, among: list[PublicKeyCredentialDescriptor]) -> Begun:
        options = webauthn.generate_authentication_options(
            rp_id=self._site.id, challenge=challenge.challenge, timeout=WAIT, allow_credentials=among or None,
            user_verification=UserVerificationRequirement.REQUIRED,
        )  # fmt: skip
        return Begun(webauthn.options_to_json(options), token)


def owner(response: str) -> Whose | None:
    """Whose passkey a response says it is, before anything is verified; None when it does not say."""
    parts = _parts(response)
    if parts is None or parts.response.user_handle is None:
        return None
    try:
        handle = base64url_to_bytes(parts.response.user_handle)
    except ValueError:
        return None
    return Whose(UUID(bytes=handle[:16]), UUID(bytes=handle[16:])) if len(handle) == 32 else None


def _parts(response: str) -> _Response | None:
    if len(response) > RESPONSE:
        return None
    try:
        return msgspec.json.decode(response, type=_Response)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None


def _described(methods: Methods) -> list[PublicKeyCredentialDescriptor]:
    return [
        PublicKeyCredentialDescriptor(
            id=base64url_to_bytes(one.id), transports=[AuthenticatorTransport(t) for t in one.transports]
        )
        for one in methods.passkeys
    ]


def _name(said: str) -> str:
    """What the person calls it, on one line of printable text."""
    return " ".join("".join(one if one.isprintable() else " " for one in said).split())[:NAME] or "Passkey"

"""ID tokens: the signature, by a key of the provider's own and an algorithm of ours, and every claim that binds it.

OpenID Connect Core 3.1.3.7. The algorithm is chosen from four, all with a public key (RFC 8725, 3.1), and has to
fit the key's own type: no `none`, no HMAC, no key that the token brings along.
"""

import base64
import hmac
from datetime import datetime
from typing import Any

import msgspec
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, Key, OKPKey, RSAKey, import_key
from joserfc.jws import JWSRegistry

from bailee.processing.accounts.signing_in.providers import Failed, KeySet, Reason

LONGEST = 32 * 1024  # characters
LEEWAY = 60  # seconds between the provider's clock and ours
OLDEST = 600  # seconds since it was issued; it comes straight from the provider
SUBJECT = 255
RSA_BITS = range(2048, 8193)
EXPONENT = 6  # characters of an RSA key's public exponent: 32 bits, for a larger one costs time
FAMILIES = {"RS256": "RSA", "PS256": "RSA", "ES256": "EC", "Ed25519": "OKP", "EdDSA": "OKP"}
CURVES = {"EC": "P-256", "OKP": "Ed25519"}
ALGORITHMS = frozenset(FAMILIES)


class Header(msgspec.Struct, frozen=True):
    """A token's header, as far as it is believed: nothing in it brings a key."""

    alg: str
    kid: str | None = None
    typ: str | None = None
    crit: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


class Claims(msgspec.Struct, frozen=True):
    """What a provider says of someone. Times are seconds since 1970."""

    iss: str
    sub: str
    aud: str | tuple[str, ...]
    exp: float
    iat: float
    nonce: str | None = None
    azp: str | None = None
    nbf: float | None = None
    auth_time: float | None = None
    amr: tuple[str, ...] = ()
    email: str | None = None
    email_verified: bool | str | None = None
    name: str | None = None


class Expected(msgspec.Struct, frozen=True, kw_only=True):
    """What a token has to say. `since` when a fresh sign-in was asked for: not before then."""

    issuer: str
    client_id: str
    nonce: str
    now: datetime
    since: datetime | None = None


class _Registry(JWSRegistry):
    """Our four algorithms. `EdDSA`, the older name (RFC 8037), means Ed25519 here and nothing else (RFC 9864)."""

    max_header_length = 8_192

    def get_alg(self, name: str) -> Any:
        if name not in ALGORITHMS:
            raise Failed(Reason.algorithm_refused)
        return self.algorithms["Ed25519" if name == "EdDSA" else name]


REGISTRY = _Registry(algorithms=sorted(ALGORITHMS), strict_check_header=False)


def header_of(token: str) -> Header:
    """A token's header, unverified, to find the key by; `Failed` when no key could ever fit it."""
    if len(token) > LONGEST or token.count(".") != 2:
        raise Failed(Reason.token_malformed)
    try:
        found = msgspec.json.decode(_plain(token.partition(".")[0]), type=Header)
    except (msgspec.DecodeError, ValueError, RecursionError):
        raise Failed(Reason.token_malformed) from None
    if found.alg not in ALGORITHMS:
        raise Failed(Reason.algorithm_refused)
    if found.crit is not msgspec.UNSET or (found.typ or "JWT").upper() != "JWT":
        raise Failed(Reason.token_malformed)
    return found


def key_for(header: Header, keys: KeySet) -> Key | None:
    """The provider's one key that a header means and its algorithm fits; None when there is none, or several."""
    family = FAMILIES[header.alg]
    named = [one for one in keys.keys if header.kid is None or one.get("kid") == header.kid]
    fitting = [one for one in named if _fits(one, header.alg, family)]
    if len(fitting) != 1:
        return None
    public: dict[str, str | list[str]] = {
        name: fitting[0][name] for name in ("kty", "crv", "n", "e", "x", "y") if name in fitting[0]
    }
    try:
        key = import_key(public)
    except (JoseError, ValueError, TypeError, LookupError):
        return None
    return key if isinstance(key, RSAKey | ECKey | OKPKey) else None


def check(token: str, key: Key, expected: Expected) -> Claims:
    """The claims of a token that this key signed and that says what it has to; `Failed` otherwise."""
    header = header_of(token)
    try:
        found = jwt.decode(token, key, algorithms=[header.alg], registry=REGISTRY)
        claims = msgspec.convert(found.claims, Claims)
    except (JoseError, RecursionError):
        raise Failed(Reason.signature_wrong) from None
    except (msgspec.ValidationError, ValueError, TypeError, OverflowError):
        raise Failed(Reason.token_malformed) from None
    _check_parties(claims, expected)
    _check_times(claims, expected)
    if not hmac.compare_digest((claims.nonce or "").encode(), expected.nonce.encode()):
        raise Failed(Reason.nonce_differs)
    return claims


def _check_parties(claims: Claims, expected: Expected) -> None:
    if claims.iss != expected.issuer:
        raise Failed(Reason.issuer_differs)
    audience = (claims.aud,) if isinstance(claims.aud, str) else claims.aud
    if expected.client_id not in audience:
        raise Failed(Reason.audience_differs)
    if claims.azp is not None and claims.azp != expected.client_id:
        raise Failed(Reason.party_differs)
    if len(set(audience)) > 1 and claims.azp is None:
        raise Failed(Reason.party_differs)
    if not 0 < len(claims.sub) <= SUBJECT:
        raise Failed(Reason.subject_missing)


def _check_times(claims: Claims, expected: Expected) -> None:
    now = expected.now.timestamp()
    if now >= claims.exp + LEEWAY:
        raise Failed(Reason.expired)
    if claims.iat > now + LEEWAY or (claims.nbf is not None and claims.nbf > now + LEEWAY):
        raise Failed(Reason.not_yet)
    if claims.iat < now - OLDEST:
        raise Failed(Reason.too_old)
    if expected.since is None:
        return
    signed_in = claims.auth_time if claims.auth_time is not None else 0.0
    if not expected.since.timestamp() - LEEWAY <= signed_in <= now + LEEWAY:
        raise Failed(Reason.not_fresh)


def _fits(key: dict[str, Any], algorithm: str, family: str) -> bool:
    """Whether a key of the provider's is for signatures of this algorithm."""
    if key.get("kty") != family or key.get("use", "sig") != "sig" or key.get("crv") != CURVES.get(family):
        return False
    if family == "RSA" and not _sized(key.get("n"), key.get("e")):
        return False
    meant = key.get("alg", algorithm)
    return meant == algorithm or {meant, algorithm} == {"EdDSA", "Ed25519"}


def _sized(modulus: Any, exponent: Any) -> bool:
    """Whether an RSA key is large enough to trust and small enough to compute with."""
    if not (isinstance(modulus, str) and isinstance(exponent, str) and len(exponent) <= EXPONENT):
        return False
    try:
        return int.from_bytes(_plain(modulus[: RSA_BITS.stop])).bit_length() in RSA_BITS
    except ValueError:
        return False


def _plain(part: str) -> bytes:
    return base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True)

"""Recovery codes: ten, each good once, for whoever lost the authenticator or the passkey.

A code is 80 random bits in Crockford's base32: no letter that looks like a digit, and what is typed in place of one
is understood. Only digests are kept; against 80 random bits a fast digest is enough. They are shown once.
"""

import hashlib
import hmac
import secrets

COUNT = 10
BYTES = 10
GROUP = 4
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = BYTES * 8 // 5
MEANT = str.maketrans("OIL", "011")
DOMAIN = b"bailee/recovery-code/1\x00"
NEVER = secrets.token_bytes(32)  # compared with where nothing is left, so that the work is the same


def fresh() -> tuple[tuple[str, ...], tuple[bytes, ...]]:
    """New codes to show once, and their digests to keep; they replace all earlier ones."""
    codes = tuple(_code(secrets.token_bytes(BYTES)) for _ in range(COUNT))
    return codes, tuple(_digest(_read(code)) for code in codes)


def use(kept: tuple[bytes, ...], code: str) -> tuple[bytes, ...] | None:
    """The digests left when this code is used, to be kept before anything is granted; None to refuse."""
    said = _digest(_read(code))
    padded = kept + (NEVER,) * max(0, COUNT - len(kept))
    same = [hmac.compare_digest(one, said) for one in padded]
    if not any(same):
        return None
    return tuple(one for one, found in zip(kept, same, strict=False) if not found)


def _code(random: bytes) -> str:
    number = int.from_bytes(random, "big")
    text = "".join(ALPHABET[number >> (5 * at) & 31] for at in reversed(range(LENGTH)))
    return "-".join(text[at : at + GROUP] for at in range(0, LENGTH, GROUP))


def _read(code: str) -> str:
    """A code as typed, without separators and case, look-alikes read as what is meant; empty if it is none."""
    text = "".join(one for one in code[: 4 * LENGTH] if one not in " -\u00a0\u2010\u2011\u2013")
    text = text.upper().translate(MEANT) if text.isascii() else ""
    return text if len(text) == LENGTH and set(text) <= set(ALPHABET) else ""


def _digest(code: str) -> bytes:
    return hashlib.sha256(DOMAIN + code.encode()).digest()

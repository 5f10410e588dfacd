"""Codes of an authenticator app: six digits every thirty seconds (TOTP, RFC 6238), each accepted once.

The step before and the step after count too, for clocks differ. A step of which a code was used, and every step
before it, is refused for good: a code seen over a shoulder or on a false page opens nothing afterwards (RFC 6238, 5.2).
"""

import hmac
from datetime import datetime

import msgspec
import pyotp
import segno

from bailee.processing.accounts.signing_in.methods import Totp

SECONDS = 30
DIGITS = 6
SECRET = 32  # characters of base32: 160 bits, the length of the hash (RFC 4226, R6)
BORDER = 4  # modules around a QR code (ISO/IEC 18004)
SEPARATORS = str.maketrans("", "", " -\u00a0\u202f")


def fresh() -> Totp:
    """A new secret, to be kept only once a first code of it was accepted."""
    return Totp(pyotp.random_base32(SECRET))


def accept(totp: Totp, code: str, now: datetime) -> Totp | None:
    """The authenticator with this code's step used up, to be kept before anything is granted; None to refuse.

    `now` is aware. Two requests with one code both pass here: whoever keeps the result keeps only the first.
    """
    said = code.translate(SEPARATORS).encode("utf-8", "replace")
    step, app = int(now.timestamp()) // SECONDS, pyotp.TOTP(totp.secret, digits=DIGITS, interval=SECONDS)
    steps = [one for one in (step - 1, step, step + 1) if one >= 0]
    right = [one for one in steps if hmac.compare_digest(app.generate_otp(one).encode(), said)]
    used = next((one for one in right if one > totp.used_step), None)
    return None if used is None else msgspec.structs.replace(totp, used_step=used)


def provisioning_uri(totp: Totp, *, address: str, issuer: str) -> str:
    """The otpauth: address that an app reads. A colon would end the issuer's name: it becomes a space."""
    app = pyotp.TOTP(totp.secret, digits=DIGITS, interval=SECONDS)
    return app.provisioning_uri(name=address.replace(":", " "), issuer_name=issuer.replace(":", " "))


def qr_code(uri: str, *, title: str, module: int = 4) -> str:
    """A QR code as inline SVG: no request, no style, black on white in every theme. `module` in CSS pixels."""
    code = segno.make(uri, error="m", micro=False)
    return code.svg_inline(
        scale=module, border=BORDER, dark="#000", light="#fff", title=title, svgclass="qr-code", lineclass=None
    )


def readable(totp: Totp) -> str:
    """The secret in groups of four, for whoever types it."""
    return " ".join(totp.secret[at : at + 4] for at in range(0, len(totp.secret), 4))

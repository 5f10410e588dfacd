"""The processor's certificate: one file with key and certificate, self-made on first use, replaced by a bought one.

The same that signs PDFs. What it signs on the wire is SHA-256 under ECDSA or RSA, whichever the key is.
"""

import base64
from functools import cached_property
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from bailee.infra import pdf_signature


class UnusableKey(RuntimeError):
    """The certificate's key is neither ECDSA nor RSA."""


class Certificate:
    """Signs bodies in the name of a domain; its file is made, or read, when it is first needed."""

    def __init__(self, keeper: Path, *, name: str, domain: str) -> None:
        self._keeper = keeper
        self._name = name
        self.domain = domain

    @cached_property
    def _pem(self) -> bytes:
        pdf_signature.ensure(self._keeper, self._name)
        return self._keeper.read_bytes()

    @cached_property
    def public(self) -> bytes:
        """The certificate alone, in PEM."""
        return x509.load_pem_x509_certificate(self._pem).public_bytes(serialization.Encoding.PEM)

    def sign(self, body: bytes) -> str:
        """The signature of a body, in base64 on one line."""
        key = serialization.load_pem_private_key(self._pem, None)
        if isinstance(key, ec.EllipticCurvePrivateKey):
            return base64.b64encode(key.sign(body, ec.ECDSA(hashes.SHA256()))).decode()
        if isinstance(key, rsa.RSAPrivateKey):
            return base64.b64encode(key.sign(body, padding.PKCS1v15(), hashes.SHA256())).decode()
        raise UnusableKey

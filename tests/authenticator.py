"""A passkey authenticator in software: real WebAuthn responses, signed with a real EC key. It lies where told to."""

import base64
import hashlib
import json
import secrets
import struct
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from webauthn.helpers.encode_cbor import encode_cbor

PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40


def b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


class Authenticator:
    """One credential on one device, with the signature counter of a security key."""

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.id = secrets.token_bytes(32)
        self.handle = b""
        self.count = 0
        self.counts = True

    def copy(self) -> "Authenticator":
        """The same credential on a second device, as a thief would have it."""
        other = Authenticator(self.origin)
        other.__dict__.update(self.__dict__)
        return other

    def create(self, options: str, **lies: Any) -> str:
        """What navigator.credentials.create() gives, with attestation `none`."""
        asked = json.loads(options)
        self.handle = unb64(asked["user"]["id"])
        cose = lies.get("cose", self.cose())
        attested = bytes(16) + struct.pack(">H", len(self.id)) + self.id + cose
        data = self.data(lies.get("rp", asked["rp"]["id"]), ATTESTED, lies) + attested
        body = encode_cbor({"fmt": "none", "attStmt": {}, "authData": data})
        client = self.client("webauthn.create", asked["challenge"], lies)
        response = {"clientDataJSON": b64(client), "attestationObject": b64(body), "transports": ["internal", "evil"]}
        return self.said(response)

    def get(self, options: str, **lies: Any) -> str:
        """What navigator.credentials.get() gives."""
        asked = json.loads(options)
        self.count += self.counts
        data = self.data(lies.get("rp", asked["rpId"]), 0, lies)
        client = self.client("webauthn.get", asked["challenge"], lies)
        signature = lies.get("key", self.key).sign(data + hashlib.sha256(client).digest(), ec.ECDSA(SHA256()))
        handle = lies.get("handle", self.handle)
        response = {
            "clientDataJSON": b64(client), "authenticatorData": b64(data), "signature": b64(signature),
            "userHandle": None if handle is None else b64(handle),
        }  # fmt: skip
        return self.said(response)

    def cose(self) -> bytes:
        numbers = self.key.public_key().public_numbers()
        return encode_cbor({1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")})

    def data(self, rp: str, flags: int, lies: dict[str, Any]) -> bytes:
        flags |= lies.get("flags", PRESENT | VERIFIED)
        return hashlib.sha256(rp.encode()).digest() + bytes([flags]) + struct.pack(">I", self.count)

    def client(self, kind: str, challenge: str, lies: dict[str, Any]) -> bytes:
        said = {"type": lies.get("kind", kind), "challenge": lies.get("challenge", challenge)}
        return json.dumps({**said, "origin": lies.get("origin", self.origin), "crossOrigin": False}).encode()

    def said(self, response: dict[str, Any]) -> str:
        return json.dumps({"id": b64(self.id), "rawId": b64(self.id), "type": "public-key", "response": response})

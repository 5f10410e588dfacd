"""The key that signs checkpoints and statements: the processor's, one for all its logs.

The note's key name equals the origin it signs, `<log name>/<controller>/<generation>`; the public key
stands in every signed agreement, so that a controller can pin it.
"""

from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bailee.proof.signing import Signer


class LogKey:
    """Signs notes under the names of logs."""

    def __init__(self, log_name: str, private: Ed25519PrivateKey) -> None:
        self.log_name = log_name
        self._private = private

    def origin(self, controller: UUID, generation: int) -> str:
        """The origin of a controller's log in one generation."""
        return f"{self.log_name}/{controller}/{generation}"

    def sign(self, name: str, text: str) -> str:
        """A signed note (C2SP) over the text, under a key name."""
        return Signer(name, self._private).sign(text)

    def verifier(self, controller: UUID, generation: int = 1) -> str:
        """The verifier key (vkey) of a controller's log: what stands in the agreement."""
        return Signer(self.origin(controller, generation), self._private).vkey

    def statement_signer(self) -> Signer:
        """The signer of statements about files: manifests and certificates."""
        return Signer(f"{self.log_name}/statements", self._private)

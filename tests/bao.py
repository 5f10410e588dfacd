"""A real OpenBao server on this machine: over TLS, its storage on disk, so that it can be killed and come back."""

import datetime
import ipaddress
import os
import ssl
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.outside import free_port, until

PROGRAM = Path(sys.executable).with_name("bao")
ENGINE = "teams/bailee"
CONFIGURATION = """
disable_mlock = true
api_addr = "https://127.0.0.1:{port}"
cluster_addr = "https://127.0.0.1:{cluster}"
storage "raft" {{
  path = "{folder}/raft"
  node_id = "one"
  performance_multiplier = 1
}}
seal "static" {{
  current_key_id = "one"
  current_key = "file://{folder}/seal.key"
}}
listener "tcp" {{
  address = "127.0.0.1:{port}"
  cluster_address = "127.0.0.1:{cluster}"
  tls_cert_file = "{folder}/tls.pem"
  tls_key_file = "{folder}/tls.key"
}}
"""


class Bao:
    """The server, its engine, and a token that may do what docs/howto/keep-root-keys-in-openbao.md allows."""

    def __init__(self, folder: Path, policy: str) -> None:
        self.folder, self.port = folder, free_port()
        self.authorities, self.token = folder / "tls.pem", folder / "token"
        (folder / "raft").mkdir()
        (folder / "seal.key").write_bytes(os.urandom(32))
        _certificate(folder)
        text = CONFIGURATION.format(folder=folder, port=self.port, cluster=free_port())
        (folder / "bao.hcl").write_text(text)
        self._tls = ssl.create_default_context(cafile=str(self.authorities))
        self._root = ""
        self.start()
        made = self("PUT", "sys/init", {"recovery_shares": 1, "recovery_threshold": 1})
        self._root = made["root_token"]
        self._await()
        self("POST", f"sys/mounts/{ENGINE}", {"type": "transit"})
        self("PUT", "sys/policies/acl/bailee", {"policy": policy})
        made = self("POST", "auth/token/create-orphan", {"policies": ["bailee"], "period": "24h"})
        self.allowed = made["auth"]["client_token"]
        self.token.touch(mode=0o600)
        self.token.write_text(self.allowed + "\n")

    @property
    def address(self) -> str:
        return f"https://127.0.0.1:{self.port}/{ENGINE}"

    def start(self) -> None:
        with (self.folder / "bao.log").open("ab") as log:
            command = [PROGRAM, "server", f"-config={self.folder}/bao.hcl"]
            self._process = subprocess.Popen(command, stdout=log, stderr=log)
        self._await()

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def __call__(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        """Ask as its root."""
        content = msgspec.json.encode(body) if body is not None else None
        headers = {"X-Vault-Token": self._root} if self._root else {}
        request = urllib.request.Request(f"https://127.0.0.1:{self.port}/v1/{path}", content, headers, method=method)
        with urllib.request.urlopen(request, context=self._tls, timeout=30) as answer:
            return msgspec.json.decode(answer.read() or b"{}")

    def _await(self) -> None:
        """Until it answers; once it was initialised, until it is unsealed and leads."""

        def well() -> bool:
            try:
                state = self("GET", "sys/health?uninitcode=200")
            except (urllib.error.URLError, OSError):
                return False
            return not self._root or (state["initialized"] and not state["sealed"] and not state["standby"])

        until(well, "a key service that answers")


def _certificate(folder: Path) -> None:
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.datetime.now(datetime.UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "key service of the tests")])
    day = datetime.timedelta(days=1)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - day)
        .not_valid_after(now + day)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "tls.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    plain = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "tls.key").write_bytes(key.private_bytes(*plain))

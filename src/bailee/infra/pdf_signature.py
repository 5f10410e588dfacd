"""Signatures in PDFs: PAdES (baseline B-B) by pyhanko, with a certificate of the processor's own.

The certificate is self-made on first use and kept in one file with its key, beside the data directory;
a processor that has a qualified one puts it there. Validation says whether every byte is covered and
nothing was changed; who stands behind a self-made certificate is known by its fingerprint alone.
"""

import asyncio
import hashlib
import io
import logging
import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pyhanko.keys import load_certs_from_pemder_data, load_private_key_from_pemder_data
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import PdfSignatureMetadata, signers
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko.sign.validation import SignatureCoverageLevel, async_validate_pdf_signature
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.registry import SimpleCertificateStore

YEARS = timedelta(days=365 * 10)
FIELD = "Processor"


class Verdict(msgspec.Struct, frozen=True):
    """What was found in a PDF: whether its signature holds, in words, and by which certificate (SHA-256)."""

    good: bool
    words: str
    fingerprint: str = ""


async def sign(pdf: bytes, keeper: Path, name: str, reason: str) -> bytes:
    """The PDF with the processor's signature; the certificate is made on first use."""
    ensure(keeper, name)
    pem = keeper.read_bytes()
    certificate = next(iter(load_certs_from_pemder_data(pem)))
    signer = signers.SimpleSigner(
        signing_cert=certificate,
        signing_key=load_private_key_from_pemder_data(pem, passphrase=None),
        cert_registry=SimpleCertificateStore(),  # type: ignore[no-untyped-call]  # its constructor has no annotations
    )
    about = PdfSignatureMetadata(
        field_name=FIELD, reason=reason, name=name, subfilter=SigSeedSubFilter.PADES, md_algorithm="sha256"
    )
    out = io.BytesIO()
    await signers.PdfSigner(about, signer=signer).async_sign_pdf(IncrementalPdfFileWriter(io.BytesIO(pdf)), output=out)
    return out.getvalue()


def ensure(keeper: Path, name: str) -> None:
    """Make the certificate where there is none; who comes second takes what the first has made."""
    if not keeper.exists():
        with suppress(FileExistsError):
            _make_certificate(keeper, name)


def validate(file: Path) -> Verdict:
    """Whether the file's signature covers all of it and holds."""
    return validate_content(file.read_bytes())


def validate_content(content: bytes) -> Verdict:
    """The same, of a PDF in memory."""
    logging.getLogger("pyhanko").setLevel(logging.CRITICAL)
    logging.getLogger("pyhanko_certvalidator").setLevel(logging.CRITICAL)
    try:
        with ThreadPoolExecutor(1) as apart:  # callable from within a running loop as well
            return apart.submit(asyncio.run, _validate(content)).result()
    except (PdfError, SignatureValidationError, ValueError, OSError) as error:
        return Verdict(False, f"not a PDF whose signature can be read ({type(error).__name__})")


async def _validate(content: bytes) -> Verdict:
    reader = PdfFileReader(io.BytesIO(content))
    signatures = reader.embedded_signatures
    if not signatures:
        return Verdict(False, "nobody has signed this PDF")
    for signature in signatures:
        certificate = signature.signer_cert
        fingerprint = hashlib.sha256(certificate.dump()).hexdigest()
        trusted = ValidationContext(trust_roots=[certificate], allow_fetching=False)
        status = await async_validate_pdf_signature(signature, signer_validation_context=trusted)
        if not (status.intact and status.valid):
            return Verdict(False, "changed since it was signed", fingerprint)
        if status.coverage is not SignatureCoverageLevel.ENTIRE_FILE:
            return Verdict(False, "something was added after it was signed", fingerprint)
    words = (
        f"signed (PAdES), whole and unchanged; by the certificate {fingerprint[:16]}… (self-made unless you know it)"
    )
    return Verdict(True, words, fingerprint)


def _make_certificate(keeper: Path, name: str) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name[:64])])
    now = datetime.now(UTC)  # a certificate is valid in real time, whatever the sandbox's clock says
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + YEARS)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(
            x509.KeyUsage(
                digital_signature=True, content_commitment=True, key_encipherment=False, data_encipherment=False,
                key_agreement=False, key_cert_sign=False, crl_sign=False, encipher_only=False, decipher_only=False,
            ),
            critical=True,
        )
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    aside = keeper.with_name(f"{keeper.name}.{os.getpid()}")
    with open(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
        out.write(secret + made.public_bytes(serialization.Encoding.PEM))
    try:
        os.link(aside, keeper)  # whole, or not there
    finally:
        aside.unlink()

"""OpenDSR 2.0 on the wire: what is read strictly, what is answered, and its own form of errors. Pure."""

import base64
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from bailee.infra.destinations import Reason, read

VERSION = "2.0"
LONGEST = 64 * 1024
CALLBACKS, IDENTITIES = 5, 20
Kind = Literal["access", "portability", "erasure"]
Status = Literal["pending", "in_progress", "completed", "cancelled"]
KINDS: tuple[Kind, ...] = ("access", "portability", "erasure")
# By what a person can be found: kind of identity, and the field of a profile that holds it.
FIELDS = {"email": "email", "controller_customer_id": "external_id"}


class Identity(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """By what the controller knows a person."""

    identity_type: Annotated[str, Meta(max_length=60)]
    identity_value: Annotated[str, Meta(min_length=1, max_length=320)]
    identity_format: Annotated[str, Meta(max_length=20)]


class Asked(msgspec.Struct, frozen=True):
    """A request as it is sent. Unknown members are ignored, as the specification has it."""

    subject_request_id: UUID
    subject_request_type: str
    submitted_time: datetime
    subject_identities: Annotated[list[Identity], Meta(max_length=IDENTITIES)] = []
    regulation: str = "gdpr"
    api_version: str = VERSION
    status_callback_urls: Annotated[list[str], Meta(max_length=CALLBACKS)] = []
    extensions: dict[str, Any] = {}


class Malformed(Exception):
    """A request that cannot be served: an HTTP status, and what is wrong in words without anyone's data."""

    def __init__(self, message: str, reason: str = "invalid", status: int = 400) -> None:
        super().__init__(message)
        self.message, self.reason, self.status = message, reason, status


def parse(body: bytes) -> Asked:
    """The request, or `Malformed`."""
    if len(body) > LONGEST:
        raise Malformed("the request is larger than 64 KiB", "tooLarge", 413)
    try:
        asked = msgspec.json.decode(body, type=Asked)
    except (msgspec.DecodeError, ValueError) as problem:  # a validation's message names the place, never the value
        told = str(problem) if isinstance(problem, msgspec.ValidationError) else "the body is not JSON"
        raise Malformed(told) from problem
    if asked.subject_request_id.version != 4:
        raise Malformed("subject_request_id must be a UUID of version 4")
    if asked.subject_request_type not in KINDS:
        raise Malformed("subject_request_type must be access, portability or erasure")
    if asked.regulation != "gdpr":
        raise Malformed("regulation must be gdpr", "unsupported")
    if not asked.api_version.startswith(("2.", "1.")):
        raise Malformed("api_version must be 2.0", "unsupported")
    if asked.submitted_time.tzinfo is None:
        raise Malformed("submitted_time must say its time zone")
    _identities(asked.subject_identities)
    for url in asked.status_callback_urls:
        if isinstance(read(url), Reason):
            raise Malformed("status_callback_urls must be absolute https addresses")
    return asked


def _identities(given: Sequence[Identity]) -> None:
    if not given:
        raise Malformed("subject_identities must name the person")
    for one in given:
        if one.identity_type not in FIELDS or one.identity_format != "raw":
            raise Malformed("subject_identities: see /opendsr/discovery for those that are supported", "unsupported")


def error(message: str, reason: str, status: int) -> bytes:
    """OpenDSR's form of an error."""
    detail = {"domain": "Validation" if status < 500 else "Processor", "reason": reason, "message": message}
    return msgspec.json.encode({"error": {"code": status, "message": message, "errors": [detail]}})


def discovery(origin: str) -> bytes:
    """What is supported, and where the certificate is."""
    known = [{"identity_type": one, "identity_format": "raw"} for one in FIELDS]
    return msgspec.json.encode(
        {
            "api_version": VERSION, "supported_identities": known, "supported_subject_request_types": list(KINDS),
            "processor_certificate": f"{origin}/opendsr/certificate.pem",
        }
    )  # fmt: skip


def accepted(controller: UUID, asked: Asked, received: datetime, expected: datetime, body: bytes) -> bytes:
    """The answer to a request. `encoded_request` is given back as the specification wants it, and stored nowhere."""
    return msgspec.json.encode(
        {
            "controller_id": str(controller), "expected_completion_time": _time(expected),
            "received_time": _time(received), "encoded_request": base64.b64encode(body).decode(),
            "subject_request_id": str(asked.subject_request_id),
        }
    )  # fmt: skip


def status(
    controller: UUID, request: UUID, expected: datetime, now: Status, *, results: str = "", count: int | None = None,
    callback: str = "",
) -> bytes:  # fmt: skip
    """How far a request is; as a callback it names the address it was sent to."""
    said: dict[str, Any] = {
        "controller_id": str(controller), "expected_completion_time": _time(expected),
        "subject_request_id": str(request), "request_status": now,
    }  # fmt: skip
    said |= {"status_callback_url": callback} if callback else {"api_version": VERSION}
    said |= {"results_url": results} if results else {}
    return msgspec.json.encode(said | ({"results_count": count} if count is not None else {}))


def cancelled(controller: UUID, request: UUID, received: datetime) -> bytes:
    """The answer to a cancellation."""
    said = {"controller_id": str(controller), "received_time": _time(received), "subject_request_id": str(request)}
    return msgspec.json.encode(said | {"api_version": VERSION})


def _time(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")

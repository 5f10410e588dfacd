"""Cursors: where the next page begins, sealed, bound to controller, credential and query, for an hour."""

import base64
import binascii
import hashlib
from datetime import datetime, timedelta
from uuid import UUID

from cryptography.exceptions import InvalidTag

from bailee.api.problems import Refusing, problem
from bailee.gate.credentials import Caller
from bailee.infra.keys.key import Key

LIVES = timedelta(hours=1)
EXPIRED = problem(400, "cursor", "The cursor is not valid here, or no longer", "Start the list again without it.")


def seal(key: Key, caller: Caller, query: str, place: tuple[UUID, UUID], at: datetime) -> str:
    """The cursor's text."""
    plain = int((at + LIVES).timestamp()).to_bytes(8, "big") + place[0].bytes + place[1].bytes
    box = key.seal(plain, _bound(caller, query))
    return base64.urlsafe_b64encode(box).decode().rstrip("=")


def unseal(key: Key, caller: Caller, query: str, text: str, at: datetime) -> tuple[UUID, UUID]:
    """The place a cursor names, or 400."""
    try:
        box = base64.urlsafe_b64decode(text + "==")
        plain = key.unseal(box, _bound(caller, query))
    except (binascii.Error, ValueError, InvalidTag) as error:
        raise Refusing(EXPIRED) from error
    if int.from_bytes(plain[:8], "big") < at.timestamp():
        raise Refusing(EXPIRED)
    return UUID(bytes=plain[8:24]), UUID(bytes=plain[24:40])


def _bound(caller: Caller, query: str) -> bytes:
    digest = hashlib.sha256(query.encode()).digest()
    return b"bailee/cursor/1" + caller.controller.bytes + caller.actor.credential.bytes + digest

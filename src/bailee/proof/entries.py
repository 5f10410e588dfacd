"""Entries: a leaf is a format byte and HMAC-SHA256(salt, body), so that proofs outlive a pruned body."""

import hmac
import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from .merkle import Invalid, leaf_hash
from .note import base64, unbase64


def leaf_data(salt: bytes, body: str) -> bytes:
    if len(salt) != 32:
        raise Invalid("a salt has 32 bytes")
    return b"\x01" + hmac.digest(salt, body.encode(), "sha256")


def read_object(raw: str | bytes) -> dict[str, Any]:
    """A JSON object; one in which a name stands twice counts for nothing."""
    value = json.loads(raw, object_pairs_hook=lambda p: dict(p) if len(dict(p)) == len(p) else None)
    if not isinstance(value, dict):
        raise Invalid("not a JSON object, or a name stands twice in it")
    return value


def extra(salt: bytes, body: str) -> bytes:
    """What a receipt carries so that its leaf can be made again."""
    return json.dumps({"salt": base64(salt), "body": body}).encode()


def read_extra(data: bytes) -> tuple[bytes, str]:
    match read_object(data or b"{}"):
        case {"salt": str(salt), "body": str(body)} if extra(unbase64(salt), body) == data:
            return unbase64(salt), body
    raise Invalid("the receipt carries no salt and body: nothing ties it to an entry")


def line(index: int, leaf: bytes, salt: bytes | None = None, body: str | None = None) -> bytes:
    """One line of an export: leaf hash, salt and body; the last two are null once pruned."""
    value = {"index": index, "leaf": leaf.hex(), "salt": salt and base64(salt), "body": body}
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"


def read_lines(lines: Iterable[bytes]) -> Iterator[tuple[bytes, str | None]]:
    """The leaf hash and body of every entry of an export, in order, each hash made anew from its body."""
    for index, raw in enumerate(lines):
        leaf, salt, body = b"", None, None
        match read_object(raw):
            case {"salt": str(encoded), "body": str(text)}:
                salt, body = unbase64(encoded), text
                leaf = leaf_hash(leaf_data(salt, body))
            case {"leaf": str(pruned)} if re.fullmatch("[0-9a-f]{64}", pruned):
                leaf = bytes.fromhex(pruned)
        if not leaf or line(index, leaf, salt, body) != raw:
            raise Invalid(f"line {index + 1} is not entry {index} as it was recorded")
        yield leaf, body

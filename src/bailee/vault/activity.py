"""The built-in type of technical data: who signed in or was refused, when, from where (clause data.technical).

The platform writes it and nobody corrects it. The address is whole at first and shortened after a term: what is left
says which network it was, and no longer which machine.
"""

import ipaddress
from typing import Any

import msgspec

from bailee.infra.keys.key import Key
from bailee.vault.amending import encode
from bailee.vault.holding import PolicyClass
from bailee.vault.record_types import RecordType
from bailee.vault.sealing import Sealed, seal, unseal
from bailee.vocabulary.purposes import Purpose

ACTIVITY = "activity"
PURPOSES = (
    Purpose.account_management, Purpose.contract_administration, Purpose.security, Purpose.storage_and_backup,
    Purpose.support,
)  # fmt: skip
KEPT_BITS = {4: 24, 6: 48}
_LOG: dict[str, Any] = {"x-category": "activity-log", "x-purposes": [str(purpose) for purpose in PURPOSES]}

SCHEMA: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "Activity",
    "type": "object",
    "additionalProperties": False,
    "required": ["kind"],
    "x-erasure": "with-person",
    "x-kept-by": "platform",
    "properties": {
        "kind": {"enum": ["signed-in", "sign-in-refused"], **_LOG},
        "methods": {"type": "array", "maxItems": 10, "items": {"type": "string", "maxLength": 40}, **_LOG},
        "agent": {"type": "string", "maxLength": 500, **_LOG},
        "address": {"type": "string", "maxLength": 45, **_LOG, "x-category": "ip-address"},
    },
}

TYPE = RecordType(ACTIVITY, 1, SCHEMA)
# The two retentions of the agreement: while the address is whole, and from then on.
WHOLE = PolicyClass(ACTIVITY, tuple(map(str, PURPOSES)), retention="technical_addresses", source="platform")
SHORTENED = PolicyClass(ACTIVITY, tuple(map(str, PURPOSES)), retention="technical", source="platform")


def shorten(address: str) -> str:
    """An address without what names a machine: the last octet, or the last 80 bits, are zero. "" for what is none."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return ""
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    network = ipaddress.ip_network((found, KEPT_BITS[found.version]), strict=False)
    return str(network.network_address)


def shortened(key: Key, sealed: Sealed) -> bytes:
    """The next version of an entry, its address shortened."""
    data: dict[str, Any] = msgspec.json.decode(unseal(key, sealed))
    after = data | {"address": shorten(data.get("address", ""))}
    return seal(key, sealed.address, sealed.version + 1, encode(TYPE.check(after)))

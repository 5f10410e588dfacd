"""A User of the standard and what is held of a person: both ways, losing nothing. Pure.

The profile holds what it has a place for (standards: civility is `name.honorificPrefix`, company the enterprise
`organization`); everything else is kept in the record of directory attributes. A value stands in one of the two.
"""

from collections.abc import Mapping
from typing import Any

import msgspec
from scim2_models import EnterpriseUser, User

from bailee.processing.accounts.scim.extension import Person
from bailee.processing.accounts.scim.parts import PARTS, fits, give, take

CORE, ENTERPRISE, OURS = str(User.__schema__), str(EnterpriseUser.__schema__), str(Person.__schema__)
# Said by the server, held elsewhere, or never kept.
_ELSEWHERE = frozenset({"schemas", "id", "meta", "groups", "password", "active", ENTERPRISE, OURS})
_SEARCHED = {"userName": "user_name", "externalId": "external_id"}
_NAMES = {"familyName": "family_name", "givenName": "given_name", "honorificPrefix": "title"}
AT_MOST = 64 * 1024

Json = dict[str, Any]


class Unfit(ValueError):
    """A value that cannot be held; the message says which attribute and why, never the value."""


class Kept(msgspec.Struct, frozen=True):
    """What is held of a User: the profile's data and the directory attributes' (either may be empty)."""

    profile: Json
    scim: Json


class Told(msgspec.Struct, frozen=True):
    """What is said of a person beside the two records: whether the account is active, and our own attributes."""

    active: bool | None
    ours: Json


def to_kept(user: Mapping[str, Any]) -> Kept:
    """What to hold of a User in JSON, or `Unfit`."""
    core: Json = {name: value for name, value in user.items() if name not in _ELSEWHERE}
    enterprise: Json = dict(user.get(ENTERPRISE) or {})
    held: Json = {}
    for theirs, ours in _SEARCHED.items():
        if core.get(theirs) is not None:
            held[ours] = core.pop(theirs)
            if not fits(ours, held[ours]):
                raise Unfit(f"{theirs} must be 1 to 200 characters on one line")
    name = dict(core.get("name") or {})
    _move(name, held, _NAMES)
    _put(core, "name", name)
    _move(core, held, {"preferredLanguage": "language"})
    _move(enterprise, held, {"organization": "company"})
    for part in PARTS:
        if core.get(part.attribute):
            value, core[part.attribute] = take(part, core[part.attribute])
            if value is not None:
                held[part.field] = value
    scim: Json = {}
    _put(scim, "core", core)
    _put(scim, "enterprise", enterprise)
    if user.get("active") is None:
        scim["unsaid"] = ["active"]
    if len(msgspec.json.encode(scim)) > AT_MOST:
        raise Unfit(f"the attributes beyond the profile must not exceed {AT_MOST} bytes")
    return Kept(held, scim)


def from_kept(kept: Kept, told: Told) -> Json:
    """The User in JSON, without `id` and `meta`."""
    held = kept.profile
    core: Json = dict(kept.scim.get("core") or {})
    enterprise: Json = dict(kept.scim.get("enterprise") or {})
    _move_back(core, held, _SEARCHED | {"preferredLanguage": "language"})
    name = dict(core.get("name") or {})
    _move_back(name, held, _NAMES)
    _put(core, "name", name)
    _move_back(enterprise, held, {"organization": "company"})
    for part in PARTS:
        _put(core, part.attribute, give(part, held.get(part.field), list(core.get(part.attribute) or [])))
    if told.active is not None and "active" not in kept.scim.get("unsaid", ()):
        core["active"] = told.active
    schemas = [CORE]
    for schema, extension in ((ENTERPRISE, enterprise), (OURS, told.ours)):
        if extension:
            schemas.append(schema)
            core[schema] = extension
    return core | {"schemas": schemas}


def patch(before: Mapping[str, Any], after: Mapping[str, Any]) -> Json:
    """What changes a record's data from one state to the other, as a merge patch (RFC 7396)."""
    changed: Json = {name: None for name in before if name not in after}
    for name, value in after.items():
        old = before.get(name)
        if isinstance(value, Mapping) and isinstance(old, Mapping):
            if inner := patch(old, value):
                changed[name] = inner
        elif value != old:
            changed[name] = value
    return changed


def _move(source: Json, held: Json, names: Mapping[str, str]) -> None:
    for theirs, ours in names.items():
        if source.get(theirs) is not None and fits(ours, source[theirs]):
            held[ours] = source.pop(theirs)


def _move_back(target: Json, held: Mapping[str, Any], names: Mapping[str, str]) -> None:
    for theirs, ours in names.items():
        if held.get(ours) is not None:
            target[theirs] = held[ours]


def _put(target: Json, name: str, value: Any) -> None:
    if value:
        target[name] = value
    else:
        target.pop(name, None)

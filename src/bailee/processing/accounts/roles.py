"""Roles: what an account may do on the platform, as sets of permissions `room:subject:action` (services.access).

Pure. A role never widens the gate: the agreement's instructions are asked for every access all the same. The
built-in roles are the least that each task needs; a controller makes others of the same permissions.
"""

from collections.abc import Iterable, Mapping

import msgspec

PEOPLE = (
    "people:person:list",
    "people:person:create",
    "people:person:erase",
    "people:person:restrict",
    "people:profile:read",
    "people:profile:unmask",
    "people:profile:write",
    "people:file:read",
    "people:file:write",
    "people:duplicate:merge",
    "people:search:decide",
)
ACCOUNTS = (
    "accounts:account:read",
    "accounts:account:invite",
    "accounts:account:suspend",
    "accounts:account:close",
    "accounts:role:assign",
    "accounts:role:make",
    "accounts:review:decide",
)
RIGHTS = ("rights:request:read", "rights:request:handle", "rights:choice:make")
EXCHANGE = ("exchange:import:run", "exchange:export:run")
CONNECTIONS = (
    "connections:credential:read",
    "connections:credential:issue",
    "connections:webhook:manage",
    "connections:sign-on:manage",
)
RECORDS = ("agreement:document:read", "agreement:document:sign", "agreement:instruction:draft", "ledger:entry:read")
DIRECT = ("requests:direct:read", "requests:direct:correct", "requests:notice:fill")
BREACHES = ("breaches:notice:read", "breaches:notice:answer")
RETENTION = ("retention:rule:read", "retention:rule:decide")
DUTIES = ("duties:obligation:read", "duties:evidence:attach", "duties:calendar:make")
NOTICES = ("notices:notice:read", "notices:notice:open", "notices:notice:tend", "notices:address:change")
AUDITS = ("audits:audit:read", "audits:audit:ask")
VISITING = ("audits:audit:visit",)  # of the account that is made for an audit, and of no other
PLATFORM = (
    "platform:controller:read", "platform:controller:open", "platform:key:turn", "platform:instruction:challenge",
    "platform:order:decide", "platform:message:read", "platform:message:decide", "platform:breach:handle",
    "platform:sub-processor:decide", "platform:staff:keep", "platform:measure:decide", "platform:audit:handle",
)  # fmt: skip

PERMISSIONS: tuple[str, ...] = (
    *PEOPLE, *ACCOUNTS, *RIGHTS, *EXCHANGE, *CONNECTIONS, *RECORDS, *DUTIES, *NOTICES, *DIRECT, *BREACHES, *RETENTION, *AUDITS,
    *VISITING, *PLATFORM,
)  # fmt: skip
OF_CONTROLLER = frozenset(PERMISSIONS) - frozenset(PLATFORM) - frozenset(VISITING)


class Role(msgspec.Struct, frozen=True):
    """A role: its name, whose it is, what it may do."""

    name: str
    side: str
    en: str
    fr: str
    permissions: frozenset[str]


def _of(*patterns: str) -> frozenset[str]:
    """The permissions that patterns name; `people:*:*` is a whole room."""
    return frozenset(p for p in PERMISSIONS if any(_matches(pattern, p) for pattern in patterns))


def _matches(pattern: str, permission: str) -> bool:
    return all(want in ("*", have) for want, have in zip(pattern.split(":"), permission.split(":"), strict=True))


BUILT_IN: Mapping[str, Role] = {
    role.name: role
    for role in (
        Role("controller-administrator", "controller", "Administrator", "Administrateur",
             _of("people:*:*", "accounts:*:*", "exchange:*:*", "connections:*:*", "agreement:*:*", "ledger:*:*",
                 "duties:*:*", "notices:*:*", "rights:*:*", "requests:*:*", "breaches:*:*", "retention:*:*", *AUDITS)),
        Role("controller-dpo", "controller", "Data-protection officer", "Délégué à la protection des données",
             _of("people:person:list", "people:profile:read", "people:profile:unmask", "people:person:restrict",
                 "accounts:account:read", "accounts:review:decide", "exchange:export:run",
                 "connections:credential:read", "agreement:*:*", "ledger:*:*", "duties:*:*", "notices:*:*", "rights:*:*", "requests:*:*",
                 "breaches:*:*", "retention:*:*", *AUDITS)),
        Role("operator", "controller", "Operator", "Opérateur",
             _of("people:person:list", "people:person:create", "people:profile:*", "people:file:*",
                 "people:duplicate:merge", "exchange:import:run", "accounts:account:read", "duties:obligation:read")),
        Role("viewer", "controller", "Viewer", "Lecteur", _of("people:person:list", "people:profile:read", "duties:obligation:read")),
        Role("processor-administrator", "processor", "Administrator", "Administrateur",
             _of("accounts:*:*", "platform:*:*", "agreement:document:read", "ledger:entry:read",
                 "connections:credential:*", "connections:webhook:manage", "duties:*:*", "notices:*:*")),
        Role("processor-dpo", "processor", "Data-protection officer", "Délégué à la protection des données",
             _of("platform:controller:read", "platform:instruction:challenge", "platform:order:decide", "platform:message:*", "platform:breach:handle",
                 "platform:sub-processor:decide", "platform:staff:keep", "platform:measure:decide", "platform:audit:handle",
                 "agreement:document:read", "ledger:entry:read", "accounts:account:read",
                 "accounts:review:decide", "duties:*:*", "notices:*:*")),
        Role("support", "processor", "Support", "Assistance", _of("platform:controller:read", "duties:obligation:read")),
        Role("archivist", "processor", "Archivist", "Archiviste", _of("platform:controller:read", "duties:obligation:read")),
        Role("auditor", "auditor", "Auditor", "Auditeur", _of("agreement:document:read", "ledger:entry:read", "duties:obligation:read")),
        Role("audit-visitor", "auditor", "Auditor, for one audit", "Auditeur, pour un audit", _of(*VISITING)),
    )
}  # fmt: skip
ADMINISTRATORS = frozenset({"controller-administrator", "processor-administrator"})


class UnknownRole(ValueError):
    """A role that neither the platform nor the controller has."""


def permissions(roles: Iterable[str], made: Mapping[str, frozenset[str]]) -> frozenset[str]:
    """All that these roles may do; `made` are the controller's own roles."""
    found: frozenset[str] = frozenset()
    for name in roles:
        found |= BUILT_IN[name].permissions if name in BUILT_IN else made.get(name, frozenset())
    return found


def offered(side: str, made: Mapping[str, frozenset[str]]) -> dict[str, frozenset[str]]:
    """The roles that can be given on one side: `controller` or `processor`."""
    built_in = {role.name: role.permissions for role in BUILT_IN.values() if role.side == side}
    return built_in | (dict(made) if side == "controller" else {})


def check(name: str, asked: Iterable[str]) -> frozenset[str]:
    """The permissions of a role to be made, or `UnknownRole` where one is not a controller's to give."""
    wanted = frozenset(asked)
    if name in BUILT_IN or not (name.replace("-", "").isalnum() and name.islower() and len(name) <= 40):
        raise UnknownRole("a role's name is lower-case letters, digits and hyphens, and not a built-in one")
    unknown = sorted(wanted - OF_CONTROLLER)
    if unknown or not wanted:
        raise UnknownRole(f"not permissions of a controller: {', '.join(unknown) or 'none given'}")
    return wanted

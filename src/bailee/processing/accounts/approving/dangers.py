"""Dangers: the acts that may be made to wait for a second person, and who that can be. Pure."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

from bailee.processing.accounts.accounts import Account
from bailee.processing.accounts.lifecycle import State

LETS_OTHERS_IN = "accounts:role:assign"
# Whoever is suspended counts for a week more: nobody gets rid of the rule by suspending everyone else first, and
# nobody is left waiting for ever for a colleague who is gone.
COUNTS_FOR = timedelta(days=7)


class Danger(StrEnum):
    """An act that one person alone can do much harm by."""

    export = "export-everyone"
    administrators = "administrators"
    switches = "switches"
    erase = "erase"
    credentials = "credentials"


PERMISSION: dict[Danger, str] = {
    Danger.export: "exchange:export:run",
    Danger.administrators: LETS_OTHERS_IN,
    Danger.switches: LETS_OTHERS_IN,
    Danger.erase: "people:person:erase",
    Danger.credentials: "connections:credential:issue",
}
DEFAULT = frozenset({Danger.export, Danger.administrators, Danger.switches})


class Asked(msgspec.Struct, frozen=True):
    """A request, word for word: what would be done, by a form of which page. `withheld` names fields that are bound
    but not kept, because they are secret: the asker types them again."""

    danger: Danger
    path: str
    fields: tuple[tuple[str, str], ...]
    withheld: tuple[str, ...] = ()

    def canonical(self, by: str) -> bytes:
        """The bytes that the digest is made of: the fields in the order in which they are shown, and run."""
        return msgspec.json.encode([by, str(self.danger), self.path, self.fields])

    def kept(self) -> "Asked":
        """What is kept of it, sealed."""
        fields = tuple((name, value) for name, value in self.fields if name not in self.withheld)
        return msgspec.structs.replace(self, fields=fields)

    def values(self, name: str) -> list[str]:
        """Every value of a field."""
        return [value for one, value in self.fields if one == name]


def changes_administrators(before: frozenset[str], after: frozenset[str]) -> bool:
    """Whether someone becomes, or ceases to be, one who lets others in; given permissions before and after."""
    return (LETS_OTHERS_IN in before) != (LETS_OTHERS_IN in after)


def counts(account: Account, now: datetime) -> bool:
    """Whether an account can be the second person, or could be a moment ago."""
    if account.state is State.active:
        return True
    return account.state in (State.suspended, State.closing) and now - account.changed_at < COUNTS_FOR


def known(names: Iterable[str]) -> frozenset[Danger]:
    """The dangers that these names name; other names are none."""
    named = set(names)
    return frozenset(one for one in Danger if str(one) in named)

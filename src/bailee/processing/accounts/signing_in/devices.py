"""Devices that were signed in from before: a sealed cookie, which keeps its owners out of others' lock-outs.

A device names the few accounts that signed in on it, last one first. For those accounts, and no other, it has a
budget of failures of its own (`limits`). It proves nothing more: whoever steals the cookie still has to know the
password, within that one device's budget.
"""

import secrets
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from bailee.processing.accounts.signing_in.challenges import Purpose, Seals

ACCOUNTS = 8  # of one device: what fits in a cookie
LASTS = timedelta(days=180)
ID = 16


class Known(msgspec.Struct, frozen=True, array_like=True):
    """An account that signed in on a device, and when it last did."""

    controller: UUID
    person: UUID
    at: datetime


class Device(msgspec.Struct, frozen=True):
    """A browser, by a random id, and the accounts that signed in on it, last one first."""

    id: bytes
    accounts: tuple[Known, ...] = ()

    def knows(self, controller: UUID, person: UUID, now: datetime, *, since: datetime | None = None) -> bool:
        """Whether this account signed in here lately, and not before `since` (a stolen account taken back)."""
        return any(
            (one.controller, one.person) == (controller, person)
            and now - one.at < LASTS
            and (since is None or one.at >= since)
            for one in self.accounts
        )

    def signed_in(self, controller: UUID, person: UUID, now: datetime) -> "Device":
        """The device after a sign-in on it."""
        others = (one for one in self.accounts if (one.controller, one.person) != (controller, person))
        fresh = (one for one in others if now - one.at < LASTS)
        return Device(self.id, (Known(controller, person, now), *fresh)[:ACCOUNTS])


def fresh() -> Device:
    """A device never seen."""
    return Device(secrets.token_bytes(ID))


def seal(seals: Seals, device: Device) -> str:
    """The device's cookie."""
    return seals.seal(Purpose.known_device, msgspec.json.encode(device))


def read(seals: Seals, cookie: str) -> Device | None:
    """The device that a cookie names; None for what is not our cookie."""
    plain = seals.open(Purpose.known_device, cookie)
    return None if plain is None else msgspec.json.decode(plain, type=Device)

"""What a controller has chosen about rights: self-service, its grounds, what is portable, where recipients are reached.

Sealed, for addresses may name people. Every change is an entry that says what was switched, and by whom.
"""

from typing import Literal
from uuid import UUID

import msgspec
from cryptography.exceptions import InvalidTag

from bailee.clauses.data_subject_requests import queries
from bailee.clauses.data_subject_requests.events import AT_ONCE, Right
from bailee.clauses.data_subject_requests.keeping import AlteredPapers, ChangedMeanwhile
from bailee.infra.clock import Clock
from bailee.infra.destinations import host_of
from bailee.infra.keys.store import KeyStore
from bailee.ledger.committing import Committing
from bailee.ledger.entries import Act
from bailee.vocabulary.languages import Language
from bailee.vocabulary.purposes import Purpose

KEY = "rights/choices"
MOST_HOSTS = 20
Offer = Literal["off", "ask", "at-once"]
Ground = Literal[
    "consent", "contract", "legal-obligation", "vital-interests", "public-task", "legitimate-interests", "unsaid"
]

USUAL: dict[str, Ground] = {str(Purpose.account_management): "contract"}


class Reached(msgspec.Struct, frozen=True):
    """Where a recipient is told: an e-mail address, and in which language."""

    address: str
    language: Language = "en"


class Choices(msgspec.Struct, frozen=True, kw_only=True):
    """The choices. What is not named is off, or unsaid."""

    version: int = 0
    offers: dict[str, Offer] = {}
    grounds: dict[str, Ground] = msgspec.field(default_factory=lambda: dict(USUAL))
    not_provided: frozenset[str] = frozenset({"database-index"})
    recipients: dict[str, Reached] = {}
    callbacks: frozenset[str] = frozenset()  # hosts at which the controller's own tools are called back

    def offer(self, right: Right) -> Offer:
        """Whether persons may ask for this by themselves, and whether the answer comes at once."""
        return self.offers.get(str(right), "off")


class RefusedChoice(ValueError):
    """A choice that cannot be made."""


class Choosing:
    """Keeps what each controller has chosen."""

    def __init__(self, *, committing: Committing, keys: KeyStore, clock: Clock) -> None:
        self._committing = committing
        self._keys = keys
        self._clock = clock

    async def of(self, controller: UUID) -> Choices:
        """A controller's choices; those that are made for it where it made none."""
        async with self._committing.transaction(controller) as change:
            row = await change.connection.fetchrow(queries.CHOICES, controller)
        if row is None:
            return Choices()
        key = await self._keys.controller_key(controller, KEY)
        try:
            plain = key.unseal(row["sealed"], _bound(controller, row["version"]))
        except InvalidTag as problem:
            raise AlteredPapers(KEY) from problem
        return msgspec.structs.replace(msgspec.json.decode(plain, type=Choices), version=row["version"])

    async def choose(self, controller: UUID, choices: Choices, *, by: str) -> Choices:
        """Put new choices in place of those of the version they were made from."""
        for right, offer in choices.offers.items():
            if right not in set(Right) or (offer == "at-once" and right not in AT_ONCE):
                raise RefusedChoice(right)
        if not set(choices.grounds) <= set(Purpose):
            raise RefusedChoice("purpose")
        if (
            any(host_of(f"https://{host}/") != host for host in choices.callbacks)
            or len(choices.callbacks) > MOST_HOSTS
        ):
            raise RefusedChoice("callbacks")
        key = await self._keys.controller_key(controller, KEY)
        version, now = choices.version + 1, self._clock.now()
        sealed = key.seal(msgspec.json.encode(choices), _bound(controller, version))
        offers = {right: offer for right, offer in sorted(choices.offers.items()) if offer != "off"}
        details = {
            "offers": offers, "grounds": choices.grounds, "recipients": sorted(choices.recipients),
            "callbacks": len(choices.callbacks),
        }  # fmt: skip
        async with self._committing.transaction(controller) as change:
            if choices.version == 0:
                if await change.connection.fetchrow(queries.CHOICES, controller) is not None:
                    raise ChangedMeanwhile(KEY)
                await change.connection.execute(queries.INSERT_CHOICES, controller, now, sealed)
            elif not await change.connection.fetchval(queries.CHANGE_CHOICES, controller, choices.version, now, sealed):
                raise ChangedMeanwhile(KEY)
            await change.append([Act("rights-chosen", controller, by, details)])
        return msgspec.structs.replace(choices, version=version)


def _bound(controller: UUID, version: int) -> bytes:
    return b"bailee/rights-choices/1" + controller.bytes + version.to_bytes(4, "big")

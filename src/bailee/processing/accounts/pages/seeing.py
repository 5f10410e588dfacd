"""What pages show of people: profiles opened by the gate, masked or not, with the account beside."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from bailee.gate.finding import Finding, NotSwitchedOn, Words
from bailee.gate.people import People, Person
from bailee.gate.sets import START, Of, Opened, Place, Sets, Sought
from bailee.infra.web.answers import NOT_HERE
from bailee.infra.web.visit import Visit
from bailee.processing.accounts import word_lists
from bailee.processing.accounts.accounts import Account, Accounts
from bailee.processing.accounts.masking import masked
from bailee.processing.accounts.names import Names
from bailee.processing.accounts.pages.asking import ask, granted
from bailee.vault.activity import ACTIVITY
from bailee.vault.profile import PROFILE
from bailee.vocabulary.operations import Operation

PAGE = 25
LOOKS = 20  # times half a second that a page waits for a word that few have
SIGN_INS = 500
LINES = ("street", "complement", "postal_code", "city", "region")
NO_RECORD = UUID(int=0)


class Seen(msgspec.Struct, frozen=True):
    """A person as a page shows them: the profile's fields (perhaps masked), and the account if there is one."""

    person: UUID
    record: UUID
    version: int
    fields: dict[str, Any]
    account: Account | None = None
    called: str = ""

    @property
    def name(self) -> str:
        """The whole name; what colleagues are called, or the end of the id, where no name is held."""
        words = " ".join(str(self.fields[part]) for part in ("given_name", "family_name") if self.fields.get(part))
        return words or self.called or str(self.person)[-6:]

    @property
    def initials(self) -> str:
        """Two letters for a face without a photograph."""
        parts = [str(self.fields[part])[:1] for part in ("given_name", "family_name") if self.fields.get(part)]
        return "".join(parts).upper() or "·"

    def said(self, field: str, language: str) -> str:
        """A field as it is read: a language by its name, everything else as it is held."""
        value = str(self.fields[field])
        return word_lists.language_called(value, language) if field == "language" else value

    def address(self, language: str) -> list[str]:
        """The lines of the postal address, the country by its name."""
        held: dict[str, str] = self.fields.get("postal_address") or {}
        lines = [held[part] for part in LINES if held.get(part)]
        return [*lines, word_lists.country_called(held["country"], language)] if held.get("country") else lines


class SignIn(msgspec.Struct, frozen=True):
    """A sign-in, or one that was refused, as a page shows it."""

    kind: str = "signed-in"
    at: datetime | None = None
    methods: tuple[str, ...] = ()
    agent: str = ""
    address: str = ""


class Seeing:
    """Reads people for pages, through the gate."""

    def __init__(self, *, people: People, sets: Sets, finding: Finding, accounts: Accounts, names: Names) -> None:
        self._names = names
        self._people = people
        self._sets = sets
        self._finding = finding
        self._accounts = accounts

    async def page(self, visit: Visit, after: Place = START) -> tuple[list[Seen], Place | None]:
        """A page of profiles, masked."""
        found = granted(await self._sets.page(ask(visit, Operation.consult), PROFILE, after, PAGE))
        return await self._seen(visit, found.released.records), found.after

    async def search(self, visit: Visit, field: str, value: str) -> list[Seen]:
        """The profiles that hold exactly this, masked."""
        sought = Sought(PROFILE, field, value)
        found = granted(await self._sets.search(ask(visit, Operation.query), sought, START, PAGE))
        return await self._seen(visit, found.released.records)

    async def finds_words(self, visit: Visit) -> bool:
        """Whether names are found by their words here."""
        return await self._finding.ready(visit.whose)

    async def by_words(self, visit: Visit, text: str) -> list[Seen]:
        """Profiles whose names have these words, masked; nobody where the controller has not switched that on."""
        asked, after, until = ask(visit, Operation.query), START, LOOKS
        while until:
            try:
                found = granted(await self._finding.find(asked, Words(PROFILE, text), after, PAGE))
            except NotSwitchedOn:
                return []
            if found.released.records or found.after is None:
                return await self._seen(visit, found.released.records)
            after, until = found.after, until - 1
        return []

    async def sign_ins(self, visit: Visit, person: UUID, *, own: bool = False) -> list[SignIn]:
        """When and from where someone signed in, the latest first, as far back as the agreement keeps it."""
        request = ask(visit, Operation.consult, persons=(person,), own=own)
        found, after = list[SignIn](), NO_RECORD
        while True:
            page = granted(await self._sets.page_of_person(request, Of(person, ACTIVITY), after, SIGN_INS))
            found += [
                msgspec.structs.replace(msgspec.json.decode(one.data, type=SignIn), at=one.created_at)
                for one in page.released.records
            ]
            if page.after is None:
                return found[::-1]
            after = page.after[1]

    async def person(self, visit: Visit, person: UUID, *, own: bool = False) -> Person:
        """What stands about one person."""
        return granted(await self._people.get(ask(visit, Operation.consult, persons=(person,), own=own), person))

    async def one(self, visit: Visit, person: UUID, *, own: bool = False, plain: bool = False) -> Seen:
        """One person's profile: masked unless it is their own, or asked for in clear. One that is over is passed by."""
        request, after = ask(visit, Operation.consult, persons=(person,), own=own), NO_RECORD
        accounts = await self._accounts.of(visit.whose, [person])
        while True:
            found = granted(await self._sets.page_of_person(request, Of(person, PROFILE), after, 1))
            for record in found.released.records:
                return _seen(record, accounts, plain=plain or own)
            if found.after is None:
                break
            after = found.after[1]
        called = (await self._names.of(visit, [person]))[person]
        return Seen(person, NO_RECORD, 0, {}, accounts.get(person), called)

    async def colleague(self, visit: Visit, person: UUID) -> Seen:
        """One of the processor's own staff: an account, and nothing else is held of them."""
        account = await self._accounts.find(visit.whose, person)
        if account is None:
            raise NOT_HERE
        return Seen(person, NO_RECORD, 0, {}, account, (await self._names.of(visit, [person]))[person])

    async def _seen(self, visit: Visit, records: Sequence[Opened]) -> list[Seen]:
        accounts = await self._accounts.of(visit.whose, [record.address.person for record in records])
        return [_seen(record, accounts, plain=False) for record in records]


def _seen(record: Opened, accounts: dict[UUID, Account], *, plain: bool) -> Seen:
    fields = msgspec.json.decode(record.data, type=dict[str, Any])
    person = record.address.person
    shown = fields if plain else masked(fields)
    return Seen(person, record.address.record, record.version, shown, accounts.get(person))

"""Addresses that an index finds alike and mail does not: whoever owns the one is not let in as the other.

A domain with an accent, a sharp s or a wide letter can be registered by anyone. A link to sign in anew goes to the
address that the account itself has, and is written for that very address alone.
"""

from email import message_from_bytes
from email.policy import default
from uuid import UUID

import pytest
from tests.browsing import PASSWORD, Browser
from tests.household import Household

from bailee.processing.accounts.normal_forms import same_mailbox
from bailee.processing.accounts.provisioning import Provisioning

LOOKALIKES = ("ada.{}@älpages.example", "àda.{}@alpages.example", "ada.{}@alpages.éxample", "ada.{}@ａlpages.example.", "ⓐda.{}@alpages.example")  # fmt: skip


@pytest.fixture
async def house(hold, rooms):
    holder = await hold()
    return Household(rooms, holder.id, holder)


async def forgotten(house: Household, typed: str) -> list[str]:
    """To whom letters were written after somebody typed this at the door."""
    folder = house.rooms.settings.outbox / str(house.id)
    before = set(folder.glob("*/*.eml"))
    said = await Browser(house.app).post("/sign-in/forgotten", organisation=str(house.id), address=typed)
    assert said.status == 200
    for letter in list(house.wings.inviting._under_way):  # written after the answer
        await letter
    new = set(folder.glob("*/*.eml")) - before
    return [str(message_from_bytes(one.read_bytes(), policy=default)["to"]) for one in new]


async def test_a_link_to_sign_in_anew_goes_to_no_address_that_only_looks_alike(house):
    own = f"ada.{house.id.hex}@alpages.example"
    await house.staff(address=own, password=PASSWORD)
    for lookalike in LOOKALIKES:
        assert await forgotten(house, lookalike.format(house.id.hex)) == [], lookalike
    assert await forgotten(house, own.upper()) == [own], "to the address that the account has"


async def test_nor_to_one_that_looks_like_what_a_profile_has(house, profile):
    person, _ = await (await house.holder.client()).person(profile)
    await Provisioning(house.rooms.committing, house.rooms.clock).put(house.id, UUID(person), active=True, by="tests")
    name, _, domain = profile["email"].partition("@")
    assert await forgotten(house, f"{name}@älpages.example") == []
    assert await forgotten(house, f"é{name[1:]}@{domain}") == []
    assert (await house.rows(UUID(person)))["sign_in"] == 0, "nor do they get means of signing in with it"
    assert await forgotten(house, f"{name.upper()}@{domain}") == [profile["email"]]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("ada@alpages.example", "ADA@Alpages.Example", True),
        ("ada@xn--lpages-9ta.example", "ada@älpages.example", True),
        ("e\u0301a@alpages.example", "\u00e9a@alpages.example", True),
        ("ada@strasse.example", "ada@straße.example", False),
        ("ada@alpages.example", "àda@alpages.example", False),
        ("ada@alpages.example", "ada@alpages.example.org", False),
        ("", "", False),
        ("no address", "No Address", True),
    ],
)
def test_two_addresses_are_one_mailbox_only_where_mail_says_so(one, other, same):
    assert same_mailbox(one, other) is same

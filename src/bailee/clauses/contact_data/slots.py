"""The slots that the quotation fills: an address for each kind of notice, an officer for each side. Pure."""

from collections.abc import Iterable, Mapping
from datetime import datetime

import msgspec

from bailee.clauses.contact_data.events import ContactKnown, Reached
from bailee.contract.agreement import Agreement, Contact, NoticeAddresses
from bailee.obligations.notices.notice import Kind

ADDRESSES: tuple[str, ...] = tuple(NoticeAddresses.__struct_fields__)
OURS, THEIRS = "processor-officer", "controller-officer"
OFFICERS = (OURS, THEIRS)
SLOTS = (*ADDRESSES, *OFFICERS)
# The quotation names no address for these kinds: they go where requests go, unless the notice names its own.
SLOT_OF: Mapping[Kind, str] = {
    "breach": "breach", "complaint": "complaint", "request": "request", "sub_processor": "sub_processor", "hold": "hold",
    "end": "end", "instruction": "request", "officer": "request", "contact": "request",
}  # fmt: skip
NOBODY = Reached("")


def clause_of(slot: str) -> str:
    """The clause that a slot belongs to."""
    return "parties.dpo" if slot in OFFICERS else "parties.addresses"


def agreed(agreement: Agreement) -> dict[str, Reached]:
    """What an agreement says of each slot."""
    found = {slot: Reached(getattr(agreement.addresses, slot) or "") for slot in ADDRESSES}
    for slot, party in ((OURS, agreement.parties.processor), (THEIRS, agreement.parties.controller)):
        found[slot] = Reached(party.dpo.email, party.dpo.name) if isinstance(party.dpo, Contact) else NOBODY
    return found


def valid(slot: str, agreed_now: Reached, agreed_mark: str, known: Iterable[ContactKnown], at: datetime) -> Reached:
    """Who is reached at an instant: the last confirmed change of what the agreement says now, or what it says.

    A change takes the place of one address of the agreement. Once an amendment names another, it has had its time.
    """
    changes = [
        one
        for one in known
        if one.slot == slot and one.source == "change" and one.state == "confirmed" and one.since_at <= at
        and one.instead_of == agreed_mark
    ]  # fmt: skip
    return max(changes, key=lambda one: (one.since_at, one.made_at)).reached if changes else agreed_now


def known_at(known: Iterable[ContactKnown], at: datetime) -> list[ContactKnown]:
    """The lines as they stood at an instant: confirmed by then, and not over yet."""
    return [
        msgspec.structs.replace(one, state="confirmed")
        for one in known
        if one.confirmed_at is not None and one.confirmed_at <= at and (one.over_at is None or one.over_at > at)
    ]

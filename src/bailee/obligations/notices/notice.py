"""A notice before it is a letter: of which kind, about what, to whom. Pure."""

from typing import Any, Literal
from uuid import UUID

import msgspec

# Of which kind decides to which address of the quotation it goes (`contract.agreement.NoticeAddresses`); `officer`
# and `contact` go to the address that the notice itself names.
Kind = Literal["breach", "complaint", "request", "sub_processor", "hold", "end", "instruction", "officer", "contact"]


class Attachment(msgspec.Struct, frozen=True):
    """A file that goes with a letter."""

    name: str
    media_type: str
    content: bytes


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """What a clause gives to be sent, in the transaction of its event.

    `letter` names the templates: `room/name` is `letters/name.{en,fr}.{txt,html}` of that room. `values` is what they
    say, JSON; it may hold personal data and is sealed until the letter has served its term. `to` is only for kinds
    whose address no quotation names. `discharges` names the obligation that is kept once a server has taken it over.
    """

    kind: Kind
    clause: str
    subject: str
    letter: str
    values: dict[str, Any] = {}
    to: str = ""
    attachments: tuple[Attachment, ...] = ()
    discharges: UUID | None = None

"""A notice before it is a letter: of which kind, about what, to whom. Pure."""

from typing import Any, Literal
from uuid import UUID

import msgspec

from bailee.infra.letters import Attachment

__all__ = ("Attachment", "Kind", "Notice", "Side")

# Of which kind decides to which address of the quotation it goes (`contract.agreement.NoticeAddresses`); `officer`
# and `contact` go to the address that the notice itself names.
Kind = Literal["breach", "complaint", "request", "sub_processor", "hold", "end", "instruction", "officer", "contact"]
Side = Literal["controller", "processor"]


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """What a clause gives to be sent, in the transaction of its event.

    `letter` names the templates: `room/name` is `letters/name.{en,fr}.{txt,html}` of that room. `values` is what they
    say, JSON; it may hold personal data and is sealed until the letter has served its term. `to` is only for kinds
    whose address no quotation names. `discharges` names the obligation that is kept once a server has taken it over.
    `language` is that of who is written to, where the notice knows it: a person is written to in their own.
    `side` is to whom it speaks: the controller, or the processor's own staff. `formal` adds the letter as a PDF.
    """

    kind: Kind
    clause: str
    subject: str
    letter: str
    values: dict[str, Any] = {}
    to: str = ""
    attachments: tuple[Attachment, ...] = ()
    discharges: UUID | None = None
    language: str = ""
    side: Side = "controller"
    formal: bool = False

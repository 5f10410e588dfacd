"""Drafting: the base agreement with the quotation's slots filled (pure). Everything else stays as the base has it."""

from typing import Any

import msgspec

from bailee.contract.agreement import NONE_APPOINTED, Agreement
from bailee.contract.amendments import amended
from bailee.contract.documents import Amendment, Changed


class Slots(msgspec.Struct, frozen=True, kw_only=True):
    """What the quotation says: both parties, where notices go, who opens what comes back."""

    processor_name: str
    processor_country: str
    processor_address: str
    processor_dpo_name: str = ""
    processor_dpo_email: str = ""
    controller_name: str
    controller_country: str
    controller_address: str
    controller_dpo_name: str = ""
    controller_dpo_email: str = ""
    notices: str
    recipient_key: str = ""


def fill(base: Agreement, slots: Slots, verifier_key: str) -> Agreement:
    """The agreement for one controller; `ValueError` from the agreement's own shape where a slot does not fit."""
    values: dict[str, Any] = {"ledger.verifier_key": verifier_key}
    for side in ("processor", "controller"):
        for part in ("name", "country", "address"):
            values[f"parties.{side}.{part}"] = getattr(slots, f"{side}_{part}")
        values[f"parties.{side}.dpo"] = _officer(
            getattr(slots, f"{side}_dpo_name"), getattr(slots, f"{side}_dpo_email")
        )
    values |= {f"addresses.{kind}": slots.notices for kind in base.addresses.__struct_fields__}
    values["terms.audits.conditions"] = AUDITS
    if slots.recipient_key:
        values["reversibility.recipient_key"] = slots.recipient_key
    changes = tuple(Changed(path=path, value=value, reason="quotation") for path, value in values.items())
    return amended(base, Amendment(format="bailee.dev/amendment/v1", since=base.in_force_from, changes=changes))


AUDITS = "the audit article of this agreement itself"


def _officer(name: str, email: str) -> dict[str, str] | str:
    return {"name": name, "email": email} if name and email else NONE_APPOINTED

"""What is said and owed of an order of the law, and when it is looked at again. Pure."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from uuid import UUID

from bailee.clauses.instructions.events import Compelled, OrderState
from bailee.contract.compulsion import Order
from bailee.contract.wording import CATEGORIES, GROUPS, OPERATIONS, phrases
from bailee.obligations.calendar import Due
from bailee.obligations.notices.notice import Notice
from bailee.obligations.promises import Promise
from bailee.vocabulary.languages import LANGUAGES, Language

AT_ONCE = datetime(1970, 1, 1, tzinfo=UTC)


def looks(what: Compelled, state: OrderState, *, told: bool) -> datetime | None:
    """When it must be looked at again: its last day, the day on which the ban ends, at once while something of it is
    not noted yet in the platform's dossier."""
    order = what.order
    if what.owing or (told and order.ban is not None and not what.settled):
        return AT_ONCE
    days = [order.in_force_until] if state == "in-force" else []
    if order.ban is not None and not told and not order.ban.event and state in ("in-force", "over"):
        days.append(order.ban.until)
    return min(days, default=None)


def clause_of(order: Order) -> str:
    """The clause that an order comes under."""
    return "transfers.compelled" if order.transfers else "instructions.legal-compulsion"


def subject_of(order: Order, what: str = "") -> str:
    """What an obligation about an order is about."""
    return f"order/{order.id}{what}"


def owed(order: Order, what: str, due: Due, evidence: str) -> Promise:
    """What we owe the controller of an order."""
    return Promise(
        clause=clause_of(order), subject=subject_of(order, what), owed_by="processor", owed_to="controller", due=due,
        evidence=evidence,
    )  # fmt: skip


def letter(order: Order, name: str, discharges: UUID | None, *, console: str) -> Notice:
    """The notice that tells of an order. `console` is where the controller's people reach it, empty where they cannot."""
    day = "%Y-%m-%d %H:%M UTC"
    return Notice(
        kind="instruction", clause=clause_of(order), subject=subject_of(order), letter=f"instructions/{name}",
        values={
            "order": str(order.id), "law": order.law, "country": order.country, "agreement": order.agreement,
            "authority": order.authority, "reference": order.reference, "transfers": "yes" if order.transfers else "",
            "place": order.place, "recipient": order.recipient, "persons": str(len(order.persons) or ""),
            "since": order.in_force_from.strftime(day), "until": order.in_force_until.strftime(day),
            **{f"operations_{language}": _words(OPERATIONS, order.operations, language) for language in LANGUAGES},
            **{f"categories_{language}": _words(CATEGORIES, order.categories, language) for language in LANGUAGES},
            **{f"groups_{language}": _words(GROUPS, order.groups, language) for language in LANGUAGES},
            "ban": "" if order.ban is None else order.ban.law,
            "why": "" if order.ban is None else order.ban.public_interest,
            "console": f"{console}/instructions#order-{order.id}" if console else "",
        },
        discharges=discharges,
    )  # fmt: skip


def _words(table: Mapping[str, tuple[str, str]], terms: Sequence[str], language: Language) -> str:
    known = phrases(table, language)
    return ", ".join(known.get(str(term), str(term)) for term in terms)

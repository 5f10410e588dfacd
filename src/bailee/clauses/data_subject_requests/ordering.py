"""Whether an order fits the right it is given for, before anything is done about it. Pure."""

from bailee.clauses.data_subject_requests.events import Right
from bailee.clauses.data_subject_requests.papers import EXCEPTING, KEEPING, RESTRICTING, Order
from bailee.vocabulary.purposes import Purpose

# Direct marketing: an objection always prevails (Art. 21(2) and (3)); profiling for it goes with it.
ABSOLUTE = frozenset({Purpose.prospecting})
# What the contract itself needs is not processed on the grounds that Art. 21(1) names.
NOT_OBJECTED = frozenset(
    {Purpose.account_management, Purpose.storage_and_backup, Purpose.contract_administration, Purpose.security,
     Purpose.support, Purpose.rights_of_persons, Purpose.legal_obligation}
)  # fmt: skip
OBJECTED = tuple(one for one in Purpose if one not in NOT_OBJECTED)  # everything else


class DoesNotFit(ValueError):
    """An order that cannot be carried out for this right; the code says why."""


def check(right: Right, order: Order) -> Order:
    """The order, or `DoesNotFit`."""
    for wanted, present in (
        (Right.rectification, bool(order.corrections)),
        (Right.objection, bool(order.purposes or order.weighed)),
        (Right.automated_decision, order.review is not None),
    ):
        if (right is wanted) is not present:
            raise DoesNotFit(f"{wanted}-order")
    if order.kept and right is not Right.erasure:
        raise DoesNotFit("kept")
    if order.target and right is not Right.portability:
        raise DoesNotFit("target")
    if any(one.ground not in KEEPING or not one.reason.strip() for one in order.kept):
        raise DoesNotFit("kept-without-ground")
    if right is Right.restriction and order.ground not in RESTRICTING:
        raise DoesNotFit("ground")
    if right is Right.objection:
        _objection(order)
    if order.review and not (order.review.decision.strip() and order.review.result.strip()):
        raise DoesNotFit("review-without-words")
    return order


def check_exception(ground: str, purpose: str, operation: str) -> str:
    """What an exception from a restriction allows, as the person's row says it."""
    if ground not in EXCEPTING:
        raise DoesNotFit("ground")
    return f"{Purpose(purpose)}/{operation}"


def _objection(order: Order) -> None:
    named = [*order.purposes, *(one.purpose for one in order.weighed)]
    if len(set(named)) != len(named) or not set(named) <= set(Purpose):
        raise DoesNotFit("purposes")
    if set(named) & NOT_OBJECTED:
        raise DoesNotFit("purpose-of-contract")
    if any(one.purpose in ABSOLUTE for one in order.weighed):
        raise DoesNotFit("direct-marketing-is-absolute")
    if any(not one.grounds.strip() for one in order.weighed):
        raise DoesNotFit("weighed-without-grounds")

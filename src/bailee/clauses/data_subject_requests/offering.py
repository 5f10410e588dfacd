"""What a letter offers to be done about one request, as it stands, and which order a choice gives. Pure."""

from datetime import datetime
from typing import Any

from bailee.clauses.data_subject_requests.events import PACKED, Identity, Request, Right, State, Step
from bailee.clauses.data_subject_requests.ordering import ABSOLUTE, OBJECTED
from bailee.clauses.data_subject_requests.papers import RESTRICTING, Order, Review
from bailee.clauses.data_subject_requests.phrases import (
    ASK_WHO,
    CARRY_OUT,
    DECISION,
    ERASE,
    FETCH,
    REFUSE,
)
from bailee.obligations.mailbox.intents import Intent
from bailee.obligations.mailbox.steps import ANSWERED, COMPLEX, MANY

# The ground of a restriction.
RESTRICTS = {f"restrict-{ground}": ground for ground in RESTRICTING}
# The purposes that an objection stops: direct marketing, against which no ground prevails, or all that can be objected to.
STOPS = {"stop-marketing": tuple(sorted(map(str, ABSOLUTE))), "stop-purposes": tuple(map(str, OBJECTED))}
# Whether the decision of a machine was changed by the human who looked at it; what they found stands in the note.
REVIEWS = {"reviewed-stands": False, "reviewed-changed": True}
# What carries a right out with no more said than the choice itself.
CARRIES: dict[Right, tuple[str, ...]] = {
    Right.access: (CARRY_OUT,), Right.portability: (CARRY_OUT,), Right.erasure: (ERASE,),
    Right.restriction: tuple(RESTRICTS), Right.objection: tuple(STOPS),
    Right.automated_decision: tuple(REVIEWS),
}  # fmt: skip
# How sure it is by now who asks, once that was asked.
KNOWN: dict[str, Identity] = {"known-by-document": "document", "known-by-word": "declared"}
SURE = frozenset({"document", "signed-in"})
NOTED = frozenset({ANSWERED, ASK_WHO, REFUSE, *REVIEWS})  # want a few words of whoever answers
# Only on the page, with its code, for a mail does not prove its author: what cannot be undone, and what hands the data over,
# or the note on to the person, who would read whatever a reply says.
HANDING = frozenset({ERASE, FETCH, ASK_WHO, REFUSE, *REVIEWS})
LATER = frozenset({COMPLEX, MANY, ANSWERED})  # what is asked of all requests of a message at once


def offered(one: Request, now: datetime) -> tuple[str, ...]:
    """The choices, those that carry it out first; none where nothing can be answered."""
    if not one.open or one.papers is None:
        return ()
    more = one.may("extend") and one.extended_at is None and now <= one.due.generous
    return (
        *(CARRIES.get(one.right, ()) if _carried(one) else ()), *((FETCH,) if _fetched(one) else ()),
        *(KNOWN if one.state is State.identity else ()),
        *((COMPLEX, MANY) if more else ()), *((ANSWERED,) if one.may("answer") else ()),
        *((ASK_WHO,) if _doubted(one) else ()), *((REFUSE,) if one.may("refuse") and one.step is not Step.done else ()),
    )  # fmt: skip


def arguments(one: Request, choices: tuple[str, ...]) -> dict[str, Any]:
    """What is asked with them: about which request and whom, and what each would stop, so that what is done is what was
    shown."""
    stops = {choice: list(STOPS[choice]) for choice in choices if choice in STOPS}
    return {"request": str(one.id), "person": str(one.person or ""), **({"stops": stops} if stops else {})}


def asked_about(one: Request, arguments: dict[str, Any]) -> bool:
    """Whether it is about nobody else than it was when it was asked; about nobody any more, where they were erased since."""
    return one.person is None or str(one.person) == arguments["person"]


def ordered(one: Request, intent: Intent, *, by: str) -> Order:
    """The order that an answer gives which carries the request out, by what it was asked with. The person is told once it is
    done, and it is over then; but a pack is handed over first."""
    review = None
    if intent.choice in REVIEWS:
        assert one.papers is not None
        decision = DECISION[one.papers.language]
        review = Review(decision=decision, reviewer=by, changed=REVIEWS[intent.choice], result=intent.note)
    return Order(
        ground=RESTRICTS.get(intent.choice, ""), purposes=tuple(intent.arguments.get("stops", {}).get(intent.choice, ())),
        review=review, at_once=one.right not in PACKED,
    )  # fmt: skip


def _carried(one: Request) -> bool:
    """Whether it can be carried out: about somebody who is held, and not done yet."""
    return one.person is not None and one.may("order") and one.step is not Step.done


def _doubted(one: Request) -> bool:
    """Whether it can be asked who it is: nobody is sure yet, and it is known where to ask."""
    assert one.papers is not None
    return one.may("ask-identity") and one.identity not in SURE and bool(one.papers.contact)


def _fetched(one: Request) -> bool:
    return one.person is not None and one.right in PACKED and one.step is Step.done

"""A request of a person: which right, from whom, how far it is; and which step leads where. Pure."""

from datetime import datetime
from enum import StrEnum
from typing import Literal
from uuid import UUID

import msgspec

from bailee.clauses.data_subject_requests.papers import Papers
from bailee.obligations.calendar import Due
from bailee.vocabulary.languages import Language
from bailee.vocabulary.parties import Actor


class Right(StrEnum):
    """The rights of Art. 15 to 22, and the question of Art. 19: who was told."""

    access = "access"
    rectification = "rectification"
    erasure = "erasure"
    restriction = "restriction"
    recipients = "recipients"
    portability = "portability"
    objection = "objection"
    automated_decision = "automated-decision"

    @property
    def article(self) -> str:
        """The article of the GDPR that gives it."""
        return f"Art. {15 + list(Right).index(self)}"

    def cited(self, language: Language) -> str:
        """The article within a sentence: French writes it small."""
        return self.article.lower() if language == "fr" else self.article


class State(StrEnum):
    """Where a request stands."""

    received = "received"
    identity = "identity"
    working = "working"
    extended = "extended"
    answered = "answered"
    refused = "refused"
    withdrawn = "withdrawn"


class Step(StrEnum):
    """How far the work on a request is; `stopped` waits for a human."""

    none = "none"
    queued = "queued"
    running = "running"
    stopped = "stopped"
    done = "done"


Channel = Literal["letter", "email", "telephone", "in-person", "console", "self-service", "api", "forwarded"]
Identity = Literal["none", "declared", "signed-in", "document"]
Outcome = Literal["", "granted", "partly", "refused"]
Act = Literal["ask-identity", "identify", "order", "extend", "answer", "refuse", "withdraw"]

CLOSED = frozenset({State.answered, State.refused, State.withdrawn})
WAITING = frozenset({Step.queued, Step.running})
PACKED = frozenset({Right.access, Right.portability})  # answered by something to take along
TOLD = frozenset({Right.rectification, Right.erasure, Right.restriction})  # recipients hear of it (Art. 19)
MISREAD = "misread"
AT_ONCE = frozenset({Right.access, Right.portability, Right.recipients})  # may be answered without a human, if chosen

_OPEN = {State.received, State.identity, State.working, State.extended}
LEADS: dict[Act, tuple[frozenset[State], State]] = {
    "ask-identity": (frozenset({State.received, State.extended}), State.identity),
    "identify": (frozenset(_OPEN), State.received),
    "order": (frozenset({State.received, State.extended, State.working}), State.working),
    "extend": (frozenset(_OPEN), State.extended),
    "answer": (frozenset({State.received, State.extended, State.working}), State.answered),
    "refuse": (frozenset(_OPEN), State.refused),
    "withdraw": (frozenset(_OPEN), State.withdrawn),
}


class NotNow(Exception):
    """The request is in a state from which this does not lead on."""

    def __init__(self, state: str) -> None:
        super().__init__(state)
        self.state = state


class Mandate(msgspec.Struct, frozen=True):
    """In whose name the work is done, until their credential or session ends."""

    actor: Actor
    until: datetime


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A request as it came. Without a person it is about someone who is not held, or not known yet."""

    right: Right
    channel: Channel
    words: str = ""
    person: UUID | None = None
    name: str = ""
    contact: str = ""
    language: Language = "en"
    identity: Identity = "none"
    received_at: datetime | None = None
    message: UUID | None = None


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """A request as it stands. `papers` is what is sealed; None once its key has been shredded."""

    id: UUID
    controller: UUID
    right: Right
    person: UUID | None
    channel: str
    identity: str
    received_at: datetime
    due: Due
    opened_by: str
    state: State = State.received
    step: Step = Step.none
    reason: str = ""
    outcome: str = ""
    done: int = 0
    total: int = 0
    extended_at: datetime | None = None
    ended_at: datetime | None = None
    keep_until: datetime | None = None
    mandate: Mandate | None = None
    message: UUID | None = None  # that it came in, where it was forwarded
    entries: tuple[str, ...] = ()
    version: int = 1
    papers: Papers | None = None

    @property
    def open(self) -> bool:
        """Whether an answer is still owed."""
        return self.state not in CLOSED

    @property
    def misread(self) -> bool:
        """Whether it was never asked: a human read its message otherwise."""
        return self.state is State.withdrawn and self.reason == MISREAD

    @property
    def subject(self) -> str:
        """What the obligations about it are about."""
        return f"request/{self.id}"

    @property
    def erased(self) -> bool:
        """Whether the person has gone with what was asked: nothing but evidence may stay."""
        return self.right is Right.erasure and self.person is None and self.step is Step.done

    def may(self, act: Act) -> bool:
        """Whether an act leads on from here. What is being worked on is let finish or stop first."""
        return self.state in LEADS[act][0] and (self.step not in WAITING or act in ("extend", "identify", "withdraw"))

    def after(self, act: Act) -> State:
        """The state that an act leads to, or `NotNow`. Who is being worked for stays so while time is extended."""
        if not self.may(act):
            raise NotNow(str(self.state))
        if act == "identify" and self.state is not State.identity:
            return self.state
        if act == "identify":
            return State.extended if self.extended_at else State.received
        return State.working if act == "extend" and self.state is State.working else LEADS[act][1]


class Recipient(msgspec.Struct, frozen=True):
    """A recipient of a request, and whether it was told."""

    name: str
    state: str
    reason: str
    notice: UUID | None
    reached: str = ""


def held(request: Request) -> UUID:
    """The person of a request about someone who is held."""
    if request.person is None:
        raise NotNow("not-held")
    return request.person

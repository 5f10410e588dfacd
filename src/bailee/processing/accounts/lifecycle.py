"""The life of an account: invited, active, suspended, closing, and then nothing (accounts.lifecycle).

Pure. An account is opened once for a person; when it is erased its person goes with it, and neither comes back.
"""

from enum import StrEnum


class State(StrEnum):
    """Where an account stands. An erased one has no row: its person's tombstone says so."""

    invited = "invited"
    active = "active"
    suspended = "suspended"
    closing = "closing"


class Step(StrEnum):
    """What moves an account from a state to the next."""

    accept = "accept"
    suspend = "suspend"
    resume = "resume"
    ask_closing = "ask-closing"
    keep = "keep"


class NotFromHere(Exception):
    """A step that the account's state does not allow."""

    def __init__(self, state: State, step: Step) -> None:
        super().__init__(f"{step} does not go from {state}")
        self.state, self.step = state, step


NEXT: dict[tuple[State, Step], State] = {
    (State.invited, Step.accept): State.active,
    (State.invited, Step.suspend): State.suspended,
    (State.active, Step.suspend): State.suspended,
    (State.suspended, Step.resume): State.active,
    (State.invited, Step.ask_closing): State.closing,
    (State.active, Step.ask_closing): State.closing,
    (State.suspended, Step.ask_closing): State.closing,
    (State.closing, Step.keep): State.active,
}


def following(state: State, step: Step) -> State:
    """The state after a step, or `NotFromHere`."""
    try:
        return NEXT[state, step]
    except KeyError:
        raise NotFromHere(state, step) from None


def steps_from(state: State) -> tuple[Step, ...]:
    """The steps that a state allows, in the order in which they are offered."""
    return tuple(step for (one, step) in NEXT if one is state)


def may_sign_in(state: State, *, own: bool) -> bool:
    """Whether someone in this state may open a session. `own`: the closing was asked for by the person."""
    return state is State.active or (state is State.closing and own)

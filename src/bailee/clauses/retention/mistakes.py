"""What cannot be done about a rule, and what can be done instead."""


class NoSuchRule(Exception):
    """The controller has no such rule, or not in that version."""


class NotNow(Exception):
    """The rule does not stand where this step goes from: `state` says where it is."""

    def __init__(self, state: str) -> None:
        super().__init__(state)
        self.state = state


class NothingAgreed(Exception):
    """Nothing is agreed with this controller: a rule has nothing to be measured by."""


class RuleRefused(ValueError):
    """A rule that may not be: by which clause, why (a stable code), and what to do about it."""

    def __init__(self, clause: str, reason: str, remedy: str) -> None:
        super().__init__(f"{reason}: {remedy}")
        self.clause, self.reason, self.remedy = clause, reason, remedy

"""What can go wrong with measures, as their callers tell it."""

import msgspec

from bailee.clauses.security_measures.events import Found
from bailee.infra.keys.key import NotAsSealed


class Lowered(msgspec.Struct, frozen=True):
    """A declared measure that would be weaker than it was: what it was and what it would be."""

    measure: str
    was: int
    would_be: int | None
    was_found: Found
    found: Found


class Regression(Exception):
    """A start, or a change, that would lower measures: refused, with what to do."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n  ".join(["measures of security would be lowered:", *problems]))
        self.problems = problems


class NotEqual(Exception):
    """A decision that names nothing equal or better, or something that does not hold itself."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class NoMeasure(Exception):
    """There is no such measure, or it is not of that kind."""


class Changed(Exception):
    """The statement is not what was reviewed any more."""


class AlteredSaid(NotAsSealed):
    """What a named person put on record does not open as itself."""

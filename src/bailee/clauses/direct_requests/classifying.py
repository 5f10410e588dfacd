"""What a message asks for, by rules in English and French: each right with a score and the rules that gave it. Pure.

The rules are few, read whole sentences rather than words, and know when to be silent: a message they do not
understand is passed on all the same, and the controller reads it. `rules.yaml` beside this module holds them.
"""

import re
import unicodedata
from functools import cache
from pathlib import Path

import msgspec
import yaml

from bailee.clauses.direct_requests.rights import KINDS, Verdict, verdict

ENOUGH = 3
LOOKED_AT = 20_000
QUOTED = re.compile(
    r"-{2,}\s*(?:original message|message d'origine|forwarded message|message transfere)|"
    r"(?:on|le) .{5,120}(?:wrote|a ecrit)\s*:\s*$"
)


class Rule(msgspec.Struct, frozen=True):
    """A rule: of which right, how heavy, and in what it is recognised. A negative weight speaks against."""

    name: str
    kind: str
    weight: int
    pattern: str


class Classified(msgspec.Struct, frozen=True, kw_only=True):
    """The rights a message is about, how strongly, and by which rules. `chosen` where the person ticked it."""

    kinds: tuple[str, ...] = ()
    scores: dict[str, int] = {}
    reasons: tuple[str, ...] = ()

    @property
    def verdict(self) -> Verdict:
        """Request, complaint, both, or unclear."""
        return verdict(self.kinds)


def classify(subject: str, text: str, *, asks: str = "") -> Classified:
    """What a message is about. `asks` is the right that the person chose in the form, if any."""
    body = _normal(f"{subject}\n{_own(text)}"[:LOOKED_AT])
    scores, reasons = dict[str, int](), list[str]()
    for rule, pattern in _rules():
        if pattern.search(body):
            scores[rule.kind] = scores.get(rule.kind, 0) + rule.weight
            reasons.append(rule.name)
    if asks in KINDS:
        scores[asks] = max(scores.get(asks, 0), 0) + 2 * ENOUGH
        reasons.append("chosen")
    kinds = tuple(one for one in KINDS if scores.get(one, 0) >= ENOUGH)
    return Classified(kinds=kinds, scores=scores, reasons=tuple(reasons))


def is_about_us(subject: str, text: str) -> bool:
    """Whether it speaks of the processor's own relations: its contacts, applicants, newsletter."""
    return bool(_about_us().search(_normal(f"{subject}\n{_own(text)}"[:LOOKED_AT])))


def _own(text: str) -> str:
    """What the sender wrote, without what is quoted; all of it where nothing else is there."""
    kept = list[str]()
    for line in text.split("\n"):
        if QUOTED.match(_normal(line)):
            break
        if not line.startswith(">"):
            kept.append(line)
    own = "\n".join(kept)
    return own if own.strip() else text


def _normal(text: str) -> str:
    """Lower case without accents, one kind of apostrophe, single spaces; sentences keep their ends."""
    flat = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return " ".join(flat.casefold().replace("\u2019", "'").replace("`", "'").split())


@cache
def _read() -> dict[str, object]:
    found: dict[str, object] = yaml.safe_load(Path(__file__).with_name("rules.yaml").read_text(encoding="utf-8"))
    return found


@cache
def _rules() -> tuple[tuple[Rule, re.Pattern[str]], ...]:
    rules = msgspec.convert(_read()["rules"], list[Rule])
    return tuple((rule, re.compile(rule.pattern)) for rule in rules)


@cache
def _about_us() -> re.Pattern[str]:
    return re.compile("|".join(msgspec.convert(_read()["about_us"], list[str])))

"""What speaks against a new password: its length, that it was in a breach, that it is guessed too soon.

Offline: the 30,000 most used passwords of known breaches come with the `zxcvbn` package, and its estimate of how
many guesses a password takes. No rule asks for kinds of characters and none for a change after a time
(NIST SP 800-63B 3.1.1.2). No word of a password leaves the process.
"""

from collections.abc import Iterable
from enum import StrEnum

from zxcvbn import matching, scoring, time_estimates  # type: ignore[import-untyped]  # the package has no types

from bailee.processing.accounts.signing_in.passwords import UNFOLDED, Length, Passwords, normal

SCORE = 3  # of 4: at least 10^8 guesses, against an attack without the limits on guessing
WINDOW = 32  # code points judged at once: the estimate's time grows with their square, and worse for some
SHORTEST_WORD = 3  # a piece of a name shorter than this is in too many words
MOST_WORDS = 32
LONGEST_WORD = 100


class Weakness(StrEnum):
    """Why a new password is refused. Stable: pages say it in words."""

    too_short = "too-short"
    too_long = "too-long"
    not_text = "not-text"
    breached = "breached"
    personal = "personal"
    guessable = "guessable"


async def weakness(passwords: Passwords, password: str, about: Iterable[str] = ()) -> Weakness | None:
    """What speaks against a new password, or None. `about`: the person's name, e-mail, company, as they are.

    The estimate is some 10 ms of computing, at worst half a second: done in the threads for passwords.
    """
    known = words(about)
    return await passwords.run(lambda: judge(password, passwords.length, known))


def judge(password: str, length: Length, known: list[str]) -> Weakness | None:
    """What speaks against it, given the words known about its person; computed here and now."""
    folded = normal(password, length.longest)
    if folded is None:
        long = len(password) > UNFOLDED * length.longest or normal(password, len(password) * 18) is not None
        return Weakness.too_long if long else Weakness.not_text
    if len(folded) < length.shortest:
        return Weakness.too_short
    if folded.lower() in matching.RANKED_DICTIONARIES["passwords"]:
        return Weakness.breached
    rest = _without(folded.lower(), known)
    if rest != folded.lower() and 2 * sum(map(str.isalnum, rest)) < length.shortest:
        return Weakness.personal
    if _strong(folded, known):
        return None
    return Weakness.personal if known and _strong(folded, []) else Weakness.guessable


def words(about: Iterable[str]) -> list[str]:
    """The words an attacker tries first: each text and its pieces, lower-case, without double."""
    found: dict[str, None] = {}
    for text in about:
        lower = text.lower()[:LONGEST_WORD]
        pieces = "".join(one if one.isalnum() else " " for one in lower).split()
        found |= dict.fromkeys([lower, "".join(pieces), *pieces])
    return [one for one in found if len(one) >= SHORTEST_WORD][:MOST_WORDS]


def _without(password: str, known: list[str]) -> str:
    """What is left of a password when the words about its person are taken out, longest first."""
    for word in sorted(known, key=len, reverse=True):
        password = password.replace(word, "")
    return password


def _strong(password: str, known: list[str]) -> bool:
    """Whether its beginning or its end alone is strong enough: all of it is then."""
    windows = dict.fromkeys((password[:WINDOW], password[-WINDOW:]))
    return any(_score(window, known) >= SCORE for window in windows)


def _score(password: str, known: list[str]) -> int:
    """The package's score, 0 to 4, with dictionaries of this call alone.

    Its own entry point writes the person's words into one dictionary of the whole process, where other threads
    would read them and where they would stay.
    """
    dictionaries = {**matching.RANKED_DICTIONARIES, "user_inputs": matching.build_ranked_dict(known)}
    found = scoring.most_guessable_match_sequence(password, matching.omnimatch(password, dictionaries))
    return int(time_estimates.guesses_to_score(found["guesses"]))

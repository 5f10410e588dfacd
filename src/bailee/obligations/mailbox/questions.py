"""Questions: what a letter asks, bound to exactly what it shows. Pure."""

import hashlib
from datetime import datetime
from typing import Any

import msgspec


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked: an act of the registry, the choices, and the words that are shown, in the letter's language.

    `about` is the digest of the document that it is about, if any; `arguments` go to the command as they are. Without
    `coded` the link itself is the answer's proof: for the one question whether a letter arrives at an address. The choices
    of `noted` want a few words of whoever answers; those of `handing` hand something over, or the note on to a person: who
    answers on the page does that, and no reply.
    """

    act: str
    choices: tuple[str, ...]
    heading: str
    words: str
    until: datetime
    about: str = ""
    arguments: dict[str, Any] = {}
    coded: bool = True
    noted: tuple[str, ...] = ()
    handing: tuple[str, ...] = ()

    @property
    def content(self) -> str:
        """The digest of all that is shown and would be done."""
        shown = msgspec.to_builtins(self)
        for late in ("noted", "handing"):
            if not shown[late]:
                del shown[late]  # as it was digested before there were such choices
        return hashlib.sha256(msgspec.json.encode(shown, order="sorted")).hexdigest()


def masked(address: str) -> str:
    """An address that its owner knows again and others do not learn."""
    name, _, domain = address.rpartition("@")
    return f"{name[:1]}…@{domain}"

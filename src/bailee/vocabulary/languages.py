"""The languages in which letters, documents and pages are written."""

from typing import Literal

Language = Literal["en", "fr"]
LANGUAGES: tuple[Language, ...] = ("en", "fr")


def language_of(tag: str) -> Language:
    """The language in which to write to someone who asked for a BCP 47 tag: English, unless it is French of any place."""
    return "fr" if tag.lower().partition("-")[0] == "fr" else "en"

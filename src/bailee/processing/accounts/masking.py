"""Masked values: enough to recognise, too little to take (security.by-design). Pure."""

from collections.abc import Mapping
from typing import Any

DOT = "•"
PLAIN = frozenset({"title", "language", "company", "photo", "given_name", "family_name"})


def masked(profile: Mapping[str, Any]) -> dict[str, Any]:
    """A profile with its identifying values masked; names and what identifies less stay."""
    return {name: value if name in PLAIN else mask(name, value) for name, value in profile.items()}


def mask(name: str, value: Any) -> Any:
    """One value masked: an e-mail keeps its first letter and its domain, a phone its country and last two digits."""
    if isinstance(value, Mapping):
        return {part: one if part in ("country", "city") else mask(part, one) for part, one in value.items()}
    text = str(value)
    if name == "email" and "@" in text:
        local, _, domain = text.rpartition("@")
        return f"{local[:1]}{DOT * 3}@{domain}"
    if name == "phone":
        return f"{text[:3]}{DOT * max(3, len(text) - 5)}{text[-2:]}"
    return f"{text[:1]}{DOT * 3}" if text else ""

"""Every setting, for people who look for one."""

from typing import Any

import msgspec

from bailee.infra.settings import PREFIX, Settings


def describe() -> list[tuple[str, str, str]]:
    """Every setting: its variable, its default, what it is."""
    fields = msgspec.structs.fields(Settings)
    return [
        (PREFIX + field.name.upper(), str(field.default), _words(field.type))
        for field in fields
        if field.name not in ("data", "sandbox")
    ]


def _words(annotated: Any) -> str:
    for meta in getattr(annotated, "__metadata__", ()):
        return str(meta.description)
    return ""

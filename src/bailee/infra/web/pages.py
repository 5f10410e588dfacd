"""Pages: Jinja templates of several rooms under one environment; undefined names fail, everything is escaped."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from bailee.infra.web import words
from bailee.infra.web.visit import Visit


class Pages:
    """Renders templates for a visit."""

    def __init__(self, folders: Sequence[Path], assets: dict[str, str], **given: Any) -> None:
        self.words = words.Words(folders)
        self._environment = Environment(
            loader=FileSystemLoader([str(folder) for folder in folders]),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.globals.update(asset=lambda name: assets[name], icon=_icon(assets), **given)

    def render(self, template: str, visit: Visit, **context: Any) -> bytes:
        """The page's bytes, in the visit's language."""
        language = visit.language
        page = self._environment.get_template(template)
        text = page.render(
            visit=visit,
            language=language,
            t=lambda text, **values: _filled(self.words.say(language, text), values),
            n=lambda number, one, many: self.words.count(language, number, one, many),
            either=lambda number, one, many: self.words.either(language, number, one, many),
            lowered=words.lowered,
            figure=lambda number: words.figure(language, number),
            day=lambda at: words.day(language, at),
            short=lambda at: words.short_day(language, at),
            browser=words.browser,
            moment=lambda at: local(language, at),
            lasting=lambda period: words.lasting(language, period),
            **context,
        )
        return text.encode()


def _filled(text: str, values: dict[str, Any]) -> str:
    """A text with its slots filled. What a page made itself, an instant for its script, stays as it is made; all else is
    escaped where it is shown."""
    if any(isinstance(value, Markup) for value in values.values()):
        return escape(text).format(**values)
    return text.format(**values) if values else text


def local(language: str, at: datetime | str) -> Markup:
    """An instant, or its ISO text as an entry of the ledger has it, for the page's script to show in the reader's zone."""
    at = datetime.fromisoformat(at) if isinstance(at, str) else at
    return Markup('<time datetime="{}">{}</time>').format(f"{at:%Y-%m-%dT%H:%M:%SZ}", words.moment(language, at))


def _icon(assets: dict[str, str]) -> Any:
    def icon(name: str) -> Markup:
        return Markup('<svg class="icon" aria-hidden="true"><use href="{}#{}"/></svg>').format(
            assets["icons.svg"], name
        )

    return icon

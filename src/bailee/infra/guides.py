"""Guides: texts of the documentation that pages show beside what they are about. One text, two readers."""

from functools import cache
from pathlib import Path

from markdown_it import MarkdownIt

HERE = Path(__file__)


@cache
def guide(folder: str, name: str, language: str) -> str:
    """A guide as HTML: what it says and nothing that it could smuggle in; its headings one level down."""
    file = f"{name}.md" if language == "en" else f"{name}.{language}.md"
    for place in (HERE.parents[3] / "docs" / "guides", HERE.parents[1] / "guides"):
        if (place / folder / file).is_file():
            return _rendered((place / folder / file).read_text(encoding="utf-8"))
    raise FileNotFoundError(f"docs/guides/{folder}/{file}")


def _rendered(text: str) -> str:
    reader = MarkdownIt("commonmark", {"html": False})
    tokens = reader.parse(text)
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{int(token.tag[1]) + 1}"
    rendered: str = reader.renderer.render(tokens, reader.options, {})
    return rendered

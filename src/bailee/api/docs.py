"""The HTTP interface as a page to read: made from the OpenAPI document, with no script and nothing from elsewhere."""

from html import escape
from typing import Any

STYLE = """
:root{color-scheme:light dark;--ink:#22313f;--soft:#5c6b78;--paper:#fdfcf9;--line:#d8d2c4;--gold:#8a6508}
@media(prefers-color-scheme:dark){:root{--ink:#e8ecef;--soft:#a9b6bf;--paper:#171c20;--line:#3a444c;--gold:#e0b84c}}
body{font:16px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper);max-width:60rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.8rem}h2{margin-top:2.5rem;border-bottom:1px solid var(--line)}
article{padding:.6rem 0;border-bottom:1px solid var(--line)}code{font:14px/1.4 ui-monospace,monospace}
b{display:inline-block;min-width:4.5rem;color:var(--gold)}p{margin:.2rem 0;color:var(--soft)}
"""


def page(document: dict[str, Any]) -> str:
    """One page, by tag."""
    by_tag: dict[str, list[str]] = {}
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if isinstance(operation, dict):
                by_tag.setdefault((operation.get("tags") or ["other"])[0], []).append(
                    _operation(path, method, operation)
                )
    parts = "".join(f"<h2>{escape(tag)}</h2>{''.join(rows)}" for tag, rows in by_tag.items())
    words = escape(document["info"].get("description", ""))
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>bailee: HTTP</title><style>{STYLE}</style><h1>bailee over HTTP</h1><p>{words} "
        f'The machine-readable form: <a href="/openapi.json">openapi.json</a></p>{parts}</html>'
    )


def _operation(path: str, method: str, operation: dict[str, Any]) -> str:
    said = escape(operation.get("description") or "")
    sent = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    shape = sent.get("$ref", "").rsplit("/", 1)[-1]
    body = f"<p>sends <code>{escape(shape)}</code></p>" if shape else ""
    return (
        f"<article><b>{method.upper()}</b> <code>{escape(path)}</code> {escape(operation.get('summary', ''))}"
        f"<p>{said}</p>{body}</article>"
    )

"""Plain text out of what mails hold: HTML without its marks, bytes without their charset's traps. Pure.

Nothing is rendered, fetched or run. Every step is linear in its input, whatever the input is.
"""

import html
import re
import unicodedata

TAG = re.compile(r"</?([a-zA-Z][a-zA-Z0-9]{0,20})")
HIDDEN = frozenset({"script", "style", "head", "template", "title", "svg", "math", "noscript", "object"})
BREAKS = frozenset(
    {"p", "br", "div", "tr", "li", "ul", "ol", "table", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "hr", "pre"}
)
# Charsets that are read; what names another is read as UTF-8 with its faults marked. Codecs of Python that are not
# charsets (idna, punycode, unicode_escape...) are slow or do more than decode, and are never asked.
CHARSETS = re.compile(
    r"(?:utf-?8|us-?ascii|ascii|iso-?8859-?(?:[1-9]|1[013-6])|latin-?1|(?:windows|cp)-?125[0-8]|koi8-[ru]"
    r"|gb(?:2312|k|18030)|big5|shift_jis|euc-(?:jp|kr)|iso-2022-jp|utf-?16(?:le|be)?)"
)
TURNING = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


def decoded(content: bytes, charset: str) -> str:
    """Bytes as text; what cannot be read is marked, never an error."""
    named = charset.strip().strip("'\"").lower()[:20]
    try:
        return content.decode(named if CHARSETS.fullmatch(named) else "utf-8", "replace")
    except LookupError:
        return content.decode("utf-8", "replace")


def of_html(source: str) -> str:
    """The words of an HTML text."""
    lower, found, at, unclosed = source.lower(), list[str](), 0, set[str]()
    while at < len(source):
        begin = source.find("<", at)
        if begin < 0:
            begin = len(source)
        found.append(source[at:begin])
        at = _past(lower, begin, unclosed, found)
    return tidy(html.unescape("".join(found)))


def _past(lower: str, at: int, unclosed: set[str], found: list[str]) -> int:
    """Where text goes on after the mark at `at`; a mark that never ends hides nothing but itself."""
    if at >= len(lower):
        return at
    if lower.startswith("<!--", at):
        return _after(lower, at, "-->", unclosed) or at + 4
    tag = TAG.match(lower, at)
    if tag is None and lower[at + 1 : at + 2] not in ("!", "?"):
        found.append("<")
        return at + 1
    ends = _after(lower, at, ">", unclosed) or len(lower)
    name = tag[1] if tag else ""
    if name in BREAKS:
        found.append("\n")
    if name in HIDDEN and lower[at + 1] != "/":
        closing = _after(lower, ends, f"</{name}", unclosed)
        return (_after(lower, closing, ">", unclosed) or len(lower)) if closing else ends
    return ends


def _after(lower: str, at: int, mark: str, unclosed: set[str]) -> int:
    """Just behind the next `mark`; 0 where there is none, which is looked for once."""
    place = -1 if mark in unclosed else lower.find(mark, at)
    if place < 0:
        unclosed.add(mark)
        return 0
    return place + len(mark)


def tidy(text: str) -> str:
    """Text for people and rules: no control characters, no marks that turn the writing, no piles of empty lines."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n").replace("\u2029", "\n")
    kept = "".join(one for one in text if one in "\n\t" or _is_shown(one))
    lines = [line.rstrip() for line in kept.split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def one_line(text: str, longest: int = 300) -> str:
    """A text on one line, short enough to stand in a table or a subject."""
    return " ".join(tidy(text).split())[:longest]


def _is_shown(one: str) -> bool:
    return one not in TURNING and unicodedata.category(one) not in ("Cc", "Cs", "Co", "Cn")

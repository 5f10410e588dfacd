"""Reading a mail that anyone may have written: who sent it, what it says, whether a machine wrote it. Pure.

Only the first MiB is looked at, and not more than so many parts and levels; attachments are counted and never opened.
Whatever is wrong with a mail, there is an answer: it is passed on whole, and who cannot be read is found by a human.
The parser is the standard library's with the policy that leaves headers as they are; the newer one fails on junk.
"""

import re
from collections.abc import Iterator
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message
from email.parser import BytesParser
from email.policy import compat32
from email.utils import getaddresses

import msgspec

from bailee.clauses.direct_requests import plain
from bailee.clauses.direct_requests.automatic import Machine, machine

LOOKED_AT = 1024 * 1024
CONTAINERS, PARTS, COMMENTS = 30, 200, 20
LONGEST_TEXT, LONGEST_HTML = 40_000, 256 * 1024
HOLDS_OTHERS = re.compile(rb"(?i)multipart/|message/(?:rfc822|global|news|partial|external-body)")
ADDRESS = re.compile(
    r"[^@\s<>,;:\"()\[\]\\]{1,64}@[a-zA-Z0-9\u0080-\U0010ffff](?:[a-zA-Z0-9.\u0080-\U0010ffff-]{0,250})"
)


class Read(msgspec.Struct, frozen=True, kw_only=True):
    """What a mail says. `sender` is a bare address or empty; `whole` is false where not all of it was looked at."""

    sender: str
    name: str
    subject: str
    text: str
    attachments: int
    written_by: Machine | None
    message_id: str
    whole: bool


def read(content: bytes) -> Read:
    """What the bytes of a mail say, as far as they can be understood."""
    looked = content[:LOOKED_AT]
    head, whole = _head(looked), len(content) <= LOOKED_AT
    text, attachments = "", 0
    if len(HOLDS_OTHERS.findall(looked)) <= CONTAINERS:
        try:
            text, attachments, complete = _body(BytesParser(policy=compat32).parsebytes(looked))
            whole = whole and complete
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError, AssertionError):
            whole = False  # the library's parser on what is no mail at all
    else:
        whole = False
    if not text and not whole:
        text = plain.tidy(plain.decoded(looked[:LONGEST_TEXT], "utf-8"))
    name, sender = _sender(head)
    return Read(
        sender=sender, name=name, subject=plain.one_line(_header(head, "subject")), text=text,
        attachments=attachments, written_by=machine(head), message_id=_header(head, "message-id")[:250], whole=whole,
    )  # fmt: skip


def bare(text: str) -> str:
    """The one address that a text is, in lower case; empty for anything else."""
    found = text.strip().strip("<>").lower()
    return found if ADDRESS.fullmatch(found) else ""


def delivered(content: bytes) -> tuple[str, ...]:
    """To whom a mail was brought, by the headers that a delivering server writes."""
    head = _head(content[:LOOKED_AT])
    given = [one for name in ("delivered-to", "x-original-to", "to") for one in _raw(head, name)]
    return tuple(dict.fromkeys(found for _, one in _addresses(given) if (found := bare(one))))[:20]


def _head(looked: bytes) -> Message:
    """The headers alone, a hundred KiB of them at most."""
    return BytesParser(policy=compat32).parsebytes(looked[: 100 * 1024], headersonly=True)


def _header(message: Message, name: str) -> str:
    """A header as text, its encoded words decoded; empty where there is none."""
    return _decoded(next(iter(_raw(message, name)), ""))


def _decoded(raw: str) -> str:
    """A header's text, its encoded words decoded."""
    try:
        parts = decode_header(raw)
    except (HeaderParseError, ValueError):
        return plain.one_line(raw, 1000)
    words = [part if isinstance(part, str) else plain.decoded(part, charset or "utf-8") for part, charset in parts]
    return plain.one_line("".join(words), 1000)


def _raw(message: Message, name: str) -> list[str]:
    """A header's values as they came, read as UTF-8, ten of them at most and none longer than two pages."""
    found = [value for key, value in message.raw_items() if key.lower() == name][:10]
    return [str(one)[:4000].encode("utf-8", "surrogateescape").decode("utf-8", "replace") for one in found]


def _sender(head: Message) -> tuple[str, str]:
    """Name and address of the one author; a mail that claims several has none."""
    claimed = _raw(head, "from")
    found = [(_decoded(name), bare(address)) for name, address in _addresses(claimed)]
    named = {address for _, address in found if address}
    if len(named) != 1 or len(claimed) > 1:
        return "", ""
    name, address = next(one for one in found if one[1])
    return name[:200], address


def _addresses(values: list[str]) -> list[tuple[str, str]]:
    """Names and addresses of some headers; none where comments nest as no mail's do."""
    if sum(one.count("(") for one in values) > COMMENTS:
        return []
    return getaddresses(values)


def _body(message: Message) -> tuple[str, int, bool]:
    """The text that a reader would see first, how many attachments, and whether all parts were looked at."""
    texts, pages, attachments, seen = list[str](), list[str](), 0, 0
    for part in _leaves(message):
        seen += 1
        if seen > PARTS:
            break
        kind = part.get_content_type()
        if _is_attached(part) or kind not in ("text/plain", "text/html"):
            attachments += 1
            continue
        content = part.get_payload(decode=True)
        source = plain.decoded(content if isinstance(content, bytes) else b"", str(part.get_content_charset("utf-8")))
        if kind == "text/plain":
            texts.append(plain.tidy(source[:LONGEST_TEXT]))
        else:
            pages.append(plain.of_html(source[:LONGEST_HTML]))
    text = "\n\n".join(one for one in (texts if any(texts) else pages) if one)
    return text[:LONGEST_TEXT], attachments, seen <= PARTS


def _leaves(message: Message) -> Iterator[Message]:
    """The parts that hold no others, in order; a mail within the mail is an attachment, not a text."""
    waiting = [message]
    while waiting:
        part = waiting.pop()
        inner = part.get_payload()
        if part.is_multipart() and isinstance(inner, list) and part.get_content_maintype() == "multipart":
            waiting.extend(one for one in reversed(inner) if isinstance(one, Message))
        else:
            yield part


def _is_attached(part: Message) -> bool:
    return str(part.get("content-disposition", "")).strip().lower().startswith("attachment")

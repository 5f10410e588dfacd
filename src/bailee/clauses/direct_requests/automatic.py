"""Mail that a machine wrote: bounces, answers of absence, lists, and letters of ours that come round again. Pure.

Nothing that arrives is ever answered, so recognising a machine only keeps its mail from being taken for a person's.
"""

import re
from email.message import Message
from typing import Literal

# bounce: a report on delivery (RFC 3464). reply: an answer of absence (RFC 3834). list: sent to many. loop: it has
# travelled too far, or comes from an address of ours. generated: some program wrote it, perhaps for a person.
Machine = Literal["bounce", "reply", "list", "loop", "generated"]
HOPS = 50
REPLIES = re.compile(
    r"(?i)^\s*(?:auto(?:matic)?[ -]?(?:reply|response)|out of (?:the )?office|r[ée]ponse automatique|absence|"
    r"absent(?:e)? du bureau|message d'absence)\b"
)
BOUNCERS = re.compile(r"(?i)(?:^|<|\s)(?:mailer-daemon|postmaster)@")


def machine(head: Message) -> Machine | None:
    """What kind of machine wrote a mail, by its headers; None for a person."""
    said = str(head.get("auto-submitted", "no")).split(";")[0].strip().lower()
    if len(head.get_all("received", [])) > HOPS:
        return "loop"
    if _is_bounce(head):
        return "bounce"
    if said == "auto-replied" or head.get("x-autoreply") or head.get("x-autorespond") or _says_absent(head):
        return "reply"
    precedence = str(head.get("precedence", "")).strip().lower()
    if head.get("list-id") or head.get("list-unsubscribe") or precedence in ("bulk", "list", "junk"):
        return "list"
    return "generated" if said not in ("no", "") else None


def _is_bounce(head: Message) -> bool:
    kind, report = head.get_content_type(), str(head.get_param("report-type", "")).lower()
    if kind == "multipart/report" and report in ("delivery-status", "disposition-notification"):
        return True
    return str(head.get("return-path", "")).strip() == "<>" or bool(BOUNCERS.search(str(head.get("from", ""))))


def _says_absent(head: Message) -> bool:
    suppressed = str(head.get("x-auto-response-suppress", "")).lower()
    return bool(REPLIES.match(str(head.get("subject", "")))) or "oof" in suppressed.split(",")

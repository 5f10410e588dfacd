"""What other tools are told of an obligation, in the shape that each of them reads. Pure.

Identifiers and clocks only, in every shape. `standard` is our own message; `slack` what an incoming webhook of Slack
takes (Block Kit); `jira` what Jira's REST API 3 takes: an issue when an obligation opens, a comment on it for all that
follows. Nothing comes back but the issue's key: closing a ticket ends no obligation.
"""

import re
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec

from bailee.obligations import wording
from bailee.obligations.promises import Obligation

Shape = Literal["standard", "slack", "jira"]
SHAPES: tuple[Shape, ...] = ("standard", "slack", "jira")
PROJECT = re.compile(r"[A-Z][A-Z0-9_]{1,9}")
ISSUE = re.compile(r"[A-Z][A-Z0-9_]{1,9}-[1-9][0-9]{0,9}")
AUTHORIZATION = re.compile(r"[\x21-\x7e][\x20-\x7e]{0,999}")
CREATE = "/rest/api/3/issue"


class Owed(msgspec.Struct, frozen=True):
    """What is said of an obligation: ids, words of the agreement, instants."""

    controller: UUID
    obligation: UUID
    clause: str
    subject: str
    owed_by: str
    owed_to: str
    due_at: datetime
    rule: str
    state: str
    infringed_at: datetime | None = None


class Told(msgspec.Struct, frozen=True):
    """The body of a standard message about an obligation."""

    type: str
    timestamp: datetime
    data: Owed


def owed(one: Obligation) -> Owed:
    """What is said of an obligation."""
    promise = one.promise
    return Owed(
        one.controller, one.id, promise.clause, promise.subject, promise.owed_by, promise.owed_to, promise.binding,
        promise.due.rule, one.state, one.infringed_at,
    )  # fmt: skip


def body(shape: Shape, event: str, at: datetime, said: Owed | None, *, project: str = "", remote: str = "") -> bytes:
    """The body in a tool's shape; a test is about no obligation. The same for every attempt."""
    match shape:
        case "slack":
            return msgspec.json.encode(_slack(event, said))
        case "jira":
            return msgspec.json.encode(_comment(event, said) if remote else _issue(event, said, project))
        case _:
            assert said is not None, "a standard test has a message of its own"
            return msgspec.json.encode(Told(event, at, said))


def address(shape: Shape, url: str, remote: str) -> str:
    """Where a message goes: to Jira's issue once there is one, else to the address as it is."""
    return f"{url}/{remote}/comment" if shape == "jira" and remote else url


def key_in(shape: Shape, answer: bytes) -> str:
    """The key under which a tool keeps what it was told; empty where the answer names none."""
    if shape != "jira":
        return ""
    try:
        key = msgspec.json.decode(answer, type=dict[str, Any]).get("key", "")
    except (msgspec.DecodeError, msgspec.ValidationError):
        return ""
    return key if isinstance(key, str) and ISSUE.fullmatch(key) else ""


def refused(shape: Shape, url: str, *, events: list[str], authorization: str, project: str) -> str:
    """Why a subscription cannot speak in a shape; empty where it can."""
    if shape == "standard":
        return "" if not (authorization or project) else "shape-takes-neither"
    if not all(event.startswith("obligation.") for event in events):
        return "shape-hears-obligations"
    if authorization and not AUTHORIZATION.fullmatch(authorization):
        return "authorization-malformed"
    if shape == "jira" and not (authorization and PROJECT.fullmatch(project) and url.endswith(CREATE)):
        return "jira-needs-project"
    return "shape-takes-neither" if shape == "slack" and (authorization or project) else ""


def line(event: str, said: Owed | None) -> str:
    """One sentence."""
    if said is None:
        return "bailee is connected: what is owed will be told here."
    what = wording.called("en", said.clause)
    happened = wording.said("en", f"told-{event}")
    return f"{happened}: {what} ({said.owed_by} to {said.owed_to}), due {said.due_at:%Y-%m-%d %H:%M} UTC"


def _slack(event: str, said: Owed | None) -> dict[str, Any]:
    text = line(event, said)
    if said is None:
        return {"text": text}
    when = f"<!date^{int(said.due_at.timestamp())}^{{date_short_pretty}} {{time}}|{said.due_at:%Y-%m-%d %H:%M} UTC>"
    fields = [f"*Due*\n{when}", f"*Clause*\n`{said.clause}`", f"*About*\n`{said.subject}`",
              f"*Owed*\n{said.owed_by} to {said.owed_to}"]  # fmt: skip
    return {
        "text": text,
        "blocks": [
            {"type": "section", "text": {"type": "mrkdwn", "text": f"*{text}*"}},
            {"type": "section", "fields": [{"type": "mrkdwn", "text": one} for one in fields]},
            {"type": "context", "elements": [{"type": "mrkdwn", "text": f"`{said.controller}/{said.obligation}`"}]},
        ],
    }


def _issue(event: str, said: Owed | None, project: str) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "project": {"key": project}, "issuetype": {"name": "Task"}, "summary": line(event, said)[:250],
        "labels": ["bailee"],
    }  # fmt: skip
    if said is not None:
        fields |= {"duedate": f"{said.due_at:%Y-%m-%d}", "labels": ["bailee", said.clause], "description": _doc(said)}
    return {"fields": fields}


def _comment(event: str, said: Owed | None) -> dict[str, Any]:
    return {"body": _paragraphs(line(event, said))}


def _doc(said: Owed) -> dict[str, Any]:
    return _paragraphs(
        f"Clause {said.clause}, about {said.subject}.", f"Due {said.due_at:%Y-%m-%d %H:%M} UTC: {said.rule}.",
        f"Obligation {said.obligation} of controller {said.controller}.",
        "Closing this issue ends nothing: the obligation ends by evidence.",
    )  # fmt: skip


def _paragraphs(*texts: str) -> dict[str, Any]:
    """Atlassian's document format, version 1."""
    content = [{"type": "paragraph", "content": [{"type": "text", "text": one}]} for one in texts]
    return {"type": "doc", "version": 1, "content": content}

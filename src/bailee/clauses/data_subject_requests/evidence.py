"""The file of a request as evidence: what happened, when, and what proves it. Pure.

The entries are those of the controller's ledger, each with its receipt; words stand in them as salted digests, which
whoever holds the papers can open. Without the papers the file says as much, and proves as much, about nobody.
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from bailee.clauses.data_subject_requests.events import Recipient, Request
from bailee.clauses.data_subject_requests.papers import digest
from bailee.obligations.promises import Obligation

FORMAT = "bailee.dev/request-file/v1"
README = """The file of a request of a person, as evidence.

request.json        what happened to the request, by the ledger's entries, with the clock and its rule
receipts/           one receipt for each entry (C2SP tlog-proof): `bailee-verify FOLDER --key KEY`, of the folder that
                    this was unpacked into, checks them without any server; the key stands on the page Ledger
papers.json         the words themselves with their salt, while their term runs; each digest stands in an entry
                    (SHA-256 over salt, then text)
"""


def file(
    one: Request, bodies: Sequence[bytes], recipients: Sequence[Recipient], obligations: Sequence[Obligation]
) -> bytes:
    """`request.json`: facts and codes, nothing that says who."""
    whole = {
        "format": FORMAT, "request": one.id, "controller": one.controller, "right": one.right,
        "article": one.right.article, "channel": one.channel, "identity": one.identity, "state": one.state,
        "outcome": one.outcome, "received_at": one.received_at, "extended_at": one.extended_at,
        "ended_at": one.ended_at, "rule": one.due.rule, "due_strict": one.due.strict, "due_generous": one.due.generous,
        "late": one.ended_at is not None and one.ended_at > one.due.generous,
        "entries": [{"name": name, "body": msgspec.Raw(body)} for name, body in zip(one.entries, bodies, strict=True)],
        "recipients": [{"name": r.name, "state": r.state, "reason": r.reason, "notice": r.notice} for r in recipients],
        "obligations": [
            {"clause": o.promise.clause, "subject": o.promise.subject, "state": o.state, "ended_at": o.ended_at,
             "infringed_at": o.infringed_at, "proof": o.proof}
            for o in obligations
        ],
    }  # fmt: skip
    return msgspec.json.format(msgspec.json.encode(whole), indent=2)


def papers(one: Request) -> bytes | None:
    """`papers.json`: the words with their digests; None once their term is over."""
    if one.papers is None:
        return None
    said: dict[str, Any] = {
        name: {"text": text, "sha256": digest(one.papers.salt, text)}
        for name in ("asked", "asked_identity", "extension", "answer")
        if (text := getattr(one.papers, name))
    }
    whole = {"salt": one.papers.salt, "words": said, "order": one.papers.order, "work": one.papers.work}
    return msgspec.json.format(msgspec.json.encode(whole), indent=2)

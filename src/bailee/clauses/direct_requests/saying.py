"""What the letters and the envelope of a message say of it. Pure."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from bailee.clauses.direct_requests import envelope
from bailee.clauses.direct_requests.events import Received
from bailee.clauses.direct_requests.understanding import Understood
from bailee.contract.force import InForce

ATTACHED = 9 * 1024 * 1024  # what goes with a letter is ten MiB at the most
EXCERPT = 6_000


def message_file(received: Received) -> tuple[str, str, bytes]:
    """The message as a file: its name, media type, and bytes; what was written in a form is a text of its fields."""
    if received.written is None:
        return "message.eml", "application/octet-stream", received.mail
    written = msgspec.to_builtins(received.written)
    lines = [f"{field}: {value}" for field, value in written.items() if field != "text" and value]
    return "message.txt", "text/plain", ("\n".join(lines) + "\n\n" + received.written.text + "\n").encode()


def identities(read: Understood) -> tuple[envelope.Identity, ...]:
    """By which names the person may be held."""
    kinds = [("email" if "@" in one else "controller_customer_id", one) for one in read.known_as]
    return tuple(envelope.Identity(identity_type=kind, identity_value=value) for kind, value in kinds)


def values(
    request: UUID, received: Received, read: Understood, agreed: InForce, *, acknowledged: bool
) -> dict[str, Any]:
    """What the letters say."""
    parties = agreed.agreement.parties
    return {
        "request": str(request), "controller": parties.controller.name or "", "processor": parties.processor.name or "",
        "received_at": instant(received.received_at), "channel": received.channel, "sender": read.sender,
        "name": read.name, "subject_line": read.subject, "text": read.text[:EXCERPT], "cut": len(read.text) > EXCERPT,
        "known_as": list(read.known_as), "rights": list(read.classified.kinds), "verdict": read.classified.verdict,
        "attachments": read.attachments, "attached": len(message_file(received)[2]) <= ATTACHED,
        "acknowledged": acknowledged,
    }  # fmt: skip


def instant(at: datetime) -> str:
    """An instant as a letter says it, in every language."""
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"

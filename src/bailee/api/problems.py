"""Problem documents (RFC 9457): the one place that knows status codes.

Each says what to do. None quotes a value, a stack, SQL or personal data. A foreign id, an unknown one and
an erased one give the very same bytes.
"""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
import structlog

from bailee.clauses.data_subject_requests import events as requests
from bailee.clauses.data_subject_requests.keeping import ChangedMeanwhile, NoSuchRequest
from bailee.clauses.data_subject_requests.ordering import DoesNotFit
from bailee.clauses.data_subject_requests.requesting import NoSuchPerson
from bailee.clauses.data_subject_requests.requesting import TooLate as TooLateToExtend
from bailee.clauses.instructions.mistakes import NothingInForce, NothingThere, NotNow
from bailee.clauses.retention import mistakes as retention
from bailee.contract.ruling import Refusal
from bailee.gate.changing import Gone, Held, Outdated, Unknown
from bailee.gate.files import Cut
from bailee.gate.filing import AlreadyFiled
from bailee.gate.finding import NotSwitchedOn
from bailee.gate.idempotency import Reused
from bailee.gate.passage import Destroyed, Revoked, TooLate
from bailee.gate.sets import Refused, UnknownField
from bailee.infra.database import Unavailable
from bailee.infra.keys.key import NotAsSealed
from bailee.infra.patience import TooSlow
from bailee.infra.root_keys import RootKeyTrouble
from bailee.ledger.reading import NoSuchEntry, Pending
from bailee.ledger.sealing import Unreadable
from bailee.obligations.evidence import AlteredEvidence, NotYours, TooLarge
from bailee.obligations.obligations import NotOpen
from bailee.processing.accounts.approving.approvals import SecondPerson
from bailee.processing.accounts.provisioning import NobodyLeft
from bailee.processing.accounts.roles import UnknownRole
from bailee.processing.accounts.scim.group_roles import NoGroup
from bailee.processing.webhooks.subscriptions import NoWebhook, RefusedDestination, TooManyWebhooks
from bailee.vault.documents import AlteredDocument
from bailee.vault.record_types import RefusedData, RefusedType
from bailee.vault.sealing import Altered

TYPE = "https://bailee.dev/problems/"
MEDIA_TYPE = b"application/problem+json"

KEYS_AWAY_SECONDS = 30.0

log = structlog.get_logger()


class Problem(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A problem document. `clause` and `instruction` name what decided; `remedy` says what to do."""

    type: str
    title: str
    status: int
    remedy: str
    detail: str = ""
    clause: str = ""
    instruction: str | None = None
    errors: tuple[tuple[str, str], ...] = ()
    retry_after: int | None = None


class Refusing(Exception):
    """Raised by a handler that has a problem to answer."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.title)
        self.problem = problem


def problem(status: int, kind: str, title: str, remedy: str, **more: Any) -> Problem:
    """A problem of one of our kinds."""
    return Problem(type=TYPE + kind, title=title, status=status, remedy=remedy, **more)


UNKNOWN = problem(
    404, "unknown", "There is nothing here",
    "Check the address: an id that does not exist, was erased, or is not yours answers like this.",
)  # fmt: skip
UNAUTHENTICATED = problem(
    401,
    "credential",
    "No valid credential",
    "Send `Authorization: Bearer …` with a credential that is in force; the console issues them, under Credentials.",
)
DESTROYED = problem(
    410, "destroyed", "The contract has ended and its data are destroyed or being destroyed",
    "Ask for the certificate of destruction.", clause="end.destroy",
)  # fmt: skip


def of_refusal(refusal: Refusal) -> Problem:
    """A refusal of the gate, naming the clause that decided."""
    return problem(
        403, f"refused/{refusal.reason}", "The agreement does not cover this access", refusal.remedy,
        clause=refusal.clause, instruction=refusal.instruction,
    )  # fmt: skip


def of_exception(error: Exception) -> Problem | None:
    """What an exception of the rooms below means to a caller; None for a defect of ours."""
    if isinstance(error, Refusing):
        return error.problem
    if isinstance(error, Refused):
        return of_refusal(error.refusal)
    if isinstance(
        error,
        Unknown
        | NoSuchEntry
        | NoWebhook
        | NoSuchRequest
        | NoSuchPerson
        | NothingThere
        | NoGroup
        | retention.NoSuchRule,
    ):
        return UNKNOWN
    if isinstance(error, Revoked):
        return UNAUTHENTICATED
    if isinstance(error, Unavailable):
        return _unavailable(error.retry_after)
    for kind, make in _KINDS.items():
        if isinstance(error, kind):
            return make(error)
    return None


def _unavailable(after: float) -> Problem:
    return problem(
        503, "unavailable", "A part that this needs is away", "Try again after the time in Retry-After.",
        retry_after=max(1, round(after)),
    )  # fmt: skip


def _keys_away(trouble: RootKeyTrouble) -> Problem:
    """What is stored and the root keys do not belong together: a key store was put back to before a turn, say."""
    log.error("the root keys do not open what the key store holds: put the newer of both back", reason=str(trouble))
    return _unavailable(KEYS_AWAY_SECONDS)


_KINDS: Mapping[type[Exception], Callable[[Any], Problem]] = {
    TooLate: lambda _: _unavailable(1),
    Cut: lambda _: _unavailable(1),
    TooSlow: lambda _: problem(408, "too-slow", "The body did not come in time", "Send it again, in one go."),
    RootKeyTrouble: _keys_away,
    Destroyed: lambda _: DESTROYED,
    Pending: lambda _: problem(202, "pending", "The entry is durable but not integrated yet", "Ask again in a second."),
    Gone: lambda _: problem(
        410, "erased", "The person has been erased since", "Nothing: the first request was done, then the person erased."
    ),
    Held: lambda _: problem(
        409, "held", "A hold stops destruction here", "Lift the hold first, or wait for its end.",
        clause="retention.archive",
    ),
    SecondPerson: lambda e: problem(
        409, "second-person", "This waits for a second person",
        "Somebody with the permission approves it, in the console or over HTTP; then send the same request again.",
        detail=str(e.approval),
    ),
    NobodyLeft: lambda _: problem(
        409, "last-administrator", "Nobody would be left who can let others in", "Make another administrator first."
    ),
    UnknownRole: lambda e: problem(422, "role", "This role cannot be given", "Give a role of this controller's.", detail=str(e)),
    NothingInForce: lambda _: problem(
        409, "no-agreement", "No agreement is in force", "File a signed one first.", clause="instructions.documented"
    ),
    NotNow: lambda e: problem(
        409, "not-now", "That step does not go from here", "Look how things stand first.", detail=str(e)
    ),
    retention.NothingAgreed: lambda _: problem(
        409, "no-agreement", "No agreement is in force", "File a signed one first.", clause="instructions.documented"
    ),
    retention.NotNow: lambda e: problem(
        409, f"retention/{e.state}", "That cannot be done with the rule now",
        "Read the rule, and what it would take: a draft is confirmed by the preview of today.", clause="retention.necessary",
    ),
    retention.RuleRefused: lambda e: problem(
        422, f"retention/{e.reason}", "The rule cannot be made", e.remedy, clause=e.clause
    ),
    Outdated: lambda e: problem(
        412, "outdated", "The record is at another version", "Read it again and send its version in If-Match.",
        detail=f"The version now is {e.version}.",
    ),
    Reused: lambda _: problem(
        422, "idempotency-key-reused", "This Idempotency-Key was used for another request", "Use a new key."
    ),
    RefusedData: lambda e: problem(
        422, "data", "The data do not fit their type", "Mend each place named in `errors`.", errors=tuple(e.problems)
    ),
    RefusedType: lambda e: problem(
        422, "type", "The record type cannot be accepted", "Mend everything named in `errors`.",
        errors=tuple(("", what) for what in e.problems),
    ),
    NotSwitchedOn: lambda e: problem(
        409, "name-tokens", "Names are not found by their words here", "Switch it on, and wait until its state is `on`.",
        detail=f"Its state now: {e.state}.",
    ),
    UnknownField: lambda e: problem(422, "filter", "This cannot be searched", "Search one of the fields named.", detail=str(e)),
    ChangedMeanwhile: lambda _: problem(
        412, "outdated", "The request is at another version", "Read it again and send its version.", clause="rights.tools"
    ),
    requests.NotNow: lambda e: problem(
        409, f"request/{e.state}", "That cannot be done with the request now", "Read it: state and step say what can.",
        clause="rights.tools",
    ),
    DoesNotFit: lambda e: problem(
        422, f"order/{e}", "The order does not fit the right that is asked for",
        "Give the part that belongs to this right; docs/guides/rights says what it needs.", clause="rights.tools",
    ),
    TooLateToExtend: lambda _: problem(
        409, "request/first-month-over", "Time is extended within the first month only", "Answer now.",
        clause="rights.tools",
    ),
    AlreadyFiled: lambda _: problem(409, "filed", "This document is filed already", "Nothing: it stands."),
    RefusedDestination: lambda e: problem(
        422, f"destination/{e.code}", "This address may not be sent to",
        "Give an https address whose host stands among `hosts`, at a public place in the EU.", clause="residency.eu",
    ),
    NotOpen: lambda _: problem(409, "not-open", "This obligation is not open", "Read it again: it has ended, or is not yours."),
    NotYours: lambda _: problem(409, "not-yours", "The other side owes this", "Whoever owes a duty attaches its evidence."),
    TooLarge: lambda e: problem(422, "data", "The file cannot be attached", f"A file has {e}."),
    AlteredEvidence: lambda _: problem(
        500, "altered", "What was attached does not open as itself", "Tell the processor: it was changed outside this platform."
    ),
    TooManyWebhooks: lambda _: problem(409, "webhooks", "There are as many subscriptions as there may be", "Remove one."),
    Altered: lambda _: problem(
        500, "altered", "A stored record does not open at its own address",
        "Tell the processor: the record was changed outside this platform; an entry in the ledger says so.",
    ),
    AlteredDocument: lambda _: problem(
        500, "altered", "A stored document does not open as itself",
        "Tell the processor: a signed document was changed outside this platform; nothing is released under it.",
    ),
    Unreadable: lambda _: problem(
        500, "altered", "A stored entry does not open", "Tell the processor: the ledger was changed outside this platform."
    ),
    NotAsSealed: lambda _: problem(
        500, "altered", "Something stored is not as it was sealed",
        "Tell the processor: it was changed outside this platform; nothing of it is released, and an entry says so.",
    ),
}  # fmt: skip

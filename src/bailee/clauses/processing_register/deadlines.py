"""Until when the register is given to whoever asked. Pure.

The law says "on request" (Art. 30(4)) and names no period: the term of the agreement is our own target, and says so.
"""

from datetime import datetime
from uuid import UUID

from bailee.clauses.processing_register.events import Asker
from bailee.contract.agreement import Agreement
from bailee.obligations.calendar import Calendar, Due
from bailee.obligations.promises import Promise
from bailee.vocabulary.periods import Period

CLAUSE = "register.on-request"


def to_give(request: UUID, asker: Asker, agreement: Agreement, asked_at: datetime) -> Promise:
    """The register is owed to the controller or to the authority that asked."""
    term = agreement.terms.processing_register.on_request
    due = Calendar.of(agreement.time_zone, agreement.holidays).due(asked_at, Period.parse(term.value))
    return Promise(
        clause=CLAUSE, subject=f"register/{request}", owed_by="processor", owed_to=asker,
        due=Due(due.strict, due.generous, due.rule), evidence="register given",
    )  # fmt: skip

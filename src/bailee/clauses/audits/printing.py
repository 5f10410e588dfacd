"""The statement of costs as it is handed over: for people as PDF, for programs as JSON."""

from collections.abc import Mapping
from pathlib import Path

import msgspec

from bailee.clauses.audits.costing import Statement
from bailee.clauses.audits.events import Audit
from bailee.infra.pdf import typeset
from bailee.obligations.notices.notice import Attachment
from bailee.vocabulary.languages import Language

TEMPLATE = Path(__file__).with_name("templates") / "statement.typ"
FORMAT = "bailee.dev/audit-costs/v1"
PARTIES: Mapping[str, Mapping[str, str]] = {
    "en": {"controller": "the controller", "processor": "the processor"},
    "fr": {"controller": "le responsable du traitement", "processor": "le sous-traitant"},
}


def amount(cents: int, currency: str, language: Language) -> str:
    """An amount in words: EUR 1,234.50, or 1 234,50 EUR in French."""
    whole = f"{cents / 100:,.2f}"
    if language == "fr":
        return f"{whole.replace(',', chr(0x202F)).replace('.', ',')}{chr(0xA0)}{currency}"
    return f"{currency}{chr(0xA0)}{whole}"


def printed(statement: Statement, audit: Audit, name: str, language: Language, day: str) -> tuple[Attachment, ...]:
    """Both forms."""
    document = {
        "format": FORMAT, "audit": audit.id, "controller": name, "made_on": day, "first": audit.first,
        "last": audit.last, **msgspec.to_builtins(statement),
    }  # fmt: skip

    def said(cents: int) -> str:
        return amount(cents, statement.currency, language)

    paper = {
        "language": language, "audit": str(audit.id), "controller": name, "day": day, "first": f"{audit.first}",
        "last": f"{audit.last}", "bears": PARTIES[language].get(statement.bears, statement.bears),
        "lines": [
            [f"{one.day}", one.who, one.what, hours(one.minutes), said(one.rate), said(one.spent), said(one.amount)]
            for one in statement.lines
        ],
        "shares": [[one.who, hours(one.total.minutes), said(one.total.amount)] for one in statement.shares],
        "total": [hours(statement.total.minutes), said(statement.total.spent), said(statement.total.amount)],
    }  # fmt: skip
    return (
        Attachment(f"audit-costs-{audit.id}.pdf", "application/pdf", typeset(TEMPLATE, paper)),
        Attachment(
            f"audit-costs-{audit.id}.json", "application/json", msgspec.json.format(msgspec.json.encode(document))
        ),
    )


def hours(minutes: int) -> str:
    """Time in hours and minutes: 1:05."""
    return f"{minutes // 60}:{minutes % 60:02}"

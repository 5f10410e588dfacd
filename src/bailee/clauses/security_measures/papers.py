"""The statement of measures as a PDF, in one language. Pure but for reading its template."""

from pathlib import Path
from typing import Any

from bailee.clauses.security_measures.events import State
from bailee.clauses.security_measures.evidence import Statement
from bailee.clauses.security_measures.saying import in_words, said, state_in_words
from bailee.infra.pdf import typeset
from bailee.infra.web.words import day, moment

TEMPLATE = Path(__file__).with_name("templates") / "statement.typ"
STATES: tuple[State, ...] = ("proven", "attested", "unknown", "broken", "idle")
LABELS = (
    "Statement of measures", "Security of processing, Art. 32 of the GDPR", "Issued", "SHA-256 of what it says",
    "What was found", "Open incidents", "does not hold since", "No incident is open.", "Last review",
    "Nobody has reviewed the measures yet.",
)  # fmt: skip


def paper(one: Statement, language: str, *, processor: str) -> bytes:
    """PDF/A-2b."""
    names = {row.line.measure: row.line.said(language).name for row in one.rows}
    counts = one.counts()
    data: dict[str, Any] = {
        "language": language, "colon": " : " if language == "fr" else ": ", "processor": processor, "at": moment(language, one.at), "issued": one.at.isoformat()[:10],
        "digest": one.digest, "labels": {label: said(language, label) for label in LABELS},
        "counts": [[state, state_in_words(language, state), counts[state]] for state in STATES if counts[state]],
        "articles": [
            {
                "article": f"32(1)({letter})", "title": said(language, f"article-{letter}"),
                "rows": [
                    {
                        "name": names[row.line.measure], "does": row.line.said(language).does, "state": row.found.state,
                        "said": state_in_words(language, row.found.state), "found": in_words(language, row.found),
                        "since": said(language, "since {at}").format(at=day(language, row.standing.since_at)) if row.standing else "",
                    }
                    for row in one.rows if row.line.article == letter
                ],
            }
            for letter in "abcd"
        ],
        "incidents": [
            {"name": names.get(found.measure, found.measure), "since": moment(language, found.opened_at)}
            for found in one.incidents
        ],
        "review": f"{day(language, one.review.at)}, {one.review.digest[:32]}…" if one.review else "",
    }  # fmt: skip
    return typeset(TEMPLATE, data)

"""Where an obligation is kept: the page on which whoever owes it does what it asks. Pure."""

from bailee.obligations.promises import Obligation, Side

# By who owes it and what it is about: the first word of its subject.
WAYS: dict[tuple[Side, str], str] = {
    ("controller", "request"): "/requests/{id}",
    ("controller", "privacy-notice"): "/privacy-notice",
    ("controller", "retention"): "/retention/{id}",
    ("controller", "challenge"): "/instructions",
    ("controller", "contact"): "/contacts",
    ("controller", "breach"): "/breach-notices/{id}",
    ("processor", "breach"): "/breaches/at/{controller}/{id}",
    ("controller", "proposal"): "/sub-processors/{id}",
    ("processor", "proposal"): "/chain/{id}",
    ("processor", "message"): "/messages/{id}",
    ("processor", "request"): "/messages/forwarded",
    ("processor", "notice"): "/notices/{controller}/{id}",
    ("processor", "order"): "/controllers/{controller}/orders/{id}",
    ("processor", "reply"): "/notices",
    ("processor", "staff"): "/staff/{id}",
    ("processor", "impact-assessment"): "/controllers/{controller}/impact-assessments/{id}",
    ("processor", "impact-measure"): "/controllers/{controller}/impact-assessments/{id}",
    ("processor", "register"): "/register/{controller}",
    ("processor", "measure"): "/measures/{id}",
    ("processor", "measures"): "/measures",
    ("controller", "audit"): "/audits/{id}",
    ("processor", "audit-answer"): "/controllers/{controller}/audits/{id}",
    ("processor", "audit-report"): "/controllers/{controller}/audits/{id}",
    ("processor", "audit-action"): "/controllers/{controller}/audits/{id}",
}


def way(one: Obligation) -> str:
    """The path of that page; empty where evidence is attached to the obligation itself, or time alone ends it."""
    about, _, rest = one.promise.subject.partition("/")
    path = WAYS.get((one.promise.owed_by, about), "")
    return path.format(id=rest.partition("/")[0], controller=one.controller)

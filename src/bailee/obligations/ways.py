"""Where an obligation is kept: the page on which whoever owes it does what it asks. Pure."""

from bailee.obligations.promises import Obligation, Side

# By who owes it and what it is about: the first word of its subject.
WAYS: dict[tuple[Side, str], str] = {
    ("controller", "request"): "/requests/{id}",
    ("controller", "privacy-notice"): "/privacy-notice",
    ("controller", "retention"): "/retention/{id}",
    ("controller", "challenge"): "/instructions",
    ("controller", "contact"): "/contacts",
    ("processor", "message"): "/messages/{id}",
    ("processor", "request"): "/messages/forwarded",
    ("processor", "notice"): "/notices/{controller}/{id}",
    ("processor", "order"): "/controllers/{controller}/orders/{id}",
    ("processor", "reply"): "/notices",
}


def way(one: Obligation) -> str:
    """The path of that page; empty where evidence is attached to the obligation itself, or time alone ends it."""
    about, _, rest = one.promise.subject.partition("/")
    path = WAYS.get((one.promise.owed_by, about), "")
    return path.format(id=rest.partition("/")[0], controller=one.controller)

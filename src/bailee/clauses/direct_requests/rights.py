"""The rights a message may be about, by their articles, and their terms in DPV. Pure."""

from typing import Literal

GDPR = "https://w3id.org/dpv/legal/eu/gdpr#"
COMPLAINT = "A77"
# Article, and the type of OpenDSR 2.0 that is nearest, where it has one.
REQUESTS: dict[str, str | None] = {
    "A15": "access", "A16": None, "A17": "erasure", "A18": None, "A20": "portability", "A21": None, "A22": None,
}  # fmt: skip
KINDS = (*REQUESTS, COMPLAINT)
# The guide of each right, as the documentation calls it.
GUIDES = {
    "A15": "access", "A16": "rectification", "A17": "erasure", "A18": "restriction", "A20": "portability",
    "A21": "objection", "A22": "automated-decision",
}  # fmt: skip
Verdict = Literal["request", "complaint", "both", "unclear"]


def iri(kind: str) -> str:
    """The right's term, such as `https://w3id.org/dpv/legal/eu/gdpr#A17`."""
    return GDPR + kind


def verdict(kinds: tuple[str, ...]) -> Verdict:
    """What a message is, by the rights it is about. What the rules cannot tell is passed on like a request."""
    asks, complains = any(one in REQUESTS for one in kinds), COMPLAINT in kinds
    if asks and complains:
        return "both"
    return "complaint" if complains else "request" if asks else "unclear"

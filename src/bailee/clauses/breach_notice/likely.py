"""Likely consequences, suggested by what was reached and how it was breached. Pure: a human reads it, and decides.

Nothing of it is told before somebody has taken it over in words of their own.
"""

from collections.abc import Collection, Sequence

from bailee.clauses.breach_notice.events import Nature, Scope

IDENTITY = frozenset({"name", "birth-date", "account-identifier"})
REACH = frozenset({"email", "phone", "postal-address"})
WHEREABOUTS = frozenset({"ip-address", "activity-log", "database-index"})


def suggested(natures: Collection[Nature], categories: Collection[str], scope: Scope | None) -> Sequence[str]:
    """Codes of what is likely to follow, the most likely first."""
    found, held = [], frozenset(categories)
    if "confidentiality" in natures:
        if scope is not None and scope.kind == "store":
            found.append("sealed" if scope.store != "key-store" else "keys-wrapped")
        if held & REACH:
            found.append("phishing")
        if held & IDENTITY and held & REACH:
            found.append("identity")
        if held & WHEREABOUTS:
            found.append("habits")
        if "profile-photo" in held:
            found.append("likeness")
        if any(one.startswith("custom-") for one in held):
            found.append("custom")
    if "integrity" in natures:
        found.append("wrong-data")
    if "availability" in natures:
        found.append("no-access")
    return found

"""What is portable: what the person provided, and is held on consent or contract (Art. 20(1)). Pure.

A field is provided by the person unless the controller's choice says that its category is not (what was inferred or
made, like a search index). A record is portable when one of the purposes it is held for rests on consent or contract.
Work done by machines on what was provided is no part of it; what the person's own use left behind is.
"""

from collections.abc import Mapping
from typing import Any

from bailee.clauses.data_subject_requests.choices import Choices
from bailee.vault.holding import PolicyClass
from bailee.vault.record_types import RecordType

GROUNDS = frozenset({"consent", "contract"})
INFERRED = frozenset({"inferred", "derived"})


def grounds(policy: PolicyClass | None, choices: Choices) -> frozenset[str]:
    """The grounds that the purposes of a record rest on, as the controller says them."""
    return frozenset(choices.grounds.get(purpose, "unsaid") for purpose in (policy.purposes if policy else ()))


def portable(
    policy: PolicyClass | None, record_type: RecordType | None, data: Mapping[str, Any], choices: Choices
) -> dict[str, Any]:
    """The fields of a record that go along; none where the record is not portable."""
    if policy is None or record_type is None or policy.source in INFERRED or not grounds(policy, choices) & GROUNDS:
        return {}
    return {
        name: value
        for name, value in data.items()
        if name in record_type.fields and record_type.fields[name].category not in choices.not_provided
    }

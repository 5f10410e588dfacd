"""Confirming: whether a candidate really holds the words that were sought. The answer is yes or no, never a value.

Buckets of name tokens hold mostly other names. A candidate is opened here only to be compared, on the durable entry of
the search itself, and goes no further: what is released is released by `opening`, on an entry that names the confirmed
alone.
"""

from collections.abc import Collection

import msgspec

from bailee.contract.ruling import Permit
from bailee.infra.keys.key import Key
from bailee.ledger.appending import Recorded
from bailee.vault.record_types import RecordType
from bailee.vault.sealing import Sealed, unseal
from bailee.vault.searching import held
from bailee.vault.tokens import words_of


def holds(
    scope: Recorded[Permit], key: Key, record_type: RecordType, sealed: Sealed, *, field: str, words: Collection[str]
) -> bool:
    """Whether the whole name of a record has all these words (in normal form). The search must cover the name."""
    parts = record_type.whole_name_fields[field]
    if not record_type.categories(dict.fromkeys(parts)) <= scope.fact.categories:
        raise PermissionError(field)
    whole = held(record_type, field, record_type.upgraded(msgspec.json.decode(unseal(key, sealed))))
    return whole is not None and set(words) <= set(words_of(whole))

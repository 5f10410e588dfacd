"""Name tokens: the words of a name, found one by one, without their frequency showing (services.storage).

A word kept under one tag of its own would give itself away: the commonest tag is the commonest name. So each word is
kept under one of 64 variants, and each variant falls into one of 4,096 buckets, where some hundreds of other words'
variants lie too. What the index shows of a bucket is the sum of all of them. A search asks for the 64 buckets of its
word; most of what it finds there is something else, and is dropped after opening (`confirming.py`).

The variant is drawn by a keyed function of the whole name, not anew for each record: the index of whole names shows
which records have the same one, and were their variants drawn apart, it would gather all variants of a word together
again. Nor do two backups show two variants of one name. Figures: docs/decisions/0009-name-tokens.md.
"""

import hmac
from collections.abc import Sequence

VARIANTS = 64
BITS = 12
BUCKETS = 1 << BITS
WORDS = 16  # of one name; what a name has beyond is not found by word


def words_of(whole: str) -> tuple[str, ...]:
    """The distinct words of a whole name in its normal form (`searching.normal_whole_name`), 16 at most."""
    return tuple(dict.fromkeys(whole.split()))[:WORDS]


def tokens(secret: bytes, type_name: str, whole: str) -> set[bytes]:
    """The tags of a whole name's words, two bytes each; two words may share one."""
    return {
        bucket(secret, type_name, word, variant(secret, type_name, word, whole)) for word in words_of(whole)
    }  # fmt: skip


def sought(secret: bytes, type_name: str, word: str) -> tuple[bytes, ...]:
    """Every tag under which a word may be kept, in order: 64 or a few less, where variants share a bucket."""
    return tuple(sorted({bucket(secret, type_name, word, number) for number in range(VARIANTS)}))


def variant(secret: bytes, type_name: str, word: str, whole: str) -> int:
    """Which of the 64 variants of a word a whole name takes."""
    return _drawn(secret, (b"variant", type_name.encode(), word.encode(), whole.encode())) % VARIANTS


def bucket(secret: bytes, type_name: str, word: str, number: int) -> bytes:
    """The bucket of one variant of a word: two bytes, which no tag of an exact index (16 bytes) can equal."""
    place = _drawn(secret, (b"bucket", type_name.encode(), word.encode(), bytes((number,)))) % BUCKETS
    return place.to_bytes(2, "big")


def every_bucket() -> tuple[bytes, ...]:
    """All tags that tokens may have: what is deleted when a controller does without."""
    return tuple(place.to_bytes(2, "big") for place in range(BUCKETS))


def _drawn(secret: bytes, parts: Sequence[bytes]) -> int:
    """A keyed draw. It begins with NUL, as no type's name does: none of these is a tag of the exact index."""
    return int.from_bytes(hmac.digest(secret, b"\x00name-token/1\x00" + b"\x00".join(parts), "sha256")[:8], "big")

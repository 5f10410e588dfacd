"""Sealing of records and of batches: bound to every part of an address, packed so that it comes back as it was."""

import hashlib
import hmac
import secrets
from uuid import UUID, uuid4

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from bailee.infra.keys.key import Key
from bailee.ledger import sealing as batches
from bailee.proof.merkle import leaf_hash
from bailee.vault.sealing import Altered, Sealed, bound, seal, unseal
from bailee.vocabulary.ids import Address


def key(key_id: UUID | None = None, *, closed: bool = False) -> Key:
    secret = secrets.token_bytes(32)
    return Key(key_id or uuid4(), secret, AESGCM(secret), closed)


def address(**other: object) -> Address:
    parts = {"controller": UUID(int=1), "person": UUID(int=2), "type": "profile", "record": UUID(int=3)} | other
    return Address(**parts)


def test_a_record_opens_at_its_own_address_and_version_under_its_own_key():
    mine = key()
    box = seal(mine, address(), 7, b"plain")
    assert unseal(mine, Sealed(address(), 7, mine.key_id, box)) == b"plain"
    assert box != seal(mine, address(), 7, b"plain"), "a nonce is never used twice"
    assert len(box) == 12 + len(b"plain") + 16
    assert mine.cipher.decrypt(box[:12], box[12:], bound(address(), 7, mine.key_id)) == b"plain"


@pytest.mark.parametrize(
    ("at", "version", "key_id"),
    [
        (address(controller=UUID(int=9)), 7, None),
        (address(person=UUID(int=9)), 7, None),
        (address(record=UUID(int=9)), 7, None),
        (address(type="note"), 7, None),
        (address(), 8, None),
        (address(), 7, UUID(int=9)),
    ],
)
def test_moved_renamed_or_aged_it_does_not_open(at, version, key_id):
    mine = key()
    box = seal(mine, address(), 7, b"plain")
    with pytest.raises(Altered):
        unseal(mine, Sealed(at, version, key_id or mine.key_id, box))


def test_changed_anywhere_or_under_another_key_it_does_not_open_and_a_closed_key_seals_nothing():
    mine = key()
    box = seal(mine, address(), 7, b"plain")
    for place in range(len(box)):
        changed = bytearray(box)
        changed[place] ^= 1
        with pytest.raises(Altered):
            unseal(mine, Sealed(address(), 7, mine.key_id, bytes(changed)))
    with pytest.raises(Altered):
        unseal(key(mine.key_id), Sealed(address(), 7, mine.key_id, box))
    with pytest.raises(Altered, match=f"record {address().record} does not open") as refused:
        seal(key(closed=True), address(), 1, b"plain")
    assert refused.value.address == address()


def test_what_binds_a_record_is_written_down():
    assert bound(address(), 7, UUID(int=4)) == (
        b"bailee/record/1" + bytes(15) + b"\1" + bytes(15) + b"\2" + bytes(15) + b"\3" + bytes(15) + b"\4"
        + bytes(7) + b"\7" + b"profile"
    )  # fmt: skip


@given(
    st.lists(st.tuples(st.sampled_from([b"", b"head", b"x" * 300]), st.binary(max_size=600)), min_size=1, max_size=40)
)
def test_a_batch_opens_as_it_was_and_commits_to_each_body_under_a_salt_of_its_own(bodies):
    mine, controller = key(), UUID(int=1)
    batch = batches.seal(mine, "body/2026-11", controller, bodies, b"tags")
    entries = batches.open_batch(mine, batch.batch_id, controller, batch.sealed)
    assert [entry.body for entry in entries] == [head + tail for head, tail in bodies]
    assert batch.entries == len(bodies)
    assert (batch.body_key, batch.person_tags, batch.name) == ("body/2026-11", b"tags", str(batch.batch_id))
    for n, entry in enumerate(entries):
        assert batch.commitment(n) == hmac.digest(entry.salt, entry.body, "sha256")
        assert batches.hash_of_commitment(batch.commitment(n)) == leaf_hash(b"\x01" + batch.commitment(n))
    assert len({entry.salt for entry in entries}) == len(entries)
    assert all(len(entry.salt) == 32 for entry in entries)


def test_a_batch_of_another_controller_or_name_or_changed_does_not_open():
    mine, controller = key(), UUID(int=1)
    batch = batches.seal(mine, "body/2026-11", controller, [(b"head", b"tail")])
    for wrong in (
        (mine, batch.batch_id, UUID(int=2), batch.sealed),
        (mine, uuid4(), controller, batch.sealed),
        (key(), batch.batch_id, controller, batch.sealed),
        (mine, batch.batch_id, controller, batch.sealed[:-1] + bytes([batch.sealed[-1] ^ 1])),
    ):
        with pytest.raises(batches.Unreadable, match=str(wrong[1])):
            batches.open_batch(*wrong)


def test_what_binds_a_batch_and_how_it_lies_in_its_blob_are_written_down():
    mine, controller = key(), UUID(int=1)
    batch = batches.seal(mine, "body/2026-11", controller, [(b"head", b"tail"), (b"", b"x"), (b"head", b"")])
    said = b"bailee/batch/1" + controller.bytes + batch.batch_id.bytes
    plain = mine.cipher.decrypt(batch.sealed[:12], batch.sealed[12:], said)
    heads = b"\0\0\0\2" + b"\0\0\0\4head" + b"\0\0\0\0"
    assert plain[32:] == heads + b"\0\0\0\0\0\4tail" + b"\0\1\0\0\0\1x" + b"\0\0\0\0\0\0"
    salts = hashlib.shake_256(plain[:32]).digest(3 * 32)
    assert batch.commitment(2) == hmac.digest(salts[64:], b"head", "sha256")
    assert batch.person_tags == b""


def test_what_was_sealed_or_opened_is_never_changed_afterwards():
    batch = batches.in_clear(b"{}")
    for what in (Sealed(address(), 7, UUID(int=4), b""), batch, *batches.read_clear(batch.sealed)):
        for field in type(what).__struct_fields__:
            with pytest.raises(AttributeError):
                setattr(what, field, getattr(what, field))


def test_what_is_alike_is_stored_once():
    mine, head = key(), b"h" * 500
    many = batches.seal(mine, "body/2026-11", UUID(int=1), [(head, b"t")] * 50)
    assert len(many.sealed) < 500 + 50 * 10 + 100


def test_a_batch_in_clear_needs_no_key_and_commits_all_the_same():
    batch = batches.in_clear(b'{"kind":"log-closed"}')
    [entry] = batches.read_clear(batch.sealed)
    assert entry.body == b'{"kind":"log-closed"}'
    assert batch.commitment(0) == hmac.digest(entry.salt, entry.body, "sha256")
    assert (batch.body_key, batch.person_tags, batch.entries) == ("clear", b"", 1)
    assert batch.name == str(batch.batch_id)


def test_a_persons_tag_is_one_block_keyed_and_sorted():
    secret, people = secrets.token_bytes(32), [secrets.token_bytes(16) for _ in range(5)]
    tags = batches.person_tags(secret, people)
    assert len(tags) == 5 * batches.TAG == 5 * 16
    each = b"".join(batches.person_tags(secret, [one]) for one in sorted(people))
    assert tags == each
    assert batches.person_tags(secrets.token_bytes(32), people) != tags


def test_a_month_has_one_key():
    from datetime import UTC, datetime

    assert batches.month_key(datetime(2026, 3, 9, tzinfo=UTC)) == "body/2026-03"
    assert batches.month_key(datetime(2026, 11, 30, tzinfo=UTC)) == "body/2026-11"

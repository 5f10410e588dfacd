"""What the processes really write is what `bailee paths` lists; old backups and today's keys open nothing erased."""

import os
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from tests.fault.test_kill import Up, Writer

from bailee.infra.keys.store import associated
from bailee.infra.root_keys import RootKeyGone
from bailee.vault.sealing import bound
from bailee.vocabulary.ids import Address

PEOPLE = 200 if os.environ.get("LONG") != "1" else 10_000


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    made = Up(tmp_path_factory.mktemp("sinks"))
    yield made
    made.close()


def written_by(pid: int) -> set[str]:
    """The regular files that a process holds open for writing."""
    found = set()
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        try:
            target = os.readlink(entry)
            flags = int(Path(f"/proc/{pid}/fdinfo/{entry.name}").read_text().split("flags:")[1].split()[0], 8)
        except OSError:
            continue
        if flags & (os.O_WRONLY | os.O_RDWR) and target.startswith("/") and not target.startswith(("/dev/", "/proc/")):
            found.add(target.removesuffix(" (deleted)"))
    return found


def test_every_file_that_the_processes_write_is_in_a_listed_place(up: Up):
    _, client = up.controller()
    writer = Writer(client)
    writer.start()
    listed = [sink["path"] for sink in up.bailee("paths") if sink["path"].startswith("/")]
    seen: set[str] = set()
    for _ in range(40):
        for pid in [p for word in ("granian", "--work", "postgres", "bailee") for p in up.children(word)]:
            try:
                seen |= written_by(pid)
            except OSError:
                continue
    person = writer.acknowledged[0]["person"]
    assert client("DELETE", f"/api/v1/persons/{person}").status in (200, 202)
    writer.stopping.set()
    writer.join()
    seen |= {str(file) for file in up.folder.rglob("*") if file.is_file()}
    seen -= {str(up.folder / "up.log")}  # this test's own
    assert len(seen) > 20
    assert [file for file in sorted(seen) if not any(file == p or file.startswith(f"{p}/") for p in listed)] == []


async def test_with_every_old_backup_and_todays_keys_the_erased_stay_closed_and_the_others_open(hold, rooms, premises):
    holder = await hold()
    client = await holder.client()
    held = [await client.person({"given_name": f"Person {n}", "language": "fr"}) for n in range(PEOPLE)]
    data, keys = [await asyncpg.connect(cluster.address()) for cluster in premises.clusters]
    try:
        records = "SELECT * FROM bailee.record r JOIN bailee.person p USING (controller_id, person_id) WHERE controller_id = $1"
        wrapped = "SELECT * FROM bailee.person_key WHERE controller_id = $1"
        backups = [(await data.fetch(records, holder.id), await keys.fetch(wrapped, holder.id))]
        await rooms.turn(holder.id, by="tests")
        backups.append((await data.fetch(records, holder.id), await keys.fetch(wrapped, holder.id)))
        erased = {UUID(person) for person, _ in held[: PEOPLE // 8]}
        for start in range(0, len(erased), 8):
            chunk = list(erased)[start : start + 8]
            for person in chunk:
                async with rooms.committing.transaction(holder.id) as change:
                    row = await change.connection.fetchrow(
                        "SELECT key_id FROM bailee.person WHERE controller_id = $1 AND person_id = $2 FOR UPDATE", holder.id, person
                    )  # fmt: skip
                    await rooms.erasing.mark(change, person, row["key_id"])
                await rooms.erasing.proceed(holder.id, person)
        await rooms.turn(holder.id, by="tests")
        backups.append((await data.fetch(records, holder.id), await keys.fetch(wrapped, holder.id)))
    finally:
        await data.close()
        await keys.close()
    opened = {person for _, keys_then in backups for person in await _unwrapped(rooms, holder.id, keys_then)}
    assert not opened & erased, "an erased person's key opened"
    todays = await _unwrapped(rooms, holder.id, backups[-1][1])
    assert set(todays) == {UUID(person) for person, _ in held} - erased
    restored = {
        row["person_id"] for row in backups[0][0] if row["person_id"] in todays and _opens(holder.id, row, todays)
    }
    assert restored == set(todays), "everyone else comes back from the oldest backup"


async def _unwrapped(rooms, controller, rows) -> dict[UUID, bytes]:
    """Every wrapped key that any root key alive today opens."""
    found = {}
    for name in await rooms.root.names(""):
        for row in rows:
            aad = associated(controller, row["person_id"].bytes, row["key_id"], row["epoch"])
            try:
                [found[row["person_id"]]] = await rooms.root.unwrap(name, [row["wrapped"]], [aad])
            except (InvalidTag, RootKeyGone):
                continue
    return found


def _opens(controller, row, keys) -> bool:
    address = Address(controller, row["person_id"], row["type"], row["record_id"])
    aad = bound(address, row["version"], row["key_id"])
    cipher = AESGCM(keys[row["person_id"]])
    try:
        return b"Person" in cipher.decrypt(row["sealed"][:12], row["sealed"][12:], aad)
    except InvalidTag:
        return False

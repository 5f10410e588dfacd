"""Where backups are shown: the processor's page, the controller's line, health, metrics, status, places, certificates."""

import json
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from tests.household import ADMIN, Household, commanded

from bailee.clauses.return_and_destruction.stores import COPIES, Backup, of_backups
from bailee.infra.paths import paths
from bailee.processing.backup.book import Book
from bailee.processing.backup.events import Check, Copy, Found


async def seen(browser, path):
    return (await browser.get(path)).raw.decode()


@pytest.fixture
async def known(rooms):
    """The book of backups, with what a test writes into it gone again at the end."""
    book, now = Book(rooms.control), rooms.clock.now()
    await book.gone([one.name for one in await book.there()], now)
    yield book
    await book.gone([one.name for one in await book.there()], now)


def copy(rooms, name, *, ago=timedelta(hours=2), kind="full", **more):
    taken = rooms.clock.now() - ago
    made = Copy(
        name=f"{name}-{taken.timestamp()}", kind=kind, stores=("data", "keys", "files"), taken_at=taken, ended_at=taken,
        expires_at=taken + timedelta(days=30), size=48_200_000, parts=4,
    )  # fmt: skip
    return msgspec.structs.replace(made, **more)


def drill(rooms, of, *, good=True, ago=timedelta(hours=1)):
    at = rooms.clock.now() - ago
    found = Found(logs=3, entries=90, persons=12, opened=7, sampled=7, lost=2, trouble=() if good else ("ledger",))
    return Check(
        id=f"{of.name}-{good}", kind="drill", copy=of.name, began_at=at, ended_at=at, good=good, found=found, by="tests"
    )  # fmt: skip


async def test_the_processor_sees_how_old_the_last_good_ones_are_and_the_controller_that_there_are_some(
    rooms, hold, known
):
    staff = Household(rooms, rooms.platform)
    browser = await staff.signed_in(await staff.staff("processor-administrator"))
    page = await seen(browser, "/backups")
    assert "No backup is made: BAILEE_BACKUPS names no folder yet." in page
    assert "There is no backup yet" in page
    house = Household(rooms, (await hold()).id)
    theirs = await house.signed_in(await house.staff(ADMIN))
    assert "none has been made yet" in await seen(theirs, "/")
    assert (await theirs.get("/backups")).status == 403

    one = copy(rooms, "20261126T030000Z-full")
    await known.keep(one)
    assert "none has been proven by restoring it yet" in await seen(theirs, "/")
    await known.keep(copy(rooms, "said", kind="attested", stores=("blobs",), size=0, ago=timedelta(days=2)))
    await known.check(drill(rooms, one, good=False))
    await known.check(drill(rooms, one))
    page = await seen(browser, "/backups")
    assert one.name in page
    assert page.count("in time") == 2
    assert "a ledger is another one" in page
    assert "2 entries were written since" in page
    assert "one was last restored and proven on" in await seen(theirs, "/")
    browser.cookies["language"] = "fr"
    page = await seen(browser, "/backups")
    assert "La dernière sauvegarde valable" in page
    assert "2 entrées écrites depuis" in page

    await known.gone([one.name], rooms.clock.now())
    await known.keep(copy(rooms, "old", ago=timedelta(hours=37)))
    page = await seen(browser, "/backups")
    assert "en retard" in page
    assert "partie depuis" in page


async def test_health_metrics_and_status_say_how_old_the_last_good_ones_are(rooms, hold, premises, known):
    client = await (await hold()).client()
    from bailee.serving import Doors

    client.app = Doors(rooms).api
    assert (await client("GET", "/health/ready")).body["backup"]["last_good"] is None
    house = Household(rooms, rooms.platform)
    said = await commanded(house, premises, "status")
    assert "no backup was made yet, and none will be before BAILEE_BACKUPS is set" in said.output
    one = copy(rooms, "new")
    await known.keep(one)
    body = (await client("GET", "/health/ready")).body["backup"]
    assert body["last_good"] == f"{one.taken_at:%Y-%m-%dT%H:%M:%SZ}"
    metrics = (await client("GET", "/metrics")).raw.decode()
    [age] = [line for line in metrics.splitlines() if line.startswith("bailee_backup_age_seconds ")]
    assert 7200 <= float(age.split()[1]) < 9000
    assert "bailee_drill_age_seconds" in metrics
    said = await commanded(house, premises, "status", "--json")
    assert json.loads(said.output)["backup"]["late"] is False
    await known.gone([one.name], rooms.clock.now())
    await known.keep(copy(rooms, "late", ago=timedelta(hours=37), kind="attested", by="operator"))
    said = await commanded(house, premises, "status")
    assert said.exit_code == 1
    assert "attested by operator" in said.output


async def test_a_command_says_what_cannot_be_done(rooms, premises):
    house = Household(rooms, rooms.platform)
    said = await commanded(house, premises, "backup")
    assert (said.exit_code, "set BAILEE_BACKUPS" in said.output) == (2, True)
    said = await commanded(house, premises, "backup", "--attest", "data server")
    assert (said.exit_code, "data server is not external here" in said.output) == (2, True)


def test_places_of_backups_are_listed_and_judged_in_a_certificate(settings, tmp_path):
    named = {one.name: one for one in paths(msgspec.structs.replace(settings, backups=str(tmp_path)))}
    assert named["backups"].path == str(tmp_path)
    assert {"drill", "set aside", "restoring"} <= set(named)
    assert "backups" not in {one.name for one in paths(settings)}
    assert COPIES[0] == "proven"
    one = Backup("one", datetime(2026, 12, 2, tzinfo=UTC))
    two = Backup("two", datetime(2026, 12, 26, tzinfo=UTC))
    assert of_backups([]).startswith("no backup of this platform's own stands")
    assert of_backups([one]).startswith("1 backup stands, of which the last expires on 2026-12-02")
    assert of_backups([one, two]).startswith("2 backups stand, of which the last expires on 2026-12-26")

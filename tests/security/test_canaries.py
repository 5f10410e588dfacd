"""Planted values are looked for in every place that `bailee paths` lists, with controls that must be found."""

import base64
import os
import secrets
from pathlib import Path

from tests.household import ADMIN, Household

from bailee.cli.demo import parties
from bailee.infra.paths import paths


def forms(value: str) -> list[bytes]:
    """The value in several encodings, and its eight-byte windows."""
    raw = value.encode()
    whole = [raw, raw.hex().encode(), value.encode("utf-16-le"), base64.b64encode(raw)[:-4]]
    return whole + [raw[at : at + 8] for at in range(0, len(raw) - 7, 4)]


def places(settings, premises) -> list[Path]:
    listed = [Path(sink.path) for sink in paths(settings) if sink.path.startswith("/")]
    return [file for place in listed for file in ([place] if place.is_file() else place.rglob("*")) if file.is_file()]


def found(files: list[Path], values: list[str]) -> set[str]:
    hits = set()
    for file in files:
        try:
            content = file.read_bytes()
        except FileNotFoundError:  # a server's temporary file: it was there a moment ago
            continue
        for value in values:
            if any(form in content for form in forms(value)):
                hits.add(value)
    return hits


def own(profile: dict) -> dict:
    """The profile under an address of which every window is its own: other tests write to alpages.example too."""
    mark = secrets.token_hex(12)
    return profile | {"email": f"{mark}@{mark[::-1]}.eu"}


async def test_no_planted_value_stands_in_any_place_while_held_after_erasure_or_after_destruction(
    hold, profile, rooms, settings, premises
):
    profile = own(profile)
    holder = await hold()
    client = await holder.client()
    planted = [
        profile["email"],
        profile["family_name"],
        profile["phone"],
        profile["postal_address"]["street"],
        profile["user_name"],
    ]
    control = "control-" + os.urandom(9).hex()
    person, _ = await client.person(profile)
    await client("POST", "/api/v1/search", {"type": "profile", "field": "email", "value": profile["email"]})
    async with rooms.data.transaction(holder.id) as tx:
        await tx.execute(
            "INSERT INTO bailee.standing (controller_id, actor, fact, until, written_at) VALUES ($1, $2, 'control', now(), now())",
            holder.id, control,
        )  # fmt: skip
    import asyncpg

    for cluster in premises.clusters:
        owner = await asyncpg.connect(cluster.address())
        await owner.execute("CHECKPOINT")
        await owner.close()
    assert found(places(settings, premises), [*planted, control]) == {control}
    await client("DELETE", f"/api/v1/persons/{person}")
    assert found(places(settings, premises), [*planted, control]) == {control}
    document = parties.ended(holder.company, holder.agreement, rooms.clock.now())
    await rooms.ending.end(holder.id, document, by="tests")
    await rooms.ending.waive(holder.id, by="tests")
    await rooms.ending.destroy(holder.id, by="tests", confirmed=True)
    await rooms.ending.certify(holder.id, by="tests")
    assert found(places(settings, premises), [*planted, control]) == {control}


async def test_a_letter_that_the_sandbox_keeps_goes_with_its_reader_and_with_the_contract(
    hold, profile, rooms, settings, premises
):
    holder = await hold()
    house = Household(rooms, holder.id, holder)
    boss = await house.signed_in(await house.resident(profile | {"email": "boss@passerelle.example"}, ADMIN))
    client, read = await holder.client(), {}
    for name in ("erased", "stays"):
        read[name] = own(profile) | {"user_name": name, "external_id": name}
        read[name]["person"], _ = await client.person({k: v for k, v in read[name].items() if k != "person"})
        asked = await boss.post(f"/people/{read[name]['person']}/account/invite")
        assert asked.status in (200, 201), asked.raw
    written = [one["email"] for one in read.values()]
    assert found(places(settings, premises), written) == set(written), "the outbox is listed and looked into"
    await client("DELETE", f"/api/v1/persons/{read['erased']['person']}")
    assert found(places(settings, premises), written) == {read["stays"]["email"]}
    await rooms.ending.end(holder.id, parties.ended(holder.company, holder.agreement, rooms.clock.now()), by="tests")
    await rooms.ending.waive(holder.id, by="tests")
    await rooms.ending.destroy(holder.id, by="tests", confirmed=True)
    assert found(places(settings, premises), written) == set()


async def test_nothing_that_a_person_wrote_stands_in_any_place_before_and_after_it_was_passed_on(
    hold, profile, rooms, settings, premises
):
    import asyncpg

    from bailee.clauses.direct_requests.events import Received
    from bailee.promised import Promised

    profile, holder = own(profile), await hold()
    await (await holder.client()).person(profile)
    promised = Promised(rooms)
    planted = [profile["email"], secrets.token_hex(12), secrets.token_hex(12)]
    unknown = secrets.token_hex(12) + "@elsewhere.example"
    for sender in (profile["email"], unknown):
        mail = f"From: {sender}\nSubject: {planted[2]}\n\nDelete my data, {planted[1]}\n".encode()
        received = Received(channel="mail", received_at=rooms.clock.now(), mail_from=sender, mail=mail)
        await promised.incoming.take_in(received)
    values = [value.partition("@")[0] for value in (*planted, unknown)]

    async def look() -> set[str]:
        for cluster in premises.clusters:
            owner = await asyncpg.connect(cluster.address())
            await owner.execute("CHECKPOINT")
            await owner.close()
        return found(places(settings, premises), values)

    assert await look() == set()
    await promised.messages.due()
    await promised.notices.current(holder.id, "user", "en")
    assert await look() == set()

"""Instructions over HTTP: by the controller's own systems and by the operator."""

import base64
from datetime import UTC, datetime, timedelta

import pytest
from tests.integration.test_instructions import SUSPENDS, approved, order, signed, text
from tests.speaking import Client

from bailee.api.application import Application
from bailee.contract.compulsion import Ban
from bailee.contract.sentences import sentence
from bailee.promised import Promised
from bailee.serving import control_plane, data_plane
from bailee.vocabulary.parties import ActorKind
from bailee.vocabulary.purposes import Purpose


@pytest.fixture
def promised(rooms):
    return Promised(rooms)


@pytest.fixture
def app(rooms):
    return Application(data_plane(rooms), control_plane(rooms))


async def party(app, holder) -> Client:
    made = await holder.client("contract-administration", kind=ActorKind.controller_staff, actor="staff:legal")
    return Client(app, made.token, made.credential)


async def operator(app, rooms) -> Client:
    issued = await rooms.credentials.issue(
        rooms.platform, by="tests", actor="staff:ops", kind=ActorKind.processor_staff,
        purposes=("contract-administration",), expires_at=rooms.clock.now() + timedelta(days=1),
    )  # fmt: skip
    return Client(app, issued.text, issued.credential)


def as_data(made) -> dict:
    import msgspec

    return msgspec.to_builtins(made)


async def test_an_instruction_is_read_critically_drafted_and_dropped(app, rooms, hold):
    holder = await hold()
    mine, base = await party(app, holder), f"/api/v1/controllers/{holder.id}"
    made = text(rooms, purposes=(Purpose.profiling,))
    looked = await mine("POST", f"{base}/instructions/look", {"text": as_data(made)})
    assert looked.status == 200, looked.raw
    assert looked.body["en"] == sentence(made, "en")
    assert {one["code"] for one in looked.body["findings"]} >= {"profiling-without-ground", "open-ended"}
    assert not looked.body["blocked"]
    spoken = await mine("POST", f"{base}/instructions/look", {"sentence": sentence(made, "fr"), "language": "fr"})
    assert spoken.body["digest"] == looked.body["digest"]
    draft = await mine("POST", f"{base}/instructions/drafts", {"sentence": sentence(made, "en")})
    assert draft.status == 201, draft.raw
    listed = await mine("GET", f"{base}/instructions/drafts")
    assert [one["id"] for one in listed.body] == [draft.body["id"]]
    path = f"{base}/instructions/drafts/{draft.body['id']}"
    assert (await mine("DELETE", path)).status == 204
    assert (await mine("DELETE", path)).status == 404


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({}, 422), ({"text": {}}, 422), ({"sentence": "Do as I say"}, 422), ({"original": "%"}, 422),
        ({"original": base64.b64encode(b" ").decode()}, 422), ({"original": base64.b64encode(b"x" * 500_001).decode()}, 413),
        ({"original": base64.b64encode(b"please").decode(), "original_name": "mail.eml"}, 201), ({"more": 1}, 400),
    ],
)  # fmt: skip
async def test_what_is_no_instruction_is_told_apart(app, hold, sent, status):
    holder = await hold()
    mine = await party(app, holder)
    answer = await mine("POST", f"/api/v1/controllers/{holder.id}/instructions/drafts", sent)
    assert answer.status == status, answer.raw
    if status == 201:
        assert answer.body["text"] is None
        assert answer.body["original"]


async def test_an_instant_needs_its_zone_and_nothing_to_read_is_said(app, rooms, hold):
    holder = await hold()
    mine, base = await party(app, holder), f"/api/v1/controllers/{holder.id}"
    made = as_data(text(rooms)) | {"in_force_from": "2026-12-01T00:00:00"}
    assert (await mine("POST", f"{base}/instructions/look", {"text": made})).status == 422
    assert (await mine("POST", f"{base}/rehearsals", {"proposal": made})).status == 422
    assert (await mine("POST", f"{base}/instructions/look", {})).status == 422
    bare = await rooms.filing.open_dossier("Bare SA", by="tests")
    ours = await operator(app, rooms)
    answer = await ours("POST", f"/api/v1/controllers/{bare}/instructions/look", {"text": as_data(text(rooms))})
    assert (answer.status, answer.body["clause"]) == (409, "instructions.documented")


async def test_only_the_operator_challenges_and_both_see_it(app, rooms, hold, promised):
    holder = await hold(**SUSPENDS)
    await signed(promised, holder)
    mine, ours, base = await party(app, holder), await operator(app, rooms), f"/api/v1/controllers/{holder.id}"
    asked = {"instruction": "year-end", "reason": "no ground"}
    assert (await mine("POST", f"{base}/challenges", asked)).status == 404
    made = await ours("POST", f"{base}/challenges", asked)
    assert (made.status, made.body["suspends"], made.body["state"]) == (201, True, "open")
    assert (await ours("POST", f"{base}/challenges", asked)).status == 409
    assert (await ours("POST", f"{base}/challenges", asked | {"instruction": "x"})).status == 404
    for client in (mine, ours):
        [seen] = (await client("GET", f"{base}/challenges")).body
        assert seen["reason"] == "no ground"
        [given] = (await client("GET", f"{base}/instructions")).body
        assert (given["id"], given["state"]) == ("year-end", "suspended")


async def test_an_order_that_may_not_be_told_is_listed_to_the_operator_alone(app, rooms, hold, promised):
    holder = await hold()
    ban = Ban(law="l", public_interest="p", until=rooms.clock.now() + timedelta(days=9))
    silent, told = order(rooms, ban=ban), order(rooms)
    for made in (silent, told):
        await approved(promised, holder, made)
    base = f"/api/v1/controllers/{holder.id}/orders"
    mine, ours = await party(app, holder), await operator(app, rooms)
    assert [one["id"] for one in (await mine("GET", base)).body] == [str(told.id)]
    assert {one["id"] for one in (await ours("GET", base)).body} == {str(silent.id), str(told.id)}


async def test_a_proposal_is_rehearsed_and_changes_nothing(app, rooms, hold, promised):
    holder = await hold()
    mine, base = await party(app, holder), f"/api/v1/controllers/{holder.id}/rehearsals"
    answer = await mine("POST", base, {"proposal": as_data(text(rooms)), "last_days": 7})
    assert answer.status == 200, answer.raw
    assert answer.body["complete"]
    assert await promised.instructing.on_file(holder.id) == []
    change = {"path": "no.where", "value": 1, "reason": "r"}
    broken = {"format": "bailee.dev/amendment/v1", "since": datetime.now(UTC).date().isoformat(), "changes": [change]}
    for proposal in (broken, {"format": "another"}, {"format": "bailee.dev/withdrawal/v1"}, {}):
        assert (await mine("POST", base, {"proposal": proposal})).status == 422, proposal

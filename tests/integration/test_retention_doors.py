"""The doors of retention: the controller's pages, what a person sees, the endpoints, the command."""

import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from tests.household import ADMIN, DPO, VIEWER, Household, commanded
from tests.integration.test_retention import PARIS, RULE, Keeper
from tests.speaking import Client

from bailee.api.application import Application
from bailee.infra.web.words import day as said
from bailee.serving import control_plane, data_plane
from bailee.vocabulary.ids import new_id

FORM = {
    "name": "Contracts", "type": "contract", "origin": "creation", "amount": "30", "unit": "days", "group": "",
    "purpose": "", "ground": "purpose", "reference": "",
}  # fmt: skip
SENT = {"name": "Contracts", "type": "contract", "origin": "creation", "period": "30 days"}
API = "/api/v1/retention"


@pytest.fixture
def clock(settings):
    """The file of the simulated clock, put back afterwards."""
    file = Path(settings.clock.removeprefix("file:"))
    yield file
    file.write_text("+0s")


@pytest.fixture
async def keeper(rooms, hold, profile, clock) -> Keeper:
    return await Keeper(rooms, await hold(), clock).start(profile)


async def speaking(keeper: Keeper, *purposes: str) -> Client:
    """A client of the control plane, for a system of the controller's."""
    given = purposes or ("contract-administration", "account-management")
    app = Application(data_plane(keeper.rooms), control_plane(keeper.rooms))
    return Client(app, (await keeper.holder.client(*given, expires=timedelta(days=90))).token)


def words(reply: Any) -> str:
    return re.sub(r"\s+", " ", reply.raw.decode())


async def test_a_rule_is_made_seen_confirmed_and_ended_on_its_pages(keeper):
    dpo = await keeper.house.signed_in(await keeper.house.staff(DPO))
    assert "There is no rule yet" in words(await dpo.get("/retention"))
    form = words(await dpo.get("/retention/new"))
    assert "10 years at most, as agreed" in form
    assert '<option value="contract">' in form
    assert '<option value="profile">' not in form
    await keeper.mark(keeper.bob, "held")
    made = await dpo.post("/retention/new", **FORM)
    place = made.headers["location"]
    assert (made.status, re.fullmatch(r"/retention/[0-9a-f-]{36}", place) is not None) == (303, True)
    draft = words(await dpo.get(place))
    for text in (
        "2 things would go",
        "Kept back today",
        "1 (a hold stands)",
        "first 7 days after you confirm",
        "contract, everyone: 30 days",
    ):
        assert text in draft, text
    preview = re.search(r'name="preview" value="([^"]+)"', draft)[1]
    assert "to be confirmed" in words(await dpo.get("/retention"))
    assert (await dpo.post(place, act="confirm", preview=preview)).status == 303
    confirmed = words(await dpo.get(place))
    assert "It is confirmed, and takes something only after its grace." in confirmed
    assert 'value="confirm"' not in confirmed
    begins = (await keeper.retention.showing.rules(keeper.id))[0].effective_at
    assert f"It takes something from {said('en', PARIS.day(begins))} on" in confirmed, "the day where days are counted"
    assert (await dpo.post(place, act="confirm", preview=preview)).status == 409
    keeper.at(keeper.on(30))
    await keeper.run()
    dpo = await keeper.house.signed_in(await keeper.house.staff(DPO))
    page = words(await dpo.get("/retention"))
    for text in ("in force", "What went", "Over, and still here", "a hold stands", "What goes when"):
        assert text in page, text
    french = words(await _in_french(dpo, "/retention"))
    for text in ("en vigueur", "Ce qui est parti", "Échu, et toujours là", "une mesure de conservation est en place"):
        assert text in french, text
    assert (await dpo.post(place, act="end")).headers["location"] == "/retention"
    assert "Règles terminées" in words(await dpo.get("/retention"))
    assert (await dpo.post(place, act="end")).status == 409
    assert (await dpo.post(place, act="nothing")).status == 404
    assert (await dpo.get(f"/retention/{new_id()}")).status == 404


async def _in_french(browser: Any, path: str) -> Any:
    browser.cookies["language"] = "fr"
    return await browser.get(path)


async def test_a_rule_that_may_not_be_comes_back_with_its_clause_and_what_to_do(keeper):
    dpo = await keeper.house.signed_in(await keeper.house.staff(DPO))
    for changes, clause, remedy in (
        ({"amount": "11", "unit": "years"}, "retention.controller-max", "no longer than what was agreed"),
        ({"origin": "contract-end"}, "retention.controller-max", "only a law keeps data"),
        ({"amount": "many"}, "retention.necessary", "whole days, months or years"),
        ({"type": "profile"}, "retention.necessary", "Name the whole person"),
    ):
        reply = await dpo.post("/retention/new", **(FORM | changes))
        assert reply.status == 422
        assert clause in words(reply)
        assert remedy in words(reply)
        assert 'value="Contracts"' in words(reply), "what was written is kept"
    assert await keeper.retention.showing.rules(keeper.id) == []


async def test_a_rule_is_changed_by_a_new_version(keeper):
    rule = await keeper.confirmed()
    dpo = await keeper.house.signed_in(await keeper.house.staff(DPO))
    form = words(await dpo.get(f"/retention/{rule.id}/change"))
    assert 'value="30"' in form
    wrong = await dpo.post(f"/retention/{rule.id}/change", **(FORM | {"amount": "99", "unit": "years"}))
    assert wrong.status == 422
    assert (await dpo.post(f"/retention/{rule.id}/change", **(FORM | {"amount": "1", "unit": "years"}))).status == 303
    page = words(await dpo.get(f"/retention/{rule.id}"))
    assert "contract, everyone: 1 year after being taken in" in page
    assert (await dpo.post(f"/retention/{rule.id}", act="recount")).status == 303
    assert "to be confirmed" in words(await dpo.get(f"/retention/{rule.id}"))


async def test_whoever_may_only_look_changes_nothing_and_the_processor_has_no_rules(keeper):
    rule = await keeper.confirmed()
    viewer = await keeper.house.signed_in(await keeper.house.staff(VIEWER))
    for path in ("/retention", f"/retention/{rule.id}"):
        assert (await viewer.get(path)).status == 403
    for path in ("/retention/new", f"/retention/{rule.id}", f"/retention/{rule.id}/change"):
        assert (await viewer.post(path, **FORM)).status == 403
    staff = Household(keeper.rooms, keeper.rooms.platform)
    someone = await staff.signed_in(await staff.staff("processor-administrator"))
    assert (await someone.get("/me/until")).headers["location"] == "/me"


async def test_a_person_and_the_staff_see_what_goes_when_and_by_which_rule(keeper, profile):
    link = await keeper.house.wings.accounts.invite(keeper.id, UUID(keeper.ada), profile["email"], [ADMIN], by="t")
    await keeper.house.accept(link)
    await keeper.add(keeper.ada, expires_at=keeper.on(10))
    await keeper.confirmed()
    await keeper.confirmed(name="All in ten years", type="person", period="10 years")
    ada = await keeper.house.signed_in(UUID(keeper.ada))
    assert '"/me/until"' in words(await ada.get("/me/held"))
    for path in ("/me/until", f"/people/{keeper.ada}/until"):
        page = words(await ada.get(path))
        for text in (
            "By an end of its own.",
            "By the rule Contracts.",
            "Later, and so not binding:",
            "All in ten years",
            "everything, with the person",
        ):
            assert text in page, (path, text)
        assert "taken whole by no rule" in page
        assert f"goes on {said('en', PARIS.day(keeper.on(10)))}" in page
    assert "Coopérative des Alpages lets go" in words(await ada.get("/me/until"))
    await keeper.mark(keeper.bob, "restricted")
    page = words(await ada.get(f"/people/{keeper.bob}/until"))
    assert "Processing is restricted" in page
    assert (await ada.get(f"/people/{new_id()}/until")).status == 404
    looks = [one for one in await keeper.entries("permit") if keeper.bob in one.get("persons", [])]
    assert "consult" in {one["operation"] for one in looks}


async def test_a_person_about_whom_no_rule_says_anything_is_told_so(keeper):
    dpo = await keeper.house.signed_in(await keeper.house.staff(DPO))
    assert "Nothing has a day yet" in words(await dpo.get(f"/people/{keeper.bob}/until"))
    mine = words(await dpo.get("/me/until"))
    assert "the log of sign-ins" in mine, "what has an end of its own has a day without a rule"
    assert "By an end of its own." in mine


async def test_the_same_over_http(keeper):
    client = await speaking(keeper)
    empty = await client("GET", API)
    assert (empty.status, empty.body["rules"], empty.body["looked_at"]) == (200, [], None)
    made = await client("POST", f"{API}/rules", SENT)
    assert made.status == 201, made.raw
    rule, preview = made.body["rule"], made.body["preview"]
    assert (rule["state"], rule["rule"]["group"], preview["total"], preview["ended_at"] is None) == (
        "draft",
        "",
        2,
        False,
    )
    assert {tuple(one["groups"]) for one in preview["taking"]} == {("user",), ("partner",)}
    path = f"{API}/rules/{rule['id']}"
    assert (await client("POST", f"{path}/confirm", {"preview": str(new_id())})).status == 409
    again = await client("POST", f"{path}/preview")
    assert again.body["preview"]["id"] != preview["id"]
    changed = await client("PUT", path, SENT | {"period": "20 days"})
    assert (changed.body["rule"]["version"], changed.body["preview"]["total"]) == (2, 2)
    done = await client("POST", f"{path}/confirm", {"preview": changed.body["preview"]["id"]})
    assert (done.status, done.body["state"]) == (200, "confirmed")
    assert (await client("GET", path)).body["preview"] is None
    about = await client("GET", f"{API}/persons/{keeper.ada}")
    assert [(one["by"], one["number"]) for one in about.body["ends"]] == [("Contracts", 1)]
    assert (about.body["person"], about.body["endless"], about.body["standing"]) == (None, 1, "free")
    await keeper.run()
    whole = await client("GET", API)
    assert sum(one["taking"]["number"] for one in whole.body["calendar"]) == 2
    keeper.at(keeper.on(20))
    await keeper.run()
    gone = (await client("GET", API)).body["gone"]
    assert [(one["rule"], one["type"], one["number"]) for one in gone] == [(rule["id"], "contract", 2)]
    ended = await client("POST", f"{path}/end")
    assert ended.body["state"] == "ended"
    refused = await client("POST", f"{path}/end")
    assert (refused.status, refused.body["type"].rpartition("/")[2]) == (409, "ended")


async def test_over_http_what_may_not_be_is_said_with_its_clause(keeper):
    client = await speaking(keeper)
    long = await client("POST", f"{API}/rules", SENT | {"period": "11 years"})
    assert (long.status, long.body["clause"]) == (422, "retention.controller-max")
    assert "no longer than what was agreed" in long.body["remedy"]
    whole = {"type": "person", "origin": "contract-end", "ground": "tax"}
    assert (await client("POST", f"{API}/rules", SENT | whole)).body["clause"] == "retention.controller-max"
    for method, path in (
        ("GET", f"{API}/rules/{new_id()}"),
        ("POST", f"{API}/rules/{new_id()}/end"),
        ("GET", f"{API}/persons/{new_id()}"),
    ):
        assert (await client(method, path)).status == 404
    one = await speaking(keeper, "contract-administration")
    assert (await one("GET", f"{API}/persons/{keeper.ada}")).status == 403
    async with keeper.rooms.data.transaction(keeper.id) as tx:
        sql = "UPDATE bailee.gate SET state = 'destroying', gate_version = gate_version + 1 WHERE controller_id = $1"
        await tx.execute(sql, keeper.id)
    assert (await client("POST", f"{API}/rules", SENT)).status == 409


async def test_what_the_agreement_lets_nobody_see_is_shown_to_nobody(rooms, hold, profile, clock):
    changes = {"services.own-acts.operations": ["store", "collect"], "services.rights.operations": ["erase"]}
    keeper = await Keeper(rooms, await hold(1, **changes), clock).start(profile)
    client = await speaking(keeper)
    assert (await client("GET", f"{API}/persons/{keeper.ada}")).status == 403
    dpo = await keeper.house.signed_in(await keeper.house.staff(DPO))
    assert (await dpo.get(f"/people/{keeper.ada}/until")).status == 403


async def test_the_command_lists_rules_and_what_is_over_and_still_there(keeper, premises):
    nothing = await commanded(keeper.house, premises, "retention", "--controller", str(keeper.id))
    assert (nothing.exit_code, "no controller has a rule" in " ".join(nothing.output.split())) == (0, True)
    await keeper.confirmed()
    await keeper.retention.propose(keeper.id, RULE, by="dpo")
    await keeper.run()
    listed = await commanded(keeper.house, premises, "retention", "--controller", str(keeper.id))
    assert (listed.exit_code, "draft" in listed.output) == (0, True), listed.output
    await keeper.mark(keeper.ada, "held")
    keeper.at(keeper.on(30))
    await keeper.run()
    late = await commanded(keeper.house, premises, "retention", "--controller", str(keeper.id))
    assert (late.exit_code, "1 are over and still there (held)" in " ".join(late.output.split())) == (1, True), (
        late.output
    )
    here = ("retention", "--controller", str(keeper.id))
    told = await commanded(keeper.house, premises, *here, "--json")
    [one] = json.loads(told.output)
    assert (one["over_and_still_there"], one["rules"][0]["gone"]) == ({"held": 1}, 1)
    async with keeper.rooms.data.transaction(keeper.id) as tx:
        await tx.execute("UPDATE bailee.retention_rule SET version = version + 7 WHERE controller_id = $1", keeper.id)
    altered = await commanded(keeper.house, premises, *here)
    assert (altered.exit_code, "not as it was sealed" in " ".join(altered.output.split())) == (1, True)
    told = await commanded(keeper.house, premises, *here, "--json")
    assert json.loads(told.output) == [{"controller": str(keeper.id), "altered": True}]
    unknown = await commanded(keeper.house, premises, "retention", "--controller", str(new_id()))
    assert unknown.exit_code == 2

"""Obligations told to the tools in which teams work, at receivers that read as Slack and Jira do."""

import json
from datetime import timedelta
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from standardwebhooks import Webhook as Oracle
from tests.household import Household
from tests.integration.test_webhooks import Scene
from tests.receiving import receiving, reply

from bailee.obligations.calendar import Due
from bailee.obligations.promises import Promise
from bailee.processing.webhooks import shapes
from bailee.processing.webhooks.events import Event

OWED = [str(one) for one in Event if one.startswith("obligation.")]
TEXT = {"type": "object", "required": ["type", "text"], "properties": {
    "type": {"enum": ["plain_text", "mrkdwn"]}, "text": {"type": "string", "minLength": 1, "maxLength": 2000}}}  # fmt: skip
# What Slack's incoming webhooks and Jira's REST API 3 take, as far as we speak to them.
SLACK = {
    "type": "object", "required": ["text"], "additionalProperties": False,
    "properties": {
        "text": {"type": "string", "minLength": 1},
        "blocks": {"type": "array", "maxItems": 50, "items": {"oneOf": [
            {"required": ["text"], "properties": {"type": {"const": "section"}, "text": TEXT}, "additionalProperties": False},
            {"required": ["fields"], "additionalProperties": False, "properties": {
                "type": {"const": "section"}, "fields": {"type": "array", "maxItems": 10, "items": TEXT}}},
            {"required": ["elements"], "additionalProperties": False, "properties": {
                "type": {"const": "context"}, "elements": {"type": "array", "maxItems": 10, "items": TEXT}}},
        ]}},
    },
}  # fmt: skip
DOCUMENT = {
    "type": "object", "required": ["type", "version", "content"], "additionalProperties": False,
    "properties": {"type": {"const": "doc"}, "version": {"const": 1}, "content": {"type": "array", "items": {
        "properties": {"type": {"const": "paragraph"}, "content": {"type": "array", "items": {
            "properties": {"type": {"const": "text"}, "text": {"type": "string", "minLength": 1}}, "required": ["type", "text"]}}},
        "required": ["type", "content"]}}},
}  # fmt: skip
ISSUE = {
    "type": "object", "required": ["fields"], "additionalProperties": False,
    "properties": {"fields": {
        "type": "object", "required": ["project", "issuetype", "summary"], "additionalProperties": False,
        "properties": {
            "project": {"type": "object", "required": ["key"]}, "issuetype": {"type": "object", "required": ["name"]},
            "summary": {"type": "string", "maxLength": 255}, "duedate": {"type": "string", "format": "date"},
            "labels": {"type": "array", "items": {"type": "string", "pattern": r"^\S+$"}}, "description": DOCUMENT,
        },
    }},
}  # fmt: skip
COMMENT = {"type": "object", "required": ["body"], "additionalProperties": False, "properties": {"body": DOCUMENT}}


@pytest.fixture
async def receiver():
    async with receiving() as made:
        yield made


class Told(Scene):
    """A controller whose tools hear of what is owed."""

    async def start(self, **changes: Any) -> "Told":
        purposes = ("contract-administration",)
        from tests.speaking import Client

        self.admin = Client(self.app, (await self.holder.client(*purposes)).token)
        made = await self.subscribe(OWED, **changes)
        assert made.status == 201, made.raw
        self.webhook, self.secret = made.body["webhook"]["id"], made.body["secret"]
        self.carried = self.carrier()
        return self

    async def life(self) -> None:
        """An obligation is opened, is late, and is kept at last; each step is carried to the tool."""
        engine, now = self.rooms.owing.obligations, self.rooms.clock.now()
        due = Due(strict=now - timedelta(seconds=1), generous=now - timedelta(seconds=1), rule="72 hours after it came")
        promise = Promise(
            clause="rights.complaint", subject="complaint/1", owed_by="processor", owed_to="controller", due=due,
            evidence="notice",
        )  # fmt: skip
        async with self.rooms.committing.transaction(self.holder.id) as change:
            self.obligation = await engine.open(change, promise, by="tests")
        await self.carry()
        await engine.look(self.holder.id)
        await self.carry()
        async with self.rooms.committing.transaction(self.holder.id) as change:
            await engine.discharge(change, self.obligation, by="tests", proof="notice/1")
        await self.carry()

    async def carry(self) -> None:
        while await self.carried.delivering.deliver(self.holder.id):
            continue

    def bodies(self) -> list[dict[str, Any]]:
        return [json.loads(body) for _, _, body in self.receiver.got]


async def test_our_own_messages_are_signed_in_order_and_hold_identifiers_and_clocks_alone(rooms, hold, receiver):
    scene = await Told(rooms, await hold(), receiver).start()
    await scene.life()
    assert [one["type"] for one in scene.bodies()] == [
        "obligation.opened", "obligation.infringed", "obligation.discharged",
    ]  # fmt: skip
    for _, headers, body in receiver.got:
        said = Oracle(scene.secret).verify(body, headers)
        assert set(said["data"]) == {
            "controller", "obligation", "clause", "subject", "owed_by", "owed_to", "due_at", "rule", "state", "infringed_at",
        }  # fmt: skip
        assert said["data"]["obligation"] == str(scene.obligation)
    sent = await scene.acts("transmission")
    assert [one["details"]["obligation"] for one in sent] == [str(scene.obligation)] * 3
    assert not any(one.get("persons") for one in sent)


async def test_slack_reads_each_step(rooms, hold, receiver):
    scene = await Told(rooms, await hold(), receiver).start(shape="slack")
    await scene.life()
    await scene.admin("POST", f"/api/v1/webhooks/{scene.webhook}/test")
    await scene.carry()
    assert len(scene.bodies()) == 4
    for body in scene.bodies():
        Draft202012Validator(SLACK).validate(body)
    assert [one["text"].partition(":")[0] for one in scene.bodies()[:3]] == ["Now owed", "Late", "Kept"]


async def test_jira_gets_an_issue_then_comments_and_closing_it_ends_nothing(rooms, hold, receiver):
    async def jira(got, writer):
        line, headers, body = got
        if headers.get("authorization") != "Basic dHJ5":
            writer.write(reply(401))
        elif line.split()[1] == "/rest/api/3/issue":
            Draft202012Validator(ISSUE).validate(json.loads(body))
            writer.write(
                reply(201, b'{"id": "10000", "key": "DPO-7", "self": "https://x", "fields": {"status": "Done"}}')
            )
        elif line.split()[1] == "/rest/api/3/issue/DPO-7/comment":
            Draft202012Validator(COMMENT).validate(json.loads(body))
            writer.write(reply(201, b'{"id": "10001", "key": "EVIL-1"}'))
        else:
            writer.write(reply(404))

    receiver.script = jira
    scene = Told(rooms, await hold(), receiver)
    url = f"http://{scene.host}/rest/api/3/issue"
    await scene.start(shape="jira", url=url, project="DPO", authorization="Basic dHJ5")
    await scene.life()
    assert [line.split()[1].removeprefix("/rest/api/3/issue") for line, _, _ in receiver.got] == [
        "", "/DPO-7/comment", "/DPO-7/comment",
    ]  # fmt: skip
    assert [one["state"] for one in await scene.listed()] == ["delivered"] * 3
    assert "dHJ5" not in (await scene.admin("GET", f"/api/v1/webhooks/{scene.webhook}")).raw.decode()
    states = [one.ended_by for one in await rooms.owing.obligations.listed(scene.holder.id)]
    assert states == ["tests"], "ended by evidence, whatever the ticket says"


async def test_without_a_key_in_the_answer_the_next_step_is_an_issue_again():
    assert [shapes.key_in("jira", one) for one in (b"", b"[]", b'{"key": 7}', b'{"key": "../x"}', b'{"key": "A-1"}')] == [
        "", "", "", "", "",
    ]  # fmt: skip
    assert shapes.key_in("jira", b'{"key": "DPO-12"}') == "DPO-12"
    assert shapes.key_in("slack", b'{"key": "DPO-12"}') == ""


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"shape": "slack", "events": ["person.created"]}, "shape-hears-obligations"),
        ({"shape": "slack", "project": "DPO"}, "shape-takes-neither"),
        ({"authorization": "Basic x"}, "shape-takes-neither"),
        ({"shape": "jira", "authorization": "Basic x", "project": "dpo"}, "jira-needs-project"),
        ({"shape": "jira", "authorization": "a\nb", "project": "DPO"}, "authorization-malformed"),
    ],
)
async def test_what_a_tool_cannot_read_is_refused(rooms, hold, receiver, changes, code):
    scene = await Told(rooms, await hold(), receiver).start()
    body = {"url": scene.url, "hosts": [scene.host], "country": "FR", "events": OWED, **changes}
    refused = await scene.admin("POST", "/api/v1/webhooks", body)
    assert (refused.status, refused.body["type"].rsplit("/", 1)[1]) == (422, code)


async def test_the_processors_own_tools_hear_of_every_controllers_obligations(rooms, hold, receiver):
    scene = await Told(rooms, await hold(), receiver).start()
    carried = scene.carrier()
    made, _ = await carried.subscriptions.make(
        rooms.platform, url=scene.url, hosts=[scene.host], country="FR", events=OWED, by="tests", shape="slack"
    )
    await scene.life()
    before = len(receiver.got)
    while await carried.delivering.deliver(rooms.platform):
        continue
    heard = [body for body in scene.bodies()[before:] if str(scene.obligation) in json.dumps(body)]
    assert len(heard) == 3
    await carried.subscriptions.remove(rooms.platform, made.id, by="tests")
    assert [one.state for one in await rooms.owing.obligations.listed(scene.holder.id)] == ["discharged"]
    kinds = [entry["kind"] for entry in await Household(rooms, scene.holder.id).entries()]
    assert kinds.count("obligation-infringed") == 1

"""Webhooks, to a real receiver: signed, in order for each person, sent again after a crash, and never with data."""

import asyncio
import json
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest
from standardwebhooks import Webhook as Oracle
from standardwebhooks import WebhookVerificationError
from tests.household import until_done
from tests.receiving import Authority, Receiver, receiving
from tests.speaking import Client

from bailee.api.application import Application
from bailee.house import Rooms
from bailee.infra.outbound import Outbound, trust
from bailee.processing.webhooks import schedule
from bailee.processing.webhooks.delivering import CLAIMED_FOR, SHARE
from bailee.processing.webhooks.destinations import Designated
from bailee.processing.webhooks.room import Webhooks
from bailee.serving import control_plane, data_plane
from bailee.vocabulary.operations import Operation
from bailee.wings import Wings

ENTRIES = "SELECT sum(entries) FROM bailee.ledger_batch WHERE controller_id = $1"
EVENTS = ["person.created", "person.changed", "person.erased"]


class Later:
    """The rooms' clock, moved on by a test."""

    simulated = True

    def __init__(self, clock: Any) -> None:
        self._clock, self.ahead = clock, timedelta(0)

    def now(self):
        return self._clock.now() + self.ahead

    def monotonic(self) -> float:
        return self._clock.monotonic()


class Scene:
    """A controller with a system that hears, and those who carry deliveries to it."""

    def __init__(self, rooms: Rooms, holder: Any, receiver: Receiver) -> None:
        self.rooms, self.holder, self.receiver = rooms, holder, receiver
        self.app = Application(data_plane(rooms), control_plane(rooms))
        self.clock = Later(rooms.clock)
        self.admin: Client
        self.people: Client
        self.webhook, self.secret = "", ""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.receiver.port}/hooks?for=bailee"

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.receiver.port}"

    def carrier(self, **more: Any) -> Webhooks:
        """A worker's part: several may be made, as after a restart."""
        given: dict[str, Any] = {
            "database": self.rooms.data, "committing": self.rooms.committing, "keys": self.rooms.keys,
            "clock": self.clock, "outbound": Outbound(sandbox=True),
        }  # fmt: skip
        return Webhooks(**given | more)

    async def begin(self, *events: str) -> "Scene":
        purposes = ("account-management", "contract-administration")
        self.admin = Client(self.app, (await self.holder.client(*purposes[1:])).token)
        self.people = Client(self.app, (await self.holder.client(purposes[0])).token)
        made = await self.subscribe(list(events or EVENTS))
        assert made.status == 201, made.raw
        self.webhook, self.secret = made.body["webhook"]["id"], made.body["secret"]
        return self

    async def subscribe(self, events: list[str], **changes: Any) -> Any:
        body = {"url": self.url, "hosts": [self.host], "country": "FR", "events": events, **changes}
        return await self.admin("POST", "/api/v1/webhooks", body)

    async def person(self) -> str:
        made = await self.people("POST", "/api/v1/persons", {"groups": ["user"], "records": []})
        assert made.status == 201, made.raw
        return made.body["person"]

    async def touch(self, person: str, restricted: bool = False) -> None:
        reply = await self.people("PATCH", f"/api/v1/persons/{person}", {"restricted": restricted})
        assert reply.status == 200, reply.raw

    async def listed(self) -> list[dict[str, Any]]:
        reply = await self.admin("GET", f"/api/v1/webhooks/{self.webhook}/deliveries")
        assert reply.status == 200, reply.raw
        return list(reversed(reply.body["deliveries"]))

    async def state(self) -> tuple[str, str]:
        reply = await self.admin("GET", f"/api/v1/webhooks/{self.webhook}")
        return reply.body["state"], reply.body["reason"]

    async def acts(self, kind: str) -> list[dict[str, Any]]:
        await self.rooms.reading.integrated(self.holder.id)
        found = await self.admin("GET", f"/api/v1/controllers/{self.holder.id}/ledger/entries", query="start=0")
        bodies = [json.loads(one["body"]) for one in found.body["entries"] if one["body"]]
        return [one for one in bodies if one["kind"] == kind]

    def said(self) -> list[tuple[str, str]]:
        return [
            (body["type"], body["data"]["person"]) for body in map(json.loads, (b for _, _, b in self.receiver.got))
        ]


@pytest.fixture
async def receiver():
    async with receiving() as made:
        yield made


@pytest.fixture
async def scene(rooms, hold, receiver):
    return await Scene(rooms, await hold(), receiver).begin()


async def test_what_happens_to_a_person_is_heard_signed_and_without_data(scene, profile):
    person, _ = await scene.people.person(profile)
    await scene.touch(person)
    await scene.people("DELETE", f"/api/v1/persons/{person}")
    assert await until_done(scene.carrier().delivering.deliver, scene.holder.id) == 3
    assert scene.said() == [(event, person) for event in EVENTS]
    for line, headers, body in scene.receiver.got:
        assert line == "POST /hooks?for=bailee HTTP/1.1"
        assert Oracle(scene.secret).verify(body, headers) == json.loads(body)
        assert headers["content-type"] == "application/json"
        message = json.loads(body)
        assert set(message) == {"type", "timestamp", "data"}
        assert set(message["data"]) == {"controller", "person", "entry"}
        assert message["data"]["controller"] == str(scene.holder.id)
        for value in profile.values():
            assert str(value).encode() not in body or len(str(value)) < 4
    await scene.rooms.reading.integrated(scene.holder.id)
    for _, _, body in scene.receiver.got:
        name = json.loads(body)["data"]["entry"]
        receipt = await scene.admin("GET", f"/api/v1/controllers/{scene.holder.id}/ledger/receipts/{name}")
        assert receipt.status == 200, receipt.raw


async def test_a_message_that_was_touched_does_not_verify(scene):
    await scene.person()
    await until_done(scene.carrier().delivering.deliver, scene.holder.id)
    _, headers, body = scene.receiver.got[0]
    for changed in (body + b" ", body.replace(b"created", b"erased!")):
        with pytest.raises(WebhookVerificationError):
            Oracle(scene.secret).verify(changed, headers)
    with pytest.raises(WebhookVerificationError):
        Oracle(scene.secret).verify(body, {**headers, "webhook-id": "msg_other"})


async def test_each_transmission_is_in_the_ledger_before_it_leaves_with_the_host_and_no_data(scene):
    written = []

    async def entries() -> int:
        async with scene.rooms.data.transaction(scene.holder.id) as tx:
            return await tx.fetchval(ENTRIES, scene.holder.id)

    async def script(got, writer):
        written.append(await entries())
        await scene.receiver.statuses(got, writer)

    scene.receiver.script = script
    person = await scene.person()
    before = await entries()
    await until_done(scene.carrier().delivering.deliver, scene.holder.id)
    assert written == [before + 1]
    [act] = await scene.acts("transmission")
    assert act["persons"] == [person]
    assert set(act["details"]) == {"to", "event", "webhook", "delivery", "attempt"}
    assert act["details"]["to"] == scene.host
    [delivery] = await scene.listed()
    assert act["details"]["delivery"] == delivery["id"]
    assert delivery["state"] == "delivered"
    assert [(one["number"], one["status"], one["reason"]) for one in delivery["attempts"]] == [(1, 204, "")]


async def test_one_that_fails_holds_up_that_persons_later_ones_and_nobody_elses(scene):
    first, other = await scene.person(), await scene.person()
    scene.receiver.status = lambda got: 500 if json.loads(got[2])["data"]["person"] == first else 204
    await asyncio.gather(scene.touch(first), scene.touch(other))
    carrier = scene.carrier().delivering
    await until_done(carrier.deliver, scene.holder.id)
    assert [event for event, person in scene.said() if person == other] == ["person.created", "person.changed"]
    assert [event for event, person in scene.said() if person == first] == ["person.created"]
    assert await until_done(carrier.deliver, scene.holder.id) == 0
    scene.receiver.status = lambda got: 204
    scene.clock.ahead = timedelta(seconds=6)
    assert await until_done(carrier.deliver, scene.holder.id) == 2
    assert [event for event, person in scene.said() if person == first] == ["person.created"] * 2 + ["person.changed"]
    ids = [
        headers["webhook-id"] for _, headers, body in scene.receiver.got if json.loads(body)["data"]["person"] == first
    ]
    assert ids[0] == ids[1] != ids[2]
    bodies = [body for _, _, body in scene.receiver.got if json.loads(body)["data"]["person"] == first]
    assert bodies[0] == bodies[1]


async def test_a_crash_between_claim_and_answer_sends_the_same_message_again(scene):
    person = await scene.person()
    dying, living = scene.carrier(), scene.carrier()
    [claim] = await dying.delivering.claim(scene.holder.id)
    assert await until_done(living.delivering.deliver, scene.holder.id) == 0
    scene.clock.ahead = CLAIMED_FOR + timedelta(seconds=1)
    assert await until_done(living.delivering.deliver, scene.holder.id) == 1
    assert scene.said() == [("person.created", person)]
    await dying.delivering._carry(scene.holder.id, claim)  # it was not dead after all
    (_, first, one), (_, second, two) = scene.receiver.got
    assert first["webhook-id"] == second["webhook-id"] == f"msg_{claim.delivery.hex}"
    assert one == two
    claim = msgspec.structs.replace(claim, tries=11)
    scene.receiver.status = lambda _got: 500
    await dying.delivering._carry(scene.holder.id, claim)  # what it finds now is overtaken: nothing follows
    assert await scene.state() == ("active", "asked")
    [delivery] = await scene.listed()
    assert delivery["state"] == "delivered"
    assert sorted(attempt["number"] for attempt in delivery["attempts"]) == [1, 2]


async def test_two_workers_at_once_send_each_message_once_and_in_order(scene):
    people = [await scene.person() for _ in range(12)]
    await asyncio.gather(*(scene.touch(person) for person in people))
    carriers = [scene.carrier().delivering for _ in range(3)]
    while sum(await asyncio.gather(*(until_done(one.deliver, scene.holder.id) for one in carriers))):
        pass
    said = scene.said()
    assert len(said) == len(set(said)) == 24
    for person in people:
        assert [event for event, who in said if who == person] == ["person.created", "person.changed"]


async def test_whose_endpoints_hang_holds_up_itself_and_no_other_controller(scene, rooms, hold, receiver):
    for _ in range(2 * SHARE):
        await scene.person()
    other, let_go = await Scene(rooms, await hold(), receiver).begin(), asyncio.Event()
    prompt = await other.person()

    async def hangs(got, writer):
        if json.loads(got[2])["data"]["person"] != prompt:
            await let_go.wait()
        await receiver.statuses(got, writer)

    receiver.script, carrier = hangs, scene.carrier().delivering
    hanging = asyncio.create_task(carrier.deliver(scene.holder.id))
    while len(receiver.got) < SHARE:
        await asyncio.sleep(0.01)
    assert await carrier.deliver(other.holder.id) == 1
    assert len(receiver.got) == SHARE + 1, "one controller took more than its share of the places"
    let_go.set()
    assert await hanging == 2 * SHARE


async def test_a_change_that_is_undone_is_not_announced(scene, monkeypatch):
    async def fails(*_args):
        raise RuntimeError("the last thing before the commit")

    monkeypatch.setattr("bailee.gate.changing.remember", fails)
    made = await scene.people("POST", "/api/v1/persons", {"groups": ["user"], "records": []}, idempotency_key="k1")
    assert made.status == 500
    monkeypatch.undo()
    assert await scene.listed() == []
    for _ in range(2):
        made = await scene.people("POST", "/api/v1/persons", {"groups": ["user"], "records": []}, idempotency_key="k2")
        assert made.status == 201
    assert len(await scene.listed()) == 1


def test_the_waits_are_ten_a_little_under_three_days_and_drawn_from_the_id():
    delivery = uuid4()
    waits = [schedule.wait(delivery, tries) for tries in range(1, 12)]
    assert waits == [schedule.wait(delivery, tries) for tries in range(1, 12)]
    assert waits[-1] is None
    assert all(abs(got / said - 1) <= schedule.JITTER for got, said in zip(waits, schedule.WAITS, strict=False))
    assert timedelta(days=2, hours=12) < sum(schedule.WAITS, timedelta()) < timedelta(days=3) / (1 + schedule.JITTER)
    assert schedule.wait(uuid4(), 5) != schedule.wait(uuid4(), 5)


async def test_after_three_days_it_is_given_up_said_and_tried_again_with_the_next(scene):
    scene.receiver.status = lambda _got: 503
    person = await scene.person()
    await scene.touch(person)
    carrier = scene.carrier().delivering
    while (await scene.listed())[0]["state"] == "waiting":
        assert await carrier.deliver(scene.holder.id) == 1
        scene.clock.ahead += timedelta(hours=23)
    first, second = await scene.listed()
    assert (first["state"], len(first["attempts"])) == ("failed", 11)
    assert second["attempts"] == []
    assert await scene.state() == ("failing", "retries-exhausted")
    [act] = await scene.acts("webhook-failing")
    assert act["details"]["webhook"] == scene.webhook
    scene.receiver.status = lambda _got: 200
    assert await until_done(carrier.deliver, scene.holder.id) == 1
    assert await scene.state() == ("active", "delivered")
    again = await scene.admin("POST", f"/api/v1/webhooks/{scene.webhook}/deliveries/{first['id']}/redeliver")
    assert again.status == 202
    assert await until_done(carrier.deliver, scene.holder.id) == 1
    assert {one["state"] for one in await scene.listed()} == {"delivered"}
    ids = [headers["webhook-id"] for _, headers, _ in scene.receiver.got]
    assert ids[0] == ids[-1]


async def test_gone_pauses_it_and_nothing_more_is_queued(scene):
    scene.receiver.status = lambda _got: 410
    person = await scene.person()
    await scene.touch(person)
    carrier = scene.carrier().delivering
    await until_done(carrier.deliver, scene.holder.id)
    assert await scene.state() == ("paused", "gone")
    assert len(await scene.acts("webhook-paused")) == 1
    assert len(scene.receiver.got) == 1
    await scene.person()
    assert len(await scene.listed()) == 2
    resumed = await scene.admin("PATCH", f"/api/v1/webhooks/{scene.webhook}", {"state": "active"})
    assert (resumed.body["state"], resumed.body["reason"]) == ("active", "asked")
    scene.receiver.status = lambda _got: 204
    await until_done(carrier.deliver, scene.holder.id)
    assert [event for event, _ in scene.said()] == ["person.created", "person.changed"]


async def test_while_a_secret_is_replaced_both_sign_and_then_the_new_one_alone(scene):
    reply = await scene.admin("POST", f"/api/v1/webhooks/{scene.webhook}/secret")
    assert reply.status == 200
    new = reply.body["secret"]
    await scene.person()
    await until_done(scene.carrier().delivering.deliver, scene.holder.id)
    _, headers, body = scene.receiver.got[0]
    assert headers["webhook-signature"].count("v1,") == 2
    for secret in (scene.secret, new):
        Oracle(secret).verify(body, headers)
    scene.clock.ahead = timedelta(hours=24, minutes=1)
    await scene.person()
    await until_done(scene.carrier().delivering.deliver, scene.holder.id)
    _, headers, body = scene.receiver.got[1]
    assert headers["webhook-signature"].count("v1,") == 1


async def test_a_secret_is_shown_once_and_lies_sealed(scene):
    replies = [
        await scene.admin("GET", "/api/v1/webhooks"), await scene.admin("GET", f"/api/v1/webhooks/{scene.webhook}"),
        await scene.admin("PATCH", f"/api/v1/webhooks/{scene.webhook}", {"events": ["person.erased"]}),
    ]  # fmt: skip
    assert all(scene.secret.encode() not in reply.raw and b"whsec_" not in reply.raw for reply in replies)
    async with scene.rooms.data.transaction(scene.holder.id) as tx:
        row = await tx.fetchrow("SELECT * FROM bailee.webhook WHERE controller_id = $1", scene.holder.id)
    whole = repr(dict(row)).encode() + row["sealed"]
    assert b"127.0.0.1" not in whole
    assert scene.secret.encode() not in whole


async def test_a_test_says_how_it_went(scene):
    reply = await scene.admin("POST", f"/api/v1/webhooks/{scene.webhook}/test")
    assert reply.status == 202
    await until_done(scene.carrier().delivering.deliver, scene.holder.id)
    [delivery] = await scene.listed()
    assert (delivery["id"], delivery["event"], delivery["person"]) == (reply.body["delivery"], "webhook.test", None)
    assert scene.said() == [("webhook.test", None)]


async def test_only_what_was_asked_for_is_heard_and_without_a_subscription_nothing_is_asked(
    rooms, hold, receiver, monkeypatch
):
    scene = await Scene(rooms, await hold(), receiver).begin("person.erased")
    await scene.person()
    assert await scene.listed() == []
    assert (await scene.admin("DELETE", f"/api/v1/webhooks/{scene.webhook}")).status == 204
    heard: list[str] = []
    monkeypatch.setattr("bailee.infra.database.Database.observe", staticmethod(heard.append))
    await rooms.data.close()
    await scene.person()
    assert any("INSERT INTO bailee.person" in sql for sql in heard)
    assert not any("webhook" in sql for sql in heard)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"url": "https://elsewhere.example/"}, "host-not-listed"),
        ({"url": "https://user:p@hooks.example/", "hosts": ["hooks.example"]}, "userinfo-refused"),
        ({"url": "https://2130706433/", "hosts": ["2130706433"]}, "host-malformed"),
        ({"url": "https://hooks.example/\r\nX: y", "hosts": ["hooks.example"]}, "url-malformed"),
        ({"url": "ftp://hooks.example/", "hosts": ["hooks.example"]}, "scheme-refused"),
        ({"url": "https://hooks.example/", "hosts": ["hooks.example"], "country": "US"}, "place-outside-eu"),
        ({"url": "https://hooks.example/", "hosts": ["hooks.example"], "country": "CH"}, "place-outside-eu"),
    ],
)
async def test_a_destination_that_may_not_be_sent_to_is_refused_and_nothing_kept(scene, changes, code):
    reply = await scene.subscribe(EVENTS, **changes)
    assert reply.status == 422, reply.raw
    assert reply.body["type"].endswith(f"destination/{code}")
    assert reply.body["clause"] == "residency.eu"
    assert len((await scene.admin("GET", "/api/v1/webhooks")).body) == 1
    if "country" not in changes:
        moved = await scene.admin("PATCH", f"/api/v1/webhooks/{scene.webhook}", {"url": changes["url"]})
        assert moved.status == 422


@pytest.mark.parametrize(
    "body",
    [
        {}, {"url": "x"}, {"url": 1, "hosts": [], "country": "FR", "events": []},
        {"url": "https://a.example/", "hosts": ["a.example"], "country": "fr", "events": EVENTS},
        {"url": "https://a.example/", "hosts": ["a.example"], "country": "FR", "events": ["person.read"]},
        {"url": "https://a.example/", "hosts": ["a.example"], "country": "FR", "events": EVENTS, "secret": "whsec_x"},
    ],
)  # fmt: skip
async def test_what_is_not_of_the_right_shape_is_400(scene, body):
    assert (await scene.admin("POST", "/api/v1/webhooks", body)).status == 400


async def test_a_consent_that_stands_opens_a_country_and_its_end_closes_it(scene):
    consents = {"CH"}

    async def consented(_controller: UUID, country: str) -> bool:
        return country in consents

    carrier = scene.carrier(checking=Designated(consented))
    made, _ = await carrier.subscriptions.make(
        scene.holder.id, url=scene.url, hosts=[scene.host], country="CH", events=["person.created"], by="tests"
    )
    await scene.admin("DELETE", f"/api/v1/webhooks/{scene.webhook}")
    scene.webhook = str(made.id)
    await scene.person()
    await until_done(carrier.delivering.deliver, scene.holder.id)
    assert len(scene.receiver.got) == 1
    consents.clear()
    await scene.person()
    await until_done(carrier.delivering.deliver, scene.holder.id)
    assert len(scene.receiver.got) == 1
    [refused] = await scene.acts("transmission-refused")
    assert refused["details"]["reason"] == "place-outside-eu"
    assert (await scene.listed())[1]["attempts"][0]["reason"] == "place-outside-eu"


async def test_anothers_webhooks_answer_like_unknown_ones(scene, rooms, hold):
    await scene.person()
    [delivery] = await scene.listed()
    other = Client(scene.app, (await (await hold(1)).client("contract-administration")).token)
    for there, never in ((scene.webhook, str(uuid4())),):
        for method, tail, body in (
            ("GET", "", None), ("PATCH", "", {"state": "paused"}), ("DELETE", "", None), ("POST", "/secret", None),
            ("POST", "/test", None), ("GET", "/deliveries", None), ("POST", f"/deliveries/{delivery['id']}/redeliver", None),
        ):  # fmt: skip
            theirs = await other(method, f"/api/v1/webhooks/{there}{tail}", body)
            unknown = await other(method, f"/api/v1/webhooks/{never}{tail}", body)
            assert (theirs.status, theirs.raw) == (unknown.status, unknown.raw)
            assert theirs.status == 404
    assert (await other("GET", "/api/v1/webhooks")).body == []
    assert await scene.state() == ("active", "asked")
    wrong = Client(scene.app, scene.people.token)
    assert (await wrong("GET", "/api/v1/webhooks")).status == 403
    assert (await Client(scene.app, "")("GET", "/api/v1/webhooks")).status == 401


async def test_removing_takes_the_queue_along_and_the_ledger_keeps_what_was_sent(scene):
    await scene.person()
    await until_done(scene.carrier().delivering.deliver, scene.holder.id)
    await scene.person()
    assert (await scene.admin("DELETE", f"/api/v1/webhooks/{scene.webhook}")).status == 204
    assert await until_done(scene.carrier().delivering.deliver, scene.holder.id) == 0
    assert len(scene.receiver.got) == 1
    async with scene.rooms.data.transaction(scene.holder.id) as tx:
        for table in ("webhook", "webhook_delivery", "webhook_attempt"):
            assert (
                await tx.fetchval(f"SELECT count(*) FROM bailee.{table} WHERE controller_id = $1", scene.holder.id) == 0
            )
    assert len(await scene.acts("transmission")) == 1


async def test_deliveries_are_paged_and_forgotten_after_a_month(scene):
    people = [await scene.person() for _ in range(5)]
    await until_done(scene.carrier().delivering.deliver, scene.holder.id)
    seen, before = [], ""
    while True:
        query = "limit=2" + (f"&before={before}" if before else "")
        page = (await scene.admin("GET", f"/api/v1/webhooks/{scene.webhook}/deliveries", query=query)).body
        seen += [one["person"] for one in page["deliveries"]]
        if page["before"] is None:
            break
        before = page["before"]
    assert seen == people[::-1]
    scene.clock.ahead = timedelta(days=31)
    await scene.carrier().delivering.forget(scene.holder.id)
    assert await scene.listed() == []


async def test_over_tls_to_a_name(rooms, hold, receiver, folder):
    authority = Authority(folder, "hooks.example")

    async def resolve(_host: str, _port: int) -> list[str]:
        return ["127.0.0.1"]

    async with receiving(authority.server()) as secure:
        scene = await Scene(rooms, await hold(), receiver).begin()
        place = f"hooks.example:{secure.port}"
        moved = await scene.subscribe(["person.created"], url=f"https://{place}/in", hosts=[place])
        assert moved.status == 201, moved.raw
        trusted = Outbound(sandbox=True, resolve=resolve, tls=trust(authority.pem))
        await scene.admin("DELETE", f"/api/v1/webhooks/{scene.webhook}")
        await scene.person()
        await until_done(scene.carrier(outbound=trusted).delivering.deliver, scene.holder.id)
        [(_, headers, body)] = secure.got
        assert headers["host"] == place
        Oracle(moved.body["secret"]).verify(body, headers)


async def test_nothing_is_sent_once_the_gate_is_shut(scene):
    await scene.person()
    async with scene.rooms.data.transaction(scene.holder.id) as tx:
        await tx.execute("UPDATE bailee.gate SET state = 'destroying' WHERE controller_id = $1", scene.holder.id)
    assert await until_done(scene.carrier().delivering.deliver, scene.holder.id) == 0
    assert await scene.carrier().delivering.claim(scene.holder.id) == []
    assert scene.receiver.got == []


async def test_the_house_looks_after_it(rooms):
    wings = Wings(rooms)
    assert {"webhooks", "old deliveries"} <= {duty.name for duty in wings.duties()}


async def test_an_exception_that_is_closed_when_its_time_is_over_is_told(scene):
    from bailee.clauses.data_subject_requests.events import Mandate
    from bailee.promised import Promised

    rooms, controller, person = scene.rooms, scene.holder.id, await scene.person()
    await scene.touch(person, restricted=True)
    restricting, now = Promised(rooms).rights.restricting, rooms.clock.now()
    caller = await scene.holder.caller(scene.people)
    await restricting.except_(
        controller, UUID(person), Mandate(caller.actor, now + timedelta(hours=1)), ground="consent",
        purpose="account-management", operation=Operation.consult, until=now + timedelta(minutes=5),
    )  # fmt: skip
    carrier = scene.carrier().delivering
    await until_done(carrier.deliver, controller)
    before = scene.said().count(("person.changed", person))
    async with rooms.data.transaction(controller) as tx:
        sql = "UPDATE bailee.rights_exception SET ends_at = granted_at WHERE controller_id = $1"
        await tx.execute(sql, controller)
    assert await restricting.sweep(controller) == 1
    await until_done(carrier.deliver, controller)
    assert scene.said().count(("person.changed", person)) == before + 1


async def test_the_life_of_an_account_is_told_in_order(scene):
    from bailee.processing.accounts.lifecycle import Step
    from bailee.wings import Wings

    heard = ["account.invited", "account.activated", "account.suspended", "account.resumed", "account.closing"]
    assert (await scene.subscribe(heard)).status == 201
    person = UUID(await scene.person())
    accounts, controller = Wings(scene.rooms).accounts, scene.holder.id
    await accounts.invite(controller, person, f"{person}@x.example", [], by="tests")
    for step in (Step.accept, Step.suspend, Step.resume, Step.ask_closing):
        await accounts.step(controller, person, step, by="tests")
    while await until_done(scene.carrier().delivering.deliver, scene.holder.id):
        pass
    assert [event for event, who in scene.said() if who == str(person) and event in heard] == heard

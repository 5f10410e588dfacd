"""What was changed outside the platform: a clear answer through every door, nothing of it, and an entry of the ledger."""

import pytest
from tests.household import ADMIN, Household
from tests.integration.test_direct_requests import Desk, mail
from tests.speaking import Client

from bailee.clauses.privacy_notice.events import Filled
from bailee.infra.database import Unavailable
from bailee.infra.keys.key import DoesNotOpen, NotAsSealed, fresh
from bailee.ledger import altered
from bailee.ledger.altered import Noticing
from bailee.processing.accounts.sign_on import Agreed
from bailee.serving import Doors
from bailee.vocabulary.ids import new_id
from bailee.worker.jobs import attempt

GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"


@pytest.fixture
async def house(hold, rooms):
    holder = await hold()
    return Household(rooms, holder.id, holder)


async def spoil(house, table, column="sealed"):
    """Change a byte of what is kept, as someone with the database could."""
    sql = f"UPDATE bailee.{table} SET {column} = set_byte({column}, 20, get_byte({column}, 20) # 1) WHERE controller_id = $1"
    async with house.rooms.data.transaction(house.id) as tx:
        assert await tx.execute(sql, house.id) != "UPDATE 0"


async def found(house) -> list[tuple[str, str]]:
    entries = await Household(house.rooms, house.rooms.platform).entries()
    return [(one["details"]["what"], one["details"]["where"]) for one in entries if one["kind"] == "found-altered"]


async def test_a_page_says_so_and_shows_nothing(house):
    admin = await house.signed_in(await house.staff(ADMIN))
    await house.wings.promised.notices.fill(house.id, Filled(contact="Thea Anlauf"), by="tests")
    agreed = Agreed("https://idp.example", "client", "s3cret")
    await house.wings.sign_on.agree(house.id, agreed, by="tests")
    await admin.post("/rights", version="0", recipient="Post SA", address="dpo@post.example")
    for table in ("privacy_filled", "sign_on", "rights_choice"):
        await spoil(house, table)
    before = len(await found(house))
    for path in ("/privacy-notice", "/sign-on", "/rights"):
        page = await admin.get(path)
        assert page.status == 500, path
        shown = page.raw.decode()
        assert "Something stored is not as it was sealed" in shown, path
        assert "Thea" not in shown
        assert "idp.example" not in shown
        assert "Post SA" not in shown
    said = [where for _, where in (await found(house))[before:]]
    assert said == ["/privacy-notice", "/sign-on", "/rights"]


async def test_a_program_gets_a_problem_that_says_so(house, profile, rooms):
    doors, desk = Doors(rooms), Desk(rooms)
    await (await house.holder.client()).person(profile)
    await desk.passed_on(mail(profile["email"]))
    [one] = await desk.promised.direct.listed(house.id)
    await spoil(house, "direct_request")
    before = len(await found(house))
    client = Client(doors, (await house.holder.client("rights-of-persons")).token)
    for _ in range(2):
        reply = await client("GET", f"/api/v1/direct-requests/{one.id}/original")
        assert (reply.status, reply.body["type"].rpartition("/")[2]) == (500, "altered"), reply.raw
        assert profile["email"] not in reply.raw.decode()
    scim = Client(doors, (await house.holder.client()).token)
    made = await scim("POST", "/scim/v2/Groups", {"schemas": [GROUP], "displayName": "Harbour"})
    assert made.status == 201, made.raw
    await spoil(house, "scim_group")
    told = await scim("GET", f"/scim/v2/Groups/{made.body['id']}")
    assert told.status == 500
    assert "not as it was sealed" in told.raw.decode()
    assert (await found(house))[before:] == [
        ("AlteredMessage", "/api/v1/direct-requests/{direct_request}/original"), ("AlteredGroup", "/scim/v2"),
    ], "asked twice, it is said once"  # fmt: skip


async def test_a_tools_request_is_told_in_its_own_form(house, rooms):
    client = Client(Doors(rooms), (await house.holder.client("rights-of-persons")).token)
    admin = await house.signed_in(await house.staff(ADMIN))
    await admin.post("/rights", version="0", callbacks="tool.example")
    await spoil(house, "rights_choice")
    body = {
        "subject_request_id": "8ae9049a-d6d1-4836-b008-b0a6fd27b7b4", "subject_request_type": "access",
        "submitted_time": "2026-11-25T10:00:00Z", "status_callback_urls": ["https://tool.example/back"],
        "subject_identities": [{"identity_type": "email", "identity_value": "x@y.example", "identity_format": "raw"}],
    }  # fmt: skip
    before = len(await found(house))
    reply = await client("POST", "/opendsr/requests", body)
    assert (reply.status, reply.body["error"]["errors"][0]["reason"]) == (500, "altered")
    assert (await found(house))[before:] == [("AlteredPapers", "/opendsr/requests")]


async def test_the_worker_that_meets_it_says_so_once_a_minute_and_goes_on(house, profile, rooms):
    desk = Desk(rooms)
    await (await house.holder.client()).person(profile)
    await desk.passed_on(mail(profile["email"]))
    await spoil(house, "notice")
    before = len(await found(house))
    assert await desk.promised.sending.send(house.id) > 0, "the letter has failed, and a human is asked"
    assert (await found(house))[before:] == [("AlteredNotice", "worker: notices")]
    await spoil(house, "direct_request")
    [one] = await desk.promised.direct.listed(house.id)

    async def looks(controller):
        return len((await desk.promised.direct.original(controller, one.id, by="platform"))[1])

    round_ = rooms.rounds_over(this(house.id)).in_turn("what looks", 60.0, looks, most=1).do
    for _ in range(2):
        assert await round_() == 0
        round_._held_up = {house.id: (1, 0.0)}  # its pause is over
    assert (await found(house))[before + 1 :] == [("AlteredMessage", "worker: what looks")]
    assert [one.kind for one in await rooms.setbacks.listed() if one.controller == house.id] == ["AlteredMessage"]
    await rooms.setbacks.over(house.id, "what looks")


def this(controller):
    async def controllers():
        return [controller]

    return controllers


async def test_a_duty_at_no_controller_that_meets_it_says_so_too(house, rooms):
    desk = Desk(rooms)
    message = await desk.wrote(reply_to="jo@elsewhere.example", text="Delete my data")
    await spoil(Household(rooms, rooms.platform), "message")
    before = len(await found(house))
    await attempt("messages", desk.messages.due, rooms.noticing)
    assert (await found(house))[before:] == [("AlteredMessage", "worker: messages")]
    assert (await desk.keeping.find(message)).state == "received", "it waits, and is tried again"
    async with rooms.data.transaction(rooms.platform) as tx:
        sql = "DELETE FROM bailee.message WHERE controller_id = $1 AND message_id = $2"
        await tx.execute(sql, rooms.platform, message)


def test_what_is_cut_or_moved_does_not_open():
    key = fresh()
    sealed = key.seal(b"words", b"here")
    for box, bound in ((sealed, b"there"), (sealed[:-1], b"here"), (sealed[:5], b"here"), (b"", b"here")):
        with pytest.raises(DoesNotOpen):
            key.unseal(box, bound)
    assert key.unseal(sealed, b"here") == b"words"


async def test_it_is_said_once_a_minute_by_id_and_again_where_it_could_not_be_written(rooms, monkeypatch):
    class Time:
        at = 0.0

        def monotonic(self):
            return self.at

    written, time = [], Time()

    class Log:
        away = False

        async def append_one(self, act):
            if self.away:
                raise Unavailable("away")
            written.append(act.details)

    log = Log()
    noticing = Noticing(log, rooms.platform, time)
    id = new_id()
    await noticing.note(ValueError("something else"), "/here")
    log.away = True
    await noticing.note(NotAsSealed(str(id)), "/here")
    log.away = False
    for at in (0.0, altered.ONCE_IN_SECONDS - 1, altered.ONCE_IN_SECONDS):
        time.at = at
        await noticing.note(NotAsSealed(str(id)), "/here")
    monkeypatch.setattr(altered, "REMEMBERED", 1)
    await noticing.note(NotAsSealed("rights/choices"), "/there")
    await noticing.note(NotAsSealed("rights/choices"), "/here")
    assert [(one["where"], one["id"]) for one in written] == [
        ("/here", str(id)), ("/here", str(id)), ("/there", ""), ("/here", ""),
    ]  # fmt: skip

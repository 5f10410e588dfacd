"""Notices arrive, once, provably; and what does not arrive is nobody's secret."""

import asyncio
import os
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from tests.household import Household, worked
from tests.integration.test_mail import Keeping, read, serving
from tests.speaking import Client
from tests.unit.test_bounces import report

from bailee.api.application import Application
from bailee.gate import queries as gate
from bailee.infra.database import Unavailable
from bailee.infra.keys.store import KeyGone
from bailee.obligations.calendar import Due
from bailee.obligations.notices import claiming
from bailee.obligations.notices.bounces import bounced
from bailee.obligations.notices.failing import why
from bailee.obligations.notices.notice import Attachment, Notice
from bailee.obligations.notices.queueing import AlteredNotice
from bailee.obligations.notices.sending import AT_ONCE, SIDE_BY_SIDE
from bailee.obligations.notices.tending import NoNotice, NothingToTend, NotNamed
from bailee.obligations.promises import Promise
from bailee.promised import Promised
from bailee.serving import control_plane, data_plane
from bailee.vocabulary.ids import new_id


class Died(Exception):
    """The process is gone."""


class Unsigned:
    """A controller without an agreement."""

    def __init__(self, id):
        self.id = id


class Later(Keeping):
    """Says something else to some addresses: at RCPT, or after DATA."""

    def __init__(self) -> None:
        super().__init__()
        self.at_rcpt: dict[str, str] = {}
        self.after_data: dict[str, str] = {}

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address in self.at_rcpt:
            return self.at_rcpt[address]
        return await super().handle_RCPT(server, session, envelope, address, options)

    async def handle_DATA(self, server, session, envelope):
        if envelope.rcpt_tos[0] in self.after_data:
            return self.after_data[envelope.rcpt_tos[0]]
        return await super().handle_DATA(server, session, envelope)


class Told(Household):
    """A controller whose notices go to a server of the test's own, and whose hours can be moved on."""

    def __init__(self, rooms, holder, keeping, clock=None) -> None:
        super().__init__(rooms, holder.id, holder)
        self.keeping, self.clock = keeping, clock
        self.port = 0
        self.promised = Promised(rooms)
        self.promised.everyone = self._own  # type: ignore[method-assign]  # -- this controller alone

    async def _own(self):
        return [self.id]

    def connect(self, port: int) -> None:
        changed = msgspec.structs.replace(self.rooms.settings, smtp_url=f"smtp://127.0.0.1:{port}", sandbox=False)
        self.promised.mailing._settings = changed

    def connected(self, port: int) -> "Told":
        self.connect(port)
        return self

    def moved(self) -> timedelta:
        """By how much the clock was moved on."""
        amount, unit = int(self.clock.read_text()[1:-1]), self.clock.read_text()[-1]
        return timedelta(**{{"s": "seconds", "m": "minutes", "d": "days"}[unit]: amount})

    async def queue(self, **changes):
        notice = msgspec.structs.replace(NOTICE, **changes)
        async with self.rooms.committing.transaction(self.id) as change:
            return await self.promised.queueing.queue(change, notice, by="tests")

    async def go_on(self) -> int:
        """What the worker does for notices at this controller; what fails is raised."""
        duties = self.promised.letters_due()
        await worked(duties, "notices that do not leave", self.id)
        return await worked(duties, "notices", self.id)

    async def entered(self, notice):
        found = await self.promised.book.one(self.id, notice)
        assert found is not None
        return found

    async def kinds(self) -> list[str]:
        return [one["kind"] for one in await self.entries()]

    async def owed(self) -> dict[str, str]:
        return {one.promise.subject: one.state for one in await self.promised.obligations.listed(self.id)}

    async def health(self):
        client = Client(Application(data_plane(self.rooms), control_plane(self.rooms)), "")
        return (await client("GET", "/health/ready")).body

    async def operator(self):
        platform = Household(self.rooms, self.rooms.platform)
        platform.app = self.app
        return await platform.signed_in(await platform.staff("processor-administrator"))


def promise(now) -> Promise:
    due = Due(strict=now + timedelta(days=1), generous=now + timedelta(days=1), rule="a day")
    return Promise(
        clause="rights.forward", subject="request/1", owed_by="processor", owed_to="controller", due=due,
        evidence="notice",
    )  # fmt: skip


NOTICE = Notice(
    kind="request", clause="rights.forward", subject="request/1", letter="contact_data/officer",
    values={"day": "1 July", "whose": "our officer", "name": "Élodie <script>", "email": "dpo@passerelle.example"},
)  # fmt: skip


@pytest.fixture
def clock(settings):
    """The file of the simulated clock, put back afterwards."""
    file = Path(settings.clock.removeprefix("file:"))
    yield file
    file.write_text("+0s")


@pytest.fixture
async def keeping():
    return Later()


@pytest.fixture
async def told(rooms, hold, keeping, clock):
    made = Told(rooms, await hold(), keeping, clock)
    async with rooms.data.transaction(rooms.platform) as tx:
        await tx.execute("DELETE FROM bailee.mail_route WHERE controller_id = $1", rooms.platform)
    async with serving(keeping) as port:
        made.port = port
        made.connect(port)
        yield made


async def test_a_notice_arrives_once_with_its_proof(told):
    notice = await told.queue()
    assert await told.go_on() == 1
    assert await told.go_on() == 0
    [envelope] = told.keeping.mails
    mail = read(envelope.content)
    assert envelope.rcpt_tos == ["privacy@alpages.example"]
    [sent] = [one for one in await told.entries() if one["kind"] == "notice-sent"]
    assert sent["details"]["message_id"] == mail["Message-ID"]
    assert sent["details"]["answer"] == "taken"
    entered = await told.entered(notice)
    assert (entered.standing, [one.digest for one in entered.deliveries]) == ("sent", [sent["digest"]])
    kinds = await told.kinds()
    assert kinds.index("notice-opened-to-send") < kinds.index("notice-sent")
    said = str(await told.entries())
    assert "privacy@alpages.example" not in said
    assert "Élodie" not in said


@pytest.mark.parametrize("language", ["en", "fr"])
async def test_it_is_written_in_the_language_of_the_agreement_with_its_files(rooms, hold, keeping, language):
    made = Told(rooms, await hold(language=language), keeping)
    file = Attachment("request.json", "application/json", b'{"a": 1}')
    async with serving(keeping) as port:
        made.connect(port)
        await made.queue(formal=True, attachments=(file,))
        await made.go_on()
    mail = read(keeping.mails[0].content)
    assert mail["Content-Language"] == language
    assert ("Depuis le" if language == "fr" else "Since") in mail.get_body(("plain",)).get_content()
    assert "Élodie &lt;script&gt;" in mail.get_body(("html",)).get_content()
    files = {part.get_filename(): part.get_content() for part in mail.iter_attachments()}
    assert files["request.json"] == file.content
    assert files["officer.pdf"].startswith(b"%PDF-")


async def test_what_it_was_owed_for_is_discharged_by_the_sending(told):
    async with told.rooms.committing.transaction(told.id) as change:
        owed = await told.promised.obligations.open(change, promise(told.rooms.clock.now()), by="tests")
    notice = await told.queue(discharges=owed)
    assert (await told.owed())["request/1"] == "open"
    await told.go_on()
    [one] = await told.promised.obligations.listed(told.id)
    assert (one.state, one.proof) == ("discharged", f"notice/{notice}")


async def test_a_crash_between_the_servers_answer_and_our_commit_sends_the_very_same_mail(told, monkeypatch):
    notice = await told.queue(formal=True)

    async def dies(*_args):
        raise Died

    with monkeypatch.context() as killed:
        killed.setattr(told.promised.settling, "settle", dies)
        with pytest.raises(Died):
            await told.go_on()
    assert len(told.keeping.mails) == 1
    assert await told.go_on() == 0, "the claim stands for some minutes"
    told.clock.write_text("+6m")
    assert await Told(told.rooms, told.holder, told.keeping).connected(told.port).go_on() == 1
    first, second = told.keeping.mails
    assert first.content == second.content, "its receiver recognises it"
    assert (await told.entered(notice)).standing == "sent"
    assert (await told.kinds()).count("notice-sent") == 1


async def test_a_line_that_breaks_after_the_mail_was_given_sends_the_very_same_mail(told):
    got = []

    async def cut(reader, writer):
        writer.write(b"220 mail.example\r\n")
        data = b""
        while line := await reader.readline():
            if data or line.upper().startswith(b"DATA"):
                data += line
                if line == b".\r\n":
                    got.append(data.partition(b"\r\n")[2])
                    break
                if len(data) == len(line):
                    writer.write(b"354 go on\r\n")
            else:
                writer.write(b"250 ok\r\n")
        writer.close()

    notice = await told.queue()
    server = await asyncio.start_server(cut, "127.0.0.1", 0)
    async with server:
        told.connect(server.sockets[0].getsockname()[1])
        await told.go_on()
    assert len(got) == 1
    assert (await told.entered(notice)).standing == "waiting"
    told.clock.write_text("+1m")
    told.connect(told.port)
    await told.go_on()
    assert read(got[0])["Message-ID"] == read(told.keeping.mails[0].content)["Message-ID"]
    assert (await told.entered(notice)).standing == "sent"


async def test_three_hours_without_a_mail_server_lose_nothing_and_say_so(told):
    notices = [await told.queue(subject=f"request/{number}") for number in range(20)]
    told.connect(1)  # nobody listens there
    platform = told.promised.post
    for minutes in (0, 1, 59, 61, 120, 180):
        told.clock.write_text(f"+{minutes}m")
        await told.go_on()
        states = {(await told.entered(one)).standing for one in notices}
        assert states == ({"waiting"} if minutes < 60 else {"late"}), minutes
        standing = await platform.standing()
        assert (standing.state, standing.reason) == ("away", "away")
    assert len([one for one in (await told.owed()).values() if one == "open"]) == 20
    tries = sum([sum(d.attempts for d in (await told.entered(one)).deliveries) for one in notices])
    assert tries < 20, "while nothing leaves one is tried, not all of them"
    assert (await told.health())["mail"].startswith("away since ")
    home = (await (await told.operator()).get("/")).raw.decode()
    assert "No mail leaves since" in home
    told.connect(told.port)
    told.clock.write_text("+186m")
    await told.go_on()
    assert {(await told.entered(one)).standing for one in notices} == {"sent"}
    assert len(told.keeping.mails) == 20
    assert len({read(one.content)["Message-ID"] for one in told.keeping.mails}) == 20
    assert set((await told.owed()).values()) == {"discharged"}
    assert (await platform.standing()).state == "open"
    assert (await told.health())["mail"] == "ready"


async def test_a_process_that_starts_while_mail_is_away_tries_one_first(told):
    for number in range(5):
        await told.queue(subject=f"request/{number}")
    told.connect(1)
    await told.go_on()
    told.clock.write_text("+1m")
    fresh = Told(told.rooms, told.holder, told.keeping).connected(1)
    assert await fresh.go_on() == 1
    fresh.connect(told.port)
    told.clock.write_text("+2m")
    await fresh.go_on()
    assert len(told.keeping.mails) == 5


async def test_not_now_is_tried_again_after_pauses_that_grow(told):
    told.keeping.at_rcpt["privacy@alpages.example"] = "450 later"
    notice = await told.queue()
    waits = []
    for _ in range(4):
        await told.go_on()
        entered = await told.entered(notice)
        now = told.rooms.clock.now()
        waits.append(round((entered.due_at - now).total_seconds(), -1))
        told.clock.write_text(f"+{int((entered.due_at - now + told.moved()).total_seconds()) + 1}s")
    assert waits == [30, 60, 120, 300]
    assert (await told.promised.post.standing()).state == "open", "it is about this mail, not about the way"
    other = await told.queue(kind="breach", subject="request/2")
    told.keeping.at_rcpt.clear()
    await told.go_on()
    assert (await told.entered(other)).standing == "sent"


@pytest.mark.parametrize(("when", "answer"), [("at_rcpt", "550 no such user"), ("after_data", "554 not this")])
async def test_what_is_refused_for_ever_stands_until_a_human_gives_it_another_way(told, when, answer):
    getattr(told.keeping, when)["privacy@alpages.example"] = answer
    notice = await told.queue()
    await told.go_on()
    entered = await told.entered(notice)
    assert (entered.standing, entered.reason) == ("failed", answer[:3])
    assert (await told.owed())[f"notice/{notice}/failed/0"] == "open"
    getattr(told.keeping, when).clear()
    [staff] = told.keeping.mails
    assert staff.rcpt_tos == ["dpo@passerelle.example"], "our own people are told"
    told_in = read(staff.content).get_body(("plain",)).get_content()
    said = ("the mail server said {}", "le serveur de courrier a dit {}")
    assert any(one.format(answer[:3]) in told_in for one in said), told_in
    assert f"/notices/{told.id}/{notice}" in read(staff.content).get_body(("plain",)).get_content()
    tending = told.promised.tending
    for address in ("elsewhere@alpages.example", "dpo@passerelle.example", ""):
        with pytest.raises(NotNamed):
            await tending.elsewhere(told.id, notice, address, by="tests")
    await tending.elsewhere(told.id, notice, "privacy@alpages.example", by="tests")
    with pytest.raises(NothingToTend):
        await tending.again(told.id, notice, by="tests")
    await told.go_on()
    assert (await told.entered(notice)).standing == "sent"
    assert (await told.owed())[f"notice/{notice}/failed/0"] == "discharged"


async def test_an_address_nobody_could_reach_and_no_address_at_all_fail_at_once(told, rooms, hold, keeping):
    notice = await told.queue(kind="contact", to="a@x.example\r\nBcc: b@y.example")
    await told.go_on()
    assert (await told.entered(notice)).reason == "recipient-malformed"
    nobody = Told(rooms, Unsigned(await rooms.filing.open_dossier("Nobody", by="tests")), keeping).connected(told.port)
    lost = await nobody.queue()
    await nobody.go_on()
    assert (await nobody.entered(lost)).reason == "no-address"
    broken = await told.queue(letter="contact_data/nothing")
    await told.go_on()
    assert (await told.entered(broken)).reason == "letter-broken"
    assert all(told.id.hex in str(read(one.content)["Message-ID"]) for one in keeping.mails)


async def test_a_bounce_opens_an_obligation_after_the_fact(told):
    notice = await told.queue()
    await told.go_on()
    found = bounced(report(id=read(told.keeping.mails[0].content)["Message-ID"]))
    assert found is not None
    assert await told.promised.bouncing.note(found)
    assert not await told.promised.bouncing.note(found), "once"
    assert not await told.promised.bouncing.note(msgspec.structs.replace(found, notice=new_id()))
    entered = await told.entered(notice)
    assert (entered.standing, entered.reason) == ("failed", "bounced 5.1.1")
    assert [one.outcome for one in entered.deliveries[0].tries] == ["sent", "bounced"]
    assert (await told.owed())[f"notice/{notice}/failed/0"] == "open"
    await told.promised.tending.again(told.id, notice, by="tests")
    await told.go_on()
    ids = [read(one.content)["Message-ID"] for one in told.keeping.mails if b"privacy@" in one.content]
    assert len(set(ids)) == 2, "a human sent it anew: that is another mail"
    assert not await told.promised.bouncing.note(msgspec.structs.replace(found, recipient="0" * 16))


async def test_a_notice_that_was_altered_is_neither_sent_on_nor_shown(told, rooms):
    notice = await told.queue()
    await told.go_on()
    found = bounced(report(id=read(told.keeping.mails[0].content)["Message-ID"]))
    assert found is not None
    assert await told.promised.bouncing.note(found)
    async with rooms.data.transaction(told.id) as tx:
        sql = "UPDATE bailee.notice SET sealed = set_byte(sealed, 40, get_byte(sealed, 40) # 1) WHERE notice_id = $1"
        assert await tx.execute(f"{sql} AND controller_id = $2", notice, told.id) == "UPDATE 1"
    tending = told.promised.tending
    for tried in (
        tending.again(told.id, notice, by="tests"),
        tending.elsewhere(told.id, notice, "privacy@alpages.example", by="tests"),
        tending.read(told.id, notice, by="tests"),
    ):
        with pytest.raises(AlteredNotice):
            await tried
    assert (await told.entered(notice)).standing == "failed"
    assert (await told.owed())[f"notice/{notice}/failed/0"] == "open"


async def test_the_officer_gets_a_copy_where_it_was_agreed_and_only_there(rooms, hold, keeping):
    officer = {"name": "Ada", "email": "dpo@alpages.example"}
    term = {"value": "yes", "clause": "parties.dpo", "ours": True}
    changes = {"parties.controller.dpo": officer, "terms.contact_data.officer_copy": term}
    made = Told(rooms, await hold(**changes), keeping)
    async with serving(keeping) as port:
        made.connect(port)
        notice = await made.queue()
        await made.go_on()
    assert sorted(one.rcpt_tos[0] for one in keeping.mails) == ["dpo@alpages.example", "privacy@alpages.example"]
    assert {one.role: one.state for one in (await made.entered(notice)).deliveries} == {"to": "sent", "copy": "sent"}


async def test_one_recipient_that_waits_does_not_send_the_other_twice(rooms, hold, keeping, clock):
    officer = {"name": "Ada", "email": "dpo@alpages.example"}
    term = {"value": "yes", "clause": "parties.dpo", "ours": True}
    changes = {"parties.controller.dpo": officer, "terms.contact_data.officer_copy": term}
    made = Told(rooms, await hold(**changes), keeping, clock)
    keeping.at_rcpt["dpo@alpages.example"] = "450 later"
    async with serving(keeping) as port:
        made.connect(port)
        notice = await made.queue()
        await made.go_on()
        assert (await made.entered(notice)).sent_at is not None, "whoever it is for has it"
        keeping.at_rcpt.clear()
        clock.write_text("+2m")
        await made.go_on()
    assert sorted(one.rcpt_tos[0] for one in keeping.mails) == ["dpo@alpages.example", "privacy@alpages.example"]
    assert (await made.entered(notice)).standing == "sent"


async def test_systems_that_listen_hear_of_it_by_ids_alone(told):
    from bailee.processing.webhooks import queries

    async with told.rooms.data.transaction(told.id) as tx:
        now = told.rooms.clock.now()
        await tx.execute(queries.INSERT, told.id, new_id(), ["notice.sent", "notice.failed"], "tests", now, b"x")
    notice = await told.queue()
    await told.go_on()
    async with told.rooms.data.transaction(told.id) as tx:
        rows = await tx.fetch(
            "SELECT event, notice_id, person_id FROM bailee.webhook_delivery WHERE controller_id = $1", told.id
        )
    assert [tuple(row) for row in rows] == [("notice.sent", notice, None)]


async def test_a_letters_text_is_shredded_after_its_term_and_its_proof_stays(told):
    notice, failed = await told.queue(), await told.queue(kind="contact", to="nobody", subject="request/2")
    await told.go_on()
    for days, held in ((29, True), (31, False)):
        told.clock.write_text(f"+{days}d")
        await told.promised.keeping.forget(told.id)
        assert (await told.entered(notice)).held is held, days
    assert (await told.entered(failed)).held, "what did not arrive is not forgotten"
    with pytest.raises(KeyGone):
        await told.rooms.keys.controller_key(told.id, f"notice/{notice}", create=False)
    assert (await told.entered(notice)).deliveries[0].digest
    assert await told.promised.tending.read(told.id, notice, by="tests") is None
    assert "notice-text-shredded" in await told.kinds()


async def test_reading_a_notice_is_on_record_and_shows_no_link_that_acts(told):
    notice = await told.queue(letter="contact_data/verify", values={
        "address": "a@x.example", "slots": ["x"], "until": "1 July", "link": "https://b.example/act/" + "a" * 86,
    })  # fmt: skip
    said = await told.promised.tending.read(told.id, notice, by="reader")
    assert said is not None
    assert said.to == ("privacy@alpages.example",)
    assert "/act/…" in said.letter.text
    assert "aaaa" not in said.letter.text + said.letter.html
    [entry] = [one for one in await told.entries() if one["kind"] == "notice-read"]
    assert (entry["actor"], entry["details"]) == ("reader", {"notice": str(notice)})
    with pytest.raises(NoNotice):
        await told.promised.tending.read(told.id, new_id(), by="reader")


MANY = 10_000 if os.environ.get("LONG") == "1" else 150


async def test_a_long_queue_goes_out_whole_and_others_are_not_kept_waiting(told, rooms, hold, keeping):
    other = Told(rooms, await hold(), keeping)
    async with rooms.committing.transaction(told.id) as change:
        for number in range(MANY):
            await told.promised.queueing.queue(
                change, msgspec.structs.replace(NOTICE, subject=f"request/{number}"), by="tests"
            )
    late = await other.queue()

    async def both():
        return [told.id, other.id]

    told.promised.everyone = both  # type: ignore[method-assign]
    [sending] = [duty.do for duty in told.promised.letters_due() if duty.name == "notices"]
    while await sending():
        pass
    position = [other.id.hex in one.content.decode(errors="replace") for one in keeping.mails].index(True)
    assert position <= AT_ONCE + SIDE_BY_SIDE, "each controller in turn"
    assert len({read(one.content)["Message-ID"] for one in keeping.mails}) == len(keeping.mails) == MANY + 1
    assert (await other.entered(late)).standing == "sent"


async def test_two_processes_send_each_notice_once(told):
    notices = [await told.queue(subject=f"request/{number}") for number in range(12)]
    second = Told(told.rooms, told.holder, told.keeping).connected(told.port)
    await asyncio.gather(told.go_on(), second.go_on())
    assert len(told.keeping.mails) == 12
    assert {(await told.entered(one)).standing for one in notices} == {"sent"}


async def test_the_pages_show_each_notice_to_whoever_it_is_for_and_let_it_be_sent_on(told, rooms, hold):
    told.keeping.at_rcpt["privacy@alpages.example"] = "550 no such user"
    notice = await told.queue()
    await told.go_on()
    path = f"/notices/{told.id}/{notice}"
    own, operator = await told.signed_in(await told.staff("controller-dpo")), await told.operator()
    stranger = Household(rooms, (await hold()).id)
    other = await stranger.signed_in(await stranger.staff("controller-dpo"))
    for browser in (own, operator):
        listed = (await browser.get("/notices")).raw.decode()
        assert path in listed
        assert "did not arrive" in listed
        shown = (await browser.get(path)).raw.decode()
        assert "the mail server said 550" in shown
        assert "Élodie" not in shown, "what it says is opened on record"
    assert "A notice did not arrive" in (await operator.get("/notices")).raw.decode(), "the letter to our own staff"
    assert "letter-" not in (await operator.get("/notices")).raw.decode()
    assert "to our staff" not in (await own.get("/notices")).raw.decode()
    for browser, where in (
        (other, path),
        (own, f"/notices/{stranger.id}/{notice}"),
        (own, f"/notices/{told.id}/{new_id()}"),
    ):
        assert (await browser.get(where)).status == 404
        assert (await browser.post(where, act="open")).status == 404
    read_ = (await own.post(path, act="open")).raw.decode()
    assert "Élodie &lt;script&gt;" in read_
    assert "privacy@alpages.example" in read_
    told.keeping.at_rcpt.clear()
    assert (await own.post(path, act="elsewhere", address="x@y.example")).status == 422
    assert (await own.post(path, act="again")).status == 303
    assert (await own.post(path, act="again")).status == 409
    assert (await own.post(path, act="nothing")).status == 404
    await told.go_on()
    done = (await own.get(path)).raw.decode()
    assert "A server took it over" in done
    assert read(told.keeping.mails[-1].content)["Message-ID"].strip("<>") in done


async def test_the_api_tells_a_controller_of_its_own_notices_and_never_what_they_say(told, rooms, hold):
    notices = [await told.queue(subject=f"request/{number}") for number in range(3)]
    await told.go_on()
    app = Application(data_plane(rooms), control_plane(rooms))
    client = await told.holder.client("contract-administration")
    client.app = app
    page = (await client("GET", "/api/v1/notices", query="limit=2")).body
    assert [one["id"] for one in page["notices"]] == [str(notices[2]), str(notices[1])]
    rest = (await client("GET", "/api/v1/notices", query=f"limit=2&before={page['before']}")).body
    assert ([one["id"] for one in rest["notices"]], rest["before"]) == ([str(notices[0])], None)
    one = (await client("GET", f"/api/v1/notices/{notices[0]}")).body
    assert one["state"] == "sent"
    assert [each["outcome"] for each in one["deliveries"][0]["attempts"]] == ["sent"]
    assert "alpages.example" not in str(one)
    other = await (await hold()).client("contract-administration")
    other.app = app
    assert (await other("GET", f"/api/v1/notices/{notices[0]}")).status == 404
    assert (await other("GET", "/api/v1/notices")).body["notices"] == []


async def test_an_hour_is_an_hour_also_between_two_tries(told):
    told.keeping.at_rcpt["privacy@alpages.example"] = "450 later"
    notice = await told.queue()
    for minutes in (0, 1, 2, 4, 9, 19, 34, 49):
        told.clock.write_text(f"+{minutes}m")
        await told.go_on()
    told.clock.write_text("+59m")
    await told.go_on()
    assert (await told.entered(notice)).standing == "waiting"
    told.clock.write_text("+61m")
    assert await told.go_on() == 0, "not its turn yet"
    assert (await told.entered(notice)).standing == "late"
    assert (await told.owed())[f"notice/{notice}/unsent"] == "open"


class Tarpit(Later):
    """A server that takes each mail, and says so only when it is let."""

    def __init__(self) -> None:
        super().__init__()
        self.begun, self.gate = 0, asyncio.Event()

    async def handle_DATA(self, server, session, envelope):
        self.begun += 1
        await self.gate.wait()
        return await super().handle_DATA(server, session, envelope)


async def claims(told) -> set:
    async with told.rooms.data.transaction(told.id) as tx:
        sql = "SELECT claimed_until FROM bailee.notice WHERE controller_id = $1 AND state = 'waiting'"
        return {row["claimed_until"] for row in await tx.fetch(sql, told.id)}


async def test_nothing_is_sent_twice_while_its_sender_waits_for_a_server_that_is_slow(rooms, hold, clock, monkeypatch):
    monkeypatch.setattr(claiming, "PROLONGED_EVERY_SECONDS", 0.05)
    tarpit = Tarpit()
    slow, other = (Told(rooms, holder, tarpit, clock) for holder in [await hold()] * 2)
    notices = [await slow.queue(subject=f"request/{number}") for number in range(12)]
    async with serving(tarpit) as port:
        slow.connect(port)
        other.connect(port)
        sending = asyncio.create_task(slow.promised.sending.send(slow.id))
        while tarpit.begun < SIDE_BY_SIDE:
            await asyncio.sleep(0.02)
        for minutes in (4, 8, 12):  # each beyond the claim of the step before the last
            clock.write_text(f"+{minutes}m")
            while not min(await claims(slow)) >= rooms.clock.now() + timedelta(minutes=4):
                await asyncio.sleep(0.02)
        assert await other.promised.sending.send(other.id) == 0
        tarpit.gate.set()
        assert await sending == 12
        assert await other.promised.sending.send(other.id) == 0
    assert len({read(one.content)["Message-ID"] for one in tarpit.mails}) == len(tarpit.mails) == 12
    assert {(await slow.entered(one)).standing for one in notices} == {"sent"}
    assert [one for one in await slow.kinds() if one == "notice-sent"] == ["notice-sent"] * 12


async def test_a_sender_that_could_not_keep_its_claims_leaves_the_rest_to_another(rooms, hold, clock, monkeypatch):
    async def away(*_given):
        raise Unavailable("away")

    tarpit = Tarpit()
    slow, other = (Told(rooms, holder, tarpit, clock) for holder in [await hold()] * 2)
    slow.promised.sending._room = asyncio.Semaphore(1)
    monkeypatch.setattr(claiming, "PROLONGED_EVERY_SECONDS", 0.01)
    monkeypatch.setattr(slow.promised.sending.claiming, "prolong", away)
    notices = [await slow.queue(subject=f"request/{number}") for number in range(3)]
    async with serving(tarpit) as port:
        slow.connect(port)
        other.connect(port)
        sending = asyncio.create_task(slow.promised.sending.send(slow.id))
        while not tarpit.begun:
            await asyncio.sleep(0.02)
        clock.write_text("+290s")  # the claim stands for ten seconds more: too short to hand a mail over
        tarpit.gate.set()
        assert await sending == 3
        assert len(tarpit.mails) == 1
        assert await other.promised.sending.send(other.id) == 2
    assert len({read(one.content)["Message-ID"] for one in tarpit.mails}) == len(tarpit.mails) == 3
    assert {(await slow.entered(one)).standing for one in notices} == {"sent"}


async def test_a_setting_that_is_wrong_fails_no_letter(told):
    notice = await told.queue()
    changed = msgspec.structs.replace(told.promised.mailing._settings, mail_from="A B <a@x.example>")
    told.promised.mailing._settings = changed
    await told.go_on()
    assert (await told.entered(notice)).standing == "waiting"
    assert (await told.promised.post.standing()).reason == "sender-malformed"


async def test_a_letter_that_cannot_be_sent_does_not_open_the_way(told):
    await told.queue()
    told.connect(1)
    await told.go_on()
    await told.queue(kind="contact", to="nobody", subject="request/2")
    told.clock.write_text("+1m")
    await told.go_on()
    assert (await told.promised.post.standing()).state == "away"


async def test_once_destruction_has_begun_nothing_leaves_and_no_key_is_made(rooms, hold, keeping):
    made = Told(rooms, await hold(), keeping)
    await made.queue()
    async with rooms.data.transaction(made.id) as tx:
        await tx.execute(gate.CLOSE_GATE, made.id, "destroying")
    async with serving(keeping) as port:
        made.connect(port)
        assert await made.go_on() == 0
        assert await made.promised.contacts.due(made.id) == 0
    assert keeping.mails == []
    for name in ("addresses", "contacts"):
        with pytest.raises(KeyGone):
            await rooms.keys.controller_key(made.id, name, create=False)


@pytest.mark.parametrize(("reason", "en", "fr"), [
    ("550", "the mail server said 550", "le serveur de courrier a dit 550"),
    ("bounced 5.1.1", "came back (5.1.1)", "est revenue (5.1.1)"),
    ("no-address", "no address is agreed for it", "aucune adresse n'est convenue pour elle"),
    ("never-heard-of", "never-heard-of", "never-heard-of"),
])  # fmt: skip
def test_why_a_notice_failed_is_said_in_words(reason, en, fr):
    assert (why("en", reason), why("fr", reason)) == (en, fr)

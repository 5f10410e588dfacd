"""Notices arrive, once, provably; and what does not arrive is nobody's secret."""

import msgspec
import pytest
from tests.household import Household
from tests.integration.test_mail import Keeping, read, serving

from bailee.obligations.notices.notice import Notice
from bailee.promised import Promised


class Told(Household):
    """A controller whose notices go to a server of the test's own, and whose hours can be moved on."""

    def __init__(self, rooms, holder, keeping) -> None:
        super().__init__(rooms, holder.id, holder)
        self.keeping = keeping
        self.promised = Promised(rooms)
        self.promised.everyone = self._own  # type: ignore[method-assign]  # -- this controller alone

    async def _own(self):
        return [self.id]

    def connect(self, port: int, **more) -> None:
        changed = {"smtp_url": f"smtp://127.0.0.1:{port}" if port else "", "sandbox": False, **more}
        settings = msgspec.structs.replace(self.rooms.settings, **changed)
        self.promised.mailing._settings = settings

    async def queue(self, **changes):
        notice = NOTICE if not changes else msgspec.structs.replace(NOTICE, **changes)
        async with self.rooms.committing.transaction(self.id) as change:
            return await self.promised.queueing.queue(change, notice, by="tests")

    async def go_on(self) -> int:
        return await self.promised.sending.go_on()

    async def entered(self, notice):
        found = await self.promised.book.one(self.id, notice)
        assert found is not None
        return found

    async def kinds(self) -> list[str]:
        return [one["kind"] for one in await self.entries()]

    async def owed(self) -> dict[str, str]:
        return {one.promise.subject: one.state for one in await self.promised.obligations.listed(self.id)}


NOTICE = Notice(
    kind="request", clause="rights.forward", subject="request/1", letter="contact_data/officer",
    values={"day": "1 July", "whose": "our officer", "name": "Élodie <script>", "email": "dpo@passerelle.example"},
)  # fmt: skip


@pytest.fixture
async def keeping():
    return Keeping()


@pytest.fixture
async def told(rooms, hold, keeping):
    made = Told(rooms, await hold(), keeping)
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

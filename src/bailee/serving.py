"""What a server process serves: the rooms of the house behind HTTP. Only servers pay for the framework."""

import asyncio
import gc
from contextlib import AsyncExitStack
from typing import Any

from bailee.api.application import Application
from bailee.api.calling import Parts
from bailee.api.control.admission import Admission
from bailee.api.control.health import Dependencies
from bailee.api.wire import Receive, Scope, Send
from bailee.house import Rooms, furnish
from bailee.infra.database import Unavailable
from bailee.infra.premises import Premises
from bailee.infra.settings import Settings

COLLECTING = (20_000, 20, 20)


class Served:
    """The ASGI application of one server process: its rooms open when it starts and close when it stops."""

    def __init__(self, settings: Settings, premises: Premises) -> None:
        self._settings = settings
        self._premises = premises
        self._application: Application | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request, or live through start and stop."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif self._application is not None:
            await self._application(scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        async with AsyncExitStack() as stack:
            rooms = await self._furnished(stack)
            self._application = Application(data_plane(rooms), control_plane(rooms))
            gc.freeze()  # what stands from here on is not looked through again and again
            gc.set_threshold(*COLLECTING)
            await send({"type": "lifespan.startup.complete"})
            await receive()
        await send({"type": "lifespan.shutdown.complete"})

    async def _furnished(self, stack: AsyncExitStack) -> Rooms:
        while True:
            try:
                return await stack.enter_async_context(furnish(self._settings, self._premises.addresses()))
            except Unavailable as away:
                await asyncio.sleep(away.retry_after)


def data_plane(rooms: Rooms) -> Parts:
    """What the data plane is given."""
    return Parts(
        credentials=rooms.credentials,
        passage=rooms.passage,
        sets=rooms.sets,
        records=rooms.records,
        people=rooms.people,
        keys=rooms.keys,
        clock=rooms.clock,
        place=rooms.settings.region,
    )


def control_plane(rooms: Rooms) -> dict[str, Any]:
    """What the control plane is given, by name."""
    return {
        "admission": Admission(rooms.credentials, rooms.passage, rooms.platform),
        "filing": rooms.filing,
        "archive": rooms.archive,
        "credentials": rooms.credentials,
        "reading": rooms.reading,
        "appending": rooms.appending,
        "log_key": rooms.log_key,
        "clock": rooms.clock,
        "ending": rooms.ending,
        "returns": rooms.settings.returns,
        "certificates": rooms.settings.certificates,
        "dependencies": Dependencies(
            named={"data": rooms.data, "control": rooms.control, "key store": rooms.key_store}, clock=rooms.clock
        ),
    }

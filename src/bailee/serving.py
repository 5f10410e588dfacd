"""What a server process serves: the rooms of the house behind HTTP. Only servers pay for the framework."""

import gc
from contextlib import AsyncExitStack
from functools import cached_property
from typing import Any

import structlog
from litestar import Litestar

from bailee.api.application import Application
from bailee.api.calling import Parts
from bailee.api.control.admission import Admission
from bailee.api.control.exchanges import Exchange
from bailee.api.control.health import Dependencies
from bailee.api.scim import Directory
from bailee.api.wire import Receive, Scope, Send
from bailee.console.application import console
from bailee.furnishing import entered, furnish, vouched
from bailee.gate.changing import Changing
from bailee.gate.uploading import Uploading
from bailee.house import Rooms
from bailee.infra.patience import Patience
from bailee.infra.premises import Premises
from bailee.infra.settings import Settings
from bailee.ledger.altered import Noticing
from bailee.processing.accounts.photographs import Photographs
from bailee.processing.accounts.provisioning import Provisioning
from bailee.processing.accounts.scim.given import Given, NoPasswords, Passwords
from bailee.wings import Wings

log = structlog.get_logger()
OF_PROGRAMS = frozenset({"api", "opendsr", "scim", "log", "health", "metrics", "openapi.json", "docs"})
COLLECTING = (20_000, 20, 20)


class Served:
    """The ASGI application of one server process: its rooms open when it starts and close when it stops."""

    def __init__(self, settings: Settings, premises: Premises) -> None:
        self._settings = settings
        self._premises = premises
        self._application: Doors | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request, or live through start and stop."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif self._application is not None:
            await self._application(scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        async with AsyncExitStack() as stack:
            addresses = self._premises.addresses()
            vouch = vouched(self._settings, addresses)
            rooms = await entered(stack, lambda: furnish(self._settings, addresses, vouch=vouch))
            wings = Wings(rooms)
            stack.push_async_callback(wings.promised.refusals.flush)
            self._application = Doors(rooms, wings).stand_ready()
            gc.freeze()  # what stands from here on is not looked through again and again
            gc.set_threshold(*COLLECTING)
            await send({"type": "lifespan.startup.complete"})
            await receive()
        await send({"type": "lifespan.shutdown.complete"})


class Doors:
    """The two front doors of one server process: the API for programs, the console for people."""

    def __init__(self, rooms: Rooms, wings: Wings | None = None) -> None:
        self._rooms = rooms
        self._wings = wings or Wings(rooms)

    @cached_property
    def api(self) -> Application:
        """The door for programs."""
        rooms, wings = self._rooms, self._wings
        return Application(data_plane(rooms, wings), control_plane(rooms, wings), directory(rooms, wings=wings))

    @cached_property
    def console(self) -> Litestar:
        """The door for people."""
        given = self._wings.given_to_pages() | {"noticing": noticing(self._rooms)}
        return console(self._wings.visiting, self._wings.pages, given)

    def stand_ready(self) -> "Doors":
        """Make both now rather than for the first who comes."""
        _ = self.api, self.console
        return self

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Route by the path's first word."""
        first = scope["path"].split("/", 2)[1] if scope["type"] == "http" else ""
        door: Any = self.api if first in OF_PROGRAMS else self.console
        try:
            await door(scope, Patience(receive), send)
        except ConnectionAbortedError:  # said already
            raise
        except Exception as error:  # the ASGI edge: the server would write its words down, which may be somebody's
            log.error("answer cut", kind=type(error).__name__, exc_info=error)
            raise ConnectionAbortedError("the answer was cut") from None


def data_plane(rooms: Rooms, wings: Wings | None = None) -> Parts:
    """What the data plane is given."""
    return Parts(
        credentials=rooms.credentials,
        passage=rooms.passage,
        sets=rooms.sets,
        finding=rooms.further.finding,
        relations=rooms.further.relations,
        records=rooms.records,
        people=rooms.people,
        erasures=(wings or Wings(rooms)).access.erasures,
        files=rooms.files,
        uploading=uploading(rooms),
        photographs=Photographs(),
        keys=rooms.keys,
        clock=rooms.clock,
        place=rooms.settings.region,
        noticing=noticing(rooms),
    )


def noticing(rooms: Rooms) -> Noticing:
    """Who writes down what is found altered."""
    return rooms.noticing


def uploading(rooms: Rooms) -> Uploading:
    """The way in for photographs and files."""
    changing = Changing(passage=rooms.passage, appending=rooms.appending, committing=rooms.committing)
    return Uploading(
        changing=changing, records=rooms.records, files=rooms.files.files, keys=rooms.keys, database=rooms.data,
        clock=rooms.clock,
    )  # fmt: skip


def directory(rooms: Rooms, passwords: Passwords | None = None, *, wings: Wings | None = None) -> Directory:
    """The SCIM endpoints; without somewhere for passwords to go, directories set none."""
    changing = Changing(passage=rooms.passage, appending=rooms.appending, committing=rooms.committing)
    given = Given(
        passage=rooms.passage, changing=changing, appending=rooms.appending, sets=rooms.sets, records=rooms.records,
        people=rooms.people, erasures=(wings or Wings(rooms)).access.erasures,
        provisioning=Provisioning(rooms.committing, rooms.clock), database=rooms.data, keys=rooms.keys,
        clock=rooms.clock, passwords=passwords or NoPasswords(), place=rooms.settings.region,
    )  # fmt: skip
    return Directory(rooms.credentials, given, noticing(rooms))


def control_plane(rooms: Rooms, wings: Wings | None = None) -> dict[str, Any]:
    """What the control plane is given, by name."""
    wings = wings or Wings(rooms)
    return {
        "approvals": wings.access.approvals,
        "issuing": wings.access.issuing,
        "group_roles": wings.access.group_roles,
        "noticing": noticing(rooms),
        "admission": Admission(rooms.credentials, rooms.passage, rooms.platform),
        "filing": rooms.filing,
        "archive": rooms.archive,
        "credentials": rooms.credentials,
        "reading": rooms.reading,
        "appending": rooms.appending,
        "log_key": rooms.log_key,
        "clock": rooms.clock,
        "ending": rooms.ending,
        "renewing": rooms.further.renewing,
        "name_tokens": rooms.further.name_tokens,
        "subscriptions": wings.webhooks.subscriptions,
        "deliveries": wings.webhooks.deliveries,
        "returns": rooms.settings.returns,
        "certificates": rooms.settings.certificates,
        "exchange": Exchange(
            rooms.credentials, rooms.exchanging.importing, rooms.exchanging.exporting, wings.access.approvals
        ),
        "dependencies": Dependencies(
            named={"data": rooms.data, "control": rooms.control, "key store": rooms.key_store},
            clock=rooms.clock,
            root=rooms.root,
            post=wings.promised.post,
            setbacks=rooms.setbacks,
            backups=wings.backing.book,
        ),
        **wings.promised.given_to_api(),
    }

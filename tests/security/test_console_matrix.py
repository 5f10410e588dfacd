"""The isolation matrix of the doors that the API's document does not describe: the console, SCIM and OpenDSR.

Every route of the console that an id can hide in, as it is served; every id that another controller has, as its tables
hold them. Each attempt is made twice, with one of theirs and with one that never was: the answers are the same.
"""

import base64
import json
import os
import random
import re
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import quote, urlencode
from uuid import UUID, uuid4

from tests.browsing import ORIGIN, Browser
from tests.household import ADMIN, Household
from tests.security.test_matrix import person_like
from tests.speaking import Client, Reply

from bailee.processing.accounts.approving.dangers import Danger
from bailee.vocabulary.ids import new_id
from bailee.vocabulary.parties import ActorKind

LONG = bool(os.environ.get("LONG"))
OTHERS = 400 if LONG else 4  # ids of other kinds that are tried at each place beside those that belong there
PLACE = re.compile(r"\{(\w+):uuid\}")
# What forms carry ids in, and what is asked for in them: all at once, for whoever looks for one finds it.
FIELDS = ("person", "record", "calendar", "credential", "session", "contact", "withdraw", "request", "keep", "group")
WORDS = {
    "act": ("remove", "pause", "test", "run", "forget", "stop", "withdraw", "identify", "answer", "refuse", "revoke"),
    "decision": ("approve", "refuse", "withdraw", "remove"), "step": ("suspend",), "reason": ("asked",),
    "roles": ("viewer",), "right": ("access",), "channel": ("letter",), "words": ("Words enough for anyone.",),
}  # fmt: skip
GROUP = {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "crew"}
USER = {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "probe"}
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
CREDENTIAL = {"actor": "system:x", "kind": "controller_system", "purposes": ["account-management"]}


async def speaking(house: Household, kind: ActorKind, purpose: str) -> Client:
    client = await house.holder.client(purpose, kind=kind, actor=f"{kind}:{os.urandom(3).hex()}")
    return Client(house.app.api, client.token, client.credential)


def subject(id: str, address: str) -> dict[str, Any]:
    """A request as a privacy tool sends it."""
    identity = {"identity_type": "email", "identity_value": address, "identity_format": "raw"}
    return {
        "subject_request_id": id, "subject_request_type": "access", "submitted_time": "2026-11-25T10:00:00Z",
        "subject_identities": [identity],
    }  # fmt: skip


async def furnish(house: Household) -> tuple[list[UUID], list[str]]:
    """Fill a controller with something of everything; its people, and what was planted, to be looked for."""
    marks = [person_like(os.urandom(6).hex()) for _ in range(3)]
    people = [await house.resident(mark, *([ADMIN] if number < 2 else [])) for number, mark in enumerate(marks)]
    staff = await speaking(house, ActorKind.controller_staff, "contract-administration")
    crm = await speaking(house, ActorKind.controller_system, "account-management")
    rights = await speaking(house, ActorKind.controller_staff, "rights-of-persons")
    hook = {"url": "https://hooks.theirs.example/a", "hosts": ["hooks.theirs.example"], "country": "FR"}
    hook = (await staff("POST", "/api/v1/webhooks", hook | {"events": ["person.created"]})).body["webhook"]["id"]
    here, later = f"/api/v1/controllers/{house.id}", {"expires_at": "2090-01-01T00:00:00Z"}
    scim = {"content_type": "application/scim+json"}
    asked = [
        await staff("POST", f"/api/v1/webhooks/{hook}/test"),
        await staff("POST", "/api/v1/obligations/calendars", {}),
        await rights("POST", "/opendsr/requests", subject(str(uuid4()), marks[2]["email"])),
        await crm("POST", "/api/v1/imports", raw=f"E-mail,Last name\n{marks[0]['email']},Doe\n".encode()),
        await crm("POST", "/scim/v2/Groups", GROUP | {"members": [{"value": str(people[2])}]}, **scim),
        await crm("POST", f"/api/v1/persons/{people[2]}/files", raw=b"kept", query="name=a&category=name"),
        *[await rights("POST", "/api/v1/requests", {"right": "access", "person": str(one)}) for one in people],
    ]
    assert {one.status for one in asked} <= {201, 202}, [one.raw for one in asked]
    await house.wings.access.approvals.choose(house.id, frozenset(Danger), by="tests")
    waits = await staff("POST", f"{here}/credentials", CREDENTIAL | later)
    assert waits.status == 409, "it waits for the second administrator"
    await house.wings.promised.notices.due(house.id)
    return people, [mark[field] for mark in marks for field in ("email", "family_name", "user_name", "company")]


async def ids_of(house: Household) -> dict[str, list[str]]:
    """Every id that the tables hold of a controller, by the column that it stands in."""
    found: dict[str, set[str]] = {}
    async with house.rooms.data.transaction(house.id) as tx:
        columns = await tx.fetch(
            "SELECT c.table_name, c.column_name FROM information_schema.columns c WHERE c.table_schema = 'bailee' "
            "AND c.data_type = 'uuid' AND c.column_name <> 'controller_id' AND EXISTS (SELECT FROM "
            "information_schema.columns k WHERE k.table_schema = 'bailee' AND k.table_name = c.table_name "
            "AND k.column_name = 'controller_id')"
        )
        for table, column in columns:
            async with tx.transaction():
                if not await tx.fetchval("SELECT has_column_privilege($1, $2, 'SELECT')", f"bailee.{table}", column):
                    continue
                rows = await tx.fetch(f"SELECT {column} FROM bailee.{table} WHERE controller_id = $1", house.id)
            found.setdefault(column.removesuffix("_id"), set()).update(str(row[0]) for row in rows if row[0])
    return {column: sorted(ids) for column, ids in found.items() if ids}


class Probe:
    """Asks twice and compares."""

    def __init__(self, theirs: Household, held: dict[str, list[str]], planted: Sequence[str], chance: random.Random):
        self.controller, self.held, self.planted, self.chance = str(theirs.id), held, planted, chance
        self.every = {one for ids in held.values() for one in ids} | {self.controller}
        self.wrong: list[str] = []
        self.tried = 0

    def chosen(self, name: str) -> Iterator[str]:
        """Ids for a place of this name: all kinds that belong there, and some that do not."""
        belongs = [ids[-1] for column, ids in self.held.items() if column in (name, name.removesuffix("_id"))]
        others = [ids[0] for ids in self.held.values()]
        yield from belongs
        yield from self.chance.sample(others, min(OTHERS, len(others)))

    def compare(self, where: str, replies: Sequence[Reply], sent: Sequence[Sequence[str]]) -> None:
        """The two answers, to theirs and to what never was, without what was sent."""
        self.tried += 1
        theirs = replies[0]
        shown = [self._shown(*one) for one in zip(replies, sent, strict=True)]
        if shown[0] != shown[1]:
            differ = next((n for n, (a, b) in enumerate(zip(*shown, strict=False)) if a != b), 0)
            cut = [one[max(0, differ - 60) : differ + 160] for one in shown]
            self.wrong.append(f"{where} tells theirs from nobody's:\n  {cut[0]!r}\n  {cut[1]!r}")
        whole = theirs.raw.decode("latin-1") + str(theirs.headers)
        leaked = [one for one in (*self.every, *self.planted) if one not in sent[0] and one in whole]
        if leaked or theirs.status >= 500:
            self.wrong.append(f"{where} answers {theirs.status} with {leaked[:3]}")

    @staticmethod
    def _shown(reply: Reply, sent: Sequence[str]) -> str:
        text = reply.raw.decode("latin-1") + "\n".join(
            f"{name}: {value}" for name, value in sorted(reply.headers.items()) if name != "content-length"
        )
        for one in sent:
            text = text.replace(one, "<sent>").replace(one[-6:], "<end>")
        return f"{reply.status} {text}"

    async def route(self, browser: Browser, method: str, path: str, token: str) -> None:
        """Every place of a route, and every field of what is sent to it."""
        names = PLACE.findall(path)
        first = names[0] if names else "person"
        for one in self.chosen(first):
            pairs = {name: (one, str(new_id())) for name in names if name == first}
            for name in names[1:]:  # never twice the same, which of those that never were it is not either
                other = next((another for another in self.chosen(name) if another != one), str(new_id()))
                pairs[name] = other, str(new_id())
            if "controller" in pairs:
                pairs["controller"] = self.controller, str(new_id())
            form = {name: self.chance.choice(words) for name, words in WORDS.items()} | {"csrf": token}
            if path == "/obligations/calendars":  # of what is made there the link is new each time
                form["act"] = "revoke"
            replies, sent = list[Reply](), list[list[str]]()
            for side in (0, 1):
                filled = path
                for name, pair in pairs.items():
                    filled = filled.replace(f"{{{name}:uuid}}", pair[side])
                value = (one, pairs[first][1] if names else str(new_id()))[side]
                body = urlencode(form | dict.fromkeys(FIELDS, value) | {"word": value[-6:]}).encode()
                asked = browser._ask(method, filled, body if method == "POST" else b"", {"origin": ORIGIN})
                browser.cookies.pop("notice", None)  # what the page before said of itself
                replies.append(await asked)
                sent.append([value, *(pair[side] for pair in pairs.values())])
            self.compare(f"{method} {path} with {one}", replies, sent)


# What ends the visit, begins another, or is for everyone; of what is only for oneself nothing is named by its path.
APART = ("/sign-out", "/sign-in", "/link", "/act", "/assets", "/ask", "/privacy", "/calendar", "/me/sign-in/passkey",
         "/me/sign-in/authenticator", "/me/sign-in/prove", "/me/sign-in/recovery", "/me/sign-in/password")  # fmt: skip
# What is made or changed of one's own by what is sent, whatever ids stand beside it.
OWN = ("/me/edit", "/me/close", "/people/new", "/webhooks", "/rights", "/exports", "/approvals/rule", "/me/rights",
       "/access/roles/new", "/instructions/new", "/instructions/preview", "/instructions/take-in", "/privacy-notice",
       "/contacts", "/imports", "/people/names", "/credentials", "/retention/new")  # fmt: skip


async def entries(house: Household) -> int:
    """How many entries a log holds, integrated or not."""
    async with house.rooms.data.transaction(house.id) as tx:
        return await tx.fetchval("SELECT sum(entries) FROM bailee.ledger_batch WHERE controller_id = $1", house.id)


def routes(house: Household) -> Iterator[tuple[str, str]]:
    """What the console serves and an id can hide in."""
    for route in sorted(house.app.console.routes, key=lambda one: one.path):
        if not route.path.startswith(APART):
            if "GET" in route.methods and PLACE.search(route.path):
                yield "GET", route.path
            if "POST" in route.methods and route.path not in OWN:
                yield "POST", route.path


async def test_no_page_and_no_form_tells_anothers_id_from_one_that_never_was(hold, rooms, capsys):
    seed = int(os.environ.get("SEED", random.SystemRandom().randrange(1 << 32)))
    mine, theirs = [Household(rooms, holder.id, holder) for holder in (await hold(0), await hold(1))]
    boss = await mine.resident(person_like(os.urandom(6).hex()), ADMIN)
    people, planted = await furnish(theirs)
    probe = Probe(theirs, await ids_of(theirs), planted, random.Random(seed))
    before = await entries(theirs)
    browser = await mine.signed_in(boss)
    token = await browser.token()
    for method, path in routes(mine):
        await probe.route(browser, method, path, token)
        assert (await browser.get("/me/sign-in")).status == 200, f"{method} {path} ends the visit"
    assert await entries(theirs) == before, "an attempt stands in their log"
    neighbour = await theirs.signed_in(people[2])  # a person of the same controller, among what is others'
    probe.every, probe.planted = set(), planted[: len(planted) // 3]
    token = await neighbour.token()
    for method, path in routes(theirs):
        if path.startswith("/me/"):
            await probe.route(neighbour, method, path, token)
    with capsys.disabled():
        print(f"\nconsole matrix: seed {seed}, {probe.tried} attempts with ids of {len(probe.held)} kinds")  # noqa: T201
    assert not probe.wrong, f"seed {seed}: {len(probe.wrong)} wrong\n" + "\n".join(probe.wrong[:8])
    assert probe.tried > 200


async def test_no_directory_no_tool_and_no_link_tells_it_either(hold, rooms):
    mine, theirs = [Household(rooms, holder.id, holder) for holder in (await hold(0), await hold(1))]
    _, planted = await furnish(theirs)
    held = await ids_of(theirs)
    probe = Probe(theirs, held, planted, random.Random(1))
    before = await entries(theirs)
    crm = await speaking(mine, ActorKind.controller_system, "account-management")
    tool = await speaking(mine, ActorKind.controller_system, "rights-of-persons")
    scim = {"content_type": "application/scim+json"}
    group = (await crm("POST", "/scim/v2/Groups", GROUP, **scim)).body["id"]

    def patch(path: str, value: Any) -> dict[str, Any]:
        return {"schemas": [PATCH], "Operations": [{"op": "add", "path": path, "value": value}]}

    def bulk(method: str, path: str, data: Any = None) -> dict[str, Any]:
        one = {"method": method, "path": path} | ({"data": data} if data else {})
        return {"schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], "Operations": [one]}

    asked: list[tuple[str, Client, str, str, Any, dict[str, str]]] = [
        *((kind, crm, method, f"/scim/v2/{room}/{{}}", body, scim | tag)
          for kind, room, body in (("person", "Users", USER), ("group", "Groups", GROUP))
          for method in ("GET", "PUT", "DELETE") for tag in ({}, {"if_match": 'W/"1"'}, {"if_none_match": "*"})),
        ("person", crm, "PATCH", "/scim/v2/Users/{}", patch("active", "{}"), scim),
        ("group", crm, "PATCH", "/scim/v2/Groups/{}", patch("displayName", "{}"), scim),
        ("person", crm, "PATCH", f"/scim/v2/Groups/{group}", patch("members", [{"value": "{}"}]), scim),
        ("person", crm, "POST", "/scim/v2/Groups", GROUP | {"members": [{"value": "{}"}]}, scim),
        ("person", crm, "POST", "/scim/v2/Bulk", bulk("DELETE", "/Users/{}"), scim),
        ("person", crm, "POST", "/scim/v2/Bulk", bulk("PATCH", "/Users/{}", patch("active", "x")), scim),
        ("group", crm, "POST", "/scim/v2/Bulk", bulk("DELETE", "/Groups/{}"), scim),
        ("person", crm, "GET", '/scim/v2/Users?filter=id eq "{}"', None, scim),
        ("group", crm, "GET", '/scim/v2/Users?filter=groups eq "{}"', None, scim),
        ("person", crm, "GET", '/scim/v2/Groups?filter=members eq "{}" or id ne "{}"', None, scim),
        *(("subject_request", tool, method, f"/opendsr/requests/{{}}{end}", None, {})
          for method, end in (("GET", ""), ("DELETE", ""), ("GET", "/results"))),
        ("controller", tool, "GET", "/log/{}/checkpoint", None, {}), ("controller", tool, "GET", "/log/{}/tile/0/000", None, {}),
    ]  # fmt: skip
    for kind, client, method, path, body, headers in asked:
        replies, sent = list[Reply](), list[list[str]]()
        for one in ([*held.get(kind, ()), probe.controller][-1 if kind == "controller" else 0], str(uuid4())):
            place, _, query = path.replace("{}", one).partition("?")
            filled = None if body is None else json.loads(json.dumps(body).replace("{}", one))
            replies.append(await client(method, place, filled, query=quote(query, safe="=&"), **headers))
            sent.append([one])
        probe.compare(f"{method} {path} {headers}", replies, sent)
    assert not probe.wrong, "\n".join(probe.wrong[:8])
    assert await entries(theirs) == before


async def test_what_is_spliced_of_two_controllers_opens_nothing(hold, rooms):
    mine, theirs = [Household(rooms, holder.id, holder) for holder in (await hold(0), await hold(1))]
    boss, other = await mine.staff(ADMIN), await theirs.staff(ADMIN)
    crm, their_crm = [await speaking(one, ActorKind.controller_system, "account-management") for one in (mine, theirs)]
    for client in (crm, their_crm):
        await client("POST", "/api/v1/batch", {"create": [{"groups": ["user"]}] * 3})
    cursors = [(await one("GET", "/api/v1/persons", query="limit=1")).body["cursor"] for one in (crm, their_crm)]
    junk = await crm("GET", "/api/v1/persons", query="limit=1&cursor=AAAA")
    for cut in range(4, len(cursors[0]), 8):
        for one in (cursors[0][:cut] + cursors[1][cut:], cursors[1][:cut] + cursors[0][cut:]):
            spliced = await crm("GET", "/api/v1/persons", query=f"limit=1&cursor={one}")
            assert (spliced.status, spliced.raw) == (400, junk.raw), cut
    calendars = [await rooms.owing.calendars.make(one.id, language="en", by="tests") for one in (mine, theirs)]
    links = [await one.wings.accounts.link(one.id, who, "reset", by="tests", lasts=timedelta(hours=1))
             for one, who in ((mine, boss), (theirs, other))]  # fmt: skip
    browser = Browser(mine.app)
    for opened, make in (
        ([path.removeprefix("/calendar/").removesuffix(".ics") for _, path in calendars], "/calendar/{}.ics"),
        ([link.text for link in links], "/link/{}"),
    ):
        whole = [base64.urlsafe_b64decode(text + "==") for text in opened]
        assert [(await browser.get(make.format(text))).status for text in opened] == [200, 200]
        never = "A" * 86
        nothing = await browser.get(make.format(never))
        for at in (16, 32):  # the controller, the row, and the secret
            for one in (whole[0][:at] + whole[1][at:], whole[1][:at] + whole[0][at:]):
                text = base64.urlsafe_b64encode(one).decode().rstrip("=")
                said = await browser.get(make.format(text))
                assert said.status == nothing.status, at
                assert said.raw.replace(text.encode(), b"") == nothing.raw.replace(never.encode(), b""), at

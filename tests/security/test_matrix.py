"""The isolation matrix: every operation that is served, every kind of caller, every place where an id can hide.

Each attempt is made twice, once with something of another controller's, once with something of the same shape
that never was. The two answers must be the same: status, headers, and bytes. What is made anew by an answer
that does something (the name of its ledger entry, the ids of what was created, a sealed cursor) is named in
`MADE_ANEW` and set aside, in good answers only; everything else is compared as it is.

`SEED` chooses other combinations, `LONG=1` makes ten times as many attempts.
"""

import asyncio
import base64
import json
import os
import random
import re
import statistics
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import UUID

import msgspec
import pytest
from tests.speaking import Client, Reply

from bailee.api.application import Application
from bailee.cli.demo import parties
from bailee.serving import control_plane, data_plane
from bailee.vocabulary.ids import new_id
from bailee.vocabulary.parties import ActorKind

LONG = bool(os.environ.get("LONG"))
ATTEMPTS = 100_000 if LONG else 10_000
IN_FLIGHT = 16
# An answer to these may take a second, because what it says must bind everyone when it is said.
SLOW = {("patch", "/api/v1/persons/{person}"), ("delete", "/api/v1/persons/{person}")}
SLOW |= {("delete", "/api/v1/controllers/{controller}/credentials/{credential}")}
SLOW_ATTEMPTS = 40
# A controller's own log says, to itself, for whom it asked: what it says of one it has not asked for yet must be
# nothing, for anyone of B's as for anyone who never was. These are asked for there once each, and nowhere else.
OF_ONE = "/api/v1/controllers/{controller}/ledger/persons/{person}"
QUIET = 400
PURPOSES = ("account-management", "contract-administration", "rights-of-persons")
ID = re.compile(rb"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
MADE_ANEW = re.compile(rb'"(entry|cursor|text|at|made_at|asked_at|changed_at|behind|entries)":("[^"]+"|\d+)')
SAMPLES: dict[str, Any] = {
    "type": "profile", "field": "email", "value": "nobody@nowhere.example", "groups": ["user"], "actor": "system:made",
    "purposes": ["account-management"], "objections": ["statistics"], "kind": "controller_system", "limit": 50, "source": "controller",
    "expires_at": "2090-01-01T00:00:00Z", "name": "Nobody Ltd", "manifest": "0" * 64, "restricted": True,
}  # fmt: skip
FORMS: tuple[Callable[[str], str], ...] = (str.upper, lambda t: t.replace("-", ""), lambda t: "{" + t + "}")


def person_like(mark: str) -> dict[str, Any]:
    """A profile that carries a mark in every field a person could be known by."""
    return {
        "given_name": f"Solveig-{mark}", "family_name": f"Ångström-{mark}", "company": f"Works {mark}",
        "email": f"s.{mark}@chandlers.example", "user_name": f"s-{mark}", "external_id": f"crm-{mark}", "language": "fr",
        "phone": f"+33{int(mark[:7], 16) + 100000000}",
        "postal_address": {"street": f"1 rue {mark}", "city": "Annecy", "postal_code": "74000", "country": "FR"},
    }  # fmt: skip


class Side:
    """One controller with everything it has, by the name of the place where its ids belong."""

    def __init__(self, holder: Any, app: Application) -> None:
        self.holder, self.app = holder, app
        self.things: dict[str, list[str]] = {"controller": [str(holder.id)]}
        self.profiles: list[dict[str, Any]] = []
        self.places: list[tuple[str, str]] = []
        self.cursors: dict[str, list[str]] = {}
        self.keys: list[str] = []
        self.quiet: list[str] = []
        self.client: Client

    @property
    def ids(self) -> set[bytes]:
        """Every id of this side, as text."""
        return {found for texts in self.things.values() for text in texts for found in ID.findall(text.encode())}

    async def speaking(self, kind: ActorKind, *purposes: str) -> Client:
        """A client of the whole application."""
        client = await self.holder.client(*(purposes or PURPOSES), kind=kind, actor=f"{kind}:{os.urandom(3).hex()}")
        return Client(self.app, client.token, client.credential)

    async def furnish(self, rooms: Any, people: int) -> None:
        """Take people in, page through them, leave keys behind, collect every id there is."""
        self.client = await self.speaking(ActorKind.controller_system, "account-management")
        admin = await self.speaking(ActorKind.controller_staff, "contract-administration")
        for _ in range(people):
            profile = person_like(os.urandom(6).hex())
            self.keys.append(f"order-{os.urandom(9).hex()}")
            body = {
                "groups": ["user"],
                "records": [{"type": "profile", "data": d} for d in (profile, {"language": "fr"})],
            }
            made = await self.client("POST", "/api/v1/persons", body, idempotency_key=self.keys[-1])
            assert made.status == 201, made.raw
            self.profiles.append(profile)
            self.places += [(made.body["person"], record) for record in made.body["records"]]
        crowd = await self.client("POST", "/api/v1/batch", {"create": [{"groups": ["user"]}] * QUIET})
        self.quiet = [one["person"] for one in crowd.body["created"]]
        person = self.places[0][0]
        email = self.profiles[0]["email"]
        files = f"/api/v1/persons/{person}/files"
        kept = [await self.client("POST", files, raw=b"kept", query=f"name={n}&category=name") for n in ("a", "b")]
        pages = {
            "/api/v1/persons/{person}/files": await self.client("GET", files, query="limit=1"),
            "/api/v1/persons": await self.client("GET", "/api/v1/persons", query="limit=1"),
            "/api/v1/persons/{person}/{type}": await self.client("GET", f"/api/v1/persons/{person}/records", query="limit=1"),
            "/api/v1/search": await self.client(
                "POST", "/api/v1/search", {"type": "profile", "field": "email", "value": email, "limit": 1}
            ),
        }  # fmt: skip
        self.cursors = {path: [reply.body["cursor"]] for path, reply in pages.items()}
        assert all(cursor for [cursor] in self.cursors.values())
        await rooms.reading.integrated(self.holder.id)
        async with rooms.data.transaction(self.holder.id) as tx:
            batches = await tx.fetch(
                "SELECT batch_id FROM bailee.ledger_batch WHERE controller_id = $1", self.holder.id
            )
            documents = await tx.fetch(
                "SELECT document_id FROM bailee.document WHERE controller_id = $1", self.holder.id
            )
        listed = await admin("GET", f"/api/v1/controllers/{self.holder.id}/credentials")
        self.things |= {
            "person": sorted({person for person, _ in self.places}), "record": [*(record for _, record in self.places), *(one.body["record"] for one in kept)],
            "credential": [one["credential"] for one in listed.body], "document": [str(r["document_id"]) for r in documents],
            "name": [f"{row['batch_id']}.0" for row in batches],
        }  # fmt: skip
        for folder, name in (
            (rooms.settings.returns, "manifest.json"),
            (rooms.settings.certificates, "certificate.json"),
        ):
            place = Path(folder) / str(self.holder.id)
            place.mkdir(parents=True, exist_ok=True)
            (place / name).write_text(self.profiles[0]["email"])

    async def standing(self) -> list[Any]:
        """All that this side can see of itself, without what each look makes anew."""
        admin = await self.speaking(ActorKind.controller_staff, "contract-administration")
        seen: list[Any] = []
        for person, record in self.places:
            reply = await self.client("GET", f"/api/v1/persons/{person}/profile/{record}")
            assert reply.status == 200, reply.raw
            seen.append({name: value for name, value in reply.body.items() if name != "entry"})
        for person in self.things["person"]:
            seen.append((await self.client("GET", f"/api/v1/persons/{person}")).body)
            assert (await self.client("GET", f"/api/v1/persons/{person}/erasure")).status == 404
        page = await self.client("GET", "/api/v1/persons", query="limit=500")
        seen += [len(page.body["persons"]), page.body["persons"]]
        for of in ("documents", "agreement", "types"):
            seen.append((await admin("GET", f"/api/v1/controllers/{self.holder.id}/{of}")).body)
        known = set(self.things["credential"])
        listed = (await admin("GET", f"/api/v1/controllers/{self.holder.id}/credentials")).body
        # A credential's last use is noted beside the request that used it, ours here among them.
        return [*seen, [one | {"used_at": None} for one in listed if one["credential"] in known]]

    async def entries(self, rooms: Any) -> int:
        """How many entries this side's log holds, integrated or not."""
        async with rooms.data.transaction(self.holder.id) as tx:
            return await tx.fetchval(
                "SELECT sum(entries) FROM bailee.ledger_batch WHERE controller_id = $1", self.holder.id
            )


class Asked(msgspec.Struct):
    """One request, before anything is hidden in it."""

    method: str
    path: str
    query: dict[str, str] = {}
    headers: dict[str, str] = {}
    body: Any = None
    token: str | None = None


class Operation(msgspec.Struct, frozen=True):
    """An operation of the document, with the places where something can hide in it."""

    method: str
    path: str
    parameters: tuple[tuple[str, str], ...]
    bodies: tuple[Any, ...]

    @property
    def slow(self) -> bool:
        return (self.method, self.path) in SLOW

    def spots(self) -> Iterator[tuple[str, ...]]:
        """What is varied: `(where, names...)`."""
        inside = [name for where, name in self.parameters if where == "path"]
        for name in inside:
            yield "path", name
        if len(inside) > 1:
            yield "path", *inside
        for where, name in self.parameters:
            if where == "query":
                yield "query", name
            if where == "header":
                yield "header", name
        for number, body in enumerate(self.bodies):
            places = list(leaves(body))
            for place in places:
                if ID.fullmatch(str(at(body, place)).encode()):
                    yield "body", str(number), *place
            if places:
                yield "text", str(number)
        if self.path in CURSED:
            yield ("cursor",)
        if self.path.endswith("/search"):
            yield ("sought",)
        if self.path.endswith("/batch"):
            yield ("pairs",)
        if self.path.endswith(("/end", "/documents")) and self.bodies:
            yield ("signed",)
        if self.parameters or self.bodies:
            yield ("token",)


# a list of one type is paged like those of all types
LIKE = {
    "/api/v1/persons/{person}/majority": "/api/v1/persons/{person}/{type}",
    "/api/v1/persons/{person}/relations": "/api/v1/persons/{person}/files",
}
CURSED = ("/api/v1/persons", "/api/v1/persons/{person}/{type}", "/api/v1/persons/{person}/files", "/api/v1/search")


def operations(document: dict[str, Any]) -> list[Operation]:
    """Every operation of the document."""
    schemas = document["components"]["schemas"]
    found = []
    for path, item in document["paths"].items():
        for method, said in item.items():
            sent = said.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
            names = tuple((p["in"], p["name"]) for p in said.get("parameters", ()))
            bodies = () if sent is None else tuple(samples(sent, schemas))
            found.append(Operation(method, path, names, bodies))
    return found


def samples(schema: dict[str, Any], schemas: dict[str, Any]) -> Iterator[Any]:
    """Bodies that fit a schema: one, or one for each thing it can be asked for (a batch reads or creates)."""
    named = schema.get("$ref", "").rsplit("/", 1)[-1]
    if named == "BatchIn":
        whole = sample(schema, schemas, "")
        yield from ({name: value} for name, value in whole.items())
    elif schema.get("$ref") is None:
        yield {"language": "fr", "external_id": "crm-nobody"}
        yield {
            "type": "object",
            "properties": {"a": {"type": "string", "x-category": "nothing", "x-purposes": ["none"]}},
        }
    else:
        yield sample(schema, schemas, "")


def sample(schema: dict[str, Any], schemas: dict[str, Any], name: str) -> Any:
    """A value that fits a schema."""
    if name == "data":
        return person_like(os.urandom(6).hex())
    if name in SAMPLES:
        return SAMPLES[name]
    if "$ref" in schema:
        return sample(schemas[schema["$ref"].rsplit("/", 1)[1]], schemas, name)
    for one in schema.get("anyOf", schema.get("oneOf", ())):
        if one.get("type") != "null":
            return sample(one, schemas, name)
    if "enum" in schema:
        return schema["enum"][0]
    kind = schema.get("type")
    if kind == "object":
        left = ("retention", "cursor", "pdf", "method")
        return {n: sample(s, schemas, n) for n, s in schema.get("properties", {}).items() if n not in left}
    if kind == "array":
        return [sample(schema["items"], schemas, "")]
    if kind in ("integer", "number"):
        return schema.get("minimum", 1)
    if kind == "boolean":
        return True
    return str(new_id()) if schema.get("format") == "uuid" else "x"


def leaves(value: Any, place: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Where strings stand in a JSON value."""
    if isinstance(value, str):
        yield place
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, one in items:
        yield from leaves(one, (*place, str(name)))


def at(value: Any, place: tuple[str, ...]) -> Any:
    for name in place:
        value = value[int(name) if isinstance(value, list) else name]
    return value


def put(value: Any, place: tuple[str, ...], new: str) -> Any:
    """The value with one string replaced."""
    if not place:
        return new
    copy = value.copy()
    name: Any = int(place[0]) if isinstance(value, list) else place[0]
    copy[name] = put(value[name], place[1:], new)
    return copy


class Hidden(msgspec.Struct):
    """What is put in one place: theirs, and its like that never was."""

    theirs: list[str]
    never: list[str]


class Matrix:
    """Makes attempts of A upon B and compares."""

    def __init__(self, app: Application, mine: Side, theirs: Side, chance: random.Random) -> None:
        self.app, self.mine, self.theirs, self.chance = app, mine, theirs, chance
        self.clients: dict[ActorKind, Client] = {}
        self.keys: dict[ActorKind, list[str]] = {}
        self.field = ""
        self.wrong: list[str] = []
        self.statuses: Counter[int] = Counter()
        self.foreign = theirs.ids
        self.known = mine.ids | theirs.ids
        self.planted = {str(at(p, place)) for p in theirs.profiles for place in leaves(p)} - {
            "fr",
            "FR",
            "Annecy",
            "74000",
        }

    async def prepare(self) -> None:
        for kind in ActorKind:
            self.clients[kind] = await self.mine.speaking(kind)
            self.keys[kind] = list(self.theirs.keys)

    def hidden(self, name: str, *, shaped: bool = True) -> Hidden:
        """Something of B's that belongs in a place of this name (or, now and then, anywhere else), and its like."""
        of = (
            name
            if name in self.theirs.things and self.chance.random() < 0.8
            else self.chance.choice(list(self.theirs.things))
        )
        theirs = self.chance.choice(self.theirs.things[of])
        never = str(new_id()) + theirs[36:]
        if shaped and self.chance.random() < 0.2:
            form = self.chance.choice(FORMS)
            return Hidden([form(theirs), theirs[:36]], [form(never), never[:36]])
        return Hidden([theirs, theirs[:36]], [never, never[:36]])

    def said(self, *, sought: bool) -> Hidden:
        """A value that B holds about someone, and one that nobody holds: some to seek, others to hold oneself."""
        half = len(self.theirs.profiles) // 2
        profile = self.chance.choice(self.theirs.profiles[:half] if sought else self.theirs.profiles[half:])
        mark, other = profile["external_id"].removeprefix("crm-"), os.urandom(6).hex()
        field = self.chance.choice(("email", "user_name", "external_id", "family_name"))
        self.field = field
        return Hidden([profile[field]], [profile[field].replace(mark, other)])

    def base(self, operation: Operation) -> Asked:
        """The request as A would make it, about things of its own where that changes nothing."""
        own = self.chance.choice(self.mine.places)
        changing = operation.method in ("put", "patch", "delete")
        person = str(new_id()) if changing or operation.slow else own[0]
        filled = {
            "controller": str(self.mine.holder.id), "person": person, "type": "profile", "credential": str(new_id()),
            "record": str(new_id()) if changing else own[1], "name": f"{new_id()}.0", "level": "0", "path": "000",
            "webhook": str(new_id()), "delivery": str(new_id()),
        }  # fmt: skip
        path = operation.path
        for name, value in filled.items():
            path = path.replace("{" + name + "}", value)
        asked = Asked(operation.method.upper(), path)
        if any(where == "header" for where, _ in operation.parameters):
            asked.headers["bailee_purpose"] = "account-management"
        if changing and self.chance.random() < 0.3:
            asked.headers["if_match"] = '"1"'
        if "{older}" in operation.path or ("query", "older") in operation.parameters:
            asked.query = {"older": "1", "newer": "2"}
        if operation.bodies:
            asked.body = self.chance.choice(operation.bodies)
        return asked

    def pair(self, operation: Operation, kind: ActorKind, spot: tuple[str, ...]) -> tuple[Asked, Asked, Hidden] | None:
        """The two requests of an attempt, and what differs between them."""
        base = self.base(operation)
        both = base, msgspec.structs.replace(base, query=dict(base.query), headers=dict(base.headers))
        where, *names = spot
        if where == "path":
            return self._in_path(operation, both, names)
        if where == "token":
            return self._in_token(both, kind, self.chance.choice(("controller", "credential")))
        if where == "pairs":
            return self._in_batch(both)
        if where == "signed":
            return self._in_signed(both)
        if where == "header" and names == ["Idempotency-Key"]:
            if not self.keys[kind]:
                return None
            key = self.keys[kind].pop()
            found = Hidden([key], ["order-" + os.urandom(9).hex()])
        elif where == "sought":
            found = self.said(sought=True)
        elif where == "cursor" or names == ["cursor"]:
            cursor = self.chance.choice(self.theirs.cursors[LIKE.get(operation.path, operation.path)])
            other = base64.urlsafe_b64encode(os.urandom(len(cursor) * 3 // 4)).decode().rstrip("=")
            found = Hidden([cursor], [other])
        elif where == "text":
            found = self.said(sought=False) if self.chance.random() < 0.5 else self.hidden("", shaped=False)
        else:
            found = self.hidden(names[-1] if names else "")
        for asked, (text, *_) in zip(both, (found.theirs, found.never), strict=True):
            if where == "query" or (where == "cursor" and operation.method == "get"):
                asked.query[names[0] if names else "cursor"] = text
            elif where == "header":
                asked.headers[names[0].replace("-", "_").lower()] = text
            elif where == "sought":
                asked.body = {**SEARCH, "field": self.field, "value": text}
            elif where == "cursor":
                profile = self.theirs.profiles[0]
                asked.body = {**SEARCH, "value": profile["email"], "limit": 1, "cursor": text}
            elif where == "body":
                asked.body = put(operation.bodies[int(names[0])], tuple(names[1:]), text)
        if where == "text":
            body = operation.bodies[int(names[0])]
            place = self.chance.choice(list(leaves(body)))
            for asked, (text, *_) in zip(both, (found.theirs, found.never), strict=True):
                asked.body = put(body, place, text)
        return *both, found

    def _in_path(
        self, operation: Operation, both: tuple[Asked, Asked], names: list[str]
    ) -> tuple[Asked, Asked, Hidden]:
        found = Hidden([], [])
        place = dict(zip(("person", "record"), self.chance.choice(self.theirs.places), strict=True))
        paths = [both[0].path.split("/"), both[1].path.split("/")]
        for name in names:
            one = self.hidden(name)
            if name == "person" and operation.path == OF_ONE:
                if not self.theirs.quiet:
                    return None
                one = Hidden([self.theirs.quiet.pop()], [str(new_id())])
            elif len(names) > 1 and name in place:  # a person and a record of that very person
                never = str(new_id())
                one = Hidden([place[name]], [never])
            if len(names) > 1 and name in ("type", "level", "path"):
                continue
            if name == "name" and self.chance.random() < 0.3:
                there = f"../{self.theirs.things['controller'][0]}/{{}}".format(
                    self.chance.choice(("manifest.json", "certificate.json"))
                )
                other = str(new_id())
                one = Hidden([there, self.theirs.things["controller"][0]], [there.replace(there[3:39], other), other])
            index = operation.path.split("/").index("{" + name + "}")
            paths[0][index], paths[1][index] = one.theirs[0], one.never[0]
            found.theirs += one.theirs
            found.never += one.never
        both[0].path, both[1].path = ("/".join(path) for path in paths)
        return *both, found

    def _in_token(self, both: tuple[Asked, Asked], kind: ActorKind, which: str) -> tuple[Asked, Asked, Hidden]:
        """A's own secret under B's controller or B's credential."""
        raw = base64.urlsafe_b64decode(self.clients[kind].token.removeprefix("bailee_") + "==")
        controller, credential = (
            self.theirs.things["controller"][0],
            self.chance.choice(self.theirs.things["credential"]),
        )
        for asked, names in zip(both, ((controller, credential), (str(new_id()), str(new_id()))), strict=True):
            parts = UUID(names[0]).bytes, UUID(names[1]).bytes if which == "credential" else raw[16:32], raw[32:]
            asked.token = "bailee_" + base64.urlsafe_b64encode(b"".join(parts)).decode().rstrip("=")
        return *both, Hidden([both[0].token or ""], [both[1].token or ""])

    def _in_batch(self, both: tuple[Asked, Asked]) -> tuple[Asked, Asked, Hidden]:
        """Addresses of B's among A's own."""
        own = self.chance.choice(self.mine.places)
        places = self.chance.sample(self.theirs.places, 3)
        nobody = {person: str(new_id()) for person, _ in places}
        never = [(nobody[person], str(new_id())) for person, _ in places]
        order = self.chance.sample(range(4), 4)
        for asked, chosen in zip(both, (places, never), strict=True):
            all_of = [own, *chosen]
            asked.body = {"read": [{"person": all_of[n][0], "type": "profile", "record": all_of[n][1]} for n in order]}
        return *both, Hidden([one for place in places for one in place], [one for place in never for one in place])

    def _in_signed(self, both: tuple[Asked, Asked]) -> tuple[Asked, Asked, Hidden]:
        """An end of B's contract, signed by A."""
        names = self.theirs.things["controller"][0], str(new_id())
        sent = []
        for asked, name in zip(both, names, strict=True):
            company = msgspec.structs.replace(self.mine.holder.company, id=name)
            document = parties.ended(company, self.mine.holder.agreement, self.mine.holder.rooms.clock.now())
            asked.body = parties.wire(document)
            sent.append([name])
        return *both, Hidden(*sent)

    async def attempt(self, operation: Operation, kind: ActorKind, spot: tuple[str, ...]) -> bool:
        """Ask twice and compare; False where this spot is used up."""
        made = self.pair(operation, kind, spot)
        if made is None:
            return False
        theirs, never, hidden = made
        for _ in range(4):
            asked = [(theirs, hidden.theirs), (never, hidden.never)]
            self.chance.shuffle(asked)
            replies = {id(one): await self._ask(kind, one) for one, _ in asked}
            got = replies[id(theirs)], replies[id(never)]
            if 503 not in (got[0].status, got[1].status):
                break
        self.statuses[got[0].status] += 1
        if operation.path == OF_ONE and got[0].status == got[1].status == 200:
            got = self._unasked(got[0]), self._unasked(got[1])
        if operation.path == SEARCH_PATH and got[0].status == got[1].status == 200:
            got = self._unfound(got[0]), self._unfound(got[1])
        shown = [self._shown(*one) for one in zip(got, (hidden.theirs, hidden.never), strict=True)]
        where = f"{operation.method} {operation.path} as {kind} at {spot}"
        if shown[0] != shown[1]:
            self.wrong.append(f"{where} tells B's from nobody's:\n  {shown[0]}\n  {shown[1]}\n  {theirs}")
        if got[0].status >= 500:
            self.wrong.append(f"{where} fails: {got[0].status} {got[0].raw[:300]!r}")
        whole = replies[id(theirs)].raw + str(got[0].headers).encode()
        sent = {found for text in hidden.theirs for found in ID.findall(text.encode())}
        leaked = [value for value in self.planted if value not in hidden.theirs and value.encode() in whole]
        if leaked or (set(ID.findall(whole)) & self.foreign) - sent:
            self.wrong.append(f"{where} shows what is B's: {got[0].raw[:400]!r}")
        return True

    @staticmethod
    def _unfound(reply: Reply) -> Reply:
        """What A finds of its own: it may have written B's value itself by now. B's ids are looked for all the same."""
        headers = {name: value for name, value in reply.headers.items() if name != "content-length"}
        return Reply(reply.status, headers, b"{}")

    @staticmethod
    def _unasked(reply: Reply) -> Reply:
        """What A's log says of someone, without this very question, which may stand in it already."""
        entries = [one for one in reply.body if json.loads(one["body"] or "{}").get("kind") != "ledger-read"]
        headers = {name: value for name, value in reply.headers.items() if name != "content-length"}
        return Reply(reply.status, headers, json.dumps(entries).encode())

    async def _ask(self, kind: ActorKind, asked: Asked) -> Reply:
        client = self.clients[kind]
        if asked.token is not None:
            client = Client(self.app, asked.token)
        query = "&".join(f"{name}={quote(value, safe='')}" for name, value in asked.query.items())
        return await client(asked.method, asked.path, asked.body, query=query, **asked.headers)

    def _shown(self, reply: Reply, sent: list[str]) -> tuple[int, bytes, dict[str, str]]:
        """An answer with what was sent taken out of it, and of a good one what it made anew."""

        def plain(raw: bytes) -> bytes:
            for number, text in enumerate(sent):
                for form in (text, msgspec.json.encode(text)[1:-1].decode()):
                    raw = raw.replace(form.encode(), b"<sent %d>" % number)
            if 200 <= reply.status < 300:
                raw = MADE_ANEW.sub(rb'"\1":"<anew>"', raw)
                raw = ID.sub(lambda m: m[0] if m[0] in self.known else b"<anew>", raw)
            return raw

        headers = {name: plain(value.encode()).decode() for name, value in reply.headers.items()}
        if 200 <= reply.status < 300:  # what is made anew may be written with one digit more
            headers.pop("content-length", None)
            headers.pop("bailee-register", None)  # the digest of a copy that says when it was made
        return reply.status, plain(reply.raw), headers


SEARCH_PATH = "/api/v1/search"
SEARCH = {"type": "profile", "field": "email", "value": "x", "limit": 50}


@pytest.fixture
def app(rooms: Any) -> Application:
    return Application(data_plane(rooms), control_plane(rooms))


async def test_nothing_tells_anothers_id_from_one_that_never_was_wherever_it_hides(hold, rooms, app, capsys):
    seed = int(os.environ.get("SEED", random.SystemRandom().randrange(1 << 32)))
    chance = random.Random(seed)
    mine, theirs = Side(await hold(0), app), Side(await hold(1), app)
    await mine.furnish(rooms, 6)
    await theirs.furnish(rooms, 24)
    document = (await Client(app, "")("GET", "/openapi.json")).body
    every = operations(document)
    matrix = Matrix(app, mine, theirs, chance)
    await matrix.prepare()
    before, entries = await theirs.standing(), await theirs.entries(rooms)
    entries = await theirs.entries(rooms)
    combinations = [(o, kind, spot) for o in every for kind in ActorKind for spot in o.spots()]
    quick, slow = ([c for c in combinations if c[0].slow is is_slow] for is_slow in (False, True))
    quick += [c for c in quick if c[2] != ("token",)] * 2  # a bad credential is soon seen: fewer of those
    chance.shuffle(quick)
    chance.shuffle(slow)
    numbers = iter(range(ATTEMPTS))
    done: Counter[str] = Counter()

    async def hand() -> None:
        for number in numbers:
            few = number < SLOW_ATTEMPTS
            combination = slow[number % len(slow)] if few else quick[number % len(quick)]
            while not await matrix.attempt(*combination):
                combination = chance.choice(quick)
            done[f"{combination[0].method} {combination[0].path}"] += 1

    started = time.monotonic()
    await asyncio.gather(*(hand() for _ in range(IN_FLIGHT)))
    took = time.monotonic() - started
    with capsys.disabled():
        sys.stdout.write(
            f"\nisolation matrix: seed {seed}, {sum(done.values())} attempts over {len(combinations)} combinations of "
            f"{len(done)} operations in {took:.1f} s; statuses {dict(matrix.statuses)}\n"
        )
    wrong = "\n".join(sorted(matrix.wrong, key=len)[:12])
    assert not matrix.wrong, f"seed {seed}: {len(matrix.wrong)} wrong\n{wrong}"
    assert sum(done.values()) == ATTEMPTS
    assert set(done) == {f"{o.method} {o.path}" for o in every if list(o.spots())}
    assert await theirs.entries(rooms) == entries, "A's attempts stand in B's log"
    assert await theirs.standing() == before, "A's attempts changed B"


async def test_a_foreign_id_takes_as_long_to_answer_as_one_that_never_was(hold, app, profile, capsys):
    mine, theirs = await hold(0), await hold(1)
    person, record = await (await theirs.client()).person(profile)
    client = Client(app, (await mine.client()).token)
    for _again in range(3):
        took: dict[str, list[float]] = {"foreign": [], "unknown": []}
        for _ in range(300):
            for which in random.sample(("foreign", "unknown"), 2):
                path = (person, record) if which == "foreign" else (str(new_id()), str(new_id()))
                started = time.perf_counter()
                reply = await client("GET", f"/api/v1/persons/{path[0]}/profile/{path[1]}")
                took[which].append(time.perf_counter() - started)
                assert reply.status == 404
        foreign, unknown = (statistics.median(took[which]) for which in ("foreign", "unknown"))
        with capsys.disabled():
            sys.stdout.write(f"\nmedian of 300 reads: foreign {foreign * 1e3:.3f} ms, unknown {unknown * 1e3:.3f} ms\n")
        if abs(foreign - unknown) < 0.2 * max(foreign, unknown):
            return
    pytest.fail("the medians differ by 20 % or more, three times")

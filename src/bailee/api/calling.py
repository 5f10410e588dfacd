"""A call: one authenticated request on its way to the gate."""

from uuid import UUID

import msgspec

from bailee.api import cursors
from bailee.api.problems import Refusing, of_refusal, problem
from bailee.api.wire import Answer, Request
from bailee.contract.ruling import AccessRequest, Refusal
from bailee.gate.archive import Dossier
from bailee.gate.credentials import Caller, Credentials
from bailee.gate.files import FilesGate
from bailee.gate.finding import Finding
from bailee.gate.idempotency import Once, once
from bailee.gate.passage import Passage
from bailee.gate.people import People
from bailee.gate.records import Records
from bailee.gate.relating.relations import Relations
from bailee.gate.sets import Sets
from bailee.gate.uploading import Uploading
from bailee.infra.clock import Clock
from bailee.infra.keys.store import KeyStore
from bailee.ledger.altered import Noticing
from bailee.processing.accounts.approving.erasures import Erasures
from bailee.processing.accounts.photographs import Photographs
from bailee.vocabulary.ids import Address
from bailee.vocabulary.operations import Operation
from bailee.vocabulary.purposes import Purpose

encode = msgspec.json.encode
# By value: a look-up is several times faster than the enumeration's own.
PURPOSES = {str(purpose): purpose for purpose in Purpose}


class Parts(msgspec.Struct, frozen=True):
    """What the data plane is given by the house."""

    credentials: Credentials
    passage: Passage
    sets: Sets
    finding: Finding
    relations: Relations
    records: Records
    people: People
    erasures: Erasures
    files: FilesGate
    uploading: Uploading
    photographs: Photographs
    keys: KeyStore
    clock: Clock
    place: str
    noticing: Noticing


class Call:
    """The caller, the request, and how they become an `AccessRequest`."""

    def __init__(self, parts: Parts, request: Request, caller: Caller) -> None:
        self.parts = parts
        self.request = request
        self.caller = caller

    async def access(
        self,
        operation: Operation,
        addresses: tuple[Address, ...] = (),
        *,
        persons: tuple[UUID, ...] = (),
        categories: frozenset[str] | None = None,
    ) -> AccessRequest:
        """The request in the caller's name; categories given are asked for by name."""
        return AccessRequest(
            actor=self.caller.actor,
            controller=self.caller.controller,
            operation=operation,
            purpose=await self.purpose(operation),
            categories=categories or frozenset(),
            named=categories is not None,
            addresses=addresses,
            persons=persons,
            place=self.parts.place,
        )

    async def purpose(self, operation: Operation) -> Purpose:
        """The credential's purpose; with several, the one that Bailee-Purpose names. Never a wider one."""
        held, named = self.caller.purposes, self.request.header(b"bailee-purpose")
        if named is None and len(held) == 1:
            return PURPOSES[next(iter(held))]
        if named is None:
            raise Refusing(
                problem(
                    400, "purpose", "This credential serves several purposes",
                    f"Name one in Bailee-Purpose: {', '.join(sorted(held))}.",
                )
            )  # fmt: skip
        if named not in held:
            raise Refusing(of_refusal(await self._beyond(operation, named)))
        return Purpose(named)

    async def dossier(self) -> Dossier:
        """The controller's dossier."""
        return await self.parts.passage.dossier(self.caller.controller)

    async def once(self, body: bytes) -> Once | None:
        """The request's Idempotency-Key as keyed digests, if one was sent."""
        key = self.request.header(b"idempotency-key")
        if key is None:
            return None
        if not 1 <= len(key) <= 200:
            raise Refusing(
                problem(400, "idempotency-key", "The Idempotency-Key is too long", "Send 200 characters at most.")
            )
        secret = await self.parts.keys.controller_key(self.caller.controller, "idempotency")
        whole = f"{self.request.method} {self.request.path}\n".encode() + body
        return once(secret, self.caller.actor.credential, key, whole, self.parts.clock.now())

    def if_match(self) -> int | None:
        """The version named by If-Match, if one was."""
        value = self.request.header(b"if-match")
        if value is None or value == "*":
            return None
        named = value.strip('"')
        if not (named.isascii() and named.isdigit() and len(named) < 19):
            raise Refusing(problem(400, "if-match", "If-Match must name a version", 'Send If-Match: "3" or none.'))
        return int(named)

    async def seal_cursor(self, query: str, place: tuple[UUID, UUID] | None) -> str | None:
        """Where the next page begins, sealed; None on the last."""
        if place is None:
            return None
        key = await self.parts.keys.controller_key(self.caller.controller, "cursor")
        return cursors.seal(key, self.caller, query, place, self.parts.clock.now())

    async def unseal_cursor(self, query: str, text: str | None) -> tuple[UUID, UUID]:
        """The place that a cursor names; the beginning without one."""
        if text is None:
            return UUID(int=0), UUID(int=0)
        key = await self.parts.keys.controller_key(self.caller.controller, "cursor")
        return cursors.unseal(key, self.caller, query, text, self.parts.clock.now())

    def limit(self, text: str | None) -> int:
        """A page's size: 1 to 500, 50 unless told."""
        if text is None:
            return 50
        if not (text.isascii() and text.isdigit() and len(text) < 5 and 1 <= int(text) <= 500):
            raise Refusing(problem(400, "limit", "The limit must be a number from 1 to 500", "Mend `limit`."))
        return int(text)

    async def _beyond(self, operation: Operation, named: str) -> Refusal:
        request = AccessRequest(
            actor=self.caller.actor, controller=self.caller.controller, operation=operation,
            purpose=Purpose(sorted(self.caller.purposes)[0]), place=self.parts.place,
        )  # fmt: skip
        known = named if named in set(Purpose) else "another"
        return await self.parts.passage.refuse(
            Refusal(
                request=request,
                clause="purposes.limited",
                reason="purpose-not-of-credential",
                remedy=f"The credential does not serve the purpose {known!r}: ask for one that does.",
                instruction=None,
            )
        )


def answer(status: int, body: object, *headers: tuple[bytes, bytes]) -> Answer:
    """An answer in JSON."""
    return Answer(status, encode(body), headers)

"""Endpoints of one record: `/api/v1/persons/{person}/{type}/{record}`."""

import re
from typing import Any
from uuid import UUID

import msgspec

from bailee.api.calling import Call, answer
from bailee.api.problems import UNKNOWN, Refusing, of_refusal, problem
from bailee.api.shapes import ReadOut, RecordIn, RecordOut, WrittenOut
from bailee.api.wire import Answer, decode, of_problem
from bailee.contract.ruling import Refusal
from bailee.gate.changing import Written
from bailee.gate.records import Draft
from bailee.gate.sets import Opened
from bailee.infra.clock import is_kept
from bailee.vault.holding import PolicyClass
from bailee.vault.record_types import RecordType
from bailee.vocabulary.ids import Address, new_id
from bailee.vocabulary.operations import Operation

CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


async def read(call: Call, person: UUID, type: str, record: UUID) -> Answer:
    """Read one record; `?fields=` asks for fields by name."""
    fields = call.request.query("fields").get("fields")
    named = await _named(call, type, fields) if fields is not None else None
    categories = None if named is None else (await _type(call, type)).categories(dict.fromkeys(named))
    address = Address(controller=call.caller.controller, person=person, type=type, record=record)
    request = await call.access(Operation.consult, (address,), categories=categories)
    released = await call.parts.passage.read(request)
    if isinstance(released, Refusal):
        return of_problem(of_refusal(released))
    for _, refusal in released.withheld:
        return of_problem(of_refusal(refusal) if refusal else UNKNOWN)
    [opened] = released.records
    out = ReadOut(
        id=record, person=person, type=type, version=opened.version, data=_data(opened, named),
        withheld=opened.withheld if named is None else (), created_at=opened.created_at, updated_at=opened.updated_at,
        instruction=released.instruction, clause=released.clause, entry=released.entry,
    )  # fmt: skip
    return answer(200, out, (b"etag", b'"%d"' % opened.version))


async def create(call: Call, person: UUID, type: str) -> Answer:
    """Hold a new record about a person."""
    body = await call.request.body()
    sent = decode(body, RecordIn)
    record_type = await written_type(call, type)
    address = Address(controller=call.caller.controller, person=person, type=type, record=new_id())
    drafted = draft(record_type, sent)
    request = await call.access(Operation.store, (address,), categories=record_type.categories(sent.data))
    written = await call.parts.records.create(request, drafted, await call.once(body))
    return of_written(written, (b"location", f"/api/v1/persons/{person}/{type}/{{record}}".encode()))


async def replace(call: Call, person: UUID, type: str, record: UUID) -> Answer:
    """Put whole new data in place of a record's."""
    body = await call.request.body()
    data = decode(body, dict[str, Any])
    record_type = await written_type(call, type)
    every = frozenset(field.category for field in record_type.fields.values())
    address = Address(controller=call.caller.controller, person=person, type=type, record=record)
    request = await call.access(Operation.modify, (address,), categories=every)
    written = await call.parts.records.replace(request, record_type.check(data), call.if_match(), await call.once(body))
    return of_written(written)


async def patch(call: Call, person: UUID, type: str, record: UUID) -> Answer:
    """Merge a patch (RFC 7396); only the fields it names are touched, and only they must be covered."""
    body = await call.request.body()
    data = decode(body, dict[str, Any])
    record_type = await written_type(call, type)
    unknown = sorted(set(data) - set(record_type.fields))
    if unknown:
        known = ", ".join(record_type.fields)
        raise Refusing(
            problem(
                422,
                "data",
                "The type has no such field",
                f"Its fields: {known}.",
                errors=(("/" + unknown[0][:40], "unknown field"),),
            )
        )
    address = Address(controller=call.caller.controller, person=person, type=type, record=record)
    request = await call.access(Operation.modify, (address,), categories=record_type.categories(data))
    written = await call.parts.records.patch(request, data, call.if_match(), await call.once(body))
    return of_written(written)


async def delete(call: Call, person: UUID, type: str, record: UUID) -> Answer:
    """Remove one record."""
    address = Address(controller=call.caller.controller, person=person, type=type, record=record)
    request = await call.access(Operation.delete, (address,))
    return of_written(await call.parts.records.delete(request, await call.once(b"")))


def draft(record_type: RecordType, sent: RecordIn) -> Draft:
    """A record as sent, checked, with its policy."""
    data = record_type.check(sent.data)
    purposes = tuple(sorted(str(p) for p in sent.purposes)) if sent.purposes else tuple(sorted(record_type.purposes))
    policy = PolicyClass(
        type=record_type.name, purposes=purposes, retention=sent.retention,
        recipients=tuple(sorted(sent.recipients)), source=sent.source,
    )  # fmt: skip
    if not is_kept(sent.expires_at) or any(CONTROL.search(one) for one in _said(sent)):
        remedy = "Send retention, source and recipients on one line, and an end that a calendar has."
        raise Refusing(problem(422, "data", "The policy cannot be kept as it is written", remedy))
    return Draft(data=data, policy=policy, expires_at=sent.expires_at)


def _said(sent: RecordIn) -> tuple[str, ...]:
    """What a policy says in words of the sender's own."""
    return sent.retention or "", sent.source, *sent.recipients


def shape(opened: Opened, named: frozenset[str] | None = None) -> RecordOut:
    """A released record on the wire; with `named`, just those fields."""
    return RecordOut(
        id=opened.address.record, person=opened.address.person, type=opened.address.type,
        version=opened.version, data=_data(opened, named), withheld=opened.withheld if named is None else (),
        created_at=opened.created_at, updated_at=opened.updated_at,
    )  # fmt: skip


def _data(opened: Opened, named: frozenset[str] | None) -> msgspec.Raw:
    if named is None:
        return msgspec.Raw(opened.data)
    held = msgspec.json.decode(opened.data, type=dict[str, msgspec.Raw])
    return msgspec.Raw(msgspec.json.encode({name: raw for name, raw in held.items() if name in named}))


def of_written(written: Written | Refusal, *headers: tuple[bytes, bytes]) -> Answer:
    """What a write answers."""
    if isinstance(written, Refusal):
        return of_problem(of_refusal(written))
    record = next(iter(written.records), None)
    out = WrittenOut(person=written.persons[0], record=record, version=written.version, entry=written.entry)
    tagged = ((b"etag", f'"{written.version}"'.encode()),)
    named = ((name, value.replace(b"{record}", str(record).encode())) for name, value in headers)
    return answer(written.status, out, *tagged, *named)


async def _type(call: Call, name: str) -> RecordType:
    found = (await call.dossier()).types.get(name)
    if found is None:
        raise Refusing(UNKNOWN)
    return found


async def written_type(call: Call, name: str) -> RecordType:
    """A type that its controller writes."""
    found = await _type(call, name)
    if found.kept_by_platform:
        remedy = "Read it; it is deleted when its term ends, or with its person."
        raise Refusing(problem(403, "kept", "The platform keeps these itself", remedy, clause="data.technical"))
    return found


async def _named(call: Call, type: str, fields: str) -> frozenset[str]:
    record_type = await _type(call, type)
    named = frozenset(fields.split(","))
    if not named <= set(record_type.fields):
        known = ", ".join(record_type.fields)
        raise Refusing(problem(400, "fields", "The type has no such field", f"Its fields: {known}."))
    return named

"""Endpoints of people: `/api/v1/persons`."""

from uuid import UUID

import msgspec

from bailee.api.calling import Call, answer, encode
from bailee.api.problems import UNKNOWN, Refusing, of_refusal, problem
from bailee.api.records import draft, of_written
from bailee.api.shapes import (
    CreatedManyOut,
    CreatedOut,
    ErasureOut,
    FilterIn,
    PeopleOut,
    PersonChange,
    PersonCreatedOut,
    PersonIn,
    PersonOut,
    TypedRecordIn,
)
from bailee.api.wire import Answer, decode, of_problem
from bailee.contract.ruling import Refusal
from bailee.gate.people import NewPerson, Standing
from bailee.vault.erasing import Erasure
from bailee.vault.record_types import RecordType
from bailee.vocabulary.ids import Address, new_id
from bailee.vocabulary.operations import Operation

FILTERS = ("group", "state", "created_from", "created_until", "changed_from", "changed_until")


async def create(call: Call) -> Answer:
    """Take a person in, with the records that come along."""
    body = await call.request.body()
    return await create_many(call, [decode(body, PersonIn)], body, one=True)


async def create_many(call: Call, sent: list[PersonIn], body: bytes, *, one: bool = False) -> Answer:
    """Take people in, all or none."""
    types = (await call.dossier()).types
    unknown = {record.type for person in sent for record in person.records} - set(types)
    if unknown:
        raise Refusing(problem(422, "type", "A record type is not declared", f"These are: {', '.join(sorted(types))}."))
    new = [_new(call, person, types) for person in sent]
    categories = frozenset(
        category
        for person in sent
        for record in person.records
        for category in types[record.type].categories(record.data)
    )
    addresses = tuple(address for person in new for address, _ in person.records)
    persons = tuple(person.person for person in new)
    request = await call.access(Operation.store, addresses, persons=persons, categories=categories or None)
    written = await call.parts.people.create(request, new, await call.once(body))
    if isinstance(written, Refusal):
        return of_problem(of_refusal(written))
    records = iter(written.records)
    created = [
        CreatedOut(person, [next(records) for _ in asked.records])
        for person, asked in zip(written.persons, sent, strict=True)
    ]
    if one:
        location = (b"location", f"/api/v1/persons/{created[0].person}".encode())
        return answer(201, PersonCreatedOut(created[0].person, created[0].records, written.entry), location)
    return answer(201, CreatedManyOut(created, written.entry))


async def page(call: Call) -> Answer:
    """Living people in id order, narrowed by group, state and times."""
    query = call.request.query("limit", "cursor", *FILTERS)
    limit = call.limit(query.get("limit"))
    chosen = _chosen({name: value for name, value in query.items() if name in FILTERS})
    bound = "people" if chosen is None else "people/" + encode(chosen).decode()
    after, _ = await call.unseal_cursor(bound, query.get("cursor"))
    found = await call.parts.people.page(await call.access(Operation.consult), after, limit, chosen)
    if isinstance(found, Refusal):
        return of_problem(of_refusal(found))
    following = (found[-1].id, UUID(int=0)) if len(found) == limit else None
    persons = [PersonOut(p.id, p.groups, p.restricted, p.objections, p.version) for p in found]
    return answer(200, PeopleOut(persons, await call.seal_cursor(bound, following)))


async def show(call: Call, person: UUID) -> Answer:
    """What stands about one person."""
    found = await call.parts.people.get(await call.access(Operation.consult, persons=(person,)), person)
    if isinstance(found, Refusal):
        return of_problem(of_refusal(found))
    if found is None:
        return of_problem(UNKNOWN)
    out = PersonOut(found.id, found.groups, found.restricted, found.objections, found.version)
    return answer(200, out, (b"etag", f'"{found.version}"'.encode()))


async def change(call: Call, person: UUID) -> Answer:
    """Change a person's groups, restriction or objections; it binds every worker when this answers."""
    body = await call.request.body()
    sent = decode(body, PersonChange)
    if sent.groups is None and sent.restricted is None and sent.objections is None:
        raise Refusing(problem(422, "data", "There is nothing to change", "Name groups, restricted or objections."))
    standing = Standing(
        groups=None if sent.groups is None else frozenset(str(g) for g in sent.groups),
        restricted=sent.restricted,
        objections=None if sent.objections is None else frozenset(str(p) for p in sent.objections),
    )
    operation = Operation.restrict if sent.restricted is not None else Operation.modify
    request = await call.access(operation, persons=(person,))
    written = await call.parts.people.change(request, person, standing, call.if_match(), await call.once(body))
    return of_written(written)


async def erase(call: Call, person: UUID) -> Answer:
    """Erase a person: the key goes, and the answer comes after it was read back as gone. It waits for a second person
    where the controller wants one for it: 409 names the approval, and the same request is sent again when it is given."""
    request = await call.access(Operation.erase, persons=(person,))
    await call.parts.erasures.second(request, door=call.request.path)
    return _erasure(await call.parts.people.erase(request, person, await call.once(b"")), 202)


async def erasure(call: Call, person: UUID) -> Answer:
    """How far an erasure is."""
    return _erasure(await call.parts.people.erasure(await call.access(Operation.erase, persons=(person,)), person), 200)


def _erasure(found: Erasure | Refusal | None, status: int) -> Answer:
    if isinstance(found, Refusal):
        return of_problem(of_refusal(found))
    if found is None:
        return of_problem(UNKNOWN)
    return answer(status, msgspec.convert(msgspec.structs.asdict(found), ErasureOut))


def _chosen(given: dict[str, str]) -> FilterIn | None:
    try:
        return msgspec.convert(given, FilterIn, strict=False) if given else None
    except msgspec.ValidationError as error:
        raise Refusing(
            problem(400, "filter", "A filter is not of the right form", "Mend it.", detail=str(error))
        ) from error


def _new(call: Call, sent: PersonIn, types: dict[str, RecordType]) -> NewPerson:
    person = new_id()
    return NewPerson(
        person=person,
        groups=frozenset(str(group) for group in sent.groups),
        records=[(_address(call, person, record), draft(types[record.type], record)) for record in sent.records],
    )


def _address(call: Call, person: UUID, record: TypedRecordIn) -> Address:
    return Address(controller=call.caller.controller, person=person, type=record.type, record=new_id())

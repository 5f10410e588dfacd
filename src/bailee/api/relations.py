"""Endpoints of relations: `/api/v1/relations`, records about several people."""

from uuid import UUID

from bailee.api.calling import Call, answer
from bailee.api.problems import UNKNOWN, Refusing, of_refusal, problem
from bailee.api.records import draft, shape, written_type
from bailee.api.shapes import JoinedOut, JoinedPageOut, PartOut, RelationCreatedOut, RelationIn, RelationOut
from bailee.api.wire import Answer, decode, of_problem
from bailee.contract.ruling import Refusal
from bailee.gate.relating.relations import Part
from bailee.vocabulary.ids import Address, new_id
from bailee.vocabulary.operations import Operation


async def create(call: Call) -> Answer:
    """Hold a record about several people, a part for each; all or none."""
    body = await call.request.body()
    sent = decode(body, RelationIn).parts
    if len({part.person for part in sent}) != len(sent):
        raise Refusing(
            problem(422, "data", "Each part is of another person", "Put what is about one person into one part.")
        )
    types = {part.type: await written_type(call, part.type) for part in sent}
    parts = [
        (
            Address(controller=call.caller.controller, person=part.person, type=part.type, record=new_id()),
            draft(types[part.type], part),
        )
        for part in sent
    ]
    categories = frozenset(c for part in sent for c in types[part.type].categories(part.data))
    request = await call.access(Operation.store, tuple(address for address, _ in parts), categories=categories)
    written = await call.parts.relations.create(request, parts, await call.once(body))
    if isinstance(written, Refusal):
        return of_problem(of_refusal(written))
    relation, *records = written.records
    location = (b"location", f"/api/v1/relations/{relation}".encode())
    return answer(201, RelationCreatedOut(relation, records, written.entry), location)


async def read(call: Call, relation: UUID) -> Answer:
    """Read a relation: every part that is still there, in one read."""
    found = await call.parts.relations.read(await call.access(Operation.consult), relation)
    if isinstance(found, Refusal):
        return of_problem(of_refusal(found))
    if found is None:
        return of_problem(UNKNOWN)
    released = found.released
    out = RelationOut(
        id=found.id, parts=[_part(one) for one in found.parts], instruction=released.instruction,
        clause=released.clause, entry=released.entry,
    )  # fmt: skip
    return answer(200, out)


async def of_person(call: Call, person: UUID) -> Answer:
    """The relations that someone is part of."""
    query, bound = call.request.query("limit", "cursor"), f"relations/{person}"
    limit = call.limit(query.get("limit"))
    after, _ = await call.unseal_cursor(bound, query.get("cursor"))
    request = await call.access(Operation.consult, persons=(person,))
    found = await call.parts.relations.of_person(request, person, after, limit)
    if isinstance(found, Refusal):
        return of_problem(of_refusal(found))
    following = (found.after, UUID(int=0)) if found.after is not None else None
    joined = [JoinedOut(one.relation, one.type, one.record) for one in found.joined]
    return answer(200, JoinedPageOut(joined, await call.seal_cursor(bound, following)))


def _part(part: Part) -> PartOut:
    if part.opened is not None:
        return PartOut(type=part.type, state="here", record=shape(part.opened))
    if part.gone_at is not None:
        return PartOut(type=part.type, state="gone", gone_at=part.gone_at)
    reason, clause = (part.refusal.reason, part.refusal.clause) if part.refusal else ("unknown", "")
    return PartOut(type=part.type, state="withheld", reason=reason, clause=clause)

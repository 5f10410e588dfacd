"""Endpoints that answer with several records: a person's, a search's, a batch's."""

from uuid import UUID

import msgspec

from bailee.api.calling import Call, answer, encode
from bailee.api.people import create_many
from bailee.api.problems import UNKNOWN, Refusing, of_refusal, problem
from bailee.api.records import shape
from bailee.api.shapes import BatchIn, BatchOut, PageOut, SearchIn, WithheldOut
from bailee.api.wire import Answer, decode, of_problem
from bailee.contract.ruling import Refusal
from bailee.gate.finding import Words
from bailee.gate.sets import Of, Page, Place, Sought
from bailee.vocabulary.ids import Address
from bailee.vocabulary.operations import Operation


async def of_person(call: Call, person: UUID, type: str) -> Answer:
    """What is held about a person, of one type (`records` for all types)."""
    query = call.request.query("limit", "cursor")
    name = None if type == "records" else type
    if name is not None and name not in (await call.dossier()).types:
        return of_problem(UNKNOWN)
    bound = f"records/{person}/{type}"
    _, after = await call.unseal_cursor(bound, query.get("cursor"))
    request = await call.access(Operation.consult, persons=(person,))
    page = await call.parts.sets.page_of_person(request, Of(person, name), after, call.limit(query.get("limit")))
    return await _page(call, page, bound)


async def search(call: Call) -> Answer:
    """Records by a value, by words, or all of a type; what is searched is in the body, never in a URL."""
    sent = decode(await call.request.body(), SearchIn)
    exact = sent.field is not None or sent.value is not None
    if exact and (sent.field is None or sent.value is None or sent.words is not None):
        raise Refusing(problem(422, "data", "A search is by one thing", "Send field and value, or words, or neither."))
    bound = "search/" + encode(msgspec.structs.replace(sent, cursor=None, limit=1)).decode()
    after = await call.unseal_cursor(bound, sent.cursor)
    return await _page(call, await _found(call, sent, after), bound)


async def _found(call: Call, sent: SearchIn, after: Place) -> Page | Refusal:
    request, parts = await call.access(Operation.consult), call.parts
    if sent.words is not None:
        words = Words(sent.type, sent.words)
        return await parts.finding.find(request, words, after, sent.limit, chosen=sent.filter)
    if sent.field is not None and sent.value is not None:
        sought = Sought(type=sent.type, field=sent.field, value=sent.value)
        return await parts.sets.search(request, sought, after, sent.limit, chosen=sent.filter)
    if sent.type not in (await call.dossier()).types:
        raise Refusing(UNKNOWN)
    return await parts.sets.page(request, sent.type, after, sent.limit, chosen=sent.filter)


async def batch(call: Call) -> Answer:
    """Read many addresses under one ruling and one entry, or take many people in, all or none."""
    body = await call.request.body()
    sent = decode(body, BatchIn)
    if (sent.read is None) == (sent.create is None):
        raise Refusing(problem(422, "data", "A batch reads or creates", "Send either `read` or `create`."))
    if sent.create is not None:
        return await create_many(call, sent.create, body)
    controller = call.caller.controller
    addresses = tuple(
        Address(controller=controller, person=a.person, type=a.type, record=a.record) for a in sent.read or ()
    )
    released = await call.parts.passage.read(await call.access(Operation.consult, addresses))
    if isinstance(released, Refusal):
        return of_problem(of_refusal(released))
    withheld = [
        WithheldOut(a.person, a.record, refusal.reason if refusal else "unknown", refusal.clause if refusal else "")
        for a, refusal in released.withheld
    ]
    return answer(
        200,
        BatchOut(
            records=[shape(one) for one in released.records],
            withheld=withheld,
            instruction=released.instruction,
            clause=released.clause,
            entry=released.entry,
        ),
    )


async def _page(call: Call, page: Page | Refusal, bound: str) -> Answer:
    if isinstance(page, Refusal):
        return of_problem(of_refusal(page))
    released = page.released
    return answer(
        200,
        PageOut(
            records=[shape(one) for one in released.records],
            cursor=await call.seal_cursor(bound, page.after),
            instruction=released.instruction,
            clause=released.clause,
            entry=released.entry,
        ),
    )

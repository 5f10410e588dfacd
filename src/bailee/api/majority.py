"""The endpoint of the majority check: `/api/v1/persons/{person}/majority`. The date of birth is looked at and let go."""

from uuid import UUID

from bailee.api import sets
from bailee.api.calling import Call, answer
from bailee.api.problems import Refusing, of_refusal, problem
from bailee.api.shapes import MajorityIn, MajorityOut
from bailee.api.wire import Answer, decode, of_problem
from bailee.contract.ruling import Refusal
from bailee.gate.changing import Unknown
from bailee.gate.records import Draft
from bailee.processing.accounts import majority
from bailee.vault.holding import PolicyClass
from bailee.vault.of_age import CATEGORY, MAJORITY
from bailee.vocabulary.ids import Address
from bailee.vocabulary.operations import Operation

CATEGORIES = frozenset({CATEGORY})


async def check(call: Call, person: UUID) -> Answer:
    """Check majority; the answer is kept in place of an earlier one. Refused unless an instruction covers birth dates."""
    body = await call.request.body()
    sent = decode(body, MajorityIn)
    address = Address(controller=call.caller.controller, person=person, type=MAJORITY, record=person)
    modify = await call.access(Operation.modify, (address,), categories=CATEGORIES)
    permit = call.parts.passage.rule(await call.dossier(), modify)
    if isinstance(permit, Refusal):
        return of_problem(of_refusal(await call.parts.passage.refuse(permit)))
    try:
        born = majority.read_date(sent.date_of_birth)
        found = majority.check(born, sent.country, call.parts.clock.now().date(), permit=permit)
    except majority.NotChecked as no:
        raise Refusing(
            problem(422, f"majority/{no.code}", "Majority cannot be checked", "Mend the date or the country.")
        ) from no
    data = {
        "adult": found.adult,
        "checked_on": found.checked_at.isoformat(),
        "country": found.country,
        "age": found.age,
    }
    try:
        written = await call.parts.records.replace(modify, data, None)
    except Unknown:
        store = await call.access(Operation.store, (address,), categories=CATEGORIES)
        policy = PolicyClass(type=MAJORITY, purposes=(str(modify.purpose),))
        written = await call.parts.records.create(store, Draft(data, policy))
    if isinstance(written, Refusal):
        return of_problem(of_refusal(written))
    return answer(200, MajorityOut(found.adult, found.checked_at, found.country, found.age, written.entry))


async def read(call: Call, person: UUID) -> Answer:
    """What is kept of the check."""
    return await sets.of_person(call, person, MAJORITY)

"""Whom requests are about, by name, for a list of them: through the gate, recorded once for the page."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec

from bailee.clauses.data_subject_requests.events import Request
from bailee.clauses.data_subject_requests.pages.acting import mandate
from bailee.contract.ruling import AccessRequest, Refusal
from bailee.gate.sets import Sets
from bailee.infra.web.visit import Visit
from bailee.vault.profile import PROFILE, TYPE
from bailee.vocabulary.operations import Operation
from bailee.vocabulary.purposes import Purpose

NAMED = 200
PARTS = ("given_name", "family_name")
PERMISSION = "people:person:list"


async def named(visit: Visit, sets: Sets, requests: Sequence[Request]) -> dict[UUID, str]:
    """What the people of these requests are called; nobody where the visitor may not see who is held, or the agreement
    does not let them, and none of those who are not held."""
    persons = tuple(dict.fromkeys(one.person for one in requests if one.person is not None))[:NAMED]
    if not persons or not visit.may(PERMISSION):
        return {}
    asked = AccessRequest(
        actor=mandate(visit).actor, controller=visit.whose, operation=Operation.consult, persons=persons,
        purpose=Purpose.account_management, categories=TYPE.categories(dict.fromkeys(PARTS)), named=True,
        place=visit.place,
    )  # fmt: skip
    found = await sets.of_people(asked, PROFILE)
    if isinstance(found, Refusal):
        return {}
    called = {one.address.person: _name(one.data) for one in found.released.records}
    return {person: name for person, name in called.items() if name}


def _name(data: bytes) -> str:
    fields = msgspec.json.decode(data, type=dict[str, Any])
    return " ".join(str(fields[part]) for part in PARTS if fields.get(part))

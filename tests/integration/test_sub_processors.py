"""Sub-processors from a proposal to the gate: told or asked by rule, and nothing flows before, on real servers."""

import os
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.household import worked
from tests.integration.test_mail import serving
from tests.integration.test_notices import Later, Told

from bailee.clauses.sub_processors import flow_down
from bailee.clauses.sub_processors.commands import Judged
from bailee.clauses.sub_processors.deciding import FORMAT
from bailee.clauses.sub_processors.events import Mechanism, SubProcessor
from bailee.clauses.sub_processors.mistakes import ChangedMeanwhile
from bailee.contract.authorising import NotAuthorised
from bailee.contract.documents import Consent
from bailee.vocabulary.ids import new_id
from bailee.vocabulary.parties import ActorKind

DOCUMENT = "5e" * 32
OFFICER = Ed25519PrivateKey.generate()
CLAUSES = Mechanism(means="standard-clauses", document="d0" * 32, reference="SCC of 3 May, module 3", module="3")
SCOPE = {"terms.sub_processors.objection_scope.value": "all"}


@pytest.fixture
def clock(settings):
    """The file of the simulated clock, put back afterwards."""
    file = Path(settings.clock.removeprefix("file:"))
    yield file
    file.write_text("+0s")


@pytest.fixture
async def told(rooms, hold, clock):
    """Controllers whose letters a server of the test's own takes over."""
    keeping = Later()
    async with serving(keeping) as port:

        async def made(number=0, **changes):
            return Chained(rooms, await hold(number, **changes), keeping, clock).connected(port)

        yield made


class Chained(Told):
    """A controller, the staff who keep the list, and the worker."""

    @property
    def chain(self):
        return self.promised.chain

    async def work(self):
        """Whatever of sub-processors and their letters is due."""
        duties = [*self.promised.chain_due(), *self.promised.letters_due()]
        for name in ("sub-processors", "notices", "sub-processors"):
            await worked(duties, name, self.id)

    async def approved(self, entry, kind="add", **more):
        what = await self.chain.propose(
            kind, entry, begins_at=more.pop("begins_at", None), reason="growth", by="staff", **more
        )
        await self.judged(what.id)
        return await self.chain.approve(what.id, by="officer")

    async def judged(self, proposal, *clauses, verdict="same"):
        found = Judged(
            clauses=clauses or flow_down.OBLIGATIONS,
            verdict=verdict,
            reason="section 4 of their terms",
            document=DOCUMENT,
        )
        return await self.chain.judge(proposal, found, name="Olga Officer", key=OFFICER, by="officer")

    async def state(self, what):
        found = (await self.chain.keeping.decisions(self.id)).get(what.id)
        return found.state if found else None

    async def decide(self, what, decision, **changes):
        text = Consent(
            format=FORMAT, proposal=what.id, content=changes.pop("content", what.digest), decision=decision,
            at=self.rooms.clock.now(), reason="we looked at it",
        )  # fmt: skip
        key = changes.pop("key", self.holder.company.signing)
        await self.promised.deciding.decide(self.id, text, name="Ada Alpage", key=key, by="ada")

    async def taking(self, entry, person, record):
        """What the gate says when the sub-processor asks for a profile, under a credential of its own."""
        client = await self.holder.client(kind=ActorKind.processor_system, actor=entry.label)
        return await client("GET", f"/api/v1/persons/{person}/profile/{record}")

    async def obligations(self, what):
        listed = await self.promised.obligations.listed(self.id)
        return {
            one.promise.subject.removeprefix(f"proposal/{what.id}"): one
            for one in listed
            if str(what.id) in one.promise.subject
        }


def entry(**changes):
    parts = {
        "id": new_id(), "slug": f"t-{os.urandom(6).hex()}", "name": "Nuage SARL", "address": "1 quai du Port, Marseille",
        "country": "FR", "contact": "privacy@nuage.example", "role": "sends mail", "categories": ("name", "email"),
        "safeguards": "ISO 27001, encryption at rest",
    }  # fmt: skip
    return SubProcessor(**parts | changes)


def abroad(**changes):
    return entry(**{"name": "Cloud Inc.", "country": "US", "mechanism": CLAUSES} | changes)


async def test_outside_the_union_nothing_flows_before_a_signed_consent_nor_after_it_is_taken_back(told, profile):
    one = await told()
    person, record = await (await one.holder.client()).person(profile)
    who = abroad()
    refused = await one.taking(who, person, record)
    assert (refused.status, refused.body["clause"]) == (403, "subprocessors.consent")
    what = await one.approved(who)
    await one.work()
    assert await one.state(what) == "open"
    assert (await one.taking(who, person, record)).status == 403, "told is not consented"
    with pytest.raises(NotAuthorised):
        await one.decide(what, "consent", key=Ed25519PrivateKey.generate())
    with pytest.raises(ChangedMeanwhile):
        await one.decide(what, "consent", content="0" * 64)
    await one.decide(what, "consent")
    assert await one.state(what) == "consented"
    allowed = await one.taking(who, person, record)
    assert allowed.status == 200, allowed.raw
    assert set(allowed.body["data"]) <= {"given_name", "family_name", "email"}, "the named categories alone"
    assert {name: found.state for name, found in (await one.obligations(what)).items()} == {"": "discharged"}
    await one.decide(what, "withdraw")
    refused = await one.taking(who, person, record)
    assert (refused.status, refused.body["clause"]) == (403, "subprocessors.consent")

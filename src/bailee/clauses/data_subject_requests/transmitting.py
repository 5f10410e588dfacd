"""Direct transmission to another controller (Art. 20(2)): signed, to a recipient that an instruction names, recorded.

The processor sends, so the ruling asks for an instruction that names the recipient for this purpose; without one
nothing leaves. The entry that says what is about to leave is durable before it does.
"""

import hashlib
from uuid import UUID

import msgspec

from bailee.clauses.data_subject_requests.asking import Stopped, granted
from bailee.clauses.data_subject_requests.events import Request, held
from bailee.clauses.data_subject_requests.papers import Target
from bailee.contract.ruling import AccessRequest, Refusal
from bailee.gate.passage import Passage
from bailee.infra.destinations import Target as Place
from bailee.infra.destinations import host_of
from bailee.infra.outbound import Answered, Outbound, Outgoing
from bailee.ledger.appending import Appending
from bailee.ledger.entries import Act, Fact
from bailee.ledger.signing import LogKey
from bailee.vocabulary.ids import new_id
from bailee.vocabulary.operations import Operation
from bailee.vocabulary.parties import Actor, ActorKind
from bailee.vocabulary.purposes import Purpose


class Transmitting:
    """Hands a person's data over to another controller's endpoint."""

    def __init__(
        self, *, passage: Passage, appending: Appending, outbound: Outbound, log_key: LogKey, system: UUID
    ) -> None:
        self._passage = passage
        self._appending = appending
        self._outbound = outbound
        self._log_key = log_key
        self._actor = Actor("platform", ActorKind.processor_system, system)

    async def send(self, one: Request, target: Target, categories: frozenset[str], content: bytes) -> str:
        """Send; the name of the handover. `Stopped` where it may not, or did not, arrive."""
        place = self._outbound.check(target.url, frozenset({host_of(target.url)}))
        if not isinstance(place, Place):
            raise Stopped(str(place), "Give an https address of the other controller's own.")
        access = AccessRequest(
            actor=self._actor, controller=one.controller, operation=Operation.transmit,
            purpose=Purpose.rights_of_persons, categories=categories, named=True, persons=(held(one),),
            place=target.country, recipient=target.recipient,
        )  # fmt: skip
        dossier = await self._passage.dossier(one.controller)
        permit = self._passage.rule(dossier, access)
        if isinstance(permit, Refusal):
            permit = granted(await self._passage.refuse(permit))
        digest = hashlib.sha256(content).hexdigest()
        handover = new_id()
        details = {
            "handover": str(handover), "request": str(one.id), "recipient": target.recipient, "to": place.listed_as,
            "form": "json", "categories": sorted(categories), "persons": 1, "purpose": str(access.purpose),
        }  # fmt: skip
        facts: list[Fact] = [permit, Act("handed-over", one.controller, self._actor.id, details, (held(one),), digest)]
        await self._appending.append(one.controller, facts)
        note = self._log_key.sign(
            self._log_key.origin(one.controller, 1), f"bailee.dev/portability/v1\n{one.id}\nsha256:{digest}\n"
        )
        body = msgspec.json.encode({"note": note, "document": msgspec.Raw(content)})
        answer = await self._outbound.send(
            Outgoing(
                method="POST", url=target.url, hosts=frozenset({place.listed_as}), body=body,
                headers={"content-type": "application/json", "idempotency-key": str(one.id)},
            )
        )  # fmt: skip
        if not isinstance(answer, Answered) or not 200 <= answer.status < 300:
            reason = str(answer.reason) if not isinstance(answer, Answered) else f"status-{answer.status}"
            raise Stopped(reason, "The other side did not take it. Try again, or give the person the pack.")
        return str(handover)

"""Admission to the control plane: who may act for which controller.

An operator holds a credential of the platform's own dossier and may act for every controller; anyone
else acts for the one controller of the credential. Both need the purpose contract-administration. A
foreign controller's id answers like an unknown one. Here it is about a controller as a whole: a person, who may see
their own data and nobody else's, is not let in whatever their credential serves, and an auditor looks and changes nothing.
"""

from uuid import UUID

import msgspec
from litestar import Request

from bailee.api.problems import UNAUTHENTICATED, UNKNOWN, Refusing, of_refusal
from bailee.contract.ruling import NOT_OWN, AccessRequest, Refusal
from bailee.gate.archive import Archive, Dossier
from bailee.gate.credentials import Caller, Credentials
from bailee.gate.passage import Passage
from bailee.vocabulary.operations import Operation
from bailee.vocabulary.parties import ActorKind
from bailee.vocabulary.purposes import Purpose

NEEDED = Purpose.contract_administration
LOOKING = ("GET", "HEAD")
AUDITORS = "An auditor looks: ask the controller's staff to do this."


async def dossier_of(archive: Archive, controller: UUID) -> Dossier:
    """The controller's dossier as it is now, or 404."""
    dossier = await archive.refresh(controller)
    if dossier is None:
        raise Refusing(UNKNOWN)
    return dossier


class Admission(msgspec.Struct, frozen=True):
    """Checks credentials anew on every call of the control plane."""

    credentials: Credentials
    passage: Passage
    platform: UUID

    async def operator(self, request: Request, needed: Purpose = NEEDED) -> Caller:  # type: ignore[type-arg]  # user, auth and state are unused
        """An operator of the processor, for a purpose, or 401 / 404."""
        caller = await self._caller(request, needed)
        if caller.controller != self.platform:
            raise Refusing(UNKNOWN)
        return caller

    async def party(self, request: Request, controller: UUID) -> Caller:  # type: ignore[type-arg]  # as above
        """An operator, or a party to this controller's contract."""
        caller = await self._caller(request)
        if caller.controller not in (self.platform, controller) or controller == self.platform:
            raise Refusing(UNKNOWN)
        return caller

    async def member(self, request: Request, needed: Purpose = NEEDED) -> Caller:  # type: ignore[type-arg]  # as above
        """A party to the contract of the credential's own controller, for a purpose; an operator has none."""
        caller = await self._caller(request, needed)
        if caller.controller == self.platform:
            raise Refusing(UNKNOWN)
        return caller

    async def anyone(self, request: Request) -> Caller:  # type: ignore[type-arg]  # as above
        """An operator, or a party to the contract of the credential's own controller."""
        return await self._caller(request)

    async def _caller(self, request: Request, needed: Purpose = NEEDED) -> Caller:  # type: ignore[type-arg]  # as above
        scheme, _, text = request.headers.get("authorization", "").partition(" ")
        caller = await self.credentials.authenticate(text if scheme.lower() == "bearer" else "", fresh=True)
        if caller is None:
            raise Refusing(UNAUTHENTICATED)
        if needed not in caller.purposes:
            remedy = f"The credential does not serve the purpose {needed!s}: ask for one that does."
            raise await self._refused(caller, needed, "purposes.limited", "purpose-not-of-credential", remedy)
        if caller.actor.kind is ActorKind.person:
            raise await self._refused(caller, needed, "roles.ownership", "not-own-data", NOT_OWN)
        if caller.actor.kind is ActorKind.auditor and request.method not in LOOKING:
            raise await self._refused(caller, needed, "audits.evidence", "auditors-look", AUDITORS)
        return caller

    async def _refused(self, caller: Caller, needed: Purpose, clause: str, reason: str, remedy: str) -> Refusing:
        asked = AccessRequest(
            actor=caller.actor, controller=caller.controller, operation=Operation.consult, purpose=needed
        )
        refusal = Refusal(request=asked, clause=clause, reason=reason, remedy=remedy, instruction=None)
        return Refusing(of_refusal(await self.passage.refuse(refusal)))

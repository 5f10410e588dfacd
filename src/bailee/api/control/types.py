"""Record types and how they go from version to version; the controller's switch for finding names by their words."""

from typing import Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, get, put
from litestar.di import NamedDependency

from bailee.api.control.admission import Admission, dossier_of
from bailee.api.control.shapes import NameTokensIn, NameTokensOut, RenewalOut, TypeIn, TypeOut
from bailee.api.problems import Refusing, of_refusal, problem
from bailee.contract.ruling import Refusal
from bailee.gate.archive import Archive
from bailee.gate.filing import Filing
from bailee.gate.renewing.name_tokens import NameTokens
from bailee.gate.renewing.renewals import TOKENS, Renewal, Renewing

Http = Request[Any, Any, Any]


class Types(Controller):
    """Record types: what may be held, declared with a category and purposes on every field."""

    path = "/api/v1/controllers/{controller:uuid}/types"
    tags = ("types",)

    @get("/", summary="List the record types")
    async def listed(
        self,
        request: Http,
        controller: UUID,
        admission: NamedDependency[Admission],
        archive: NamedDependency[Archive],
        renewing: NamedDependency[Renewing],
    ) -> list[TypeOut]:
        """The built-in and the declared types, in their newest version; with how far what was held before has come."""
        await admission.party(request, controller)
        dossier = await dossier_of(archive, controller)
        renewals = await _renewals(renewing, controller)
        return [
            TypeOut(one.name, one.version, one.schema, list(one.steps), renewals.get(one.name))
            for one in dossier.types.values()
        ]

    @put("/{name:str}", summary="Declare a record type")
    async def declare(
        self,
        request: Http,
        controller: UUID,
        name: str,
        data: dict[str, Any],
        admission: NamedDependency[Admission],
        filing: NamedDependency[Filing],
        renewing: NamedDependency[Renewing],
    ) -> TypeOut:
        """Declare a type, or its next version, as JSON Schema with `x-category` and `x-purposes`.

        The body is the schema; or `schema` and `steps`, where data held before are renamed, moved, given a default or
        dropped on the way to it.
        """
        caller = await admission.party(request, controller)
        sent = _declaration(data)
        declared = await filing.declare_type(controller, name, sent.schema, by=caller.actor.id, steps=sent.steps)
        renewals = await _renewals(renewing, controller)
        return TypeOut(declared.name, declared.version, declared.schema, list(declared.steps), renewals.get(name))


class NameTokensOf(Controller):
    """Whether names are found by their words: the controller's own decision."""

    path = "/api/v1/controllers/{controller:uuid}/name-tokens"
    tags = ("types",)

    @get("/", summary="Whether names are found by their words")
    async def show(
        self,
        request: Http,
        controller: UUID,
        admission: NamedDependency[Admission],
        archive: NamedDependency[Archive],
        renewing: NamedDependency[Renewing],
    ) -> NameTokensOut:
        """The state (off, building, on), and how far building or deleting is."""
        await admission.party(request, controller)
        dossier = await dossier_of(archive, controller)
        return NameTokensOut(dossier.name_tokens, list((await _renewals(renewing, controller)).values()))

    @put("/", summary="Switch finding names by their words on or off")
    async def switch(
        self,
        request: Http,
        controller: UUID,
        data: NameTokensIn,
        admission: NamedDependency[Admission],
        name_tokens: NamedDependency[NameTokens],
        renewing: NamedDependency[Renewing],
    ) -> NameTokensOut:
        """On: the tokens are built in the background. Off: from now on nobody searches by them, and they are deleted."""
        caller = await admission.party(request, controller)
        if caller.controller != controller:
            remedy = "The controller switches it, with a credential of its own."
            raise Refusing(
                problem(403, "filing", "This is the controller's decision", remedy, clause="autonomy.self-service")
            )
        state = await name_tokens.switch(controller, data.on, by=caller.actor.id)
        if isinstance(state, Refusal):
            raise Refusing(of_refusal(state))
        return NameTokensOut(state, list((await _renewals(renewing, controller)).values()))


def _declaration(data: dict[str, Any]) -> TypeIn:
    """A body that is the schema itself is a declaration without steps."""
    if "schema" not in data:
        return TypeIn(data)
    try:
        return msgspec.convert(data, TypeIn)
    except msgspec.ValidationError as error:
        raise Refusing(
            problem(422, "type", "The declaration is not of the right shape", "Mend it.", detail=str(error))
        ) from error


async def _renewals(renewing: Renewing, controller: UUID) -> dict[str, RenewalOut]:
    found, counts = await renewing.standing(controller)
    return {one.type: _out(one, counts.get(one.type, 0)) for one in found}


def _out(one: Renewal, records: int) -> RenewalOut:
    return RenewalOut(
        one.type or None, "deleting-tokens" if one.type == TOKENS else "renewing", one.since, one.round, records,
        one.looked, one.rewritten, one.retagged, one.kept,
    )  # fmt: skip

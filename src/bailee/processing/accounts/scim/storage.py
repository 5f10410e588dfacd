"""The storage that the protocol's library calls: one for each request, in its caller's name."""

from typing import Any

import msgspec
from pydantic import ValidationError
from scim2_models import (
    InvalidFilterException,
    NotImplementedException,
    Resource,
    ResourceType,
    ResponseParameters,
    ScimFilter,
    SearchRequest,
)
from scim2_models.path.expressions import FilterNode
from scim2_server.storage import AsyncScimStorage, SearchPage

from bailee.gate.credentials import Caller
from bailee.processing.accounts.scim.extension import Described, Person
from bailee.processing.accounts.scim.facts import order
from bailee.processing.accounts.scim.filters import GROUP_SEARCHED, SEARCHED, Query, understood
from bailee.processing.accounts.scim.given import Door, Given
from bailee.processing.accounts.scim.groups import Groups
from bailee.processing.accounts.scim.listing import Cut, Listing
from bailee.processing.accounts.scim.provider import DEFAULT_PAGE, provider
from bailee.processing.accounts.scim.reading import Reading
from bailee.processing.accounts.scim.sealing import Names
from bailee.processing.accounts.scim.users import Users
from bailee.vocabulary.purposes import Purpose

USER = "User"
FURTHEST = 2**31
OURS = (str(Person.__schema__), str(Described.__schema__))
ON_REQUEST = frozenset({"majority", "purposes", "retention", "restricted", "roles"})
Json = dict[str, Any]


class Storage(AsyncScimStorage):
    """What one caller may see and do."""

    def __init__(self, given: Given, caller: Caller, purpose: Purpose) -> None:
        door = Door(given, caller, purpose)
        names = Names(given.keys, given.database, caller.controller)
        reading = Reading(door, names)
        self._users = Users(door, reading)
        self._listing = Listing(door, reading, _exact_user)
        self._groups = Groups(door, names, _exact_group)

    async def get(
        self,
        resource_type: ResourceType,
        resource_id: str,
        *,
        response_parameters: ResponseParameters[Any] | None = None,
    ) -> Resource[Any]:
        """One User or Group, or 404."""
        if resource_type.name == USER:
            return _model(USER, (await self._users.get(resource_id)).user, response_parameters)
        held = await self._groups.get(resource_id, members=_wants_members(response_parameters))
        return _model("Group", held.group, response_parameters)

    async def search(
        self, resource_types: list[ResourceType], search_request: SearchRequest[Any], *, position: Any = None
    ) -> SearchPage:
        """One page of what is found; at the root the Users come first, then the Groups."""
        if position is not None:
            raise NotImplementedException(detail="Pages are counted by startIndex")
        cut = _cut(search_request)
        total, found = 0, list[Resource[Any]]()
        for name, query in _queries([str(one.name) for one in resource_types], search_request):
            part = msgspec.structs.replace(cut, start=max(0, cut.start - total), count=max(0, cut.count - len(found)))
            count, page = await self._page(name, query, part, search_request)
            total += count
            found += page
        return SearchPage(total, found)

    async def create(self, resource_type: ResourceType, resource: Resource[Any]) -> Resource[Any]:
        """Take a User in, or make a Group."""
        sent = resource.model_dump()
        if resource_type.name == USER:
            return _model(USER, (await self._users.create(sent)).user)
        return _model("Group", (await self._groups.create(sent)).group)

    async def update(
        self, resource_type: ResourceType, resource: Resource[Any], *, expected_version: str | None = None
    ) -> Resource[Any]:
        """Make a User or Group as this says."""
        id, sent = str(resource.id), resource.model_dump()
        if resource_type.name == USER:
            return _model(USER, (await self._users.update(id, sent, expected_version)).user)
        return _model("Group", (await self._groups.update(id, sent, expected_version)).group)

    async def delete(
        self, resource_type: ResourceType, resource_id: str, *, expected_version: str | None = None
    ) -> None:
        """Erase a User, or let a Group go."""
        of = self._users if resource_type.name == USER else self._groups
        await of.delete(resource_id, expected_version)

    async def _page(
        self, name: str, query: Query, cut: Cut, asked: SearchRequest[Any]
    ) -> tuple[int, list[Resource[Any]]]:
        if name == USER:
            total, found = await self._listing.find(query, cut)
            return total, [_model(USER, one.user, asked) for one in found]
        count, groups = await self._groups.find(query, cut, members=_wants_members(asked))
        return count, [_model("Group", one.group, asked) for one in groups]


def _queries(names: list[str], search_request: SearchRequest[Any]) -> list[tuple[str, Query]]:
    """What the filter asks of each type; at the root, a type that it does not fit has no hits."""
    node = search_request.filter.ast if search_request.filter is not None else None
    found, wrong = list[tuple[str, Query]](), list[InvalidFilterException]()
    for name in names:
        try:
            searched, related = (SEARCHED, "groups") if name == USER else (GROUP_SEARCHED, "members")
            found.append((name, understood(node, searched, related)))
        except InvalidFilterException as problem:
            wrong.append(problem)
    if wrong and not found:
        raise wrong[0]
    return found


def _cut(search_request: SearchRequest[Any]) -> Cut:
    count = DEFAULT_PAGE if search_request.count is None else search_request.count
    by = str(search_request.sort_by) if search_request.sort_by is not None else None
    descending = search_request.sort_order == SearchRequest.SortOrder.descending
    return Cut(
        min(search_request.start_index_0 or 0, FURTHEST),
        count,
        order(by) if by else None,
        descending and by is not None,
    )


def _wants_members(parameters: ResponseParameters[Any] | None) -> bool:
    """Whether the members of a group are to be shown: a large group is read without them."""
    if parameters is None:
        return True
    left_out = {str(path).rpartition(":")[2].casefold() for path in parameters.excluded_attributes or ()}
    if parameters.attributes:
        return any("members" in str(path).casefold() for path in parameters.attributes)
    return "members" not in left_out


def _model(name: str, shown: Json, parameters: ResponseParameters[Any] | None = None) -> Resource[Any]:
    """A resource of the library, with what is returned only on request where it was requested. What does not fit the standard's own forms any more is left out of it.

    Such data come from elsewhere than a directory (an e-mail address that the standard's grammar refuses).
    """
    model: Any = provider(passwords=True).model_for(name)
    shown = _requested(shown, parameters)
    while True:
        try:
            resource: Resource[Any] = model.model_validate(shown)
            return resource
        except ValidationError as error:
            wrong = {str(problem["loc"][0]) for problem in error.errors() if problem["loc"]} & shown.keys()
            if not wrong - {"id", "meta", "schemas"}:
                raise
            shown = {key: value for key, value in shown.items() if key not in wrong}


def _requested(shown: Json, parameters: ResponseParameters[Any] | None) -> Json:
    asked = [str(path) for path in (parameters.attributes or ())] if parameters is not None else []
    for schema in OURS:
        if schema in shown and not any(path.casefold().startswith(schema.casefold()) for path in asked):
            kept = {name: value for name, value in shown[schema].items() if name not in ON_REQUEST}
            shown = {name: value for name, value in shown.items() if name != schema} | ({schema: kept} if kept else {})
            shown["schemas"] = [one for one in shown["schemas"] if one != schema or kept]
    return shown


def _exact(name: str, node: FilterNode, shown: Json) -> bool:
    model: Any = provider(passwords=True).model_for(name)
    return bool(ScimFilter[model](node).match(_model(name, shown)))


def _exact_user(node: FilterNode, shown: Json) -> bool:
    """Whether a User found by its tag is what was asked, in the standard's comparison."""
    return _exact(USER, node, shown)


def _exact_group(node: FilterNode, shown: Json) -> bool:
    """Whether a Group found by its tag is what was asked, in the standard's comparison."""
    return _exact("Group", node, shown)

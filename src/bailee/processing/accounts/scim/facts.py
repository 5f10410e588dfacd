"""What is known of a resource without opening anything personal, and how filters on that are answered. Pure."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from scim2_models import InvalidFilterException
from scim2_models.path import CompareOperator, Comparison, LogicalExpr, LogicalOperator, Not, Present, ValuePath
from scim2_models.path.expressions import AttrPath, FilterNode

from bailee.infra.clock import is_kept

TICK = timedelta(microseconds=1)
_OPERATORS: dict[CompareOperator, Callable[[Any, Any], bool]] = {
    CompareOperator.eq: lambda held, asked: held == asked,
    CompareOperator.ne: lambda held, asked: held != asked,
    CompareOperator.co: lambda held, asked: asked in held,
    CompareOperator.sw: lambda held, asked: held.startswith(asked),
    CompareOperator.ew: lambda held, asked: held.endswith(asked),
    CompareOperator.gt: lambda held, asked: held > asked,
    CompareOperator.ge: lambda held, asked: held >= asked,
    CompareOperator.lt: lambda held, asked: held < asked,
    CompareOperator.le: lambda held, asked: held <= asked,
}
ALLOWED = (
    "A personal attribute is searched by eq alone, joined by and: userName, externalId, emails.value, "
    "phoneNumbers.value, name.formatted (or family and given name together); displayName and externalId of groups. "
    "id, active, groups, members, meta.created and meta.lastModified take every operator"
)


class Facts(msgspec.Struct, frozen=True):
    """What is known of a resource without opening anything personal. `related`: its groups, or its members."""

    id: str
    type: str
    created: datetime
    modified: datetime
    active: bool | None
    related: frozenset[str]


class Bounds(msgspec.Struct, frozen=True):
    """What every hit must be within, as the database can ask it; from inclusive, before exclusive, None asks nothing."""

    active: bool | None = None
    created_from: datetime | None = None
    created_before: datetime | None = None
    modified_from: datetime | None = None
    modified_before: datetime | None = None
    related: UUID | None = None


def holds(nodes: Sequence[FilterNode], facts: Facts, related: str) -> bool:
    """Whether a resource is as all these say."""
    return all(_holds(node, facts, related) for node in nodes)


def within(bounds: Bounds, facts: Facts) -> bool:
    """Whether a resource is within the bounds, for those that a search has found."""
    return (
        (bounds.active is None or facts.active is bounds.active)
        and (bounds.created_from is None or facts.created >= bounds.created_from)
        and (bounds.created_before is None or facts.created < bounds.created_before)
        and (bounds.modified_from is None or facts.modified >= bounds.modified_from)
        and (bounds.modified_before is None or facts.modified < bounds.modified_before)
        and (bounds.related is None or str(bounds.related) in facts.related)
    )


def order(path: str | None) -> Callable[[Facts], Any]:
    """How to sort by an attribute that is not personal, or `InvalidFilterException`."""
    keys: dict[str | None, Callable[[Facts], Any]] = {
        None: lambda facts: facts.id,
        "id": lambda facts: facts.id,
        "meta.created": lambda facts: (facts.created, facts.id),
        "meta.lastmodified": lambda facts: (facts.modified, facts.id),
        "active": lambda facts: (facts.active is None, facts.active, facts.id),
    }
    bare = path.rpartition(":")[2].casefold() if path is not None else None
    if bare not in keys:
        raise InvalidFilterException(detail="Sorting is by id, active, meta.created or meta.lastModified")
    return keys[bare]


def timed(bounds: Bounds, stem: str, op: CompareOperator, at: datetime) -> Bounds:
    since, before = getattr(bounds, f"{stem}_from"), getattr(bounds, f"{stem}_before")
    if op in (CompareOperator.gt, CompareOperator.ge, CompareOperator.eq):
        start = at + TICK if op is CompareOperator.gt else at
        since = start if since is None else max(since, start)
    if op in (CompareOperator.lt, CompareOperator.le, CompareOperator.eq):
        end = at if op is CompareOperator.lt else at + TICK
        before = end if before is None else min(before, end)
    return msgspec.structs.replace(bounds, **{f"{stem}_from": since, f"{stem}_before": before})


def _holds(node: FilterNode, facts: Facts, related: str) -> bool:
    match node:
        case LogicalExpr():
            each = (_holds(term, facts, related) for term in node.terms)
            return all(each) if node.op is LogicalOperator.and_ else any(each)
        case Not():
            return not _holds(node.expr, facts, related)
        case ValuePath():
            return any(_entry(node.val_filter, one) for one in facts.related)
        case Present():
            return _values(name_of(node.attr_path), facts) not in ([], [None])
        case Comparison():
            asked = comparable(name_of(node.attr_path), node)
            values = _values(name_of(node.attr_path), facts)
            return any(one is not None and _OPERATORS[node.op](one, asked) for one in values)
        case _:
            raise InvalidFilterException(detail=ALLOWED)


def _entry(node: FilterNode, value: str) -> bool:
    match node:
        case LogicalExpr():
            each = (_entry(term, value) for term in node.terms)
            return all(each) if node.op is LogicalOperator.and_ else any(each)
        case Not():
            return not _entry(node.expr, value)
        case Comparison():
            return _OPERATORS[node.op](value, node.value) if isinstance(node.value, str) else False
        case _:
            return True


def _values(name: str, facts: Facts) -> list[Any]:
    single = {
        "id": facts.id, "active": facts.active, "meta.created": facts.created, "meta.lastmodified": facts.modified,
        "meta.resourcetype": facts.type,
    }  # fmt: skip
    return [single[name]] if name in single else sorted(facts.related)


def comparable(name: str, node: Comparison) -> Any:
    """The value asked for, of the attribute's own kind."""
    if name in ("meta.created", "meta.lastmodified"):
        if node.op in (CompareOperator.co, CompareOperator.sw, CompareOperator.ew):
            raise InvalidFilterException(detail="A time is compared by eq, ne, gt, ge, lt or le")
        return instant(node.value)
    wanted = bool if name == "active" else str
    if not isinstance(node.value, wanted):
        raise InvalidFilterException(detail=f"{name} is compared with a value of another kind")
    return node.value


def instant(value: Any) -> datetime:
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            raise InvalidFilterException(detail="A time is written as 2026-11-23T12:00:00Z") from None
    if not isinstance(value, datetime):
        raise InvalidFilterException(detail="A time is written as 2026-11-23T12:00:00Z")
    at = value if value.tzinfo else value.replace(tzinfo=UTC)
    if not is_kept(at):
        raise InvalidFilterException(detail="Nothing is held from such a time")
    return at


def name_of(path: AttrPath) -> str:
    return (path.attr if path.sub_attr is None else f"{path.attr}.{path.sub_attr}").casefold()

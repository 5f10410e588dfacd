"""What a filter asks, sorted by how it is answered. Pure.

`eq` on personal attributes becomes a search of the blind index, and these may be joined by `and` with anything;
attributes that are not personal (active, times, id, membership) take every operator. Anything else is
`invalidFilter`: a slow scan that opens everyone's data is never an answer (core.md 20).
"""

from uuid import UUID

import msgspec
from scim2_models import InvalidFilterException
from scim2_models.path import CompareOperator, Comparison, LogicalExpr, LogicalOperator, Not, Present, ValuePath
from scim2_models.path.expressions import AttrPath, FilterNode

from bailee.processing.accounts.scim.facts import ALLOWED, Bounds, comparable, instant, name_of, timed
from bailee.processing.accounts.scim.parts import international

SEARCHES, TERMS = 4, 50
SEARCHED = {
    "username": "user_name",
    "externalid": "external_id",
    "emails": "email",
    "emails.value": "email",
    "phonenumbers": "phone",
    "phonenumbers.value": "phone",
    "name.formatted": "name",
}
GROUP_SEARCHED = {"displayname": "display_name", "externalid": "external_id"}


class Query(msgspec.Struct, frozen=True):
    """A filter understood: searches that must all hit, their exact form, bounds, and what is left to look at."""

    sought: tuple[tuple[str, str], ...] = ()
    exact: tuple[FilterNode, ...] = ()
    bounds: Bounds = Bounds()
    rest: tuple[FilterNode, ...] = ()


def understood(node: FilterNode | None, searched: dict[str, str], related: str) -> Query:
    """The query that a filter is, or `InvalidFilterException`. `related` is `groups` or `members`."""
    terms = _terms(node)
    whole, terms = _whole_name(terms) if "name.formatted" in searched else ((), terms)
    sought, exact, rest = list(whole), list[FilterNode](), list[FilterNode]()
    bounds = Bounds()
    for term in terms:
        found = _search(term, searched)
        if found is not None:
            sought.append(found)
            if found[0] not in ("phone", "name"):
                exact.append(term)
            continue
        _check(term, related)
        bounded = _bounded(bounds, term, related)
        if bounded is None:
            rest.append(term)
        else:
            bounds = bounded
    once = tuple(dict.fromkeys(sought))
    if len(once) > SEARCHES or len(terms) > TERMS:
        raise InvalidFilterException(detail=f"A filter makes {SEARCHES} searches at most, and joins {TERMS} terms")
    return Query(once, tuple(exact), bounds, tuple(rest))


def _terms(node: FilterNode | None) -> list[FilterNode]:
    """The filters that are joined by `and`, at the top."""
    if node is None:
        return []
    if isinstance(node, LogicalExpr) and node.op is LogicalOperator.and_:
        return [inner for term in node.terms for inner in _terms(term)]
    return [node]


def _search(term: FilterNode, searched: dict[str, str]) -> tuple[str, str] | None:
    """The search that an `eq` is: a field and the value as typed."""
    if isinstance(term, ValuePath):
        return _search_of_entry(term, searched)
    if not isinstance(term, Comparison) or term.op is not CompareOperator.eq or not isinstance(term.value, str):
        return None
    field = searched.get(name_of(term.attr_path))
    return None if field is None else (field, international(term.value) if field == "phone" else term.value)


def _search_of_entry(term: ValuePath, searched: dict[str, str]) -> tuple[str, str] | None:
    """`emails[type eq "work" and value eq "..."]`: the value is searched, the rest is looked at in what is found."""
    found = [
        one
        for inner in _terms(term.val_filter)
        if (one := _search(_prefixed(term.attr_path.attr, inner), searched)) is not None
    ]
    return found[0] if len(found) == 1 else None


def _prefixed(attr: str, term: FilterNode) -> FilterNode:
    if isinstance(term, Comparison) and term.attr_path.sub_attr is None:
        return Comparison(AttrPath(attr, term.attr_path.attr), term.op, term.value)
    return term


def _whole_name(terms: list[FilterNode]) -> tuple[list[tuple[str, str]], list[FilterNode]]:
    """A family name and a given name together are the whole name."""
    parts: dict[str, FilterNode] = {}
    for term in terms:
        if not isinstance(term, Comparison) or term.op is not CompareOperator.eq or not isinstance(term.value, str):
            continue
        if name_of(term.attr_path) in ("name.familyname", "name.givenname"):
            parts[name_of(term.attr_path)] = term
    if len(parts) < 2:
        return [], terms
    whole = " ".join(str(part.value) for part in parts.values() if isinstance(part, Comparison))
    return [("name", whole)], [term for term in terms if term not in parts.values()]


def _check(node: FilterNode, related: str) -> None:
    """Refuse what asks of a personal attribute."""
    match node:
        case LogicalExpr():
            for term in node.terms:
                _check(term, related)
        case Not():
            _check(node.expr, related)
        case ValuePath() if node.attr_path.attr.casefold() == related and node.sub_attr is None:
            for term in _all_terms(node.val_filter):
                _check(_prefixed(related, term), related)
        case Comparison() | Present() if name_of(node.attr_path) in _plain(related):
            if isinstance(node, Comparison):
                comparable(name_of(node.attr_path), node)
        case _:
            raise InvalidFilterException(detail=ALLOWED)


def _all_terms(node: FilterNode) -> list[FilterNode]:
    match node:
        case LogicalExpr():
            return [inner for term in node.terms for inner in _all_terms(term)]
        case Not():
            return _all_terms(node.expr)
        case _:
            return [node]


def _plain(related: str) -> frozenset[str]:
    more = {"active"} if related == "groups" else set()
    return frozenset(
        {"id", "meta.created", "meta.lastmodified", "meta.resourcetype", related, f"{related}.value"} | more
    )


def _bounded(bounds: Bounds, term: FilterNode, related: str) -> Bounds | None:
    """The bounds with a term in them, or None where the database is not asked it."""
    if not isinstance(term, Comparison):
        return None
    name, value = name_of(term.attr_path), term.value
    if (
        name == "active"
        and term.op is CompareOperator.eq
        and isinstance(value, bool)
        and bounds.active in (None, value)
    ):
        return msgspec.structs.replace(bounds, active=value)
    if name in (related, f"{related}.value") and term.op is CompareOperator.eq and bounds.related is None:
        try:
            return msgspec.structs.replace(bounds, related=UUID(str(value)))
        except ValueError:
            return None
    stem = {"meta.created": "created", "meta.lastmodified": "modified"}.get(name)
    if stem is None or term.op is CompareOperator.ne:
        return None
    return timed(bounds, stem, term.op, instant(value))

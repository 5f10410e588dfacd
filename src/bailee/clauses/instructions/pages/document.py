"""The agreement as a document: its parts in words, its terms as they run today, its versions side by side."""

from itertools import pairwise
from typing import Any

import msgspec
from litestar import get

from bailee.clauses.instructions.evidence import Version, versions
from bailee.clauses.instructions.pages.speaking import vocabulary
from bailee.contract.agreement import Agreement
from bailee.contract.conflicts import conflicts
from bailee.contract.difference import difference
from bailee.contract.instructions import standing_instructions
from bailee.contract.sentences import scope
from bailee.contract.terms.term import Term
from bailee.gate.archive import Archive
from bailee.infra.clock import Clock
from bailee.infra.web.answers import Html, page, require
from bailee.infra.web.pages import Pages
from bailee.infra.web.visit import Visit
from bailee.vocabulary.languages import language_of


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """A term as it runs: where it stands, what it says in each version, the reading that binds the processor."""

    name: str
    term: Term
    values: tuple[str, ...]
    reading: str
    binding: str


@get("/agreement/document", include_in_schema=False)
async def document(*, visit: Visit, pages: Pages, archive: Archive, clock: Clock) -> Html:
    """What the parties agreed, readable from top to bottom."""
    require(visit, "agreement:document:read")
    dossier, now = await archive.dossier(visit.whose), clock.now()
    made = versions(dossier, now) if dossier else []
    today = [one for one in made if one.since <= now]
    if not today:
        return page(pages, "agreement-document.html", visit, agreement=None)
    agreement, language = today[-1].agreement, language_of(visit.language)
    services = [
        (one.id.removeprefix("service:"), scope(one, language)) for one in standing_instructions(agreement, now)
    ]
    anchors = {service.id: service.anchors for service in agreement.services}
    return page(
        pages, "agreement-document.html", visit, agreement=agreement, versions=made, current=len(today) - 1, services=services,
        anchors=anchors, clauses=_lines(agreement, made), changes=_changes(made), conflicts=conflicts(agreement),
        **vocabulary(visit),
    )  # fmt: skip


def _lines(agreement: Agreement, made: list[Version]) -> list[tuple[str, list[Line]]]:
    """The terms, clause by clause."""
    found = []
    for clause in agreement.terms.__struct_fields__:
        terms = getattr(agreement.terms, clause)
        names = [name for name in terms.__struct_fields__ if isinstance(getattr(terms, name), Term)]
        lines = [_line(clause, name, agreement, made) for name in names]
        if lines:
            found.append((clause, lines))
    return found


def _line(clause: str, name: str, agreement: Agreement, made: list[Version]) -> Line:
    term: Term = getattr(getattr(agreement.terms, clause), name)
    strict = term.reading(term.strict)
    values = (getattr(getattr(one.agreement.terms, clause), name) for one in made)
    return Line(
        name=f"{clause}.{name}", term=term, values=tuple(one.value if one else "" for one in values),
        reading=strict.name if strict else "", binding=strict.rule if strict else "",
    )  # fmt: skip


def _changes(made: list[Version]) -> list[tuple[str, tuple[str, ...], tuple[str, ...]]]:
    """Whatever differs between versions beside the terms: the path, what each version has, and why."""
    paths: dict[str, None] = {}
    for before, after in pairwise(made):
        paths |= dict.fromkeys(one.path for one in difference(before.agreement, after.agreement))
    trees = [msgspec.to_builtins(one.agreement) for one in made]
    return [
        (path, tuple(_at(tree, path) for tree in trees), tuple(one.reasons.get(path, "") for one in made))
        for path in paths
    ]


def _at(tree: Any, path: str) -> str:
    """What stands at a path, in a few words."""
    for step in path.split("."):
        if isinstance(tree, list):
            named = [one for one in tree if isinstance(one, dict) and step in map(str, list(one.values())[:3])]
            tree = named[0] if named else tree[int(step)] if step.isdigit() and int(step) < len(tree) else None
        else:
            tree = tree.get(step) if isinstance(tree, dict) else None
    return "–" if tree is None else str(tree)[:120]

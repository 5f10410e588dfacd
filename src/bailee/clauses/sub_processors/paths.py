"""Which path a proposal takes, and why: the rule that decides whether a controller is told or has to consent. Pure.

Exclusively inside the European Union (its 27 states; access and support from outside count as outside), or without
personal data: the controller is told, and needs to consent to nothing. Anything else: nothing before its consent.
"""

import re
from collections.abc import Collection, Mapping
from datetime import UTC, datetime, time, timedelta
from uuid import UUID

import msgspec

from bailee.clauses.sub_processors.events import Kind, Path, Proposed, SubProcessor
from bailee.contract.agreement import Agreement
from bailee.vocabulary.places import EEA, is_eu

SLUG = re.compile(r"[a-z][a-z0-9-]{0,39}")
COUNTRY = re.compile(r"[A-Z]{2}")
DIGEST = re.compile(r"[0-9a-f]{64}")
MODULES = ("1", "2", "3", "4")


class Way(msgspec.Struct, frozen=True, kw_only=True):
    """A path and the reasons for it: codes, each with the country that it is about, if any."""

    path: Path
    why: tuple[tuple[str, str], ...]
    may_object: bool

    @property
    def asks(self) -> bool:
        """Whether nothing flows before the controller's consent."""
        return self.path == "outside"

    @property
    def clause(self) -> str:
        """The clause that the path is of."""
        return {"outside": "subprocessors.consent", "end": "subprocessors.list"}.get(self.path, "subprocessors.free")


def way(kind: Kind, entry: SubProcessor, agreement: Agreement) -> Way:
    """The path of what is proposed, at a controller with this agreement."""
    path, why = _path(kind, entry, agreement)
    everywhere = str(agreement.terms.sub_processors.objection_scope.value) == "all"
    may_object = path == "outside" or (everywhere and path in ("inside", "no-data"))
    return Way(path=path, why=why, may_object=may_object)


def needs_mechanism(entry: SubProcessor) -> bool:
    """Whether a mechanism must stand beside the consent: personal data reach a country outside the Economic Area."""
    return entry.personal_data and not EEA.issuperset(entry.places)


def covered_until(entry: SubProcessor) -> datetime | None:
    """Until when the mechanism covers what flows, its last day included; None without an end."""
    mechanism = entry.mechanism
    if mechanism is None or mechanism.until is None or not needs_mechanism(entry):
        return None
    return datetime.combine(mechanism.until + timedelta(days=1), time(), UTC)


def faults(what: Proposed, listed: Collection[SubProcessor], known: frozenset[str]) -> list[str]:
    """What keeps a proposal from standing in the list, as codes. `known` are the agreement's categories."""
    entry = what.entry
    by_id = {one.id: one for one in listed}
    found = [
        ("text-missing", not all((entry.name, entry.address, entry.contact, entry.role, entry.safeguards, what.reason))),
        ("slug-malformed", not SLUG.fullmatch(entry.slug)),
        ("slug-taken", any(one.slug == entry.slug and one.id != entry.id for one in listed)),
        ("slug-changed", entry.id in by_id and by_id[entry.id].slug != entry.slug),
        ("country-malformed", not all(COUNTRY.fullmatch(one) for one in entry.places)),
        ("category-unknown", not known.issuperset(entry.categories)),
        ("data-without-category", entry.personal_data and not entry.categories),
        ("category-without-data", bool(entry.categories) and not entry.personal_data),
        ("no-mechanism", needs_mechanism(entry) and entry.mechanism is None and what.kind != "end"),
        ("nothing-above", entry.above is not None and entry.above not in by_id),
        ("chain-circular", _circular(entry, by_id)),
        ("others-below", what.kind == "end" and any(one.above == entry.id for one in listed)),
        ("nothing-replaced", (what.kind == "replace") != (what.replaces in by_id)),
        ("not-listed", what.kind in ("change", "end") and entry.id not in by_id),
        ("listed-already", what.kind in ("add", "replace") and entry.id in by_id),
    ]  # fmt: skip
    return [code for code, is_so in found if is_so] + _faults_of_mechanism(what)


def _path(kind: Kind, entry: SubProcessor, agreement: Agreement) -> tuple[Path, tuple[tuple[str, str], ...]]:
    if kind == "end":
        return "end", (("ends", ""),)
    if not entry.personal_data:
        return "no-data", (("no-personal-data", ""),)
    outside = [] if is_eu(entry.country) else [("stands-outside", entry.country)]
    outside += [("reached-from-outside", one) for one in entry.remote if not is_eu(one)]
    if _is_named(entry, agreement):
        return "agreement", (("named-in-agreement", ""),)
    return ("outside", tuple(outside)) if outside else ("inside", (("exclusively-inside", ""),))


def _circular(entry: SubProcessor, by_id: Mapping[UUID, SubProcessor]) -> bool:
    """Whether whoever it works through works, somewhere up the chain, through it."""
    above, seen = entry.above, set[UUID]()
    while above is not None and above not in seen:
        if above == entry.id:
            return True
        seen.add(above)
        above = by_id[above].above if above in by_id else None
    return False


def _is_named(entry: SubProcessor, agreement: Agreement) -> bool:
    """Whether the agreement itself, as both signed it, names this company, in this country, with no fewer data."""
    return any(
        host.name == entry.name
        and host.country == entry.country
        and set(host.categories) >= set(entry.categories)
        and all(is_eu(one) or one == host.country for one in entry.remote)
        for host in agreement.hosting.sub_processors
    )


def _faults_of_mechanism(what: Proposed) -> list[str]:
    mechanism = what.entry.mechanism
    if mechanism is None:
        return []
    found = [
        ("document-malformed", not DIGEST.fullmatch(mechanism.document)),
        ("assessment-missing", mechanism.means != "adequacy" and not DIGEST.fullmatch(mechanism.assessment)),
        ("module-missing", (mechanism.means == "standard-clauses") != (mechanism.module in MODULES)),
        ("mechanism-over", mechanism.until is not None and mechanism.until < what.begins_at.date()),
    ]
    return [code for code, is_so in found if is_so]

"""Reading an agreement (or an instruction) from its file: strict, and every problem at once, with its place."""

from collections.abc import Iterator
from functools import cache
from typing import Any, TypeVar

import msgspec
from jsonschema import Draft202012Validator, FormatChecker

from bailee.contract.agreement import NONE_APPOINTED, Agreement
from bailee.contract.conflicts import conflicts
from bailee.contract.documents import Amendment, InstructionText
from bailee.contract.schema import published
from bailee.contract.terms.term import Term
from bailee.contract.triggers import TRIGGERS
from bailee.contract.yaml import BrokenDocument, Path, Placed, Problem, parse
from bailee.vocabulary.categories import is_category
from bailee.vocabulary.periods import Period

T = TypeVar("T", Agreement, Amendment, InstructionText)


def read_agreement(text: str) -> Agreement:
    """The agreement in a file, or `BrokenDocument` with everything that is wrong."""
    placed, agreement = _read(text, Agreement)
    problems = [placed.problem(path, message) for path, message in _meaning(agreement)]
    if problems:
        raise BrokenDocument(sorted(problems))
    return agreement


def read_instruction(text: str) -> InstructionText:
    """The instruction in a file, or `BrokenDocument` with everything that is wrong."""
    placed, instruction = _read(text, InstructionText)
    problems = [
        placed.problem(("categories", number), f"there is no data category {category!r}")
        for number, category in enumerate(instruction.categories)
        if not is_category(category)
    ]
    for name in ("in_force_from", "in_force_until"):
        instant = getattr(instruction, name)
        if instant is not None and instant.tzinfo is None:
            problems.append(placed.problem((name,), "an instant needs its time zone, such as 2026-01-31T00:00:00Z"))
    if problems:
        raise BrokenDocument(sorted(problems))
    return instruction


def read_amendment(text: str) -> Amendment:
    """The amendment (dated deviations from a base) in a file, or `BrokenDocument`."""
    return _read(text, Amendment)[1]


def activation_gaps(agreement: Agreement) -> list[Problem]:
    """The slots that must be filled before the agreement can be in force."""
    return [Problem(0, 0, path, what) for path, what in _gaps(agreement)]


def _read(text: str, shape: type[T]) -> tuple[Placed, T]:
    placed = parse(text)
    problems = list(placed.problems)
    for error in _validator(shape).iter_errors(placed.value):
        problems += [placed.problem(path, message) for path, message in _in_words(error)]
    if problems:
        raise BrokenDocument(sorted(set(problems)))
    try:
        return placed, msgspec.convert(placed.value, shape, strict=True)
    except msgspec.ValidationError as error:
        raise BrokenDocument([Problem(0, 0, "", str(error))]) from error


@cache
def _validator(shape: Any) -> Draft202012Validator:
    return Draft202012Validator(published(shape), format_checker=FormatChecker(["date"]))


def _in_words(error: Any) -> Iterator[tuple[Path, str]]:
    path: Path = tuple(error.absolute_path)
    match error.validator:
        case "additionalProperties":
            known = error.schema["properties"]
            for name in sorted(set(error.instance) - set(known)):
                yield (*path, name), f"there is no {name!r} here; known: {', '.join(known)}"
        case "required":
            for name in error.validator_value:
                if name not in error.instance:
                    yield path, f"{name!r} is missing"
        case "enum":
            words = ", ".join(str(word) for word in error.validator_value)
            yield path, f"{error.instance!r} is not one of: {words}"
        case "anyOf":
            deepest = max(error.context, key=lambda one: len(one.absolute_path), default=None)
            inner = list(_in_words(deepest)) if deepest is not None and len(deepest.absolute_path) > len(path) else []
            yield from inner or [(path, "does not have one of the forms that are possible here")]
        case "pattern":
            yield path, f"{error.instance!r} does not have the form {error.validator_value}"
        case "type":
            yield path, f"must be of type {error.validator_value}"
        case _:
            yield path, error.message[:200]


def _meaning(agreement: Agreement) -> Iterator[tuple[Path, str]]:
    """What a schema cannot say: words that must exist, references that must meet, terms that must be readable."""
    listed = set(agreement.category_ids())
    for number, item in enumerate(agreement.data):
        if not is_category(item.category):
            yield ("data", number, "category"), f"there is no data category {item.category!r}"
    yield from _twice("data", agreement.category_ids())
    yield from _twice("services", [service.id for service in agreement.services])
    for number, service in enumerate(agreement.services):
        for place, category in enumerate(service.categories):
            if category not in listed:
                yield ("services", number, "categories", place), f"the agreement's data do not list {category!r}"
        for place, group in enumerate(service.groups):
            if group not in {item.group for item in agreement.groups}:
                yield ("services", number, "groups", place), f"the agreement's groups do not list {group.value!r}"
        own = [purpose for purpose in service.purposes if purpose.owner == "controller"]
        if own and any(actor.of_processor for actor in service.actors):
            yield (
                ("services", number, "purposes"),
                f"{own[0].value!r} is the controller's own: no processor may pursue it",
            )
    yield from _terms(agreement)
    for number, duty in enumerate(agreement.custom_duties):
        yield from _period(("custom_duties", number, "period"), duty.period)
        for place, reminder in enumerate(duty.reminders):
            yield from _period(("custom_duties", number, "reminders", place), reminder)
        if duty.trigger not in TRIGGERS:
            yield (
                ("custom_duties", number, "trigger"),
                f"there is no trigger {duty.trigger!r}; known: {', '.join(TRIGGERS)}",
            )
    yield from _twice("custom_duties", [duty.id for duty in agreement.custom_duties])
    for found in conflicts(agreement):
        if found.fatal:
            yield ("law_terms",), str(found)


def _terms(agreement: Agreement) -> Iterator[tuple[Path, str]]:
    for clause in agreement.terms.__struct_fields__:
        terms = getattr(agreement.terms, clause)
        for name in terms.__struct_fields__:
            path: Path = ("terms", clause, name)
            term = getattr(terms, name)
            if not isinstance(term, Term):
                continue
            if term.value[0].isdigit():
                yield from _period((*path, "value"), term.value)
            if term.anchor is None and not term.ours:
                yield path, "a term has an anchor, or says `ours: true` where the figure is the processor's own"
            for role in ("strict", "generous"):
                chosen = getattr(term, role)
                if term.readings and (chosen is None or term.reading(chosen) is None):
                    yield path, f"where the text has two readings, `{role}` names one of them"


def _period(path: Path, text: str) -> Iterator[tuple[Path, str]]:
    try:
        Period.parse(text)
    except ValueError as error:
        yield path, str(error)


def _twice(name: str, ids: "list[str] | tuple[str, ...]") -> Iterator[tuple[Path, str]]:
    for number, one in enumerate(ids):
        if one in ids[:number]:
            yield (name, number), f"{one!r} stands in the list twice"


def _gaps(agreement: Agreement) -> Iterator[tuple[str, str]]:
    for side in ("processor", "controller"):
        party = getattr(agreement.parties, side)
        for field in ("name", "country", "address"):
            if getattr(party, field) is None:
                yield f"parties.{side}.{field}", "not filled yet"
        if party.dpo is None:
            yield f"parties.{side}.dpo", f"name a data protection officer, or write `{NONE_APPOINTED}`"
    for kind in agreement.addresses.__struct_fields__:
        if getattr(agreement.addresses, kind) is None:
            yield f"addresses.{kind}", "the quotation's address for these notices"
    if agreement.reversibility.recipient_key is None:
        yield "reversibility.recipient_key", "the age recipient that the return is sealed to"
    if agreement.terms.audits.conditions is None:
        yield "terms.audits.conditions", "where the conditions of audits stand, confirmed at signature"
    if agreement.ledger.verifier_key is None:
        yield "ledger.verifier_key", "the verifier key of this controller's ledger"

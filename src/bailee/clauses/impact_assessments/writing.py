"""Writing: facts as answers to the questions of the French authority's software, and the files that it opens. Pure.

Two shapes: `pia` is what the program itself imports, one object with its parts beside it; `pia-back` is what its server
imports, a list of assessments with their parts inside. What only the controller can say is left empty.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import yaml
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from bailee.clauses.impact_assessments.events import Facts, Form, Measure
from bailee.contract.wording import ACTORS, GROUPS, OPERATIONS, PURPOSES
from bailee.infra.web.words import Words, day, lasting, lowered
from bailee.vocabulary.categories import CATALOGUE
from bailee.vocabulary.languages import Language

HERE = Path(__file__).parent
ANSWERED = (112, 121, 122, 123, 215, 223, 224, 225, 226, 227)
DOING = 0  # the state of an assessment that is being written


@cache
def built_in() -> list[dict[str, Any]]:
    """The measures that hold by construction, in both languages."""
    found: list[dict[str, Any]] = yaml.safe_load((HERE / "measures.yaml").read_text(encoding="utf-8"))
    return found


def measures(language: Language) -> tuple[Measure, ...]:
    """The same in one language."""
    return tuple(
        Measure(title=one["title"][language], content=one["content"][language], kind=one["kind"]) for one in built_in()
    )


def answers(facts: Facts, language: Language) -> dict[int, str]:
    """What can be said to each question, as HTML, by the question's number."""
    template, words = _template()

    def t(text: str, **values: object) -> str:
        return words.say(language, text, **values)

    def of(table: Mapping[str, tuple[str, str]]) -> Any:
        return lambda id: table[id][language == "fr"] if id in table else id

    given = {
        "facts": facts, "t": t, "day": lambda at: day(language, at), "lasting": lambda one: lasting(language, one),
        "purpose": of(PURPOSES), "operation": of(OPERATIONS), "actor": of(ACTORS), "group": of(GROUPS),
        "category": lambda id: _category(id, language), "begun": lambda text: text[:1].upper() + text[1:],
        "listed": lambda ids, said: ", ".join(said(one) for one in ids),
    }  # fmt: skip
    module: Any = template.make_module(given)
    return {number: str(getattr(module, f"a{number}")()).strip() for number in ANSWERED}


def file(form: Form, name: str, facts: Facts, language: Language) -> bytes:
    """The assessment as a file that the software opens: the same facts give the same bytes."""
    at = facts.at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    head = {
        "name": name, "status": DOING, "author_name": "", "evaluator_name": "", "validator_name": "", "dpo_status": None,
        "dpo_opinion": "", "concerned_people_opinion": "", "concerned_people_status": None, "rejection_reason": "",
        "applied_adjustments": "", "created_at": at, "updated_at": at,
    }  # fmt: skip
    parts = {
        "answers": [
            {"reference_to": number, "data": {"text": text, "gauge": None, "list": None}, "created_at": at}
            for number, text in answers(facts, language).items()
        ],
        "measures": [_measure(one, at) for one in facts.measures],
        "evaluations": [],
        "comments": [],
    }
    if form == "pia-back":
        return _written([head | parts])
    officer = {"dpos_names": facts.controller_officer, "people_names": "", "category": ""}
    asked = {"concerned_people_searched_opinion": None, "concerned_people_searched_content": ""}
    numbered = [one | {"id": number} for number, one in enumerate(parts["measures"], 1)]
    return _written({"pia": head | officer | asked, **parts, "measures": numbered})


def _measure(one: Measure, at: str) -> dict[str, Any]:
    placeholder = f"knowledge_base.slugs.{one.kind}.placeholder"
    return {"title": one.title, "content": one.content, "placeholder": placeholder, "created_at": at}


def _written(document: dict[str, Any] | Sequence[dict[str, Any]]) -> bytes:
    return msgspec.json.format(msgspec.json.encode(document), indent=2)


def _category(id: str, language: Language) -> str:
    known = CATALOGUE.get(id)
    if known is None:
        return id.removeprefix("custom-")
    return lowered(known.fr if language == "fr" else known.en)


@cache
def _template() -> tuple[Any, Words]:
    folder = HERE / "templates"
    loader = FileSystemLoader(str(folder))
    environment = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.get_template("pia-answers.html"), Words([folder])

"""Nothing on a page is without its French, and no French is left over from a text that has changed."""

import re
from pathlib import Path

import yaml

from bailee.contract.reading import read_agreement
from bailee.contract.terms.term import Term
from bailee.infra import samples
from bailee.processing.accounts.lifecycle import Step

SOURCE = Path(__file__).parents[2] / "src" / "bailee"
FOLDERS = sorted(path.parent for path in SOURCE.rglob("words.fr.yaml"))
# What a page says from Python is said in a module that knows the pages' kit.
SAYING = [
    path
    for path in sorted(SOURCE.rglob("*.py"))
    if SOURCE / "infra" not in path.parents and "bailee.infra.web" in path.read_text("utf-8")
]
SAID = [
    re.compile(r"""\bt\(\s*"((?:[^"\\]|\\.)*)\""""),
    re.compile(r"""\bt\(\s*'((?:[^'\\]|\\.)*)'"""),
    re.compile(r"""\bt\([^()]*\belse t\("([^"]*)"\)"""),
]
COUNTED = re.compile(r"""\b(?:n|either)\([^"\n]*"([^"]*)", "([^"]*)"\)""")


def french() -> dict[str, str]:
    found: dict[str, str] = {}
    for folder in FOLDERS:
        found |= yaml.safe_load((folder / "words.fr.yaml").read_text("utf-8"))
    return found


def said() -> set[str]:
    found: set[str] = set()
    for folder in FOLDERS:
        for template in folder.glob("*.html"):
            text = template.read_text("utf-8")
            found |= {match for pattern in SAID for match in pattern.findall(text)}
            found |= {word for pair in COUNTED.findall(text) for word in pair}
    return found


def test_every_text_of_a_template_has_its_french() -> None:
    assert len(said()) > 250
    assert sorted(one for one in said() - set(french()) if not one.endswith("-")) == []  # a code follows


def test_every_code_that_is_shown_has_words_in_both_languages() -> None:
    for folder in FOLDERS:
        if (folder / "words.en.yaml").exists():
            english = yaml.safe_load((folder / "words.en.yaml").read_text("utf-8"))
            assert sorted(set(english) - set(french())) == []


def test_what_pages_say_from_python_has_its_french() -> None:
    """Notices, refusals and labels: capitalised sentences in the modules of pages."""
    sentence = re.compile(r'"([A-Z][a-z][^"\\{}<>=]{8,}[a-z.?])"')
    missing, known = set(), french()
    assert {module.relative_to(SOURCE).parts[0] for module in SAYING} >= {
        "clauses", "console", "obligations", "processing",
    }  # fmt: skip
    for module in SAYING:
        code = re.sub(r'""".*?"""', "", module.read_text("utf-8"), flags=re.DOTALL)
        missing |= {(module.name, one) for one in sentence.findall(code) if " " in one and one not in known}
    assert sorted(missing) == []


def test_one_text_has_one_translation() -> None:
    """All rooms' words are one dictionary while the pages are served: the last one read would speak for all."""
    twice = []
    for name in ("words.fr.yaml", "words.en.yaml"):
        heard: dict[str, str] = {}
        for folder in FOLDERS:
            if (folder / name).exists():
                spoken = yaml.safe_load((folder / name).read_text("utf-8"))
                twice += [(name, text) for text, words in spoken.items() if heard.setdefault(text, words) != words]
    assert twice == []


def test_no_french_is_left_over_from_a_text_that_is_gone() -> None:
    written = "\n".join(
        path.read_text("utf-8")
        for path in sorted(SOURCE.rglob("*"))
        if path.suffix in {".html", ".js", ".py", ".typ", ".yaml"} and path.name != "words.fr.yaml"
    )
    assert [text for text in french() if text not in written and text.replace('"', '\\"') not in written] == []


def test_slots_are_the_same_in_both_languages() -> None:
    slots = re.compile(r"\{(\w+)\}")
    assert [one for one, other in french().items() if set(slots.findall(one)) != set(slots.findall(other))] == []


def test_every_term_of_the_agreement_has_a_name_in_both_languages() -> None:
    named = yaml.safe_load((SOURCE / "clauses/instructions/templates/words.en.yaml").read_text("utf-8"))
    terms = read_agreement(samples.agreement().read_text()).terms
    paths = {
        f"{clause}.{name}"
        for clause in terms.__struct_fields__
        for name in getattr(terms, clause).__struct_fields__
        if isinstance(getattr(getattr(terms, clause), name), Term)
    }
    assert len(paths) > 20
    assert sorted(path for path in paths if f"term-{path}" not in named) == []


def test_whatever_an_entry_of_the_ledger_says_was_done_has_its_words() -> None:
    source = "".join(path.read_text("utf-8") for path in sorted(SOURCE.rglob("*.py")))
    kinds = set(re.findall(r'\bAct\(\s*(?:kind=)?"([a-z-]+)"', source))
    kinds |= {f"account-{step}" for step in Step} | {
        "invitation-sent",
        "reset-sent",
        "import-running",
        "import-checking",
    }
    assert len(kinds) > 80
    english = yaml.safe_load((SOURCE / "console" / "templates" / "words.en.yaml").read_text("utf-8"))
    assert sorted(kind for kind in kinds if f"kind-{kind}" not in english) == []

"""Every colour, space and size of the pages is a token, and every token that is used is there in light and in dark."""

import re
from pathlib import Path

CSS = (Path(__file__).parents[2] / "src" / "bailee" / "console" / "assets" / "console.css").read_text("utf-8")
BLOCK = re.compile(r'^:root(?:\[data-theme="dark"\])? \{([^}]*--paper[^}]*)\}', re.MULTILINE)


def test_no_rule_uses_a_token_that_is_not_there() -> None:
    used, made = set(re.findall(r"var\((--[\w-]+)", CSS)), set(re.findall(r"(--[\w-]+):", CSS))
    assert len(used) > 30
    assert used - made == set()


def test_the_dark_is_the_same_whether_chosen_or_followed() -> None:
    followed = re.search(r':root:not\(\[data-theme="light"\]\) \{([^}]*)\}', CSS)
    light, chosen = BLOCK.findall(CSS)
    assert followed
    assert followed[1].split() == chosen.split()
    assert set(re.findall(r"--[\w-]+(?=:)", chosen)) <= set(re.findall(r"--[\w-]+(?=:)", light))


def test_no_rule_but_the_tokens_names_a_colour() -> None:
    rules = CSS[CSS.index("*, *::before") :]
    assert set(re.findall(r"#[0-9a-f]{3,8}\b", rules)) <= {"#fff", "#000"}  # paper: a code to photograph, and print

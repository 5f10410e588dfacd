"""Documents as PDF/A, set by typst from templates; the same input gives the same bytes."""

from pathlib import Path
from typing import Any

import msgspec
import typst


class NotTypeset(Exception):
    """A document cannot be set: a character that no font has, or a template that does not fit."""


def typeset(template: Path, data: Any) -> bytes:
    """The PDF/A-2b of a template; the data reach it as JSON under `sys.inputs.data`. `NotTypeset` where it cannot be."""
    inputs = {"data": msgspec.json.encode(data).decode()}
    try:
        made = typst.compile(str(template), format="pdf", sys_inputs=inputs, pdf_standards=["a-2b"])
    except typst.TypstError as problem:
        raise NotTypeset(str(problem)[:200]) from problem
    assert isinstance(made, bytes)
    return made

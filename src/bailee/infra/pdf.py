"""Documents as PDF/A, set by typst from templates; the same input gives the same bytes."""

from pathlib import Path
from typing import Any

import msgspec
import typst


def typeset(template: Path, data: Any) -> bytes:
    """The PDF/A-2b of a template; the data reach it as JSON under `sys.inputs.data`."""
    inputs = {"data": msgspec.json.encode(data).decode()}
    made = typst.compile(str(template), format="pdf", sys_inputs=inputs, pdf_standards=["a-2b"])
    assert isinstance(made, bytes)
    return made

"""The sample agreement's file: beside the source, or installed with the package."""

from pathlib import Path

HERE = Path(__file__)


def agreement() -> Path:
    """The platform's own agreement, its slots empty."""
    for folder in (HERE.parents[3] / "agreements", HERE.parents[1] / "agreements"):
        if (folder / "platform" / "agreement.yaml").exists():
            return folder / "platform" / "agreement.yaml"
    raise FileNotFoundError("agreements/platform/agreement.yaml")

"""With BAILEE_NO_SKIP set, as CI sets it, a skipped test is a failed test: a promise that is not tried is not kept.

A plugin (`-p tests.no_skip`) and not a test, because it must see skips of whole modules too, and in the process
where they happen: pytest-xdist tells nobody about a module that was skipped while it was collected.
"""

import os
from collections.abc import Generator
from typing import TypeVar

import pytest

# What may be skipped: a test that needs a document of the parties' own, which is not in the repository; and one
# that needs a small volume, where the machine does not allow any to be mounted.
ALLOWED = ("BAILEE_AGREEMENT_SOURCE", "no volume can be mounted here")
Report = TypeVar("Report", pytest.TestReport, pytest.CollectReport)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A test that was skipped."""
    return _refused((yield))


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """A module that was skipped while it was collected."""
    return _refused((yield))


def _refused(report: Report) -> Report:
    if os.environ.get("BAILEE_NO_SKIP") and report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        if not any(one in reason for one in ALLOWED):
            report.outcome = "failed"
            report.longrepr = f"{reason}\nNothing may be skipped here (BAILEE_NO_SKIP): provide what the test needs."
    return report

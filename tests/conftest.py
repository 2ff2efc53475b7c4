"""What holds for every test."""

from __future__ import annotations

import os
from collections.abc import Generator
from typing import Any

import pytest
from hypothesis import settings

# On a machine of one's own every run searches elsewhere. Where CI is set the search is the same each time: a change is
# judged by what it changes, and what a longer search finds is found by the make targets.
settings.register_profile("ci", derandomize=True)
if os.environ.get("CI"):
    settings.load_profile("ci")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """On a machine of one's own a test may skip and say what it lacks. Where CI is set nothing skips: it fails."""
    report = yield
    expected_failure = hasattr(report, "wasxfail")
    if report.skipped and not expected_failure and os.environ.get("CI"):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} would skip, and in CI nothing may: {_reason(report.longrepr)}"
    return report


def _reason(longrepr: Any) -> str:
    return str(longrepr[2]) if isinstance(longrepr, tuple) else str(longrepr)

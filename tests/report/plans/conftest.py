"""What the tests of a plan's forms are done with."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.planning.planner import Project
from tests.report.plans.books import ALL, Book


@pytest.fixture(params=ALL, ids=lambda book: book.name)
def book(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Book:
    """Each runbook in turn, in the folder where it is at home."""
    found: Book = request.param
    monkeypatch.chdir(found.root)
    return found


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)

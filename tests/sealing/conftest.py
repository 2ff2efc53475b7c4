"""Projects for tests of sealed plans."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.sealing.projects import make_project


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project, which is the working folder."""
    folder = make_project(tmp_path / "project")
    monkeypatch.chdir(folder)
    return folder

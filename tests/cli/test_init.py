"""A new project: what to type next can be typed as it stands."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from executor.cli.init import command


def test_next_begins_with_the_way_into_the_new_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    ran = CliRunner().invoke(command, ["my deploys"], catch_exceptions=False)
    after = ran.output.partition("Next:\n")[2].splitlines()
    assert after[0] == "  cd 'my deploys'"
    assert "inventories/prod.yml" in after[1]
    assert after[2:] == ["  runbook ping", "  runbook plan hello", "  runbook run hello"]


def test_nothing_that_exists_is_overwritten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("runbook.toml").write_text("forks = 3\n")
    ran = CliRunner().invoke(command, [], catch_exceptions=False)
    assert "kept     runbook.toml" in ran.output
    assert Path("runbook.toml").read_text() == "forks = 3\n"
    assert "  cd " not in ran.output

"""runbook.toml: defaults for flags, checked like everything that people write."""

from __future__ import annotations

from pathlib import Path

import pytest

from executor.cli import settings
from executor.errors import InvalidInput


@pytest.fixture(autouse=True)
def no_user_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


def write(folder: Path, text: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "runbook.toml").write_text(text)


def test_the_nearest_file_upward_holds_and_wins_over_the_users(tmp_path: Path) -> None:
    write(tmp_path / "config" / "runbook", 'inventory = "mine"\nforks = 3\n')
    write(tmp_path / "project", 'inventory = "prod"\n')
    below = tmp_path / "project" / "a" / "b"
    below.mkdir(parents=True)
    assert settings.load(below) == {"inventory": ["prod"], "forks": 3}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("inventroy = 'x'", "unknown setting 'inventroy'"),
        ("forks = 'many'", "'forks' cannot be 'many'"),
        ("forks = ", "not TOML"),
        ("required_version = '>=99'", "asks for runbook >=99"),
    ],
)
def test_a_mistake_is_told(tmp_path: Path, text: str, message: str) -> None:
    write(tmp_path, text)
    with pytest.raises(InvalidInput) as refused:
        settings.load(tmp_path)
    assert message in refused.value.problems[0].message


@pytest.mark.parametrize(
    ("version", "wanted", "verdict"),
    [
        ("1.2.3", ">=1.2", True),
        ("1.2.3", ">=1.2.4", False),
        ("1.10.0", ">1.9", True),
        ("2.0", ">=1,<2", False),
        ("1.4.0", "1.4", True),
        ("1.4.1", "==1.4", False),
    ],
)
def test_versions_are_compared_as_numbers(version: str, wanted: str, verdict: bool) -> None:
    assert settings.satisfies(version, wanted) is verdict

"""A project's root, and which file a runbook's name means."""

from __future__ import annotations

from pathlib import Path

import pytest

from executor.errors import InvalidInput
from executor.language import find_runbook, project_root


def make(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        if name.endswith("/"):
            path.mkdir(parents=True, exist_ok=True)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("")


def test_the_nearest_settings_file_marks_the_root_before_anything_else(tmp_path: Path) -> None:
    make(tmp_path, "runbook.toml", "a/runbooks/deploy.yml", "a/.git/")
    assert project_root(tmp_path / "a" / "runbooks" / "deploy.yml") == tmp_path


def test_else_the_nearest_folder_that_holds_runbooks_or_inventories(tmp_path: Path) -> None:
    make(tmp_path, ".git/", "a/inventories/", "a/b/deploy.yml")
    assert project_root(tmp_path / "a" / "b" / "deploy.yml") == tmp_path / "a"


def test_else_the_repositorys_root_else_the_folder_itself(tmp_path: Path) -> None:
    make(tmp_path, "a/.git/", "a/b/deploy.yml", "c/deploy.yml")
    assert project_root(tmp_path / "a" / "b" / "deploy.yml") == tmp_path / "a"
    assert project_root(tmp_path / "c" / "deploy.yml") == tmp_path / "c"


def test_a_folder_is_where_its_own_search_begins(tmp_path: Path) -> None:
    make(tmp_path, "runbooks/deploy.yml")
    assert project_root(tmp_path) == tmp_path


def test_a_runbook_is_found_by_path_and_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(tmp_path, "runbooks/deploy.yml", "runbooks/db/backup.yaml", "other.yml")
    monkeypatch.chdir(tmp_path)
    assert find_runbook("other.yml", tmp_path) == Path("other.yml")
    assert find_runbook("deploy", tmp_path) == tmp_path / "runbooks" / "deploy.yml"
    assert find_runbook("deploy.yml", tmp_path) == tmp_path / "runbooks" / "deploy.yml"
    assert find_runbook("db/backup", tmp_path) == tmp_path / "runbooks" / "db" / "backup.yaml"


@pytest.mark.parametrize(
    ("name", "message", "hint"),
    [
        ("depoly", "there is no runbook 'depoly'", "did you mean 'deploy'?"),
        ("zzz", "there is no runbook 'zzz'", "there are: deploy"),
        ("x" * 5000, "there is no runbook", "there are: deploy"),
    ],
)
def test_a_runbook_that_is_not_there_is_told_with_those_that_are(
    name: str, message: str, hint: str, tmp_path: Path
) -> None:
    make(tmp_path, "runbooks/deploy.yml")
    with pytest.raises(InvalidInput) as caught:
        find_runbook(name, tmp_path)
    assert caught.value.problems[0].message.startswith(message)
    assert caught.value.problems[0].hint == hint

"""The hook for pre-commit runs the command that it names on a project's files, and fails where one is wrong."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from executor.errors import Exit

ROOT = Path(__file__).parents[2]
(HOOK,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
GOOD = "name: A\nstages: [{name: A, hosts: web, steps: [{shell: a}]}]\n"


def ran(folder: Path, *args: str) -> subprocess.CompletedProcess[str]:
    """The hook's entry, as pre-commit starts it: at the root of the repository, without a shell."""
    program, *words = [*shlex.split(HOOK["entry"]), *args]
    command = [str(Path(sys.executable).with_name(program)), *words]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "runbooks" / "steps").mkdir(parents=True)
    (tmp_path / "runbooks" / "a.yml").write_text(GOOD)
    (tmp_path / "runbooks" / "steps" / "part.yml").write_text("- shell: a\n")
    return tmp_path


def test_a_right_project_passes(project: Path) -> None:
    assert ran(project).returncode == Exit.DONE


def test_a_mistake_stops_the_commit_and_is_shown(project: Path) -> None:
    (project / "runbooks" / "b.yml").write_text(GOOD.replace("shell", "shel"))
    ended = ran(project)
    assert ended.returncode == Exit.INVALID
    assert "did you mean 'shell'?" in ended.stdout


def test_advice_stops_it_where_it_is_asked_for(project: Path) -> None:
    ended = ran(project, "--strict")
    assert ended.returncode == Exit.INVALID
    assert "no-rollback" in ended.stdout


def test_the_hook_runs_when_yaml_changes_and_checks_the_whole_project() -> None:
    assert HOOK["pass_filenames"] is False
    assert re.search(HOOK["files"], "runbooks/a.yml")
    assert re.search(HOOK["files"], "inventories/a.yaml")
    assert not re.search(HOOK["files"], "README.md")

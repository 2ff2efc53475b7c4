"""The workflows that the manual offers: their commands are real, and nobody's input is a part of a script."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from executor.cli.main import runbook
from tests.project.files import ROOT

EXAMPLES = sorted((ROOT / "docs" / "examples" / "ci").glob("*.yml"))
GIVEN = {"deploy-answers.yml": "", "plan.json": "{}"}  # files that a job has


def scripts(found: Any, key: str = "") -> Iterator[str]:
    """Everything in a workflow that a shell runs."""
    if isinstance(found, dict):
        for name, item in found.items():
            yield from scripts(item, name)
    elif isinstance(found, list):
        for item in found:
            yield from scripts(item, key)
    elif isinstance(found, str) and key in {"run", "script", "before_script", "after_script"}:
        yield found


def command_lines(example: Path) -> list[list[str]]:
    lines = [line for script in scripts(yaml.safe_load(example.read_text("utf-8"))) for line in script.splitlines()]
    words = [shlex.split(line) for line in lines if line.strip().startswith("runbook ")]
    return [line[: line.index(">")] if ">" in line else line for line in words]


def test_there_is_one_for_github_and_one_for_gitlab() -> None:
    assert [example.stem for example in EXAMPLES] == ["github", "gitlab"]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_every_command_in_it_is_taken_by_the_command_line(
    example: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, text in GIVEN.items():
        (tmp_path / name).write_text(text)
    for _, name, *words in command_lines(example):
        command = runbook.get_command(click.Context(runbook), name)
        assert command is not None, name
        command.make_context(name, words)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_it_validates_plans_and_runs_what_was_planned(example: Path) -> None:
    lines = command_lines(example)
    assert [words[1] for words in lines] == ["validate", "plan", "run", "show"]
    plan, run = lines[1], lines[2]
    assert plan[plan.index("--out") + 1] == run[2]
    assert "--markdown" in plan
    assert "--yes" in run


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_no_input_becomes_a_part_of_a_script(example: Path) -> None:
    assert [script for script in scripts(yaml.safe_load(example.read_text("utf-8"))) if "${{" in script] == []


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_the_page_shows_the_plan_as_the_workflow_makes_it(example: Path) -> None:
    page = (ROOT / "docs" / "ci.md").read_text("utf-8")
    planned = re.search(r"`(runbook plan .*?)`", page)
    assert planned is not None
    wanted = [word for word in shlex.split(planned[1]) if not word.startswith("version=")]
    assert [word for word in command_lines(example)[1] if not word.startswith("version=")] == wanted

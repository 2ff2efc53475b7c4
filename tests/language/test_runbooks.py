"""A right file becomes the runbook that it means."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from executor.language import load_runbook
from executor.model.actions import Shell
from executor.model.codec import encode
from executor.model.leaves import Kind, Template
from executor.model.places import Place
from executor.model.runbooks import Amount, Runbook
from executor.model.steps import Block, Include, Step
from tests.language.golden import DATA, matches

GOOD = DATA / "good"


@pytest.fixture(autouse=True)
def _here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(GOOD)


def load(name: str) -> Runbook:
    return load_runbook(Path(name), root=GOOD)


def without_places(data: Any) -> Any:
    """A runbook's JSON for reading: what is said, not where."""
    if isinstance(data, list):
        return [without_places(item) for item in data]
    if isinstance(data, dict):
        return {key: without_places(item) for key, item in data.items() if key not in {"place", "hosts_place", "root"}}
    return data


def test_every_keyword_reaches_the_runbook() -> None:
    read = without_places(encode(load("everything.yml")))
    assert matches(GOOD / "everything.json", json.dumps(read, indent=1, ensure_ascii=False) + "\n")


def test_the_example_of_the_manual_says_what_it_means() -> None:
    runbook = load("production-deploy.yml")
    assert [stage.name for stage in runbook.stages] == ["Pre-flight", "Migrate", "Roll out", "Watch production"]
    build, backup = runbook.stages[0].steps[1], runbook.stages[1].steps[0]
    assert isinstance(build, Step)
    assert isinstance(backup, Step)
    assert (build.body.produces, build.rollback) == (("build/app.tgz",), ())
    assert (backup.once, backup.body.read_only) == ("run", False)
    rollout = runbook.stages[2]
    assert (rollout.serial, rollout.max_failures) == ((Amount(1),), Amount(0))
    assert rollout.traffic is not None
    assert rollout.traffic.drain[0].place.line == rollout.traffic.restore[0].place.line - 1
    assert rollout.watch[0].source == "control"


def first_step(tmp_path: Path, step: str) -> Step:
    path = tmp_path / "r.yml"
    indented = "".join(f"      {line}\n" for line in step.splitlines())
    path.write_text(f"name: x\nstages:\n  - name: s\n    hosts: web\n    steps:\n{indented}")
    found = load_runbook(path, root=tmp_path).stages[0].steps[0]
    assert isinstance(found, Step)
    return found


def script(step: Step) -> Template:
    assert isinstance(step.body.action, Shell)
    assert isinstance(step.body.action.script, Template)
    return step.body.action.script


@pytest.mark.parametrize(
    ("written", "line", "column"),
    [
        ("- shell: echo {{ a }}", 6, 16),
        ("- shell: 'echo {{ a }}'", 6, 17),
        ("- shell: |\n    echo {{ a }}", 7, 11),
        ("- shell: |-\n\n    echo {{ a }}", 7, 11),
        ("- shell: |2\n      echo {{ a }}", 7, 11),
        ("- shell: >\n    echo\n    {{ a }}", 8, 6),
    ],
)
def test_a_template_knows_where_its_text_begins(tmp_path: Path, written: str, line: int, column: int) -> None:
    """In a folded text that is where the text would begin if it stood in the line of its first `{{`."""
    template = script(first_step(tmp_path, written))
    assert (template.place.line, template.place.column) == (line, column)


def test_a_script_without_interpolation_is_plain_text_whatever_braces_the_shell_uses(tmp_path: Path) -> None:
    step = first_step(tmp_path, "- shell: |\n    echo ${#A} {% x %} {# y #}")
    assert step.body.action == Shell("echo ${#A} {% x %} {# y #}\n")


def test_text_stays_as_it_was_written(tmp_path: Path) -> None:
    step = first_step(tmp_path, "- shell: true\n  environment: {A: 1.20, B: yes, C: true, D: 012}")
    assert step.body.action == Shell("true")
    assert step.body.settings.environment == {"A": "1.20", "B": "yes", "C": "true", "D": "012"}


def test_a_step_without_a_name_is_called_by_its_commands_first_line(tmp_path: Path) -> None:
    assert first_step(tmp_path, "- shell: |\n\n    systemctl restart app\n    x").name == "systemctl restart app"
    assert first_step(tmp_path, "- symlink: {dest: /srv/a, to: b}").name == "symlink /srv/a"


def test_rollback_none_is_not_a_rollback_left_unsaid(tmp_path: Path) -> None:
    assert first_step(tmp_path, "- shell: x").rollback is None
    assert first_step(tmp_path, "- {shell: x, rollback: none}").rollback == ()
    handler = first_step(tmp_path, "- {shell: x, rollback: undo}").rollback
    assert handler is not None
    assert isinstance(handler[0], Step)
    assert handler[0].body.action == Shell("undo")


def test_conditions_are_expressions_and_booleans_stay_booleans(tmp_path: Path) -> None:
    step = first_step(tmp_path, "- shell: x\n  when: [a > 1, true]\n  failed_when: false")
    assert isinstance(step.when[0], Template)
    assert (step.when[0].kind, step.when[1]) == (Kind.EXPRESSION, True)
    assert step.body.failed_when is not None
    assert isinstance(step.body.failed_when[0], Template)
    assert step.body.failed_when[0].text == "false"


def test_included_stages_take_the_includes_name_variables_conditions_and_tags() -> None:
    stage = load("everything.yml").stages[-1]
    assert stage.name == "EU: More"
    assert stage.vars == {"region": "eu", "other": 1}
    assert (len(stage.when), stage.tags) == (2, ("eu", "more"))
    assert isinstance(stage.steps[0], Include)  # so that the include's variables win over the steps' own, too
    assert stage.steps[0].vars == {"region": "eu"}


def test_a_file_that_is_included_twice_is_read_once() -> None:
    steps = load("everything.yml").stages[0].steps
    block, include = steps[-2], steps[-1]
    assert isinstance(block, Block)
    assert isinstance(include, Include)
    assert load("everything.yml").files.count("parts/steps.yml") == 1
    assert include.file == "parts/steps.yml"


def test_a_runbook_names_every_file_that_it_was_read_from() -> None:
    assert load("everything.yml").files == (
        "everything.yml",
        "parts/vars.yml",
        "parts/steps.yml",
        "parts/deeper.yml",
        "stages/more.yml",
    )


def test_places_are_relative_to_the_working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "r.yml").write_text("name: x\nstages: [{name: s, hosts: web, steps: [{shell: x}]}]\n")
    monkeypatch.chdir(tmp_path / "sub")
    assert load_runbook(tmp_path / "r.yml").file == str(tmp_path / "r.yml")
    monkeypatch.chdir(tmp_path)
    assert load_runbook(tmp_path / "r.yml").stages[0].place == Place("r.yml", 2, 17, 2, 18)

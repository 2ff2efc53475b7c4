"""What looks like a slip of the fingers is told before anything runs: names of -e, and of local files."""

from __future__ import annotations

import pytest

from tests.planning.planner import Project

RUNBOOK = """
    name: Deploy
    params: {version: {default: v1}}
    stages:
      - {name: A, hosts: web, steps: [{shell: "echo {{ version }}"}]}
"""


@pytest.mark.parametrize("name", ["verison", "versoin", "Version", "versions"])
def test_a_name_of_e_that_is_nearly_a_parameters_is_a_slip(project: Project, name: str) -> None:
    (problem,) = project.problems(RUNBOOK, extra={name: "v2"})
    assert (problem.message, problem.hint) == (
        f"-e {name}: there is no parameter of this name",
        "did you mean 'version'?",
    )


@pytest.mark.parametrize("name", ["version", "colour", "weight", "app_dir"])
def test_any_other_name_is_a_variable(project: Project, name: str) -> None:
    assert project.plan(RUNBOOK, extra={name: "v2"}).fixed == (name,)


def test_a_variable_may_look_like_a_parameter(project: Project) -> None:
    project.inventory = project.inventory.replace("{app_dir: /srv/app}", "{versions: []}")
    assert project.plan(RUNBOOK, extra={"versions": "v2"}).fixed == ("versions",)


def test_a_file_that_is_not_there_is_looked_for_nearby(project: Project) -> None:
    project.file("files/app.conf")
    project.file("files/app.conf.j2")
    (copy,) = project.problems("- copy: {src: files/app.cnf, dest: /etc/app.conf}\n")
    (template,) = project.problems("- template: {src: files/app.conf.j, dest: /etc/app.conf}\n")
    assert copy.hint == "did you mean 'app.conf'?"
    assert template.hint == "did you mean 'app.conf.j2'?"


def test_a_template_that_is_no_text_is_told_in_plain_words(project: Project) -> None:
    (project.folder / "bad.j2").write_bytes(b"\xff\xfe")
    (problem,) = project.problems("- template: {src: bad.j2, dest: /etc/app.conf}\n")
    assert problem.message == "the template 'bad.j2' is not UTF-8 text"

"""A plan knows its secrets by name: it shows, keeps and decides by no value, and says where one cannot stand."""

from __future__ import annotations

from pathlib import Path

import pytest

from executor.planning import from_json, text, to_json
from executor.templates import LATE
from tests.planning.planner import INVENTORY, Project

SECRETS = """
secrets:
  token: $TOKEN
  password: $(never run hunter2)
  unused: $UNUSED
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = Project(tmp_path)
    made.inventory = INVENTORY + SECRETS
    return made


def test_a_plan_shows_and_keeps_names_alone(project: Project) -> None:
    plan = project.plan(
        """
        name: Test
        vars: {url: "postgres://app:${SECRET:password}@db"}
        stages:
          - name: Work
            hosts: web1
            steps:
              - shell: deploy --token {{ secret('token') }} '{{ url }}'
                environment: {URL: "${SECRET:token}"}
                stdin: "{{ url }}"
                register: said
                rollback: {shell: "undo {{ said.stdout }} {{ secret('token') }}"}
              - copy: {dest: /etc/app, content: "{{ url }}"}
                verify: {http: {url: "http://h/{{ secret('token') }}", headers: {A: "{{ url }}"}, data: "{{ url }}"}}
                unless: test {{ secret('token') }}
              - checklist: [{item: Ready, shell: "echo {{ secret('token') }}"}]
        """
    )
    assert plan.secrets == ("password", "token")
    shown = text(plan, width=100)
    assert "Secrets     password, token\n" in shown
    assert "$ deploy --token [secret token] '[secret password]'" in shown
    assert "with URL=[secret token]" in shown
    assert f"undo {LATE.format('said.stdout')} [secret token]" in shown
    assert "GET http://h/[secret token]" in shown
    kept = to_json(plan)
    assert "never run" not in shown + kept
    assert "$TOKEN" not in shown + kept
    assert from_json(kept) == plan


def test_of_a_file_with_a_secret_all_else_is_shown(project: Project) -> None:
    """Whoever approves the plan reads what is rendered, and of a template with statements what goes into it."""
    project.file("env.j2", "A={{ a }}\nB={{ secret('token') }}\nC={{ url }}\n")
    project.file("list.j2", "{% for one in many %}{{ one }}: {{ secret('token') }}\n{% endfor %}")
    plan = project.plan(
        """
        name: Test
        vars: {a: known, many: [x, y], url: "postgres://${SECRET:password}@db"}
        stages:
          - name: Work
            hosts: web1
            steps:
              - template: {src: env.j2, dest: /etc/env}
              - template: {src: list.j2, dest: /etc/list}
        """
    )
    shown = text(plan, width=100)
    assert "│ A=known\n" in shown
    assert "│ B=[secret token]\n" in shown
    assert "│ C=[secret password]\n" in shown
    assert "│ {% for one in many %}{{ one }}: {{ secret('token') }}\n" in shown
    assert "│ where many is [x, y]\n" in shown


def test_what_is_never_done_asks_for_no_secret(project: Project) -> None:
    plan = project.plan(
        """
        - {shell: "echo {{ secret('token') }}", when: 1 == 2}
        - {shell: echo, tags: [other]}
        """
    )
    assert plan.secrets == ()


@pytest.mark.parametrize(
    ("step", "words"),
    [
        ("{shell: x, when: secret('token') == 'x'}", "in a condition"),
        ("{shell: x, when: \"url == 'x'\", vars: {url: \"{{ secret('token') }}\"}}", "in a condition"),
        ("{shell: x, register: r, failed_when: secret('token') in r.stdout}", "in a condition"),
        ("{shell: x, register: r, retry: {until: secret('token') in r.stdout}}", "in a condition"),
        ("{assert: {that: secret('token') == 'x'}}", "in a condition"),
        ("{probe: {shell: x, expect: secret('token') == 'x'}}", "in a condition"),
        ('{shell: "x {{ item }}", loop: ["{{ secret(\'token\') }}"]}', "in a loop"),
        ("{shell: x, loop: \"{{ secret('token') | split(',') }}\"}", "in a loop"),
        ("{name: \"x {{ secret('token') }}\", shell: x}", "in a step's name"),
        ("{set: {x: \"{{ secret('token') }}\"}}", "here"),
        ("{shell: x, chdir: \"{{ secret('token') }}\"}", "here"),
        ("{shell: x, creates: \"/{{ secret('token') }}\"}", "here"),
        ("{copy: {dest: \"/{{ secret('token') }}\", content: x}}", "here"),
        ("{copy: {dest: /x, content: x, mode: \"{{ secret('token') }}\"}}", "here"),
        ("{symlink: {dest: /x, to: \"/{{ secret('token') }}\"}}", "here"),
        ("{pause: {prompt: \"{{ secret('token') }}\"}}", "here"),
        ("{checklist: [\"{{ secret('token') }}\"]}", "here"),
        ("{shell: x, delegate_to: \"{{ secret('token') }}\"}", "here"),
        ("{shell: x, timeout: \"{{ secret('token') }}\"}", "here"),
        ("{probe: {http: {url: http://h/, body: \"{{ secret('token') }}\"}}}", "here"),
        ("{shell: x, rollback: {shell: x, chdir: \"{{ secret('token') }}\"}}", "here"),
    ],
)
def test_where_a_secret_cannot_stand(project: Project, step: str, words: str) -> None:
    (problem,) = project.problems(f"- {step}")
    assert problem.message == f"a secret cannot stand {words}"
    assert problem.place is not None
    assert problem.place.file.endswith("runbook.yml")
    assert "shell script" in problem.hint


def test_nor_in_what_is_said_of_a_stage(project: Project) -> None:
    stage = "name: T\nstages:\n  - name: S\n    hosts: web1\n    steps: [{shell: x}]\n    "
    for line in (
        "when: secret('token') == 'x'",
        "health: [{tcp: {port: \"{{ secret('token') }}\"}}]",
        "pause: {prompt: \"{{ secret('token') }}\"}",
    ):
        assert project.told(stage + line)[0].startswith("6: a secret cannot stand")
    assert "must be known before the run" in project.told(stage + "serial: \"{{ secret('token') }}\"")[0]


def test_a_name_that_is_not_there_is_told_with_the_one_that_was_meant(project: Project) -> None:
    (problem,) = project.problems("- {shell: \"x {{ secret('tokn') }}\"}")
    assert (problem.message, problem.hint) == ("there is no secret 'tokn'", "did you mean 'token'?")


def test_a_name_is_written_out(project: Project) -> None:
    (problem,) = project.problems('- {shell: "x {{ secret(which) }}", vars: {which: token}}')
    assert problem.message == "`secret` takes the name of one secret, written out"


def test_raw_is_refused_before_anything_runs(project: Project) -> None:
    assert project.told("- {shell: \"x {{ secret('token') | raw }}\"}") == [
        "7: `raw` would write a secret into the script"
    ]

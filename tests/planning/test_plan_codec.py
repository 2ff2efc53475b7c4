"""A plan as JSON: the same bytes for the same plan, and the same plan back."""

from __future__ import annotations

import json

import pytest

from executor.model.codec import CodecError
from executor.model.plans import Plan
from executor.planning import digest, from_json, to_json
from tests.planning.planner import Project

RUNBOOK = """\
name: T
vars: {release: "{{ app_dir }}/{{ weight }}"}
stages:
  - name: A
    hosts: web
    when: weight < 5 or run.id
    health: [{http: {url: "http://x/{{ weight }}", json: {a: [1, "{{ port }}"]}}, expect: result.rc == 0}]
    watch: [{tcp: {port: 80}}]
    steps:
      - {name: S, shell: "ls {{ release }}", register: r, rollback: "undo {{ release }} {{ r.stdout }}"}
      - {name: L, loop: [1, {is: b}], shell: "x {{ item }} {{ run.id }}", when: weight == 1}
      - {name: V, set: {list: [1, [2, "{{ r.rc }}"]]}}
      - {name: O, loop: "{{ r.stdout | splitlines }}", shell: "x {{ item }}"}
always: [{name: E, shell: end}]
"""


@pytest.fixture
def plan(project: Project) -> Plan:
    return project.plan(RUNBOOK)


def test_a_plan_comes_back_as_it_was(plan: Plan) -> None:
    again = from_json(to_json(plan))
    assert again == plan
    assert [list(step.tasks) for step in again.stages[0].steps] == [list(step.tasks) for step in plan.stages[0].steps]
    assert to_json(again) == to_json(plan)


def test_the_same_inputs_give_the_same_bytes(project: Project) -> None:
    assert to_json(project.plan(RUNBOOK)) == to_json(project.plan(RUNBOOK))


def test_what_hosts_share_is_written_once(plan: Plan) -> None:
    tasks = json.loads(to_json(plan))["stages"][0]["steps"][0]["tasks"]
    assert list(tasks) == ["web1,web3", "web2"]


def test_any_change_changes_the_digest(project: Project) -> None:
    before = digest(project.plan(RUNBOOK))
    assert before == digest(project.plan(RUNBOOK))
    assert before != digest(project.plan(RUNBOOK.replace("weight == 1", "weight == 2")))
    assert before != digest(project.plan(RUNBOOK, forks=3))


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"is":"Plan"}', '{"is":"Nobody"}', "[" * 100_000])
def test_what_is_no_plan_is_refused(text: str) -> None:
    with pytest.raises(CodecError):
        from_json(text)


def test_a_plan_of_another_version_is_refused_by_name(plan: Plan) -> None:
    data = json.loads(to_json(plan)) | {"version": 99}
    with pytest.raises(CodecError, match="version 99"):
        from_json(json.dumps(data))

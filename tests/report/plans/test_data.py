"""A plan for programs: as the schema describes it, with every command in it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from jsonschema import Draft7Validator

from executor.language.schemas import schema_text
from executor.planning.findings import Finding, Findings, NothingToDo, Unknown, WouldChange
from executor.report.plans.data import data
from executor.report.plans.gather import gather
from tests.planning.planner import Project
from tests.report.plans.books import SENT, Book, fleet, malicious, sends

PUBLISHED = json.loads(schema_text("plan"))
SCHEMA = Draft7Validator(PUBLISHED)


def valid(text: str) -> Any:
    found = json.loads(text)
    assert [f"{error.json_path}: {error.message}" for error in SCHEMA.iter_errors(found)] == []
    return found


def test_the_schema_is_one_and_says_what_everything_is() -> None:
    Draft7Validator.check_schema(PUBLISHED)
    objects = [PUBLISHED, *PUBLISHED["definitions"].values()]
    assert all(one["title"] and one["description"] for one in objects)


def test_a_plan_is_what_the_schema_says(book: Book) -> None:
    found = valid(data(book.plan()))
    assert found["version"] == 1


def test_it_is_the_same_text_for_the_same_plan(book: Book) -> None:
    assert data(book.plan()) == data(book.plan())


def test_every_script_is_in_it_for_every_host(book: Book) -> None:
    plan = book.plan()
    found = json.loads(data(plan))
    told = {
        (host, one["action"].get("script", "").strip("\n"))
        for stage in found["stages"]
        for part in ("drain", "steps", "restore", "always")
        for step in stage[part]
        for group in step["groups"]
        for one in group["rounds"]
        for host in group["hosts"]
    }
    wanted = {
        (host, one.does.code)
        for step in gather(plan, each=True).steps
        for group in step.groups
        for one in group.rounds
        for host in group.hosts
        if one.does.kind == "shell" and one.does.code
    }
    assert wanted <= told


def test_batches_and_failures_are_numbers(tmp_path: Path) -> None:
    stage = valid(data(fleet(tmp_path, 40)))["stages"][1]
    assert [len(batch) for batch in stage["batches"]] == [1, *[4] * 9, 3]
    assert stage["failures"] == {"allowed": 2, "aborts_at": 3, "then": "rollback", "scope": "run"}
    assert [len(group["hosts"]) for group in stage["steps"][0]["groups"]] == [1] * 40


def test_what_only_the_run_knows_is_named_with_its_time(project: Project) -> None:
    plan = project.plan("- {name: A, shell: date, register: now}\n- {name: B, shell: 'echo {{ now.stdout }}'}")
    step = valid(data(plan))["stages"][0]["steps"][1]
    assert step["needs"] == [{"name": "now", "known": "after 1.1 A"}]
    assert step["groups"][0]["rounds"][0]["action"]["script"] == "echo \u2039now.stdout\u203a"


def test_a_handler_and_what_undoes_itself(project: Project) -> None:
    plan = project.plan(
        "- {name: A, shell: up, rollback: {name: Back, shell: down}}\n"
        "- {name: B, symlink: {dest: /a, to: /b}}\n- {name: C, shell: x, rollback: none}\n- {name: D, shell: y}"
    )
    undone = [step["groups"][0]["rounds"][0]["undo"] for step in valid(data(plan))["stages"][0]["steps"]]
    assert [undo["how"] for undo in undone] == ["handler", "itself", "none", "unsaid"]
    assert undone[0]["steps"][0]["name"] == "Back"
    assert undone[0]["steps"][0]["round"]["action"] == {"kind": "shell", "script": "down"}


def test_how_much_is_undone_from_each_stage_and_how_long_it_waits(tmp_path: Path) -> None:
    found = valid(data(fleet(tmp_path, 40)))
    assert found["rollback"]["points"] == [
        {"stage": "1", "undone": [], "end": None},
        {"stage": "2", "undone": ["2.3", "2.2", "2.1"], "end": None},
    ]
    assert found["waiting"] == {"seconds": 0.0, "commands": 3, "without_timeout": 3}


def test_findings_are_in_it(project: Project) -> None:
    plan = project.plan("- {name: S, copy: {dest: /etc/x, content: new}}")
    found = {
        "web1": Finding(WouldChange("1 line", "-old\n+new"), for_now=True),
        "web2": Finding(NothingToDo("as wanted")),
        "web3": Finding(Unknown(("now",), ("1.1 A",))),
    }
    told = valid(data(plan, digest="ab", findings=Findings({"1.1": found}, checked=True, unreachable={"db1": "away"})))
    groups = told["stages"][0]["steps"][0]["groups"]
    assert [group["finding"]["verdict"] for group in groups] == ["would_change", "nothing_to_do", "unknown"]
    assert groups[0]["finding"]["diff"] == "-old\n+new"
    assert groups[0]["finding"]["for_now"] is True
    assert (told["digest"], told["checked"], told["unreachable"]) == ("ab", True, {"db1": "away"})


def test_no_text_in_it_is_a_command_of_a_ci_system(tmp_path: Path) -> None:
    text = data(malicious(tmp_path))
    assert "##[" not in text
    assert "##[add-mask]x" in {step["name"] for step in json.loads(text)["stages"][0]["steps"]}


def test_what_is_not_to_be_shown_is_not_in_it(project: Project) -> None:
    plan = project.plan(
        "- {vars: {pw: hunter2}, shell: 'login {{ pw }}', no_log: true, stdin: '{{ pw }}',"
        " environment: {PW: '{{ pw }}'}, rollback: 'logout {{ pw }}'}"
    )
    text = data(plan)
    assert "hunter2" not in text
    one = valid(text)["stages"][0]["steps"][0]["groups"][0]["rounds"][0]
    assert one["action"] == {"kind": "shell", "hidden": True}
    assert one["settings"]["environment"] == {"PW": None}


def test_files_that_are_sent_are_in_it_with_what_they_hold_where_that_is_asked_for(project: Project) -> None:
    plan = sends(project)
    steps = valid(data(plan, whole=True))["stages"][0]["steps"]
    actions = [step["groups"][0]["rounds"][0]["action"] for step in steps]
    assert [action.get("sent") for action in actions] == [SENT, None, None]
    assert '"sent"' not in data(plan)

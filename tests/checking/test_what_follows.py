"""What a check makes of what it has read: filled in where it is known for sure, and for now alone where it is not."""

from __future__ import annotations

import pytest

from executor.model.actions import Shell
from executor.planning.findings import (
    Finding,
    Looked,
    NothingToDo,
    Unknown,
    WouldChange,
    WouldRun,
)
from tests.checking.scripted import CHANGED, UNCHANGED, Hosts, printed, verdicts
from tests.planning.planner import Project, commands


def test_what_is_read_fills_in_the_commands_that_wait_for_it(project: Project) -> None:
    plan = project.plan(
        """
        - {name: Read, shell: cat version, read_only: true, register: was}
        - {name: Use, shell: "back up {{ was.stdout }}"}
        - {name: Remember, set: {old: "{{ was.stdout }}"}}
        - {name: Use again, shell: "keep {{ old }}", rollback: "back to {{ old }}"}
        """,
        limit="web1",
    )
    checked = Hosts({"cat version": printed("v1\n")}).check(plan)
    shown = [step.tasks["web1"].items[0] for step in checked.plan.stages[0].steps]
    assert [shown[1].body.action, shown[3].body.action] == [Shell("back up v1"), Shell("keep v1")]
    assert shown[3].rollback is not None
    assert shown[3].rollback[0].items[0].body.action == Shell("back to v1")


def test_an_answer_that_an_earlier_step_may_change_is_not_taken_for_known(project: Project) -> None:
    plan = project.plan(
        """
        - {name: Upgrade, shell: upgrade}
        - {name: Read, shell: cat version, read_only: true, register: was}
        - {name: Use, shell: "back up {{ was.stdout }}"}
        - {name: Guarded, shell: "true", unless: have it}
        """,
        limit="web1",
    )
    checked = Hosts({"cat version": printed("v1")}).check(plan)
    found = [hosts["web1"] for hosts in checked.findings.steps.values()]
    assert found[1] == Finding(Looked("exit code 0: v1"), for_now=True)
    assert found[2].verdict == Unknown(("was",), ("1.2 Read",))
    assert found[3] == Finding(NothingToDo("unless says that it is not needed"), for_now=True)
    assert "v1" not in " ".join(commands(checked.plan)[2:3])


def test_a_file_that_is_written_before_makes_later_answers_those_of_now_but_leaves_other_files_alone(
    project: Project,
) -> None:
    plan = project.plan(
        """
        - {name: One, copy: {content: x, dest: /f}}
        - {name: Two, copy: {content: x, dest: /g}}
        - {name: Read, shell: cat /f, read_only: true}
        """,
        limit="web1",
    )
    checked = Hosts({"/f = x": CHANGED, "/g = x": UNCHANGED}).check(plan)
    assert [hosts["web1"].for_now for hosts in checked.findings.steps.values()] == [False, False, True]


def test_what_a_guard_says_after_a_change_is_not_taken_for_known_either(project: Project) -> None:
    plan = project.plan(
        """
        - {name: Upgrade, shell: upgrade}
        - {name: Install, shell: install, unless: have it, register: done}
        - {name: Tell, shell: tell, when: done.skipped}
        - {name: Configure, copy: {content: x, dest: /f}}
        """,
        limit="web1",
    )
    checked = Hosts({"/f = x": CHANGED}).check(plan)
    assert verdicts(checked)[2] == Unknown(("done",), ("1.2 Install",), whether=True)
    assert checked.findings.steps["1.4"]["web1"] == Finding(WouldChange("content"), for_now=True)


def test_a_name_that_is_given_again_is_what_it_was_given_last(project: Project) -> None:
    plan = project.plan(
        """
        - {name: Upgrade, shell: upgrade, register: up}
        - {name: From it, set: {x: "{{ up.stdout }}"}}
        - {name: Waits, shell: "echo {{ x }}"}
        - {name: Plainly, set: {x: plain}}
        - {name: Knows, shell: "echo {{ x }}"}
        """,
        limit="web1",
    )
    checked = Hosts({}).check(plan)
    assert verdicts(checked)[2] == Unknown(("x",), ("1.2 From it",))
    assert verdicts(checked)[4] == WouldRun()


def test_a_condition_that_was_found_to_hold_is_one_no_more(project: Project) -> None:
    plan = project.plan(
        """
        - {name: Read, shell: cat, read_only: true, register: was}
        - {name: Do, shell: "true", when: was.rc == 0}
        - {name: Do not, shell: "true", when: was.rc == 1}
        """,
        limit="web1",
    )
    read, do, never = (step.tasks["web1"].items[0].when for step in Hosts({}).check(plan).plan.stages[0].steps)
    assert (read, do) == ((), ())
    assert [getattr(condition, "needs", None) for condition in never] == [()]


def test_a_step_that_is_not_needed_disturbs_nothing(project: Project) -> None:
    plan = project.plan(
        """
        - {name: Done, shell: install, creates: /x}
        - {name: Read, shell: cat, read_only: true, register: was}
        - {name: Use, shell: "echo {{ was.stdout }}"}
        """,
        limit="web1",
    )
    checked = Hosts({"/x?": UNCHANGED, "cat": printed("v1")}).check(plan)
    assert commands(checked.plan)[-1] == "echo v1"


def test_a_change_on_the_machine_that_a_step_is_delegated_to_counts_there(project: Project) -> None:
    plan = project.plan(
        """
        - {name: Migrate, shell: migrate, delegate_to: db1}
        - {name: Read here, shell: cat, read_only: true}
        - {name: Read there, shell: cat, read_only: true, delegate_to: db1}
        """,
        limit="web1",
    )
    checked = Hosts({}).check(plan)
    assert [hosts["web1"].for_now for hosts in checked.findings.steps.values()] == [False, False, True]


def test_the_list_of_a_loop_that_was_read_gives_its_rounds(project: Project) -> None:
    plan = project.plan(
        """
        - {name: Read, shell: ls, read_only: true, register: files}
        - {name: Each, loop: "{{ files.stdout | splitlines }}", copy: {content: "{{ item }}", dest: "/d/{{ item }}"}}
        """,
        limit="web1",
    )
    checked = Hosts({"ls": printed("a\nb\n"), "/d/a = a": CHANGED, "/d/b = b": UNCHANGED}).check(plan)
    found = checked.findings.steps["1.2"]["web1"]
    assert found.rounds == (("a", WouldChange("content")), ("b", NothingToDo("it is as it should be")))
    assert found.verdict == WouldChange("a: content")
    assert [item.label for item in checked.plan.stages[0].steps[1].tasks["web1"].items] == ["a", "b"]


def test_a_result_of_another_host_in_the_same_stage_may_come_too_late_to_be_known(project: Project) -> None:
    runbook = """
        name: T
        stages:
          - name: One
            hosts: web1,web2
            steps:
              - {name: Read, shell: cat, read_only: true, register: was}
              - {name: Same stage, shell: "echo {{ hosts['web2'].was.stdout | default('none') }}"}
          - name: Two
            hosts: web1
            steps: [{name: Next stage, shell: "echo {{ hosts['web2'].was.stdout | default('none') }}"}]
        """
    checked = Hosts({"web2: cat": printed("v2")}).check(project.plan(runbook))
    assert checked.findings.steps["1.2"]["web1"].verdict == Unknown(("hosts",), ())
    assert checked.findings.steps["2.1"]["web1"].verdict == WouldRun()


@pytest.mark.parametrize("name", ["was", "['was']"])
def test_what_another_host_knew_before_counts_no_more_once_a_stage_gives_it_anew(project: Project, name: str) -> None:
    way = name if name.startswith("[") else f".{name}"
    read = "{name: Read, shell: cat, read_only: true, register: was}"
    runbook = f"""
        name: T
        stages:
          - {{name: One, hosts: "web1,web2", steps: [{read}]}}
          - name: Two
            hosts: web1,web2
            steps:
              - {{name: Look there, shell: "echo {{{{ hosts['web2']{way}.stdout }}}}"}}
              - {read}
        """
    checked = Hosts({"cat": printed("v1")}).check(project.plan(runbook))
    assert checked.findings.steps["2.1"]["web1"].verdict == Unknown(("hosts",), ())

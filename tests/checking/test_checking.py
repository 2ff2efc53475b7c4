"""What a check asks, what it makes of the answers, and what it does not take for known."""

from __future__ import annotations

import pytest

from executor.checking.checking import Checked, foreseen
from executor.model.actions import Shell
from executor.model.outcomes import Opinion, Verdict
from executor.planning.findings import (
    Asked,
    Finding,
    Looked,
    NotAsked,
    NothingToDo,
    Skipped,
    Unknown,
    WouldChange,
    WouldFail,
    WouldRun,
    anything_changes,
    fails,
)
from tests.checking.scripted import CHANGED, UNCHANGED, Hosts, away, printed, refused
from tests.planning.planner import Project, commands


def verdicts(checked: Checked, host: str = "web1") -> list[object]:
    return [found[host].verdict for found in checked.findings.steps.values() if host in found]


def one(checked: Checked, host: str = "web1") -> Finding:
    (found,) = checked.findings.steps.values()
    return found[host]


# --- the plan alone ---------------------------------------------------------------------------------------------


def test_the_plan_alone_says_what_runs_what_waits_what_is_skipped_and_what_a_person_is_asked(project: Project) -> None:
    plan = project.plan(
        """
        - {name: Do, shell: "true"}
        - {name: Read, shell: cat f, read_only: true, register: was}
        - {name: Use, shell: "echo {{ was.stdout }}"}
        - {name: Perhaps, shell: "true", when: was.rc == 0}
        - {name: Never, shell: "true", when: weight > 9}
        - {name: Ready, checklist: [Go]}
        - {name: Wait, pause: 5s}
        - {name: Keep, shell: "echo {{ run.id }}"}
        """
    )
    found = foreseen(plan)
    assert [hosts["web1"].verdict for hosts in found.steps.values()] == [
        WouldRun(),
        WouldRun(changes=False),
        Unknown(("was",), ("1.2 Read",)),
        Unknown(("was",), ("1.2 Read",), whether=True),
        Skipped("this does not hold: weight > 9"),
        Asked(("Go",)),
        WouldRun(changes=False),
        WouldRun(),
    ]
    assert not found.checked
    assert anything_changes(found)


def test_a_claim_that_is_known_not_to_hold_fails_before_anybody_is_asked(project: Project) -> None:
    plan = project.plan("- {name: Sure, assert: {that: [weight < 2], message: Too heavy}}")
    found = foreseen(plan).steps["1.1"]
    assert found["web2"].verdict == WouldFail("Too heavy")
    assert found["web1"].verdict == Looked("it holds")


def test_what_a_step_makes_here_is_not_compared_before_it_is_made(project: Project) -> None:
    project.file("build/app.txt", "of an earlier build")
    plan = project.plan(
        """
        name: T
        stages:
          - name: Build
            hosts: localhost
            steps: [{name: Make, shell: make, produces: [build]}]
          - name: Send
            hosts: web1
            steps: [{name: Copy, copy: {src: build/app.txt, dest: /srv/app.txt}}]
        """
    )
    hosts = Hosts({})
    verdict = hosts.check(plan).findings.steps["2.1"]["web1"].verdict
    assert isinstance(verdict, Unknown)
    assert verdict.until == ("1.1 Make",)
    assert hosts.asked == []


# --- guards -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("guard", "asked", "answer", "verdict"),
    [
        ("unless: have it", "have it", printed("", 0), NothingToDo("unless says that it is not needed")),
        ("unless: have it", "have it", printed("", 1), WouldRun()),
        ("only_if: need it", "need it", printed("", 1), NothingToDo("only_if says that it is not needed")),
        ("only_if: need it", "need it", printed("", 0), WouldRun()),
        ("creates: /x", "/x?", UNCHANGED, NothingToDo("")),
        ("removes: /x", "/x?", CHANGED, WouldRun()),
        ("unless: have it", "have it", away(), NotAsked("unless: no route")),
        ("creates: /x", "/x?", away(), NotAsked("no route")),
    ],
)
def test_a_guard_says_whether_a_command_is_needed(
    project: Project, guard: str, asked: str, answer: object, verdict: object
) -> None:
    plan = project.plan(f"- {{name: S, shell: change everything, {guard}}}", limit="web1")
    hosts = Hosts({asked: answer})  # type: ignore[dict-item]  # a Result, as the table above has them
    assert one(hosts.check(plan)).verdict == verdict
    assert hosts.asked == [f"web1: {asked}"], "the command itself never reaches a host"


def test_nothing_that_may_change_a_host_is_ever_asked(project: Project) -> None:
    """Everything that is performed is a guard, a dry look at a file, or what is called read-only."""
    plan = project.plan(
        """
        - {name: Change, shell: "true"}
        - {name: Guarded, shell: "true", unless: look}
        - {name: Copy, copy: {content: x, dest: /f}, apply: restart, verify: {tcp: {port: 1}}}
        - {name: Link, symlink: {dest: /l, to: /f}}
        - {name: Post, probe: {http: {url: "http://localhost/", method: POST}}}
        - {name: Get, fetch: {src: /f, dest: f}}
        - {name: Read, shell: cat, read_only: true}
        """,
        limit="web1",
    )
    hosts = Hosts({})
    hosts.check(plan)
    assert [(question.key.part, question.dry) for question in hosts.performed] == [
        ("unless", False),
        ("action", True),
        ("action", True),
        ("action", True),
        ("action", False),
    ]
    assert hosts.asked[-1] == "web1: cat"
    assert not any("restart" in asked or "tcp" in asked or "http" in asked for asked in hosts.asked)


# --- files ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        (UNCHANGED, NothingToDo("it is as it should be")),
        (CHANGED, WouldChange("content")),
        (refused("/f is a folder"), WouldFail("/f is a folder")),
        (away(), NotAsked("no route")),
    ],
)
def test_a_file_is_compared(project: Project, answer: object, verdict: object) -> None:
    plan = project.plan("- {name: S, copy: {content: x, dest: /f}}", limit="web1")
    assert one(Hosts({"/f = x": answer}).check(plan)).verdict == verdict  # type: ignore[dict-item]  # a Result


def test_what_depends_on_a_change_is_known_from_the_comparison(project: Project) -> None:
    steps = """
        - {name: Configure, copy: {content: x, dest: /f}, register: file}
        - {name: Restart, shell: restart, when: file.changed}
        """
    plan = project.plan(steps, limit="web1")
    assert verdicts(Hosts({"/f = x": UNCHANGED}).check(plan))[1] == Skipped("this does not hold: file.changed")
    assert verdicts(Hosts({"/f = x": CHANGED}).check(plan))[1] == WouldRun()


# --- what is read, and what follows from it -----------------------------------------------------------------------


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


# --- once, conditions of stages, lost hosts ---------------------------------------------------------------------------


def test_a_step_for_all_hosts_is_asked_on_one_and_its_result_belongs_to_all(project: Project) -> None:
    plan = project.plan(
        """
        - {name: Read, once: run, shell: cat, read_only: true, register: was, when: weight > 1}
        - {name: Use, shell: "echo {{ was.stdout }}"}
        """
    )
    hosts = Hosts({"cat": printed("v1")})
    checked = hosts.check(plan)
    assert hosts.asked == ["web2: cat"], "the first host for which the condition holds"
    assert [commands(checked.plan, host)[-1] for host in ("web1", "web2", "web3")] == ["echo v1"] * 3
    assert isinstance(checked.findings.steps["1.1"]["web1"].verdict, Skipped)


def test_a_host_that_cannot_be_reached_says_nothing_for_the_others(project: Project) -> None:
    plan = project.plan("- {name: S, once: run, shell: cat, read_only: true}\n- {name: T, shell: cat, read_only: true}")
    hosts = Hosts({"web1: cat": away()})
    checked = hosts.check(plan, lost={"web1": "no route"})
    assert hosts.asked[0] == "web2: cat"
    assert checked.findings.steps["1.2"]["web1"].verdict == NotAsked("no route")
    assert isinstance(checked.findings.steps["1.2"]["web2"].verdict, Looked)
    assert checked.findings.unreachable == {"web1": "no route"}


def test_a_stage_whose_condition_was_found_out_is_skipped_or_not(project: Project) -> None:
    runbook = """
        name: T
        stages:
          - name: One
            hosts: web1,web2
            steps: [{name: Read, shell: cat, read_only: true, register: was}]
          - name: Two
            hosts: web1,web2,web3
            when: was.stdout == 'old'
            steps: [{name: Do, shell: "true"}]
        """
    with_all = runbook.replace(
        "web1,web2\n            steps: [{name: Read", "web1,web2,web3\n            steps: [{name: Read"
    )
    checked = Hosts({"web1: cat": printed("old"), "web2: cat": printed("new"), "web3: cat": away()}).check(
        project.plan(with_all)
    )
    found = checked.findings.steps["2.1"]
    assert found["web1"].verdict == WouldRun()
    assert found["web2"].verdict == Skipped("this does not hold: was.stdout == 'old'")
    assert found["web3"].verdict == Unknown(("was",), ("1.1 Read",), whether=True)


# --- questions --------------------------------------------------------------------------------------------------


def test_a_machine_answers_its_items_of_a_checklist_and_a_person_is_asked_the_others(project: Project) -> None:
    plan = project.plan(
        """
        - name: Ready
          checklist:
            - Reviewed
            - {item: Tagged, shell: git rev-parse v1}
            - {item: Healthy, probe: {tcp: {port: 80}}}
        """,
        limit="web1",
    )
    checked = Hosts({"git rev-parse v1": printed("", 1)}).check(plan)
    found = one(checked)
    assert found.verdict == Asked(
        ("Reviewed",), (("Tagged", Looked("exit code 1", failed=True)), ("Healthy", Looked("fine")))
    )
    assert fails(found)


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        (Verdict(Opinion.PASSED, "open"), Looked("open")),
        (Verdict(Opinion.FAILED, "closed"), Looked("closed", failed=True)),
        (Verdict(Opinion.INCONCLUSIVE, "no forwarding"), NotAsked("no forwarding")),
    ],
)
def test_a_probe_is_asked_once(project: Project, answer: Verdict, verdict: object) -> None:
    plan = project.plan("- {name: S, probe: {tcp: {port: 80}}}", limit="web1")
    assert one(Hosts({"tcp": answer}).check(plan)).verdict == verdict


def test_what_is_watched_over_time_is_not_asked_beforehand(project: Project) -> None:
    plan = project.plan("- {name: S, probe: {tcp: {port: 80}, hold: 30m}}", limit="web1")
    hosts = Hosts({})
    assert one(hosts.check(plan)).verdict == WouldRun(changes=False)
    assert hosts.asked == []


# --- sums -------------------------------------------------------------------------------------------------------


def test_nothing_would_change_where_all_is_as_it_should_be(project: Project) -> None:
    plan = project.plan(
        """
        - {name: Copy, copy: {content: x, dest: /f}, register: file}
        - {name: Restart, shell: restart, when: file.changed}
        - {name: Guarded, shell: install, unless: have it}
        - {name: Read, shell: cat, read_only: true}
        - {name: Wait, pause: 1s}
        """
    )
    assert not anything_changes(Hosts({"/f = x": UNCHANGED}).check(plan).findings)
    assert anything_changes(Hosts({"/f = x": UNCHANGED, "web3: /f = x": CHANGED}).check(plan).findings)


def test_what_is_not_to_be_logged_is_not_told(project: Project) -> None:
    plan = project.plan("- {name: S, shell: cat pw, read_only: true, no_log: true}", limit="web1")
    assert one(Hosts({"cat pw": printed("hunter2")}).check(plan)).verdict == Looked("(no_log: not shown)")

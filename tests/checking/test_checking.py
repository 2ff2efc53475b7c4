"""What a check asks, what it makes of the answers, and what it does not take for known."""

from __future__ import annotations

import pytest

from executor.checking.checking import foreseen
from executor.model.outcomes import Opinion, Verdict
from executor.planning.findings import (
    Asked,
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
from tests.checking.scripted import CHANGED, UNCHANGED, Hosts, away, one, printed, refused, verdicts
from tests.planning.planner import Project, commands

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


def test_a_claim_that_only_the_run_can_judge_changes_nothing(project: Project) -> None:
    found = foreseen(
        project.plan(
            """
            - {name: Read, shell: uptime, read_only: true, register: was}
            - {name: Sure, assert: {that: was.rc == 0}}
            - {name: Look again, shell: "cat {{ was.stdout }}", read_only: true}
            """
        )
    )
    assert not anything_changes(found)


def test_a_claim_that_is_known_not_to_hold_fails_before_anybody_is_asked(project: Project) -> None:
    plan = project.plan("- {name: Sure, assert: {that: [weight < 2], message: Too heavy}}")
    found = foreseen(plan).steps["1.1"]
    assert found["web2"].verdict == WouldFail("Too heavy")
    assert found["web1"].verdict == NothingToDo("it holds")


def test_a_failure_that_is_ignored_is_no_reason_for_a_check_to_fail(project: Project) -> None:
    plan = project.plan(
        """
        - {name: Look, shell: look, read_only: true, ignore_errors: true}
        - {name: Ask, probe: {shell: ask}, ignore_errors: true}
        - {name: Claim, assert: {that: [weight < 1]}, ignore_errors: true}
        """,
        limit="web1",
    )
    hosts = Hosts({"look": refused("exit code 3"), "shellprobe": Verdict(Opinion.FAILED, "exit code 1")})
    assert verdicts(hosts.check(plan)) == [
        Looked("exit code 3"),
        Looked("exit code 1"),
        Looked("does not hold: weight < 1"),
    ]
    assert not any(map(fails, hosts.check(plan).findings.all()))
    strict = project.plan("- {name: Look, shell: look, read_only: true}", limit="web1")
    assert any(map(fails, hosts.check(strict).findings.all()))


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

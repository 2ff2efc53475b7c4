"""What a plan says of an abort at each point, and how long it can wait, worked out by hand."""

from __future__ import annotations

import re

import pytest

from executor.model.plans import Plan
from executor.planning import text
from executor.planning.shown.points import points
from executor.planning.shown.times import Span, in_words, span
from executor.report.plans.html import html
from executor.report.plans.markdown import markdown
from tests.planning.planner import Project

STAGE = """
  - name: {name}
    hosts: web
    {settings}
    steps:
      - {{name: A, shell: a, rollback: undo a}}
      - {{name: B, shell: b, rollback: none}}
      - {{name: C, shell: c, rollback: undo c, irreversible: {final}}}
      - {{name: D, shell: d, rollback: undo d}}
"""


def stages(*settings: str, final: int = 0) -> str:
    """Stages of four steps; in the one with the number `final` the third is a point of no return."""
    made = (
        STAGE.format(name=f"S{number}", settings=one or "pause: 0s", final=str(number == final).lower())
        for number, one in enumerate(settings, 1)
    )
    return "name: T\nstages:" + "".join(made)


def undone(project: Project, runbook: str) -> list[tuple[list[str], str, bool]]:
    found = points(project.plan(runbook, yes=True))
    return [([s.id for s in point.undone], "" if point.end is None else point.end.id, point.open) for point in found]


def test_an_abort_undoes_what_came_before_it_the_last_first(project: Project) -> None:
    assert undone(project, stages("", "")) == [
        (["1.4", "1.3", "1.1"], "", False),
        (["2.4", "2.3", "2.1", "1.4", "1.3", "1.1"], "", False),
    ]


def test_nothing_before_a_point_of_no_return_is_undone(project: Project) -> None:
    found = undone(project, stages("", "", "", final=2))
    assert found[1] == (["2.4", "2.3", "2.1", "1.4", "1.3", "1.1"], "2.3", True), "it may not have started yet"
    assert found[2] == (["3.4", "3.3", "3.1", "2.4", "2.3"], "2.3", False), "its own handler was armed behind it"


def test_a_point_of_no_return_holds_for_its_own_hosts_and_for_what_runs_once(project: Project) -> None:
    runbook = """
        name: T
        stages:
          - name: Build
            hosts: localhost
            steps: [{name: Make, shell: make, rollback: clean}]
          - name: Once
            hosts: web
            steps: [{name: Note, once: run, shell: note, rollback: forget}, {name: All, shell: a, rollback: undo a}]
          - name: One
            hosts: web1
            steps: [{name: Final, shell: f, irreversible: true}]
          - name: Last
            hosts: web1
            steps: [{name: Tell, shell: t, rollback: undo t}]
        """
    last = undone(project, runbook)[-1]
    assert last == (["4.1", "2.2", "1.1"], "3.1", False), "web2 and the control node have not passed it"
    assert "4.1, 2.2, 1.1; nothing before 3.1 any more on web1" in text(project.plan(runbook, yes=True))
    guarded = runbook.replace("{name: Final,", "{name: Final, unless: have it,")
    assert undone(project, guarded)[-1] == (["4.1", "2.2", "2.1", "1.1"], "3.1", True), "it may not be needed"
    everywhere = runbook.replace("{name: Final,", "{name: Final, once: run,")
    assert undone(project, everywhere)[-1] == (["4.1"], "3.1", False)


def test_a_stage_says_how_far_back_it_goes(project: Project) -> None:
    found = undone(project, stages("", "rollback_scope: stage", "on_failure: stop", ""))
    assert [names for names, *_ in found] == [
        ["1.4", "1.3", "1.1"],
        ["2.4", "2.3", "2.1"],
        [],
        ["4.4", "4.3", "4.1", "3.4", "3.3", "3.1", "2.4", "2.3", "2.1", "1.4", "1.3", "1.1"],
    ]


def test_the_page_says_it_for_each_stage_once(project: Project) -> None:
    said = text(project.plan(stages("", "rollback_scope: host", "on_failure: stop", "", final=4), yes=True))
    told = said.split("So much of it when a stage is given up:\n")[1].split("\n  Changes")[0].splitlines()
    assert told == [
        "    in stage 1  1.4, 1.3, 1.1",
        "    in stage 2  2.4, 2.3, 2.1, 1.4, 1.3, 1.1; on the hosts that failed alone",
        "    in stage 3  nothing by itself: it stops, to be resumed or rolled back",
        "    in stage 4  4.4, 4.3, 4.1, 3.4, 3.3, 3.1, 2.4, and 5 more steps, back to 1.1; once 4.3 has",
        "                started, nothing before that on that host",
    ]
    assert "Changes that have nothing to undo, as the runbook says:\n    1.2  B\n" in said


@pytest.mark.parametrize(
    ("stage", "seconds"),
    [
        ("serial: 1", 3 * 60),
        ("serial: 2", 2 * 60),
        ("serial: 100%", 60),
        ("serial: 1, pause: 10s", 3 * 60 + 2 * 10),
        ("max_unavailable: 2, pause: 10s", 2 * 60 + 10),
        ("serial: 1, health: [{tcp: {port: 1}, within: 5s}, {tcp: {port: 2}, within: 1s, hold: 2s}]", 3 * 68),
        ("serial: 1, traffic: {drain: [{name: D, pause: 7s}], restore: up}", 3 * 67),
    ],
)
def test_hosts_of_a_batch_wait_side_by_side_and_batches_one_after_the_other(
    project: Project, stage: str, seconds: float
) -> None:
    plan = project.plan(f"name: T\nstages: [{{name: S, hosts: web, {stage}, steps: [{{name: P, pause: 1m}}]}}]")
    assert span(plan).waiting == seconds


def test_what_runs_once_waits_once_and_retries_wait_between_attempts(project: Project) -> None:
    plan = project.plan(
        """
        name: T
        stages:
          - name: S
            hosts: web
            serial: 1
            steps:
              - {name: Once, once: run, pause: 1m}
              - {name: Again, shell: "true", retry: {attempts: 4, delay: 2s, backoff: 2}, timeout: 1h}
              - {name: Proof, shell: "true", verify: {tcp: {port: 1}, within: 3s}}
              - {name: Differs, pause: "{{ weight }}s"}
              - {name: Never, pause: 1h, when: weight > 9}
        """
    )
    assert span(plan) == Span(60 + 3 * (2 + 4 + 8 + 3 + 2), commands=2, unbounded=1)


@pytest.mark.parametrize(
    ("commands", "unbounded", "wanted"),
    [
        (0, 0, "5s at most in all"),
        (1, 0, "5s at most in all, beside the time of 1 command, which has a timeout"),
        (1, 1, "5s at most in all, beside the time of 1 command, which has no timeout"),
        (8, 0, "5s at most in all, beside the time of 8 commands, each of which has a timeout"),
        (8, 3, "5s at most in all, beside the time of 8 commands, 3 of them without a timeout"),
        (8, 8, "5s at most in all, beside the time of 8 commands, none of which has a timeout"),
    ],
)
def test_how_many_commands_have_a_timeout_is_said_plainly(commands: int, unbounded: int, wanted: str) -> None:
    assert in_words(Span(5, commands, unbounded)) == wanted


def many_waits(project: Project) -> Plan:
    """More steps that wait, and more that have the same timeout, than anybody reads one by one; one ends the run."""
    quick = "".join(f"      - {{name: Q{number}, shell: 'true', timeout: 1m}}\n" for number in range(21))
    slow = "".join(f"      - {{name: L{number}, shell: 'true', timeout: {number}h}}\n" for number in (2, 3))
    pauses = "".join(f"      - {{name: P{number}, pause: {number}s}}\n" for number in range(10, 22))
    always = "always: [{name: Last, shell: 'true', timeout: 1m}, {name: Rest, pause: 9s}]\n"
    return project.plan(f"name: T\nstages:\n  - name: S\n    hosts: web1\n    steps:\n{quick}{slow}{pauses}{always}")


ROWS = [
    *((f"{number}s", f"1.{number + 14} P{number}") for number in range(21, 9, -1)),
    ("9s", "a.2 Rest"),
    ("3h", "1.23 L3, timeout"),
    ("2h", "1.22 L2, timeout"),
    ("1m", "timeout of each of 22 steps"),
]


def test_every_wait_has_a_row_and_steps_with_the_same_timeout_have_one_together(project: Project) -> None:
    plan = many_waits(project)
    rows = text(plan).split("commands, each of which has a timeout\n")[1]
    assert [tuple(line.split(maxsplit=1)) for line in rows.splitlines()] == ROWS


def test_every_form_has_the_same_rows_of_waits(project: Project) -> None:
    plan = many_waits(project)
    assert [f"- {length}: {on}" for length, on in ROWS] == re.findall(
        r"^- \d+[smh]: .*", markdown(plan).replace("\\", ""), re.MULTILINE
    )
    assert re.findall(r'<td class="number">(.*?)</td><td>(.*?)</td>', html(plan)) == ROWS


@pytest.mark.parametrize(
    ("hosts", "settings", "wanted"),
    [
        ("web1", "max_failures: 1", "goes on even if its host fails; who fails undoes its own\n"),
        ("web", "max_failures: 100%", "goes on however many of its 3 hosts fail; who fails undoes its own\n"),
        ("web", "max_failures: 1", "aborts at the 2nd failure of 3, then rolls back the whole run; a host that fails"),
        ("web1", "pause: 0s", "aborts, then rolls back the whole run\n"),
    ],
)
def test_at_which_failure_a_stage_is_given_up_is_said_as_it_is(
    hosts: str, settings: str, wanted: str, project: Project
) -> None:
    runbook = STAGE.format(name="S", settings=settings, final="false").replace("hosts: web", f"hosts: {hosts}")
    assert f"On failure  {wanted}" in text(project.plan(f"name: T\nstages:{runbook}", yes=True), width=200)


def test_a_stage_that_no_number_of_hosts_aborts_can_still_be_aborted_by_what_counts_for_all(project: Project) -> None:
    runbook = STAGE.format(name="S", settings="max_failures: 100%", final="false")
    runbook = runbook.replace("rollback: none", "rollback: none, once: run")
    said = text(project.plan(f"name: T\nstages:{runbook}", yes=True), width=200)
    assert "where a watch or a step that is done once fails, it aborts, then rolls back the whole run\n" in said

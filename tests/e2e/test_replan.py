"""`resume --replan`: what is left of a run is done by the edited runbook; what was begun stays as it was begun."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest

from executor.journal.folders import all_runs
from tests.e2e.conftest import Project
from tests.e2e.test_resume import SLOW, begin, let_go
from tests.faults.disk import Fault
from tests.faults.lives import live, struck

BOOK = """
name: Deploy
params: {to: {type: string, default: nowhere}}
stages:
  - name: First
    hosts: web[0:1]
    serial: 2
    steps:
      - {name: Prepare, shell: echo prepare >> ~/log, rollback: echo undo prepare >> ~/log}
  - name: Second
    hosts: web[0:1]
    serial: 1
    on_failure: stop
    steps:
      - {name: One, shell: echo one >> ~/log, rollback: echo undo one >> ~/log}
      - name: Two
        shell: test {{ host.name }} = web1 && echo two >> ~/log
        rollback: echo undo two >> ~/log
      - {name: Three, shell: echo three >> ~/log, rollback: echo undo three >> ~/log}
"""
CURE = BOOK.replace("test {{ host.name }} = web1 && echo two", "echo cured {{ to }}").replace(
    "echo undo two", "echo undo cured"
)
MORE = """
  - name: Third
    hosts: web[0:2]
    serial: 3
    steps:
      - {name: Four, shell: echo four >> ~/log, rollback: echo undo four >> ~/log}
"""


FAULTS = (Fault("after", 1), Fault("before", 1), Fault("torn", 1), Fault("after", 5))  # the first one in every suite


def edit(project: Project, text: str) -> None:
    project.write("runbooks/deploy.yml", text)


@pytest.fixture
def stopped(project: Project) -> Project:
    """web1 is through with both stages; web2 has failed in Two."""
    edit(project, BOOK)
    ran = project.runbook("run", "deploy", "-i", "prod", "-e", "to=there")
    assert ran.code == 6, ran
    assert logs(project) == (["prepare", "one", "two", "three"], ["prepare", "one"])
    return project


def logs(project: Project) -> tuple[list[str], list[str]]:
    return project.log("web1"), project.log("web2")


def test_the_rest_is_shown_asked_for_and_run_and_what_was_completed_is_not_run_again(stopped: Project) -> None:
    edit(stopped, CURE.replace("echo three", "echo drei") + MORE)
    refused = stopped.runbook("resume")
    assert refused.code == 11, refused
    assert "resume" in refused.err
    assert "--replan" in refused.err
    unasked = stopped.runbook("resume", "--replan")
    assert (unasked.code, "there is no terminal to ask at" in unasked.err) == (11, True), unasked
    ran = stopped.runbook("resume", "--replan", "-y", "--reason", "Two was wrong")
    assert ran.code == 0, ran
    assert "- $ test web2 = web1 && echo two >> ~/log" in ran.err
    assert "+ $ echo cured there >> ~/log" in ran.err
    assert "+ Stage 3: Third" in ran.err
    assert "'Three' has changed; on web1 it is done, and stays as it was run" in ran.err
    assert "WHAT IS LEFT IS PLANNED ANEW by" in ran.err
    assert logs(stopped) == (
        ["prepare", "one", "two", "three", "four"],
        ["prepare", "one", "cured there", "drei", "four"],
    )
    assert stopped.log("web3") == ["four"]
    show = stopped.runbook("show", "last")
    assert "WHAT IS LEFT IS PLANNED ANEW" in show.out
    assert "Two was wrong" in show.out


def test_what_was_armed_before_is_undone_as_it_was_journalled_and_what_came_after_by_the_new_plan(
    stopped: Project,
) -> None:
    """From the journal alone, on another machine: the failed step by its old handler, its successor by the new one."""
    edit(stopped, CURE.replace("undo one", "undo EINS") + MORE)
    assert stopped.runbook("resume", "--replan", "-y").code == 0
    elsewhere = replace(stopped, environment={"RUNBOOK_STATE": str(stopped.folder / "elsewhere")})
    run = next(all_runs(stopped.folder / "state")).run
    fetched = elsewhere.runbook("fetch", run, "-i", "prod", "--take-over")
    assert fetched.code == 0, fetched
    ran = elsewhere.runbook("rollback", run, "-y")
    assert ran.code == 0, ran
    undone = ["undo four", "undo three", "undo cured", "undo two", "undo one", "undo prepare"]
    assert stopped.log("web2")[-6:] == undone
    assert stopped.log("web1")[-5:] == ["undo four", "undo three", "undo two", "undo one", "undo prepare"]


def test_what_cannot_be_matched_is_refused_with_all_its_reasons_and_nothing_begins(stopped: Project) -> None:
    before = logs(stopped)
    inventory = stopped.folder / "inventories" / "prod.yml"
    whole = inventory.read_text()
    new = "      - {name: New, shell: echo new >> ~/log, rollback: none}\n"
    for text, reason in (
        (BOOK.replace("Prepare", "Get ready"), "'Prepare' in stage 'First' has been completed, and is gone"),
        (
            BOOK.replace("name: One", "name: Eins"),
            "'One' in stage 'Second' has been completed on web1, web2, and is gone",
        ),
        (BOOK.replace("name: Second", "name: 2nd"), "stage 'Second' is in progress, and is not stage 2"),
        (BOOK.replace("      - {name: Prep", new + "      - {name: Prep"), "'New' is new in stage 'First'"),
        (
            BOOK.replace("      - {name: One", new + "      - {name: One"),
            "'New' stands before 'One' now, which web2 has done",
        ),
        (BOOK.replace("name: One", "nam: One"), "unknown key 'nam'"),
    ):
        edit(stopped, text)
        refused = stopped.runbook("resume", "--replan", "-y")
        assert (refused.code, reason in refused.err) == (3 if "nam:" in text else 11, True), refused
    edit(stopped, BOOK)
    inventory.write_text("".join(line for line in whole.splitlines(True) if "web2:" not in line).replace("web2, ", ""))
    refused = stopped.runbook("resume", "--replan", "-y")
    assert refused.code == 11, refused
    assert "web2, on which the run has changed something, is not there any more" in refused.err
    inventory.write_text(whole)
    assert logs(stopped) == before
    assert stopped.runbook("resume").code == 6  # as it was planned, it fails where it failed


def test_where_nothing_of_the_rest_has_changed_it_simply_goes_on(stopped: Project) -> None:
    edit(stopped, BOOK + "# a word\n")
    ran = stopped.runbook("resume", "--replan", "-y")
    assert ran.code == 6, ran
    assert "nothing of what is left is done otherwise" in ran.err


def test_a_host_that_has_not_begun_may_leave(project: Project) -> None:
    book = BOOK.replace("name: Second\n    hosts: web[0:1]", "name: Second\n    hosts: web")
    edit(project, book)
    assert project.runbook("run", "deploy", "-i", "prod").code == 6
    inventory = project.folder / "inventories" / "prod.yml"
    inventory.write_text(inventory.read_text().replace("web2, web3, web4]", "web2, web4]"))
    edit(project, book.replace("test {{ host.name }} = web1", "true"))
    ran = project.runbook("resume", "--replan", "-y")
    assert ran.code == 0, ran
    assert "web3 is left out of stage 'Second'" in ran.err
    assert (project.log("web3"), project.log("web4")) == ([], ["one", "two", "three"])


def test_what_was_under_way_is_waited_for_first_by_the_plan_under_which_it_was_begun(project: Project) -> None:
    edit(project, SLOW)
    begin(project)
    edit(project, SLOW.replace("echo {{ slow", "echo then {{ slow") + MORE)
    process = project.start("resume", "--replan", "-y")
    let_go(project)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 0, out
    assert "What was under way is waited for first." in out
    assert project.log("web1") == ["one", "slow", "then begun over", "four"]
    assert project.log("web2") == ["one", "slow", "then begun over", "four"]


def test_a_step_that_is_under_way_and_reads_otherwise_is_refused_before_anybody_waits(project: Project) -> None:
    edit(project, SLOW)
    begin(project)
    edit(project, SLOW.replace("echo begun", "echo started"))
    refused = project.runbook("resume", "--replan", "-y")
    assert refused.code == 11, refused
    assert "'Slow' has been started on web1, nobody knows what came of it, and it reads otherwise now" in refused.err
    edit(project, SLOW)
    let_go(project)
    assert project.runbook("resume").code == 0


@pytest.mark.parametrize("fault", FAULTS if os.environ.get("RUNBOOK_FAULTS") else FAULTS[:1], ids=str)
def test_killed_around_the_moment_of_the_new_plan_it_goes_on_by_one_of_the_two(stopped: Project, fault: Fault) -> None:
    """Until the new plan is on disk the run is as it was; from then on it goes on by that, without a word."""
    edit(stopped, CURE + MORE)
    killed = live(stopped, "resume", "--replan", "-y", fault=fault)
    assert struck(killed), killed
    if fault.kind != "after":
        assert stopped.runbook("resume").code == 11  # the old plan holds, and its runbook has been edited
    ran = stopped.runbook("resume", *(() if fault.kind == "after" else ("--replan", "-y")))
    assert ran.code == 0, ran
    assert logs(stopped) == (
        ["prepare", "one", "two", "three", "four"],
        ["prepare", "one", "cured there", "three", "four"],
    )
    assert stopped.runbook("show", "last", "--verify").code == 0


def test_a_run_that_is_being_rolled_back_has_nothing_left_to_plan(stopped: Project) -> None:
    (stopped.servers["web2"].home / "log").unlink()
    (stopped.servers["web2"].home / "log").mkdir()  # its handlers fail
    assert stopped.runbook("rollback", "last", "-y").code == 10
    edit(stopped, CURE)
    refused = stopped.runbook("resume", "--replan", "-y")
    assert (refused.code, "is being rolled back" in refused.err) == (11, True), refused

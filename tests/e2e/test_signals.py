"""What a run does when it is interrupted, told to end, or held for so long that its lock is somebody else's."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from tests.e2e.conftest import Project
from tests.e2e.terminals import INTERRUPT, Terminal, at_a_terminal
from tests.waiting import until

WAITING = """
name: Deploy
stages:
  - name: Roll out
    hosts: web[0]
    steps:
      - name: Wait
        shell: |
          echo waits >> ~/log
          while ! test -e ~/go; do sleep 0.1; done
        rollback: echo undone >> ~/log
      - name: Next
        shell: echo next >> ~/log
        rollback: echo undone next >> ~/log
"""


def begun(project: Project, text: str = WAITING) -> subprocess.Popen[str]:
    """A run that waits, without a terminal."""
    project.write("runbooks/deploy.yml", text)
    running = project.start("run", "deploy", "-i", "prod")
    until(lambda: "waits" in project.log("web1"))
    return running


def let_go(project: Project) -> None:
    (project.servers["web1"].home / "go").touch()


@contextmanager
def interrupted(project: Project) -> Iterator[Terminal]:
    """A run at a terminal that was interrupted while it waited, and asks what now."""
    project.write("runbooks/deploy.yml", WAITING)
    with at_a_terminal(project, "run", "deploy", "-i", "prod", "-y") as terminal:
        until(lambda: project.log("web1"))
        terminal.types(INTERRUPT)
        terminal.shows("carry on")
        yield terminal


def test_an_interrupt_at_a_terminal_asks_and_the_run_can_go_on(project: Project) -> None:
    with interrupted(project) as terminal:
        terminal.types("go on")
        until(lambda: project.events("Answered"))
        let_go(project)
        assert terminal.ended() == 0
    assert project.log("web1") == ["waits", "next"]


def test_whoever_resumes_after_a_second_interrupt_has_said_what_now(project: Project) -> None:
    """The first one has asked; the second one stops the run before anybody answers. It is not asked again."""
    with interrupted(project) as terminal:
        terminal.types(INTERRUPT)
        assert terminal.ended() == 130
    let_go(project)
    carried = project.runbook("resume", "last", "-y")
    assert carried.code == 0, carried
    assert "interrupt" not in carried.err
    assert project.log("web1") == ["waits", "next"]


def test_an_interrupt_without_a_terminal_does_what_a_failure_would(project: Project) -> None:
    running = begun(project)
    running.send_signal(signal.SIGINT)
    until(lambda: project.events("Aborted"))
    let_go(project)
    out, _ = running.communicate(timeout=30)
    assert running.returncode == 2, out
    assert "interrupted" in out
    assert project.log("web1") == ["waits", "undone"]


def test_a_second_interrupt_stops_it_at_once_and_undoes_nothing(project: Project) -> None:
    running = begun(project)
    running.send_signal(signal.SIGINT)
    until(lambda: project.events("Aborted"))
    running.send_signal(signal.SIGINT)
    out, _ = running.communicate(timeout=30)
    assert running.returncode == 130, out
    assert "runbook resume" in out
    assert project.log("web1") == ["waits"]
    let_go(project)
    (locked,) = (line for line in project.runbook("lock", "status", "-i", "prod").out.splitlines() if "web1" in line)
    assert "stopped" in locked, "its lock stays, and says so"


def test_a_rollback_that_was_kept_from_beginning_is_listed_whole(project: Project) -> None:
    first = "      - {name: First, shell: echo first >> ~/log, rollback: echo undo first >> ~/log}\n"
    before, steps, after = WAITING.partition("    steps:\n")
    running = begun(project, before + steps + first + after)
    for _ in ("rolls back", "stops"):
        running.send_signal(signal.SIGINT)
        until(lambda: project.events("Aborted"))
    out, _ = running.communicate(timeout=30)
    assert (running.returncode, "resume begins with the rollback" in out) == (130, True), out
    let_go(project)
    undone = project.runbook("rollback", "last", "-y")
    assert (undone.code, "web1  First  (" in undone.err) == (0, True), undone
    assert project.log("web1") == ["first", "waits", "undone", "undo first"]


def test_a_run_that_was_held_until_its_lock_was_broken_begins_nothing_more(project: Project) -> None:
    """Its host refuses the next step, whatever the run knows of that; under a new lock the run goes on with it."""
    running = begun(project)
    running.send_signal(signal.SIGSTOP)
    broken = project.runbook("lock", "break", "-i", "prod", "-l", "web1", "-y", "--reason", "it seems to be dead")
    assert broken.code == 0, broken
    let_go(project)
    running.send_signal(signal.SIGCONT)
    out, _ = running.communicate(timeout=30)
    assert running.returncode == 6, out
    assert "its lock was broken" in out
    assert "it seems to be dead" in out or "the run's lock on the host was broken" in out
    assert project.log("web1") == ["waits"]
    carried = project.runbook("resume", "last", "-y")
    assert carried.code == 0, carried
    assert project.log("web1") == ["waits", "next"]

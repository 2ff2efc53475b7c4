"""Runs without their terminal: begun in the background, or left by a terminal that closes."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator

import pytest

from tests.e2e.conftest import Project
from tests.e2e.terminals import at_a_terminal
from tests.waiting import until

WAITING = """
name: Deploy
stages:
  - name: Roll out
    hosts: web[0:1]
    steps:
      - name: Wait
        shell: |
          echo waits >> ~/log
          while ! test -e ~/go; do sleep 0.1; done
          test ! -e ~/fail
        rollback: echo undone >> ~/log
"""
ASKING = (
    WAITING
    + """
      - name: Sure
        pause: {prompt: "Sure?"}
"""
)


def let_go(project: Project) -> None:
    for name in ("web1", "web2"):
        (project.servers[name].home / "go").touch()


def holder(project: Project) -> int:
    """The process that carries the newest run out."""
    folder = max((project.folder / "state" / "runs").iterdir())
    return int(json.loads((folder / "held").read_text())["pid"])


@pytest.fixture
def detached(project: Project) -> Iterator[str]:
    """A run in the background that waits on its first host. Its id."""
    project.write("runbooks/deploy.yml", WAITING)
    begun = project.runbook("run", "deploy", "-i", "prod", "--detach")
    assert begun.code == 0, begun
    yield begun.out.split()[1]
    let_go(project)
    until(lambda: project.events("RunEnded"))


def test_it_returns_once_the_run_has_begun_and_says_how_to_follow_it(project: Project, detached: str) -> None:
    assert project.events("Started")
    assert not project.events("RunEnded")
    assert os.getsid(holder(project)) == holder(project), "a session of its own"
    let_go(project)
    followed = project.runbook("attach", detached)
    assert followed.code == 0, followed
    assert "every gate passed" in followed.out
    assert "every gate passed" in (project.folder / "state" / "runs" / detached / "said.txt").read_text()


def test_the_exit_code_of_a_run_in_the_background_is_told_afterwards_too(project: Project, detached: str) -> None:
    (project.servers["web1"].home / "fail").touch()
    let_go(project)
    until(lambda: project.events("RunEnded"))
    until(lambda: project.runbook("attach", detached).code == 2)
    assert project.log("web1") == ["waits", "undone"]


def test_a_second_one_is_refused_by_the_lock_in_the_foreground(project: Project, detached: str) -> None:
    second = project.runbook("run", "deploy", "-i", "prod", "--detach")
    assert second.code == 11, second
    assert detached in second.err
    assert "background" not in second.out


def test_what_needs_a_person_is_refused_before_anything_is_connected_to(project: Project) -> None:
    project.write("runbooks/ask.yml", ASKING)
    refused = project.runbook("run", "ask", "-i", "prod", "--detach")
    assert (refused.code, "Roll out/Sure" in refused.err) == (11, True), refused
    assert not (project.folder / "state" / "runs").exists()


def test_events_are_for_whoever_follows(project: Project) -> None:
    project.write("runbooks/deploy.yml", WAITING)
    refused = project.runbook("run", "deploy", "-i", "prod", "--detach", "--output", "jsonl")
    assert (refused.code, "attach RUN --output jsonl" in refused.err) == (5, True), refused


def test_hosts_that_cannot_be_reached_are_told_in_the_foreground(project: Project) -> None:
    project.write("runbooks/deploy.yml", WAITING)
    for server in project.servers.values():
        server.vanish()
    away = project.runbook("run", "deploy", "-i", "prod", "--detach")
    assert away.code == 4, away
    assert "could not be reached" in away.out


@pytest.mark.usefixtures("detached")
def test_an_interrupt_before_it_has_begun_ends_it(project: Project) -> None:
    second = project.start("run", "deploy", "-i", "prod", "--detach", "--wait", "10m")
    until(lambda: len(list((project.folder / "state" / "runs").iterdir())) == 2 and project.events("LockAwaited"))
    second.send_signal(signal.SIGINT)
    out, _ = second.communicate(timeout=30)
    assert second.returncode == 130, out
    assert len(project.events("RunEnded")) == 1


def test_a_run_is_carried_on_and_undone_in_the_background(project: Project, detached: str) -> None:
    os.kill(holder(project), signal.SIGKILL)
    until(lambda: project.runbook("attach", detached).code == 11)
    on = project.runbook("resume", detached, "--detach")
    assert (on.code, "runbook attach" in on.out) == (0, True), on
    let_go(project)
    assert project.runbook("attach", detached).code == 0
    back = project.runbook("rollback", detached, "-y", "--detach")
    assert back.code == 0, back
    until(lambda: project.log("web1")[-1:] == ["undone"])
    assert project.runbook("attach", detached).code == 0
    assert project.log("web1") == project.log("web2") == ["waits", "undone"]


# --- a terminal that closes -----------------------------------------------------------------------------------------


def test_a_run_goes_on_without_its_terminal_and_is_followed_from_another(project: Project) -> None:
    project.write("runbooks/deploy.yml", WAITING)
    with at_a_terminal(project, "run", "deploy", "-i", "prod", "-y") as terminal:
        until(lambda: project.log("web1"))
        terminal.hang_up()
        follower = project.start("attach")
        assert follower.stdout is not None
        assert "following run" in follower.stdout.readline()
        let_go(project)
        out, _ = follower.communicate(timeout=30)
        assert follower.returncode == 0, out
        assert terminal.ended() == 0
    assert project.log("web2") == ["waits"]


def test_what_needs_a_person_stops_a_run_whose_terminal_has_gone(project: Project) -> None:
    project.write("runbooks/ask.yml", ASKING)
    with at_a_terminal(project, "run", "ask", "-i", "prod", "-y") as terminal:
        until(lambda: project.log("web1"))
        terminal.hang_up()
        let_go(project)
        assert terminal.ended() == 6
    assert project.log("web1") == ["waits"], "nothing was undone"
    assert project.log("web2") == []
    assert project.events("RunEnded")[0]["resumable"] is True

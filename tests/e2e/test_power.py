"""The power of a host fails in the middle of a run: what ran there is unknown, and nothing of it is guessed."""

from __future__ import annotations

import socket
import time
from contextlib import closing
from pathlib import Path

import pytest

from tests.e2e.conftest import Project, new_project
from tests.machine import Machine, machine
from tests.sshd import StartServer, sshd

__all__ = ["machine", "sshd"]

pytestmark = pytest.mark.sshd

# Slow waits until the test lets it go on, or the power fails.
BOOK = """
name: Deploy
stages:
  - name: Roll out
    hosts: web
    serial: 100%
    steps:
      - name: One
        shell: echo one >> ~/log
        rollback: echo undo one >> ~/log
      - name: Slow
        shell: echo slow >> ~/log; until [ -e ~/go ]; do sleep 0.05; done
        {verify}
        rollback: echo undo slow >> ~/log
      - name: Last
        shell: echo last >> ~/log
        rollback: echo undo last >> ~/log
"""


@pytest.fixture
def project(tmp_path: Path, machine: Machine, sshd: StartServer) -> Project:
    made = new_project(tmp_path, {"web1": machine.server, "web2": sshd()})
    (made.servers["web2"].home / "go").touch()
    return made


def begin(project: Project, machine: Machine, *, verify: str = "") -> str:
    """Run until the power fails in the middle of a step, and to the end; returns what was said, after the exit code."""
    project.write("runbooks/deploy.yml", BOOK.format(verify=verify))
    running = project.start("run", "deploy", "-i", "prod")
    while "slow" not in project.log("web1"):
        assert running.poll() is None, running.communicate()[0]
        time.sleep(0.02)
    machine.power_cut()
    out = running.communicate(timeout=120)[0]
    return f"exit {running.returncode}\n{out}"


def killed_in_its_slow_step(project: Project) -> None:
    running = project.start("run", "deploy", "-i", "prod")
    while "slow" not in project.log("web1"):
        assert running.poll() is None, running.communicate()[0]
        time.sleep(0.02)
    running.kill()
    running.communicate()


def test_a_step_that_was_running_is_unknown_and_all_is_undone(project: Project, machine: Machine) -> None:
    told = begin(project, machine)
    assert told.startswith("exit 2\n"), told
    assert "the host was restarted while it ran" in told
    assert project.log("web1") == ["one", "slow", "undo slow", "undo one"]
    assert project.log("web2") == ["one", "slow", "last", "undo last", "undo slow", "undo one"]


def test_the_steps_own_proof_decides_where_it_has_one(project: Project, machine: Machine) -> None:
    told = begin(project, machine, verify="verify: {shell: grep -q slow ~/log}")
    assert told.startswith("exit 0\n"), told
    assert project.log("web1") == project.log("web2") == ["one", "slow", "last"]


def test_a_resume_waits_for_a_host_on_which_work_was_under_way(project: Project, machine: Machine) -> None:
    """It is down for as long as a restart takes: that is no reason to give up what ran there, and to undo all."""
    project.write("runbooks/deploy.yml", BOOK.format(verify="verify: {shell: grep -q slow ~/log}"))
    killed_in_its_slow_step(project)
    machine.stays_down()
    machine.power_cut()
    while _answers(machine):
        time.sleep(0.02)
    resuming = project.start("resume")
    while not project.events("Resumed"):
        time.sleep(0.02)
    machine.comes_back()
    out = resuming.communicate(timeout=120)[0]
    assert resuming.returncode == 0, out
    assert project.log("web1") == ["one", "slow", "last"]


def _answers(machine: Machine) -> bool:
    with closing(socket.socket()) as client:
        return client.connect_ex(("127.0.0.1", machine.server.port)) == 0


def test_the_lock_outlives_it(project: Project, machine: Machine) -> None:
    """The run is killed, too: its lock still tells whose it is, keeps others away, and is let go in the end."""
    project.write("runbooks/deploy.yml", BOOK.format(verify=""))
    killed_in_its_slow_step(project)
    machine.power_cut()
    run = project.events("RunStarted")[0]["run"]
    while (refused := project.runbook("exec", "true", "-i", "prod", "-l", "web1")).code == 4:
        time.sleep(0.05)  # it is still down
    assert refused.code == 11, refused
    assert run in refused.out
    resumed = project.runbook("resume", run)
    assert resumed.code == 2, resumed
    assert project.log("web1") == ["one", "slow", "undo slow", "undo one"]
    assert "free" in project.runbook("lock", "status", "-i", "prod", "-l", "web1", "--name", "deploy").out

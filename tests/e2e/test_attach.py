"""Following a run that another process carries out."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from collections.abc import Iterator

import pytest

from tests.e2e.conftest import Project

WAITING = """
name: Deploy
stages:
  - name: Roll out
    hosts: web[0:1]
    steps:
      - name: Wait
        shell: |
          echo "{{ host.name }} waits" | tee -a ~/log
          while ! test -e ~/go; do sleep 0.1; done
          echo "{{ host.name }} went on"
          test ! -e ~/fail
        rollback: echo undone >> ~/log
"""


@pytest.fixture
def running(project: Project) -> Iterator[subprocess.Popen[str]]:
    """A run that waits on its first host."""
    project.write("runbooks/deploy.yml", WAITING)
    process = project.start("run", "deploy", "-i", "prod")
    for _ in range(300):
        if project.log("web1"):
            break
        time.sleep(0.05)
    yield process
    for name in ("web1", "web2"):
        (project.servers[name].home / "go").touch()
    process.communicate(timeout=60)


def attach(project: Project, *flags: str) -> subprocess.Popen[str]:
    """Somebody who follows, and has begun to."""
    follower = project.start("attach", *flags)
    assert follower.stdout is not None
    assert "following run" in follower.stdout.readline()
    return follower


def go(project: Project) -> None:
    for name in ("web1", "web2"):
        (project.servers[name].home / "go").touch()


def test_it_tells_what_happens_from_then_on_and_ends_as_the_run_does(
    project: Project, running: subprocess.Popen[str]
) -> None:
    (project.servers["web2"].home / "fail").touch()
    follower = attach(project, "-v")
    go(project)
    out, _ = follower.communicate(timeout=60)
    running.wait(60)
    assert (follower.returncode, running.returncode) == (2, 2), out
    assert "web2 waits" in out
    assert "web1 went on" in out
    assert "rolled back" in out
    assert "BATCH 1" not in out.upper().split("WEB1 WENT ON")[0], "what was before is not told again"


def test_ctrl_c_leaves_the_run_going(project: Project, running: subprocess.Popen[str]) -> None:
    follower = attach(project)
    follower.send_signal(signal.SIGINT)
    out, _ = follower.communicate(timeout=30)
    assert follower.returncode == 0, out
    assert "goes on" in out
    assert running.poll() is None
    go(project)
    running.wait(60)
    assert running.returncode == 0


def test_events_can_be_followed_by_a_program(project: Project, running: subprocess.Popen[str]) -> None:
    follower = attach(project, "--output", "jsonl")
    go(project)
    out, _ = follower.communicate(timeout=60)
    running.wait(60)
    told = [json.loads(line) for line in out.splitlines() if line.startswith("{")]
    assert [one for one in told if "RunEnded" in json.dumps(one)]
    assert follower.returncode == 0


def test_a_run_that_does_not_go_on_cannot_be_followed(project: Project) -> None:
    project.write("runbooks/deploy.yml", WAITING)
    nothing = project.runbook("attach")
    assert (nothing.code, "no run goes on" in nothing.err) == (11, True), nothing

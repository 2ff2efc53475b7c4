"""The controller's disk is full in the middle of a run: the journal cannot be written any further."""

from __future__ import annotations

import resource
import subprocess
import sys

from tests.e2e.conftest import Project

DEPLOY = """
name: Deploy
stages:
  - name: Roll out
    hosts: web[0:2]
    steps:
      - name: One
        shell: echo one >> ~/log
        rollback: echo undo one >> ~/log
      - name: Two
        shell: echo "{{ item }}" >> ~/log
        loop: [a, b, c, d, e, f, g]
        rollback: echo "undo {{ item }}" >> ~/log
"""
ROOM = 18 * 1024  # bytes that a file of the controller's may have: more than the plan, less than the whole journal


def test_what_is_left_on_the_hosts_is_told_from_memory_and_the_run_goes_on_when_there_is_room(project: Project) -> None:
    project.write("runbooks/deploy.yml", DEPLOY)
    ran = subprocess.run(
        [sys.executable, "-m", "executor", "run", "deploy", "-i", "prod"],
        cwd=project.folder,
        env=project.full_environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (ROOM, ROOM)),
    )
    assert ran.returncode == 10, ran.stderr
    assert "the journal cannot be written" in ran.stderr
    changed = [name for name in ("web1", "web2", "web3") if project.log(name)]
    assert 0 < len(changed) < 3, "in the middle"
    told = [line for line in ran.stderr.splitlines() if "not undone" in line]
    for name in changed:
        assert any(name in line and "'One'" in line for line in told), ran.stderr
    assert not any("web3" in line for line in told)
    run = next((project.folder / "state" / "runs").iterdir()).name
    assert f"runbook resume {run}" in ran.stderr
    carried = project.runbook("resume", run)
    assert carried.code == 0, carried
    for name in ("web1", "web2", "web3"):
        assert project.log(name) == ["one", "a", "b", "c", "d", "e", "f", "g"]

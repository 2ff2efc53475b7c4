"""Hosts that a run comes to by a name that only it could know."""

from __future__ import annotations

from tests.e2e.conftest import Project
from tests.waiting import until

ELSEWHERE = """
name: Deploy
stages:
  - name: Elsewhere
    hosts: web[0]
    steps:
      - name: Look
        shell: echo web2
        register: where
        read_only: true
      - name: There
        delegate_to: "{{ where.stdout }}"
        shell: |
          echo begun >> ~/log
          while ! test -e ~/go; do sleep 0.1; done
        rollback: echo undone >> ~/log
"""
DIRECT = """
name: Direct
stages:
  - name: Direct
    hosts: web[1]
    steps:
      - name: Hold
        shell: |
          echo held >> ~/log
          while ! test -e ~/go; do sleep 0.1; done
        rollback: none
"""


def test_a_delegate_that_only_the_run_could_name_is_locked_like_any_other(project: Project) -> None:
    project.write("runbooks/deploy.yml", ELSEWHERE)
    project.write("runbooks/direct.yml", DIRECT)
    running = project.start("run", "deploy", "-i", "prod")
    until(lambda: project.log("web2"))
    refused = project.runbook("run", "direct", "-i", "prod")
    assert (refused.code, "(Deploy)" in refused.err) == (11, True), refused
    (project.servers["web2"].home / "go").touch()
    out, _ = running.communicate(timeout=60)
    assert running.returncode == 0, out
    assert project.log("web2") == ["begun"]
    free = project.runbook("lock", "status", "-i", "prod")
    assert free.out.count("free") == 4, free


def test_a_delegate_that_is_somebody_elses_is_left_alone(project: Project) -> None:
    project.write("runbooks/deploy.yml", ELSEWHERE)
    project.write("runbooks/direct.yml", DIRECT)
    running = project.start("run", "direct", "-i", "prod")
    until(lambda: project.log("web2"))
    ran = project.runbook("run", "deploy", "-i", "prod")
    assert ran.code == 2, ran
    assert "web2: it is locked" in ran.err, ran
    (project.servers["web2"].home / "go").touch()
    out, _ = running.communicate(timeout=60)
    assert running.returncode == 0, out
    assert project.log("web2") == ["held"]

"""Rolling deploys on four real OpenSSH servers: which hosts are touched, what is undone in which order, which exit."""

from __future__ import annotations

import os
import signal

from tests.e2e.conftest import Project

DEPLOY = """
name: Deploy
stages:
  - name: Roll out
    hosts: web
    max_failures: {max_failures}
    steps:
      - name: One
        shell: echo one >> ~/log
        rollback: echo undo one >> ~/log
      - name: Two
        shell: echo two >> ~/log{two}
        rollback: echo undo two >> ~/log{undo_two}
      - name: Three
        shell: |
          echo three >> ~/log
          {three}
        rollback: echo undo three >> ~/log
"""
FORWARD = ["one", "two", "three"]
BACK = ["undo three", "undo two", "undo one"]
FAIL_ON_3 = 'test "{{ host.name }}" != web3'


def deploy(
    project: Project, *, max_failures: int = 0, three: str = FAIL_ON_3, two: str = "", undo_two: str = ""
) -> None:
    project.write(
        "runbooks/deploy.yml", DEPLOY.format(max_failures=max_failures, three=three, two=two, undo_two=undo_two)
    )


def test_a_failure_on_the_third_of_four_undoes_three_two_one_and_never_touches_the_fourth(project: Project) -> None:
    deploy(project)
    ran = project.runbook("run", "deploy", "-i", "prod")
    assert ran.code == 2, ran
    assert [project.log(f"web{n}") for n in range(1, 5)] == [FORWARD + BACK] * 3 + [[]]
    undone = [(event["host"], event["name"]) for event in project.events("Undone")]
    assert undone == [(host, step) for host in ("web3", "web2", "web1") for step in ("Three", "Two", "One")]
    assert "web4" in ran.out
    assert "untouched" in ran.out


def test_within_max_failures_the_third_alone_is_undone_and_the_fourth_deployed(project: Project) -> None:
    deploy(project, max_failures=1)
    ran = project.runbook("run", "deploy", "-i", "prod")
    assert ran.code == 7, ran
    assert [project.log(f"web{n}") for n in range(1, 5)] == [FORWARD, FORWARD, FORWARD + BACK, FORWARD]


def test_a_handler_that_fails_stops_its_host_alone_and_what_is_left_is_told(project: Project) -> None:
    deploy(project, undo_two='; test "{{ host.name }}" != web2')
    ran = project.runbook("run", "deploy", "-i", "prod")
    assert ran.code == 10, ran
    assert project.log("web3") == FORWARD + BACK
    assert project.log("web2") == [*FORWARD, "undo three", "undo two"]
    assert project.log("web1") == FORWARD + BACK
    left = ran.out.split("Left to undo", 1)[1].split("Hosts", 1)[0]
    assert "web2" in left
    assert "Two" in left
    assert "One" in left
    assert "web1" not in left


def test_a_host_that_dies_is_owed_its_rollback_and_the_others_are_undone(project: Project) -> None:
    web3 = project.servers["web3"]
    deploy(project, three='if [ "{{ host.name }}" = web3 ]; then sleep 60; fi')
    running = project.start("run", "deploy", "-i", "prod", "--lost-after", "2s")
    while project.log("web3") != FORWARD:
        assert running.poll() is None, running.communicate()[0]
    web3.die()
    out = running.communicate(timeout=120)[0]
    assert running.returncode == 10, out
    assert project.log("web2") == FORWARD + BACK
    assert project.log("web1") == FORWARD + BACK
    assert project.log("web4") == []
    assert "web3" in out.split("Left to undo", 1)[1].split("Hosts", 1)[0]


def test_hosts_that_cannot_be_reached_end_the_run_before_anything_has_changed(project: Project) -> None:
    project.servers["web2"].stop()
    deploy(project)
    ran = project.runbook("run", "deploy", "-i", "prod")
    assert ran.code == 4, ran
    assert [project.log(f"web{n}") for n in range(1, 5)] == [[], [], [], []]
    assert "web2" in ran.out


def test_a_deploy_that_passes_everywhere_is_done(project: Project) -> None:
    deploy(project, three="true")
    ran = project.runbook("run", "deploy", "-i", "prod")
    assert ran.code == 0, ran
    assert [project.log(f"web{n}") for n in range(1, 5)] == [FORWARD] * 4


def test_an_interrupt_without_a_terminal_rolls_back_as_the_stage_says(project: Project) -> None:
    deploy(project, three='if [ "{{ host.name }}" = web2 ]; then sleep 2; fi')
    running = project.start("run", "deploy", "-i", "prod")
    while project.log("web2") != FORWARD:
        assert running.poll() is None, running.communicate()[0]
    os.kill(running.pid, signal.SIGINT)
    out = running.communicate(timeout=60)[0]
    assert project.log("web1") == FORWARD + BACK, out
    assert project.log("web2") == FORWARD + BACK, out
    assert project.log("web3") == []


def test_sigterm_stops_and_leaves_everything_as_it_is(project: Project) -> None:
    deploy(project, three='if [ "{{ host.name }}" = web2 ]; then sleep 30; fi')
    running = project.start("run", "deploy", "-i", "prod")
    while project.log("web2") != FORWARD:
        assert running.poll() is None, running.communicate()[0]
    os.kill(running.pid, signal.SIGTERM)
    out = running.communicate(timeout=60)[0]
    assert running.returncode == 130, out
    assert project.log("web1") == FORWARD
    assert project.log("web3") == []

"""Finished runs undone later, whole or in part, from the command line; what is refused; status and prune."""

from __future__ import annotations

import json

import pytest

from executor.journal.folders import all_runs
from tests.e2e.conftest import Project, Ran

BOOK = """
name: Deploy
params: {version: {type: string, default: v1}, point: {type: boolean, default: false}}
stages:
  - name: Prepare
    hosts: web[0:1]
    serial: 2
    steps:
      - name: One
        shell: echo one {{ version }} >> ~/log
        rollback: echo undo one {{ version }} >> ~/log
      - name: Point
        when: point
        shell: "true"
        rollback: none
        irreversible: true
  - name: Switch
    hosts: web[0:1]
    steps:
      - {name: Look at it, shell: "true", rollback: none}
      - name: Link
        symlink: {dest: ~/current, to: "releases/{{ version }}"}
        apply: echo applied $(readlink ~/current) >> ~/log
"""
OTHER = """
name: Other
stages:
  - name: Elsewhere
    hosts: web1
    steps:
      - {name: Link too, symlink: {dest: ~/current, to: elsewhere}}
"""


@pytest.fixture
def deployed(project: Project) -> Project:
    project.write("runbooks/deploy.yml", BOOK)
    deploy(project, "v1")
    return project


def deploy(project: Project, version: str) -> Ran:
    ran = project.runbook("run", "deploy", "-i", "prod", "-e", f"version={version}")
    assert ran.code == 0, ran
    return ran


def link(project: Project, host: str) -> str:
    path = project.servers[host].home / "current"
    return str(path.readlink()) if path.is_symlink() else ""


def run_ids(project: Project) -> list[str]:
    """The runs that are kept, oldest first."""
    return [folder.run for folder in all_runs(project.folder / "state")][::-1]


def test_the_last_run_of_a_runbook_is_undone_with_the_values_that_it_noted(deployed: Project) -> None:
    deploy(deployed, "v2")
    ran = deployed.runbook("rollback", "deploy", "-y", "--reason", "v2 is slow")
    assert ran.code == 0, ran
    assert "To be undone of run" in ran.err
    assert "ROLLED BACK, as asked" in ran.out
    for host in ("web1", "web2"):
        assert link(deployed, host) == "releases/v1"
        assert deployed.log(host)[-2:] == ["applied releases/v1", "undo one v2"]
    again = deployed.runbook("rollback", "Deploy", "-y")
    assert again.code == 0, again
    assert link(deployed, "web1") == ""
    finished = deployed.runbook("resume", "last")
    assert (finished.code, "tells what it did" in finished.err) == (11, True), finished
    nothing = deployed.runbook("rollback", "deploy", "-y")
    assert (nothing.code, "left anything to undo" in nothing.err) == (11, True), nothing


def test_one_host_or_one_stage_alone(deployed: Project) -> None:
    part = ("rollback", "last", "--host", "web2", "--stage", "Switch", "-y")
    undone = deployed.runbook(*part)
    assert (undone.code, "ROLLBACK as asked, on web2" in undone.err) == (0, True), undone
    assert "web2  partly undone  still there: One (Prepare)\n" in undone.out, undone
    states = {row.split()[0]: row for row in deployed.runbook("status").out.splitlines()[1:]}
    assert ["partly undone" in states[host] for host in ("web1", "web2")] == [False, True], states
    nothing = deployed.runbook(*part)
    assert (nothing.code, "is left to undo on web2 in 'Switch'\n" in nothing.err) == (11, True), nothing
    assert (link(deployed, "web1"), link(deployed, "web2")) == ("releases/v1", "")
    assert deployed.log("web2")[-1].startswith("applied")
    wrong = deployed.runbook("rollback", "last", "--host", "web7", "-y")
    assert (wrong.code, "did you mean 'web" in wrong.err) == (3, True), wrong
    wrong = deployed.runbook("rollback", "last", "--stage", "Swich", "-y")
    assert (wrong.code, "did you mean 'Switch'" in wrong.err) == (3, True), wrong


def test_an_older_run_is_refused_while_a_newer_one_stands_on_it(deployed: Project) -> None:
    deploy(deployed, "v2")
    first, second = run_ids(deployed)
    refused = deployed.runbook("rollback", first, "-y")
    assert refused.code == 11, refused
    assert f"run {second} (Deploy) has changed web1, web2 since: 'Link', 'One'" in refused.err.replace("…", ", ")
    assert link(deployed, "web1") == "releases/v2"


def test_another_runbook_that_wrote_the_same_file_since_stands_in_the_way(deployed: Project) -> None:
    deployed.write("runbooks/other.yml", OTHER)
    assert deployed.runbook("run", "other", "-i", "prod").code == 0
    refused = deployed.runbook("rollback", "deploy", "-y")
    assert refused.code == 11, refused
    assert "(Other) has changed web1 since: 'Link too'" in refused.err
    assert deployed.runbook("rollback", "deploy", "--host", "web2", "-y").code == 0


def test_a_point_of_no_return_is_the_end_of_the_way_back(deployed: Project) -> None:
    ran = deployed.runbook("run", "deploy", "-i", "prod", "-e", "version=v2", "-e", '{"point": true}')
    assert ran.code == 0, ran
    undone = deployed.runbook("rollback", "last", "-y")
    assert undone.code == 0, undone
    told = "Not undone\n  web1, web2  One (Prepare): it came before the point of no return 'Point'\n"
    assert told in undone.out, undone
    for host in ("web1", "web2"):
        assert link(deployed, host) == "releases/v1"
        assert "undo one v2" not in deployed.log(host)
    refused = deployed.runbook("rollback", "last", "-y")
    assert (refused.code, "point of no return 'Point'" in refused.err) == (11, True), refused


def test_without_a_name_and_a_terminal_the_runs_are_listed(deployed: Project) -> None:
    unnamed = deployed.runbook("rollback")
    assert unnamed.code == 5, unnamed
    assert f"{run_ids(deployed)[0]}  Deploy: 4 to undo" in unnamed.err


def test_what_something_else_has_changed_is_not_put_back(deployed: Project) -> None:
    """Where it could not be told beforehand, it is left as it is, and the rollback is not complete."""
    touch = "      - {name: Mark, shell: touch current.mark, rollback: rm current.mark}\n"
    deployed.write("runbooks/deploy.yml", BOOK + touch)
    deploy(deployed, "v2")
    path = deployed.servers["web1"].home / "current"
    path.unlink()
    path.symlink_to("by-hand")
    ran = deployed.runbook("rollback", "last", "-y")
    assert ran.code == 10, ran
    assert link(deployed, "web1") == "by-hand"
    path.unlink()
    path.symlink_to("releases/v2")
    carried_on = deployed.runbook("resume")
    assert carried_on.code == 0, carried_on
    assert link(deployed, "web1") == "releases/v1"
    assert deployed.log("web1").count("undo one v2") == 1


def test_status_tells_what_is_unfinished_and_what_each_host_is_on(deployed: Project) -> None:
    deploy(deployed, "v2")
    first, second = run_ids(deployed)
    status = json.loads(deployed.runbook("status", "--format", "json").out)
    assert status["unfinished"] == []
    assert [(one["host"], one["run"], one["version"], one["undo"]) for one in status["hosts"]] == [
        (host, second, "v2", True) for host in ("web1", "web2")
    ]
    assert deployed.runbook("rollback", second, "-y").code == 0
    status = json.loads(deployed.runbook("status", "--format", "json").out)
    assert {one["run"] for one in status["hosts"]} == {first}
    deployed.write("runbooks/deploy.yml", BOOK.replace("shell: echo one", "shell: false; echo one"))
    assert deployed.runbook("run", "deploy", "-i", "prod", "--on-failure", "stop").code == 6
    text = deployed.runbook("status").out
    third = run_ids(deployed)[-1]
    assert "UNFINISHED  Deploy, failed, stopped as asked" in text
    assert f"  runbook resume {third}\n  runbook rollback {third}\n" in text


def test_prune_keeps_what_is_unfinished_and_the_last_ones(deployed: Project) -> None:
    deploy(deployed, "v2")
    deployed.write("runbooks/deploy.yml", BOOK.replace("shell: echo one", "shell: false; echo one"))
    assert deployed.runbook("run", "deploy", "-i", "prod", "--on-failure", "stop").code == 6
    first, second, stopped = run_ids(deployed)
    kept = deployed.runbook("prune", "-y")
    assert (kept.code, "3 runs kept, nothing to remove" in kept.out) == (0, True), kept
    asked = deployed.runbook("prune", "--keep", "2", "--days", "0")
    assert asked.code == 11, asked
    assert run_ids(deployed) == [first, second, stopped]
    assert deployed.runbook("prune", "--keep", "2", "--days", "0", "-y").code == 0
    assert run_ids(deployed) == [second, stopped]
    assert deployed.runbook("prune", "--keep", "0", "--days", "0", "-y").code == 0
    assert run_ids(deployed) == [stopped]

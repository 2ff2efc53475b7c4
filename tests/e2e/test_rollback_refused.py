"""A rollback that would not put back what its run had found is refused before anything changes, with the list."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tarfile
import time
from dataclasses import replace
from pathlib import Path

import pytest

from executor.journal.folders import all_runs
from tests.e2e.conftest import Project

BOOK = """
name: Deploy
params: {version: {type: string, default: v1}}
stages:
  - name: Files
    hosts: web[0:1]
    serial: 2
    steps:
      - {name: Begin, shell: echo begin >> ~/log, rollback: echo undo begin >> ~/log}
      - {name: Settings, copy: {dest: ~/settings, content: "{{ version }}"}}
      - {name: Link, symlink: {dest: ~/current, to: "releases/{{ version }}"}}
      - {name: Unpack, unarchive: {src: app.tar, dest: "~/app-{{ version }}"}}
"""
POLICY = "policy: {lock: deploy}\n"


@pytest.fixture
def deployed(project: Project) -> Project:
    (project.folder / "content").write_text("x")
    with tarfile.open(project.folder / "app.tar", "w") as archive:
        archive.add(project.folder / "content", "content")
    inventory = project.folder / "inventories" / "prod.yml"
    inventory.write_text(inventory.read_text() + POLICY)
    project.write("runbooks/deploy.yml", BOOK)
    deploy(project, "v1")
    return project


def deploy(project: Project, version: str) -> None:
    ran = project.runbook("run", "deploy", "-i", "prod", "-e", f"version={version}")
    assert ran.code == 0, ran


def last_run(project: Project) -> str:
    return next(all_runs(Path(project.environment["RUNBOOK_STATE"]))).run


def fingerprint(home: Path) -> dict[str, str]:
    """All that lies in a home, by content."""
    return {
        str(path): str(path.readlink()) if path.is_symlink() else hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(home.rglob("*"))
        if path.is_symlink() or path.is_file()
    }


def test_what_was_changed_by_hand_is_listed_and_nothing_is_touched(deployed: Project) -> None:
    """A file by its digest, a link by its target, a folder by whose it is: all are told at once."""
    one, two = (deployed.servers[name].home for name in ("web1", "web2"))
    (one / "settings").write_text("by hand")
    (two / "settings").write_text("by hand")
    (one / "current").unlink()
    (one / "current").symlink_to("by-hand")
    (one / "app-v1").rename(one / "mine")
    (one / "app-v1").mkdir()
    before = fingerprint(one), fingerprint(two)
    refused = deployed.runbook("rollback", "deploy", "-y")
    assert refused.code == 11, refused
    assert "To be undone of run" in refused.err  # the list is shown first
    for host in ("web1", "web2"):
        home = deployed.servers[host].home
        changed = f"{host}: 'Settings' cannot be undone: {home}/settings has been changed by something else since"
        assert changed in refused.err, refused
    assert "web1: 'Link' cannot be undone" in refused.err
    assert "points at by-hand now" in refused.err
    assert "web1: 'Unpack' cannot be undone" in refused.err
    assert (fingerprint(one), fingerprint(two)) == before
    (two / "settings").write_text("v1")
    part = deployed.runbook("rollback", "deploy", "--host", "web2", "-y")
    assert part.code == 0, part
    assert not (two / "settings").exists()
    assert deployed.log("web1") == ["begin"]


def test_what_the_host_no_longer_keeps_is_told(deployed: Project) -> None:
    shutil.rmtree(deployed.servers["web1"].home / ".runbook" / "undo")
    refused = deployed.runbook("rollback", "last", "-y")
    assert refused.code == 11, refused
    assert "is no longer kept on the host" in refused.err


def old(path: Path) -> None:
    """As if it had been made forty days ago."""
    then = time.time() - 40 * 86_400
    os.utime(path, (then, then))


def test_prune_shows_and_bounds_what_the_hosts_keep_and_after_that_a_rollback_refuses_and_says_why(
    deployed: Project,
) -> None:
    """Never what an unfinished run needs, nor what is young, nor one of the last."""
    run = last_run(deployed)
    homes = [deployed.servers[name].home / ".runbook" for name in ("web1", "web2")]
    for home in homes:
        old(home / "undo" / run)
        old(home / "runs" / run)
    shown = deployed.runbook("prune", "--hosts", "-i", "prod", "--keep", "1")
    assert (shown.code, "nothing to remove" in shown.out) == (0, True), shown
    assert "web1: records of 1 run" in shown.out
    assert "web3: nothing is kept there" in shown.out
    refused = deployed.runbook("prune", "--hosts", "-i", "prod", "--keep", "0")
    assert refused.code == 11, refused
    assert "web1: records of 1 run" in refused.err
    assert all((home / "undo" / run).is_dir() for home in homes)
    done = deployed.runbook("prune", "--hosts", "-i", "prod", "--keep", "0", "-y")
    assert done.code == 0, done
    assert not any((home / kind / run).exists() for home in homes for kind in ("undo", "runs"))
    gone = deployed.runbook("rollback", run, "-y")
    assert gone.code == 11, gone
    assert "is no longer kept on the host" in gone.err


def test_prune_leaves_the_hosts_what_a_stopped_run_needs(deployed: Project) -> None:
    deployed.write("runbooks/deploy.yml", BOOK + "      - {name: Fails, shell: 'false', rollback: none}\n")
    stopped = deployed.runbook("run", "deploy", "-i", "prod", "-e", "version=v2", "--on-failure", "stop")
    assert stopped.code == 6, stopped
    for place in (deployed.servers["web1"].home / ".runbook").glob("*/2*"):
        old(place)
    assert deployed.runbook("prune", "--hosts", "-i", "prod", "--keep", "0", "--days", "0", "-y").code == 0
    left = {path.name for path in (deployed.servers["web1"].home / ".runbook" / "undo").iterdir()}
    assert left == {last_run(deployed)}
    assert deployed.runbook("rollback", "last", "-y").code == 0


def test_a_later_run_under_the_same_lock_stands_in_the_way_also_where_it_cannot_be_undone(deployed: Project) -> None:
    first = last_run(deployed)
    deployed.write(
        "runbooks/mend.yml",
        "name: Mend\nstages: [{name: A, hosts: web1, steps: [{name: By hand, shell: echo mended >> ~/log}]}]\n",
    )
    said = deployed.runbook("run", "mend", "-i", "prod")
    assert said.code == 0, said
    refused = deployed.runbook("rollback", first, "-y")
    assert refused.code == 11, refused
    assert f"run {last_run(deployed)}" in refused.err
    assert "which cannot be undone any more" in refused.err
    gone = deployed.runbook("rollback", first, "-y", "--override", "lock", "--reason", "it has changed nothing")
    assert gone.code == 0, gone


def test_a_run_of_another_machine_under_the_same_lock_stands_in_the_way_until_it_is_known(deployed: Project) -> None:
    first = last_run(deployed)
    elsewhere = replace(deployed, environment={"RUNBOOK_STATE": str(deployed.folder / "elsewhere")})
    deploy(elsewhere, "v2")
    unknown = last_run(elsewhere)
    refused = deployed.runbook("rollback", first, "-y")
    assert refused.code == 11, refused
    assert f"the lock 'deploy' has been held since by runs that are not known here: {unknown}" in refused.err
    assert deployed.runbook("lock", "acquire", "-i", "prod", "--reason", "a look").code == 0
    assert deployed.runbook("lock", "release", "-i", "prod").code == 0
    assert elsewhere.runbook("rollback", unknown, "-y").code == 0
    fetched = deployed.runbook("fetch", unknown, "-i", "prod")
    assert fetched.code == 0, fetched
    gone = deployed.runbook("rollback", first, "-y")
    assert gone.code == 0, gone


def test_a_lock_held_by_hand_since_is_no_run(deployed: Project) -> None:
    assert deployed.runbook("lock", "acquire", "-i", "prod", "--reason", "a look").code == 0
    assert deployed.runbook("lock", "release", "-i", "prod").code == 0
    gone = deployed.runbook("rollback", "last", "-y")
    assert gone.code == 0, gone


def test_after_its_time_a_step_is_a_point_of_no_return_that_is_named_with_that_time(project: Project) -> None:
    project.write(
        "runbooks/short.yml",
        """
        name: Short
        stages:
          - name: One
            hosts: web1
            steps:
              - {name: A, shell: echo a >> ~/log, rollback: echo undo a >> ~/log}
              - name: B
                shell: echo b >> ~/log
                rollback: {shell: echo undo b >> ~/log, valid_for: 1h}
              - name: C
                shell: echo c >> ~/log
                rollback: {shell: echo undo c >> ~/log, valid_for: 1s}
              - {name: D, shell: echo d >> ~/log, rollback: echo undo d >> ~/log}
        """,
    )
    assert project.runbook("run", "short", "-i", "prod").code == 0
    time.sleep(1.1)
    (host,) = json.loads(project.runbook("status", "--format", "json").out)["hosts"]
    assert (host["undo"], host["point"]) == (True, "C")
    ran = project.runbook("rollback", "short", "-y")
    assert ran.code == 0, ran
    assert "point of no return 'C' (it could be undone until" in ran.err
    assert "rolled back, as asked to the point of no return 'C'" in ran.err
    assert project.log("web1") == ["a", "b", "c", "d", "undo d"]
    for words in ((), ("--host", "web1"), ("--stage", "One")):
        refused = project.runbook("rollback", "last", "-y", *words)
        assert refused.code == 11, refused
        assert "has passed its point of no return 'C' (it could be undone until" in refused.err
    (host,) = json.loads(project.runbook("status", "--format", "json").out)["hosts"]
    assert host["undo"] is False

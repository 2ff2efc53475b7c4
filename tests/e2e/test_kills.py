"""Killed at every single journal write on real hosts, and carried on: each step has run exactly once, in order.

`make kills` tries every moment of every story; the suite tries some, another part of them at each place.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.conftest import Project, Ran

ALL = bool(os.environ.get("RUNBOOK_KILLS"))
FEW = 4  # moments of a story that the suite tries
HOSTS = ("web1", "web2", "web3")

BOOK = """
name: Deploy
params:
  fail: {type: boolean, default: false}
stages:
  - name: Prepare
    hosts: web
    serial: 100%
    steps:
      - name: One
        shell: echo one >> ~/log; echo said
        register: one
        rollback: echo undo one >> ~/log
      - name: Once
        once: run
        shell: echo once >> ~/log
        rollback: echo undo once >> ~/log
      - name: File
        copy: {dest: ~/file, content: "new for {{ host.name }}"}
        apply: echo applied >> ~/log
  - name: Roll out
    hosts: web
    serial: 2
    steps:
      - name: Each
        loop: [a, b]
        shell: echo each {{ item }} >> ~/log
        rollback: echo undo each {{ item }} >> ~/log
      - name: Told
        shell: echo told {{ one.stdout }} >> ~/log
        verify: {shell: grep -q told ~/log}
        rollback: echo undo told {{ one.stdout }} >> ~/log
      - name: Last
        shell: |
          echo last >> ~/log
          test {{ fail }} = false || test {{ host.name }} != web3
        rollback: echo undo last >> ~/log
"""
FORWARD = ["one", "applied", "each a", "each b", "told said", "last"]
BACK = ["undo last", "undo told said", "undo each b", "undo each a", "applied", "undo one"]


@pytest.fixture
def deploy(project: Project) -> Project:
    inventory = project.folder / "inventories" / "prod.yml"
    inventory.write_text(
        inventory.read_text().replace("web: {hosts: [web1, web2, web3, web4]}", "web: {hosts: [web1, web2, web3]}")
    )
    project.write("runbooks/deploy.yml", BOOK)
    return project


def begin_anew(project: Project) -> None:
    for host in HOSTS:
        home = project.servers[host].home
        (home / "log").unlink(missing_ok=True)
        (home / "file").write_text("old")


def killed(project: Project, moment: int, *arguments: str) -> Ran:
    """A command that dies at a moment of its journal; exit -9 if it came so far."""
    ended = subprocess.run(
        [sys.executable, "-m", "tests.e2e.killing", str(moment), *arguments],
        cwd=project.folder,
        env=project.full_environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return Ran(ended.returncode, ended.stdout, ended.stderr)


def moments_of(project: Project, *arguments: str) -> int:
    """How many moments a story has: two for each write."""
    begin_anew(project)
    ran = killed(project, 0, *arguments)
    assert ran.code in (0, 2), ran
    return 2 * len(writes(newest(project)))


def newest(project: Project) -> Path:
    return max((project.folder / "state" / "runs").iterdir()) / "journal.jsonl"


def writes(journal: Path) -> list[str]:
    """The last line of each group that was written together."""
    return [line for line in journal.read_text().splitlines() if ',"more":true}' not in line]


def some(count: int, shift: int) -> list[int]:
    """The moments to try: all, or a few that are spread over the story."""
    return list(range(1, count + 1)) if ALL else [1 + (shift + number * count // FEW) % count for number in range(FEW)]


def check_once(project: Project, *, undone: bool) -> None:
    for host in HOSTS:
        log = [line for line in project.log(host) if "once" not in line]
        assert log == (FORWARD + BACK if undone else FORWARD), f"{host}: {log}"
        content = (project.servers[host].home / "file").read_text()
        assert content == ("old" if undone else f"new for {host}")
    once = [line for host in HOSTS for line in project.log(host) if "once" in line]
    assert once == (["once", "undo once"] if undone else ["once"])


@pytest.mark.parametrize("undone", [False, True], ids=["success", "rollback"])
def test_killed_at_a_journal_write_and_resumed_every_step_has_run_once(deploy: Project, undone: bool) -> None:
    arguments = ("run", "deploy", "-i", "prod", *(("-e", "fail=true") if undone else ()))
    for moment in some(moments_of(deploy, *arguments), 5 if undone else 11):
        begin_anew(deploy)
        first = killed(deploy, moment, *arguments)
        if first.code == -9:
            second = deploy.runbook("resume")
            never = "never began" in second.err or "no run is unfinished" in second.err
            second = deploy.runbook(*arguments) if never else second
        else:
            second = first
        ended = "is unfinished" in second.err
        assert ended or second.code == (2 if undone else 0), f"killed at moment {moment}\n{second}"
        check_once(deploy, undone=undone)


def test_killed_in_the_resume_too_every_step_has_run_once(deploy: Project) -> None:
    """A resume that dies is resumed again: at each moment of the second life."""
    arguments = ("run", "deploy", "-i", "prod", "-e", "fail=true")
    count = moments_of(deploy, *arguments)
    for moment in some(count // 2, 3):
        begin_anew(deploy)
        assert killed(deploy, count // 3, *arguments).code == -9
        killed(deploy, moment, "resume")
        last = deploy.runbook("resume")
        assert last.code == 2 or "is unfinished" in last.err, f"killed at moment {moment} of the resume\n{last}"
        check_once(deploy, undone=True)


def test_a_rollback_that_is_killed_is_resumed_and_every_handler_has_run_once(deploy: Project) -> None:
    def done() -> None:
        begin_anew(deploy)
        assert deploy.runbook("run", "deploy", "-i", "prod").code == 0

    done()
    before = len(writes(newest(deploy)))
    assert deploy.runbook("rollback", "deploy", "-y").code == 0
    count = 2 * (len(writes(newest(deploy))) - before)
    for moment in some(count, 7):
        done()
        killed(deploy, moment, "rollback", "deploy", "-y")
        last = deploy.runbook("resume")
        if "is unfinished" in last.err:  # it died before its first write, or after its last
            last = deploy.runbook("rollback", "deploy", "-y")
            assert last.code == 0 or "left anything to undo" in last.err, last
        else:
            assert last.code == 0, f"killed at moment {moment}\n{last}"
        check_once(deploy, undone=True)

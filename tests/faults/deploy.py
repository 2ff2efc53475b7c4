"""The deploy that the fault tests break: three hosts, six steps, each with a counter on its host, and its undoing."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.e2e.conftest import Project, new_project
from tests.faults.journals import damaged
from tests.sshd import SshServer

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


def new_deploy(parent: Path, servers: dict[str, SshServer]) -> Project:
    """A project with the deploy for three servers."""
    project = new_project(parent, servers)
    project.write("runbooks/deploy.yml", BOOK)
    return project


def begin_anew(project: Project) -> None:
    """Nothing has ever run: no run is known, no file is on the hosts but the old one."""
    shutil.rmtree(project.folder / "state", ignore_errors=True)
    for host in HOSTS:
        home = project.servers[host].home
        (home / "log").unlink(missing_ok=True)
        (home / "file").write_text("old")
        shutil.rmtree(home / ".runbook", ignore_errors=True)


def wrong(project: Project, *, undone: bool) -> list[str]:
    """What is not as it must be after the end: steps that ran twice, never or out of order; files, locks, journals."""
    found = []
    for host in HOSTS:
        log = [line for line in project.log(host) if "once" not in line]
        if log != (FORWARD + BACK if undone else FORWARD):
            found.append(f"{host} has run {log}")
        content = (project.servers[host].home / "file").read_text()
        if content != ("old" if undone else f"new for {host}"):
            found.append(f"{host} has a file {content!r}")
        held = [path for path in project.servers[host].home.glob(".runbook/locks/*/*/*") if path.name.isdigit()]
        found += [f"{host} is still locked: {path.read_text()!r}" for path in held]
    once = [line for host in HOSTS for line in project.log(host) if "once" in line]
    if once != (["once", "undo once"] if undone else ["once"]):
        found.append(f"once: {once}")
    return found + damaged(project)

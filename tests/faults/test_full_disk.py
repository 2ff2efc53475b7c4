"""A host whose disk is full: an exit code survives it, and what cannot be kept is not begun."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.conftest import Project, new_project
from tests.hosts.recording import run
from tests.hosts.shells import SHELLS, ShellHost
from tests.sshd import StartServer, sshd

__all__ = ["sshd"]

FILL = "dd if=/dev/zero of=fill bs=1k 2>/dev/null || true"


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A folder with a disk of its own, of half a megabyte."""
    if os.geteuid() != 0:
        pytest.skip("needs root: mounts a small disk")
    folder = tmp_path / "small"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=512k,mode=700", "small", str(folder)]
    mounted = subprocess.run(mount, capture_output=True, text=True, check=False)
    if mounted.returncode != 0:
        pytest.skip(f"needs to mount a small disk: {mounted.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.fixture(params=SHELLS)
def here(request: pytest.FixtureRequest, small: Path) -> Iterator[ShellHost]:
    host = ShellHost(request.param, small)
    yield host
    host.close()


def test_an_exit_code_survives_a_disk_that_the_step_has_filled(here: ShellHost) -> None:
    ran = run(here, f"echo before; {FILL}; exit 7")
    assert (ran.end.how, ran.end.rc) == ("exited", 7)
    assert ran.stdout == b"before\n"


def test_a_step_for_whose_record_there_is_no_room_is_not_begun_and_begins_when_there_is(here: ShellHost) -> None:
    run(here, FILL)
    asked = run(here, "echo ran", id="next")
    assert asked.end.how == "refused"
    assert "no space is left" in asked.end.detail
    (here.home / "fill").unlink()
    assert run(here, "echo ran", id="next").stdout == b"ran\n"


@pytest.mark.sshd
def test_a_rollback_that_a_full_disk_holds_up_says_so_and_goes_on_when_there_is_room(
    tmp_path: Path, sshd: StartServer, small: Path
) -> None:
    server = sshd()
    subprocess.run(["mount", "--bind", str(small), str(server.home)], check=True)
    try:
        _full_and_resumed(new_project(tmp_path, {"web1": server}))
    finally:
        server.vanish()
        server.end_jobs()
        subprocess.run(["umount", "-l", str(server.home)], check=True)


def _full_and_resumed(project: Project) -> None:
    project.write(
        "runbooks/fill.yml",
        f"""
        name: Fill
        stages:
          - name: All
            hosts: web1
            steps:
              - name: One
                shell: echo one >> ~/log
                rollback: echo undo one >> ~/log
              - name: Fill
                shell: {FILL}; exit 7
                rollback: none
        """,
    )
    ran = project.runbook("run", "fill", "-i", "prod")
    assert ran.code == 10, ran
    assert "exit code 7" in ran.out
    assert "no space is left" in ran.out
    assert "runbook resume" in ran.out
    assert project.log("web1") == ["one"]
    (project.servers["web1"].home / "fill").unlink()
    resumed = project.runbook("resume")
    assert resumed.code == 2, resumed
    assert project.log("web1") == ["one", "undo one"]

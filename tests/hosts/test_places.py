"""Where a host keeps the records of steps, and what happens where it cannot."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hosts.recording import run, start
from tests.hosts.shells import ShellHost

NOBODY = 65534

root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount, and be somebody else")


@pytest.fixture
def spare() -> Iterator[Path]:
    """The spare place of this user's on this machine; what a test leaves there goes."""
    base = Path(f"/var/tmp/.runbook-{os.geteuid()}")  # noqa: S108  the place on the host
    before = base.exists()
    yield base
    for folder in base.glob("runs/places1"):
        shutil.rmtree(folder)
    if not before:
        shutil.rmtree(base, ignore_errors=True)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A small file system of its own: a home that can be filled, or made read-only."""
    folder = tmp_path / "disk"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k,mode=700", "tmpfs", str(folder)], check=True)
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def remounted(disk: Path, options: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{options}", str(disk)], check=True)


@pytest.mark.parametrize("place", [".runbook", ".runbook/runs"])
def test_a_link_in_its_place_is_refused(here: ShellHost, tmp_path: Path, place: str) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / place).parent.mkdir(exist_ok=True)
    (tmp_path / place).symlink_to(tmp_path / "elsewhere")
    ran = run(here, "echo ran >ran")
    assert ran.end.how == "refused"
    assert ran.end.detail == (
        "~/.runbook on the host, or its folder runs, is a symbolic link (steps keep their record there; "
        "`durable: false` runs a step without one)"
    )
    assert not list((tmp_path / "elsewhere").iterdir())
    assert not (tmp_path / "ran").exists()


@root
@pytest.mark.parametrize("place", [".runbook", ".runbook/runs"])
def test_somebody_elses_folder_in_its_place_is_refused(here: ShellHost, tmp_path: Path, place: str) -> None:
    (tmp_path / place).mkdir(parents=True)
    os.chown(tmp_path / place, NOBODY, NOBODY)
    ran = run(here, "echo ran >ran")
    assert (ran.end.how, "belongs to somebody else" in ran.end.detail) == ("refused", True)
    assert not (tmp_path / "ran").exists()


def test_a_folder_that_others_could_write_to_is_closed(here: ShellHost, tmp_path: Path) -> None:
    (tmp_path / ".runbook").mkdir()
    (tmp_path / ".runbook").chmod(0o777)
    assert run(here, "true").end.rc == 0
    assert (tmp_path / ".runbook").stat().st_mode & 0o777 == 0o700


@root
def test_with_a_read_only_home_steps_keep_their_record_in_the_spare_place(shell: str, disk: Path, spare: Path) -> None:
    remounted(disk, "ro")
    run_name = f"places1/{disk.parent.name}"
    here = ShellHost(shell, disk, folder=run_name)
    ran = run(here, "echo out; exit 5", id="a")
    assert (ran.end.how, ran.end.rc, ran.stdout) == ("exited", 5, b"out\n")
    assert spare.stat().st_mode & 0o777 == 0o700
    # The home can be written again: what is known of the run stays where it is.
    remounted(disk, "rw")
    here.cut()
    again = start(here, "echo again", id="a")
    assert (again.end.rc, again.stdout) == (5, b"out\n")
    assert not (disk / ".runbook").exists()
    here.close()


@root
def test_a_noexec_home_makes_no_difference(shell: str, disk: Path) -> None:
    remounted(disk, "noexec")
    here = ShellHost(shell, disk)
    assert run(here, "echo out", executable="bash -e").stdout == b"out\n"
    assert run(here, "print(7)", executable="python3 -B").stdout == b"7\n"
    here.close()


def filled(disk: Path) -> None:
    with (disk / "filler").open("wb", buffering=0) as file:
        try:
            while file.write(b"x" * 4096):
                pass
        except OSError:
            return


@root
def test_on_a_full_disk_a_step_is_refused_before_it_starts_and_another_one_may_go_without(
    shell: str, disk: Path, tmp_path: Path
) -> None:
    here = ShellHost(shell, disk)
    assert run(here, "true").end.rc == 0
    filled(disk)
    ran = run(here, f"echo ran >{tmp_path}/ran")
    assert ran.end.how == "refused"
    assert ran.end.detail.startswith("no space is left on the host for the step's record (`durable: false`")
    assert not (tmp_path / "ran").exists()
    ran = run(here, f"echo ran >{tmp_path}/ran; exit 3", durable=False)
    assert (ran.end.how, ran.end.rc) == ("exited", 3)
    assert (tmp_path / "ran").exists()
    here.close()


@root
def test_an_exit_code_survives_a_disk_that_fills_up_under_it(shell: str, disk: Path) -> None:
    here = ShellHost(shell, disk)
    ran = run(here, "cat /dev/zero >filler; echo more; exit 4", executable="/bin/sh")
    assert (ran.end.how, ran.end.rc) == ("exited", 4)
    here.close()


def test_a_step_that_was_sent_is_never_said_to_have_been_refused(shell: str, tmp_path: Path) -> None:
    """Attached to on a host that can keep no record any more, it is unknown."""
    here = ShellHost(shell, tmp_path)
    sink = start(here, "echo up; while ! [ -e go ]; do sleep 0.05; done", id="a")
    sink.wait_for(b"up")
    here.forget()
    (tmp_path / ".runbook").rename(tmp_path / "moved")
    (tmp_path / ".runbook").symlink_to(tmp_path / "moved")
    later = ShellHost(shell, tmp_path, known=True)
    again = start(later, "echo never", id="a", again=True)
    assert (again.end.how, "symbolic link" in again.end.detail) == ("unknown", True)
    (tmp_path / "go").touch()
    later.close()
    here.close()

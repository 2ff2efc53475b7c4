"""A host starts no job of a controller whose lock was broken, under every shell that it may have as /bin/sh."""

from __future__ import annotations

from pathlib import Path

from executor.hosts.protocol import Fence
from tests.hosts.recording import run
from tests.hosts.shells import ShellHost


def lock(folder: Path, holder: str = "abc") -> Fence:
    """A lock as it lies on a host."""
    folder.mkdir(exist_ok=True)
    (folder / "7").write_text(f"{holder}\n20260101-000000-aaaa\n")
    return Fence(str(folder / "7"), holder)


def test_a_job_under_a_lock_that_holds_runs(here: ShellHost, tmp_path: Path) -> None:
    assert run(here, "echo ran", fence=lock(tmp_path / "it's a lock")).stdout == b"ran\n"


def test_a_job_under_a_lock_that_is_gone_is_refused_and_leaves_no_trace(here: ShellHost, tmp_path: Path) -> None:
    fence = lock(tmp_path / "lock")
    Path(fence.file).unlink()
    ran = run(here, "touch ran", id="late", fence=fence)
    assert (ran.end.how, ran.end.fenced) == ("refused", True)
    assert ran.end.detail == "the run's lock on the host was broken"
    assert not (tmp_path / "ran").exists()
    assert not list(here.folder.glob("late.*"))


def test_a_job_under_a_lock_that_is_somebody_elses_now_is_refused(here: ShellHost, tmp_path: Path) -> None:
    fence = lock(tmp_path / "lock")
    lock(tmp_path / "lock", "xyz")
    assert run(here, "touch ran", fence=fence).end.fenced
    assert not (tmp_path / "ran").exists()


def test_a_job_that_was_started_before_is_attached_to_whatever_the_lock_says(here: ShellHost, tmp_path: Path) -> None:
    fence = lock(tmp_path / "lock")
    run(here, "echo once >>count", id="one", fence=fence)
    Path(fence.file).unlink()
    again = run(here, "echo once >>count", id="one", fence=fence)
    assert (again.end.how, again.end.rc) == ("exited", 0)
    assert (tmp_path / "count").read_text() == "once\n"


def test_the_next_job_can_run_after_one_was_refused(here: ShellHost, tmp_path: Path) -> None:
    run(here, "true", fence=Fence(str(tmp_path / "gone"), "abc"))
    assert run(here, "echo ran").stdout == b"ran\n"

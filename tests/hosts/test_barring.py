"""What became of a job, asked so that the answer stays true: "not started" is said only of what never will be."""

from __future__ import annotations

import shutil
import threading
from pathlib import Path

import pytest

from executor.hosts.protocol import bar
from tests.hosts.recording import Recording, job
from tests.hosts.shells import ShellHost, end_all_with

NEVER = "it has never started there, and never will"


def ask(host: ShellHost, name: str) -> Recording:
    sink = Recording()
    host.start(bar(job("never sent", id=name)), sink)
    assert sink.end.how
    return sink


def begin(host: ShellHost, name: str, script: str, *, again: bool = False) -> Recording:
    sink = Recording()
    host.start(job(script, id=name, again=again), sink)
    return sink


def test_a_job_that_was_barred_never_starts(here: ShellHost) -> None:
    """However late its start arrives, and however often it is asked."""
    assert (ask(here, "a").end.how, ask(here, "a").end.detail) == ("refused", NEVER)
    late = begin(here, "a", "touch ran", again=True)
    assert (late.end.how, late.end.detail) == ("refused", NEVER)
    assert not (here.home / "ran").exists()


def test_what_has_run_is_told_with_its_output(here: ShellHost) -> None:
    assert begin(here, "a", "echo out; exit 3").end.rc == 3
    told = ask(here, "a")
    assert (told.end.how, told.end.rc, told.stdout) == ("exited", 3, b"out\n")


def test_what_runs_is_followed_to_its_end(here: ShellHost) -> None:
    first = begin(here, "a", "echo up; while ! [ -e go ]; do sleep 0.05; done; exit 4")
    first.wait_for(b"up")
    other = ShellHost(here.shell, here.home)
    sink = Recording()
    other.start(bar(job("never sent", id="a")), sink)
    sink.wait_for(b"up")
    assert not sink.ends
    (here.home / "go").touch()
    assert (sink.end.how, sink.end.rc, first.end.rc) == ("exited", 4, 4)
    other.close()


def test_what_runs_can_be_ended_by_who_asked(here: ShellHost) -> None:
    first = begin(here, "a", "echo up; exec sleep 60")
    first.wait_for(b"up")
    other = ShellHost(here.shell, here.home)
    sink = Recording()
    other.start(bar(job("never sent", id="a")), sink)
    other.end("a")
    assert (sink.end.how, first.end.how) == ("cancelled", "cancelled")
    other.close()


def test_starting_and_barring_at_once_have_one_answer(here: ShellHost) -> None:
    """Whoever is first, both hear the same, and the job's own mark on the host agrees."""
    other = ShellHost(here.shell, here.home)
    ask(other, "warm")
    assert begin(here, "warm2", "true").end.rc == 0
    for number in range(8):
        together = threading.Barrier(2)
        started, asked = Recording(), Recording()

        def start(number: int = number, together: threading.Barrier = together, sink: Recording = started) -> None:
            together.wait()
            here.start(job(f"touch ran{number}", id=f"raced{number}"), sink)

        thread = threading.Thread(target=start)
        thread.start()
        together.wait()
        other.start(bar(job("never sent", id=f"raced{number}")), asked)
        thread.join()
        ran = (here.home / f"ran{number}").exists()
        expected = ("exited", "exited") if started.end.how == "exited" else ("refused", "refused")
        assert (started.end.how, asked.end.how) == expected
        assert (here.home / f"ran{number}").exists() == (expected[0] == "exited"), ran
    other.close()


@pytest.mark.parametrize("barred", [True, False])
def test_without_its_folder_a_host_cannot_tell(here: ShellHost, barred: bool) -> None:
    """The record is gone with the folder: neither "never started" nor a second start is right."""
    assert begin(here, "a", "echo ran >>count").end.rc == 0
    here.forget()
    shutil.rmtree(here.folder)
    later = ShellHost(here.shell, here.home, known=True)
    told = ask(later, "a") if barred else begin(later, "a", "echo ran >>count", again=True)
    assert told.end.how == "unknown"
    assert (here.home / "count").read_text() == "ran\n"
    assert begin(later, "b", "echo new").end.rc == 0, "what is new runs as ever"
    later.close()
    latest = ShellHost(here.shell, here.home, known=True)
    assert begin(latest, "a", "echo ran >>count", again=True).end.how == "unknown", "and that stays so"
    latest.close()


def test_a_start_that_never_arrived_is_made_up_for(here: ShellHost) -> None:
    assert begin(here, "a", "echo first").end.rc == 0
    sink = begin(here, "b", "echo again", again=True)
    assert (sink.end.rc, sink.stdout) == (0, b"again\n")


def test_after_a_restart_of_the_host_a_job_that_ran_is_unknown(here: ShellHost, tmp_path: Path) -> None:
    """What a power cut leaves: a record that says running, and no process that will ever write another."""
    first = begin(here, "a", "echo up; exec sleep 60")
    first.wait_for(b"up")
    here.forget()
    end_all_with(f"HOME={tmp_path}")
    later = ShellHost(here.shell, here.home, known=True)
    assert ask(later, "a").end.how == "unknown"
    later.close()

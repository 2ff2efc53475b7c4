"""Workers do what they are given, a few at a time, and hold up nobody's end."""

from __future__ import annotations

import subprocess
import sys
import threading

import pytest

from executor.hosts.crew import Crew

PATIENCE = 20.0  # seconds after which a test gives up


def test_everything_is_done_and_answered() -> None:
    crew = Crew(3, "test")
    futures = [crew.submit(lambda number: number * 2, number) for number in range(100)]
    assert [future.result(PATIENCE) for future in futures] == [number * 2 for number in range(100)]
    crew.shutdown()


def test_no_more_at_once_than_there_are_workers() -> None:
    crew, go_on, lock = Crew(2, "test"), threading.Event(), threading.Lock()
    both = threading.Barrier(3)
    running, most = 0, 0

    def work() -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        if not go_on.is_set():
            both.wait(PATIENCE)
            go_on.wait(PATIENCE)
        with lock:
            running -= 1

    futures = [crew.submit(work) for _ in range(10)]
    both.wait(PATIENCE)  # two are at it
    go_on.set()
    for future in futures:
        future.result(PATIENCE)
    assert most == 2


def test_a_failure_belongs_to_whoever_asked() -> None:
    crew = Crew(1, "test")
    failed = crew.submit(lambda: 1 // 0)
    with pytest.raises(ZeroDivisionError):
        failed.result(PATIENCE)
    assert crew.submit(lambda: "on").result(PATIENCE) == "on"
    crew.shutdown()


def test_what_waits_is_dropped_when_the_crew_goes_home() -> None:
    crew, begun, go_on = Crew(1, "test"), threading.Event(), threading.Event()

    def work() -> None:
        begun.set()
        go_on.wait(PATIENCE)

    first, second = crew.submit(work), crew.submit(work)
    begun.wait(PATIENCE)
    crew.shutdown(wait=False, cancel_futures=True)
    assert second.cancelled()
    go_on.set()
    first.result(PATIENCE)
    with pytest.raises(RuntimeError):
        crew.submit(work)


def test_a_worker_that_never_ends_does_not_keep_the_program_from_ending() -> None:
    program = (
        "import threading; from executor.hosts.crew import Crew; begun = threading.Event(); crew = Crew(2, 'test');"
        "crew.submit(lambda: (begun.set(), threading.Event().wait())); begun.wait(); crew.shutdown(wait=False);"
        "print(1)"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=PATIENCE, check=True)
    assert ran.stdout == "1\n"

"""When a run with secrets is over, what its steps have printed is not left on their hosts."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from executor.hosts.local import LocalHost
from executor.hosts.protocol import Job, JobEnd, Stream


class Waiting:
    """A sink that tells when a job has ended, or has printed something."""

    def __init__(self) -> None:
        self.ended_with: JobEnd | None = None
        self.over = threading.Event()
        self.spoke = threading.Event()

    def output(self, stream: Stream, data: bytes) -> None:
        assert stream
        assert data
        self.spoke.set()

    def ended(self, end: JobEnd) -> None:
        self.ended_with = end
        self.over.set()


def test_output_of_ended_jobs_goes_and_what_still_runs_keeps_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The records stay: they say that a job has run, and hold nothing that it said."""
    monkeypatch.setenv("HOME", str(tmp_path))
    host = LocalHost("run-1", tmp_path)
    try:
        for number in range(3):
            sink = Waiting()
            host.start(Job(f"ended-{number}", "echo hunter2; echo hunter2 >&2"), sink)
            assert sink.over.wait(20)
        going = Waiting()
        host.start(Job("going", "echo at work; sleep 30"), going)
        assert going.spoke.wait(20)
        assert len(list(tmp_path.rglob("*.out"))) == 4
        host.forget()  # the lane that is free has been given to nobody: another one is busy
        idle = Waiting()
        host.start(Job("another", "echo hunter2"), idle)
        assert idle.over.wait(20)
        host.forget()
        assert [path.name for path in tmp_path.rglob("*.out")] == ["going.out"]
        assert [path.name for path in tmp_path.rglob("*.err")] == ["going.err"]
        assert len(list(tmp_path.rglob("*.rc"))) == 5
        host.end("going")
        assert going.over.wait(20)
    finally:
        host.close()

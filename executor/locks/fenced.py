"""Sending a job under a lock, so that a controller whose lock was broken starts nothing more."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from dataclasses import replace

from executor.hosts.dispatch import in_thread
from executor.hosts.protocol import Fence, Host, Job, JobEnd, Sink, Stream

BROKEN = "the run's lock on the host was broken"


def start_fenced(host: Host, job: Job, sink: Sink, fence: Fence, broken: Callable[[str], None]) -> None:
    """Begin a job under a lock; returns at once. `broken` is told, before the job's end is, that the lock is.

    The host looks at the lock itself before it starts the job. A user of sudo's who is not root may not be allowed to
    look into the login's home: for their jobs the login is asked beforehand, which costs a round trip.
    """
    if job.read_only:
        host.start(job, sink)
        return
    job, watched = replace(job, fence=fence), _Watched(sink, broken)
    if job.become and job.become_user != "root" and not job.again:
        host.start(_question(job, fence), _Guard(host, job, watched))
    else:
        host.start(job, watched)


def _question(job: Job, fence: Fence) -> Job:
    file, token = shlex.quote(fence.file), shlex.quote(fence.token)
    script = f'held=\nread -r held <{file}\n[ "$held" = {token} ]\n'
    return Job(f"{job.id}.lock", script, executable="/bin/sh", timeout=30.0, read_only=True)


class _Watched:
    """Tells of a broken lock, then of the end: a run whose lock was broken stops before it takes this for a failure."""

    def __init__(self, sink: Sink, broken: Callable[[str], None]) -> None:
        self._sink = sink
        self._broken = broken

    def output(self, stream: Stream, data: bytes) -> None:
        self._sink.output(stream, data)

    def ended(self, end: JobEnd) -> None:
        if end.fenced:
            self._broken(end.detail)
        self._sink.ended(end)


class _Guard:
    """Waits for the answer, and lets the job begin or not."""

    def __init__(self, host: Host, job: Job, sink: Sink) -> None:
        self._host = host
        self._job = job
        self._sink = sink

    def output(self, stream: Stream, data: bytes) -> None:
        """The exit code says it all; a shell may complain of the missing file."""

    def ended(self, end: JobEnd) -> None:
        match end.how, end.rc:
            case "exited", 0:
                # Elsewhere: this is the connection's thread, which must not wait for itself.
                in_thread(lambda: self._host.start(self._job, self._sink))
            case "exited", _:
                self._sink.ended(JobEnd("refused", detail=BROKEN, fenced=True))
            case _:
                self._sink.ended(end)

"""A job on its way: what is known of it while it runs, across lanes and connections."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from math import inf
from pathlib import Path
from typing import Literal

from executor.hosts import requests
from executor.hosts.protocol import Job, JobEnd, Sink, Stream


@dataclass(frozen=True, slots=True)
class LaneKind:
    """Which lanes can carry a job: those of its user, with or without records. `user` is None for the login's own."""

    user: str | None = None
    plain: bool = False


@dataclass(slots=True, eq=False)
class Flight:
    """One job with its sink. It lands exactly once."""

    job: Job
    sink: Sink
    kind: LaneKind
    began: float = field(default_factory=time.monotonic)
    stdout: int = 0  # bytes that have come
    stderr: int = 0
    sent: bool = False  # its start was sent at least once: the host may know it
    files_sent: bool = False
    pid: int | None = None  # of a plain job; a durable one's stands in its record
    end_asked: bool = False
    since: float = inf  # when it was first sent, by the monotonic clock
    overdue: bool = False  # its end was asked for because its host has not enforced its timeout
    timed_out: bool = False
    refusal: str = ""
    losses: int = 0  # how often a lane was lost under it
    cut: bool = False  # it printed more than is kept
    landed: bool = False

    def deliver(self, stream: Stream, data: bytes) -> None:
        if stream == "stdout":
            before = self.stdout
            self.stdout += len(data)
        else:
            before = self.stderr
            self.stderr += len(data)
        limit = self.job.output_limit
        if limit is not None and before + len(data) > limit:
            self.cut = True
            data = data[: max(0, limit - before)]
        if data:
            self.sink.output(stream, data)

    def land(
        self,
        how: Literal["exited", "timed out", "cancelled", "unreachable", "unknown", "refused"],
        rc: int | None = None,
        detail: str = "",
        *,
        fenced: bool = False,
        never: bool = False,
        rebooted: bool = False,
    ) -> None:
        if not self.landed:
            self.landed = True
            duration = time.monotonic() - self.began
            self.sink.ended(JobEnd(how, rc, detail, duration, never, fenced, cut=self.cut, rebooted=rebooted))

    @property
    def repeatable(self) -> bool:
        """Whether it can be started again on another lane: a durable one is then only attached to."""
        if not self.kind.plain:
            return True
        return (self.stdout == 0 and self.stderr == 0) if self.job.read_only else not self.sent

    @property
    def untold(self) -> bool:
        """Whether nobody can tell what became of it: it was sent, it changes something, and it has no record."""
        return self.kind.plain and self.sent and not self.job.read_only


def new_flight(job: Job, sink: Sink) -> Flight:
    """A flight for a job. Raises requests.BadJob."""
    requests.check(job)
    if isinstance(job.stdin, Path):
        job = _with_small_input(job, job.stdin)
    kind = LaneKind(job.become_user if job.become else None, plain=requests.is_plain(job))
    return Flight(job, sink, kind)


def _with_small_input(job: Job, path: Path) -> Job:
    """A small file is sent within the request."""
    try:
        if path.stat().st_size <= requests.INLINE:
            return replace(job, stdin=path.read_bytes())
    except OSError as error:
        raise requests.BadJob(f"{path} cannot be read: {error.strerror}") from error
    return job

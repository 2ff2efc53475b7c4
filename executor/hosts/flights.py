"""A job on its way: what is known of it while it runs, across lanes and connections."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
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
    stdout: int = 0  # bytes that the sink has
    stderr: int = 0
    sent: bool = False  # its start was sent at least once: the host may know it
    files_sent: bool = False
    pid: int | None = None  # of a plain job; a durable one's stands in its record
    end_asked: bool = False
    timed_out: bool = False
    refusal: str = ""
    losses: int = 0  # how often a lane was lost under it
    landed: bool = False

    def deliver(self, stream: Stream, data: bytes) -> None:
        if stream == "stdout":
            self.stdout += len(data)
        else:
            self.stderr += len(data)
        self.sink.output(stream, data)

    def land(
        self,
        how: Literal["exited", "timed out", "cancelled", "unreachable", "unknown", "refused"],
        rc: int | None = None,
        detail: str = "",
        *,
        fenced: bool = False,
        never: bool = False,
    ) -> None:
        if not self.landed:
            self.landed = True
            self.sink.ended(JobEnd(how, rc, detail, time.monotonic() - self.began, never, fenced))

    @property
    def repeatable(self) -> bool:
        """Whether it can be started again on another lane: a durable one is then only attached to."""
        return not self.kind.plain or (self.stdout == 0 and self.stderr == 0)


def new_flight(job: Job, sink: Sink) -> Flight:
    """A flight for a job. Raises requests.BadJob."""
    requests.check(job)
    if isinstance(job.stdin, Path):
        job = _with_small_input(job, job.stdin)
    kind = LaneKind(job.become_user if job.become else None, plain=requests.can_be_plain(job))
    return Flight(job, sink, kind)


def _with_small_input(job: Job, path: Path) -> Job:
    """A small file is sent within the request."""
    try:
        if path.stat().st_size <= requests.INLINE:
            return replace(job, stdin=path.read_bytes())
    except OSError as error:
        raise requests.BadJob(f"{path} cannot be read: {error.strerror}") from error
    return job

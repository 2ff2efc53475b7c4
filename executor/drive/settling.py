"""Asking a host what became of a job: from the question to a result."""

from __future__ import annotations

from collections.abc import Callable

from executor.engine.effects import Perform
from executor.events import Key
from executor.hosts.protocol import Job, JobEnd, Stream, bar
from executor.model.outcomes import Result, Status

_STATUS = {
    "exited": Status.OK,
    "timed out": Status.TIMED_OUT,
    "cancelled": Status.CANCELLED,
    "unreachable": Status.UNREACHABLE,
}


def question(perform: Perform, job_id: str) -> Job:
    """The job that asks what became of the one with that id. It needs no more of it than whose it was."""
    settings = perform.settings
    durable = settings.durable is not False
    user = str(settings.become_user) if settings.become_user is not None else "root"
    return bar(Job(job_id, "", become=settings.become is True, become_user=user, durable=durable))


class Answer:
    """A sink that wants to know how the job ended, and nothing of what it printed: that has been told, or is lost."""

    def __init__(self, key: Key, tell: Callable[[Key, Result], None]) -> None:
        self._key = key
        self._tell = tell

    def output(self, stream: Stream, data: bytes) -> None:
        """Not asked for."""

    def ended(self, end: JobEnd) -> None:
        # A refusal that is not the host's own (sudo's, say) tells nothing of the job.
        status = Status.REFUSED if end.never else _STATUS.get(end.how, Status.UNKNOWN)
        self._tell(self._key, Result(status, end.rc, detail=end.detail, duration=end.duration))

"""Restarting a machine: the order, the wait for another start of it and a login, and what came of it.

What is known for certain is on the host: the order is a durable job, sent as often as need be and carried out once, and
it says first which start of the machine it is given to. So a program that takes over in the middle finds out from the
host whether the machine has been restarted since, and never restarts it twice.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace

from executor.actions.outcomes import last_lines
from executor.actions.reboot import boot, question
from executor.hosts.protocol import Job, JobEnd, Sink, Stream
from executor.model.outcomes import Result, Status

_SAID = 16_384  # bytes of each stream that are kept
PAUSE = 1.0  # seconds between two questions
_LATE = 30.0  # seconds beyond a job's own time in which its end must be told

Start = Callable[[Job, Sink], None]

_PLAIN = {"cancelled": Status.CANCELLED, "refused": Status.REFUSED, "timed out": Status.TIMED_OUT}


class Restart:
    """One machine's. `start` sends a job to its host; `order` is the job that restarts it."""

    def __init__(
        self, start: Start, order: Job, within: float, clock: Callable[[], float], *, pause: float = PAUSE
    ) -> None:
        """`within` is in seconds: so long after now the machine must have let us in again. `pause` is between looks."""
        self._start = start
        self._order = order
        self._clock = clock
        self._began = clock()
        self._within = within
        self._pause = pause
        self._stopped = threading.Event()

    def stop(self) -> None:
        """Wait no longer."""
        self._stopped.set()

    def run(self) -> Result:
        """From the order to the login (blocking)."""
        order = self._order
        while True:
            heard = self._heard(order)
            if heard.end.how != "unreachable" or boot(heard.stdout):
                break
            # It may have gone down before anything was told: what came of the order, it knows when it is back.
            order = replace(order, again=True)
            if (result := self._rest(Result(Status.UNREACHABLE, detail=heard.end.detail))) is not None:
                return result
        return self._ordered(heard) or self._back(boot(heard.stdout))

    def _ordered(self, heard: Heard) -> Result | None:
        """What came of the order, where that is all there is to say; None: the machine goes down, or is down."""
        end, said = heard.end, last_lines(heard.stderr)
        if end.how in _PLAIN:
            return self._result(_PLAIN[end.how], end.detail, end.rc)
        if end.how == "exited" and end.rc != 0:
            why = said[-1] if said else f"the command that restarts it ended with {end.rc}"
            return replace(self._result(Status.FAILED, why, end.rc), tail=said)
        if end.how == "unknown" and not end.rebooted and not boot(heard.stdout):
            return self._result(Status.UNKNOWN, end.detail)
        return None

    def _back(self, before: str) -> Result:
        """Wait for another start of the machine than `before`; where that is "", it has been restarted already."""
        while True:
            heard = self._heard(question(self._order))
            now = boot(heard.stdout)
            if now and now != before:
                return self._result(Status.OK, "restarted", 0, changed=True)
            if now:
                so_far = Result(Status.FAILED, detail="it is up, and has not been restarted")
            else:
                so_far = Result(Status.UNREACHABLE, detail=heard.end.detail or heard.end.how)
            if (result := self._rest(so_far)) is not None:
                return result

    def _rest(self, so_far: Result) -> Result | None:
        """A pause before the next look; what has come of it where there is none any more."""
        if self._seconds() > self._within:
            why = f"not back within {self._within:g} s: {so_far.detail}"
            return self._result(so_far.status, why, so_far.rc)
        if self._stopped.wait(self._pause):
            return self._result(Status.CANCELLED, "")
        return None

    def _seconds(self) -> float:
        return self._clock() - self._began

    def _result(self, status: Status, detail: str, rc: int | None = None, *, changed: bool | None = None) -> Result:
        return Result(status, rc, changed=changed, detail=detail, duration=self._seconds())

    def _heard(self, job: Job) -> Heard:
        heard = Heard()
        self._start(job, heard)
        heard.over.wait((job.timeout or 0.0) + _LATE)
        return heard


class Heard:
    """A sink that keeps the beginning of what is said."""

    def __init__(self) -> None:
        self.over = threading.Event()
        self.end = JobEnd("unreachable", detail="it does not answer")
        self.stdout = b""
        self.stderr = b""

    def output(self, stream: Stream, data: bytes) -> None:
        if stream == "stdout":
            self.stdout = (self.stdout + data)[:_SAID]
        else:
            self.stderr = (self.stderr + data)[:_SAID]

    def ended(self, end: JobEnd) -> None:
        self.end = end
        self.over.set()

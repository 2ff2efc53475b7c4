"""Running one small script on a host, and waiting for what it says."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

from executor.hosts.protocol import Host, Job, JobEnd, Stream


@dataclass(frozen=True, slots=True)
class Said:
    """How a script ended, and what it printed on its standard output."""

    end: JobEnd
    output: bytes

    @property
    def rc(self) -> int | None:
        """Its exit code; None where it did not come to an end of its own."""
        return self.end.rc if self.end.how == "exited" else None

    @property
    def text(self) -> str:
        return self.output.decode("utf-8", "replace").strip()


class Asked:
    """A script that was sent off. A sink."""

    def __init__(self, host: Host, job: Job, heard: Callable[[Said], None] = lambda _said: None) -> None:
        """`heard` is told what it said, from any thread."""
        self._heard = heard
        self._ended = threading.Event()
        self._end = JobEnd("unreachable", detail="it gave no answer in time")
        self._output = bytearray()
        host.start(job, self)

    def output(self, stream: Stream, data: bytes) -> None:
        if stream == "stdout":
            self._output += data

    def ended(self, end: JobEnd) -> None:
        self._end = end
        self._ended.set()
        self._heard(self.wait(0))

    def wait(self, seconds: float) -> Said:
        """What it said, or that no answer came in that time."""
        self._ended.wait(seconds)
        return Said(self._end, bytes(self._output))

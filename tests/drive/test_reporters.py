"""Reports beside a run: whatever becomes of them, the run is not touched by it."""

from __future__ import annotations

import errno

from executor.drive.recorder import Reporters
from executor.events import Event, Key, Stamp
from executor.hosts.protocol import Stream
from executor.model.outcomes import Verdict


class Reporter:
    """Raises `error` at each tick, if there is one."""

    def __init__(self, error: Exception | None = None) -> None:
        self.ticks = 0
        self._error = error

    def tick(self, mono: float) -> None:
        assert mono > 0
        self.ticks += 1
        if self._error is not None:
            raise self._error

    def event(self, stamp: Stamp, event: Event) -> None: ...

    def output(self, key: Key, stream: Stream, data: bytes) -> None: ...

    def measured(self, key: Key, verdict: Verdict) -> None: ...

    def close(self) -> None: ...


def test_a_closed_terminal_silences_its_report_alone_and_without_a_word() -> None:
    gone, other = Reporter(OSError(errno.EIO, "Input/output error")), Reporter()
    complaints: list[str] = []
    reporters = Reporters([gone, other], complaints.append)
    reporters.tick(1.0)
    reporters.tick(2.0)
    assert (gone.ticks, other.ticks, complaints) == (1, 2, [])


def test_a_bug_in_a_report_is_told_once() -> None:
    broken, other = Reporter(KeyError("web1")), Reporter()
    complaints: list[str] = []
    reporters = Reporters([broken, other], complaints.append)
    reporters.tick(1.0)
    reporters.tick(2.0)
    assert (broken.ticks, other.ticks) == (1, 2)
    assert complaints == ["Reporter failed and is silent from here on: KeyError('web1')"]

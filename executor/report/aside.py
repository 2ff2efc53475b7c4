"""A report in a thread of its own: a terminal that is stopped, or a pipe that nobody reads, never holds up the run."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable

from executor.events import Event, Key, Stamp
from executor.hosts.protocol import Stream
from executor.model.outcomes import Verdict
from executor.report.protocol import Reporter

SETTLING = 1.0  # seconds
BACKLOG = 2000  # calls that may wait; beyond it output and ticks are dropped, events never


class Aside:
    """Hands everything on to `reporter`, in order, from one thread of its own.

    While the reporter cannot keep up, chunks of output (the run's folder has them) and ticks are left out. What the
    reporter raises comes out of the next call.
    """

    def __init__(self, reporter: Reporter) -> None:
        self._reporter = reporter
        self._calls: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._error: Exception | None = None
        self._ticked = threading.Event()  # a tick waits already
        self._thread = threading.Thread(target=self._work, name="report", daemon=True)
        self._thread.start()

    def event(self, stamp: Stamp, event: Event) -> None:
        """Hand the event on."""
        self._hand(lambda: self._reporter.event(stamp, event))

    def output(self, key: Key, stream: Stream, data: bytes) -> None:
        """Hand the output on, unless too much waits already."""
        if self._calls.qsize() < BACKLOG:
            self._hand(lambda: self._reporter.output(key, stream, data))

    def measured(self, key: Key, verdict: Verdict) -> None:
        """Hand it on, unless too much waits already."""
        if self._calls.qsize() < BACKLOG:
            self._hand(lambda: self._reporter.measured(key, verdict))

    def tick(self, mono: float) -> None:
        """Hand the tick on, unless one waits already."""
        if not self._ticked.is_set():
            self._ticked.set()
            self._hand(lambda: self._tick(mono))

    def settle(self) -> None:
        """Wait, not for long, until everything so far is told: whoever asks a question wants its reasons to be seen."""
        told = threading.Event()
        if self._thread.is_alive():
            self._calls.put(told.set)
            told.wait(SETTLING)

    def close(self) -> None:
        """Wait until everything is told, then close the reporter."""
        if self._thread.is_alive():
            self._calls.put(self._reporter.close)
            self._calls.put(None)
            self._thread.join()
        self._raise()

    def _hand(self, call: Callable[[], None]) -> None:
        self._raise()
        self._calls.put(call)

    def _tick(self, mono: float) -> None:
        self._ticked.clear()
        self._reporter.tick(mono)

    def _work(self) -> None:
        while (call := self._calls.get()) is not None:
            try:
                call()
            except Exception as error:  # noqa: BLE001 - whatever it is belongs to the thread that reports
                self._error = error
                return

    def _raise(self) -> None:
        if self._error is not None:
            error, self._error = self._error, None
            raise error

"""From events to the disk, the state and the reports, in that order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Protocol

from executor.drive.inbox import Clock
from executor.events import Ended, Event, Key, Stamp
from executor.hosts.protocol import Stream
from executor.model.outcomes import Result, Verdict
from executor.report.protocol import Reporter


class Reporters:
    """Several reporters as one, each for itself: a closed terminal or a bug in one of them never touches the run."""

    def __init__(self, reporters: Sequence[Reporter], complain: Callable[[str], None]) -> None:
        """`complain` is told of a reporter's bug; it must not raise."""
        self._reporters = list(reporters)
        self._complain = complain

    def event(self, stamp: Stamp, event: Event) -> None:
        self._each(lambda reporter: reporter.event(stamp, event))

    def output(self, key: Key, stream: Stream, data: bytes) -> None:
        self._each(lambda reporter: reporter.output(key, stream, data))

    def measured(self, key: Key, verdict: Verdict) -> None:
        self._each(lambda reporter: reporter.measured(key, verdict))

    def tick(self, mono: float) -> None:
        self._each(lambda reporter: reporter.tick(mono))

    def close(self) -> None:
        self._each(lambda reporter: reporter.close())

    def _each(self, tell: Callable[[Reporter], None]) -> None:
        for reporter in tuple(self._reporters):
            try:
                tell(reporter)
            except Exception as error:  # noqa: BLE001 - whatever a report does wrong must not stop a deploy
                self._reporters.remove(reporter)
                # An OSError is somebody who has gone: a pipe that nobody reads, a terminal that was closed.
                if not isinstance(error, OSError):
                    self._complain(f"{type(reporter).__name__} failed and is silent from here on: {error!r}")


class Disk(Protocol):
    """Where events are kept: `executor.journal.log.Log`. Both methods may raise JournalFailed."""

    def append(self, records: Sequence[tuple[Stamp, Event]], /) -> None: ...

    def sync(self) -> None:
        """Whatever was appended is on disk when this returns."""


def _wall_clock() -> datetime:
    return datetime.now(UTC)


class Recorder:
    """Stamps events, appends them to the journal, and tells the reports once they are on disk."""

    def __init__(
        self,
        log: Disk,
        reporters: Reporters,
        clock: Clock,
        seq: int = 0,
        wall: Callable[[], datetime] = _wall_clock,
        *,
        mirror: Callable[[Event], None] = lambda _event: None,
    ) -> None:
        """`mirror` is told of each event once it is on disk, before what the event allows; it may refuse to go on."""
        self._log = log
        self._reporters = reporters
        self._clock = clock
        self._seq = seq
        self._wall = wall
        self._mirror = mirror
        self._untold: list[tuple[Stamp, Event]] = []

    def record(self, events: Iterable[Event]) -> list[tuple[Stamp, Event]]:
        """Write the events. Returns them with their stamps. Raises JournalFailed."""
        stamped = []
        for event in events:
            self._seq += 1
            stamped.append((Stamp(self._seq, self._wall(), round(self._clock(), 6)), event))
        records = [(stamp, _told(event)) for stamp, event in stamped]
        self._log.append(records)
        self._untold += records
        return stamped

    def sync(self) -> None:
        """Put all that was recorded on disk, then tell the reports. Raises JournalFailed."""
        if not self._untold:
            return
        self._log.sync()
        untold, self._untold = self._untold, []
        for stamp, event in untold:
            self._reporters.event(stamp, event)
        for _, event in untold:
            self._mirror(event)


def _told(event: Event) -> Event:
    """The event as it is written down: without the output of a step with no_log."""
    match event:
        case Ended(result=Result(hidden=True) as result):
            return replace(event, result=replace(result, stdout="", stderr="", truncated=True))
    return event

"""The report without a terminal: one plain line for each happening, with the time and the host, fit for CI logs."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta, tzinfo
from typing import TextIO

from executor.events import Event, Key, Stamp
from executor.hosts.protocol import Stream
from executor.model.outcomes import Verdict
from executor.model.plans import Plan
from executor.report.echo import Echo
from executor.report.fold import fold, heard
from executor.report.line import Line, label, line
from executor.report.phrasing import duration
from executor.report.safe import inert, visible
from executor.report.story import RunView, Work
from executor.report.wording import told

FIRST_SIGN = 60.0  # seconds after which a piece of work is said to be still running; the pauses between signs double
LAST_SIGN = 600.0  # up to this
_HOST_WIDTH = 24


class Plain:
    """Writes lines such as `12:03:41 web1 | Activate: changed (0.4s)`.

    `everything` adds what a person rarely needs: each line of output, connections, verdicts of probes that passed.
    `zone` is the time zone of the times; None is the local one.
    """

    def __init__(self, plan: Plan, out: TextIO, *, everything: bool = False, zone: tzinfo | None = None) -> None:
        self.view = RunView()
        self._plan = plan
        self._out = out
        self._everything = everything
        self._zone = zone
        self._at: datetime | None = None
        self._mono = 0.0
        self._width = host_width(plan)
        self._echo = Echo()
        self._signs: dict[Key, float] = {}  # when each piece of work is next said to be still running
        self._looked = 0.0

    def event(self, stamp: Stamp, event: Event) -> None:
        """Write what is said of the event. Raises OSError when nobody reads any more."""
        self._at, self._mono = stamp.at, stamp.mono
        lines: Iterable[Line] = told(self.view, self._plan, stamp, event)
        if self._everything:
            lines = self._echo.before(self.view, event, lines)
        fold(self.view, self._plan, stamp, event)
        self._write(one for one in lines if self._everything or one.weight != "detail")

    def output(self, key: Key, stream: Stream, data: bytes) -> None:
        """Keep the last lines; with `everything` write each."""
        lines = heard(self.view, key, stream, data)
        if self._everything:
            self._write(self._echo.output(key, lines))

    def measured(self, key: Key, verdict: Verdict) -> None:
        """What a probe says meanwhile is news for a live view alone: its verdict is an event."""

    def tick(self, mono: float) -> None:
        """Once a second: say what has been running for long, so that nobody takes the silence for a stop."""
        self.view.now = mono
        if mono - self._looked < 1.0:
            return
        self._looked = mono
        going_on = {key: work for host in self.view.active.values() for key, work in host.works.items()}
        self._signs = {key: self._signs.get(key, work.since + FIRST_SIGN) for key, work in going_on.items()}
        due = [work for key, work in going_on.items() if self._signs[key] <= mono]
        for work in due:
            self._signs[work.key] = mono + min(max(mono - work.since, FIRST_SIGN), LAST_SIGN)
        self._write(_still(work, mono) for work in due)

    def close(self) -> None:
        """Nothing is held back, so nothing is left to write."""

    def _write(self, lines: Iterable[Line]) -> None:
        text = "".join(text_of(one, self._time(), self._width) for one in lines)
        if text:
            self._out.write(text)
            self._out.flush()

    def _time(self) -> str:
        if self._at is None:
            return "--:--:--"
        at = self._at + timedelta(seconds=self.view.now - self._mono)
        return f"{at.astimezone(self._zone):%H:%M:%S}"


def host_width(plan: Plan) -> int:
    """How wide the column of hosts is: the longest name, within reason."""
    return min(max((len(name) for name in plan.hosts), default=0), _HOST_WIDTH)


def text_of(one: Line, time: str, width: int) -> str:
    """A line and its quoted output as text, newlines at the end included."""
    front = f"{time} {one.host:<{width}} |"
    return "".join(f"{inert(f'{front} {part}').rstrip()}\n" for part in (one.text, *(f"  > {o}" for o in one.output)))


def _still(work: Work, mono: float) -> Line:
    quiet = mono - work.heard
    silence = f", quiet for {duration(quiet)}" if quiet > FIRST_SIGN / 2 else ""
    last = [said for said in work.last_lines() if said.strip()]
    says = f"; last line: {visible(last[-1])}" if last else ""
    return line(
        f"{label(work.key, work.name)}: still running after {duration(mono - work.since)}{silence}{says}",
        work.key.host,
        "quiet",
    )

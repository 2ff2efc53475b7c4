"""The report at a terminal: a live frame at the bottom, and above it a log of what happened that stays."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import tzinfo
from textwrap import wrap

from rich.console import Console
from rich.text import Text

from executor.events import Event, Key, RunEnded, Stamp
from executor.hosts.protocol import Stream
from executor.model.outcomes import Verdict
from executor.model.plans import Plan
from executor.report.canvas import Canvas
from executor.report.echo import Echo
from executor.report.fold import fold, heard, measured
from executor.report.glyphs import glyphs_for
from executor.report.guide import Guide
from executor.report.line import Line, Tone
from executor.report.picture import picture
from executor.report.plain import host_width
from executor.report.safe import visible
from executor.report.story import RunView
from executor.report.style import Style, piece
from executor.report.wording import told

FRAME = 0.1  # seconds between two frames, at least
PULSE = 1.0  # seconds after which a frame is drawn although nothing happened: times go on
_SINGLY = 8  # a stage of so many hosts has a line for each step in the log; a larger one for each host alone

_TONES: dict[Tone, str] = {
    "plain": Style.PLAIN,
    "good": Style.GOOD,
    "bad": Style.BAD,
    "warn": Style.WARN,
    "undo": "magenta",
    "head": Style.HEAD,
    "quiet": Style.QUIET,
}


class Live:
    """Events cost a fold each; drawing happens at ticks, at most ten times a second.

    `pause` may be called from another thread: while it lasts the terminal belongs to somebody else, and what happens
    is shown afterwards. `everything` logs each line of output and each verdict too.
    """

    def __init__(self, plan: Plan, console: Console, *, everything: bool = False, zone: tzinfo | None = None) -> None:
        self.view = RunView()
        self._plan = plan
        self._guide = Guide(plan)
        self._console = console
        self._canvas = Canvas(console)
        self._glyphs = glyphs_for(console.encoding)
        self._everything = everything
        self._zone = zone
        self._names = host_width(plan)
        self._echo = Echo()
        self._log: list[Text] = []
        self._drawn = -PULSE
        self._dirty = False
        self._pauses = 0
        self._closed = False
        self._lock = threading.Lock()

    def event(self, stamp: Stamp, event: Event) -> None:
        """Take an event in; what is to be said of it is shown at the next tick."""
        with self._lock:
            lines: Iterable[Line] = told(self.view, self._plan, stamp, event)
            if self._everything:
                lines = self._echo.before(self.view, event, lines)
            fold(self.view, self._plan, stamp, event)
            time = f"{stamp.at.astimezone(self._zone):%H:%M:%S}"
            for one in lines:
                if self._tells(one):
                    self._log += self._texts(one, time)
            self._dirty = True
            if isinstance(event, RunEnded):
                self._draw()

    def output(self, key: Key, stream: Stream, data: bytes) -> None:
        """Take output in: its last lines stand below the host."""
        with self._lock:
            lines = heard(self.view, key, stream, data)
            self._dirty = True
            if self._everything:
                for one in self._echo.output(key, lines):
                    self._log += self._texts(one, " " * 8)

    def measured(self, key: Key, verdict: Verdict) -> None:
        """A probe that goes on has measured something: it stands beside it until the next time."""
        with self._lock:
            measured(self.view, key, verdict)
            self._dirty = True

    def tick(self, mono: float) -> None:
        """Draw, where something has changed or a second has gone."""
        with self._lock:
            self.view.now = max(self.view.now, mono)
            due = FRAME if self._dirty else PULSE
            if mono - self._drawn >= due:
                self._drawn = mono
                self._draw()

    def close(self) -> None:
        """Take the frame away; the log stays."""
        with self._lock:
            if self._closed:
                return
            self._pauses = 0
            self._draw()
            self._canvas.erase()
            self._closed = True

    @contextmanager
    def pause(self) -> Iterator[None]:
        """Give the terminal to somebody else for a while."""
        with self._lock:
            self._draw()
            self._pauses += 1
            if self._pauses == 1:
                self._canvas.erase()
        try:
            yield
        finally:
            with self._lock:
                self._pauses = max(self._pauses - 1, 0)
                self._dirty = True

    def _tells(self, one: Line) -> bool:
        if self._everything or one.weight == "key":
            return True
        stage = self.view.stage
        return one.weight == "step" and (stage is None or len(stage.hosts) <= _SINGLY)

    def _texts(self, one: Line, time: str) -> list[Text]:
        front = piece(f"{time} ", Style.QUIET).append(f"{one.host:<{self._names}} " if one.host else "")
        margin = " " * front.cell_len
        room = max(self._console.width - len(margin) - 1, 20)
        first, *more = wrap(one.text, room, break_long_words=False, break_on_hyphens=False) or [""]
        lines = [front.append(first, _TONES[one.tone])]
        lines += [piece(f"{margin}{part}", _TONES[one.tone]) for part in more]
        lines += [piece(f"{margin}{self._glyphs.quote} {visible(said)}", Style.QUIET) for said in one.output]
        return lines

    def _draw(self) -> None:
        if self._pauses or self._closed:
            return
        width, height = self._console.size
        ended = self.view.ended is not None
        frame = [] if ended else picture(self.view, self._guide, width=width, height=height, glyphs=self._glyphs)
        log, self._log = self._log, []
        self._canvas.draw(log, frame)
        self._dirty = False

"""A run seen from outside: its journal and its steps' output, as they grow, told to the reports that it has itself."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from executor.cli import garbage
from executor.cli.session import Chronicle, tell
from executor.errors import Exit
from executor.events import Ended, Event, Key, RunEnded, Stamp, Started
from executor.journal.folders import RunFolder
from executor.journal.past import plan_now
from executor.journal.reading import START, End, decisions
from executor.report.choose import Output, choose
from executor.report.fold import fold
from executor.report.live import Live
from executor.report.plain import Plain

CHUNK = 256 * 1024  # bytes of one step's output that are told at a time
LATELY = 2048  # bytes of output from before that are shown of a step that runs already


class Following:
    """What is known of a run. `look` takes in what is new; `over` says whether the run has told its end."""

    def __init__(self, folder: RunFolder, output: Output, *, everything: bool) -> None:
        """Takes in, without a word, what has happened so far. Raises InvalidInput where that cannot be trusted."""
        garbage.tidy()
        plan = plan_now(folder)
        self.over = False
        self._folder = folder
        self._as_text = output == "text"
        self._chronicle = Chronicle(plan)
        self._report = choose(
            plan, output, stdout=sys.stdout, stderr=sys.stderr, environment=os.environ, everything=everything
        )
        self._end: End = START
        self._running: dict[Key, int] = {}  # how much of each one's output has been told
        views = [self._chronicle.view]
        if isinstance(self._report, Live | Plain):
            views.append(self._report.view)
        for stamp, event in self._news():
            self._note(event)
            for view in views:
                fold(view, plan, stamp, event)
        for key in self._running:
            self._running[key] = max(0, _size(folder.output(key)) - LATELY)

    def look(self) -> None:
        """Tell what is new."""
        for key in tuple(self._running):
            self._hear(key)
        for stamp, event in self._news():
            if isinstance(event, Ended) and event.key in self._running:
                self._hear(event.key)
            self._note(event)
            self._chronicle.event(stamp, event)
            self._report.event(stamp, event)
        self._report.tick(time.monotonic())

    def close(self) -> None:
        """Leave the terminal as it was found."""
        self._report.close()

    def tell(self) -> Exit:
        """The summary, as the run itself tells it; returns its exit code, or what stands for a run that was cut off."""
        tell(self._chronicle.view, as_text=self._as_text)
        ended = self._chronicle.view.ended
        return ended.exit if ended is not None else Exit.INTERRUPTED

    def _news(self) -> list[tuple[Stamp, Event]]:
        found: list[tuple[Stamp, Event]] = []
        for records, end in decisions(self._folder.journal, self._end):
            found += [(record.stamp, record.event) for record in records]
            self._end = end
        return found

    def _note(self, event: Event) -> None:
        match event:
            case Started(key, kind="perform"):
                self._running[key] = 0
            case Ended(key):
                self._running.pop(key, None)
            case _:
                self.over = isinstance(event, RunEnded)

    def _hear(self, key: Key) -> None:
        """What a step has printed since. Both of its streams stand in one file."""
        path, told = self._folder.output(key), self._running[key]
        if _size(path) <= told:
            return
        with path.open("rb") as file:
            file.seek(told)
            data = file.read(CHUNK)
        self._running[key] = told + len(data)
        self._chronicle.output(key, "stdout", data)
        self._report.output(key, "stdout", data)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0

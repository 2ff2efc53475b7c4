"""With -v each line of output is told as it comes, the last one too; a failure need not quote it again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from executor.events import Ended, Event, Key, StepEnded
from executor.report.line import Line, line
from executor.report.story import RunView


class Echo:
    """Keeps in mind which steps have been heard."""

    def __init__(self) -> None:
        self._heard: set[tuple[str, str]] = set()

    def output(self, key: Key, said: Iterable[str]) -> list[Line]:
        """Lines of output, raw, as they are told."""
        lines = [line(f"  > {one}", key.host, "quiet") for one in said]
        if lines:
            self._heard.add((key.host, key.task))
        return lines

    def before(self, view: RunView, event: Event, told: Iterable[Line]) -> list[Line]:
        """What is told of an event: with the lines that were never ended, and without what has been heard.

        `view` is as it was before the event.
        """
        match event:
            case Ended(key):
                work = view.peek(key.host).works.get(key)
                return [*self.output(key, work.unfinished() if work else ()), *told]
            case StepEnded(host, task) if (host, task) in self._heard:
                self._heard.discard((host, task))
                return [replace(one, output=()) for one in told]
            case _:
                return list(told)

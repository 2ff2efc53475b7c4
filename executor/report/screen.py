"""Where questions are shown to a person: beside the live view, which is away meanwhile, or in a plain log."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Protocol, TextIO, runtime_checkable

from executor.report.paint import paint
from executor.report.safe import text_lines


@runtime_checkable
class Pausing(Protocol):
    """A report that can leave the terminal alone for a while."""

    def pause(self) -> AbstractContextManager[None]: ...


class Screen:
    """Writes to `out`; while it is paused, `live` draws nothing. `settle` waits until the reports have caught up."""

    def __init__(
        self,
        out: TextIO,
        *,
        live: Pausing | None = None,
        colour: bool = False,
        settle: Callable[[], None] = lambda: None,
    ) -> None:
        self._out = out
        self._settle = settle
        self._live = live
        self._colour = colour

    def pause(self) -> AbstractContextManager[None]:
        """The terminal belongs to the question while this lasts; what led to it is shown before."""
        self._settle()
        return self._live.pause() if self._live is not None else nullcontext()

    def say(self, text: str, *, end: str = "\n") -> None:
        """Show a text of several lines; questions (they begin with `?`) stand out."""
        lines = (paint(line, "head" if line.startswith("?") else "plain", self._colour) for line in text_lines(text))
        self._out.write("\n".join(lines) + end)
        self._out.flush()

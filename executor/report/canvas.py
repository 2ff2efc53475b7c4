"""Draws a frame at the bottom of a terminal, over and over, with the log scrolling above it.

All of one update is one write, between the marks of a synchronised update, so that nothing flickers; lines that have
not changed are not sent again, which a slow line is thankful for.
"""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

_BEGIN, _END = "\x1b[?2026h", "\x1b[?2026l"
_HIDE, _SHOW = "\x1b[?25l", "\x1b[?25h"
_ERASE_BELOW, _ERASE_RIGHT = "\x1b[J", "\x1b[K"


class Canvas:
    """The terminal's last lines. Not safe to use from several threads at once."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._frame: list[str] = []  # as it stands, with its colours
        self._cells: list[int] = []  # how many columns each of its lines takes
        self._width = 0

    def draw(self, log: Sequence[Text], frame: Sequence[Text]) -> None:
        """Put the log's lines above, for good, and the frame below them."""
        lines = [self._styled(line) for line in frame]
        width = self._console.width
        if not log and lines == self._frame and width == self._width:
            return
        if not log and len(lines) == len(self._frame) and width == self._width:
            self._write(self._changes(lines))
        else:
            above = "".join(f"{self._styled(line)}\n" for line in log)
            self._write(self._home() + _ERASE_BELOW + above + "\n".join(lines))
        self._frame, self._width = lines, width
        self._cells = [line.cell_len for line in frame]

    def erase(self) -> None:
        """Take the frame away and give the cursor back."""
        self._console.file.write(_BEGIN + self._home() + _ERASE_BELOW + _SHOW + _END)
        self._console.file.flush()
        self._frame, self._cells = [], []

    def _changes(self, lines: list[str]) -> str:
        parts = [new + _ERASE_RIGHT if new != old else "" for old, new in zip(self._frame, lines, strict=True)]
        return self._home() + "\n".join(f"\r{part}" for part in parts)

    def _home(self) -> str:
        """To the beginning of the frame's first line. A terminal that became narrower has wrapped its lines."""
        if not self._frame:
            return "\r"
        width = max(self._console.width, 1)
        rows = sum(max(-(-cells // width), 1) for cells in self._cells[:-1])
        return f"\r\x1b[{rows}A" if rows else "\r"

    def _write(self, text: str) -> None:
        # The cursor rests at the beginning of the last line: terminals disagree on where it goes from the end of a
        # line that they wrap anew.
        self._console.file.write(f"{_BEGIN}{_HIDE}{text}\r{_END}")
        self._console.file.flush()

    def _styled(self, line: Text) -> str:
        with self._console.capture() as captured:
            self._console.print(line, end="", soft_wrap=True, highlight=False)
        return captured.get()

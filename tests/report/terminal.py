"""A terminal by value: as much of one as the live view drives. It scrolls for ever and never wraps."""

from __future__ import annotations

import re

_TOKEN = re.compile(r"\x1b\[(\??[\d;]*)([A-Za-z])|([\r\n])|([^\x1b\r\n]+)|(\x1b)")


class Terminal:
    """What is on the screen after what was written to it."""

    def __init__(self) -> None:
        self.lines = [""]
        self.cursor_shown = True
        self._row = 0
        self._column = 0

    def feed(self, text: str) -> None:
        """Take in text and control sequences. An unknown sequence is an error: nothing may slip through."""
        for numbers, letter, control, plain, stray in _TOKEN.findall(text):
            assert not stray, f"a control sequence that nobody knows: {text!r}"
            if letter:
                self._sequence(numbers, letter)
            elif control == "\r":
                self._column = 0
            elif control == "\n":
                self._row, self._column = self._row + 1, 0
                if self._row == len(self.lines):
                    self.lines.append("")
            else:
                line = self.lines[self._row].ljust(self._column)
                self.lines[self._row] = line[: self._column] + plain + line[self._column + len(plain) :]
                self._column += len(plain)

    def _sequence(self, numbers: str, letter: str) -> None:
        match letter:
            case "A":
                self._row -= int(numbers or 1)
                assert self._row >= 0, "the cursor left the screen"
            case "K":
                self.lines[self._row] = self.lines[self._row][: self._column]
            case "J":
                self.lines[self._row] = self.lines[self._row][: self._column]
                del self.lines[self._row + 1 :]
            case "h" | "l":
                assert numbers in ("?25", "?2026")
                if numbers == "?25":
                    self.cursor_shown = letter == "h"
            case "m":
                pass  # a colour
            case _:
                raise AssertionError(f"{letter} is not known")

    @property
    def text(self) -> str:
        """What is to be seen, without spaces at the ends of lines."""
        return "\n".join(line.rstrip() for line in self.lines)

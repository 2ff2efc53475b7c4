"""Lines that are typed at a terminal, waited for in a way that somebody else can end."""

from __future__ import annotations

import contextlib
import os
import select
import termios
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Typed:
    """A line, without its newline; invalid UTF-8 is replaced."""

    line: str


@dataclass(frozen=True, slots=True)
class Nothing:
    """No line: the time is up, `wake` was called, or the terminal is gone."""

    why: Literal["silence", "woken", "gone"]


class Keyboard:
    """Reads lines from the terminal `fd`; the terminal's own editing of a line is left as it is."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._rest = b""
        self._wake_read, self._wake_write = os.pipe()

    def forget(self) -> None:
        """Drop what was typed before anything was asked: an Enter in passing answers no question."""
        self._rest = b""
        with contextlib.suppress(termios.error, OSError):  # no terminal, or gone: the next read will tell
            termios.tcflush(self._fd, termios.TCIFLUSH)

    def line(self, timeout: float | None) -> Typed | Nothing:
        """The next line; waits for it, at most `timeout` seconds."""
        while b"\n" not in self._rest:
            ready, _, _ = select.select([self._fd, self._wake_read], [], [], timeout)
            if not ready:
                return Nothing("silence")
            if self._wake_read in ready:
                os.read(self._wake_read, 4096)
                return Nothing("woken")
            data = self._read()
            if not data and not self._is_there():
                return Nothing("gone")
            self._rest += data
        line, _, self._rest = self._rest.partition(b"\n")
        return Typed(line.decode("utf-8", "replace"))

    def _read(self) -> bytes:
        try:
            return os.read(self._fd, 4096)
        except OSError:
            return b""  # the terminal was closed

    def _is_there(self) -> bool:
        """An end of file at a terminal that is still there was typed (Ctrl-D): it is no answer to anything."""
        try:
            termios.tcgetattr(self._fd)
        except (termios.error, OSError):
            return False
        return True

    def wake(self) -> None:
        """End a wait, now or the next one. From any thread."""
        os.write(self._wake_write, b"x")

    def close(self) -> None:
        """Nobody waits any more. The terminal stays open."""
        os.close(self._wake_read)
        os.close(self._wake_write)
